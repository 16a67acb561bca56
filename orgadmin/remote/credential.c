#include "orgadmin/remote/credential.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/file.h"
#include "common/name.h"

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

/* Reads a line of standard input to OUT, SIZE bytes. The length, SIZE when it is longer; or -1. */
static ssize_t read_line(char *out, size_t size)
{
    size_t used = 0;
    while (used < size && (used == 0 || out[used - 1] != '\n')) {
        ssize_t n = read(STDIN_FILENO, out + used, 1);
        if (n < 0 && errno == EINTR && !caught)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        used++;
    }
    return (ssize_t)used;
}

/* Ends the secret in OUT, LEN bytes: one line without anything that could not stand in a header, or
 * a private key in PEM. */
static enum exit_status finish(const char *from, char out[SECRET_MAX], size_t len)
{
    static const char space[] = " \t\r\n", mark[] = "\xef\xbb\xbf"; /* editors write the latter */
    size_t first = len >= 3 && memcmp(out, mark, 3) == 0 ? 3 : 0;
    out[len] = '\0';
    first += strspn(out + first, space);
    while (len > first && strchr(space, out[len - 1]) != NULL)
        len--;
    len -= first;
    memmove(out, out + first, len);
    out[len] = '\0';
    if (len > 0 && strlen(out) == len && (word_valid(out) || pem_valid(out)))
        return EXIT_DONE;
    explicit_bzero(out, SECRET_MAX);
    return complain(EXIT_SETUP,
                    len == 0 ? "%s: there is no token in it"
                             : "%s: not a token: it is more than one word",
                    from);
}

/* Reads a line that is not shown, from the prompt on; whatever ends it, the terminal shows again
 * what is typed. */
static ssize_t read_hidden(const char *prompt, const struct termios *shown, char out[SECRET_MAX])
{
    static const int ends[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
    const struct sigaction wake = {.sa_handler = on_signal}; /* no SA_RESTART: read returns */
    struct sigaction before[4];
    struct termios hidden = *shown;
    for (size_t i = 0; i < 4; i++)
        sigaction(ends[i], &wake, &before[i]);
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    fprintf(stderr, "%s: ", prompt);
    ssize_t len = read_line(out, SECRET_MAX);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, shown);
    for (size_t i = 0; i < 4; i++)
        sigaction(ends[i], &before[i], NULL);
    fputc('\n', stderr);
    if (caught)
        raise(caught);
    return len;
}

static enum exit_status ask_terminal(const char *prompt, bool or_none, char out[SECRET_MAX])
{
    struct termios shown;
    if (tcgetattr(STDIN_FILENO, &shown) < 0)
        return complain(EXIT_USAGE, "there is no terminal to ask on: give --token-file FILE (- is "
                                    "standard input)");
    ssize_t len = read_hidden(prompt, &shown, out);
    if (or_none && len == 1 && *out == '\n') {
        *out = '\0';
        return EXIT_DONE;
    }
    if (len >= 0 && len < SECRET_MAX)
        return finish("the terminal", out, (size_t)len);
    int saved = errno;
    explicit_bzero(out, SECRET_MAX);
    return complain(EXIT_SETUP, "the terminal: %s",
                    len < 0 ? strerror(saved) : "too long for a token");
}

/* Reads FILE, WHAT it has, to OUT, SIZE bytes; *LEN is how many of them. */
static enum exit_status read_file(const char *what, const char *file, char *out, size_t size,
                                  size_t *len)
{
    const char *why;
    bool standard = strcmp(file, "-") == 0;
    ssize_t n = standard ? file_read(STDIN_FILENO, out, size, &why)
                         : file_read_trusted(file, FILE_GIVEN, out, size, &why);
    *len = n < 0 ? 0 : (size_t)n;
    if (n >= 0)
        return EXIT_DONE;
    return standard ? complain(EXIT_SETUP, "standard input %s", why)
                    : complain(EXIT_SETUP, "the %s file %s %s", what, file, why);
}

enum exit_status secret_read(const char *file, const char *prompt, char out[SECRET_MAX])
{
    size_t len;
    if (!file)
        return ask_terminal(prompt, false, out);
    enum exit_status status = read_file("token", file, out, SECRET_MAX, &len);
    return status == EXIT_DONE ? finish(strcmp(file, "-") == 0 ? "standard input" : file, out, len)
                               : status;
}

enum exit_status secret_ask(const char *prompt, char out[SECRET_MAX])
{
    return ask_terminal(prompt, true, out);
}

enum exit_status secret_take(const char *from, const char *text, char out[SECRET_MAX])
{
    size_t len = strlen(text);
    if (len >= SECRET_MAX)
        return complain(EXIT_SETUP, "%s: too long for a token", from);
    memcpy(out, text, len + 1);
    return finish(from, out, len);
}

enum exit_status secret_read_lines(const char *file, char out[SECRET_FILE_MAX])
{
    size_t len;
    return read_file("secret", file, out, SECRET_FILE_MAX, &len);
}

#include "orgadmin/remote/credential.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/file.h"

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

/* Reads SIZE bytes of FD, or to its end, or with LINE to the first newline. The length, or -1. */
static ssize_t read_fd(int fd, bool line, char *out, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t n = read(fd, out + used, line ? 1 : size - used);
        if (n < 0 && errno == EINTR && !caught)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        used += (size_t)n;
        if (line && out[used - 1] == '\n')
            break;
    }
    return (ssize_t)used;
}

/* Ends the secret in OUT, LEN bytes: one line without anything that could not stand in a header. */
static enum exit_status finish(const char *from, char out[SECRET_MAX], ssize_t len)
{
    if (len < 0)
        return complain(EXIT_SETUP, "%s: %s", from, strerror(errno));
    if (len == SECRET_MAX)
        return complain(EXIT_SETUP, "%s: too long for a token", from);
    while (len > 0 && (out[len - 1] == '\n' || out[len - 1] == '\r'))
        len--;
    out[len] = '\0';
    if (len == 0)
        return complain(EXIT_SETUP, "%s: there is no token in it", from);
    for (ssize_t i = 0; i < len; i++)
        if (out[i] <= ' ' || out[i] > '~')
            return complain(EXIT_SETUP, "%s: not a token: it is more than one word", from);
    return EXIT_DONE;
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
    ssize_t len = read_fd(STDIN_FILENO, true, out, SECRET_MAX);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, shown);
    for (size_t i = 0; i < 4; i++)
        sigaction(ends[i], &before[i], NULL);
    fputc('\n', stderr);
    if (caught)
        raise(caught);
    return len;
}

static enum exit_status ask_terminal(const char *prompt, char out[SECRET_MAX])
{
    struct termios shown;
    if (tcgetattr(STDIN_FILENO, &shown) < 0)
        return complain(EXIT_USAGE, "there is no terminal to ask on: give --token-file FILE (- is "
                                    "standard input)");
    return finish("the terminal", out, read_hidden(prompt, &shown, out));
}

/* Reads SIZE bytes of FILE, WHAT it has, to OUT; *LEN is -1 when that failed, with errno. */
static enum exit_status read_file(const char *what, const char *file, char *out, size_t size,
                                  ssize_t *len)
{
    struct stat st;
    const char *why;
    bool standard = strcmp(file, "-") == 0;
    int fd = standard ? STDIN_FILENO : file_open_trusted(file, 1, &st, &why);
    if (fd < 0)
        return complain(EXIT_SETUP, "the %s file %s %s", what, file, why);
    *len = read_fd(fd, false, out, size);
    int saved = errno;
    if (!standard)
        close(fd);
    errno = saved;
    return EXIT_DONE;
}

enum exit_status secret_read(const char *file, const char *prompt, char out[SECRET_MAX])
{
    ssize_t len;
    if (!file)
        return ask_terminal(prompt, out);
    enum exit_status status = read_file("token", file, out, SECRET_MAX, &len);
    return status == EXIT_DONE ? finish(strcmp(file, "-") == 0 ? "standard input" : file, out, len)
                               : status;
}

enum exit_status secret_read_lines(const char *file, char out[SECRET_FILE_MAX])
{
    ssize_t len;
    enum exit_status status = read_file("secret", file, out, SECRET_FILE_MAX, &len);
    if (status == EXIT_DONE && len < 0)
        return complain(EXIT_SETUP, "%s: %s", file, strerror(errno));
    if (status == EXIT_DONE && (len == SECRET_FILE_MAX || memchr(out, '\0', (size_t)len)))
        return complain(EXIT_SETUP, "%s: too long, or no text", file);
    if (status == EXIT_DONE)
        out[len] = '\0';
    return status;
}

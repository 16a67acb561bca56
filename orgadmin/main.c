#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orgadmin/cli/run.h"

/* The reader, such as head, has what he wanted and has closed the pipe: as a shell shows it of a
 * program that SIGPIPE has ended. */
#define EXIT_CLOSED 141

/* How characters are written is the user's choice, and nothing else: what is equal but for its
 * case, such as an e-mail address or a column's name, is so in Turkish too. */
static void choose_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

/* True when nobody reads from the pipe FD any more. */
static bool is_closed(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

int main(int argc, char *argv[])
{
    choose_locale();
    signal(SIGPIPE, SIG_IGN);
    enum exit_status status = run(argc, argv);
    /* A listing that did not arrive whole must not count as done. */
    bool closed = is_closed(STDOUT_FILENO), lost = ferror(stdout);
    int saved = errno;
    lost = fclose(stdout) != 0 || lost;
    if (!lost || status != EXIT_DONE)
        return (int)status;
    if (closed || errno == EPIPE || saved == EPIPE)
        return EXIT_CLOSED;
    return (int)complain(EXIT_AWAY, "standard output: %s", strerror(errno));
}

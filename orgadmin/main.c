#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "orgadmin/command.h"

int main(int argc, char *argv[])
{
    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN);
    enum exit_status status = command_main(argc, argv);
    /* A listing that did not arrive whole must not count as done. Who has closed the pipe, such as
     * head, has what he wanted. */
    bool lost = ferror(stdout);
    lost = fclose(stdout) != 0 || lost;
    if (lost && status == EXIT_DONE)
        status = errno == EPIPE ? EXIT_AWAY
                                : complain(EXIT_AWAY, "standard output: %s", strerror(errno));
    return (int)status;
}

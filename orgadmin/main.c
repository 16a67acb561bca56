#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "orgadmin/cli/run.h"

/* How characters are written is the user's choice, and nothing else: what is equal but for its
 * case, such as an e-mail address or a column's name, is so in Turkish too. */
static void choose_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

int main(int argc, char *argv[])
{
    choose_locale();
    signal(SIGPIPE, SIG_IGN);
    enum exit_status status = run(argc, argv);
    /* A listing that did not arrive whole must not count as done. Who has closed the pipe, such as
     * head, has what he wanted. */
    bool lost = ferror(stdout);
    lost = fclose(stdout) != 0 || lost;
    if (lost && status == EXIT_DONE)
        status = errno == EPIPE ? EXIT_AWAY
                                : complain(EXIT_AWAY, "standard output: %s", strerror(errno));
    return (int)status;
}

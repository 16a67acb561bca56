/* A PAM module for doctor.t that misbehaves. Its argument says how: crash, exit, hang, or print
 * (what could be taken for an answer). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IGNORE 25 /* PAM_IGNORE */

int pam_sm_acct_mgmt(void *pamh, int flags, int argc, const char **argv);

int pam_sm_acct_mgmt(void *pamh, int flags, int argc, const char **argv)
{
    (void)pamh, (void)flags;
    if (argc == 1 && strcmp(argv[0], "crash") == 0)
        raise(SIGSEGV);
    if (argc == 1 && strcmp(argv[0], "exit") == 0)
        exit(0);
    if (argc == 1 && strcmp(argv[0], "hang") == 0)
        pause();
    puts("pam 0");
    fflush(stdout);
    return IGNORE;
}

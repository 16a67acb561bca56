/* Messages to a person on standard error, and exit statuses. */
#ifndef ORGADMIN_SAY_H
#define ORGADMIN_SAY_H

/* Exit statuses; orgadmin(1) promises them. */
enum exit_status {
    EXIT_UNSENT = -1, /* --dry-run: what was to be done is told; for the shell it is EXIT_DONE */
    EXIT_DONE = 0,
    EXIT_NO = 1,    /* the remote said no */
    EXIT_USAGE = 2, /* the command line is wrong */
    EXIT_SETUP = 3, /* not configured or not logged in */
    EXIT_AWAY = 4   /* could not be reached, or gave no usable answer */
};

#define SAID_MAX 1536 /* the longest line that is said, with its NUL; longer ones are cut */

/* Prints "orgadmin: " and the line, cleaned, to standard error; returns STATUS. */
__attribute__((format(printf, 2, 3))) enum exit_status complain(enum exit_status status,
                                                                const char *format, ...);

/* Prints a line, cleaned, to standard error. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);

#endif

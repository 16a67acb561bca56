/*
 * The command line: one table (table.c) describes every command; parsing, help and suggestions are
 * made from it.
 */
#ifndef ORGADMIN_COMMAND_H
#define ORGADMIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses; orgadmin(1) promises them. */
enum exit_status {
    EXIT_DONE = 0,
    EXIT_NO = 1,    /* the remote said no */
    EXIT_USAGE = 2, /* the command line is wrong */
    EXIT_SETUP = 3, /* not configured or not logged in */
    EXIT_AWAY = 4   /* could not be reached, or gave no usable answer */
};

enum option {
    OPTION_PROVIDER,
    OPTION_URL,
    OPTION_TOKEN_FILE,
    OPTION_ORG,
    OPTION_CA_FILE,
    OPTION_OUTPUT,
    OPTION_ROLE,
    OPTION_NAME,
    OPTION_USERNAME,
    OPTION_OUT,
    OPTION_ALL,
    OPTION_YES,
    OPTION_ACCEPT,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

struct option_spec {
    const char *name;  /* "--url" */
    const char *brief; /* "-o", or NULL */
    const char *value; /* what stands behind it, or NULL for a switch */
    const char *help;
};

#define COMMAND_ARGS_MAX 2

struct invocation;

struct command {
    const char *noun;
    const char *verb;                   /* NULL: the noun is the command */
    const char *args[COMMAND_ARGS_MAX]; /* "MEMBER"; "[ORG]" may be left out */
    const char *help;
    unsigned options; /* bits 1 << enum option */
    enum exit_status (*run)(const struct invocation *inv);
};

/* A command line that was understood. */
struct invocation {
    const struct command *command;
    const char *arg[COMMAND_ARGS_MAX];
    const char *option[OPTION_COUNT]; /* NULL when not given, "" for a switch */
};

extern const struct command commands[]; /* ends with a NULL noun; one noun's stand together */
extern const struct option_spec options[OPTION_COUNT];

/* Runs what ARGV asks for, help and complaints included; returns the exit status. */
enum exit_status command_main(int argc, char *argv[]);

/* Prints "orgadmin: " and the line, cleaned, to standard error; returns STATUS. */
__attribute__((format(printf, 2, 3))) enum exit_status complain(enum exit_status status,
                                                                const char *format, ...);

/* Prints a line, cleaned, to standard error. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);

#endif

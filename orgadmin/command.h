/*
 * The command line: one table (table.c) describes every command; parsing, help, suggestions,
 * completion and the reference part of orgadmin(1) are made from it.
 */
#ifndef ORGADMIN_COMMAND_H
#define ORGADMIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses; orgadmin(1) promises them. */
enum exit_status {
    EXIT_DONE = 0,
    EXIT_NO = 1,    /* the remote said no */
    EXIT_USAGE = 2, /* the command line is wrong */
    EXIT_SETUP = 3, /* not configured or not logged in */
    EXIT_AWAY = 4   /* could not be reached, or gave no usable answer */
};

/* In the order in which help shows them. */
enum option {
    OPTION_ROLE,
    OPTION_NAME,
    OPTION_USERNAME,
    OPTION_PERMISSIONS,
    OPTION_MAX_USES,
    OPTION_SET,
    OPTION_OPERATION,
    OPTION_AMOUNT,
    OPTION_EXPIRES,
    OPTION_COMMENT,
    OPTION_TYPE,
    OPTION_SECRET_FILE,
    OPTION_FILE,
    OPTION_REMAINDER,
    OPTION_CODE_FILE,
    OPTION_OUT,
    OPTION_ACTION,
    OPTION_FROM,
    OPTION_TO,
    OPTION_ALL,
    OPTION_YES,
    OPTION_ACCEPT,
    OPTION_ORG,
    OPTION_PROFILE,
    OPTION_URL,
    OPTION_PROVIDER,
    OPTION_PROVIDER_OPTION,
    OPTION_REGION,
    OPTION_SUDO,
    OPTION_TOKEN_FILE,
    OPTION_CA_FILE,
    OPTION_OUTPUT,
    OPTION_COLUMNS,
    OPTION_SORT,
    OPTION_NO_HEADER,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

struct option_spec {
    const char *name;  /* "--url" */
    const char *brief; /* "-o", or NULL */
    const char *value; /* what stands behind it, or NULL for a switch; with a '=' in it, such as
                          "KEY=VALUE", the option may be given again */
    const char *help;
    const char *more; /* further sentences for the manual, or NULL */
};

#define COMMAND_ARGS_MAX 2

struct invocation;
struct record_kind;

struct command {
    const char *noun;
    const char *verb;                   /* NULL: the noun is the command */
    const char *args[COMMAND_ARGS_MAX]; /* "MEMBER"; "[ORG]" may be left out */
    const char *help;
    const char *more;                 /* further sentences for its help and the manual, or NULL */
    uint64_t options;                 /* bits 1 << enum option */
    const struct record_kind *record; /* what it prints, or NULL */
    enum exit_status (*run)(const struct invocation *inv);
};

/* What an option that repeats was given. */
#define PAIRS_MAX     20
#define PAIR_NAME_MAX 48
struct pair {
    enum option option; /* OPTION_SET, or OPTION_PROVIDER_OPTION, which others are short for */
    char name[PAIR_NAME_MAX];
    const char *value;
};

/* A command line that was understood. */
struct invocation {
    const struct command *command;
    const char *arg[COMMAND_ARGS_MAX];
    const char *option[OPTION_COUNT]; /* NULL when not given, "" for a switch */
    struct pair pair[PAIRS_MAX];
    size_t pairs;
};

extern const struct command commands[]; /* ends with a NULL noun; one noun's stand together */
extern const struct option_spec options[OPTION_COUNT];

/* Runs what ARGV asks for, help and complaints included; returns the exit status. */
enum exit_status command_main(int argc, char *argv[]);

/* The first command of NOUN, or NULL. */
const struct command *command_noun(const char *noun);

/* The command of FIRST's noun that VERB names (FIRST itself when it takes none), or NULL. */
const struct command *command_verb(const struct command *first, const char *verb);

/* The option that the first LEN characters of WORD name, or OPTION_COUNT. */
enum option option_find(const char *word, size_t len);

/* True when OPTION may be given again. */
bool option_repeats(enum option option);

/* True when COMMAND takes OPTION; --help is everybody's. */
bool command_takes(const struct command *command, enum option option);

/* OPTION's help, with what only the program knows. Returns OUT or the help itself. */
#define HELP_MAX 160
const char *option_help(enum option option, char out[HELP_MAX]);

/* "member role MEMBER ROLE" into OUT. */
#define USAGE_MAX 128
void command_usage(const struct command *command, char out[USAGE_MAX]);

/* Prints "orgadmin: " and the line, cleaned, to standard error; returns STATUS. */
__attribute__((format(printf, 2, 3))) enum exit_status complain(enum exit_status status,
                                                                const char *format, ...);

/* Prints a line, cleaned, to standard error. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);

#endif

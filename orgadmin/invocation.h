/* A command line that was understood, and the options that it may have. */
#ifndef ORGADMIN_INVOCATION_H
#define ORGADMIN_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgadmin/say.h"

/* In the order in which help shows them. */
enum option {
    OPTION_ROLE,
    OPTION_TEAM,
    OPTION_SERVICES,
    OPTION_NAME,
    OPTION_USERNAME,
    OPTION_PERMISSIONS,
    OPTION_MAX_USES,
    OPTION_SET,
    OPTION_OPERATION,
    OPTION_ENV,
    OPTION_AMOUNT,
    OPTION_EXPIRES,
    OPTION_COMMENT,
    OPTION_TYPE,
    OPTION_SECRET_FILE,
    OPTION_FILE,
    OPTION_REMAINDER,
    OPTION_CODE_FILE,
    OPTION_LABELS,
    OPTION_NUMBERS,
    OPTION_CODE,
    OPTION_PIN,
    OPTION_PRINT,
    OPTION_NO_RESCUE,
    OPTION_PREPARE,
    OPTION_UNFINISHED,
    OPTION_FOR,
    OPTION_UNTIL,
    OPTION_REASON,
    OPTION_END,
    OPTION_OUT,
    OPTION_SHOW_URL,
    OPTION_ACTION,
    OPTION_FROM,
    OPTION_TO,
    OPTION_ALL,
    OPTION_MINE,
    OPTION_MEMBER,
    OPTION_KEY,
    OPTION_KEEP_TOKENS,
    OPTION_WAIT,
    OPTION_PRUNE,
    OPTION_DRY_RUN,
    OPTION_YES,
    OPTION_ACCEPT,
    OPTION_LOGINUID,
    OPTION_ALL_REMOVED,
    OPTION_ORG,
    OPTION_PROFILE,
    OPTION_URL,
    OPTION_PROVIDER,
    OPTION_PROVIDER_OPTION,
    OPTION_REGION,
    OPTION_SUDO,
    OPTION_TOKEN_FILE,
    OPTION_CA_FILE,
    OPTION_PROXY,
    OPTION_TIMEOUT,
    OPTION_OUTPUT,
    OPTION_COLUMNS,
    OPTION_SORT,
    OPTION_FILTER,
    OPTION_STATE,
    OPTION_LIMIT,
    OPTION_NO_HEADER,
    OPTION_RAW,
    OPTION_DEBUG,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

struct option_spec {
    const char *name;   /* "--url" */
    const char *letter; /* "-o", or NULL */
    const char *value;  /* what stands behind it, or NULL for a switch; with a '=' in it, such as
                           "KEY=VALUE", the option may be given again,
                           unless it takes several at once: "KEY=VALUE,..." */
    bool optional;      /* the value may be left out, and stands behind a '=' */
    bool list;          /* words with commas or blanks between; it may be given again */
    bool moment;        /* a day or a time */
    const char *brief;  /* for --help and the manual, without a full stop */
    const char *detail; /* further sentences for the manual, or NULL */
};

extern const struct option_spec options[OPTION_COUNT];

#define COMMAND_ARGS_MAX 2

struct invocation;
struct record_kind;

typedef enum exit_status command_run(const struct invocation *inv);

struct command {
    const char *noun;
    const char *verb;                   /* NULL: the noun is the command */
    const char *args[COMMAND_ARGS_MAX]; /* "MEMBER"; "[ORG]" may be left out */
    const char *brief;                  /* "list the members", without a full stop */
    const char *detail;                 /* further sentences for its help and the manual, or NULL */
    const unsigned char *options;       /* enum option, the last is OPTION_HELP; or NULL */
    const struct record_kind *record;   /* what it prints, or NULL */
    command_run *run;
};

/* A name and value of an option that may be repeated. */
#define PAIRS_MAX     20
#define PAIR_NAME_MAX 48
struct pair {
    enum option option; /* OPTION_SET, or OPTION_PROVIDER_OPTION, which others are short for */
    char name[PAIR_NAME_MAX];
    const char *value;
};

/* The words of an option or argument that is a list, with commas between. */
#define LISTS_MAX 4
#define LIST_SIZE 2048
struct word_list {
    const char *what; /* "--role" */
    char words[LIST_SIZE];
};

/* A command line that was understood. */
struct invocation {
    const struct command *command;
    const char *arg[COMMAND_ARGS_MAX];
    const char *option[OPTION_COUNT]; /* NULL when not given, "" for a switch */
    struct pair pair[PAIRS_MAX];
    size_t pairs;
    struct word_list list[LISTS_MAX]; /* the values of OPTION and ARG that are lists point there */
    size_t lists;
};

/* The option that the first LEN characters of WORD name, or OPTION_COUNT. */
enum option option_find(const char *word, size_t len);

/* True when OPTION may be given again. */
bool option_repeats(enum option option);

/*
 * Adds the words of TEXT, which commas or blanks separate, to INV's list WHAT, "--role" or "ROLE",
 * and returns it. An empty TEXT adds none. NULL after a complaint: there is no word in it, or too
 * many.
 */
const char *invocation_list(struct invocation *inv, const char *what, const char *text);

/* OPTION's help, with the list of providers where it has one. Returns OUT or the help itself. */
#define HELP_MAX 160
const char *option_help(enum option option, char out[HELP_MAX]);

#endif

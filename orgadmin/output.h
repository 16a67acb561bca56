/*
 * Data on standard output: a table for people, JSON, YAML or CSV for programs. What a command
 * prints is described once (records.c), for the formats, --help and orgadmin(1).
 */
#ifndef ORGADMIN_OUTPUT_H
#define ORGADMIN_OUTPUT_H

#include <cjson/cJSON.h>

#include "orgadmin/collection.h"
#include "orgadmin/command.h"

enum column_flag {
    COLUMN_SHORTEN = 1, /* may be cut to fit a terminal */
    COLUMN_WIDE = 2,    /* not in the plain table */
    COLUMN_NUMBER = 4,
    COLUMN_LIST = 8, /* an array of strings */
    COLUMN_SWITCH = 16
};

struct column {
    const char *field; /* of the record; in capitals the column's title */
    unsigned flags;
    const char *help;
};

struct record_kind {
    const char *name;             /* for the manual */
    const struct column *columns; /* ends with a NULL field */
    bool upright;                 /* one that has many: a table has a line for each, where known */
};

extern const struct record_kind record_organization, record_current, record_member, record_addition,
    record_invitation, record_invited, record_acceptance, record_joincode, record_joining,
    record_role, record_token, record_issued, record_event, record_user, record_billing,
    record_subscription, record_credit, record_secret, record_file, record_context, record_status,
    record_check;
extern const struct record_kind *const record_kinds[]; /* all, ends with NULL */

/* EXIT_DONE, or EXIT_USAGE after a complaint about -o, --columns or --sort. */
enum exit_status output_check(const struct invocation *inv);

/* Prints RECORDS (an array, or one object), which --columns and --sort change. With a table or CSV
 * everything is cleaned, with JSON and YAML what reaches a terminal. */
enum exit_status output(const struct invocation *inv, const cJSON *records);

/* The same for a listing, which may be long; its order is changed. */
enum exit_status output_list(const struct invocation *inv, struct collection *records);

/* The same, but JSON and YAML print what the provider "file" reads: ORGANIZATION around it. */
enum exit_status output_export(const struct invocation *inv, const cJSON *organization,
                               struct collection *members);

/* True with -o json or yaml: the record's shape matters, not its columns. */
bool output_structured(const struct invocation *inv);

/* True when the output is for a person and nothing was asked of it. */
bool output_plain(const struct invocation *inv);

/* For a command's --help: its columns. */
void output_help(const struct record_kind *kind);

#endif

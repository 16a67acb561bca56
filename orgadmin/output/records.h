/* The columns of all records that commands print, for the formats, --help and orgadmin(1). */
#ifndef ORGADMIN_OUTPUT_RECORDS_H
#define ORGADMIN_OUTPUT_RECORDS_H

#include <stdbool.h>

enum column_flag {
    COLUMN_SHORTEN = 1, /* may be cut to fit a terminal */
    COLUMN_WIDE = 2,    /* not in the plain table */
    COLUMN_NUMBER = 4,
    COLUMN_LIST = 8, /* an array of strings */
    COLUMN_SWITCH = 16,
    COLUMN_MARK = 32,    /* a switch that a table shows as a star */
    COLUMN_DOLLARS = 64, /* an amount, the number 299.95 */
    COLUMN_BYTES = 128   /* a number that a table shows in MiB and the like */
};

struct column {
    const char *field; /* of the record; in capitals the column's title */
    unsigned flags;
    const char *brief;
};

struct record_kind {
    const char *name;             /* for the manual */
    const struct column *columns; /* ends with a NULL field */
    bool upright;                 /* one that has many: a table has a line for each, where known */
};

extern const struct record_kind record_organization, record_current, record_member, record_addition,
    record_invitation, record_invited, record_acceptance, record_joincode, record_machine,
    record_applied, record_joining, record_role, record_token, record_key, record_issued,
    record_event, record_user, record_billing, record_subscription, record_credit, record_secret,
    record_file, record_access_rule, record_team, record_teammate, record_reach, record_context,
    record_status, record_process, record_check;
extern const struct record_kind *const record_kinds[]; /* all, ends with NULL */

#endif

/* The record that a command's first argument names. */
#ifndef ORGADMIN_REMOTE_FOUND_H
#define ORGADMIN_REMOTE_FOUND_H

#include "orgadmin/remote/connection.h"

struct found {
    struct connection c;
    cJSON *record; /* NULL where the id was enough: for member role */
    const char *id;
    const char *arg; /* what the operations that take it call the id */
};

/*
 * Connects for OP with ARGS (as connection_open_for) and finds the record that the first argument
 * names, by id or as people call it, among those that LIST lists. EXIT_DONE: to be closed;
 * otherwise it has complained and there is nothing to close.
 */
enum exit_status found_open(const struct invocation *inv, enum provider_op op,
                            const struct provider_arg *args, enum provider_op list,
                            struct found *f);

/* The same for what belongs to the caller, and to no organization. */
enum exit_status found_open_own(const struct invocation *inv, enum provider_op list,
                                struct found *f);

/* Finds one more record, which TEXT names among those that LIST lists; *RECORD is to be deleted, or
 * NULL after a complaint. */
enum exit_status found_other(struct found *f, const char *text, enum provider_op list,
                             cJSON **record);

/* Runs OP, which takes nothing but the record's id. Complains, also when there was nothing to
 * revoke any more (EXIT_NO). */
enum exit_status found_run(struct found *f, enum provider_op op);

/* The same; *REPLY is what the API says of it, which the caller deletes, or NULL. */
enum exit_status found_run_reply(struct found *f, enum provider_op op, cJSON **reply);

void found_close(struct found *f);

/* The text of the record's FIELD, "" when there is none. */
const char *found_text(const struct found *f, const char *field);

#endif

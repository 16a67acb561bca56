/*
 * One command's way to the API: from the options, the environment (ORGADMIN_ORG,
 * ORGADMIN_TOKEN_FILE, ORGADMIN_PROFILE) and the stored login, in that order. The stored token goes
 * to the URL that it was stored for and nowhere else.
 */
#ifndef ORGADMIN_CONNECTION_H
#define ORGADMIN_CONNECTION_H

#include <cjson/cJSON.h>

#include "api/provider.h"
#include "orgadmin/command.h"
#include "orgadmin/context.h"

struct connection {
    struct context now; /* what is in effect; org_id is "" until an organization is chosen */
    bool logged_in;     /* the stored login is what is used */
    struct provider *provider;
};

enum need {
    NEED_TOKEN, /* unless the provider has none */
    NEED_URL,   /* without a token it is tried as nobody */
    NEED_LOGIN  /* a token from a file or a person; the stored login is not looked at */
};

/* TOKEN_FILE overrules the environment, which overrules the login. EXIT_DONE: to be closed;
 * otherwise it has complained and there is nothing to close. */
enum exit_status connection_open(const struct invocation *inv, const char *token_file,
                                 enum need need, struct connection *c);

/* The same with --token-file, and with the organization chosen: what most commands want. */
enum exit_status connection_open_org(const struct invocation *inv, struct connection *c);
void connection_close(struct connection *c);

/* Chooses the organization of --org, ORGADMIN_ORG or the login, in that order; with none of them
 * EXIT_DONE all the same and c->now.org_id stays "". */
enum exit_status connection_prefer_org(const struct invocation *inv, struct connection *c);

/* Connects again as C->now says. */
enum exit_status connection_reopen(struct connection *c);

/*
 * Finds the organization that TEXT (an id, or a name if there is but one of it) names among those
 * that the API lists; with TEXT NULL the only one there is. Chooses it.
 */
enum exit_status connection_find_org(struct connection *c, const char *text);

/* Chooses the organization in a record. */
enum exit_status connection_set_org(struct connection *c, const cJSON *org);

/* Runs OP with ARGS and the organization; *RECORDS (may be NULL) is an array that the caller
 * deletes, NULL on failure, which has been complained about. */
enum exit_status connection_run(struct connection *c, enum provider_op op,
                                const struct provider_arg *args, cJSON **records);

/* The same without a complaint, for who wants to know why: *ERR. */
enum api_status connection_try(struct connection *c, enum provider_op op,
                               const struct provider_arg *args, cJSON **records,
                               struct api_error *err);

/* Complains about OP's failure: about what ("", or "FILE:3: bob@b.c"), which operation, in which
 * organization, what was said, what to try. */
enum exit_status connection_complain(const struct connection *c, const char *about,
                                     enum provider_op op, const struct api_error *err);

/* The same for an operation with one record. */
enum exit_status connection_get(struct connection *c, enum provider_op op,
                                const struct provider_arg *args, cJSON **record);

/* The member whom TEXT names by id, e-mail or username. */
enum exit_status connection_find_member(struct connection *c, const char *text, cJSON **member);

/* The text of RECORD's FIELD, "" when there is none. */
const char *record_text(const cJSON *record, const char *field);

#endif

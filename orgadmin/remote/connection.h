/*
 * One command's way to the API: from the options, the environment (ORGADMIN_ORG,
 * ORGADMIN_TOKEN_FILE, ORGADMIN_PROFILE) and the stored login, in that order. The stored token goes
 * to the URL that it was stored for and nowhere else.
 */
#ifndef ORGADMIN_REMOTE_CONNECTION_H
#define ORGADMIN_REMOTE_CONNECTION_H

#include <cjson/cJSON.h>

#include "api/provider.h"
#include "orgadmin/invocation.h"
#include "orgadmin/output/collection.h"
#include "orgadmin/remote/context.h"
#include "orgadmin/remote/hint.h"
#include "orgadmin/remote/progress.h"

struct connection {
    struct context now; /* what is in effect; org_id is "" until an organization is chosen */
    bool logged_in;     /* the stored login is what is used */
    bool renamed;       /* the chosen organization has another name than the login says */
    bool debug;         /* each request is told */
    bool dry_run;       /* no change is sent */
    int timeout_ms;     /* 0: the default */
    bool ambient_token; /* it is ORGADMIN_TOKEN */
    struct hint given;  /* the options that lead here, for a line that goes on from here */
    struct provider *provider;
    struct provider_settings settings; /* it was opened with */
    struct access_cache access;        /* of the login */
    bool patient;    /* of many requests: one that comes too soon is repeated when the API says */
    int waited_s;    /* in all for that */
    const char *pin; /* the server's public key, in the place of its certificate; or NULL */
    char *learn_pin; /* gets it, PIN_SIZE bytes; or NULL */
    struct provider_arg option[CONTEXT_OPTIONS_MAX + 1];
    struct progress progress; /* of what takes long */
};

enum need {
    NEED_TOKEN, /* unless the provider has none */
    NEED_URL,   /* without a token it is tried as nobody */
    NEED_LOGIN /* a token from a file or a person, who may choose to have none yet; the stored login
                  is not looked at */
};

/* TOKEN_FILE overrules the environment, which overrules the login. EXIT_DONE: to be closed;
 * otherwise it has complained and there is nothing to close. */
enum exit_status connection_open(const struct invocation *inv, const char *token_file,
                                 enum need need, struct connection *c);

/* The same with --token-file, and with the organization chosen. */
enum exit_status connection_open_org(const struct invocation *inv, struct connection *c);

/* The same for OP: what most commands want. A provider that lacks OP, or does not take the names of
 * those ARGS (may be NULL) that have a value, is complained about before anything is sent. */
enum exit_status connection_open_for(const struct invocation *inv, enum provider_op op,
                                     const struct provider_arg *args, struct connection *c);

/* Chooses the organization for OP, when OP is of one: for a connection that is open. A complaint
 * leaves it open. */
enum exit_status connection_org_for(const struct invocation *inv, enum provider_op op,
                                    struct connection *c);

/* True when OP is of the caller, or of no organization yet. */
bool connection_without_org(enum provider_op op);

/* Stores in the login that was used what the API has told meanwhile: a renewed credential, and the
 * organization's present name. */
void connection_close(struct connection *c);

/* The server that --url and --provider name; *URL is NULL when neither is given. EXIT_DONE;
 * EXIT_USAGE after a complaint about them. */
enum exit_status connection_url(const struct invocation *inv, const char **url);

/* True when the provider has OP and takes NAME (unless NULL) as its argument. */
bool connection_takes(const struct connection *c, enum provider_op op, const char *name);

/* Chooses the organization of --org, ORGADMIN_ORG or the login, in that order; with none of them
 * EXIT_DONE all the same and c->now.org_id stays "". */
enum exit_status connection_prefer_org(const struct invocation *inv, struct connection *c);

/* Connects again as C->now says. */
enum exit_status connection_reopen(struct connection *c);

/*
 * Finds the organization that TEXT (an id, or a name if there is but one of it) names; with TEXT
 * NULL the only one that the API lists. Chooses it.
 */
enum exit_status connection_find_org(struct connection *c, const char *text);

/* Chooses the only organization that the API lists; of several, the one that a person picks by
 * number, name or id, where there is a terminal to ask on. */
enum exit_status connection_pick_org(struct connection *c);

/* Chooses the organization ID among those that the API lists, with ID NULL the only one if there is
 * just one. That there is none is no failure. */
enum exit_status connection_only_org(struct connection *c, const char *id);

/* Chooses the organization in a record. */
enum exit_status connection_set_org(struct connection *c, const cJSON *org);

/* The arguments of an operation; begins as {0}. */
#define ARGS_MAX (PAIRS_MAX + 4)
struct args {
    struct provider_arg arg[ARGS_MAX + 1]; /* ends with a NULL name */
    size_t count;
};

/* Adds what --set gives. EXIT_DONE; EXIT_USAGE after a complaint about what is there already. */
enum exit_status args_set(struct args *args, const struct invocation *inv);
void args_add(struct args *args, const char *name, const char *value);

/* Runs OP with ARGS and the organization; each record goes to SINK (which may be NULL), what it
 * fails with is complained about. */
enum exit_status connection_each(struct connection *c, enum provider_op op,
                                 const struct provider_arg *args, provider_sink *sink, void *arg);

/* The same for an operation whose records nobody wants. */
enum exit_status connection_run(struct connection *c, enum provider_op op,
                                const struct provider_arg *args);

/* The same for an operation with one record, which the caller deletes; NULL: there was none. */
enum exit_status connection_get(struct connection *c, enum provider_op op,
                                const struct provider_arg *args, cJSON **record);

/* A provider_sink that copies the first record to the cJSON * at ARG, which begins as NULL. */
provider_sink connection_first;

/* As connection_each without a complaint, for who wants to know why: *ERR. */
enum api_status connection_try(struct connection *c, enum provider_op op,
                               const struct provider_arg *args, provider_sink *sink, void *arg,
                               struct api_error *err);

/* Complains about OP's failure: about what ("", or "FILE:3: bob@b.c"), which operation, in which
 * organization, what was said, what to try. API_UNSENT is none. */
enum exit_status connection_complain(const struct connection *c, const char *about,
                                     enum provider_op op, const struct api_error *err);

/* For provider_settings.again: tells a person, and waits; five times at most, half a minute in all.
 * ARG is the connection. */
bool connection_again(void *arg, const struct api_error *err, int times);

enum exit_status connection_exit(enum api_status status);

/* TEXT, in which the options that lead to C stand behind the first "orgadmin NOUN VERB". Returns
 * OUT. */
const char *connection_hint(const struct connection *c, const char *text, char out[HINT_LINE_MAX]);

/* The text of RECORD's FIELD, "" when there is none. */
const char *record_text(const cJSON *record, const char *field);

/* The number in it, 0 when there is none. */
int64_t record_number(const cJSON *record, const char *field);

#endif

/*
 * The endpoints: what each takes, who may call it, and what it means for the dispatcher. Static and
 * constant.
 */
#ifndef ORGD_ENDPOINTS_TABLE_H
#define ORGD_ENDPOINTS_TABLE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "orgd/endpoints/call.h"

#define FIELDS_MAX 9

/* The values that a field may have. */
struct field_type {
    bool (*good)(const cJSON *item);
    bool or_null;
    const char *must;   /* for messages */
    const char *schema; /* as OpenAPI describes it: the members of a JSON object */
};

struct body_field {
    const char *name;
    const struct field_type *type;
    bool required;
};

enum oauth_call { OAUTH_NOT, OAUTH_BEGIN, OAUTH_POLL };

struct endpoint {
    const char *path; /* under /v1 */
    void (*handler)(struct call *call);
    enum permission permission; /* then the body has an organizationId as well */
    bool change;                /* may write */
    bool tries;                 /* may be refused behind its first write; one with a permission is
                                   refused before that unless it says so (store_begin_checked) */
    bool removal;               /* takes something from somebody: for it room is kept on the disk */
    bool frees;                 /* only takes away: no quota refuses it */
    bool lasts;                 /* what it does has no end: nobody may whose permission has one */
    bool operator;              /* for the operator's command alone: no socket leads here */
    bool own_members;           /* not for an organization that mirrors another one's members */
    bool open;                  /* works without a token */
    bool machine;               /* for a machine's token, too */
    bool attempt;               /* presents a secret: a peer that fails too often must wait */
    bool counts;                /* each call is an attempt, whatever is answered */
    bool uses;                  /* tells when tokens were used: the noted uses are stored before */
    bool proof;                 /* brings the passkey's proof: an old session may, too */
    enum oauth_call oauth;      /* answers programs that know OAuth, and no more of this server */
    struct body_field fields[FIELDS_MAX];
};

/* The endpoint PATH, with its /v1, among those of the operator's command or the others; NULL for
 * none. */
const struct endpoint *endpoint_find(const char *path, bool operator);

/* The endpoint at place I, from 0; NULL behind the last one. */
const struct endpoint *endpoint_at(size_t i);

/* The field of E at place I, from 0; NULL behind the last one. */
const struct body_field *endpoint_field(const struct endpoint *e, size_t i);

#endif

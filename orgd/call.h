/*
 * One call of the API on its way through the dispatcher: what a handler is given, and how it
 * answers. A handler runs inside a transaction that is committed when it answers with success and
 * rolled back when it fails; it calls exactly one of call_reply, call_ok, call_reply_text,
 * call_fail or call_hold.
 */
#ifndef ORGD_CALL_H
#define ORGD_CALL_H

#include "orgd/buffer.h"
#include "orgd/role.h"
#include "orgd/store.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BODY_MAX  65536
#define REPLY_MAX (64U << 20)
#define PAGE_MAX  5000 /* members in one reply of members/changes */
#define WAIT_MAX  600000

enum caller_kind { CALLER_NOBODY, CALLER_USER, CALLER_ORGANIZATION };

/* Who calls, by the token. */
struct caller {
    enum caller_kind kind;
    struct token token;
};

/* A members/changes that waits: all that is needed to look again. */
struct poll {
    char key[ID_SIZE]; /* the caller's token */
    char organization[ID_SIZE];
    int64_t since;
    int64_t wait_ms;
};

struct call {
    struct store *store;
    struct caller caller;
    const cJSON *body; /* checked against the endpoint's fields */

    /* When the endpoint needs a permission: the body's organization and what the caller is in it.
     */
    struct organization organization;
    enum role role;

    /* The answer. */
    unsigned status;
    struct buffer reply;
    bool hold; /* no answer yet: wait as POLL says */
    struct poll poll;
    char changed[ID_SIZE]; /* the organization whose members changed, or empty */
};

/* The body's field NAME, or NULL when the caller left it out. */
const char *call_text(const struct call *call, const char *name);

/* The body's field NAME, 0 when the caller left it out. */
int64_t call_number(const struct call *call, const char *name);

/* The role in the body's field "role", DEFAULT without one; for an unknown one fails the call and
 * returns false. */
bool call_role(struct call *call, enum role otherwise, enum role *role);

/* Fails the call with role_above_own and returns false unless the caller may give and take ROLE. */
bool call_covers(struct call *call, enum role role);

/* Answers 200 with OBJECT, which it frees. */
void call_reply(struct call *call, cJSON *object);

/* Answers 200 {"ok":true}. */
void call_ok(struct call *call);

/* Answers STATUS with REASON, an identifier from API.md, and a sentence for a person. */
void call_fail(struct call *call, unsigned status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Stores MEMBER of ORGANIZATION as changed just now: gives him the organization's next revision and
 * has held polls told. */
void call_member_change(struct call *call, const char *organization, struct member *member);

/*
 * True when the token's owner is in ORGANIZATION now, with *ROLE. Looks into the store, so it also
 * says what has become of a caller who was let in before.
 */
bool caller_role(struct store *store, const struct caller *caller, const char *organization,
                 enum role *role);

/* Fills CALLER with the token KEY; false when there is none (any more). The secret is not looked
 * at. */
bool caller_find(struct store *store, const char *key, struct caller *caller);

#endif

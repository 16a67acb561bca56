/*
 * One call of the API on its way through the dispatcher: the input of a handler, and its answer. A
 * handler runs inside a transaction that is committed when it answers with success and rolled back
 * when it fails. It answers by exactly one of call_reply, call_ok, call_revoked, call_page_reply
 * and call_fail; long lists of members fill the answer themselves.
 */
#ifndef ORGD_ENDPOINTS_CALL_H
#define ORGD_ENDPOINTS_CALL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgd/buffer.h"
#include "orgd/endpoints/quota.h"
#include "orgd/role.h"
#include "orgd/store/store.h"

#define BODY_MAX  65536
#define REPLY_MAX (64U << 20)
#define PAGE_MAX  5000 /* members in one reply of members/changes */
#define LIST_MAX  1000 /* of a listing in one reply, or in one piece of members/list */
#define WAIT_MAX  600000

/* A members/changes, or a members/list that is sent in pieces: all that is needed to look again. */
struct poll {
    char key[ID_SIZE];  /* the caller's token */
    char user[ID_SIZE]; /* by whom it may read: its user, or its maker; "": nobody in particular */
    char organization[ID_SIZE];
    char request[REQUEST_ID_SIZE];
    char labels[MACHINE_LABELS_SIZE]; /* of the caller's machine; "" without access rules */
    int64_t revision;                 /* of the organization when the caller was let in */
    int64_t since;
    int64_t wait_ms;
    int64_t arrived_ms;  /* clock_mono_ms, when it was dispatched */
    bool fresh;          /* it waits until the source was read that the organization mirrors */
    struct cursor after; /* members/list: the last member that was sent */
};

/* The parts of an invitation mail that are the same for all. */
struct letterhead {
    const char *from;           /* sender's address; NULL when no mail is sent */
    const char *invitation_url; /* with {token} where the token goes, or NULL */
    bool page;                  /* it leads to orgd's own page */
};

/* A mail to be sent; without TO there is none. TO, ABOUT and SUBJECT go into headers as they are:
 * they are checked, or ours. */
struct letter {
    char to[EMAIL_SIZE];
    char about[ID_SIZE];        /* the id of its subject matter */
    char organization[ID_SIZE]; /* that has it sent; "" for none */
    const char *subject;        /* static, ASCII */
    int64_t date;               /* wall clock in ms */
    bool behind;                /* the answer does not wait for it, and says nothing of it */
    struct buffer text;         /* UTF-8, lines end with CR LF */
};

struct endpoint;

struct request {
    const struct endpoint *endpoint; /* NULL: there is no such path */
    const char *method;
    const char *path;
    const char *authorization; /* the header's value or NULL */
    const char *content_type;  /* the header's value or NULL */
    const char *body;          /* LEN bytes; may be NULL when LEN is 0 */
    size_t len;
    bool too_large;         /* there was more than BODY_MAX, and BODY is not all of it */
    bool operator;          /* the operator's command asks, on the machine itself */
    const char *id;         /* for errors, the log and audit events */
    const char *from;       /* the peer's name there */
    const char *once;       /* the header Idempotency-Key's value or NULL (once.h) */
    bool session;           /* AUTHORIZATION is that of a browser's session, and came as a cookie */
    bool same_site;         /* a page of ours asks, the browser says */
    const char *web_origin; /* of the page; NULL: there is none */
    unsigned wait_s;        /* for so long no attempt of the peer is looked at */
    bool again; /* it was run before, and nothing of that happened: no rate is taken twice */
    const struct letterhead *letterhead;
};

/* What held polls must hear: what can wait a moment for more of its kind; what somebody lost, at
 * once; and that who may hear it may have changed. */
enum news_kind { NEWS_GATHERED, NEWS_LOSS, NEWS_RIGHTS };

struct changed {
    char id[ID_SIZE]; /* of an organization or a token */
    enum news_kind news;
};

enum answer_rest {
    ANSWER_WHOLE,
    ANSWER_HELD,  /* the body comes later: a members/changes as POLL says */
    ANSWER_PIECES /* the body is the beginning of a members/list that goes on as POLL says */
};

struct call_answer {
    unsigned status;    /* 200 when there is a rest */
    struct buffer body; /* the caller of dispatch frees it */
    enum answer_rest rest;
    struct poll poll;
    struct buffer changed; /* of struct changed; the caller of dispatch frees it */
    /* To be sent, and "mailed" added; the caller of dispatch frees its text. */
    struct letter letter;
    unsigned retry_s;              /* with 429 and 503: when to try again */
    bool attempt;                  /* it was one of those of which a peer may fail so many */
    bool failed;                   /* and it did fail: to be counted (dispatch_settle) */
    char session[CREDENTIAL_SIZE]; /* the browser's new session; "" */
    char caller[ID_SIZE]; /* for the log: the user's id or the token's key, "-" without a token */
};

struct call {
    struct store *store;
    const struct request *request;
    struct token caller; /* by which he calls; zeroed without one */
    const cJSON *body;   /* the request's, checked against the endpoint's fields */

    /* When the endpoint needs a permission: the body's organization and the caller's role in it.
     */
    struct organization organization;
    struct role role;
    struct role_term term; /* of that role */

    bool key_taken; /* its Idempotency-Key was used before */
    bool keep;      /* though it fails, what was stored stays: who tried it, and when */
    int run;        /* how often the handler was run before, for want of a lock */
    bool
        list_whole; /* the answer has all members: list_cache.h keeps it, once it can be believed */
    struct call_answer *answer;
};

enum caller_kind { CALLER_NOBODY, CALLER_USER, CALLER_ORGANIZATION };

/* The owner of the token CALLER. */
enum caller_kind caller_kind(const struct token *caller);

/* The body's field NAME, or NULL when the caller left it out. */
const char *call_text(const struct call *call, const char *name);

/* True if the body's field NAME is true. */
bool call_flag(const struct call *call, const char *name);

/* The body's field NAME, 0 when the caller left it out. */
int64_t call_number(const struct call *call, const char *name);

/* Lets the caller into ORGANIZATION with PERMISSION: fills the call's organization and role. Else
 * fails the call and returns false. */
bool call_enter(struct call *call, const char *organization, enum permission permission);

/* Fails the call with forbidden and returns false unless a user's token calls; WHAT is the deed,
 * for the message. */
bool call_by_user(struct call *call, const char *what);

/* The role that is named by the body's field "role", "member" without one, in the call's
 * organization; fails the call and returns false when there is none. */
bool call_role(struct call *call, struct role *role);

/* Fails the call with role_above_own and returns false unless the caller may give and take ROLE. */
bool call_covers(struct call *call, const struct role *role);

/* The same for ROLE that somebody is to have until UNTIL, 0: for good. What a caller gives whose
 * own role ends does not outlast that, unless he can give it behind the end, too, or it is the role
 * that he has then. */
bool call_gives(struct call *call, const struct role *role, int64_t until);
/* For a role that is given for good and is known by name; one that is gone can be given. */
bool call_gives_name(struct call *call, const char *role);

/* Lets what the caller hands out, and what counts until *ENDS (0: for ever), end with his role if
 * he lacks PERMISSION behind that. */
void call_shorten(const struct call *call, enum permission permission, int64_t *ends);

/* Fills *ROLE with the role NAME of the call's organization; false when there is none. */
bool call_role_find(struct call *call, const char *name, struct role *role);

/* The body's time NAME, OTHERWISE without it; fails the call and returns false when it is none. */
bool call_time(struct call *call, const char *name, int64_t otherwise, int64_t *ms);

/* The body's "expiresAt": a time to come, 0 (never) for null, OTHERWISE without it. Fails the call
 * and returns false for anything else. */
bool call_end(struct call *call, int64_t otherwise, int64_t *ms);

/* The body's "until": a time to come, 0 (for good) for null or without it. Fails the call and
 * returns false for anything else. */
bool call_until(struct call *call, int64_t *ms);

/* Why USER (an id, "" for one to come) may not be called USERNAME, a valid one, as API.md names it;
 * NULL: nothing is against it. */
const char *call_username_fault(struct call *call, const char *username, const char *user);

/* Fails the call and returns false unless USER (an id, "" for one to come) may be called USERNAME:
 * it is not reserved, and nobody else has it or had it. */
bool call_username(struct call *call, const char *username, const char *user);

/* The user behind the caller: himself, or the maker of the organization's token. */
struct maker call_maker(const struct call *call);

/*
 * A page of a listing. call_page reads the body's "after" and "limit"; the store is asked for one
 * more than LIMIT; page_add is called for each and returns false for that one more; call_page_reply
 * answers with the LIST as NAME and the cursor as "next".
 */
struct page {
    struct cursor after;
    int limit;
    cJSON *list;
    int count;
    bool more;
};
bool call_page(struct call *call, struct page *page);
bool page_add(struct page *page, int64_t number, const char *id, cJSON *item);
void call_page_reply(struct call *call, struct page *page, const char *name);

/* Answers 200 with OBJECT, which it frees. */
void call_reply(struct call *call, cJSON *object);

/* Answers 200 {"ok":true}. */
void call_ok(struct call *call);

/* Answers 200 {"ok":true,"revoked":..}: false when there was nothing to revoke. */
void call_revoked(struct call *call, bool revoked);

/* Replaces the body of ANSWER by an error for the request with the id REQUEST. */
void answer_fail(struct call_answer *answer, const char *request, unsigned status,
                 const char *reason, const char *message);

/* Answers STATUS with REASON, an identifier from API.md, and a sentence for a person. */
void call_fail(struct call *call, unsigned status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Locks the organizations IDS, ID_SIZE each, which it sorts. */
void call_lock_all(struct call *call, struct buffer *ids);

/* Stores MEMBER of ORGANIZATION as changed just now: gives him the organization's next revision and
 * has held polls told. */
void call_member_change(struct call *call, const char *organization, struct member *member,
                        enum news_kind news);

/* True when there may be one more beside COUNT; else the call has failed with 409 quota. */
bool call_room(struct call *call, enum quota quota, int64_t count);

/* Counts one for WHO against a rate; when there are too many the call has failed with 429 quota,
 * and false is returned. */
bool call_rate(struct call *call, enum quota quota, const char *who);

/* True when USER ("" for one to come), who never was a member of ORGANIZATION, may become one; else
 * the call has failed because of a quota. */
bool call_member_room(struct call *call, const char *organization, const char *user);

/* Has the held polls told of NEWS of an organization, or with a token (NEWS_RIGHTS). */
void call_changed(struct call *call, const char *id, enum news_kind news);

/*
 * Writes the audit event of a change by this call: ACTION as API.md names it, upon SUBJECT (an id,
 * a key, a role) with its name for people, and a detail. ORGANIZATION is "" for what belongs to
 * none.
 */
void call_event(struct call *call, const char *organization, const char *action,
                const char *subject, const char *subject_name, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/*
 * True when the token's owner is in ORGANIZATION now, with *ROLE. Looks into the store, so it is
 * also the answer for a caller who was let in before. A user's token from before he was removed is
 * not let in. An organization's token can look as its role says, and change no more than its maker
 * can now: *ROLE may then be a lesser one, and its *TERM is that of the maker's.
 */
bool caller_role(struct store *store, const struct token *caller, const char *organization,
                 struct role *role, struct role_term *term);

/* True if TOKEN proves that its owner is MEMBER of ORGANIZATION: it is not from before he was
 * removed, or his tokens revoked. */
bool member_proved(const struct member *member, const char *organization,
                   const struct token *token);

/* True if TOKEN, which is the MEMBER's own, opens ORGANIZATION to him now. */
bool member_opens(const struct member *member, const char *organization, const struct token *token);

/* Fills CALLER with the token KEY; false when there is none (any more), or it has expired. The
 * secret is not looked at. */
bool caller_find(struct store *store, const char *key, struct token *caller);

#endif

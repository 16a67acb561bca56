/*
 * The provider contract: what orgadmin and orgsyncd ask of an organization's API, whichever vendor
 * it is.
 *
 * Results are neutral records: cJSON objects with these members, strings unless said; absent when
 * unknown. What only some vendors know stands in the second line.
 *
 *   organization  {"id","name","role","created",
 *                  "key_adders":"members|admins","key_days":number,"security_keys_only":bool,
 *                  "show_machines":bool,
 *                  "label","description","type","state","plan","country","owner","parent","email",
 *                  "namespace","updated","member":bool} (member: you are in it yourself; key_adders
 * to security_keys_only: which ssh keys of its members it takes, orgd/API.md) member
 * {"id","email","username","name","roles":[..],"teams":[..],"permissions":[..],
 *                  "state":"active|pending|suspended|removed","joined","token","membership",
 *                  "keys":[{"type","blob","expiresAt"}],
 *                  "role_ends","roles_after":[..],"permissions_after":[..]}
 *                 ("removed" only from provider_watch and from files; token: of the invitation of
 *                 who is pending, where the API shows it; membership: its id, where that is
 *                 another one than the person's; teams: {"id","slug","name","parent"}, the slug of
 * the team that it is a part of, each; keys: public ssh keys, BLOB in base64 and of any length, no
 * expiresAt: never; "keys_unread":true instead, only from provider_watch: they are not known yet,
 * and those that a host has stay; role_ends: when roles and permissions give way to those behind
 * them) addition {"outcome":"invited|added|changed","id","email","roles":[..],"permissions":[..],
 *                  "expires","token","mailed":bool} (token and mailed as in an invitation)
 *   invitation    {"id","email","roles":[..],"permissions":[..],"state","created","expires",
 *                  "token","keys":"none|security|any","mailed":bool}
 *                 (token, keys and mailed: only when it is made or sent again)
 *   acceptance    {"organization","role","username","email","bearer"} (the last three: when an
 *                 account was made; bearer is never shown again)
 *   joincode      {"id","role","max_uses":number,"uses":number,"created","code"} (no max_uses:
 *                 unlimited; code: once, when it is made)
 *   joining       {"organization","role","already":bool} (already: was a member before)
 *   machine       {"id","name","labels","maker","created","expires","enrolled","enrolled_from",
 *                  "token","last_used","used_from","refused":number,"refused_at","refused_from",
 *                  "shared","shared_from","numbers",
 *                  "code"} (expires: of a code that was not used; token: the key of its token;
 *                 refused: uses of a used code; code: once, when it is made)
 *   enrollment    {"organization","organization_name","id","name","labels","ca","numbers",
 *                  "key","bearer"}
 *                 (of a machine; ca: in PEM, or ""; bearer is never shown again)
 *   access rule   {"id","role","team","slug","labels","services":[..],"created","revision":number}
 *                 (who may log in where; role or team, an id with its slug; revision: when it is
 *                 made)
 *   team          {"id","slug","name","parent","created"} (parent: the slug of the team that it is
 * a part of) teammate      {"id","username","email","name","role","inherited":bool} (inherited: a
 * member of a part of the team only) change        {"ok":bool,"revision":number} (of what has
 * nothing else to say) role          {"id","name","description","permissions":[..]} token
 * {"key","name","role","env","last_four","created","secret","bearer"} (secret and bearer: once,
 * when it is made) key {"fingerprint","type","comment","added","expires","blob","given":bool,
 *                  "counts":bool,"reason","given_by":[..],"notes":[..]} (given to reason: of a
 *                 member's; given_by: of one's own, the organizations that gave it; notes:
 *                 sentences for a person, when it is added)
 *   event         {"id","at","actor","actor_name","actor_email","action","subject",
 *                  "subject_name","detail","from","request"} (detail: a text, or JSON)
 *   user          {"id","email","username","name","organization","role"} (who the credential is:
 *                 a person, or an organization's token)
 *   billing       what the vendor keeps of the payer, one flat object; see record_billing in
 *                 orgadmin/output/records.c for the names
 *   subscription  {"id","state","plan","project","title","region","owner","created","updated"}
 *   credit        {"id","state","original","remaining","starts","expires","comment"} (amounts in
 *                 US dollars, the number 300.00)
 *   secret        {"id","name","type","description","created"} (never its value)
 *   file          {"id","name","state","size":number,"created","upload_url","download_url"} (size
 *                 in bytes; upload_url only when it is made; for transfer.h)
 *
 * Times are RFC 3339 in UTC. Record strings are what the API said: valid UTF-8, at most
 * RECORD_TEXT_MAX bytes (upload_url and download_url: RECORD_URL_MAX; ca: RECORD_PEM_MAX), nothing
 * more is promised.
 */
#ifndef API_PROVIDER_H
#define API_PROVIDER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "api/error.h"
#include "api/settings.h"
#include "common/break_glass.h"
#include "common/org_rules.h"

/* True if there is a provider of that name. */
bool provider_known(const char *name);

/* The names of all providers; ends with NULL; static. */
const char *const *provider_names(void);

/* The address that PROVIDER has without a url in the settings, or NULL. */
const char *provider_url(const char *provider);

/* True when PROVIDER, one of these names, has the option NAME. */
bool provider_has_option(const char *provider, const char *name);

struct provider; /* opaque; one thread at a time; keeps its connection */

/* Opens a provider; sends nothing. Returns NULL and fills *ERR (API_USAGE: unknown provider,
 * unusable URL, setting or option). */
struct provider *provider_open(const struct provider_settings *settings, struct api_error *err);
void provider_close(struct provider *provider);

/*
 * The credential in effect: the settings' token, or what the API has given in its place since (a
 * session is renewed now and then), which is to be stored instead. Valid until the next call.
 */
const char *provider_credential(const struct provider *provider);

/*
 * Listings follow their pages. Arguments are named after the dash; one with '?' may be absent.
 * "org" is an argument of all that need one (the settings' unless given). FIELDS are a vendor's own
 * further arguments, which provider_takes tells.
 */
enum provider_op {
    OP_WHOAMI,         /* -> user */
    OP_USER_EDIT,      /* - name?, username? -> user */
    OP_USER_RECOVER,   /* - email: a code is mailed to it */
    OP_USER_CONFIRM,   /* - code, keep? -> recovery */
    OP_ORG_LIST,       /* -> organizations */
    OP_ORG_FIND,       /* - org: an id or, where the API finds it so, a name -> organization; an API
                          that has nothing of the kind lacks it: OP_ORG_LIST then */
    OP_ORG_SHOW,       /* -> organization */
    OP_ORG_CREATE,     /* - name, operation? (an unfinished one's, to wait on), FIELDS
                          -> organization */
    OP_ORG_EDIT,       /* - name?, FIELDS */
    OP_ORG_DELETE,     /* - name?: the organization's, as a person typed it */
    OP_MEMBER_LIST,    /* -> members */
    OP_MEMBER_ADD,     /* - email, role?, permissions? (commas between) -> addition */
    OP_MEMBER_ROLE,    /* - user, role?, permissions?: these and no others */
    OP_MEMBER_GRANT,   /* - user, role */
    OP_MEMBER_REVOKE,  /* - user, role */
    OP_MEMBER_REMOVE,  /* - user */
    OP_MEMBER_SUSPEND, /* - user */
    OP_MEMBER_RESUME,  /* - user */
    OP_MEMBER_END_TOKENS, /* - user -> ending */
    OP_INVITATION_LIST,   /* -> invitations */
    OP_INVITATION_CREATE, /* - email, role?, permissions? -> invitation, with its token if there is
                             one */
    OP_INVITATION_REVOKE, /* - id */
    OP_INVITATION_RESEND, /* - id -> invitation with token, or nothing */
    OP_INVITATION_ACCEPT, /* - token, username?, name?, key? -> acceptance */
    OP_JOINCODE_LIST,     /* -> joincodes */
    OP_JOINCODE_CREATE,   /* - role?, max_uses? -> joincode with code */
    OP_JOINCODE_REVOKE,   /* - id */
    OP_JOINCODE_JOIN,     /* - code -> joining */
    OP_MACHINE_LIST,      /* -> machines */
    OP_MACHINE_INVITE,    /* - name, labels?, ca? (in PEM), numbers? -> machine with
                             code */
    OP_MACHINE_APPLIED,   /* - revision -> how far a change of members has come */
    OP_MACHINE_MISSING,   /* - revision -> machines that have not applied it, some of them */
    OP_MACHINE_LABEL,     /* - id, labels -> change */
    OP_MACHINE_REVOKE,    /* - id */
    OP_MACHINE_ENROLL,    /* - code -> enrollment */
    OP_ACCESS_LIST,       /* -> access rules */
    OP_ACCESS_ADD,        /* - role? or team? (an id), labels?, services? (commas between) -> access
                             rule */
    OP_ACCESS_REMOVE,     /* - id -> change */
    OP_TEAM_LIST,         /* -> teams */
    OP_TEAM_SHOW,         /* - team (an id) -> teammates */
    OP_TEAM_ADD,          /* - team, user, role? */
    OP_TEAM_REMOVE,       /* - team, user */
    OP_ROLE_LIST,         /* -> roles; without an organization those that all have */
    OP_ROLE_CREATE,       /* - role, permissions (commas between) */
    OP_ROLE_EDIT,         /* - role, permissions */
    OP_ROLE_REMOVE,       /* - role */
    OP_TOKEN_LIST,        /* -> tokens */
    OP_TOKEN_CREATE,      /* - name?, role? -> token */
    OP_TOKEN_REVOKE,      /* - key */
    OP_OWN_TOKEN_LIST,    /* of the user -> tokens */
    OP_OWN_TOKEN_CREATE,  /* - name?, expires? -> token */
    OP_OWN_TOKEN_REVOKE,  /* - key */
    OP_SIGN_IN_LINK,      /* of the user, to the server's page -> url, expires */
    OP_DEVICE_BEGIN,      /* - host? -> what a person and the program need to sign in (RFC 8628) */
    OP_DEVICE_TOKEN,      /* - code -> token, expires_in; refused with RFC 8628's words */
    OP_KEY_LIST,          /* of the user -> keys */
    OP_KEY_ADD,           /* - line ("TYPE BASE64 COMMENT"), expires? -> key */
    OP_KEY_REMOVE,        /* - fingerprint */
    OP_MEMBER_KEYS,       /* - user -> keys */
    OP_MEMBER_KEY_ADD,    /* - user, line, expires? -> key */
    OP_MEMBER_KEY_REMOVE, /* - user, fingerprint */
    OP_AUDIT_LIST,        /* - action?, from?, to? -> events, newest first */
    OP_BILLING_SHOW,      /* -> billing */
    OP_BILLING_EDIT,      /* - FIELDS */
    OP_SUBSCRIPTION_LIST, /* -> subscriptions */
    OP_CREDIT_LIST, /* - all? ("1": expired ones too), state? ("expired": only those) -> credits */
    OP_CREDIT_CREATE, /* - amount (US dollars, "300" or "300.00"), expires, comment? -> credit */
    OP_CREDIT_EDIT,   /* - id, amount?, expires?, comment? -> credit */
    OP_CREDIT_EXPIRE, /* - id */
    OP_SECRET_LIST,   /* -> secrets */
    OP_SECRET_CREATE, /* - name, type, FIELDS: the values -> secret */
    OP_SECRET_REMOVE, /* - id */
    OP_FILE_LIST,     /* -> files */
    OP_FILE_SHOW,     /* - id -> file */
    OP_FILE_CREATE,   /* - name -> file with upload_url */
    OP_FILE_REMOVE,   /* - id */
    OP_COUNT
};

/*
 * The arguments that OP takes with this provider, with spaces between, in OUT: "org name
 * plan_type". False when the provider lacks OP. An argument that is given but not taken is refused
 * by provider_run, before any request is sent (API_UNSUPPORTED).
 */
#define PROVIDER_TAKES_MAX 512
bool provider_takes(const struct provider *provider, enum provider_op op,
                    char out[PROVIDER_TAKES_MAX]);

/* True when the argument NAME of an operation is a secret: it is in no message. */
bool provider_arg_secret(const char *name);

/* Whom OP_MEMBER_ADD and OP_INVITATION_CREATE of the provider's API change or invite once more, as
 * bits, although they are there already; the API refuses others. */
enum add_changes {
    ADD_CHANGES_NOBODY = 0,
    ADD_CHANGES_MEMBERS = 1,
    ADD_CHANGES_INVITED = 2,
    ADD_NAMES_MEMBERS = 4 /* it refuses a member with the code already_member */
};
unsigned provider_add_changes(const struct provider *provider);

/* How the provider's API hands out invitations whose answer does not tell, as bits. */
enum invites {
    INVITES_BY_MAIL = 1,
    INVITES_SHOWN_AGAIN = 2, /* a listing has the tokens, too */
    INVITES_LISTED = 4       /* the members' listing has who is only invited, as active */
};
unsigned provider_invites(const struct provider *provider);

/* The id of the role without whose holders nobody could manage the organization, or NULL. */
const char *provider_owner_role(const struct provider *provider);

/* Takes one record, which is the provider's and gone after the call. Returns 0 to go on, anything
 * else stops (API_STOPPED). */
typedef int provider_sink(void *arg, const cJSON *record);

/*
 * Runs an operation; each resulting record goes to SINK (which may be NULL), in the API's order.
 * ARGS ends with a NULL name. Returns API_OK only when the answer was complete, authenticated and
 * fully parsed; else fills *ERR, and what SINK was given before must be thrown away.
 */
enum api_status provider_run(struct provider *provider, enum provider_op op,
                             const struct provider_arg *args, provider_sink *sink, void *arg,
                             struct api_error *err);

/*
 * Watching an organization's members. One call goes from *POSITION (zeroed: nothing is known) to
 * the present, and moves *POSITION there when it returns API_OK.
 *  - Revision 0: every member reaches SINK (a complete listing); RESET is called first.
 *  - A revision: waits up to WAIT_MS for changes after it; each changed member reaches SINK,
 * removed ones with state "removed". RESET is called first when the API cannot tell the difference
 * any more, or the position is of another history than its own, and lists everything again.
 *  - RULES is called with the organization's rules for this machine, which are sound, whenever the
 * API tells them, before the members of that reply. An API that tells none leaves them as they are.
 *  - SOURCE is called, before the members of that reply, by an API that relays: AGE_MS is the time
 * from the beginning of the last reading of the whole source up to the reply, -1 when that is not
 * known; FRESH says that this reading began after the request had come. Only this, and no HEARD,
 * confirms a member then. With WANT_FRESH such an API answers when it has read its source anew.
 *  - HEARD is called whenever the API proves to be alive and has nothing newer: at once when the
 * poll begins to be held, then at each heartbeat.
 *  - IDLE_FD (or -1): while waiting, its readability calls IDLE, which may return non-zero to stop
 * (API_STOPPED). The records between RESET or the call's beginning and API_OK belong together. A
 * provider without revisions leaves the revision 0 and answers at once with everything, but with
 * nothing, not even RESET, when the ETag says that it is what the caller has: the caller then
 * polls.
 */
#define WATCH_ETAG_MAX   128
#define WATCH_CURSOR_MAX 256

struct watch_position {
    int64_t revision;              /* 0: of an API without them, or nothing is known */
    char cursor[WATCH_CURSOR_MAX]; /* the API's own word for the history up to there, or "" */
    char etag[WATCH_ETAG_MAX];     /* of the last listing, or "" */
    bool relayed; /* the API serves what it reads of another one, the source of the organization */
};

/* What a host has applied of what it was told, for the API that asks for it. */
struct watch_report {
    struct watch_position at; /* its revision is 0: nothing is reported */
    int64_t age_s;            /* of the snapshot in force */
    uint64_t ended, ending;   /* people whose sessions were ended, or are to end now */
    struct break_glass glass; /* the last one; END_MS is 0: none */
    const char *process;      /* a word that tells this process from others with the same
                                 credential; or NULL */
};

struct provider_watcher {
    void *arg;
    const struct watch_report *report; /* or NULL */
    void (*reset)(void *arg);
    provider_sink *member;
    int (*rules)(void *arg, const struct org_rules *rules); /* 0 to go on */
    void (*source)(void *arg, int64_t age_ms, bool fresh);  /* or NULL */
    int (*heard)(void *arg);                                /* or NULL; 0 to go on */
    int (*idle)(void *arg);
    int idle_fd;
    bool want_fresh;
};

enum api_status provider_watch(struct provider *provider, struct watch_position *position,
                               int wait_ms, const struct provider_watcher *watcher,
                               struct api_error *err);

/* "member remove" for OP_MEMBER_REMOVE; static. */
const char *provider_op_name(enum provider_op op);

#endif

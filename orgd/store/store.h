/*
 * The data of orgd: users, organizations, their members, roles, invitations, join codes, tokens
 * and audit events. SQLite or PostgreSQL keeps it (schema.h has the tables, sql.h the statements,
 * engine.h what the two differ in). A store is for one thread at a time; each thread has a store of
 * its own (store_beside). Everything happens between store_begin_read or store_begin_change and
 * store_commit or store_rollback.
 *
 * A failing store (I/O, a full disk, a broken row) is remembered instead of returned: the failing
 * call and all calls behind it answer like "not there" or do nothing, store_commit refuses,
 * and one line on stderr gives the reason. So a caller handles the answers of a working store only,
 * and must not believe any of them before store_commit has returned STORE_DONE. Texts are copied in
 * and out; every text that is stored must fit its array in the record.
 */
#ifndef ORGD_STORE_STORE_H
#define ORGD_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/name.h"
#include "common/ssh_key.h"
#include "orgd/buffer.h"
#include "orgd/peer.h"
#include "orgd/role.h"
#include "orgd/secret.h"
#include "orgd/store/history.h"
#include "orgd/text.h"
#include "orgd/webauthn.h"

#define LAST_FOUR_SIZE 5
/* A machine's name is as a host's: letters, digits, dots and hyphens. */
#define MACHINE_NAME_SIZE    64
#define MACHINE_LABELS_SIZE  256
#define MACHINE_NUMBERS_SIZE 48
#define MACHINE_CA_SIZE      16385
#define ACTION_SIZE          32
#define SUBJECT_SIZE         40
/* A detail is never cut, as that could split a character: the longest is user.update's, two
 * usernames and two names. */
#define DETAIL_SIZE (2 * (NAME_MAX_LEN + DISPLAY_SIZE) + 16)

/* All times are milliseconds since 1970 (now.h). */
#define STORE_FOREVER 253402300800000 /* the year 10000, which no time of ours reaches */

struct user {
    char id[ID_SIZE];
    char email[EMAIL_SIZE];
    char username[NAME_MAX_LEN + 1];
    char name[DISPLAY_SIZE];
    int64_t created;
    int64_t disabled; /* since when the operator has locked the account, 0: not */
};

/* Which ssh keys of its members an organization takes. */
struct key_policy {
    bool admins;   /* only those that its administrators gave, not the members' own */
    bool security; /* only those of security keys, types that begin with "sk-" */
    int64_t days;  /* so long after it was added the first time, 0: without limit */
};

struct organization {
    char id[ID_SIZE];
    char name[DISPLAY_SIZE];
    int64_t created;
    int64_t revision;   /* of the latest change of its members */
    bool self_rename;   /* its members may change their own usernames */
    bool show_machines; /* its members are told the machines on which they may log in */
    struct key_policy keys;
    /* Only store_organization fills these. */
    struct commit commit;    /* the commit of REVISION */
    bool mirrored;           /* its members are those of its source (struct mirror), */
    bool unread;             /* which was never read whole */
    int64_t access_rules;    /* how many there are */
    int64_t access_revision; /* of the latest change of those, or of a machine's labels */
};

struct member {
    struct user user;
    struct role role; /* that he holds now: one whose end has come has given way already */
    struct role_term term;
    bool active; /* false: a tombstone of a member who left, whose role may be gone */
    int64_t joined;
    int64_t revision;  /* of his latest change */
    int64_t removed;   /* when he last left or lost his tokens' rights, 0: never; tokens that were
                          proved up to then do not work in this organization (struct token) */
    int64_t suspended; /* since when he may do nothing, 0: not */
    const char *teams; /* of a listing, while the visit lasts: a JSON array of id, slug and name;
                          else NULL */
    const char *keys;  /* likewise: of type, blob (base64) and expiresAt */
    const struct mirrored *mirrored; /* of a listing of a mirrored organization, while the visit
                                        lasts: then REVISION is all that counts beside it */
};

#define MIRROR_TEXT_SIZE 1025
#define MIRROR_WHY_SIZE  512
#define MIRROR_ID_MAX    255 /* bytes of a member's id: hosts take no longer one */

/* How the source of a mirrored organization is read, by the API of PROVIDER. Texts that are not
 * needed are "". */
struct mirror {
    char organization[ID_SIZE]; /* its id, there as here */
    char provider[33];
    char url[MIRROR_TEXT_SIZE];
    char token_file[MIRROR_TEXT_SIZE];
    char ca_file[MIRROR_TEXT_SIZE];
    char proxy[MIRROR_TEXT_SIZE];
    char options[MIRROR_TEXT_SIZE]; /* NAME=VALUE, with line feeds behind them */
    char hook_file[MIRROR_TEXT_SIZE];
    int64_t poll_ms;
    /* What came of it: */
    int64_t turn;    /* of the reading that began last */
    int64_t applied; /* of the one of which members were stored last */
    int64_t read;    /* when the one began that was stored whole last, 0: never */
    int64_t failed;  /* since when it fails, 0: it does not */
    char failure[MIRROR_WHY_SIZE];
};

/* A member of a mirrored organization, or who has left it. */
struct mirrored {
    const char *id;
    const char *record; /* a JSON object, as hosts get it but for the keys */
    const char *keys;   /* a JSON array; "": not read yet */
    int64_t revision;
    bool there;
};

enum key_state {
    KEY_THERE,
    KEY_REMOVED,
    KEY_WITHDRAWN, /* by an administrator, for the organization: also if it is the user's own */
    KEY_DOUBTED    /* the user's own, from a token that does not prove the user there */
};

/* A public ssh key of a user: his own, for all his organizations; or given to him by an
 * administrator of ORGANIZATION, for that one alone. */
struct user_key {
    char organization[ID_SIZE]; /* "": it is the user's own */
    enum key_state state;
    unsigned reach;      /* role_reach of the giver's role: he opens no account of a higher one */
    char maker[ID_SIZE]; /* the giver, "" where none is known; it is not read again */
    char fingerprint[SSH_KEY_FINGERPRINT_SIZE];
    char type[40];
    char blob[SSH_KEY_TEXT_SIZE]; /* base64 */
    char comment[DISPLAY_SIZE];
    int64_t created; /* the first time, also when it was removed meanwhile */
    int64_t expires; /* 0: never */
};

/* A key of a member as KEY.organization takes it. */
struct member_key {
    struct user_key key; /* CREATED and EXPIRES are those that count there */
    bool given;          /* by an administrator, too */
    const char *reason;  /* why it does not count (API.md), while the visit lasts; NULL: it does */
    char organization_name[DISPLAY_SIZE];
};

struct team {
    char id[ID_SIZE];
    char organization[ID_SIZE];
    char slug[NAME_MAX_LEN + 1]; /* for groups on hosts; unique in the organization */
    char name[DISPLAY_SIZE];
    int64_t created;
};

/* What hosts are told of a member. Who is suspended keeps role and place; the organization, or the
 * operator by disabling the account, decides it. */
enum membership_state { MEMBERSHIP_REMOVED, MEMBERSHIP_SUSPENDED, MEMBERSHIP_ACTIVE };
enum membership_state membership_state(const struct member *member);

/* The user who made something, himself or by a token of the organization that he made. The store
 * fills the name when it is read. */
struct maker {
    char id[ID_SIZE]; /* "": not known; it is from before makers were written down */
    char name[NAME_MAX_LEN + 1];
};

/* The time and origin of the last use; AT is 0 for none. */
struct use {
    int64_t at;
    char from[PEER_TEXT_SIZE];
};

struct invitation {
    char id[ID_SIZE];
    char organization[ID_SIZE];
    char email[EMAIL_SIZE];
    char role[ROLE_SIZE];
    char username[NAME_MAX_LEN + 1]; /* the only one to accept with, "": any */
    struct maker maker;
    int64_t created;
    int64_t expires;  /* 0: it was accepted */
    int64_t revision; /* the organization's when it was made */
    bool shown;       /* its token was in a reply, so that it proves no address */
    unsigned char hash[SECRET_HASH_SIZE];
};

struct join_code {
    char id[ID_SIZE];
    char organization[ID_SIZE];
    char role[ROLE_SIZE];
    struct maker maker;
    int64_t max_uses; /* 0: without limit */
    int64_t uses;
    struct use last;
    int64_t created;
    int64_t expires; /* 0: never */
    unsigned char hash[SECRET_HASH_SIZE];
};

/* A code that was mailed to a user, to open his account without a token. */
struct recovery {
    char id[ID_SIZE];
    char user[ID_SIZE];
    int64_t created;
    int64_t expires;
    unsigned char hash[SECRET_HASH_SIZE];
};

/* A host that the organization knows. Its name stays, a new code or token takes the place of the
 * old one. */
struct machine {
    char id[ID_SIZE];
    char organization[ID_SIZE];
    char name[MACHINE_NAME_SIZE];
    char labels[MACHINE_LABELS_SIZE]; /* "env=prod,tier=web", given by administrators */
    char ca[MACHINE_CA_SIZE];         /* what the machine verifies the server with; "": its own */
    struct maker maker;               /* of the code */
    int64_t created;
    int64_t expires;     /* the code; 0: it was used */
    struct use enrolled; /* with a code; AT is 0 for never */
    int64_t refused;     /* how often the code was presented once more */
    struct use refusal;  /* the last of them */
    struct use shared;   /* when its token was last seen with two machines; AT is 0 for never */
    char numbers[MACHINE_NUMBERS_SIZE]; /* "FIRST-LAST PLACEMENT": of its fleet, or "" */
    unsigned char hash[SECRET_HASH_SIZE];
    char token[ID_SIZE]; /* the key of its newest token, "" without one */
    struct use last;     /* of that token */
};

/* Who may log in on machines with all of LABELS and by one of SERVICES: who has the role, or is in
 * the team. The other one of the two is "". */
#define ACCESS_RULES_MAX     60 /* of an organization: as many as a host takes */
#define ACCESS_SERVICES_SIZE 256
struct access_rule {
    char id[ID_SIZE];
    char organization[ID_SIZE];
    char role[ROLE_SIZE];
    char team[ID_SIZE];
    char slug[NAME_MAX_LEN + 1];         /* of the team; read only */
    char labels[MACHINE_LABELS_SIZE];    /* as a machine's; "": all machines */
    char services[ACCESS_SERVICES_SIZE]; /* with commas between them; "": all */
    int64_t created;
};

#define SESSION_PREFIX "sess_"
#define LINK_PREFIX    "link_"
#define DEVICE_PREFIX  "dev_"

struct token {
    char key[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    char last_four[LAST_FOUR_SIZE];
    char user[ID_SIZE];         /* empty when it belongs to an organization */
    char organization[ID_SIZE]; /* empty when it belongs to a user */
    struct role role;           /* an organization's token: its role there */
    char name[DISPLAY_SIZE];
    bool test;    /* env "test" instead of "live" */
    bool session; /* a browser's: its key begins with SESSION_PREFIX */
    bool link;    /* it begins a session, once: its key begins with LINK_PREFIX */
    bool device;  /* it was approved on the page: its key begins with DEVICE_PREFIX */
    int64_t created;
    int64_t expires; /* 0: never */
    /* A user's token: when he, or the token that made this one, last proved that he is the user;
     * and by an invitation that somebody else saw, which counts in its organization alone ("":
     * none). */
    int64_t proved;
    char proved_in[ID_SIZE];
    int64_t proved_in_at;
    struct maker maker;    /* an organization's token */
    char machine[ID_SIZE]; /* an organization's token: whose it is, "": no machine's */
    bool maker_left;       /* he has left since he made it */
    bool disabled;         /* its user's account is */
    struct use last;
};

/* With what a user signs in to the page. It proves what the token did that it was added with. */
struct passkey {
    struct webauthn_credential credential;
    char user[ID_SIZE];
    char name[DISPLAY_SIZE];
    int64_t created;
    struct use last;
    int64_t proved; /* as a token's */
    char proved_in[ID_SIZE];
    int64_t proved_in_at;
};

/* A program that waits for a person's approval on the page (RFC 8628). */
#define USER_CODE_SIZE 10 /* BCDF-GHJK */
enum grant_state { GRANT_PENDING, GRANT_APPROVED, GRANT_DENIED };
struct device_grant {
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE]; /* of the device code's secret */
    char user_code[USER_CODE_SIZE];
    char host[DISPLAY_SIZE]; /* as the program calls its machine */
    struct use asked;        /* when, and from where */
    int64_t expires;
    int64_t poll_at; /* when the program is expected to ask again */
    int64_t poll_ms; /* the pause that it was told to make */
    enum grant_state state;
    char token[ID_SIZE]; /* the key of what its approval made; "" */
};

struct event {
    int64_t id; /* counts up; given by store_event_add */
    int64_t at;
    char organization[ID_SIZE]; /* empty when it belongs to none */
    char actor[ID_SIZE];        /* a user's id or a token's key */
    char actor_name[DISPLAY_SIZE];
    char action[ACTION_SIZE];
    char subject[SUBJECT_SIZE]; /* an id, a key or a role's name */
    char subject_name[DISPLAY_SIZE];
    char detail[DETAIL_SIZE];
    char from[PEER_TEXT_SIZE];
    char request[REQUEST_ID_SIZE];
};

/* A place in a listing: behind the one that has NUMBER (a time) and ID. Zeroed it is the beginning.
 */
struct cursor {
    int64_t number;
    char id[ID_SIZE];
};

struct event_filter {
    const char *action; /* NULL for all */
    const char *actor;  /* NULL for all; without ACTION alone */
    int64_t from;       /* included */
    int64_t before_at, before_id;
};

struct store;

enum store_mode {
    STORE_SERVE,  /* makes the file with mode 0600 when it is not there, and brings an older one up
                     to  date; it is ours alone until store_close */
    STORE_OPERATE /* a file of this version, which a server may be using */
};

/* Opens DATA: the data file at that path, or the PostgreSQL database of that URL, where several
 * servers are at home. DATA must stay. NULL after one line on stderr. */
struct store *store_open(const char *data, enum store_mode mode);

bool store_is_url(const char *data);
/* False when libpq cannot understand the URL DATA. *SECRET: it has a password in it. */
bool store_url_good(const char *data, bool *secret);
/* What messages call DATA: without a password. It stays until the next call. */
const char *store_name(const char *data);

/* One more store of the same data, which must be closed before OTHER is. NULL after one line on
 * stderr. */
struct store *store_beside(const struct store *other);
void store_close(struct store *store);

/* What happened to the data file, beside what this store did, since the last call: another process
 * changed it (an operator's command), or it was moved, removed or replaced. */
enum store_news { STORE_SAME, STORE_CHANGED, STORE_LOST };
enum store_news store_watch(struct store *store);

/*
 * Room on the disk is kept for removals. store_has_room takes it when it is not taken, and is false
 * when there is none: then nothing should be changed but by a removal. store_full is true when the
 * latest transaction failed for want of room; store_make_room gives up what is kept, so that it can
 * be tried again, and is false between store_gather and store_settle, and when nothing was kept.
 */
bool store_has_room(struct store *store);
bool store_full(const struct store *store);
bool store_make_room(struct store *store);

/* The bytes of the write-ahead log, and the number of the latest event; for the operator's eyes. */
int64_t store_log_bytes(const struct store *store);
int64_t store_event_latest(struct store *store);

/* What the stores of this process have counted; the same, and what is longest anew. */
struct store_counts {
    int64_t commits, commit_ms, longest_commit_ms; /* changes made durable, and what that took */
    int64_t again; /* transactions that somebody else was in the way of */
    /* Of a database that servers share: */
    int64_t outcomes;         /* COMMITs without an answer, whose outcome was looked up */
    int64_t connections;      /* that were made */
    int64_t losses;           /* and lost */
    int64_t notices;          /* of other servers' changes, or of our own */
    int64_t heard;            /* clock_mono_ms when the feed heard from it, 0: there is no feed */
    int64_t look_ms;          /* what its latest answer took */
    int64_t longest_delay_ms; /* between a change of another server and our hearing of it */
    bool waits;               /* changes wait for a synchronous standby that is not there */
};
void store_counts(struct store_counts *counts);
void store_counts_begin(void);

/*
 * Begins to read: all that is read until the end is of one moment. Or begins a change of
 * ORGANIZATION (an id, which may be a stranger's text), whose row is locked before anything is
 * read, so that what is read of it stays true; NULL: of none, or of one that is not known yet. Both
 * are false when the store cannot be used now: store_rollback tells why.
 */
bool store_begin_read(struct store *store);
bool store_begin_change(struct store *store, const char *organization);

/* As store_begin_change, for a change that is refused before it writes, or not at all: between
 * store_gather and store_settle that costs less. If it is undone all the same behind its first
 * write, so are the others, and store_settle is false. */
bool store_begin_checked(struct store *store, const char *organization);

/* Locks one more organization in a change. What was read of it before must be read again. Several
 * are locked in the order of their ids. */
void store_lock(struct store *store, const char *organization);

enum store_end {
    STORE_DONE,
    STORE_AGAIN,   /* nothing of it happened: somebody else was in the way, and the same may succeed
                      when it is run again from its beginning */
    STORE_LONG,    /* a read took longer than store_limit allows */
    STORE_AWAY,    /* nothing of it happened: the database cannot be reached */
    STORE_UNKNOWN, /* the connection was lost while it was made durable: it may have happened */
    STORE_FAILED   /* nothing of it happened */
};

/* Makes a change durable, with one commit in the history of each organization whose members it
 * changed; or ends a read. */
enum store_end store_commit(struct store *store);

/* Undoes a change, or ends a read. STORE_DONE: what was read can be believed. */
enum store_end store_rollback(struct store *store);

/* A read of this store that takes more than STEPS of its machine (some ten a row), or any round
 * trip, ends with STORE_LONG; 0: none does. */
void store_limit(struct store *store, int steps);

/*
 * Several changes, each between its begin and its end as ever, become durable at once when
 * store_settle returns true; false: none of them happened. store_gather is false when nothing can
 * be changed now.
 */
bool store_gather(struct store *store);
bool store_settle(struct store *store);
/* False where changes become durable each by itself, best by several threads. */
bool store_gathers(const struct store *store);

/*
 * Servers that share the data hear of each other's changes. store_tell, within a change, has the
 * others told of WHAT (an id) and NEWS, a number of the caller's: of several the greatest counts. A
 * feed has a thread of its own; NULL where the data have one server alone. store_feed_wait returns
 * after a second at most, or when the descriptor WAKE is readable.
 */
void store_tell(struct store *store, const char *what, int news);
struct store_feed;
struct store_feed *store_feed_open(const struct store *store);
void store_feed_close(struct store_feed *feed);
enum store_heard {
    HEARD_CHANGES, /* EACH was called for those that others made since the call before */
    HEARD_ALL,     /* anything may have changed */
    HEARD_NOTHING  /* the database cannot be reached */
};
typedef void told_visit(const char *what, int news, void *arg);
enum store_heard store_feed_wait(struct store_feed *feed, int wake, told_visit *each, void *arg);

/*
 * What goes through many rows is begun by the change that wants it, which does the first of its
 * slices. store_chore does the next slice of what is left, within a change of no organization's;
 * false when nothing is. ORGANIZATION is then the one whose members changed, or "".
 */
bool store_chore(struct store *store, char organization[ID_SIZE]);

/* True when no user was ever made. */
bool store_empty(struct store *store);

/* Lookups fill the record and return true when there is one. E-mail addresses compare without
 * regard to case. */
bool store_user(struct store *store, const char *id, struct user *user);
bool store_user_by_email(struct store *store, const char *email, struct user *user);
bool store_user_by_username(struct store *store, const char *username, struct user *user);

/* At most LIMIT users behind AFTER (created, id), oldest first. */
typedef void user_visit(const struct user *user, void *arg);
void store_users(struct store *store, const struct cursor *after, int limit, user_visit *each,
                 void *arg);
void store_user_add(struct store *store, const struct user *user);

/* Of an erased user the usernames are kept as hashes, so that nobody else gets one. */
#define USERNAME_KEPT_SIZE (2 + 2 * SECRET_HASH_SIZE)

int64_t store_user_count(struct store *store);
/* When the user last left an organization, 0: never. */
int64_t store_user_left(struct store *store, const char *user);

/* Fills ID with the user who has USERNAME now or had it once; false when nobody did. */
bool store_username_holder(struct store *store, const char *username, char id[ID_SIZE]);
/* The number of usernames that the user has had, with the present one. */
int64_t store_username_count(struct store *store, const char *user);
/* Those usernames; a hash begins with '#'. */
typedef void username_visit(const char *username, void *arg);
void store_usernames(struct store *store, const char *user, username_visit *each, void *arg);

/*
 * Stores AFTER in the place of BEFORE, and takes the address and the names of BEFORE out of the
 * events and usernames. Invitations for his address are left to the caller.
 */
void store_user_erase(struct store *store, const struct user *before, const struct user *after);

/* Adds or replaces a key. The caller gives the memberships that it concerns a revision. */
void store_key_put(struct store *store, const char *user, const struct user_key *key);
/* Whether the organization believes that the user's own key came from himself. A key that was given
 * or withdrawn there stays so. */
void store_key_trust(struct store *store, const char *organization, const char *user,
                     const char *fingerprint, bool trusted);
/* Removes the user's own and those that were given to him. True when there was one. */
bool store_key_remove(struct store *store, const char *user, const char *fingerprint, int64_t now);
/* USER leaves the organization: what was given to him there is removed. */
void store_keys_leave(struct store *store, const char *organization, const char *user, int64_t now);
/* Forgets the user's key that was there for the shortest time and is removed, of KEY's organization
 * or his own, and is not KEY; false when there is none. */
bool store_key_forget(struct store *store, const char *user, const struct user_key *key);
/* The number of different keys that the user has or had of his own (ORGANIZATION ""), or given or
 * withdrawn, as far as they are not forgotten. */
int64_t store_key_count(struct store *store, const char *user, const char *organization);
/* The number of keys that MAKER gave to others in the organization. */
int64_t store_keys_given(struct store *store, const char *organization, const char *maker);
/* Those that are there, by fingerprint; of two with one, the user's own first. */
typedef void user_key_visit(const struct user_key *key, void *arg);
void store_keys(struct store *store, const char *user, user_key_visit *each, void *arg);
/* The keys of the organization's member, and one key in all organizations that the user is in. */
typedef void member_key_visit(const struct member_key *key, void *arg);
void store_member_keys(struct store *store, const char *organization, const char *user,
                       member_key_visit *each, void *arg);
void store_key_places(struct store *store, const char *user, const char *fingerprint,
                      member_key_visit *each, void *arg);

/* True if the user may create organizations; and the decision of it. */
bool store_user_may_create(struct store *store, const char *id);
void store_user_let_create(struct store *store, const char *id, bool may);

/* Stores another address, username, name or DISABLED. */
void store_user_update(struct store *store, const struct user *user);

bool store_organization(struct store *store, const char *id, struct organization *organization);
/* The only organization that has NAME; false also when several have it. */
bool store_organization_named(struct store *store, const char *name,
                              struct organization *organization);
/* At most LIMIT organizations behind AFTER (created, id), oldest first, without their commits. */
typedef void organization_visit(const struct organization *organization, void *arg);
void store_organizations(struct store *store, const struct cursor *after, int limit,
                         organization_visit *each, void *arg);
void store_organization_add(struct store *store, const struct organization *organization);
/* Stores another name, self_rename, show_machines or key policy. */
void store_organization_update(struct store *store, const struct organization *organization);
/* With everything that is in it but its events; nothing of it is found any more (store_chore). */
void store_organization_remove(struct store *store, const char *id, int64_t now);

/* True when COMMIT is one of the last HISTORY_KEPT in the organization's history. */
bool store_commit_known(struct store *store, const char *organization, const struct commit *commit);

/* Counts the organization's revision up and returns the new one. */
int64_t store_revision_next(struct store *store, const char *organization);

/* Roles of the organization's own. */
typedef void role_visit(const struct role *role, void *arg);
bool store_role(struct store *store, const char *organization, const char *name, struct role *role);
void store_roles(struct store *store, const char *organization, role_visit *each, void *arg);
int64_t store_role_count(struct store *store, const char *organization);
void store_role_put(struct store *store, const char *organization, const struct role *role);
/* Also drops the organization's invitations that have expired at NOW: one of them may name it. */
void store_role_remove(struct store *store, const char *organization, const char *name,
                       int64_t now);
/* True if a member, a pending invitation, a join code or a token has that role. NOW decides which
 * invitations are pending. */
bool store_role_used(struct store *store, const char *organization, const char *name, int64_t now);
/* Gives every active member that has the role a new revision, and the organization the last one
 * (store_chore). */
void store_role_touch(struct store *store, const char *organization, const char *name);

/* The same for every active member. */
void store_members_touch(struct store *store, const char *organization);

/* A member or a tombstone: look at ACTIVE. */
bool store_member(struct store *store, const char *organization, const char *user,
                  struct member *member);

/*
 * Teams. A change of a team is a change of each of its members: the organization's revision and
 * theirs move on (store_chore).
 */
typedef void team_visit(const struct team *team, void *arg);
bool store_team(struct store *store, const char *id, struct team *team);
bool store_team_named(struct store *store, const char *organization, const char *slug,
                      struct team *team);
int64_t store_team_count(struct store *store, const char *organization);
/* At most LIMIT teams behind AFTER (created, id), oldest first. */
void store_teams(struct store *store, const char *organization, const struct cursor *after,
                 int limit, team_visit *each, void *arg);
void store_team_add(struct store *store, const struct team *team);
/* Stores another slug or name. */
void store_team_update(struct store *store, const struct team *team);
/* Gives every member of TEAM (an id) a new revision, so that hosts hear who is in it (store_chore).
 */
void store_team_touch(struct store *store, const char *organization, const char *team);
void store_team_remove(struct store *store, const struct team *team, int64_t now);
/* True when the member USER was not in the team before, or was. The caller gives him a revision. */
bool store_team_join(struct store *store, const struct team *team, const char *user);
bool store_team_leave(struct store *store, const struct team *team, const char *user);
/* At most LIMIT members of the team TEAM (an id) behind the user AFTER, in the order of their ids.
 */
void store_team_members(struct store *store, const char *team, const char *after, int limit,
                        user_visit *each, void *arg);
/* USER leaves all teams of the organization; the number that he is in. */
void store_teams_leave(struct store *store, const char *organization, const char *user);
int64_t store_teams_of(struct store *store, const char *organization, const char *user);

/* Adds or replaces the member MEMBER->user.id. MEMBER->revision comes from store_revision_next in
 * the same transaction. */
void store_member_put(struct store *store, const char *organization, const struct member *member);

/* A member whose role has come to its end by NOW, where that is not stored yet: then the
 * organization, the user and the name of that role are filled in. The one who waits longest. */
bool store_term_over(struct store *store, int64_t now, char organization[ID_SIZE],
                     char user[ID_SIZE], char role[ROLE_SIZE]);

/* The number of owners who are neither removed nor suspended, and whose role has no end; 2 also
 * when there are more. */
int64_t store_owners(struct store *store, const char *organization);

/* The number of the organization's members and tombstones; 0 when its revision says without a count
 * that they are fewer than MOST. */
int64_t store_member_count(struct store *store, const char *organization, int64_t most);
/* The organizations that USER is or was a member of; and those of them whose owner he is or was at
 * the end. */
int64_t store_membership_count(struct store *store, const char *user);
int64_t store_membership_count_owned(struct store *store, const char *user);

typedef void member_visit(const struct member *member, void *arg);
/*
 * Several organizations in one look, each in its place of PLACES; SINCE is for changes alone. For
 * each place, in their order: the organization, if it is there; at most LIMIT of its members whose
 * revision is above SINCE, those with the lowest; at most LIMIT of its access rules, the oldest.
 * With PostgreSQL each of these takes one statement, however many places there are.
 */
struct look_place {
    const char *organization;
    int64_t since;
};
struct look_places {
    const struct look_place *place;
    size_t count;
};
typedef void each_organization_visit(size_t place, const struct organization *organization,
                                     void *arg);
typedef void each_change_visit(size_t place, const struct member *member, void *arg);
typedef void each_access_visit(size_t place, const struct access_rule *rule, void *arg);
void store_each_organization(struct store *store, struct look_places places,
                             each_organization_visit *each, void *arg);
void store_each_change(struct store *store, struct look_places places, int limit,
                       each_change_visit *each, void *arg);
void store_each_access(struct store *store, struct look_places places, int limit,
                       each_access_visit *each, void *arg);

typedef void membership_visit(const struct organization *organization, const struct member *member,
                              void *arg);

/* At most LIMIT active members behind AFTER (joined, user id), in the order in which they joined;
 * of a mirrored organization behind AFTER's number, in the order of their changes. */
void store_members(struct store *store, const char *organization, const struct cursor *after,
                   int limit, member_visit *each, void *arg);

/* At most LIMIT members and tombstones with a revision beyond SINCE, oldest change first. */
void store_changes(struct store *store, const char *organization, int64_t since, int limit,
                   member_visit *each, void *arg);

/* The organizations that USER is or was a member of, with him there, oldest first. */
void store_memberships(struct store *store, const char *user, membership_visit *each, void *arg);

/* Listings: at most LIMIT of them behind AFTER (created, id), oldest first. */
typedef void invitation_visit(const struct invitation *invitation, void *arg);
bool store_invitation(struct store *store, const char *id, struct invitation *invitation);
bool store_invitation_of(struct store *store, const char *organization, const char *email,
                         struct invitation *invitation);
/* Those that do not expire before NOW. */
void store_invitations(struct store *store, const char *organization, int64_t now,
                       const struct cursor *after, int limit, invitation_visit *each, void *arg);
/* Drops those of the organization that have expired at NOW, and counts the others. */
int64_t store_invitations_pending(struct store *store, const char *organization, int64_t now);
/* Also drops the invitation that it replaces (same address, or same id) and those of the
 * organization that have expired at its creation. */
void store_invitation_add(struct store *store, const struct invitation *invitation);
/* It was accepted: it stays, as one that has expired at 0, so that its link can say so. */
void store_invitation_use(struct store *store, const char *id);
void store_invitation_remove(struct store *store, const char *id);
/* All for the address of USER, or one that he had, of every organization. EACH must not remove any.
 */
void store_invitations_for(struct store *store, const struct user *user, invitation_visit *each,
                           void *arg);
/* All that do not expire before NOW, of MAKER (a user's id) alone unless it is NULL. EACH must not
 * remove any. */
void store_invitations_made(struct store *store, const char *organization, int64_t now,
                            const char *maker, invitation_visit *each, void *arg);

/* A passkey by the id of its credential. */
bool store_passkey(struct store *store, const char *id, struct passkey *passkey);
/* The user's, the oldest first. */
typedef void passkey_visit(const struct passkey *passkey, void *arg);
void store_passkeys(struct store *store, const char *user, passkey_visit *each, void *arg);
int64_t store_passkey_count(struct store *store, const char *user);
void store_passkey_add(struct store *store, const struct passkey *passkey);
/* Stores its counter and its last use. */
void store_passkey_use(struct store *store, const struct passkey *passkey);
/* False when the user has no such passkey. */
bool store_passkey_remove(struct store *store, const char *user, const char *id);
/* Removes all of the user's. */
void store_passkeys_end(struct store *store, const char *user);

/* By the id in the device code, or by the code that a person types. */
bool store_grant(struct store *store, const char *id, struct device_grant *grant);
bool store_grant_by_code(struct store *store, const char *user_code, struct device_grant *grant);
/* Drops those that ended before PAST, and counts those that have not ended at NOW. */
int64_t store_grants_left(struct store *store, int64_t past, int64_t now);
/* One that is pending. */
void store_grant_add(struct store *store, const struct device_grant *grant);
/* Stores when its program is expected next, and its pause. */
void store_grant_polled(struct store *store, const struct device_grant *grant);
/* Stores its state and token; false when it is pending no more. */
bool store_grant_decide(struct store *store, const struct device_grant *grant);
/* False when it is gone. */
bool store_grant_remove(struct store *store, const char *id);

/* The codes are kept for a day, so that they can be counted. */
bool store_recovery(struct store *store, const char *id, struct recovery *recovery);
/* The number of codes that were made for USER after SINCE. */
int64_t store_recovery_count(struct store *store, const char *user, int64_t since);
/* Ends the user's earlier ones. One without a user only writes, and always the same row if it has
 * the same id. */
void store_recovery_add(struct store *store, const struct recovery *recovery);
/* No code of USER's opens his account any more. */
void store_recovery_end(struct store *store, const char *user);

/*
 * The answer to a change that a client sent with a KEY of its own, unique in SCOPE: an
 * organization's id, or a token's key. It goes with the token that it was given to, and with the
 * oldest beyond KEPT_ANSWERS of that token.
 */
#define KEPT_ANSWERS     1000
#define KEPT_ANSWER_MOST (128U << 10)
struct kept_answer {
    char token[ID_SIZE];
    struct buffer sealed; /* text; the caller frees it */
};
bool store_answer(struct store *store, const char *scope, const char *key,
                  struct kept_answer *answer);
void store_answer_add(struct store *store, const char *scope, const char *key,
                      const struct kept_answer *answer, int64_t now);
/* Removes at most MOST of those from before BEFORE; returns their number. */
int64_t store_answers_prune(struct store *store, int64_t before, int most);

typedef void join_code_visit(const struct join_code *code, void *arg);
bool store_join_code(struct store *store, const char *id, struct join_code *code);
void store_join_codes(struct store *store, const char *organization, const struct cursor *after,
                      int limit, join_code_visit *each, void *arg);
void store_join_code_add(struct store *store, const struct join_code *code);
void store_join_code_use(struct store *store, const char *id, const struct use *use);
void store_join_code_remove(struct store *store, const char *id);
/* Drops those of the organization that have expired at NOW, and counts the others. */
int64_t store_join_codes_left(struct store *store, const char *organization, int64_t now);
/* As store_invitations_made. */
void store_join_codes_made(struct store *store, const char *organization, const char *maker,
                           join_code_visit *each, void *arg);

typedef void token_visit(const struct token *token, void *arg);
bool store_token(struct store *store, const char *key, struct token *token);
/* The token KEY will be asked for first, and then, unless ORGANIZATION is NULL, what its holder is
 * in it, and itself: where each question costs a round trip, all of them take one. */
void store_expect(struct store *store, const char *key, const char *organization);
struct token_owner {
    const char *id;
    bool user; /* else an organization */
};
void store_tokens(struct store *store, struct token_owner owner, const struct cursor *after,
                  int limit, token_visit *each, void *arg);
/* Drops those of OWNER that have expired at NOW, and counts the others. */
int64_t store_tokens_left(struct store *store, struct token_owner owner, int64_t now);
void store_token_add(struct store *store, const struct token *token);
/* The token was used at AT to list everybody; false if that is known of a time after SINCE. */
bool store_token_listed(struct store *store, const char *key, int64_t at, int64_t since);
/* The token ends at AT. */
void store_token_expire(struct store *store, const char *key, int64_t at);
void store_token_remove(struct store *store, const char *key);
void store_token_use(struct store *store, const char *key, const struct use *use);
/* The organization's tokens that MAKER made, oldest first. */
void store_tokens_made(struct store *store, const char *organization, const char *maker,
                       token_visit *each, void *arg);
/* Marks the same tokens: their maker has left. */
void store_tokens_maker_left(struct store *store, const char *organization, const char *maker);
/* The latest proof of the user's own tokens, 0 without one. */
int64_t store_token_proved(struct store *store, const char *user);

/* MACHINE's tokens, oldest first. */
void store_machine_tokens(struct store *store, const char *machine, token_visit *each, void *arg);

typedef void machine_visit(const struct machine *machine, void *arg);
bool store_machine(struct store *store, const char *id, struct machine *machine);
bool store_machine_named(struct store *store, const char *organization, const char *name,
                         struct machine *machine);
void store_machines(struct store *store, const char *organization, const struct cursor *after,
                    int limit, machine_visit *each, void *arg);
/* Those of the organization that came: id, name, labels, token and the time of its last use; the
 * rest of them is not filled. */
void store_machines_enrolled(struct store *store, const char *organization, machine_visit *each,
                             void *arg);
/* Drops those of the organization that never came and whose code has expired at NOW, and counts the
 * others. */
int64_t store_machines_left(struct store *store, const char *organization, int64_t now);
/* Adds it, or gives the one with its id the code, maker, labels and CA of this one. */
void store_machine_put(struct store *store, const struct machine *machine);
/* Stores other labels. */
void store_machine_set_labels(struct store *store, const struct machine *machine,
                              const char *labels);
/* Those of the machine with that id, "" without one. */
void store_machine_labels(struct store *store, const char *id, char labels[MACHINE_LABELS_SIZE]);
/* Its code was used, and is known to be. */
void store_machine_enrolled(struct store *store, const char *id, const struct use *use);
/* Its code was presented once more. */
void store_machine_refused(struct store *store, const char *id, const struct use *use);
/* Two machines use its token. */
void store_machine_shared(struct store *store, const char *id, const struct use *use);
/* The numbers of the organization's newest machine that has some, "" without one. */
void store_machine_numbers(struct store *store, const char *organization,
                           char numbers[MACHINE_NUMBERS_SIZE]);
/* Notes at NOW its break-glass that began at BEGIN; false if that is the one that was noted last,
 * or one was after SINCE. */
bool store_machine_glass(struct store *store, const char *id, int64_t begin, int64_t now,
                         int64_t since);
/* Its tokens are the caller's to end. */
void store_machine_remove(struct store *store, const char *id);

typedef void access_visit(const struct access_rule *rule, void *arg);
bool store_access(struct store *store, const char *id, struct access_rule *rule);
/* At most LIMIT rules behind AFTER (created, id), oldest first. EACH may remove the one that it is
 * given. */
void store_access_list(struct store *store, const char *organization, const struct cursor *after,
                       int limit, access_visit *each, void *arg);
void store_access_add(struct store *store, const struct access_rule *rule);
void store_access_remove(struct store *store, const char *organization, const char *id);
/* Counts the organization's revision up for a change of its rules or of its machines' labels, and
 * returns the new one. */
int64_t store_access_moved(struct store *store, const char *organization);

/* Mirrors, in the order of their ids, of organizations that were not deleted. */
typedef void mirror_visit(const struct mirror *mirror, void *arg);
bool store_mirror(struct store *store, const char *organization, struct mirror *mirror);
void store_mirrors(struct store *store, const char *after, int limit, mirror_visit *each,
                   void *arg);
/* Its organization is there, and has no members. Readings are counted from TURN on, the time, so
 * that none of an earlier mirror of that id can be stored. */
void store_mirror_add(struct store *store, const struct mirror *mirror);
/* The number of a reading that begins now; 0 without such a mirror. */
int64_t store_mirror_begin(struct store *store, const char *organization);
/* The number of the reading of which members were stored last; and TURN is that now. */
int64_t store_mirror_applied(struct store *store, const char *organization);
void store_mirror_claim(struct store *store, const char *organization, int64_t turn);
/* The reading that began at READ is stored whole. */
void store_mirror_read(struct store *store, const char *organization, int64_t read);
/* Readings fail since FAILED, because of WHY. */
void store_mirror_failed(struct store *store, const char *organization, int64_t failed,
                         const char *why);
typedef void mirrored_visit(const struct mirrored *member, void *arg);
/* Calls EACH for the member ID; false when there is none. */
bool store_mirrored(struct store *store, const char *organization, const char *id,
                    mirrored_visit *each, void *arg);
/* At most LIMIT, also of those who left, behind the id AFTER, in the order of their ids. */
void store_mirrored_walk(struct store *store, const char *organization, const char *after,
                         int limit, mirrored_visit *each, void *arg);
int64_t store_mirrored_count(struct store *store, const char *organization);
/* Stores COUNT members in the order of MEMBERS, with the organization's next revisions. */
void store_mirrored_put(struct store *store, const char *organization,
                        const struct mirrored *members, size_t count);

typedef void event_visit(const struct event *event, void *arg);
void store_event_add(struct store *store, const struct event *event);
/* At most LIMIT of all events before BEFORE (an event's id), the newest first: of ORGANIZATION
 * alone unless it is "". */
void store_all_events(struct store *store, const char *organization, int64_t before, int limit,
                      event_visit *each, void *arg);
/* Removes those of the LIMIT oldest events that are from before BEFORE; returns their number. */
int64_t store_events_prune(struct store *store, int64_t before, int limit);
/* At most LIMIT of the organization's events, the newest first; of two at one time the one with the
 * greater id. */
void store_events(struct store *store, const char *organization, const struct event_filter *filter,
                  int limit, event_visit *each, void *arg);

/* At most LIMIT of the organization's events behind the event SINCE, in the order of their ids. */
void store_events_since(struct store *store, const char *organization, int64_t since, int limit,
                        event_visit *each, void *arg);

/*
 * The whole data file at PATH, whether or not a server has it open. Each prints one line on stderr
 * for each fault, and returns false then.
 */

/* Copies it, as it is at one moment, to the new file COPY (mode 0600). */
bool store_backup(const char *path, const char *copy);

/*
 * Puts the copy FROM, which must be sound, in the place of the data file, which no server may be
 * using: with the owner of that file, or of its directory. The file that was there stays beside it.
 */
bool store_restore(const char *path, const char *from);

/*
 * Copies all data between a data file and a database, neither of which a server may be using, into
 * a new file or an empty database, and compares what is there then with what was to be copied.
 */
bool store_transfer(const char *from, const char *to);

/* Makes the file as small as its content, and leaves nothing in it that was deleted. No server may
 * be using it. */
bool store_vacuum(const char *path);

/* Looks for damage and for contradictions, such as an organization without an owner, also in a
 * database. *WARNED says that it has told of users whose usernames are reserved, which is no
 * damage.
 */
bool store_check(const char *data, bool *warned);

#endif

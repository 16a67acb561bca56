/*
 * What orgd remembers: users, organizations, members, invitations, tokens. One implementation is
 * linked in (store_sqlite.c). Nothing here is thread-safe; everything happens between store_begin
 * and store_commit or store_rollback.
 *
 * A failing store (I/O, a full disk, a broken row) is remembered instead of returned: the failing
 * call and all calls behind it answer like "not there" or do nothing, store_commit refuses,
 * and one line on stderr says what happened. So a caller only ever handles the answers of a working
 * store, and must not believe any of them before store_commit did. Texts are copied in and out;
 * every text that is stored must fit its array in the record.
 */
#ifndef ORGD_STORE_H
#define ORGD_STORE_H

#include "common/name.h"
#include "orgd/role.h"
#include "orgd/secret.h"

#include <stdbool.h>
#include <stdint.h>

#define EMAIL_SIZE     255 /* 254 characters and the NUL */
#define DISPLAY_SIZE   401 /* 100 characters of UTF-8 and the NUL */
#define LAST_FOUR_SIZE 5

/* All times are milliseconds since 1970 (clock_wall_ms). */

struct user {
    char id[ID_SIZE];
    char email[EMAIL_SIZE];
    char username[NAME_MAX_LEN + 1];
    char name[DISPLAY_SIZE];
    int64_t created;
};

struct organization {
    char id[ID_SIZE];
    char name[DISPLAY_SIZE];
    int64_t created;
    int64_t revision; /* of the latest change of its members */
};

struct member {
    struct user user;
    enum role role;
    bool active; /* false: a tombstone of one that left */
    int64_t joined;
    int64_t revision; /* of his latest change */
};

struct invitation {
    char id[ID_SIZE];
    char organization[ID_SIZE];
    char email[EMAIL_SIZE];
    enum role role;
    int64_t created;
    int64_t expires;
    unsigned char hash[SECRET_HASH_SIZE];
};

struct token {
    char key[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    char last_four[LAST_FOUR_SIZE];
    char user[ID_SIZE];         /* empty when it belongs to an organization */
    char organization[ID_SIZE]; /* empty when it belongs to a user */
    enum role role;             /* an organization's token: what it may do there */
    char name[DISPLAY_SIZE];
    bool test; /* env "test" instead of "live" */
    int64_t created;
};

struct store;

/*
 * Opens PATH, made with mode 0600 when it is not there; it is ours alone until store_close. NULL
 * after one line on stderr.
 */
struct store *store_open(const char *path);
void store_close(struct store *store);

/* Begins a transaction; CHANGE when it may write. False when the store cannot be used now. */
bool store_begin(struct store *store, bool change);

/* Makes what was done since store_begin durable. False when any of it failed: nothing of it
 * happened. */
bool store_commit(struct store *store);

/* Undoes what was done since store_begin. False when any of it had failed: then no answer can be
 * believed. */
bool store_rollback(struct store *store);

/* True when no user was ever made. */
bool store_empty(struct store *store);

/* Lookups fill the record and return true when there is one. E-mail addresses compare without
 * regard to case. */
bool store_user(struct store *store, const char *id, struct user *user);
bool store_user_by_email(struct store *store, const char *email, struct user *user);
bool store_username_taken(struct store *store, const char *username);
void store_user_add(struct store *store, const struct user *user);

bool store_organization(struct store *store, const char *id, struct organization *organization);
void store_organization_add(struct store *store, const struct organization *organization);

/* Counts the organization's revision up and returns the new one. */
int64_t store_revision_next(struct store *store, const char *organization);

/* A member or a tombstone: look at ACTIVE. */
bool store_member(struct store *store, const char *organization, const char *user,
                  struct member *member);

/* Adds or replaces the member MEMBER->user.id. MEMBER->revision comes from store_revision_next in
 * the same transaction. */
void store_member_put(struct store *store, const char *organization, const struct member *member);

/* How many active owners there are. */
int64_t store_owners(struct store *store, const char *organization);

typedef void (*member_fn)(const struct member *member, void *context);
typedef void (*invitation_fn)(const struct invitation *invitation, void *context);
typedef void (*membership_fn)(const struct organization *organization, enum role role,
                              void *context);

/* The active members, in the order in which they joined. */
void store_members(struct store *store, const char *organization, member_fn each, void *context);

/* At most LIMIT members and tombstones with a revision beyond SINCE, oldest change first. */
void store_changes(struct store *store, const char *organization, int64_t since, int limit,
                   member_fn each, void *context);

/* The organizations that USER is an active member of. */
void store_memberships(struct store *store, const char *user, membership_fn each, void *context);

bool store_invitation(struct store *store, const char *id, struct invitation *invitation);
/* Those that do not expire before NOW. */
void store_invitations(struct store *store, const char *organization, int64_t now,
                       invitation_fn each, void *context);
/* Also drops the one that this one replaces and those of the organization that have expired at its
 * creation. */
void store_invitation_add(struct store *store, const struct invitation *invitation);
void store_invitation_remove(struct store *store, const char *id);

bool store_token(struct store *store, const char *key, struct token *token);
void store_token_add(struct store *store, const struct token *token);

#endif

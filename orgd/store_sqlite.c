#include "orgd/store.h"

#include "orgd/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMA_VERSION 1
#define BUSY_MS        2000 /* for somebody who looks at the file with the sqlite3 tool */

static const char schema[] =
    "CREATE TABLE users ("
    " id TEXT PRIMARY KEY,"
    " email TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " username TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL,"
    " created_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE organizations ("
    " id TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " revision INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE members ("
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " user_id TEXT NOT NULL REFERENCES users(id),"
    " role TEXT NOT NULL,"
    " active INTEGER NOT NULL CHECK (active IN (0, 1)),"
    " joined_at INTEGER NOT NULL,"
    " revision INTEGER NOT NULL,"
    " PRIMARY KEY (organization_id, user_id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX members_changes ON members(organization_id, revision);"
    "CREATE INDEX members_user ON members(user_id);"
    "CREATE INDEX members_owners ON members(organization_id) WHERE role = 'owner' AND active = 1;"
    "CREATE TABLE invitations ("
    " id TEXT PRIMARY KEY,"
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " email TEXT NOT NULL COLLATE NOCASE,"
    " role TEXT NOT NULL,"
    " secret_hash BLOB NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL,"
    " UNIQUE (organization_id, email)) WITHOUT ROWID;"
    "CREATE TABLE tokens ("
    " key TEXT PRIMARY KEY,"
    " secret_hash BLOB NOT NULL,"
    " last_four TEXT NOT NULL,"
    " user_id TEXT REFERENCES users(id),"
    " organization_id TEXT REFERENCES organizations(id),"
    " role TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " test INTEGER NOT NULL CHECK (test IN (0, 1)),"
    " created_at INTEGER NOT NULL,"
    " CHECK ((user_id IS NULL) <> (organization_id IS NULL))) WITHOUT ROWID;";

enum statement {
    BEGIN_READ,
    BEGIN_CHANGE,
    COMMIT,
    ROLLBACK,
    USER_ANY,
    USER_BY_ID,
    USER_BY_EMAIL,
    USER_BY_USERNAME,
    USER_ADD,
    ORGANIZATION_BY_ID,
    ORGANIZATION_ADD,
    REVISION_NEXT,
    REVISION,
    MEMBER_BY_USER,
    MEMBER_PUT,
    OWNER_COUNT,
    MEMBER_LIST,
    MEMBER_CHANGES,
    MEMBERSHIP_LIST,
    INVITATION_BY_ID,
    INVITATION_LIST,
    INVITATION_PRUNE,
    INVITATION_ADD,
    INVITATION_REMOVE,
    TOKEN_BY_KEY,
    TOKEN_ADD,
    STATEMENT_COUNT
};

#define USER_COLUMNS       "id, email, username, name, created_at"
#define INVITATION_COLUMNS "id, organization_id, email, role, created_at, expires_at, secret_hash"
#define TOKEN_COLUMNS                                                                              \
    "key, secret_hash, last_four, user_id, organization_id, role, name, test, created_at"
#define SELECT_MEMBER                                                                              \
    "SELECT u.id, u.email, u.username, u.name, u.created_at, m.role, m.active, m.joined_at,"       \
    " m.revision FROM members m JOIN users u ON u.id = m.user_id WHERE m.organization_id = ?1 "

static const char *const sql[STATEMENT_COUNT] = {
    [BEGIN_READ] = "BEGIN",
    [BEGIN_CHANGE] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [USER_ANY] = "SELECT 1 FROM users LIMIT 1",
    [USER_BY_ID] = "SELECT " USER_COLUMNS " FROM users WHERE id = ?1",
    [USER_BY_EMAIL] = "SELECT " USER_COLUMNS " FROM users WHERE email = ?1",
    [USER_BY_USERNAME] = "SELECT 1 FROM users WHERE username = ?1",
    [USER_ADD] = "INSERT INTO users (" USER_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
    [ORGANIZATION_BY_ID] = "SELECT id, name, created_at, revision FROM organizations WHERE id = ?1",
    [ORGANIZATION_ADD] =
        "INSERT INTO organizations (id, name, created_at, revision) VALUES (?1, ?2, ?3, ?4)",
    [REVISION_NEXT] = "UPDATE organizations SET revision = revision + 1 WHERE id = ?1",
    [REVISION] = "SELECT revision FROM organizations WHERE id = ?1",
    [MEMBER_BY_USER] = SELECT_MEMBER "AND m.user_id = ?2",
    [MEMBER_PUT] =
        "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role,"
        " active = excluded.active, joined_at = excluded.joined_at,"
        " revision = excluded.revision",
    [OWNER_COUNT] = "SELECT count(*) FROM members"
                    " WHERE organization_id = ?1 AND role = 'owner' AND active = 1",
    [MEMBER_LIST] = SELECT_MEMBER "AND m.active = 1 ORDER BY m.joined_at, m.user_id",
    [MEMBER_CHANGES] = SELECT_MEMBER "AND m.revision > ?2 ORDER BY m.revision LIMIT ?3",
    [MEMBERSHIP_LIST] = "SELECT o.id, o.name, o.created_at, o.revision, m.role FROM members m"
                        " JOIN organizations o ON o.id = m.organization_id"
                        " WHERE m.user_id = ?1 AND m.active = 1 ORDER BY o.created_at, o.id",
    [INVITATION_BY_ID] = "SELECT " INVITATION_COLUMNS " FROM invitations WHERE id = ?1",
    [INVITATION_LIST] = "SELECT " INVITATION_COLUMNS " FROM invitations"
                        " WHERE organization_id = ?1 AND expires_at > ?2 ORDER BY created_at, id",
    [INVITATION_PRUNE] = "DELETE FROM invitations"
                         " WHERE organization_id = ?1 AND (email = ?2 OR expires_at <= ?3)",
    [INVITATION_ADD] =
        "INSERT INTO invitations (" INVITATION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INVITATION_REMOVE] = "DELETE FROM invitations WHERE id = ?1",
    [TOKEN_BY_KEY] = "SELECT " TOKEN_COLUMNS " FROM tokens WHERE key = ?1",
    [TOKEN_ADD] = "INSERT INTO tokens (" TOKEN_COLUMNS
                  ") VALUES (?1, ?2, ?3, nullif(?4, ''), nullif(?5, ''), ?6, ?7, ?8, ?9)",
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *cached[STATEMENT_COUNT];
    const char *path;
    int lock; /* on the data file for as long as it is ours */
    bool failed;
};

/* --- statements --- */

static void store_fail(struct store *s, const char *what)
{
    if (!s->failed)
        fprintf(stderr, "orgd: %s: %s\n", s->path, what);
    s->failed = true;
}

/*
 * The cached statement with its parameters bound: in TYPES 't' is a text, 'i' an int64_t, 'h' a
 * secret's hash. They must stay until statement_end. NULL when the store has failed.
 */
static sqlite3_stmt *statement_begin(struct store *s, enum statement which, const char *types, ...)
{
    if (s->failed)
        return NULL;
    sqlite3_stmt *stmt = s->cached[which];
    int rc = SQLITE_OK;
    va_list args;
    va_start(args, types);
    for (int i = 0; types[i] && rc == SQLITE_OK; i++) {
        if (types[i] == 't')
            rc = sqlite3_bind_text(stmt, i + 1, va_arg(args, const char *), -1, SQLITE_STATIC);
        else if (types[i] == 'i')
            rc = sqlite3_bind_int64(stmt, i + 1, va_arg(args, int64_t));
        else
            rc = sqlite3_bind_blob(stmt, i + 1, va_arg(args, const unsigned char *),
                                   SECRET_HASH_SIZE, SQLITE_STATIC);
    }
    va_end(args);
    if (rc == SQLITE_OK)
        return stmt;
    store_fail(s, sqlite3_errmsg(s->db));
    return NULL;
}

/* True when there is a row; STMT may be NULL. */
static bool statement_row(struct store *s, sqlite3_stmt *stmt)
{
    if (!stmt || s->failed)
        return false;
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        store_fail(s, sqlite3_errmsg(s->db));
    return rc == SQLITE_ROW;
}

static void statement_end(sqlite3_stmt *stmt)
{
    if (!stmt)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

/* For statements that answer no row. */
static void statement_run(struct store *s, sqlite3_stmt *stmt)
{
    statement_row(s, stmt);
    statement_end(stmt);
}

/* --- columns: a value that does not fit was not written by us --- */

static void take_text(struct store *s, sqlite3_stmt *stmt, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t len = text ? strlen(text) : 0;
    if (len >= size) {
        store_fail(s, "a text in the data file is too long");
        len = 0;
    }
    memcpy(out, text ? text : "", len);
    out[len] = '\0';
}

static void take_hash(struct store *s, sqlite3_stmt *stmt, int column, unsigned char *out)
{
    const void *blob = sqlite3_column_blob(stmt, column);
    if (!blob || sqlite3_column_bytes(stmt, column) != SECRET_HASH_SIZE) {
        store_fail(s, "a secret's hash in the data file is damaged");
        return;
    }
    memcpy(out, blob, SECRET_HASH_SIZE);
}

static enum role take_role(struct store *s, sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    enum role role = ROLE_MEMBER;
    if (!text || !role_parse(text, &role))
        store_fail(s, "an unknown role in the data file");
    return role;
}

static void take_user(struct store *s, sqlite3_stmt *stmt, struct user *user)
{
    take_text(s, stmt, 0, user->id, sizeof user->id);
    take_text(s, stmt, 1, user->email, sizeof user->email);
    take_text(s, stmt, 2, user->username, sizeof user->username);
    take_text(s, stmt, 3, user->name, sizeof user->name);
    user->created = sqlite3_column_int64(stmt, 4);
}

static void take_organization(struct store *s, sqlite3_stmt *stmt, struct organization *o)
{
    take_text(s, stmt, 0, o->id, sizeof o->id);
    take_text(s, stmt, 1, o->name, sizeof o->name);
    o->created = sqlite3_column_int64(stmt, 2);
    o->revision = sqlite3_column_int64(stmt, 3);
}

static void take_member(struct store *s, sqlite3_stmt *stmt, struct member *member)
{
    take_user(s, stmt, &member->user);
    member->role = take_role(s, stmt, 5);
    member->active = sqlite3_column_int(stmt, 6) != 0;
    member->joined = sqlite3_column_int64(stmt, 7);
    member->revision = sqlite3_column_int64(stmt, 8);
}

static void take_invitation(struct store *s, sqlite3_stmt *stmt, struct invitation *invitation)
{
    take_text(s, stmt, 0, invitation->id, sizeof invitation->id);
    take_text(s, stmt, 1, invitation->organization, sizeof invitation->organization);
    take_text(s, stmt, 2, invitation->email, sizeof invitation->email);
    invitation->role = take_role(s, stmt, 3);
    invitation->created = sqlite3_column_int64(stmt, 4);
    invitation->expires = sqlite3_column_int64(stmt, 5);
    take_hash(s, stmt, 6, invitation->hash);
}

static void take_token(struct store *s, sqlite3_stmt *stmt, struct token *token)
{
    take_text(s, stmt, 0, token->key, sizeof token->key);
    take_hash(s, stmt, 1, token->hash);
    take_text(s, stmt, 2, token->last_four, sizeof token->last_four);
    take_text(s, stmt, 3, token->user, sizeof token->user);
    take_text(s, stmt, 4, token->organization, sizeof token->organization);
    token->role = take_role(s, stmt, 5);
    take_text(s, stmt, 6, token->name, sizeof token->name);
    token->test = sqlite3_column_int(stmt, 7) != 0;
    token->created = sqlite3_column_int64(stmt, 8);
}

/* --- opening --- */

/* One orgd per file: held polls hear of the changes that their own server makes. */
static bool file_claim(struct store *s)
{
    struct stat st;
    s->lock = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0 || fstat(s->lock, &st) != 0)
        fprintf(stderr, "orgd: %s: %s\n", s->path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        fprintf(stderr, "orgd: %s: is not a regular file\n", s->path);
    else if (st.st_mode & 077)
        fprintf(stderr, "orgd: %s: others may open it (mode %04o); it must have mode 0600\n",
                s->path, (unsigned)st.st_mode & 07777);
    else if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        fprintf(stderr, "orgd: %s: another orgd is using it\n", s->path);
    else
        return true;
    return false;
}

/* The integer that the one-row query TEXT answers, -1 when it fails. */
static int64_t query_number(struct store *s, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return number;
}

static bool execute(struct store *s, const char *text)
{
    if (sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    store_fail(s, sqlite3_errmsg(s->db));
    return false;
}

static bool schema_make(struct store *s)
{
    char version[48];
    snprintf(version, sizeof version, "PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);
    return execute(s, "BEGIN IMMEDIATE") && execute(s, schema) && execute(s, version);
}

static bool schema_check(struct store *s)
{
    int64_t version = query_number(s, "PRAGMA user_version");
    int64_t tables = query_number(s, "SELECT count(*) FROM sqlite_master");
    if (version == 0 && tables == 0)
        return schema_make(s);
    if (version == SCHEMA_VERSION)
        return true;
    if (version > SCHEMA_VERSION)
        store_fail(s, "was written by a newer orgd");
    else
        store_fail(s, "is not a data file of orgd");
    return false;
}

static bool database_open(struct store *s)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
        store_fail(s, s->db ? sqlite3_errmsg(s->db) : "cannot be opened");
        return false;
    }
    sqlite3_busy_timeout(s->db, BUSY_MS);
    if (!execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                    "PRAGMA foreign_keys = ON") ||
        !schema_check(s))
        return false;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->cached[i], NULL) !=
            SQLITE_OK) {
            store_fail(s, sqlite3_errmsg(s->db));
            return false;
        }
    }
    return true;
}

struct store *store_open(const char *path)
{
    struct store *s = memory_get(sizeof *s);
    s->path = path;
    s->lock = -1;
    if (file_claim(s) && database_open(s))
        return s;
    store_close(s);
    return NULL;
}

void store_close(struct store *s)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(s->cached[i]);
    sqlite3_close(s->db);
    if (s->lock >= 0)
        close(s->lock);
    free(s);
}

/* --- transactions --- */

bool store_begin(struct store *s, bool change)
{
    s->failed = false;
    statement_run(s, statement_begin(s, change ? BEGIN_CHANGE : BEGIN_READ, ""));
    return !s->failed;
}

bool store_commit(struct store *s)
{
    statement_run(s, statement_begin(s, COMMIT, ""));
    if (!s->failed)
        return true;
    store_rollback(s);
    return false;
}

bool store_rollback(struct store *s)
{
    bool sound = !s->failed;
    s->failed = false;
    if (!sqlite3_get_autocommit(s->db)) /* else a failed statement has rolled back by itself */
        statement_run(s, statement_begin(s, ROLLBACK, ""));
    return sound && !s->failed;
}

/* --- users --- */

/* Whether STMT answers a row. */
static bool any_row(struct store *s, sqlite3_stmt *stmt)
{
    bool found = statement_row(s, stmt);
    statement_end(stmt);
    return found;
}

static int64_t one_number(struct store *s, sqlite3_stmt *stmt)
{
    int64_t number = statement_row(s, stmt) ? sqlite3_column_int64(stmt, 0) : 0;
    statement_end(stmt);
    return number;
}

static bool one_user(struct store *s, sqlite3_stmt *stmt, struct user *user)
{
    bool found = statement_row(s, stmt);
    if (found)
        take_user(s, stmt, user);
    statement_end(stmt);
    return found && !s->failed;
}

bool store_empty(struct store *s)
{
    return !any_row(s, statement_begin(s, USER_ANY, ""));
}

bool store_user(struct store *s, const char *id, struct user *user)
{
    return one_user(s, statement_begin(s, USER_BY_ID, "t", id), user);
}

bool store_user_by_email(struct store *s, const char *email, struct user *user)
{
    return one_user(s, statement_begin(s, USER_BY_EMAIL, "t", email), user);
}

bool store_username_taken(struct store *s, const char *username)
{
    return any_row(s, statement_begin(s, USER_BY_USERNAME, "t", username));
}

void store_user_add(struct store *s, const struct user *user)
{
    statement_run(s, statement_begin(s, USER_ADD, "tttti", user->id, user->email, user->username,
                                     user->name, user->created));
}

/* --- organizations and members --- */

bool store_organization(struct store *s, const char *id, struct organization *organization)
{
    sqlite3_stmt *stmt = statement_begin(s, ORGANIZATION_BY_ID, "t", id);
    bool found = statement_row(s, stmt);
    if (found)
        take_organization(s, stmt, organization);
    statement_end(stmt);
    return found && !s->failed;
}

void store_organization_add(struct store *s, const struct organization *o)
{
    statement_run(
        s, statement_begin(s, ORGANIZATION_ADD, "ttii", o->id, o->name, o->created, o->revision));
}

int64_t store_revision_next(struct store *s, const char *organization)
{
    statement_run(s, statement_begin(s, REVISION_NEXT, "t", organization));
    return one_number(s, statement_begin(s, REVISION, "t", organization));
}

bool store_member(struct store *s, const char *organization, const char *user,
                  struct member *member)
{
    sqlite3_stmt *stmt = statement_begin(s, MEMBER_BY_USER, "tt", organization, user);
    bool found = statement_row(s, stmt);
    if (found)
        take_member(s, stmt, member);
    statement_end(stmt);
    return found && !s->failed;
}

void store_member_put(struct store *s, const char *organization, const struct member *member)
{
    statement_run(s, statement_begin(s, MEMBER_PUT, "tttiii", organization, member->user.id,
                                     role_name(member->role), (int64_t)member->active,
                                     member->joined, member->revision));
}

int64_t store_owners(struct store *s, const char *organization)
{
    return one_number(s, statement_begin(s, OWNER_COUNT, "t", organization));
}

static void each_member(struct store *s, sqlite3_stmt *stmt, member_fn each, void *context)
{
    while (statement_row(s, stmt)) {
        struct member member;
        take_member(s, stmt, &member);
        each(&member, context);
    }
    statement_end(stmt);
}

void store_members(struct store *s, const char *organization, member_fn each, void *context)
{
    each_member(s, statement_begin(s, MEMBER_LIST, "t", organization), each, context);
}

void store_changes(struct store *s, const char *organization, int64_t since, int limit,
                   member_fn each, void *context)
{
    each_member(s, statement_begin(s, MEMBER_CHANGES, "tii", organization, since, (int64_t)limit),
                each, context);
}

void store_memberships(struct store *s, const char *user, membership_fn each, void *context)
{
    sqlite3_stmt *stmt = statement_begin(s, MEMBERSHIP_LIST, "t", user);
    while (statement_row(s, stmt)) {
        struct organization organization;
        take_organization(s, stmt, &organization);
        each(&organization, take_role(s, stmt, 4), context);
    }
    statement_end(stmt);
}

/* --- invitations --- */

bool store_invitation(struct store *s, const char *id, struct invitation *invitation)
{
    sqlite3_stmt *stmt = statement_begin(s, INVITATION_BY_ID, "t", id);
    bool found = statement_row(s, stmt);
    if (found)
        take_invitation(s, stmt, invitation);
    statement_end(stmt);
    return found && !s->failed;
}

void store_invitations(struct store *s, const char *organization, int64_t now, invitation_fn each,
                       void *context)
{
    sqlite3_stmt *stmt = statement_begin(s, INVITATION_LIST, "ti", organization, now);
    while (statement_row(s, stmt)) {
        struct invitation invitation;
        take_invitation(s, stmt, &invitation);
        each(&invitation, context);
    }
    statement_end(stmt);
}

void store_invitation_add(struct store *s, const struct invitation *i)
{
    statement_run(
        s, statement_begin(s, INVITATION_PRUNE, "tti", i->organization, i->email, i->created));
    statement_run(s, statement_begin(s, INVITATION_ADD, "ttttiih", i->id, i->organization, i->email,
                                     role_name(i->role), i->created, i->expires, i->hash));
}

void store_invitation_remove(struct store *s, const char *id)
{
    statement_run(s, statement_begin(s, INVITATION_REMOVE, "t", id));
}

/* --- tokens --- */

bool store_token(struct store *s, const char *key, struct token *token)
{
    sqlite3_stmt *stmt = statement_begin(s, TOKEN_BY_KEY, "t", key);
    bool found = statement_row(s, stmt);
    if (found)
        take_token(s, stmt, token);
    statement_end(stmt);
    return found && !s->failed;
}

void store_token_add(struct store *s, const struct token *t)
{
    statement_run(s, statement_begin(s, TOKEN_ADD, "thtttttii", t->key, t->hash, t->last_four,
                                     t->user, t->organization, role_name(t->role), t->name,
                                     (int64_t)t->test, t->created));
}

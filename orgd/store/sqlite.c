#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orgd/buffer.h"
#include "orgd/log.h"
#include "orgd/store/file.h"
#include "orgd/store/store.h"

enum statement {
    BEGIN_READ,
    BEGIN_CHANGE,
    COMMIT,
    ROLLBACK,
    NEST,
    NEST_COMMIT,
    NEST_ROLLBACK,
    USER_ANY,
    USER_BY_ID,
    USER_BY_EMAIL,
    USERNAME_HOLDER,
    USERNAME_COUNT,
    USERNAME_ADD,
    USER_ADD,
    USER_UPDATE,
    ORGANIZATION_BY_ID,
    ORGANIZATION_ADD,
    ORGANIZATION_UPDATE,
    ORGANIZATION_REMOVE,
    CLEAR_MEMBERS,
    CLEAR_INVITATIONS,
    CLEAR_JOIN_CODES,
    CLEAR_TOKENS,
    CLEAR_ROLES,
    CLEAR_COMMITS,
    COMMIT_ADD,
    COMMIT_LATEST,
    COMMIT_DROP,
    COMMIT_TAG,
    REVISION_NEXT,
    REVISION,
    ROLE_BY_NAME,
    ROLE_LIST,
    ROLE_COUNT,
    ROLE_PUT,
    ROLE_REMOVE,
    ROLE_USED,
    ROLE_TOUCH,
    REVISION_LATEST,
    MEMBER_BY_USER,
    MEMBER_PUT,
    OWNER_COUNT,
    MEMBER_LIST,
    MEMBER_CHANGES,
    MEMBERSHIP_LIST,
    INVITATION_BY_ID,
    INVITATION_BY_EMAIL,
    INVITATION_LIST,
    INVITATION_MADE,
    INVITATION_PRUNE,
    INVITATION_ADD,
    INVITATION_REMOVE,
    JOIN_CODE_BY_ID,
    JOIN_CODE_LIST,
    JOIN_CODE_MADE,
    JOIN_CODE_ADD,
    JOIN_CODE_USE,
    JOIN_CODE_REMOVE,
    TOKEN_BY_KEY,
    TOKEN_LIST,
    TOKEN_ADD,
    TOKEN_REMOVE,
    TOKEN_USE,
    TOKEN_MADE,
    TOKEN_MAKER_LEFT,
    TOKEN_PROVED,
    EVENT_ADD,
    EVENT_LIST,
    STATEMENT_COUNT
};

#define USER_COLUMNS "id, email, username, name, created_at"
#define INVITATION_COLUMNS                                                                         \
    "id, organization_id, email, role, created_at, expires_at, secret_hash, username, revision, "  \
    "maker"
#define JOIN_CODE_COLUMNS                                                                          \
    "id, organization_id, role, max_uses, uses, created_at, secret_hash, expires_at, used_at, "    \
    "used_from, maker"
/* Behind the column maker. */
#define MAKER_NAME           ", (SELECT username FROM users WHERE id = maker)"
#define SELECT_INVITATION    "SELECT " INVITATION_COLUMNS MAKER_NAME " FROM invitations "
#define SELECT_JOIN_CODE     "SELECT " JOIN_CODE_COLUMNS MAKER_NAME " FROM join_codes "
#define ORGANIZATION_COLUMNS "id, name, created_at, revision, self_rename"
#define EVENT_COLUMNS                                                                              \
    "at, organization_id, actor, actor_name, action, subject, subject_name, detail, origin, "      \
    "request"
/* A role's name is followed by the permissions of the organization's own role of that name. */
#define JOIN_ROLE(table)                                                                           \
    " LEFT JOIN roles r ON r.organization_id = " table ".organization_id AND r.name = " table      \
    ".role "
#define SELECT_MEMBER                                                                              \
    "SELECT u.id, u.email, u.username, u.name, u.created_at, m.role, r.permissions, m.active,"     \
    " m.joined_at, m.revision, m.removed_at FROM members m JOIN users u ON u.id = "                \
    "m.user_id" JOIN_ROLE("m") "WHERE m.organization_id = ?1 "
#define SELECT_TOKEN                                                                               \
    "SELECT t.key, t.secret_hash, t.last_four, t.user_id, t.organization_id, t.role,"              \
    " r.permissions, t.name, t.test, t.created_at, t.expires_at, t.proved_at, t.maker_left,"       \
    " t.used_at, t.used_from, t.maker" MAKER_NAME " FROM tokens t" JOIN_ROLE("t")
#define PAGE " (created_at, id) > (?2, ?3) ORDER BY created_at, id LIMIT ?4"

static const char *const sql[STATEMENT_COUNT] = {
    [BEGIN_READ] = "BEGIN",
    [BEGIN_CHANGE] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [NEST] = "SAVEPOINT one",
    [NEST_COMMIT] = "RELEASE one",
    [NEST_ROLLBACK] = "ROLLBACK TO one",
    [USER_ANY] = "SELECT 1 FROM users LIMIT 1",
    [USER_BY_ID] = "SELECT " USER_COLUMNS " FROM users WHERE id = ?1",
    [USER_BY_EMAIL] = "SELECT " USER_COLUMNS " FROM users WHERE email = ?1",
    [USERNAME_HOLDER] = "SELECT user_id FROM usernames WHERE username = ?1",
    [USERNAME_COUNT] = "SELECT count(*) FROM usernames WHERE user_id = ?1",
    [USERNAME_ADD] = "INSERT INTO usernames (username, user_id) VALUES (?1, ?2)"
                     " ON CONFLICT DO NOTHING",
    [USER_ADD] = "INSERT INTO users (" USER_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
    [USER_UPDATE] = "UPDATE users SET username = ?2, name = ?3 WHERE id = ?1",
    [ORGANIZATION_BY_ID] =
        "SELECT " ORGANIZATION_COLUMNS ", commits, tag FROM organizations WHERE id = ?1",
    [ORGANIZATION_ADD] =
        "INSERT INTO organizations (" ORGANIZATION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
    [ORGANIZATION_UPDATE] = "UPDATE organizations SET name = ?2, self_rename = ?3 WHERE id = ?1",
    [ORGANIZATION_REMOVE] = "DELETE FROM organizations WHERE id = ?1",
    [CLEAR_MEMBERS] = "DELETE FROM members WHERE organization_id = ?1",
    [CLEAR_INVITATIONS] = "DELETE FROM invitations WHERE organization_id = ?1",
    [CLEAR_JOIN_CODES] = "DELETE FROM join_codes WHERE organization_id = ?1",
    [CLEAR_TOKENS] = "DELETE FROM tokens WHERE organization_id = ?1",
    [CLEAR_ROLES] = "DELETE FROM roles WHERE organization_id = ?1",
    [CLEAR_COMMITS] = "DELETE FROM commits WHERE organization_id = ?1",
    [COMMIT_ADD] = "INSERT INTO commits (organization_id, number, tag) VALUES (?1, ?2, ?3)",
    [COMMIT_LATEST] = "UPDATE organizations SET commits = ?2, tag = ?3 WHERE id = ?1",
    [COMMIT_DROP] = "DELETE FROM commits WHERE organization_id = ?1 AND number <= ?2",
    [COMMIT_TAG] = "SELECT tag FROM commits WHERE organization_id = ?1 AND number = ?2",
    [REVISION_NEXT] = "UPDATE organizations SET revision = revision + 1 WHERE id = ?1",
    [REVISION] = "SELECT revision FROM organizations WHERE id = ?1",
    [ROLE_BY_NAME] = "SELECT name, permissions FROM roles WHERE organization_id = ?1 AND name = ?2",
    [ROLE_LIST] = "SELECT name, permissions FROM roles WHERE organization_id = ?1 ORDER BY name",
    [ROLE_COUNT] = "SELECT count(*) FROM roles WHERE organization_id = ?1",
    [ROLE_PUT] = "INSERT INTO roles (organization_id, name, permissions) VALUES (?1, ?2, ?3)"
                 " ON CONFLICT DO UPDATE SET permissions = excluded.permissions",
    [ROLE_REMOVE] = "DELETE FROM roles WHERE organization_id = ?1 AND name = ?2",
    [ROLE_USED] =
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM members WHERE organization_id = ?1 AND role = ?2"
        " AND active = 1) OR EXISTS (SELECT 1 FROM invitations WHERE organization_id = ?1 AND role "
        "= ?2"
        " AND expires_at > ?3) OR EXISTS (SELECT 1 FROM join_codes WHERE organization_id = ?1"
        " AND role = ?2) OR EXISTS (SELECT 1 FROM tokens WHERE organization_id = ?1 AND role = ?2)",
    [ROLE_TOUCH] =
        "UPDATE members SET revision = x.revision FROM (SELECT m.user_id AS id, o.revision"
        " + row_number() OVER (ORDER BY m.revision) AS revision FROM members m JOIN organizations o"
        " ON o.id = m.organization_id WHERE o.id = ?1 AND m.role = ?2 AND m.active = 1) x"
        " WHERE members.organization_id = ?1 AND members.user_id = x.id",
    [REVISION_LATEST] =
        "UPDATE organizations SET revision = max(revision, ifnull((SELECT max(revision)"
        " FROM members WHERE organization_id = ?1), 0)) WHERE id = ?1",
    [MEMBER_BY_USER] = SELECT_MEMBER "AND m.user_id = ?2",
    [MEMBER_PUT] =
        "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision, "
        "removed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        " ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role,"
        " active = excluded.active, joined_at = excluded.joined_at, revision = excluded.revision,"
        " removed_at = excluded.removed_at",
    [OWNER_COUNT] = "SELECT count(*) FROM members"
                    " WHERE organization_id = ?1 AND role = 'owner' AND active = 1",
    [MEMBER_LIST] = SELECT_MEMBER "AND m.active = 1 AND (m.joined_at, m.user_id) > (?2, ?3)"
                                  " ORDER BY m.joined_at, m.user_id LIMIT ?4",
    [MEMBER_CHANGES] = SELECT_MEMBER "AND m.revision > ?2 ORDER BY m.revision LIMIT ?3",
    [MEMBERSHIP_LIST] =
        "SELECT o.id, o.name, o.created_at, o.revision, o.self_rename, m.role, r.permissions"
        " FROM members m"
        " JOIN organizations o ON o.id = m.organization_id" JOIN_ROLE(
            "m") "WHERE m.user_id = ?1 AND m.active = 1 AND m.removed_at < ?2"
                 " ORDER BY o.created_at, o.id",
    [INVITATION_BY_ID] = SELECT_INVITATION "WHERE id = ?1",
    [INVITATION_BY_EMAIL] = SELECT_INVITATION "WHERE organization_id = ?1 AND email = ?2",
    [INVITATION_LIST] = SELECT_INVITATION "WHERE organization_id = ?1 AND expires_at > ?5 AND" PAGE,
    [INVITATION_MADE] = SELECT_INVITATION "WHERE organization_id = ?1 AND expires_at > ?2"
                                          " AND (?3 = '' OR maker = ?3)",
    [INVITATION_PRUNE] = "DELETE FROM invitations WHERE id = ?4 OR (organization_id = ?1"
                         " AND (email = ?2 OR expires_at <= ?3))",
    [INVITATION_ADD] = "INSERT INTO invitations (" INVITATION_COLUMNS ")"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, ''))",
    [INVITATION_REMOVE] = "DELETE FROM invitations WHERE id = ?1",
    [JOIN_CODE_BY_ID] = SELECT_JOIN_CODE "WHERE id = ?1",
    [JOIN_CODE_LIST] = SELECT_JOIN_CODE "WHERE organization_id = ?1 AND" PAGE,
    [JOIN_CODE_MADE] = SELECT_JOIN_CODE "WHERE organization_id = ?1 AND (?2 = '' OR maker = ?2)",
    [JOIN_CODE_ADD] = "INSERT INTO join_codes (" JOIN_CODE_COLUMNS ")"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, ''))",
    [JOIN_CODE_USE] =
        "UPDATE join_codes SET uses = uses + 1, used_at = ?2, used_from = ?3 WHERE id = ?1",
    [JOIN_CODE_REMOVE] = "DELETE FROM join_codes WHERE id = ?1",
    [TOKEN_BY_KEY] = SELECT_TOKEN "WHERE t.key = ?1",
    [TOKEN_LIST] =
        SELECT_TOKEN "WHERE (t.organization_id = ?1 OR t.user_id = ?1)"
                     " AND (t.created_at, t.key) > (?2, ?3) ORDER BY t.created_at, t.key LIMIT ?4",
    [TOKEN_ADD] =
        "INSERT INTO tokens (key, secret_hash, last_four, user_id, organization_id, role, name, "
        "test, created_at, expires_at, proved_at, maker)"
        " VALUES (?1, ?2, ?3, nullif(?4, ''), nullif(?5, ''), ?6, ?7, ?8, ?9, ?10, ?11,"
        " nullif(?12, ''))",
    [TOKEN_REMOVE] = "DELETE FROM tokens WHERE key = ?1",
    [TOKEN_USE] = "UPDATE tokens SET used_at = ?2, used_from = ?3 WHERE key = ?1",
    [TOKEN_MADE] =
        SELECT_TOKEN "WHERE t.organization_id = ?1 AND t.maker = ?2 ORDER BY t.created_at, t.key",
    [TOKEN_MAKER_LEFT] =
        "UPDATE tokens SET maker_left = 1 WHERE organization_id = ?1 AND maker = ?2",
    [TOKEN_PROVED] = "SELECT ifnull(max(proved_at), 0) FROM tokens WHERE user_id = ?1",
    [EVENT_ADD] =
        "INSERT INTO events (" EVENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [EVENT_LIST] =
        "SELECT id, " EVENT_COLUMNS " FROM events WHERE organization_id = ?1 AND id < ?2"
        " AND (?3 = '' OR action = ?3) AND at BETWEEN ?4 AND ?5 ORDER BY id DESC LIMIT ?6",
};

/* Bytes of the organizations that one change can concern: as many as a user is in. */
#define MOVED_MOST (64U << 20)

struct store {
    sqlite3 *db;
    sqlite3_stmt *cached[STATEMENT_COUNT];
    const char *path;
    int lock; /* on the data file for as long as it is ours */
    bool failed;
    bool batch; /* between store_batch_begin and store_batch_end */
    /* Of struct moved: each organization whose members changed since store_begin. */
    struct buffer moved;
};

struct moved {
    char organization[ID_SIZE];
    int64_t revision; /* before that */
};

/* --- statements --- */

static void store_fail(struct store *s, const char *what)
{
    if (!s->failed)
        log_error("%s: %s", s->path, what);
    s->failed = true;
}

/*
 * The cached statement with its parameters bound: in TYPES 't' is a text, 'i' an int64_t, 'h' a
 * secret's hash, 'c' a commit's tag. They must stay until statement_end. NULL when the store has
 * failed.
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
                                   types[i] == 'c' ? HISTORY_TAG_SIZE : SECRET_HASH_SIZE,
                                   SQLITE_STATIC);
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

/* Of an organization that has no commit yet the tag is empty, here zeros. */
static void take_tag(struct store *s, sqlite3_stmt *stmt, int column, unsigned char *out)
{
    const void *blob = sqlite3_column_blob(stmt, column);
    memset(out, 0, HISTORY_TAG_SIZE);
    if (blob && sqlite3_column_bytes(stmt, column) == HISTORY_TAG_SIZE)
        memcpy(out, blob, HISTORY_TAG_SIZE);
    else if (blob)
        store_fail(s, "a commit's tag in the data file is damaged");
}

/* A role's name, and in the next column its permissions if it is the organization's own. One that
 * is gone permits nothing, and is an error unless it MAY_BE_GONE. */
static void take_role(struct store *s, sqlite3_stmt *stmt, int column, struct role *role,
                      bool may_be_gone)
{
    take_text(s, stmt, column, role->name, sizeof role->name);
    if (role_builtin(role->name, role))
        return;
    if (!may_be_gone && sqlite3_column_type(stmt, column + 1) != SQLITE_INTEGER)
        store_fail(s, "an unknown role in the data file");
    role->permissions = (unsigned)sqlite3_column_int(stmt, column + 1) & PERMISSIONS_ALL;
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
    o->self_rename = sqlite3_column_int(stmt, 4) != 0;
}

static void take_member(struct store *s, sqlite3_stmt *stmt, struct member *member)
{
    take_user(s, stmt, &member->user);
    member->active = sqlite3_column_int(stmt, 7) != 0;
    member->joined = sqlite3_column_int64(stmt, 8);
    member->revision = sqlite3_column_int64(stmt, 9);
    member->removed = sqlite3_column_int64(stmt, 10);
    take_role(s, stmt, 5, &member->role, !member->active);
}

/* A maker's id, and in the next column his username. */
static void take_maker(struct store *s, sqlite3_stmt *stmt, int column, struct maker *maker)
{
    take_text(s, stmt, column, maker->id, sizeof maker->id);
    take_text(s, stmt, column + 1, maker->name, sizeof maker->name);
}

static void take_use(struct store *s, sqlite3_stmt *stmt, int column, struct use *use)
{
    use->at = sqlite3_column_int64(stmt, column);
    take_text(s, stmt, column + 1, use->from, sizeof use->from);
}

static void take_invitation(struct store *s, sqlite3_stmt *stmt, struct invitation *invitation)
{
    take_text(s, stmt, 0, invitation->id, sizeof invitation->id);
    take_text(s, stmt, 1, invitation->organization, sizeof invitation->organization);
    take_text(s, stmt, 2, invitation->email, sizeof invitation->email);
    take_text(s, stmt, 3, invitation->role, sizeof invitation->role);
    invitation->created = sqlite3_column_int64(stmt, 4);
    invitation->expires = sqlite3_column_int64(stmt, 5);
    take_hash(s, stmt, 6, invitation->hash);
    take_text(s, stmt, 7, invitation->username, sizeof invitation->username);
    invitation->revision = sqlite3_column_int64(stmt, 8);
    take_maker(s, stmt, 9, &invitation->maker);
}

static void take_token(struct store *s, sqlite3_stmt *stmt, struct token *token)
{
    take_text(s, stmt, 0, token->key, sizeof token->key);
    take_hash(s, stmt, 1, token->hash);
    take_text(s, stmt, 2, token->last_four, sizeof token->last_four);
    take_text(s, stmt, 3, token->user, sizeof token->user);
    take_text(s, stmt, 4, token->organization, sizeof token->organization);
    take_role(s, stmt, 5, &token->role, false);
    take_text(s, stmt, 7, token->name, sizeof token->name);
    token->test = sqlite3_column_int(stmt, 8) != 0;
    token->created = sqlite3_column_int64(stmt, 9);
    token->expires = sqlite3_column_int64(stmt, 10);
    token->proved = sqlite3_column_int64(stmt, 11);
    token->maker_left = sqlite3_column_int(stmt, 12) != 0;
    take_use(s, stmt, 13, &token->last);
    take_maker(s, stmt, 15, &token->maker);
}

static void take_join_code(struct store *s, sqlite3_stmt *stmt, struct join_code *code)
{
    take_text(s, stmt, 0, code->id, sizeof code->id);
    take_text(s, stmt, 1, code->organization, sizeof code->organization);
    take_text(s, stmt, 2, code->role, sizeof code->role);
    code->max_uses = sqlite3_column_int64(stmt, 3);
    code->uses = sqlite3_column_int64(stmt, 4);
    code->created = sqlite3_column_int64(stmt, 5);
    take_hash(s, stmt, 6, code->hash);
    code->expires = sqlite3_column_int64(stmt, 7);
    take_use(s, stmt, 8, &code->last);
    take_maker(s, stmt, 10, &code->maker);
}

static void take_event(struct store *s, sqlite3_stmt *stmt, struct event *event)
{
    event->id = sqlite3_column_int64(stmt, 0);
    event->at = sqlite3_column_int64(stmt, 1);
    take_text(s, stmt, 2, event->organization, sizeof event->organization);
    take_text(s, stmt, 3, event->actor, sizeof event->actor);
    take_text(s, stmt, 4, event->actor_name, sizeof event->actor_name);
    take_text(s, stmt, 5, event->action, sizeof event->action);
    take_text(s, stmt, 6, event->subject, sizeof event->subject);
    take_text(s, stmt, 7, event->subject_name, sizeof event->subject_name);
    take_text(s, stmt, 8, event->detail, sizeof event->detail);
    take_text(s, stmt, 9, event->from, sizeof event->from);
    take_text(s, stmt, 10, event->request, sizeof event->request);
}

/* --- opening --- */

static bool statements_prepare(struct store *s)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->cached[i], NULL) !=
            SQLITE_OK) {
            store_fail(s, sqlite3_errmsg(s->db));
            return false;
        }
    }
    return true;
}

static bool database_open(struct store *s)
{
    s->db = data_connect(s->path);
    return s->db && data_schema(s->db, s->path) && statements_prepare(s);
}

struct store *store_open(const char *path)
{
    struct store *s = memory_get(sizeof *s);
    s->path = path;
    if (data_claim(path, &s->lock) && database_open(s))
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
    buffer_free(&s->moved);
    free(s);
}

/* --- transactions --- */

bool store_begin(struct store *s, bool change)
{
    s->failed = false;
    s->moved.len = 0;
    if (s->batch && sqlite3_get_autocommit(s->db))
        store_fail(s, "the changes before this one were lost");
    enum statement how = s->batch ? NEST : change ? BEGIN_CHANGE : BEGIN_READ;
    statement_run(s, statement_begin(s, how, ""));
    return !s->failed;
}

static void each_member(struct store *s, sqlite3_stmt *stmt, member_visit *each, void *arg);

static void hash_member(const struct member *member, void *arg)
{
    struct history_hash *hash = arg;
    history_add_text(hash, member->user.id);
    history_add_text(hash, member->user.email);
    history_add_text(hash, member->user.username);
    history_add_text(hash, member->user.name);
    history_add_text(hash, member->role.name);
    history_add_number(hash, member->role.permissions);
    history_add_number(hash, member->active);
    history_add_number(hash, member->joined);
    history_add_number(hash, member->revision);
}

/* Makes what changed in an organization the next commit of its history. */
static void history_advance(struct store *s, const struct moved *moved)
{
    const char *id = moved->organization;
    struct organization organization;
    struct history_hash hash;
    if (!store_organization(s, id, &organization) || organization.revision == moved->revision)
        return;
    struct commit *commit = &organization.commit;
    history_begin(&hash, commit);
    each_member(s, statement_begin(s, MEMBER_CHANGES, "tii", id, moved->revision, INT64_C(-1)),
                hash_member, &hash);
    history_end(&hash, commit);
    statement_run(s, statement_begin(s, COMMIT_LATEST, "tic", id, commit->number, commit->tag));
    statement_run(s, statement_begin(s, COMMIT_ADD, "tic", id, commit->number, commit->tag));
    statement_run(s, statement_begin(s, COMMIT_DROP, "ti", id, commit->number - HISTORY_KEPT));
}

bool store_commit(struct store *s)
{
    for (size_t at = 0; at < s->moved.len; at += sizeof(struct moved)) {
        struct moved moved;
        memcpy(&moved, s->moved.data + at, sizeof moved);
        history_advance(s, &moved);
    }
    s->moved.len = 0;
    statement_run(s, statement_begin(s, s->batch ? NEST_COMMIT : COMMIT, ""));
    if (!s->failed)
        return true;
    store_rollback(s);
    return false;
}

bool store_rollback(struct store *s)
{
    bool sound = !s->failed;
    s->failed = false;
    if (sqlite3_get_autocommit(s->db)) /* a failed statement has rolled back by itself */
        return sound;
    statement_run(s, statement_begin(s, s->batch ? NEST_ROLLBACK : ROLLBACK, ""));
    if (s->batch)
        statement_run(s, statement_begin(s, NEST_COMMIT, ""));
    return sound && !s->failed;
}

bool store_batch_begin(struct store *s)
{
    s->batch = store_begin(s, true);
    return s->batch;
}

bool store_batch_end(struct store *s)
{
    s->batch = false;
    s->failed = false;
    return !sqlite3_get_autocommit(s->db) && store_commit(s);
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

bool store_username_holder(struct store *s, const char *username, char id[ID_SIZE])
{
    sqlite3_stmt *stmt = statement_begin(s, USERNAME_HOLDER, "t", username);
    bool found = statement_row(s, stmt);
    if (found)
        take_text(s, stmt, 0, id, ID_SIZE);
    statement_end(stmt);
    return found && !s->failed;
}

int64_t store_username_count(struct store *s, const char *user)
{
    return one_number(s, statement_begin(s, USERNAME_COUNT, "t", user));
}

static void username_keep(struct store *s, const struct user *user)
{
    statement_run(s, statement_begin(s, USERNAME_ADD, "tt", user->username, user->id));
}

void store_user_add(struct store *s, const struct user *user)
{
    statement_run(s, statement_begin(s, USER_ADD, "tttti", user->id, user->email, user->username,
                                     user->name, user->created));
    username_keep(s, user);
}

void store_user_update(struct store *s, const struct user *user)
{
    statement_run(s, statement_begin(s, USER_UPDATE, "ttt", user->id, user->username, user->name));
    username_keep(s, user);
}

/* --- organizations and members --- */

bool store_organization(struct store *s, const char *id, struct organization *organization)
{
    sqlite3_stmt *stmt = statement_begin(s, ORGANIZATION_BY_ID, "t", id);
    bool found = statement_row(s, stmt);
    if (found) {
        take_organization(s, stmt, organization);
        organization->commit.number = sqlite3_column_int64(stmt, 5);
        take_tag(s, stmt, 6, organization->commit.tag);
    }
    statement_end(stmt);
    return found && !s->failed;
}

bool store_commit_known(struct store *s, const char *organization, const struct commit *commit)
{
    struct commit ours = {.number = commit->number};
    sqlite3_stmt *stmt = statement_begin(s, COMMIT_TAG, "ti", organization, commit->number);
    bool found = statement_row(s, stmt);
    if (found)
        take_tag(s, stmt, 0, ours.tag);
    statement_end(stmt);
    return found && !s->failed && history_same(&ours, commit);
}

void store_organization_add(struct store *s, const struct organization *o)
{
    statement_run(s, statement_begin(s, ORGANIZATION_ADD, "ttiii", o->id, o->name, o->created,
                                     o->revision, (int64_t)o->self_rename));
}

void store_organization_update(struct store *s, const struct organization *o)
{
    statement_run(
        s, statement_begin(s, ORGANIZATION_UPDATE, "tti", o->id, o->name, (int64_t)o->self_rename));
}

void store_organization_remove(struct store *s, const char *id)
{
    static const enum statement parts[] = {CLEAR_MEMBERS,      CLEAR_INVITATIONS, CLEAR_JOIN_CODES,
                                           CLEAR_TOKENS,       CLEAR_ROLES,       CLEAR_COMMITS,
                                           ORGANIZATION_REMOVE};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        statement_run(s, statement_begin(s, parts[i], "t", id));
}

/* The organization's members are about to change: the revision that they have before that is where
 * the next commit begins. */
static void note_moved(struct store *s, const char *organization)
{
    struct moved moved = {0};
    for (size_t at = 0; at < s->moved.len; at += sizeof moved)
        if (strcmp(s->moved.data + at, organization) == 0)
            return;
    snprintf(moved.organization, sizeof moved.organization, "%s", organization);
    moved.revision = one_number(s, statement_begin(s, REVISION, "t", organization));
    if (!buffer_add(&s->moved, &moved, sizeof moved, MOVED_MOST))
        store_fail(s, "one change is of too many organizations");
}

int64_t store_revision_next(struct store *s, const char *organization)
{
    note_moved(s, organization);
    statement_run(s, statement_begin(s, REVISION_NEXT, "t", organization));
    return one_number(s, statement_begin(s, REVISION, "t", organization));
}

static void take_own_role(struct store *s, sqlite3_stmt *stmt, struct role *role)
{
    take_text(s, stmt, 0, role->name, sizeof role->name);
    role->permissions = (unsigned)sqlite3_column_int(stmt, 1) & PERMISSIONS_ALL;
}

bool store_role(struct store *s, const char *organization, const char *name, struct role *role)
{
    sqlite3_stmt *stmt = statement_begin(s, ROLE_BY_NAME, "tt", organization, name);
    bool found = statement_row(s, stmt);
    if (found)
        take_own_role(s, stmt, role);
    statement_end(stmt);
    return found && !s->failed;
}

void store_roles(struct store *s, const char *organization, role_visit *each, void *arg)
{
    sqlite3_stmt *stmt = statement_begin(s, ROLE_LIST, "t", organization);
    while (statement_row(s, stmt)) {
        struct role role;
        take_own_role(s, stmt, &role);
        each(&role, arg);
    }
    statement_end(stmt);
}

int64_t store_role_count(struct store *s, const char *organization)
{
    return one_number(s, statement_begin(s, ROLE_COUNT, "t", organization));
}

void store_role_put(struct store *s, const char *organization, const struct role *role)
{
    statement_run(s, statement_begin(s, ROLE_PUT, "tti", organization, role->name,
                                     (int64_t)role->permissions));
}

void store_role_remove(struct store *s, const char *organization, const char *name, int64_t now)
{
    statement_run(s, statement_begin(s, INVITATION_PRUNE, "ttit", organization, "", now, ""));
    statement_run(s, statement_begin(s, ROLE_REMOVE, "tt", organization, name));
}

bool store_role_used(struct store *s, const char *organization, const char *name, int64_t now)
{
    return any_row(s, statement_begin(s, ROLE_USED, "tti", organization, name, now));
}

void store_role_touch(struct store *s, const char *organization, const char *name)
{
    note_moved(s, organization);
    statement_run(s, statement_begin(s, ROLE_TOUCH, "tt", organization, name));
    statement_run(s, statement_begin(s, REVISION_LATEST, "t", organization));
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
    statement_run(s, statement_begin(s, MEMBER_PUT, "tttiiii", organization, member->user.id,
                                     member->role.name, (int64_t)member->active, member->joined,
                                     member->revision, member->removed));
}

int64_t store_owners(struct store *s, const char *organization)
{
    return one_number(s, statement_begin(s, OWNER_COUNT, "t", organization));
}

static void each_member(struct store *s, sqlite3_stmt *stmt, member_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct member member;
        take_member(s, stmt, &member);
        each(&member, arg);
    }
    statement_end(stmt);
}

void store_members(struct store *s, const char *organization, const struct cursor *after, int limit,
                   member_visit *each, void *arg)
{
    each_member(s,
                statement_begin(s, MEMBER_LIST, "titi", organization, after->number, after->id,
                                (int64_t)limit),
                each, arg);
}

void store_changes(struct store *s, const char *organization, int64_t since, int limit,
                   member_visit *each, void *arg)
{
    each_member(s, statement_begin(s, MEMBER_CHANGES, "tii", organization, since, (int64_t)limit),
                each, arg);
}

void store_memberships(struct store *s, const char *user, int64_t proved, membership_visit *each,
                       void *arg)
{
    sqlite3_stmt *stmt = statement_begin(s, MEMBERSHIP_LIST, "ti", user, proved);
    while (statement_row(s, stmt)) {
        struct organization organization;
        struct role role;
        take_organization(s, stmt, &organization);
        take_role(s, stmt, 5, &role, false);
        each(&organization, &role, arg);
    }
    statement_end(stmt);
}

/* --- invitations --- */

static bool one_invitation(struct store *s, sqlite3_stmt *stmt, struct invitation *invitation)
{
    bool found = statement_row(s, stmt);
    if (found)
        take_invitation(s, stmt, invitation);
    statement_end(stmt);
    return found && !s->failed;
}

bool store_invitation(struct store *s, const char *id, struct invitation *invitation)
{
    return one_invitation(s, statement_begin(s, INVITATION_BY_ID, "t", id), invitation);
}

bool store_invitation_of(struct store *s, const char *organization, const char *email,
                         struct invitation *invitation)
{
    return one_invitation(s, statement_begin(s, INVITATION_BY_EMAIL, "tt", organization, email),
                          invitation);
}

static void each_invitation(struct store *s, sqlite3_stmt *stmt, invitation_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct invitation invitation;
        take_invitation(s, stmt, &invitation);
        each(&invitation, arg);
    }
    statement_end(stmt);
}

void store_invitations(struct store *s, const char *organization, int64_t now,
                       const struct cursor *after, int limit, invitation_visit *each, void *arg)
{
    each_invitation(s,
                    statement_begin(s, INVITATION_LIST, "titii", organization, after->number,
                                    after->id, (int64_t)limit, now),
                    each, arg);
}

void store_invitations_made(struct store *s, const char *organization, int64_t now,
                            const char *maker, invitation_visit *each, void *arg)
{
    each_invitation(
        s, statement_begin(s, INVITATION_MADE, "tit", organization, now, maker ? maker : ""), each,
        arg);
}

void store_invitation_add(struct store *s, const struct invitation *i)
{
    statement_run(s, statement_begin(s, INVITATION_PRUNE, "ttit", i->organization, i->email,
                                     i->created, i->id));
    statement_run(s, statement_begin(s, INVITATION_ADD, "ttttiihtit", i->id, i->organization,
                                     i->email, i->role, i->created, i->expires, i->hash,
                                     i->username, i->revision, i->maker.id));
}

void store_invitation_remove(struct store *s, const char *id)
{
    statement_run(s, statement_begin(s, INVITATION_REMOVE, "t", id));
}

/* --- join codes --- */

bool store_join_code(struct store *s, const char *id, struct join_code *code)
{
    sqlite3_stmt *stmt = statement_begin(s, JOIN_CODE_BY_ID, "t", id);
    bool found = statement_row(s, stmt);
    if (found)
        take_join_code(s, stmt, code);
    statement_end(stmt);
    return found && !s->failed;
}

static void each_join_code(struct store *s, sqlite3_stmt *stmt, join_code_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct join_code code;
        take_join_code(s, stmt, &code);
        each(&code, arg);
    }
    statement_end(stmt);
}

void store_join_codes(struct store *s, const char *organization, const struct cursor *after,
                      int limit, join_code_visit *each, void *arg)
{
    each_join_code(s,
                   statement_begin(s, JOIN_CODE_LIST, "titi", organization, after->number,
                                   after->id, (int64_t)limit),
                   each, arg);
}

void store_join_codes_made(struct store *s, const char *organization, const char *maker,
                           join_code_visit *each, void *arg)
{
    each_join_code(s, statement_begin(s, JOIN_CODE_MADE, "tt", organization, maker ? maker : ""),
                   each, arg);
}

void store_join_code_add(struct store *s, const struct join_code *c)
{
    statement_run(s, statement_begin(s, JOIN_CODE_ADD, "tttiiihiitt", c->id, c->organization,
                                     c->role, c->max_uses, c->uses, c->created, c->hash, c->expires,
                                     c->last.at, c->last.from, c->maker.id));
}

void store_join_code_use(struct store *s, const char *id, const struct use *use)
{
    statement_run(s, statement_begin(s, JOIN_CODE_USE, "tit", id, use->at, use->from));
}

void store_join_code_remove(struct store *s, const char *id)
{
    statement_run(s, statement_begin(s, JOIN_CODE_REMOVE, "t", id));
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
    statement_run(s,
                  statement_begin(s, TOKEN_ADD, "thtttttiiiit", t->key, t->hash, t->last_four,
                                  t->user, t->organization, t->role.name, t->name, (int64_t)t->test,
                                  t->created, t->expires, t->proved, t->maker.id));
}

static void each_token(struct store *s, sqlite3_stmt *stmt, token_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct token token;
        take_token(s, stmt, &token);
        each(&token, arg);
    }
    statement_end(stmt);
}

void store_tokens(struct store *s, const char *owner, const struct cursor *after, int limit,
                  token_visit *each, void *arg)
{
    each_token(
        s, statement_begin(s, TOKEN_LIST, "titi", owner, after->number, after->id, (int64_t)limit),
        each, arg);
}

void store_tokens_made(struct store *s, const char *organization, const char *maker,
                       token_visit *each, void *arg)
{
    each_token(s, statement_begin(s, TOKEN_MADE, "tt", organization, maker), each, arg);
}

void store_tokens_maker_left(struct store *s, const char *organization, const char *maker)
{
    statement_run(s, statement_begin(s, TOKEN_MAKER_LEFT, "tt", organization, maker));
}

void store_token_use(struct store *s, const char *key, const struct use *use)
{
    statement_run(s, statement_begin(s, TOKEN_USE, "tit", key, use->at, use->from));
}

int64_t store_token_proved(struct store *s, const char *user)
{
    return one_number(s, statement_begin(s, TOKEN_PROVED, "t", user));
}

void store_token_remove(struct store *s, const char *key)
{
    statement_run(s, statement_begin(s, TOKEN_REMOVE, "t", key));
}

/* --- events --- */

void store_event_add(struct store *s, const struct event *e)
{
    statement_run(s, statement_begin(s, EVENT_ADD, "ittttttttt", e->at, e->organization, e->actor,
                                     e->actor_name, e->action, e->subject, e->subject_name,
                                     e->detail, e->from, e->request));
}

void store_events(struct store *s, const char *organization, const struct event_filter *f,
                  int limit, event_visit *each, void *arg)
{
    sqlite3_stmt *stmt = statement_begin(s, EVENT_LIST, "titiii", organization, f->before,
                                         f->action, f->from, f->to, (int64_t)limit);
    while (statement_row(s, stmt)) {
        struct event event;
        take_event(s, stmt, &event);
        each(&event, arg);
    }
    statement_end(stmt);
}

#include "orgsyncd/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"

#define VERSION 4

/* Pages in memory, in kB: ids lie at random, and a small cache is written to disk and read again
 * many times while many are allocated. */
#define CACHE_KB "32000"

/* For somebody who reads the file, a backup say, to be done with it. */
#define BUSY_MS 2000

static const char schema[] =
    "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA cache_size=-" CACHE_KB ";"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS ids(id INTEGER PRIMARY KEY, org TEXT NOT NULL, remote TEXT NOT "
    "NULL, UNIQUE(org, remote));"
    "CREATE TABLE IF NOT EXISTS names(name TEXT PRIMARY KEY, org TEXT NOT NULL, remote TEXT NOT "
    "NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS members(org TEXT NOT NULL, remote TEXT NOT NULL, id INTEGER NOT "
    "NULL, name TEXT NOT NULL,"
    " state INTEGER NOT NULL, email TEXT NOT NULL, username TEXT NOT NULL, display TEXT NOT NULL, "
    "roles BLOB NOT NULL,"
    " permissions BLOB NOT NULL, PRIMARY KEY(org, remote)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS brake(org TEXT NOT NULL, remote TEXT NOT NULL, lost_ms INTEGER NOT "
    "NULL, held INTEGER NOT NULL, PRIMARY KEY(org, remote)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS departures(org TEXT NOT NULL, remote TEXT NOT NULL, state INTEGER "
    "NOT NULL, since_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, PRIMARY KEY(org, remote)) "
    "WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS settings(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS ranges(org TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER "
    "NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS org_rules(org TEXT PRIMARY KEY, rules BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS teams(owner TEXT NOT NULL, id TEXT NOT NULL, slug TEXT NOT NULL, "
    "name TEXT NOT NULL, parent TEXT NOT NULL, group_name TEXT NOT NULL, PRIMARY KEY(owner, id)) "
    "WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS team_pins(org TEXT NOT NULL, slug TEXT NOT NULL, id TEXT NOT NULL, "
    "PRIMARY KEY(org, slug)) WITHOUT ROWID;"
    "COMMIT;";

/* The statements that lead to each version from the one before; the schema is version 1. */
static const char *const migrations[] = {
    [2] = "ALTER TABLE members ADD COLUMN home TEXT NOT NULL DEFAULT '';"
          "CREATE INDEX members_home ON members(home) WHERE home<>'';",
    [3] = "ALTER TABLE members ADD COLUMN keys BLOB NOT NULL DEFAULT x'';",
    [4] = "ALTER TABLE members ADD COLUMN term_ends_ms INTEGER NOT NULL DEFAULT 0;"
          "ALTER TABLE members ADD COLUMN term_roles BLOB NOT NULL DEFAULT x'';"
          "ALTER TABLE members ADD COLUMN term_permissions BLOB NOT NULL DEFAULT x'';"
          "ALTER TABLE members ADD COLUMN term_seen_ms INTEGER NOT NULL DEFAULT 0;"
          "ALTER TABLE members ADD COLUMN role_lost_ms INTEGER NOT NULL DEFAULT 0;",
};

enum ledger_statement {
    FIND_ID,
    ADD_ID,
    RESERVE_ID,
    CLAIM_ID,
    ID_TAKEN,
    IDS_BETWEEN,
    ANY_ID,
    ANY_RESERVED,
    EXTENT,
    FIND_SETTING,
    ADD_SETTING,
    FIND_RANGE,
    ADD_RANGE,
    FIND_NAME,
    ADD_NAME,
    REMOVE_NAME,
    LEAVE_NAME,
    HOME_TAKEN,
    LOAD,
    STORE,
    STORE_BRAKE,
    DROP_BRAKE,
    STORE_DEPARTURE,
    DROP_DEPARTURE,
    FIND_RULES,
    STORE_RULES,
    DROP_RULES,
    LOAD_TEAMS,
    STORE_TEAM,
    FIND_PIN,
    ADD_PIN,
    LIST_PINS,
    DROP_PIN,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [FIND_ID] = "SELECT id FROM ids WHERE org=?1 AND remote=?2",
    [ADD_ID] = "INSERT INTO ids(id, org, remote) VALUES(?3, ?1, ?2) ON CONFLICT(id) DO NOTHING",
    [RESERVE_ID] = "INSERT OR IGNORE INTO ids(id, org, remote) VALUES(?1, '#reserved', ?2)",
    [CLAIM_ID] = "UPDATE ids SET org=?1, remote=?2 WHERE org='#reserved' AND remote=?3 AND id "
                 "BETWEEN ?4 AND ?5 RETURNING id",
    [ID_TAKEN] = "SELECT 1 FROM ids WHERE id=?1",
    [IDS_BETWEEN] = "SELECT id FROM ids WHERE id BETWEEN ?1 AND ?2",
    [ANY_ID] = "SELECT 1 FROM ids LIMIT 1",
    [ANY_RESERVED] = "SELECT 1 FROM ids WHERE org='#reserved' LIMIT 1",
    [EXTENT] = "SELECT min(id), max(id) FROM ids WHERE org=?1",
    [FIND_SETTING] = "SELECT value FROM settings WHERE key=?1",
    [ADD_SETTING] = "INSERT OR IGNORE INTO settings(key, value) VALUES(?1, ?2)",
    [FIND_RANGE] = "SELECT first, last FROM ranges WHERE org=?1",
    [ADD_RANGE] = "INSERT INTO ranges(org, first, last) VALUES(?1, ?2, ?3)",
    [FIND_NAME] = "SELECT org=?2 AND remote=?3 FROM names WHERE name=?1",
    [ADD_NAME] = "INSERT INTO names(name, org, remote) VALUES(?1, ?2, ?3)",
    [REMOVE_NAME] = "DELETE FROM names WHERE name=?1",
    [LEAVE_NAME] = "UPDATE members SET home=CASE home WHEN '' THEN name ELSE home END, name='' "
                   "WHERE name=?1",
    [HOME_TAKEN] =
        "SELECT 1 FROM members WHERE home=?1 AND home<>'' AND NOT (org=?2 AND remote=?3)",
    [LOAD] =
        "SELECT remote, id, name, members.state, email, username, display, roles, permissions, home, "
        "coalesce(lost_ms, 0), coalesce(held, 0), keys, coalesce(departures.state, 0), "
        "coalesce(since_ms, 0), coalesce(ended_ms, 0), term_ends_ms, term_roles, term_permissions, "
        "term_seen_ms, role_lost_ms FROM members LEFT JOIN brake USING(org, "
        "remote) LEFT JOIN departures USING(org, remote) WHERE org=?1",
    [STORE] = "INSERT OR REPLACE INTO members(org, remote, id, name, state, email, username, "
              "display, roles, permissions, home, keys, term_ends_ms, term_roles, "
              "term_permissions, term_seen_ms, role_lost_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, "
              "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    [STORE_BRAKE] = "INSERT OR REPLACE INTO brake(org, remote, lost_ms, held) VALUES(?1, ?2, ?3, "
                    "?4)",
    [DROP_BRAKE] = "DELETE FROM brake WHERE org=?1 AND remote=?2",
    [STORE_DEPARTURE] = "INSERT OR REPLACE INTO departures(org, remote, state, since_ms, ended_ms) "
                        "VALUES(?1, ?2, ?3, ?4, ?5)",
    [DROP_DEPARTURE] = "DELETE FROM departures WHERE org=?1 AND remote=?2",
    [FIND_RULES] = "SELECT rules FROM org_rules WHERE org=?1",
    [STORE_RULES] = "INSERT OR REPLACE INTO org_rules(org, rules) VALUES(?1, ?2)",
    [DROP_RULES] = "DELETE FROM org_rules WHERE org=?1",
    [LOAD_TEAMS] = "SELECT id, slug, name, parent, group_name FROM teams WHERE owner=?1",
    [STORE_TEAM] = "INSERT OR REPLACE INTO teams(owner, id, slug, name, parent, group_name) "
                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [FIND_PIN] = "SELECT id FROM team_pins WHERE org=?1 AND slug=?2",
    [LIST_PINS] = "SELECT slug FROM team_pins WHERE org=?1 AND slug>?2 ORDER BY slug LIMIT 1",
    [DROP_PIN] = "DELETE FROM team_pins WHERE org=?1 AND slug=?2",
    [ADD_PIN] = "INSERT INTO team_pins(org, slug, id) VALUES(?1, ?2, ?3)",
};

struct ledger {
    const char *path;
    sqlite3 *db;
    sqlite3_stmt *statement[STATEMENTS];
    enum placement placement;
    bool reserved; /* there may be reserved ids */
};

static int fault(const struct ledger *l, const char *doing)
{
    log_error("id ledger %s: %s: %s", l->path, doing,
              l->db ? sqlite3_errmsg(l->db) : "out of memory");
    return -1;
}

static int execute(struct ledger *l, const char *text, const char *doing)
{
    return sqlite3_exec(l->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fault(l, doing);
}

/* Replaces the open file by a copy of it in memory. */
static int copy_to_memory(struct ledger *l, const char *path)
{
    sqlite3 *file = NULL;
    int rc = SQLITE_OK;
    if (sqlite3_open_v2(path, &file, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(file, BUSY_MS);
        sqlite3_backup *backup = sqlite3_backup_init(l->db, "main", file, "main");
        rc = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
        rc = backup && sqlite3_backup_finish(backup) == SQLITE_OK ? SQLITE_OK : rc;
    }
    sqlite3_close(file);
    return rc == SQLITE_OK ? 0 : fault(l, "cannot be copied");
}

/* Returns the version of the file, 0 when it is new, -1 when it cannot be used. */
static int check_version(struct ledger *l)
{
    sqlite3_stmt *s = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(l->db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int(s, 0);
    int rc = version < 0 ? fault(l, "cannot be read; put it back from a backup") : 0;
    sqlite3_finalize(s);
    if (version <= VERSION)
        return rc < 0 ? -1 : version;
    log_error("id ledger %s: it is version %d, made by a newer orgsyncd; this one knows version %d",
              l->path, version, VERSION);
    return -1;
}

static int migrate(struct ledger *l, int version)
{
    char text[64];
    if (version == VERSION)
        return 0;
    int rc = execute(l, "BEGIN IMMEDIATE", "cannot be set up");
    for (int next = version < 2 ? 2 : version + 1; rc == 0 && next <= VERSION; next++)
        rc = execute(l, migrations[next], "cannot be brought to this version");
    snprintf(text, sizeof text, "PRAGMA user_version=%d;COMMIT", VERSION);
    return rc < 0 ? -1 : execute(l, text, "cannot be brought to this version");
}

static int set_up(struct ledger *l)
{
    int version = check_version(l);
    return version < 0 || execute(l, schema, "cannot be set up") < 0 ? -1 : migrate(l, version);
}

static int prepare(struct ledger *l)
{
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(l->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &l->statement[i],
                               NULL) != SQLITE_OK)
            return fault(l, "cannot be prepared");
    return 0;
}

/* Whoever can write the ledger can take any uid, so refuse one that is not root-owned and private.
 */
static bool trusted(const char *path)
{
    struct stat st;
    const char *why;
    int fd = file_open_trusted(path, FILE_ROOTS, &st, &why);
    if (fd >= 0)
        close(fd);
    else if (errno != ENOENT)
        log_error("id ledger %s: it %s", path, why);
    return fd >= 0 || errno == ENOENT;
}

static int read_placement(struct ledger *l);

struct ledger *ledger_open(const char *path, enum ledger_use use)
{
    if (sodium_init() < 0)
        return NULL;
    struct ledger *l = trusted(path) ? calloc(1, sizeof *l) : NULL;
    if (!l)
        return NULL;
    l->path = path;
    mode_t mask = umask(0077);
    int rc = sqlite3_open_v2(use == LEDGER_COPY ? ":memory:" : path, &l->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    umask(mask);
    if (rc == SQLITE_OK)
        sqlite3_busy_timeout(l->db, BUSY_MS);
    if (rc != SQLITE_OK)
        fault(l, "cannot be opened");
    else if ((use == LEDGER_FILE || copy_to_memory(l, path) == 0) && set_up(l) == 0 &&
             prepare(l) == 0 && read_placement(l) == 0)
        return l;
    ledger_close(l);
    return NULL;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(l->statement[i]);
    sqlite3_close(l->db);
    free(l);
}

int ledger_begin(struct ledger *l)
{
    return execute(l, "BEGIN IMMEDIATE", "cannot begin");
}

int ledger_commit(struct ledger *l)
{
    return execute(l, "COMMIT", "cannot commit");
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* Runs a statement that gives at most one row; a failed binding shows as a failed step or a NOT
 * NULL violation. */
static int step(struct ledger *l, sqlite3_stmt *s, int64_t *value, const char *doing)
{
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW && value)
        *value = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return fault(l, doing);
    return rc == SQLITE_ROW;
}

static void bind_list(sqlite3_stmt *s, int at, const struct text_list *list)
{
    sqlite3_bind_blob(s, at, list->count ? list->first : "", (int)text_list_size(list),
                      SQLITE_STATIC);
}

/* Stores the brake's facts about M; no row when there are none. */
static int store_brake(struct ledger *l, const char *org, const struct roster_member *m)
{
    bool known = m->held || m->lost_ms > 0;
    sqlite3_stmt *s = l->statement[known ? STORE_BRAKE : DROP_BRAKE];
    bind_text(s, 1, org);
    bind_text(s, 2, m->remote.id);
    if (known) {
        sqlite3_bind_int64(s, 3, m->lost_ms);
        sqlite3_bind_int(s, 4, m->held);
    }
    return step(l, s, NULL, "cannot store what the brake holds") < 0 ? -1 : 0;
}

/* The same for the member's departure. */
static int store_departure(struct ledger *l, const char *org, const struct roster_member *m)
{
    const struct departure *d = &m->departure;
    bool known = d->state != DEPARTURE_NONE || d->ended_ms > 0;
    sqlite3_stmt *s = l->statement[known ? STORE_DEPARTURE : DROP_DEPARTURE];
    bind_text(s, 1, org);
    bind_text(s, 2, m->remote.id);
    if (known) {
        sqlite3_bind_int(s, 3, (int)d->state);
        sqlite3_bind_int64(s, 4, d->since_ms);
        sqlite3_bind_int64(s, 5, d->ended_ms);
    }
    return step(l, s, NULL, "cannot store a departure") < 0 ? -1 : 0;
}

int ledger_store(struct ledger *l, const char *org, const struct roster_member *m)
{
    if (m->brake_changed && store_brake(l, org, m) < 0)
        return -1;
    if (m->departure_changed && store_departure(l, org, m) < 0)
        return -1;
    sqlite3_stmt *s = l->statement[STORE];
    bind_text(s, 1, org);
    bind_text(s, 2, m->remote.id);
    sqlite3_bind_int64(s, 3, m->uid);
    bind_text(s, 4, m->lent ? "" : m->name);
    sqlite3_bind_int(s, 5, (int)m->remote.state);
    bind_text(s, 6, m->remote.email);
    bind_text(s, 7, m->remote.username);
    bind_text(s, 8, m->remote.display);
    bind_list(s, 9, &m->remote.roles);
    bind_list(s, 10, &m->remote.permissions);
    bind_text(s, 11, m->home ? m->home : "");
    sqlite3_bind_blob(s, 12, m->remote.keys.size ? (const void *)m->remote.keys.first : "",
                      (int)m->remote.keys.size, SQLITE_STATIC);
    sqlite3_bind_int64(s, 13, m->remote.term.ends_ms);
    bind_list(s, 14, &m->remote.term.roles);
    bind_list(s, 15, &m->remote.term.permissions);
    sqlite3_bind_int64(s, 16, m->term_seen_ms);
    sqlite3_bind_int64(s, 17, m->role_lost_ms);
    return step(l, s, NULL, "cannot store a member") < 0 ? -1 : 0;
}

/* A blob of strings, each with its NUL. */
static struct text_list column_list(sqlite3_stmt *s, int column)
{
    struct text_list list = {sqlite3_column_blob(s, column), 0};
    int size = sqlite3_column_bytes(s, column);
    for (int i = 0; i < size; i++)
        list.count += list.first[i] == '\0';
    return list;
}

/* What is no list of keys any more is none: the next listing brings the keys. */
static struct key_list column_keys(sqlite3_stmt *s, int column)
{
    struct key_list keys = {sqlite3_column_blob(s, column),
                            (size_t)sqlite3_column_bytes(s, column)};
    return key_list_valid(&keys) ? keys : (struct key_list){0};
}

static const char *column_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? text : "";
}

/* A state that this version does not know is none. */
static struct departure column_departure(sqlite3_stmt *s)
{
    int state = sqlite3_column_int(s, 13);
    bool known = state > DEPARTURE_NONE && state <= DEPARTURE_ENDED;
    return (struct departure){.state = known ? (enum departure_state)state : DEPARTURE_NONE,
                              .since_ms = sqlite3_column_int64(s, 14),
                              .ended_ms = sqlite3_column_int64(s, 15)};
}

static struct roster_member *column_member(sqlite3_stmt *s)
{
    struct pipe_member remote = {
        .state = (enum member_state)sqlite3_column_int(s, 3),
        .id = column_text(s, 0),
        .email = column_text(s, 4),
        .username = column_text(s, 5),
        .display = column_text(s, 6),
        .roles = column_list(s, 7),
        .permissions = column_list(s, 8),
        .term = {sqlite3_column_int64(s, 16), column_list(s, 17), column_list(s, 18)},
        .keys = column_keys(s, 12),
    };
    struct roster_member *m = roster_member_new(&remote);
    const char *home = column_text(s, 9);
    if (m && *home && !(m->home = strdup(home))) {
        roster_member_free(m);
        return NULL;
    }
    if (m) {
        m->uid = (uint32_t)sqlite3_column_int64(s, 1);
        snprintf(m->name, sizeof m->name, "%s", column_text(s, 2));
        m->lost_ms = sqlite3_column_int64(s, 10);
        m->held = sqlite3_column_int(s, 11) != 0;
        m->departure = column_departure(s);
        m->term_seen_ms = sqlite3_column_int64(s, 19);
        m->role_lost_ms = sqlite3_column_int64(s, 20);
    }
    return m;
}

/* --- the organizations' own rules --- */

/* A row's value, or one that lets nobody in where it is not sound. */
static void take_rules(const struct ledger *l, sqlite3_stmt *s, const char *org,
                       struct org_rules_kept *kept)
{
    struct rules decoded;
    int size = sqlite3_column_bytes(s, 0);
    struct org_rules rules = {true, (uint32_t)size, sqlite3_column_blob(s, 0)};
    if (!org_rules_decode(&rules, org, &decoded)) {
        log_error("id ledger %s: the rules of \"%s\" are invalid: none of its members may log in "
                  "until it is heard from",
                  l->path, org);
        rules = (struct org_rules){.narrowed = true};
    }
    org_rules_keep(kept, &rules);
}

int ledger_org_rules(struct ledger *l, const char *org, struct org_rules_kept *rules)
{
    sqlite3_stmt *s = l->statement[FIND_RULES];
    bind_text(s, 1, org);
    int rc = sqlite3_step(s);
    rules->rules = (struct org_rules){.narrowed = false};
    if (rc == SQLITE_ROW)
        take_rules(l, s, org, rules);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fault(l, "cannot be read");
}

int ledger_store_org_rules(struct ledger *l, const char *org, const struct org_rules *rules)
{
    sqlite3_stmt *s = l->statement[rules->narrowed ? STORE_RULES : DROP_RULES];
    bind_text(s, 1, org);
    if (rules->narrowed)
        sqlite3_bind_blob(s, 2, rules->size ? rules->text : "", (int)rules->size, SQLITE_STATIC);
    return step(l, s, NULL, "cannot store the organization's rules") < 0 ? -1 : 0;
}

/* --- teams --- */

void ledger_owner(enum ledger_owner kind, const char *org, char owner[LEDGER_OWNER_SIZE])
{
    snprintf(owner, LEDGER_OWNER_SIZE, "%s%s", kind == LEDGER_TEAMS ? "#teams/" : "#roles/", org);
}

static int take_team(sqlite3_stmt *s, struct teams *teams, bool roles)
{
    const struct pipe_team t = {column_text(s, 0), column_text(s, 1), column_text(s, 2),
                                column_text(s, 3)};
    int rc = roles ? teams_put_role(teams, t.id) : teams_put(teams, &t);
    struct org_team *team = rc > 0 ? teams_find(teams, t.id) : NULL;
    if (team) {
        snprintf(team->group, sizeof team->group, "%s", column_text(s, 4));
        team->changed = false;
    }
    return rc < 0 ? -1 : 0;
}

int ledger_load_teams(struct ledger *l, const char *owner, struct teams *teams)
{
    sqlite3_stmt *s = l->statement[LOAD_TEAMS];
    bool roles = strncmp(owner, "#roles/", 7) == 0;
    bind_text(s, 1, owner);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        if (take_team(s, teams, roles) < 0)
            break;
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return rc == SQLITE_DONE ? 0 : fault(l, "cannot be read");
}

int ledger_store_team(struct ledger *l, const char *owner, const struct org_team *team)
{
    sqlite3_stmt *s = l->statement[STORE_TEAM];
    bind_text(s, 1, owner);
    bind_text(s, 2, team->id);
    bind_text(s, 3, team->slug);
    bind_text(s, 4, team->name);
    bind_text(s, 5, team->parent);
    bind_text(s, 6, team->group);
    return step(l, s, NULL, "cannot store a team") < 0 ? -1 : 0;
}

int ledger_team_pin(struct ledger *l, const char *org, const char *slug, char id[TEXT_MAX_LEN + 1])
{
    sqlite3_stmt *s = l->statement[FIND_PIN];
    bind_text(s, 1, org);
    bind_text(s, 2, slug);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        snprintf(id, TEXT_MAX_LEN + 1, "%s", column_text(s, 0));
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : fault(l, "cannot be read");
}

int ledger_pin_team(struct ledger *l, const char *org, const char *slug, const char *id)
{
    sqlite3_stmt *s = l->statement[ADD_PIN];
    bind_text(s, 1, org);
    bind_text(s, 2, slug);
    bind_text(s, 3, id);
    return step(l, s, NULL, "cannot record a team") < 0 ? -1 : 0;
}

/* The slug behind AFTER, into it. Returns 1, 0 behind the last, or -1. */
static int next_pin(struct ledger *l, const char *org, char after[TEXT_MAX_LEN + 1])
{
    sqlite3_stmt *s = l->statement[LIST_PINS];
    bind_text(s, 1, org);
    sqlite3_bind_text(s, 2, after, -1, SQLITE_TRANSIENT);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        snprintf(after, TEXT_MAX_LEN + 1, "%s", column_text(s, 0));
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : fault(l, "cannot be read");
}

int ledger_unpin_teams(struct ledger *l, const char *org, bool (*keep)(const char *, void *),
                       void *arg)
{
    char slug[TEXT_MAX_LEN + 1] = "";
    int rc;
    while ((rc = next_pin(l, org, slug)) > 0)
        if (!keep(slug, arg)) {
            bind_text(l->statement[DROP_PIN], 1, org);
            bind_text(l->statement[DROP_PIN], 2, slug);
            if (step(l, l->statement[DROP_PIN], NULL, "cannot forget a team") < 0)
                return -1;
        }
    return rc;
}

int ledger_load(struct ledger *l, const char *org, struct roster *roster)
{
    sqlite3_stmt *s = l->statement[LOAD];
    bind_text(s, 1, org);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct roster_member *m = column_member(s);
        if (!m || roster_put(roster, m) < 0) {
            rc = SQLITE_NOMEM;
            break;
        }
        m->changed = false;
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return rc == SQLITE_DONE ? 0 : fault(l, "cannot be read");
}

enum ledger_name ledger_name(struct ledger *l, const char *name, const char *org,
                             const char *remote)
{
    sqlite3_stmt *s = l->statement[FIND_NAME];
    int64_t own = 0;
    bind_text(s, 1, name);
    bind_text(s, 2, org);
    bind_text(s, 3, remote);
    int rc = step(l, s, &own, "cannot look a name up");
    if (rc <= 0)
        return rc < 0 ? LEDGER_NAME_ERROR : LEDGER_NAME_FREE;
    return own ? LEDGER_NAME_OWN : LEDGER_NAME_TAKEN;
}

int ledger_bind(struct ledger *l, const char *name, const char *org, const char *remote)
{
    sqlite3_stmt *s = l->statement[ADD_NAME];
    bind_text(s, 1, name);
    bind_text(s, 2, org);
    bind_text(s, 3, remote);
    return step(l, s, NULL, "cannot bind a name") < 0 ? -1 : 0;
}

int ledger_unbind(struct ledger *l, const char *name)
{
    static const enum ledger_statement steps[] = {REMOVE_NAME, LEAVE_NAME};
    int rc = ledger_begin(l);
    for (int i = 0; i < 2 && rc == 0; i++) {
        bind_text(l->statement[steps[i]], 1, name);
        rc = step(l, l->statement[steps[i]], NULL, "cannot free a name") < 0 ? -1 : 0;
    }
    return rc < 0 ? -1 : ledger_commit(l);
}

int ledger_home_taken(struct ledger *l, const char *name, const char *org, const char *remote)
{
    sqlite3_stmt *s = l->statement[HOME_TAKEN];
    bind_text(s, 1, name);
    bind_text(s, 2, org);
    bind_text(s, 3, remote);
    return step(l, s, NULL, "cannot look a home directory up");
}

static int id_taken(struct ledger *l, uint32_t id)
{
    sqlite3_bind_int64(l->statement[ID_TAKEN], 1, id);
    return step(l, l->statement[ID_TAKEN], NULL, "cannot look an id up");
}

/* 1, 0 when ID is somebody's, or -1. */
static int add_id(struct ledger *l, const char *org, const char *remote, uint32_t id)
{
    sqlite3_stmt *s = l->statement[ADD_ID];
    bind_text(s, 1, org);
    bind_text(s, 2, remote);
    sqlite3_bind_int64(s, 3, id);
    if (step(l, s, NULL, "cannot allocate an id") < 0)
        return -1;
    return sqlite3_changes(l->db) > 0;
}

/* --- placement and ranges --- */

static const char placement_key[] = "placement";

static int find_placement(struct ledger *l)
{
    sqlite3_stmt *s = l->statement[FIND_SETTING];
    bind_text(s, 1, placement_key);
    int rc = sqlite3_step(s);
    enum placement found =
        rc == SQLITE_ROW ? placement_parse(column_text(s, 0)) : PLACEMENT_UNKNOWN;
    bool strange = rc == SQLITE_ROW && found == PLACEMENT_UNKNOWN;
    if (strange)
        log_error("id ledger %s: its placement is \"%s\", which this orgsyncd does not know",
                  l->path, column_text(s, 0));
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    l->placement = found;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return fault(l, "cannot be read");
    return strange ? -1 : 0;
}

static int read_placement(struct ledger *l)
{
    int any = step(l, l->statement[ANY_ID], NULL, "cannot be read");
    int reserved = step(l, l->statement[ANY_RESERVED], NULL, "cannot be read");
    if (any < 0 || reserved < 0 || find_placement(l) < 0)
        return -1;
    l->reserved = reserved > 0;
    if (l->placement == PLACEMENT_UNKNOWN && any)
        l->placement = PLACEMENT_WYHASH;
    return 0;
}

enum placement ledger_placement(const struct ledger *l)
{
    return l->placement;
}

int ledger_record_placement(struct ledger *l, enum placement placement)
{
    sqlite3_stmt *s = l->statement[ADD_SETTING];
    bind_text(s, 1, placement_key);
    bind_text(s, 2, placement_word(placement));
    if (step(l, s, NULL, "cannot record the placement") < 0)
        return -1;
    l->placement = placement;
    return 0;
}

/* Runs a statement about ORG whose row is two ids, or NULL. */
static int find_range(struct ledger *l, enum ledger_statement which, const char *org,
                      struct id_range *range)
{
    sqlite3_stmt *s = l->statement[which];
    bind_text(s, 1, org);
    int rc = sqlite3_step(s);
    bool found = rc == SQLITE_ROW && sqlite3_column_type(s, 0) == SQLITE_INTEGER;
    if (found)
        *range = (struct id_range){(uint32_t)sqlite3_column_int64(s, 0),
                                   (uint32_t)sqlite3_column_int64(s, 1)};
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return fault(l, "cannot be read");
    return found;
}

int ledger_range(struct ledger *l, const char *org, struct id_range *range)
{
    int rc = find_range(l, FIND_RANGE, org, range);
    if (rc <= 0 || (id_valid(range->first) && id_valid(range->last) && range->first <= range->last))
        return rc;
    log_error("id ledger %s: the range of \"%s\" is invalid", l->path, org);
    return -1;
}

int ledger_record_range(struct ledger *l, const char *org, const struct id_range *range)
{
    sqlite3_stmt *s = l->statement[ADD_RANGE];
    bind_text(s, 1, org);
    sqlite3_bind_int64(s, 2, range->first);
    sqlite3_bind_int64(s, 3, range->last);
    return step(l, s, NULL, "cannot record a range") < 0 ? -1 : 0;
}

int ledger_extent(struct ledger *l, const char *org, struct id_range *extent)
{
    return find_range(l, EXTENT, org, extent);
}

/* --- ids --- */

/* A reserved id has this in place of its owner's remote id. */
static void reservation(uint64_t identity, enum owner_hash hash, char text[18])
{
    snprintf(text, 18, "%s%016" PRIx64, hash == OWNER_BLAKE2B ? "b" : "", identity);
}

static int reserve(struct ledger *l, uint32_t id, const char *text)
{
    sqlite3_stmt *s = l->statement[RESERVE_ID];
    sqlite3_bind_int64(s, 1, id);
    bind_text(s, 2, text);
    if (step(l, s, NULL, "cannot reserve an id") < 0)
        return -1;
    return sqlite3_changes(l->db) > 0;
}

int ledger_reserve(struct ledger *l, uint32_t id, uint64_t identity, enum owner_hash hash)
{
    char text[18];
    reservation(identity, hash, text);
    int rc = reserve(l, id, text);
    if (rc == 0) {
        rc = id_taken(l, id);
        if (rc == 0) { /* another id has this identity */
            snprintf(text, sizeof text, "#%" PRIu32, id);
            rc = reserve(l, id, text);
        } else if (rc > 0) {
            return 0;
        }
    }
    l->reserved |= rc > 0;
    return rc < 0 ? -1 : 0;
}

/* Gives (ORG, REMOTE) the id of RANGE that is reserved for IDENTITY. Returns 1, 0 when there is
 * none, -1. */
static int claim(struct ledger *l, const char *org, const char *remote, const char *identity,
                 const struct id_range *range, int64_t *id)
{
    sqlite3_stmt *s = l->statement[CLAIM_ID];
    bind_text(s, 1, org);
    bind_text(s, 2, remote);
    bind_text(s, 3, identity);
    sqlite3_bind_int64(s, 4, range->first);
    sqlite3_bind_int64(s, 5, range->last);
    return step(l, s, id, "cannot claim an id");
}

/* The id that is known to be (ORG, REMOTE)'s, by the ledger or by a reservation. Identities by
 * wyhash can be forged: with one an organization gets nothing outside of its own RANGE. Returns 1,
 * 0 when there is none, -1. */
static int known_id(struct ledger *l, const char *org, const char *remote,
                    const struct id_range *range, int64_t *id)
{
    static const struct id_range all = {0, UINT32_MAX};
    char text[18];
    sqlite3_stmt *s = l->statement[FIND_ID];
    bind_text(s, 1, org);
    bind_text(s, 2, remote);
    int rc = step(l, s, id, "cannot look an id up");
    if (rc != 0 || !l->reserved)
        return rc;
    reservation(owner_identity(org, remote), OWNER_BLAKE2B, text);
    rc = claim(l, org, remote, text, &all, id);
    if (rc != 0)
        return rc;
    reservation(owner_identity_wyhash(org, remote), OWNER_WYHASH, text);
    return claim(l, org, remote, text, range, id);
}

/* A bit for each of 64 ids in a row that is allocated: one query instead of 64. */
struct window {
    uint32_t start; /* 0: not read */
    uint64_t taken;
};

static int read_window(struct ledger *l, uint32_t start, struct window *w)
{
    sqlite3_stmt *s = l->statement[IDS_BETWEEN];
    int rc;
    *w = (struct window){.start = start};
    sqlite3_bind_int64(s, 1, start);
    sqlite3_bind_int64(s, 2, (int64_t)start + 63);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        w->taken |= UINT64_C(1) << (sqlite3_column_int64(s, 0) - start);
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? 0 : fault(l, "cannot be read");
}

/* Returns 1 if ID is allocated, 0 if not, or -1; for placements other than blake2b. */
static int in_a_row(struct ledger *l, struct window *w, uint32_t id)
{
    if ((w->start == 0 || id < w->start || id - w->start > 63) && read_window(l, id, w) < 0)
        return -1;
    return w->taken >> (id - w->start) & 1;
}

/* 1 with *ID, 0 when none is free, or -1. */
static int allocate(struct ledger *l, const char *org, const char *remote,
                    const struct id_pool *pool, const struct local_ids *local, uint32_t *id)
{
    struct placement_walk walk;
    struct window window = {0};
    uint32_t probe;
    placement_begin(&walk, pool->placement, &pool->range, org, remote);
    while (placement_next(&walk, &probe)) {
        if (!id_valid(probe) || local_ids_id(local, probe))
            continue;
        int taken = pool->placement == PLACEMENT_WYHASH ? in_a_row(l, &window, probe) : 0;
        int added = taken == 0 ? add_id(l, org, remote, probe) : 0;
        if (taken < 0 || added < 0)
            return -1;
        if (added > 0) {
            *id = probe;
            return 1;
        }
    }
    return 0;
}

int ledger_id(struct ledger *l, const char *org, const char *remote, struct id_pool *pool,
              const struct local_ids *local, uint32_t *id)
{
    int64_t found = 0;
    int rc = known_id(l, org, remote, &pool->range, &found);
    if (rc != 0) {
        *id = (uint32_t)found;
        return rc < 0 ? -1 : 0;
    }
    if (pool->vain >= POOL_VAIN_MAX)
        return LEDGER_FULL;
    rc = allocate(l, org, remote, pool, local, id);
    if (rc < 0)
        return -1;
    pool->vain = rc > 0 ? 0 : pool->vain + 1;
    return rc > 0 ? 0 : LEDGER_FULL;
}

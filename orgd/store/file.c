#include "orgd/store/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"
#include "common/reserved.h"
#include "orgd/store/schema.h"
#include "orgd/store/store.h"

#define BUSY_MS 2000 /* while a person reads the file with the sqlite3 tool */

static void say(const char *path, const char *what)
{
    log_error("%s: %s", path, what);
}

/* One orgd per file: held polls hear of the changes that their own server makes. */
bool file_claim(const char *path, int *lock)
{
    struct stat st;
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0 || fstat(*lock, &st) != 0)
        say(path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        say(path, "is not a regular file");
    else if (st.st_mode & 077)
        log_error("%s: other users can open it (mode %04o); it must have mode 0600", path,
                  (unsigned)st.st_mode & 07777);
    else if (flock(*lock, LOCK_EX | LOCK_NB) != 0)
        say(path, "another orgd is using it");
    else
        return true;
    return false;
}

sqlite3 *file_connect(const char *path)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
        SQLITE_OK) {
        sqlite3_busy_timeout(db, BUSY_MS);
        return db;
    }
    say(path, db ? sqlite3_errmsg(db) : "cannot be opened");
    sqlite3_close(db);
    return NULL;
}

/* Runs a QUERY that answers a row for each fault. */
static bool check_run(sqlite3 *db, const char *path, const char *query)
{
    sqlite3_stmt *stmt = NULL;
    bool good = true;
    int rc = sqlite3_prepare_v2(db, query, -1, &stmt, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        say(path, (const char *)sqlite3_column_text(stmt, 0));
        good = false;
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_DONE) {
        say(path, sqlite3_errmsg(db));
        good = false;
    }
    sqlite3_finalize(stmt);
    return good;
}

/* --- backup --- */

static bool backup_run(sqlite3 *from, sqlite3 *to, const char *copy)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    /* All pages in one step: one reading transaction, so that writers need not wait nor we begin
     * anew. */
    int rc = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
    if (backup && sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE)
        return true;
    say(copy,
        rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? "the data file is locked" : sqlite3_errmsg(to));
    return false;
}

static bool backup_to(const char *path, const char *copy)
{
    sqlite3 *from = file_connect(path);
    sqlite3 *to = from ? file_connect(copy) : NULL;
    bool good =
        to && schema_version(from, path) > 0 && backup_run(from, to, copy) &&
        check_run(to, copy, "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'");
    sqlite3_close(from);
    return sqlite3_close(to) == SQLITE_OK && good;
}

bool store_backup(const char *path, const char *copy)
{
    int fd = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        say(copy, errno == EEXIST ? "exists already; a backup replaces nothing" : strerror(errno));
        return false;
    }
    bool good = backup_to(path, copy);
    if (good && (fsync(fd) != 0 || file_sync_directory(copy) != 0)) {
        say(copy, strerror(errno));
        good = false;
    }
    close(fd);
    if (good)
        return true;
    unlink(copy);
    return false;
}

/* --- check --- */

static_assert(ROLES_BUILTIN == 3 && PERMISSIONS_ALL == 15, "the checks below name them");

static const char *const checks[] = {
    "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT 'a row of ' || \"table\" || ' refers to a row of ' || parent || ' that is not there'"
    " FROM pragma_foreign_key_check",
    "SELECT 'organization ' || id || ' has no owner' FROM organizations o WHERE NOT EXISTS ("
    "SELECT 1 FROM members WHERE organization_id = o.id AND role = 'owner' AND active = 1)",
    "SELECT 'organization ' || id || ' has revision ' || o.revision || ', a member has '"
    " || max(m.revision) FROM organizations o JOIN members m ON m.organization_id = o.id"
    " GROUP BY o.id HAVING max(m.revision) > o.revision",
    "SELECT 'organization ' || id || ' has commit ' || commits || ', which its history lacks'"
    " FROM organizations o WHERE NOT EXISTS (SELECT 1 FROM commits c"
    " WHERE c.organization_id = o.id AND c.number = o.commits AND c.tag = o.tag)",
    "SELECT what || ' has the unknown role ' || role FROM ("
    "SELECT 'member ' || user_id || ' of ' || organization_id AS what, organization_id, role"
    " FROM members WHERE active = 1 UNION ALL"
    " SELECT 'invitation ' || id, organization_id, role FROM invitations UNION ALL"
    " SELECT 'join code ' || id, organization_id, role FROM join_codes UNION ALL"
    " SELECT 'token ' || key, organization_id, role FROM tokens) x"
    " WHERE role NOT IN ('owner', 'admin', 'member') AND NOT EXISTS ("
    "SELECT 1 FROM roles r WHERE r.organization_id = x.organization_id AND r.name = x.role)",
    "SELECT 'role ' || name || ' of ' || organization_id || ' has unknown permissions'"
    " FROM roles WHERE permissions < 0 OR permissions > 15",
    "SELECT 'user ' || id || ' has the username ' || username || ', which is another''s'"
    " FROM users WHERE id IS NOT (SELECT user_id FROM usernames n WHERE n.username ="
    " users.username)",
};

/* Tells of the users whose usernames were given before they were reserved. */
static bool usernames_tell(sqlite3 *db, const char *path)
{
    sqlite3_stmt *stmt = NULL;
    bool told = false;
    sqlite3_prepare_v2(db, "SELECT username, id FROM users ORDER BY username", -1, &stmt, NULL);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0), *why = reserved_name(name);
        if (!why)
            continue;
        log_warning("%s: warning: user %s has the username %s, which hosts may not serve:"
                    " %s",
                    path, (const char *)sqlite3_column_text(stmt, 1), name, why);
        told = true;
    }
    sqlite3_finalize(stmt);
    return told;
}

static bool check_all(sqlite3 *db, const char *path)
{
    int64_t version = schema_version(db, path);
    bool good = version == SCHEMA_VERSION;
    if (version >= 0 && !good)
        log_error("%s: has schema version %d; start orgd once, which migrates it to %d", path,
                  (int)version, SCHEMA_VERSION);
    if (!good)
        return false;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        good &= check_run(db, path, checks[i]);
    return good;
}

bool store_check(const char *path, bool *warned)
{
    sqlite3 *db = file_connect(path);
    bool good = db && check_all(db, path);
    *warned = good && usernames_tell(db, path);
    sqlite3_close(db);
    return good;
}

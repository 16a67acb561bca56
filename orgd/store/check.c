#include "orgd/store/check.h"

#include <assert.h>

#include "common/log.h"
#include "common/reserved.h"
#include "orgd/store/file.h"
#include "orgd/store/postgresql_link.h"
#include "orgd/store/postgresql_schema.h"
#include "orgd/store/schema.h"
#include "orgd/store/store.h"

/* What is checked: a data file, or a database. */
struct checked {
    const char *name;
    sqlite3 *db;
    PGconn *conn;
};

/* Two columns of a row, of which the second may be missing; false for a fault. */
typedef bool row_visit(const struct checked *c, const char *one, const char *other);

static bool file_rows(const struct checked *c, const char *query, row_visit *each)
{
    sqlite3_stmt *stmt = NULL;
    bool good = true;
    int rc = sqlite3_prepare_v2(c->db, query, -1, &stmt, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        good &= each(c, (const char *)sqlite3_column_text(stmt, 0),
                     (const char *)sqlite3_column_text(stmt, 1));
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_DONE) {
        file_say(c->name, sqlite3_errmsg(c->db));
        good = false;
    }
    sqlite3_finalize(stmt);
    return good;
}

static bool database_rows(const struct checked *c, const char *query, row_visit *each)
{
    PGresult *result = PQexec(c->conn, query);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    int columns = PQnfields(result);
    if (!good)
        link_lost(c->name, PQresultErrorMessage(result));
    for (int i = 0; i < PQntuples(result); i++)
        good &= each(c, PQgetvalue(result, i, 0), columns > 1 ? PQgetvalue(result, i, 1) : NULL);
    PQclear(result);
    return good;
}

static bool rows(const struct checked *c, const char *query, row_visit *each)
{
    return c->db ? file_rows(c, query, each) : database_rows(c, query, each);
}

static bool tell_fault(const struct checked *c, const char *fault, const char *none)
{
    (void)none;
    file_say(c->name, fault);
    return false;
}

bool check_damage(sqlite3 *db, const char *path)
{
    const struct checked c = {.name = path, .db = db};
    return rows(&c, "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'",
                tell_fault);
}

static_assert(ROLES_BUILTIN == 3 && PERMISSIONS_ALL == 31, "the checks below name them");

static const char *const file_checks[] = {
    "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT 'a row of ' || \"table\" || ' refers to a row of ' || parent || ' that is not there'"
    " FROM pragma_foreign_key_check",
};

/* Contradictions, in the words of both databases. */
static const char *const checks[] = {
    "SELECT 'organization ' || id || ' has no owner' FROM organizations o WHERE deleted_at = 0"
    " AND NOT EXISTS ("
    "SELECT 1 FROM members WHERE organization_id = o.id AND role = 'owner' AND active = 1"
    " AND role_ends_at = 0) AND NOT EXISTS (SELECT 1 FROM mirrors WHERE organization_id = o.id)",
    "SELECT 'organization ' || id || ' has revision ' || o.revision || ', a member has '"
    " || max(m.revision) FROM organizations o JOIN members m ON m.organization_id = o.id"
    " GROUP BY o.id HAVING max(m.revision) > o.revision",
    "SELECT 'organization ' || id || ' has revision ' || o.revision || ', a mirrored member has '"
    " || max(m.revision) FROM organizations o JOIN mirrored m ON m.organization_id = o.id"
    " GROUP BY o.id HAVING max(m.revision) > o.revision",
    "SELECT 'organization ' || o.id || ' is mirrored, and has members of its own'"
    " FROM organizations o JOIN mirrors r ON r.organization_id = o.id WHERE EXISTS"
    " (SELECT 1 FROM members WHERE organization_id = o.id)",
    "SELECT 'organization ' || id || ' has commit ' || commits || ', which its history lacks'"
    " FROM organizations o WHERE deleted_at = 0 AND NOT EXISTS (SELECT 1 FROM commits c"
    " WHERE c.organization_id = o.id AND c.number = o.commits AND c.tag = o.tag)",
    "SELECT what || ' has the unknown role ' || role FROM ("
    "SELECT 'member ' || user_id || ' of ' || organization_id AS what, organization_id, role"
    " FROM members WHERE active = 1 UNION ALL"
    " SELECT 'member ' || user_id || ' of ' || organization_id, organization_id, role_after"
    " FROM members WHERE active = 1 AND role_ends_at > 0 UNION ALL"
    " SELECT 'invitation ' || id, organization_id, role FROM invitations UNION ALL"
    " SELECT 'join code ' || id, organization_id, role FROM join_codes UNION ALL"
    " SELECT 'token ' || key, organization_id, role FROM tokens) x"
    " WHERE role NOT IN ('owner', 'admin', 'member') AND organization_id NOT IN"
    " (SELECT id FROM organizations WHERE deleted_at > 0) AND NOT EXISTS ("
    "SELECT 1 FROM roles r WHERE r.organization_id = x.organization_id AND r.name = x.role)",
    "SELECT 'role ' || name || ' of ' || organization_id || ' has unknown permissions'"
    " FROM roles WHERE permissions < 0 OR permissions > 31",
    "SELECT 'team ' || t.id || ' has the member ' || m.user_id || ', who is none of its organization'"
    " FROM team_members tm JOIN teams t ON t.id = tm.team_id JOIN members m"
    " ON m.organization_id = tm.organization_id AND m.user_id = tm.user_id"
    " WHERE m.active = 0 OR t.organization_id <> tm.organization_id",
    "SELECT 'ssh key ' || fingerprint || ' was given to ' || user_id || ', who is no member of '"
    " || organization_id FROM ssh_keys k WHERE state = 0 AND organization_id <> ''"
    " AND organization_id NOT IN (SELECT id FROM organizations WHERE deleted_at > 0)"
    " AND NOT EXISTS (SELECT 1 FROM members m WHERE m.organization_id = k.organization_id"
    " AND m.user_id = k.user_id AND m.active = 1)",
    "SELECT 'token ' || key || ' is for the machine ' || machine || ', which is none of '"
    " || organization_id FROM tokens t WHERE machine > '' AND organization_id NOT IN"
    " (SELECT id FROM organizations WHERE deleted_at > 0) AND NOT EXISTS (SELECT 1 FROM machines m"
    " WHERE m.id = t.machine AND m.organization_id = t.organization_id)",
    "SELECT 'access rule ' || id || ' of ' || organization_id || ' is for nobody that there is'"
    " FROM access_rules a WHERE organization_id NOT IN"
    " (SELECT id FROM organizations WHERE deleted_at > 0) AND NOT EXISTS (SELECT 1 FROM teams t"
    " WHERE t.id = a.team_id AND t.organization_id = a.organization_id AND t.deleted_at = 0)"
    " AND role NOT IN ('owner', 'admin', 'member') AND NOT EXISTS (SELECT 1 FROM roles r"
    " WHERE r.organization_id = a.organization_id AND r.name = a.role)",
    "SELECT 'user ' || id || ' has the username ' || username || ', which is another''s'"
    " FROM users WHERE id IS DISTINCT FROM (SELECT user_id FROM usernames n WHERE n.username ="
    " users.username)",
};

/* Tells of a user whose username was given before it was reserved. */
static bool tell_username(const struct checked *c, const char *name, const char *id)
{
    const char *why = reserved_name(name);
    if (why)
        log_warning("%s: warning: user %s has the username %s, which hosts may not serve: %s",
                    c->name, id, name, why);
    return !why;
}

static bool contradictions_check(const struct checked *c)
{
    bool good = true;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        good &= rows(c, checks[i], tell_fault);
    return good;
}

bool check_all(sqlite3 *db, const char *path)
{
    const struct checked c = {.name = path, .db = db};
    bool good = schema_current(db, path);
    if (!good)
        return false;
    for (size_t i = 0; i < sizeof file_checks / sizeof *file_checks; i++)
        good &= rows(&c, file_checks[i], tell_fault);
    return contradictions_check(&c) && good;
}

bool store_check(const char *data, bool *warned)
{
    struct checked c = {.name = store_name(data)};
    bool good;
    if (store_is_url(data)) {
        c.conn = link_open(data, c.name);
        good = c.conn && postgresql_schema(c.conn, c.name, false) && contradictions_check(&c);
    } else {
        c.db = file_view(data);
        good = c.db && check_all(c.db, data);
    }
    *warned = good && !rows(&c, "SELECT username, id FROM users ORDER BY username", tell_username);
    sqlite3_close(c.db);
    PQfinish(c.conn);
    return good;
}

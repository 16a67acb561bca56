/*
 * The statements of sql.h, each in the words of both databases: what these write in different ways
 * has a name in dialect_sqlite.h and dialect_postgresql.h. It is included by sql_sqlite.c and
 * sql_postgresql.c, behind one of them.
 */
#include <assert.h>

#include "orgd/role.h"
#include "orgd/store/sql.h"

/* The file of a table reads the columns of its rows by their places here: users.c a user's, and so
 * on; column.c has the groups that several tables have. */
#define USER_COLUMNS "id, email, username, name, created_at, disabled_at"
#define INVITATION_COLUMNS                                                                         \
    "id, organization_id, email, role, created_at, expires_at, secret_hash, username, revision, "  \
    "shown, maker"
#define JOIN_CODE_COLUMNS                                                                          \
    "id, organization_id, role, max_uses, uses, created_at, secret_hash, expires_at, used_at, "    \
    "used_from, maker"
/* Behind the column maker. */
#define MAKER_NAME ", (SELECT username FROM users WHERE id = maker)"
#define PASSKEY_COLUMNS                                                                            \
    "id, user_id, name, public_key, counter, created_at, used_at, used_from, proved_at, "          \
    "proved_in, proved_in_at"
#define SELECT_GRANT                                                                               \
    "SELECT id, secret_hash, user_code, host, origin, created_at, expires_at, poll_at, poll_ms, "  \
    "state, token FROM device_grants "
#define SELECT_INVITATION "SELECT " INVITATION_COLUMNS MAKER_NAME " FROM invitations "
#define SELECT_JOIN_CODE  "SELECT " JOIN_CODE_COLUMNS MAKER_NAME " FROM join_codes "
#define MACHINE_COLUMNS                                                                            \
    "id, organization_id, name, labels, ca, secret_hash, created_at, expires_at, enrolled_at, "    \
    "enrolled_from, refused, refused_at, refused_from, shared_at, shared_from, numbers, "          \
    "maker"
/* With the column COLUMN of its newest token. */
#define MACHINE_TOKEN(column)                                                                      \
    ", (SELECT " column " FROM tokens t WHERE t.machine = machines.id AND t.machine > ''"          \
    " ORDER BY t.created_at DESC, t.key DESC LIMIT 1)"
#define SELECT_MACHINE                                                                             \
    "SELECT " MACHINE_COLUMNS MAKER_NAME MACHINE_TOKEN("key") MACHINE_TOKEN("used_at")             \
        MACHINE_TOKEN("used_from") " FROM machines "
#define ACCESS_COLUMNS "id, organization_id, role, team_id, labels, services, created_at"
#define SELECT_ACCESS                                                                              \
    "SELECT " ACCESS_COLUMNS                                                                       \
    ", coalesce((SELECT slug FROM teams WHERE teams.id = team_id), '') FROM access_rules "
#define TEAM_COLUMNS "id, organization_id, slug, name, created_at"
#define SELECT_TEAM  "SELECT " TEAM_COLUMNS " FROM teams "
#define ORGANIZATION_COLUMNS                                                                       \
    "id, name, created_at, revision, self_rename, key_admins, key_days, key_security, show_machines"
#define MIRROR_COLUMNS                                                                             \
    "organization_id, provider, url, token_file, ca_file, proxy, options, hook_file, poll_ms, "    \
    "turn, applied, read_at, failed_at, failure"
#define SELECT_MIRROR    "SELECT " MIRROR_COLUMNS " FROM mirrors "
#define MIRRORED_COLUMNS "member_id, revision, there, record, keys"
#define EVENT_COLUMNS                                                                              \
    "at, organization_id, actor, actor_name, action, subject, subject_name, detail, origin, "      \
    "request"
/* The addresses that the user ?1 had before. */
#define FORMER_EMAILS                                                                              \
    "SELECT " NOCASE(BEFORE("detail", " -> ")) " FROM events"                                      \
                                               " WHERE " EVENT_OF_USER                             \
                                               " AND action = 'user.set-email'"
/* About the user ?1, as the index events_subject has it. */
#define EVENT_OF_USER "subject = ?1 AND subject >= 'usr_' AND subject < 'usr`'"
/* As the index events_invited has it. */
#define EVENT_OF_INVITATION "action >= 'invitation.' AND action < 'invitation/'"
/* A role's name is followed by the permissions of the organization's own role of that name. */
#define JOIN_ROLE(table)                                                                           \
    " LEFT JOIN roles r ON r.organization_id = " table ".organization_id AND r.name = " table      \
    ".role "
#define MEMBER_COLUMNS                                                                                \
    "u.id, u.email, u.username, u.name, u.created_at, u.disabled_at, m.role, r.permissions,"          \
    " m.active, m.joined_at, m.revision, m.removed_at, m.suspended_at, m.role_ends_at, m.role_after," \
    " CASE WHEN m.role_ends_at > 0 THEN (SELECT permissions FROM roles a"                             \
    " WHERE a.organization_id = m.organization_id AND a.name = m.role_after) END"
#define MEMBER_TEAMS                                                                               \
    ", (SELECT " JSON_ARRAY(JSON_OBJECT(                                                           \
        "id", "t.id", "slug", "t.slug", "name",                                                    \
        "t.name")) " FROM team_members tm JOIN teams t ON t.id = tm.team_id"                       \
                   " WHERE tm.organization_id = m.organization_id AND tm.user_id = m.user_id"      \
                   " AND t.deleted_at = 0)"
/*
 * A member's ssh keys as the organization takes them: rows of K (the user's own, and those that
 * this organization's administrators gave), grouped by fingerprint, beside M (the membership), R
 * (its role) and O (the organization). A row counts if it is there and was given by somebody who
 * could give the member's role, or is the user's own where those do. The key is as old as its
 * oldest row.
 */
#define FOREVER "253402300800000" /* the year 10000 */
static_assert(PERMISSIONS_LOOK == 5 && PERMISSION_MEMBERS_MANAGE == 8 && PERMISSIONS_ALL == 31,
              "ROLE_REACH has the built-in roles as role_reach tells them");
#define ROLE_REACH                                                                                 \
    "CASE m.role WHEN 'owner' THEN 63 WHEN 'admin' THEN 13 WHEN 'member' THEN 5"                   \
    " ELSE coalesce(r.permissions, 63) END"
#define KEY_GIVEN "k.state = 0 AND k.organization_id > ''"
#define KEY_COUNTS                                                                                 \
    "k.state = 0 AND CASE WHEN k.organization_id > '' THEN ((" ROLE_REACH ") & (~k.reach)) = 0"    \
    " ELSE o.key_admins = 0 END"
#define KEY_END "CASE WHEN k.expires_at > 0 THEN k.expires_at ELSE " FOREVER " END"
#define KEY_REASON                                                                                 \
    "CASE WHEN " ANY("k.state = 2") " THEN 'withdrawn' WHEN " ANY(                                 \
        "k.state = 3") " THEN 'unproved'"                                                          \
                       " WHEN NOT " ANY(KEY_COUNTS) " THEN CASE WHEN " ANY(                        \
                           KEY_GIVEN) " THEN 'above_giver'"                                        \
                                      " ELSE 'admins_only' END WHEN o.key_security = 1"            \
                                      " AND max(k.type) NOT LIKE 'sk-%' THEN 'type' END"
#define KEY_JUDGED                                                                                 \
    "k.fingerprint AS fingerprint, max(k.type) AS type, max(k.blob) AS blob,"                      \
    " max(k.comment) AS comment, min(k.created_at) AS since, " LESSER(                             \
        "CASE WHEN o.key_days > 0 THEN min(k.created_at) + o.key_days * 86400000 ELSE " FOREVER    \
        " END",                                                                                    \
        "coalesce(max(CASE WHEN " KEY_COUNTS " THEN " KEY_END " END),"                             \
        " max(CASE WHEN k.state = 0 THEN " KEY_END                                                 \
        " END))") " AS ends, " ANY(KEY_GIVEN) " AS given, " KEY_REASON " AS reason"
#define KEY_OF_MEMBER "k.user_id = m.user_id AND k.organization_id IN ('', m.organization_id)"
#define KEY_IS_THERE  ANY("k.state = 0")
#define KEYS_JSON(ends)                                                                            \
    JSON_ARRAY(JSON_OBJECT("type", "type", "blob", "blob", "expiresAt",                            \
                           "CASE WHEN " ends " < " FOREVER " THEN " JSON_TIME(ends) " END"))
/* Of keys that WHERE names; ?3 is when. */
#define KEYS_REMOVE "UPDATE ssh_keys SET state = 1, blob = '', comment = '', expires_at = ?3 WHERE "
/* As many as a host takes. Where the organization has said nothing of the member's keys, and has no
 * policy, that is all of his own, in a fraction of the time. */
#define MEMBER_KEYS                                                                                \
    ", CASE WHEN m.active = 0 THEN '[]'"                                                           \
    " WHEN o.key_admins = 0 AND o.key_days = 0 AND o.key_security = 0 AND NOT EXISTS"              \
    " (SELECT 1 FROM ssh_keys WHERE user_id = m.user_id AND organization_id = m.organization_id)"  \
    " THEN (SELECT " KEYS_JSON(                                                                    \
        KEY_END) " FROM ssh_keys k WHERE k.user_id = m.user_id"                                    \
                 " AND k.organization_id = '' AND k.state = 0)"                                    \
                 " ELSE (SELECT " KEYS_JSON(                                                       \
                     "ends") " FROM (SELECT " KEY_JUDGED " FROM ssh_keys k"                        \
                             " WHERE " KEY_OF_MEMBER                                               \
                             " GROUP BY k.fingerprint HAVING " KEY_IS_THERE " AND " KEY_REASON     \
                             " IS NULL ORDER BY given DESC, ends DESC, fingerprint LIMIT 32)"      \
                             " best) END"
/* The keys of the user ?1 in the organizations that he is in, with each of them: rows of
 * KEYS_GROUPED. */
#define SELECT_KEY                                                                                 \
    "SELECT " KEY_JUDGED ", o.id, o.name FROM members m JOIN organizations o"                      \
    " ON o.id = m.organization_id AND o.deleted_at = 0 JOIN ssh_keys k ON " KEY_OF_MEMBER          \
        JOIN_ROLE("m") "WHERE m.user_id = ?1 AND m.active = 1 "
#define KEYS_GROUPED                                                                               \
    " GROUP BY k.fingerprint, m.organization_id, m.user_id, o.id, r.organization_id, r.name"       \
    " HAVING " KEY_IS_THERE
#define FROM_MEMBER                                                                                \
    " FROM members m JOIN users u ON u.id = m.user_id JOIN organizations o"                        \
    " ON o.id = m.organization_id" JOIN_ROLE("m") "WHERE m.organization_id = "
#define SELECT_MEMBER_OF "SELECT " MEMBER_COLUMNS MEMBER_TEAMS MEMBER_KEYS FROM_MEMBER
#define SELECT_MEMBER    SELECT_MEMBER_OF "?1 "
/* The organization's row with what only a look at one organization needs. */
#define SELECT_ORGANIZATION                                                                        \
    "SELECT " ORGANIZATION_COLUMNS ", commits, tag, access_count, access_revision,"                \
    " coalesce((SELECT CASE WHEN read_at > 0 THEN 1 ELSE 2 END FROM mirrors"                       \
    " WHERE mirrors.organization_id = organizations.id), 0)"                                       \
    " FROM organizations WHERE deleted_at = 0 AND id = "
#define SELECT_TOKEN                                                                               \
    "SELECT t.key, t.secret_hash, t.last_four, t.user_id, t.organization_id, t.role,"              \
    " r.permissions, t.name, t.test, t.created_at, t.expires_at, t.proved_at, t.maker_left,"       \
    " t.used_at, t.used_from, t.maker" MAKER_NAME ","                                              \
    " EXISTS (SELECT 1 FROM users WHERE id = t.user_id AND disabled_at <> 0), t.proved_in,"        \
    " t.proved_in_at, t.machine FROM tokens t" JOIN_ROLE("t")
/* Of what belongs to an organization, or to none. */
#define ORGANIZATION_LIVES(id)                                                                     \
    " AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = " id " AND o.deleted_at > 0)"
#define PAGE " (created_at, id) > (?2, ?3) ORDER BY created_at, id LIMIT ?4"
/* What has expired at ?2 of what ?1 has; and for statement_left the number of all, with whether
 * any of them has. */
#define INVITATIONS_PAST "FROM invitations WHERE organization_id = ?1 AND expires_at <= ?2"
#define JOIN_CODES_PAST                                                                            \
    "FROM join_codes WHERE organization_id = ?1 AND expires_at > 0 AND expires_at <= ?2"
#define MACHINES_PAST                                                                              \
    "FROM machines WHERE organization_id = ?1 AND enrolled_at = 0 AND expires_at <= ?2"
#define TOKENS_PAST              "FROM tokens WHERE organization_id = ?1 AND expires_at > 0 AND expires_at <= ?2"
#define USER_TOKENS_PAST         "FROM tokens WHERE user_id = ?1 AND expires_at > 0 AND expires_at <= ?2"
#define COUNT_PAST(number, past) "SELECT " number ", EXISTS (SELECT 1 " past ") "
#define COUNT_OWN(column, past)  COUNT_PAST(column, past) "FROM organizations WHERE id = ?1"

/* The organization has one more. Only what goes is counted by a trigger: with one, SQLite copies
 * each page that an INSERT writes. */
#define COUNT_MORE(column) "UPDATE organizations SET " column " = " column " + 1 WHERE id = ?1"

/* With the role ?2 of the organization ?1, as the indexes _role have it. */
#define OF_OWN_ROLE                                                                                \
    " WHERE organization_id = ?1 AND role = ?2 AND role NOT IN ('owner', 'admin', 'member')"

/* At most ?2 rows of the organization ?1; KEY tells them apart. */
#define CLEAR(table, key)                                                                          \
    "DELETE FROM " table " WHERE organization_id = ?1 AND (" key ") IN (SELECT " key               \
    " FROM " table " WHERE organization_id = ?1 LIMIT ?2)"
/* The members whom the query MEMBERS names (user_id, revision) get the organization's next
 * revisions, in the order that they had. */
#define TOUCH(members)                                                                             \
    "UPDATE members SET revision = x.revision FROM (SELECT m.user_id AS id, o.revision"            \
    " + row_number() OVER (ORDER BY m.revision) AS revision FROM (" members                        \
    ") m JOIN organizations o ON o.id = ?1) x"                                                     \
    " WHERE members.organization_id = ?1 AND members.user_id = x.id"
const char *const STATEMENTS[STATEMENT_COUNT] = {
    [BEGIN_READ] = SQL_BEGIN_READ,
    [BEGIN_CHANGE] = SQL_BEGIN_CHANGE,
    [LOCK_ORGANIZATION] = SQL_LOCK_ORGANIZATION,
    [LOCK_REST] = SQL_LOCK_REST,
    [TELL] = SQL_TELL,
    [NOTIFY] = SQL_NOTIFY,
    [OUTCOME_ADD] = SQL_OUTCOME_ADD,
    [OUTCOME_CLAIM] = SQL_OUTCOME_CLAIM,
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [NEST] = "SAVEPOINT one",
    [NEST_COMMIT] = "RELEASE one",
    [NEST_ROLLBACK] = "ROLLBACK TO one",
    [USER_ANY] = "SELECT 1 FROM users LIMIT 1",
    [USER_BY_ID] = "SELECT " USER_COLUMNS " FROM users WHERE id = ?1",
    [USER_BY_USERNAME] = "SELECT " USER_COLUMNS " FROM users WHERE username = ?1",
    [USER_LIST] = "SELECT " USER_COLUMNS " FROM users WHERE (created_at, id) > (?1, ?2)"
                  " ORDER BY created_at, id LIMIT ?3",
    [USER_BY_EMAIL] =
        "SELECT " USER_COLUMNS " FROM users WHERE " NOCASE("email") " = " NOCASE("?1"),
    [USER_COUNT] = "SELECT count(*) FROM users",
    [USER_LEFT] = "SELECT coalesce(max(removed_at), 0) FROM members WHERE user_id = ?1",
    [USERNAME_HOLDER] = "SELECT user_id FROM usernames WHERE username IN (?1, ?2)",
    [USERNAME_LIST] = "SELECT username FROM usernames WHERE user_id = ?1 ORDER BY username",
    [USERNAME_COUNT] = "SELECT count(*) FROM usernames WHERE user_id = ?1",
    [USERNAME_ADD] = "INSERT INTO usernames (username, user_id) VALUES (?1, ?2)"
                     " ON CONFLICT DO NOTHING",
    [USERNAME_REMOVE] = "DELETE FROM usernames WHERE username = ?1",
    [USER_ADD] = "INSERT INTO users (" USER_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [USER_MAY_CREATE] = "SELECT may_create FROM users WHERE id = ?1",
    [USER_LET_CREATE] = "UPDATE users SET may_create = ?2 WHERE id = ?1",
    [USER_UPDATE] =
        "UPDATE users SET email = ?2, username = ?3, name = ?4, disabled_at = ?5 WHERE id = ?1",
    [ORGANIZATION_BY_ID] = SELECT_ORGANIZATION "?1",
    [ORGANIZATION_EACH] = SQL_EACH(SELECT_ORGANIZATION PLACE_ID " LIMIT 1", ""),
    [ORGANIZATION_BY_NAME] =
        "SELECT id FROM organizations WHERE name = ?1 AND deleted_at = 0 LIMIT 2",
    [ORGANIZATION_LIST] =
        "SELECT " ORGANIZATION_COLUMNS " FROM organizations WHERE (created_at, id) > (?1, ?2)"
        " AND deleted_at = 0 ORDER BY created_at, id LIMIT ?3",
    [ORGANIZATION_ADD] = "INSERT INTO organizations (" ORGANIZATION_COLUMNS
                         ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ORGANIZATION_UPDATE] = "UPDATE organizations SET name = ?2, self_rename = ?3, key_admins = ?4,"
                            " key_days = ?5, key_security = ?6, show_machines = ?7 WHERE id = ?1",
    [ORGANIZATION_DELETED] = "UPDATE organizations SET deleted_at = ?2 WHERE id = ?1",
    [ORGANIZATION_TO_CLEAR] =
        "SELECT id FROM organizations WHERE deleted_at > 0 ORDER BY deleted_at LIMIT 1",
    [ORGANIZATION_REMOVE] = "DELETE FROM organizations WHERE id = ?1",
    [CLEAR_TOUCHES] = CLEAR("touches", "id"),
    [CLEAR_TEAM_MEMBERS] = CLEAR("team_members", "user_id, team_id"),
    [CLEAR_TEAMS] = CLEAR("teams", "id"),
    [CLEAR_MEMBERS] = CLEAR("members", "user_id"),
    [CLEAR_INVITATIONS] = CLEAR("invitations", "id"),
    [CLEAR_JOIN_CODES] = CLEAR("join_codes", "id"),
    [CLEAR_MACHINES] = CLEAR("machines", "id"),
    [CLEAR_ACCESS] = CLEAR("access_rules", "id"),
    [CLEAR_TOKENS] = CLEAR("tokens", "key"),
    [CLEAR_ROLES] = CLEAR("roles", "name"),
    [CLEAR_KEYS] = "DELETE FROM ssh_keys WHERE organization_id = ?1 AND organization_id > ''"
                   " AND (user_id, fingerprint) IN (SELECT user_id, fingerprint FROM ssh_keys"
                   " WHERE organization_id = ?1 AND organization_id > '' LIMIT ?2)",
    [CLEAR_COMMITS] = CLEAR("commits", "number"),
    [COMMIT_ADD] = "INSERT INTO commits (organization_id, number, tag) VALUES (?1, ?2, ?3)",
    [COMMIT_LATEST] = "UPDATE organizations SET commits = ?2, tag = ?3 WHERE id = ?1",
    [COMMIT_DROP] = "DELETE FROM commits WHERE organization_id = ?1 AND number <= ?2",
    [COMMIT_TAG] = "SELECT tag FROM commits WHERE organization_id = ?1 AND number = ?2",
    [REVISION_NEXT] = "UPDATE organizations SET revision = revision + 1 WHERE id = ?1",
    [REVISION] = "SELECT revision FROM organizations WHERE id = ?1",
    [ROLE_BY_NAME] = "SELECT name, permissions FROM roles WHERE organization_id = ?1 AND name = ?2",
    [ROLE_LIST] = "SELECT name, permissions FROM roles WHERE organization_id = ?1 ORDER BY name",
    [ROLE_COUNT] = "SELECT count(*) FROM roles WHERE organization_id = ?1",
    [ROLE_PUT] =
        "INSERT INTO roles (organization_id, name, permissions) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (organization_id, name) DO UPDATE SET permissions = excluded.permissions",
    [ROLE_REMOVE] = "DELETE FROM roles WHERE organization_id = ?1 AND name = ?2",
    [ROLE_USED] =
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM members WHERE organization_id = ?1 AND role = ?2"
        " AND active = 1) OR EXISTS (SELECT 1 FROM members" INDEXED_BY(
            "members_after") " WHERE organization_id = ?1 AND role_after = ?2 AND role_ends_at > 0"
                             " AND active = 1) OR EXISTS (SELECT 1 FROM invitations" OF_OWN_ROLE
                             " AND expires_at > ?3) OR EXISTS (SELECT 1 FROM join_codes" OF_OWN_ROLE
                             ") OR EXISTS (SELECT 1 FROM tokens" OF_OWN_ROLE ")",
    [ROLE_TOUCH] = TOUCH(
        "SELECT user_id, revision FROM members WHERE organization_id = ?1 AND role = ?2"
        " AND active = 1 AND revision <= ?3 UNION ALL SELECT user_id, revision FROM members" INDEXED_BY(
            "members_after") " WHERE organization_id = ?1 AND role_after = ?2 AND role_ends_at > 0 AND active = 1"
                             " AND revision <= ?3 ORDER BY revision LIMIT ?4"),
    [ALL_TOUCH] = TOUCH("SELECT user_id, revision FROM members WHERE organization_id = ?1"
                        " AND active = 1 AND revision <= ?2 ORDER BY revision LIMIT ?3"),
    [REVISION_LATEST] = "UPDATE organizations SET revision = " GREATER(
        "revision",
        "coalesce((SELECT max(revision) FROM members WHERE organization_id = ?1), 0)") " WHERE id = ?1",
    [MEMBER_BY_USER] = "SELECT " MEMBER_COLUMNS FROM_MEMBER "?1 AND m.user_id = ?2",
    [MEMBER_PUT] =
        "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision, "
        "removed_at, suspended_at, role_ends_at, role_after)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role,"
        " active = excluded.active, joined_at = excluded.joined_at, revision = excluded.revision,"
        " removed_at = excluded.removed_at, suspended_at = excluded.suspended_at,"
        " role_ends_at = excluded.role_ends_at, role_after = excluded.role_after",
    [TERM_OVER] = "SELECT m.organization_id, m.user_id, m.role FROM members m"
                  " JOIN organizations o ON o.id = m.organization_id AND o.deleted_at = 0"
                  " WHERE m.role_ends_at > 0 AND m.role_ends_at <= ?1 AND m.active = 1"
                  " ORDER BY m.role_ends_at LIMIT 1",
    [OWNER_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM members" INDEXED_BY(
        "members_role") " JOIN users ON id = user_id WHERE organization_id = ?1 AND role = 'owner'"
                        " AND active = 1 AND suspended_at = 0 AND disabled_at = 0"
                        " AND role_ends_at = 0 LIMIT 2) x",
    [MEMBER_COUNT] =
        "SELECT CASE WHEN revision < ?2 THEN 0 ELSE"
        " (SELECT count(*) FROM members WHERE organization_id = ?1) END FROM organizations WHERE id = ?1",
    [MEMBERSHIP_COUNT] = "SELECT count(*) FROM members WHERE user_id = ?1",
    [MEMBERSHIP_COUNT_OWNED] = "SELECT count(*) FROM members WHERE user_id = ?1 AND role = 'owner'",
    [MEMBER_LIST] = SELECT_MEMBER "AND m.active = 1 AND (m.joined_at, m.user_id) > (?2, ?3)"
                                  " ORDER BY m.joined_at, m.user_id LIMIT ?4",
    [MEMBER_CHANGES] = SELECT_MEMBER "AND m.revision > ?2 ORDER BY m.revision LIMIT ?3",
    [MEMBER_CHANGES_EACH] = SQL_EACH_SINCE(
        SELECT_MEMBER_OF PLACE_ID " AND m.revision > " PLACE_SINCE " ORDER BY m.revision LIMIT ?3",
        ", x.revision"),
    [MEMBERSHIP_LIST] =
        "SELECT o.id, o.name, o.created_at, o.revision, o.self_rename, o.key_admins, o.key_days,"
        " o.key_security, o.show_machines, " MEMBER_COLUMNS MEMBER_TEAMS
        " FROM members m JOIN users u ON u.id = m.user_id JOIN organizations o"
        " ON o.id = m.organization_id AND o.deleted_at = 0" JOIN_ROLE(
            "m") "WHERE m.user_id = ?1"
                 " ORDER BY o.created_at, o.id",
    [TEAM_BY_ID] = SELECT_TEAM "WHERE id = ?1 AND deleted_at = 0",
    [TEAM_BY_SLUG] = SELECT_TEAM "WHERE organization_id = ?1 AND slug = ?2",
    [TEAM_COUNT] = "SELECT count(*) FROM teams WHERE organization_id = ?1 AND deleted_at = 0",
    [TEAM_LIST] = SELECT_TEAM "WHERE organization_id = ?1 AND deleted_at = 0 AND" PAGE,
    [TEAM_ADD] = "INSERT INTO teams (" TEAM_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
    [TEAM_UPDATE] = "UPDATE teams SET slug = ?2, name = ?3 WHERE id = ?1",
    [TEAM_DELETED] = "UPDATE teams SET deleted_at = ?2, slug = id WHERE id = ?1",
    [TEAM_TO_EMPTY] = "SELECT id, organization_id FROM teams WHERE deleted_at > 0"
                      " ORDER BY deleted_at LIMIT 1",
    [TEAM_REMOVE] = "DELETE FROM teams WHERE id = ?1",
    [TEAM_EMPTY] =
        "DELETE FROM team_members WHERE organization_id = ?1 AND team_id = ?2 AND user_id IN"
        " (SELECT user_id FROM team_members WHERE team_id = ?2 ORDER BY user_id LIMIT ?3)",
    [TEAM_TOUCH] = TOUCH("SELECT tm.user_id, m.revision FROM team_members tm JOIN members m"
                         " ON m.organization_id = tm.organization_id AND m.user_id = tm.user_id"
                         " WHERE tm.team_id = ?2 AND tm.user_id > ?3 ORDER BY tm.user_id LIMIT ?4"),
    [TEAM_TOUCHED] = "SELECT max(user_id) FROM (SELECT user_id FROM team_members"
                     " WHERE team_id = ?1 AND user_id > ?2 ORDER BY user_id LIMIT ?3) x",
    [TOUCH_ADD] = "INSERT INTO touches (organization_id, role, team_id, revision, after)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)",
    [TOUCH_NEXT] = "SELECT t.id, t.organization_id, t.role, t.team_id, t.revision, t.after"
                   " FROM touches t JOIN organizations o ON o.id = t.organization_id"
                   " WHERE o.deleted_at = 0 ORDER BY t.id LIMIT 1",
    [TOUCH_GO_ON] = "UPDATE touches SET after = ?2 WHERE id = ?1",
    [TOUCH_DONE] = "DELETE FROM touches WHERE id = ?1",
    [TEAM_MEMBER_ADD] = "INSERT INTO team_members (organization_id, user_id, team_id)"
                        " VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    [TEAM_MEMBER_REMOVE] =
        "DELETE FROM team_members WHERE organization_id = ?1 AND user_id = ?2 AND team_id = ?3",
    [TEAM_MEMBERS] = "SELECT u.id, u.email, u.username, u.name, u.created_at, u.disabled_at"
                     " FROM team_members tm JOIN users u ON u.id = tm.user_id"
                     " WHERE tm.team_id = ?1 AND tm.user_id > ?2 ORDER BY tm.user_id LIMIT ?3",
    [TEAMS_LEAVE] = "DELETE FROM team_members WHERE organization_id = ?1 AND user_id = ?2",
    [TEAMS_OF_COUNT] =
        "SELECT count(*) FROM team_members WHERE organization_id = ?1 AND user_id = ?2",
    [INVITATION_BY_ID] = SELECT_INVITATION "WHERE id = ?1" ORGANIZATION_LIVES("organization_id"),
    [INVITATION_BY_EMAIL] =
        SELECT_INVITATION "WHERE organization_id = ?1 AND " NOCASE("email") " = " NOCASE("?2"),
    [INVITATION_LIST] = SELECT_INVITATION "WHERE organization_id = ?1 AND expires_at > ?5 AND" PAGE,
    [INVITATION_FOR] = SELECT_INVITATION "WHERE " NOCASE("email") " IN (SELECT " NOCASE(
        "?2") " UNION ALL " FORMER_EMAILS ") ORDER BY id",
    [INVITATION_ALL] = SELECT_INVITATION "WHERE organization_id = ?1 AND expires_at > ?2",
    [INVITATION_MADE] =
        SELECT_INVITATION "WHERE organization_id = ?1 AND expires_at > ?2 AND maker = ?3",
    [INVITATION_COUNT] = COUNT_OWN("invitation_count", INVITATIONS_PAST),
    [INVITATION_PRUNE] = "DELETE " INVITATIONS_PAST,
    [INVITATION_REPLACE] = "DELETE FROM invitations WHERE organization_id = ?1 AND " NOCASE(
        "email") " = " NOCASE("?2"),
    [INVITATION_MORE] = COUNT_MORE("invitation_count"),
    [INVITATION_ADD] = "INSERT INTO invitations (" INVITATION_COLUMNS ")"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, ''))",
    [INVITATION_USE] = "UPDATE invitations SET expires_at = 0 WHERE id = ?1",
    [INVITATION_REMOVE] = "DELETE FROM invitations WHERE id = ?1",
    [JOIN_CODE_BY_ID] = SELECT_JOIN_CODE "WHERE id = ?1" ORGANIZATION_LIVES("organization_id"),
    [JOIN_CODE_LIST] = SELECT_JOIN_CODE "WHERE organization_id = ?1 AND" PAGE,
    [JOIN_CODE_ALL] = SELECT_JOIN_CODE "WHERE organization_id = ?1",
    [JOIN_CODE_MADE] = SELECT_JOIN_CODE "WHERE organization_id = ?1 AND maker = ?2",
    [JOIN_CODE_COUNT] = COUNT_OWN("join_code_count", JOIN_CODES_PAST),
    [JOIN_CODE_PRUNE] = "DELETE " JOIN_CODES_PAST,
    [JOIN_CODE_MORE] = COUNT_MORE("join_code_count"),
    [JOIN_CODE_ADD] = "INSERT INTO join_codes (" JOIN_CODE_COLUMNS ")"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, ''))",
    [JOIN_CODE_USE] =
        "UPDATE join_codes SET uses = uses + 1, used_at = ?2, used_from = ?3 WHERE id = ?1",
    [JOIN_CODE_REMOVE] = "DELETE FROM join_codes WHERE id = ?1",
    [MACHINE_BY_ID] = SELECT_MACHINE "WHERE id = ?1" ORGANIZATION_LIVES("organization_id"),
    [MACHINE_BY_NAME] = SELECT_MACHINE "WHERE organization_id = ?1 AND name = ?2",
    [MACHINE_LIST] = SELECT_MACHINE "WHERE organization_id = ?1 AND" PAGE,
    [MACHINE_LIST_ENROLLED] =
        "SELECT m.id, m.name, coalesce(t.key, ''), coalesce(t.used_at, 0), m.labels FROM machines m"
        " LEFT JOIN tokens t ON t.machine = m.id AND t.machine > ''"
        " WHERE m.organization_id = ?1 AND m.enrolled_at > 0 ORDER BY m.created_at, m.id",
    [MACHINE_COUNT] = COUNT_OWN("machine_count", MACHINES_PAST),
    [MACHINE_PRUNE] = "DELETE " MACHINES_PAST,
    [MACHINE_MORE] =
        COUNT_MORE("machine_count") " AND NOT EXISTS (SELECT 1 FROM machines WHERE id = ?2)",
    [MACHINE_PUT] =
        "INSERT INTO machines (" MACHINE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '',"
        " 0, 0, '', 0, '', ?10, nullif(?9, '')) ON CONFLICT (id) DO UPDATE SET labels = excluded.labels,"
        " ca = excluded.ca, secret_hash = excluded.secret_hash, expires_at = excluded.expires_at,"
        " maker = excluded.maker, numbers = excluded.numbers",
    [MACHINE_ENROLLED] = "UPDATE machines SET expires_at = 0, ca = '', enrolled_at = ?2,"
                         " enrolled_from = ?3, refused = 0, refused_at = 0, refused_from = '',"
                         " shared_at = 0, shared_from = '' WHERE id = ?1",
    [MACHINE_REFUSED] = "UPDATE machines SET refused = refused + 1, refused_at = ?2,"
                        " refused_from = ?3 WHERE id = ?1",
    [MACHINE_SHARED] = "UPDATE machines SET shared_at = ?2, shared_from = ?3 WHERE id = ?1",
    [MACHINE_NUMBERS] = "SELECT numbers FROM machines WHERE organization_id = ?1 AND numbers > ''"
                        " ORDER BY created_at DESC, id DESC LIMIT 1",
    [MACHINE_GLASS] = "UPDATE machines SET glass_at = ?2, glass_told_at = ?3 WHERE id = ?1"
                      " AND glass_at <> ?2 AND glass_told_at <= ?4",
    [MACHINE_LABELS] = "SELECT labels FROM machines WHERE id = ?1",
    [MACHINE_SET_LABELS] = "UPDATE machines SET labels = ?2 WHERE id = ?1",
    [MACHINE_REMOVE] = "DELETE FROM machines WHERE id = ?1",
    [PASSKEY_BY_ID] = "SELECT " PASSKEY_COLUMNS " FROM passkeys WHERE id = ?1",
    [PASSKEY_LIST] =
        "SELECT " PASSKEY_COLUMNS " FROM passkeys WHERE user_id = ?1 ORDER BY created_at, id",
    [PASSKEY_COUNT] = "SELECT count(*) FROM passkeys WHERE user_id = ?1",
    [PASSKEY_ADD] = "INSERT INTO passkeys (" PASSKEY_COLUMNS ")"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, '', ?7, ?8, ?9)",
    [PASSKEY_USE] = "UPDATE passkeys SET counter = ?2, used_at = ?3, used_from = ?4 WHERE id = ?1",
    [PASSKEY_REMOVE] = "DELETE FROM passkeys WHERE user_id = ?1 AND id = ?2",
    [PASSKEYS_END] = "DELETE FROM passkeys WHERE user_id = ?1",
    [GRANT_BY_ID] = SELECT_GRANT "WHERE id = ?1",
    [GRANT_BY_CODE] = SELECT_GRANT "WHERE user_code = ?1",
    [GRANT_COUNT] = "SELECT count(*) FROM device_grants WHERE expires_at > ?1",
    [GRANT_PRUNE] = "DELETE FROM device_grants WHERE expires_at <= ?1",
    [GRANT_ADD] = "INSERT INTO device_grants VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, '')",
    [GRANT_POLLED] = "UPDATE device_grants SET poll_at = ?2, poll_ms = ?3 WHERE id = ?1",
    [GRANT_DECIDE] = "UPDATE device_grants SET state = ?2, token = ?3 WHERE id = ?1 AND state = 0",
    [GRANT_REMOVE] = "DELETE FROM device_grants WHERE id = ?1",
    [ACCESS_BY_ID] = SELECT_ACCESS "WHERE id = ?1" ORGANIZATION_LIVES("organization_id"),
    [ACCESS_LIST] = SELECT_ACCESS "WHERE organization_id = ?1 AND" PAGE,
    [ACCESS_EACH] = SQL_EACH(SELECT_ACCESS "WHERE organization_id = " PLACE_ID
                                           " ORDER BY created_at, id LIMIT ?2",
                             ", x.created_at, x.id"),
    [ACCESS_MORE] = COUNT_MORE("access_count"),
    [ACCESS_ADD] = "INSERT INTO access_rules (" ACCESS_COLUMNS ")"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ACCESS_REMOVE] = "DELETE FROM access_rules WHERE id = ?1",
    [ACCESS_MOVED] = "UPDATE organizations SET access_revision = revision WHERE id = ?1",
    [TOKEN_BY_KEY] = SELECT_TOKEN "WHERE t.key = ?1" ORGANIZATION_LIVES("t.organization_id"),
    [TOKEN_LIST] =
        SELECT_TOKEN "WHERE t.organization_id = ?1"
                     " AND (t.created_at, t.key) > (?2, ?3) ORDER BY t.created_at, t.key LIMIT ?4",
    [TOKEN_LIST_USER] =
        SELECT_TOKEN "WHERE t.user_id = ?1"
                     " AND (t.created_at, t.key) > (?2, ?3) ORDER BY t.created_at, t.key LIMIT ?4",
    [TOKEN_COUNT] = COUNT_OWN("token_count", TOKENS_PAST),
    [TOKEN_COUNT_USER] = COUNT_PAST("count(*)", USER_TOKENS_PAST) "FROM tokens WHERE user_id = ?1",
    [TOKEN_PRUNE] = "DELETE " TOKENS_PAST,
    [TOKEN_PRUNE_USER] = "DELETE " USER_TOKENS_PAST,
    [TOKEN_MORE] = COUNT_MORE("token_count"),
    [TOKEN_ADD] =
        "INSERT INTO tokens (key, secret_hash, last_four, user_id, organization_id, role, name, "
        "test, created_at, expires_at, proved_at, maker, proved_in, proved_in_at, machine)"
        " VALUES (?1, ?2, ?3, nullif(?4, ''), nullif(?5, ''), ?6, ?7, ?8, ?9, ?10, ?11,"
        " nullif(?12, ''), ?13, ?14, ?15)",
    [TOKEN_EXPIRE] = "UPDATE tokens SET expires_at = ?2 WHERE key = ?1",
    [TOKEN_REMOVE] = "DELETE FROM tokens WHERE key = ?1",
    [TOKEN_LISTED] = "UPDATE tokens SET listed_at = ?2 WHERE key = ?1 AND listed_at <= ?3",
    [TOKEN_USE] = "UPDATE tokens SET used_at = ?2, used_from = ?3 WHERE key = ?1",
    [TOKEN_MADE] =
        SELECT_TOKEN "WHERE t.organization_id = ?1 AND t.maker = ?2 ORDER BY t.created_at, t.key",
    [TOKEN_MACHINE] =
        SELECT_TOKEN "WHERE t.machine = ?1 AND t.machine > '' ORDER BY t.created_at, t.key",
    [TOKEN_MAKER_LEFT] =
        "UPDATE tokens SET maker_left = 1 WHERE organization_id = ?1 AND maker = ?2",
    [TOKEN_PROVED] =
        "SELECT coalesce(max(" GREATER("proved_at", "proved_in_at") "), 0) FROM tokens"
                                                                    " WHERE user_id = ?1",
    [EVENT_ADD] =
        "INSERT INTO events (" EVENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [EVENT_LIST_ALL] = "SELECT id, " EVENT_COLUMNS " FROM events WHERE id < ?1"
                       " ORDER BY id DESC LIMIT ?2",
    [EVENT_LIST_BEFORE] = "SELECT id, " EVENT_COLUMNS " FROM events WHERE organization_id = ?3"
                          " AND id < ?1 ORDER BY id DESC LIMIT ?2",
    [EVENT_LATEST] = SQL_EVENT_LATEST,
    [EVENT_PRUNE] = "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?2)"
                    " AND at < ?1",
    [RECOVERY_BY_ID] = "SELECT id, user_id, secret_hash, created_at, expires_at FROM recoveries"
                       " WHERE id = ?1",
    [RECOVERY_COUNT] = "SELECT count(*) FROM recoveries WHERE user_id = ?1 AND created_at > ?2",
    [ANSWER_BY_KEY] = "SELECT token, sealed FROM answers WHERE scope = ?1 AND key = ?2",
    /* A token that has gone meanwhile would find no answer. */
    [ANSWER_ADD] = "INSERT INTO answers (scope, key, token, sealed, created_at)"
                   " SELECT ?1, ?2, key, ?4, CAST(?5 AS BIGINT) FROM tokens WHERE key = ?3",
    [ANSWER_TRIM] = "DELETE FROM answers WHERE token = ?1 AND created_at < (SELECT created_at"
                    " FROM answers WHERE token = ?1 ORDER BY created_at DESC LIMIT 1 OFFSET ?2)",
    [ANSWER_PRUNE] = "DELETE FROM answers WHERE (scope, key) IN"
                     " (SELECT scope, key FROM answers WHERE created_at < ?1 LIMIT ?2)",
    [RECOVERY_PRUNE] = "DELETE FROM recoveries WHERE created_at < ?1",
    [RECOVERY_PUT] = "INSERT INTO recoveries VALUES (?1, nullif(?2, ''), ?3, ?4, ?5)"
                     " ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at",
    [RECOVERY_END] = "UPDATE recoveries SET expires_at = 0 WHERE user_id = ?1",
    [DATA_VERSION] = SQL_DATA_VERSION,
    [ERASE_INVITED] =
        "UPDATE events SET subject_name = ?3 WHERE " EVENT_OF_INVITATION
        " AND " NOCASE("subject_name") " IN (SELECT " NOCASE("?2") " UNION ALL " FORMER_EMAILS ")",
    [ERASE_ACTOR] = "UPDATE events SET actor_name = ?2, origin = '' WHERE actor = ?1",
    [ERASE_SUBJECT] =
        "UPDATE events SET subject_name = ?2, detail = CASE WHEN substr(action, 1, 5) = 'user.'"
        " THEN '' WHEN action = 'invitation.accept' THEN rtrim(detail, replace(detail, ',', ''))"
        " || ' ' || ?3 ELSE detail END WHERE " EVENT_OF_USER,
    [ERASE_RECOVERIES] = "DELETE FROM recoveries WHERE user_id = ?1",
    [ERASE_KEYS] = "DELETE FROM ssh_keys WHERE user_id = ?1",
    [KEY_PUT] =
        "INSERT INTO ssh_keys (user_id, organization_id, fingerprint, state, type, blob,"
        " comment, created_at, expires_at, reach, maker)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, ''))"
        " ON CONFLICT (user_id, organization_id, fingerprint) DO UPDATE SET state = excluded.state, blob = excluded.blob,"
        " comment = excluded.comment, expires_at = excluded.expires_at,"
        " reach = excluded.reach, maker = excluded.maker",
    [KEY_DOUBT] =
        "INSERT INTO ssh_keys SELECT user_id, ?2, fingerprint, 3, type, '', '', created_at,"
        " 0, 0, NULL FROM ssh_keys WHERE user_id = ?1 AND organization_id = ''"
        " AND fingerprint = ?3 ON CONFLICT (user_id, organization_id, fingerprint)"
        " DO UPDATE SET state = 3 WHERE ssh_keys.state = 1",
    [KEY_TRUST] = "UPDATE ssh_keys SET state = 1 WHERE user_id = ?1 AND organization_id = ?2"
                  " AND fingerprint = ?3 AND state = 3",
    [KEY_REMOVE] = KEYS_REMOVE "user_id = ?1 AND fingerprint = ?2 AND state = 0",
    [KEYS_LEAVE] = KEYS_REMOVE "user_id = ?1 AND organization_id = ?2 AND state = 0",
    [KEY_FORGET] = "DELETE FROM ssh_keys WHERE user_id = ?1 AND organization_id = ?2"
                   " AND fingerprint = (SELECT fingerprint FROM ssh_keys WHERE user_id = ?1"
                   " AND organization_id = ?2 AND state = 1 AND fingerprint <> ?3"
                   " ORDER BY expires_at - created_at LIMIT 1)",
    [KEY_FORGET_DOUBTS] =
        "DELETE FROM ssh_keys AS d WHERE user_id = ?1 AND state = 3 AND NOT EXISTS (SELECT 1"
        " FROM ssh_keys k WHERE k.user_id = d.user_id AND k.organization_id = ''"
        " AND k.fingerprint = d.fingerprint)",
    [KEY_LIST] = "SELECT fingerprint, type, blob, comment, created_at, expires_at, organization_id"
                 " FROM ssh_keys WHERE user_id = ?1 AND state = 0"
                 " ORDER BY fingerprint, organization_id",
    [KEY_COUNT] = "SELECT count(*) FROM ssh_keys WHERE user_id = ?1 AND organization_id = ?2"
                  " AND state <> 3",
    [KEY_GIVEN_COUNT] = "SELECT count(*) FROM ssh_keys WHERE organization_id = ?1"
                        " AND organization_id > '' AND maker = ?2 AND user_id <> ?2 AND state = 0",
    [KEY_LIST_MEMBER] = SELECT_KEY "AND m.organization_id = ?2" KEYS_GROUPED
                                   " ORDER BY given DESC, ends DESC, fingerprint",
    [KEY_PLACES] = SELECT_KEY "AND k.fingerprint = ?2" KEYS_GROUPED " ORDER BY o.created_at, o.id",
    [EVENT_LIST] =
        "SELECT id, " EVENT_COLUMNS " FROM events WHERE organization_id = ?1 AND at >= ?2"
        " AND (at, id) < (?3, ?4) ORDER BY at DESC, id DESC LIMIT ?5",
    [EVENT_LIST_ACTOR] =
        "SELECT id, " EVENT_COLUMNS " FROM events WHERE organization_id = ?1 AND at >= ?2"
        " AND (at, id) < (?3, ?4) AND actor = ?6 ORDER BY at DESC, id DESC LIMIT ?5",
    [EVENT_SINCE] = "SELECT id, " EVENT_COLUMNS " FROM events WHERE organization_id = ?1"
                    " AND id > ?2 ORDER BY id LIMIT ?3",
    [MIRROR_BY_ID] = SELECT_MIRROR "WHERE organization_id = ?1",
    [MIRROR_LIST] =
        SELECT_MIRROR "WHERE organization_id > ?1 AND EXISTS (SELECT 1 FROM"
                      " organizations o WHERE o.id = organization_id AND o.deleted_at = 0)"
                      " ORDER BY organization_id LIMIT ?2",
    [MIRROR_ADD] = "INSERT INTO mirrors (" MIRROR_COLUMNS
                   ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 0, 0, '')",
    [MIRROR_BEGIN] = "UPDATE mirrors SET turn = turn + 1 WHERE organization_id = ?1",
    [MIRROR_TURN] = "SELECT turn FROM mirrors WHERE organization_id = ?1",
    [MIRROR_APPLIED] = "SELECT applied FROM mirrors WHERE organization_id = ?1",
    [MIRROR_CLAIM] = "UPDATE mirrors SET applied = ?2 WHERE organization_id = ?1",
    [MIRROR_READ] = "UPDATE mirrors SET read_at = ?2, failed_at = 0, failure = ''"
                    " WHERE organization_id = ?1",
    [MIRROR_FAILED] = "UPDATE mirrors SET failed_at = ?2, failure = ?3 WHERE organization_id = ?1",
    [MIRRORED_BY_ID] = "SELECT " MIRRORED_COLUMNS " FROM mirrored WHERE organization_id = ?1"
                       " AND member_id = ?2",
    [MIRRORED_PUT] =
        "INSERT INTO mirrored (organization_id, " MIRRORED_COLUMNS ")"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (organization_id, member_id) DO UPDATE SET"
        " revision = excluded.revision, there = excluded.there, record = excluded.record,"
        " keys = excluded.keys",
    [MIRRORED_WALK] = "SELECT " MIRRORED_COLUMNS " FROM mirrored WHERE organization_id = ?1"
                      " AND member_id > ?2 ORDER BY member_id LIMIT ?3",
    [MIRRORED_LIST] = "SELECT " MIRRORED_COLUMNS " FROM mirrored WHERE organization_id = ?1"
                      " AND revision > ?2 AND there = 1 ORDER BY revision LIMIT ?3",
    [MIRRORED_CHANGES] = "SELECT " MIRRORED_COLUMNS " FROM mirrored WHERE organization_id = ?1"
                         " AND revision > ?2 ORDER BY revision LIMIT ?3",
    [MIRRORED_COUNT] = "SELECT count(*) FROM mirrored WHERE organization_id = ?1 AND there = 1",
    [REVISION_SET] = "UPDATE organizations SET revision = ?2 WHERE id = ?1",
    [CLEAR_MIRRORED] = CLEAR("mirrored", "member_id"),
    [CLEAR_MIRROR] = CLEAR("mirrors", "organization_id"),
    [EVENT_LIST_ACTION] =
        "SELECT id, " EVENT_COLUMNS " FROM events WHERE organization_id = ?1 AND at >= ?2"
        " AND (at, id) < (?3, ?4) AND action = ?6 ORDER BY at DESC, id DESC LIMIT ?5",
};

#include "orgd/store/schema.h"

#include <assert.h>
#include <stdio.h>

#include "common/log.h"

/* The index of TABLE's rows with a role that is not built in, in their order of BEHIND. */
#define OWN_ROLE_INDEX(table, behind)                                                              \
    "DROP INDEX " table "_role;"                                                                   \
    "CREATE INDEX " table "_role ON " table "(organization_id, role, " behind ")"                  \
    " WHERE role NOT IN ('owner', 'admin', 'member');"

/* The statements that lead to each version from the one before; user_version counts them. Never
 * change one that was released. */
static const char *const versions[] = {
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
    " CHECK ((user_id IS NULL) <> (organization_id IS NULL))) WITHOUT ROWID;",

    "CREATE TABLE roles ("
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " name TEXT NOT NULL,"
    " permissions INTEGER NOT NULL,"
    " PRIMARY KEY (organization_id, name)) WITHOUT ROWID;"
    "CREATE TABLE join_codes ("
    " id TEXT PRIMARY KEY,"
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " role TEXT NOT NULL,"
    " max_uses INTEGER NOT NULL," /* 0: without limit */
    " uses INTEGER NOT NULL,"
    " secret_hash BLOB NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " CHECK (max_uses = 0 OR uses <= max_uses)) WITHOUT ROWID;"
    "CREATE INDEX join_codes_listed ON join_codes(organization_id, created_at, id);"
    /* Events outlive their organization, so they do not refer to it. */
    "CREATE TABLE events ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " at INTEGER NOT NULL,"
    " organization_id TEXT NOT NULL,"
    " actor TEXT NOT NULL,"
    " actor_name TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " subject_name TEXT NOT NULL,"
    " detail TEXT NOT NULL,"
    " origin TEXT NOT NULL,"
    " request TEXT NOT NULL);"
    "CREATE INDEX events_listed ON events(organization_id, id);"
    "CREATE INDEX members_listed ON members(organization_id, joined_at, user_id) WHERE active = 1;"
    "CREATE INDEX tokens_user ON tokens(user_id, created_at, key);"
    "CREATE INDEX tokens_organization ON tokens(organization_id, created_at, key);",

    "ALTER TABLE organizations ADD COLUMN self_rename INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE members ADD COLUMN removed_at INTEGER NOT NULL DEFAULT 0;" /* 0: never */
    "ALTER TABLE invitations ADD COLUMN maker TEXT REFERENCES users(id);"
    "ALTER TABLE invitations ADD COLUMN username TEXT NOT NULL DEFAULT '';" /* '': any */
    "ALTER TABLE invitations ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE join_codes ADD COLUMN maker TEXT REFERENCES users(id);"
    "ALTER TABLE join_codes ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;" /* 0: never */
    "ALTER TABLE join_codes ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE join_codes ADD COLUMN used_from TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tokens ADD COLUMN maker TEXT REFERENCES users(id);"
    "ALTER TABLE tokens ADD COLUMN maker_left INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;" /* 0: never */
    "ALTER TABLE tokens ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN used_from TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX tokens_maker ON tokens(organization_id, maker);"
    /* Every username that somebody has or had: nobody else gets it. */
    "CREATE TABLE usernames ("
    " username TEXT PRIMARY KEY,"
    " user_id TEXT NOT NULL REFERENCES users(id)) WITHOUT ROWID;"
    "CREATE INDEX usernames_user ON usernames(user_id);"
    "INSERT INTO usernames SELECT username, id FROM users;"
    "INSERT OR IGNORE INTO usernames SELECT substr(detail, 1, instr(detail, ' (') - 1), subject"
    " FROM events WHERE action = 'user.update' AND instr(detail, ' (') > 1"
    " AND subject IN (SELECT id FROM users) ORDER BY id;"
    /* The events tell who made what. A token's maker may be a token, up to sixteen of them. */
    "CREATE TEMP TABLE made (subject TEXT PRIMARY KEY, actor TEXT) WITHOUT ROWID;"
    "INSERT OR REPLACE INTO made SELECT subject, actor FROM events WHERE action IN ('token.create',"
    " 'join-code.create', 'invitation.create', 'invitation.resend') ORDER BY id;"
#define MADE_BY_TOKEN                                                                              \
    "UPDATE made SET actor = (SELECT m.actor FROM made m WHERE m.subject = made.actor)"            \
    " WHERE actor IN (SELECT subject FROM made);"
    MADE_BY_TOKEN MADE_BY_TOKEN MADE_BY_TOKEN MADE_BY_TOKEN
    "UPDATE invitations SET maker = (SELECT u.id FROM made JOIN users u ON u.id = actor"
    " WHERE subject = invitations.id);"
    "UPDATE join_codes SET maker = (SELECT u.id FROM made JOIN users u ON u.id = actor"
    " WHERE subject = join_codes.id);"
    "UPDATE tokens SET maker = (SELECT u.id FROM made JOIN users u ON u.id = actor"
    " WHERE subject = key) WHERE organization_id IS NOT NULL;"
    "DROP TABLE made;"
    /* Withdraws what its maker could not hand out any more, as has been done since
     * (handed_out.h). The bits are those of role.h at that time. */
    "CREATE TEMP TABLE bits AS SELECT id AS organization_id, 'owner' AS role, 15 AS bits"
    " FROM organizations UNION ALL SELECT id, 'admin', 13 FROM organizations"
    " UNION ALL SELECT id, 'member', 5 FROM organizations"
    " UNION ALL SELECT organization_id, name, permissions FROM roles;"
    "CREATE TEMP TABLE gone AS SELECT h.* FROM"
    " (SELECT id, organization_id, maker, role, email, 'invitation.revoke' AS action FROM "
    "invitations"
    " UNION ALL SELECT id, organization_id, maker, role, '', 'join-code.revoke' FROM join_codes) h"
    " LEFT JOIN bits gives ON gives.organization_id = h.organization_id AND gives.role = h.role"
    " WHERE maker IS NOT NULL AND NOT EXISTS (SELECT 1 FROM members m"
    " JOIN bits has ON has.organization_id = m.organization_id AND has.role = m.role"
    " WHERE m.organization_id = h.organization_id AND m.user_id = h.maker AND m.active = 1"
    " AND has.bits & 8 <> 0 AND gives.bits & ~has.bits = 0"
    " AND (h.role <> 'owner' OR m.role = 'owner'));"
    "INSERT INTO events (at, organization_id, actor, actor_name, action, subject, subject_name,"
    " detail, origin, request) SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000,"
    " organization_id, '', 'orgd', action, id, email, role, '', '' FROM gone;"
    "DELETE FROM invitations WHERE id IN (SELECT id FROM gone);"
    "DELETE FROM join_codes WHERE id IN (SELECT id FROM gone);"
    "DROP TABLE gone; DROP TABLE bits;"
    "UPDATE tokens SET maker_left = 1 WHERE maker IS NOT NULL AND NOT EXISTS (SELECT 1 FROM members"
    " m WHERE m.organization_id = tokens.organization_id AND m.user_id = maker AND active = 1);"
    /* Before this version nothing but a new account's invitation proved anything. */
    "UPDATE tokens SET proved_at = (SELECT created_at FROM users u WHERE u.id = user_id)"
    " WHERE user_id IS NOT NULL;"
    "UPDATE members SET removed_at = max(CAST(strftime('%s', 'now') AS INTEGER) * 1000,"
    " (SELECT ifnull(max(proved_at), 0) FROM tokens t WHERE t.user_id = members.user_id))"
    " WHERE active = 0;"
    /* A removal has withdrawn the older ones. */
    "UPDATE invitations SET revision ="
    " (SELECT revision FROM organizations o WHERE o.id = organization_id);",

    /* history.h. What was there before is the first commit; the number and tag of the last one
     * stand in the organization's row, too. */
    "ALTER TABLE organizations ADD COLUMN commits INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE organizations ADD COLUMN tag BLOB NOT NULL DEFAULT x'';"
    "CREATE TABLE commits ("
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " number INTEGER NOT NULL,"
    " tag BLOB NOT NULL,"
    " PRIMARY KEY (organization_id, number)) WITHOUT ROWID;"
    "UPDATE organizations SET commits = 1, tag = randomblob(16);"
    "INSERT INTO commits SELECT id, commits, tag FROM organizations;",

    "ALTER TABLE users ADD COLUMN disabled_at INTEGER NOT NULL DEFAULT 0;"    /* 0: not */
    "ALTER TABLE members ADD COLUMN suspended_at INTEGER NOT NULL DEFAULT 0;" /* 0: not */
    /* A proof that counts in one organization: an invitation whose token somebody else saw. */
    "ALTER TABLE tokens ADD COLUMN proved_in TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tokens ADD COLUMN proved_in_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN listed_at INTEGER NOT NULL DEFAULT 0;" /* 0: never */
    "ALTER TABLE invitations ADD COLUMN shown INTEGER NOT NULL DEFAULT 1;"
    "CREATE INDEX users_listed ON users(created_at, id);"
    "CREATE INDEX organizations_listed ON organizations(created_at, id);"
    "CREATE INDEX organizations_name ON organizations(name);"
    /* The row without a user is written when nobody has the address that was asked for. */
    "CREATE TABLE recoveries ("
    " id TEXT PRIMARY KEY,"
    " user_id TEXT REFERENCES users(id),"
    " secret_hash BLOB NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX recoveries_user ON recoveries(user_id, created_at);"
    "CREATE INDEX recoveries_old ON recoveries(created_at);"
    "CREATE TABLE teams ("
    " id TEXT PRIMARY KEY,"
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " slug TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " UNIQUE (organization_id, slug)) WITHOUT ROWID;"
    "CREATE INDEX teams_listed ON teams(organization_id, created_at, id);"
    "CREATE TABLE team_members ("
    " organization_id TEXT NOT NULL,"
    " user_id TEXT NOT NULL,"
    " team_id TEXT NOT NULL REFERENCES teams(id),"
    " PRIMARY KEY (organization_id, user_id, team_id),"
    " FOREIGN KEY (organization_id, user_id) REFERENCES members(organization_id, user_id))"
    " WITHOUT ROWID;"
    "CREATE INDEX team_members_of ON team_members(team_id, user_id);"
    "CREATE INDEX invitations_for ON invitations(email);"
    /* For the erasure of a person. */
    "CREATE INDEX events_actor ON events(actor, organization_id, at, id);"
    "CREATE INDEX events_subject ON events(subject, id);"
    "CREATE INDEX events_invited ON events(subject_name COLLATE NOCASE)"
    " WHERE action >= 'invitation.' AND action < 'invitation/';",

    /* An index for each listing, filter and count (tests/orgd/plans.c). */
    "CREATE INDEX events_at ON events(organization_id, at, id);"
    "CREATE INDEX events_action ON events(organization_id, action, at, id);"
    "DROP INDEX members_owners;"
    "CREATE INDEX members_role ON members(organization_id, role, active, revision);"
    "CREATE INDEX invitations_listed ON invitations(organization_id, created_at, id);"
    "CREATE INDEX invitations_end ON invitations(organization_id, expires_at);"
    "CREATE INDEX invitations_role ON invitations(organization_id, role, expires_at);"
    "CREATE INDEX invitations_maker ON invitations(organization_id, maker, expires_at);"
    "CREATE INDEX join_codes_end ON join_codes(organization_id, expires_at);"
    "CREATE INDEX join_codes_role ON join_codes(organization_id, role);"
    "CREATE INDEX join_codes_maker ON join_codes(organization_id, maker);"
    "DROP INDEX tokens_maker;"
    "CREATE INDEX tokens_maker ON tokens(organization_id, maker, created_at, key);"
    "CREATE INDEX tokens_role ON tokens(organization_id, role);"
    "CREATE INDEX tokens_end ON tokens(organization_id, expires_at);"
    "CREATE INDEX tokens_user_end ON tokens(user_id, expires_at);"
    /* The first user may create organizations, and who has created one and still owns it. A file
     * of the first version has no events: there, the first owner has. */
    "ALTER TABLE users ADD COLUMN may_create INTEGER NOT NULL DEFAULT 0;"
    "UPDATE users SET may_create = 1 WHERE created_at = (SELECT min(created_at) FROM users)"
    " OR id IN (SELECT m.user_id FROM members m WHERE m.role = 'owner' AND m.active = 1 AND"
    " m.user_id = ifnull((SELECT e.actor FROM events e WHERE e.organization_id = m.organization_id"
    " AND e.action = 'organization.create'), (SELECT f.user_id FROM members f"
    " WHERE f.organization_id = m.organization_id ORDER BY f.joined_at LIMIT 1)));",

    /* What is written often goes behind what is there, in as few pages as possible. */
    "DROP INDEX join_codes_end;"
    "CREATE INDEX join_codes_end ON join_codes(organization_id, expires_at) WHERE expires_at > 0;"
    "DROP INDEX join_codes_role;"
    "CREATE INDEX join_codes_role ON join_codes(organization_id, role, created_at);"
    "DROP INDEX join_codes_maker;"
    "CREATE INDEX join_codes_maker ON join_codes(organization_id, maker, created_at);"
    "DROP INDEX tokens_role;"
    "CREATE INDEX tokens_role ON tokens(organization_id, role, created_at);"
    "DROP INDEX tokens_end;"
    "CREATE INDEX tokens_end ON tokens(organization_id, expires_at) WHERE expires_at > 0;"
    "DROP INDEX tokens_user_end;"
    "CREATE INDEX tokens_user_end ON tokens(user_id, expires_at) WHERE expires_at > 0;"
    "DROP INDEX events_subject;"
    "CREATE INDEX events_subject ON events(subject, id)"
    " WHERE subject >= 'usr_' AND subject < 'usr`';"
    /* What a quota counts is not counted anew each time. */
    "ALTER TABLE organizations ADD COLUMN invitation_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE organizations ADD COLUMN join_code_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE organizations ADD COLUMN token_count INTEGER NOT NULL DEFAULT 0;"
#define COUNTED(table, column)                                                                     \
    "UPDATE organizations SET " column " = (SELECT count(*) FROM " table                           \
    " WHERE organization_id = organizations.id);"                                                  \
    "CREATE TRIGGER " table "_more AFTER INSERT ON " table                                         \
    " BEGIN UPDATE organizations SET " column " = " column " + 1"                                  \
    " WHERE id = NEW.organization_id; END;"                                                        \
    "CREATE TRIGGER " table "_fewer AFTER DELETE ON " table                                        \
    " BEGIN UPDATE organizations SET " column " = " column " - 1"                                  \
    " WHERE id = OLD.organization_id; END;"
    COUNTED("invitations", "invitation_count") COUNTED("join_codes", "join_code_count")
        COUNTED("tokens", "token_count")
    /* What goes through many rows is done in slices (chores.c): until then the rows of a deleted
     * organization or team are there, and nobody sees them. */
    "ALTER TABLE organizations ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0;" /* 0: not */
    "CREATE INDEX organizations_deleted ON organizations(deleted_at) WHERE deleted_at > 0;"
    "ALTER TABLE teams ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0;" /* 0: not */
    "CREATE INDEX teams_deleted ON teams(deleted_at) WHERE deleted_at > 0;"
    "CREATE TABLE touches ("
    " id INTEGER PRIMARY KEY,"
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " role TEXT NOT NULL,"        /* of the members who get another revision, or '' */
    " team_id TEXT NOT NULL,"     /* or the team that they are in, or '' */
    " revision INTEGER NOT NULL," /* of the role's, those up to it are to be done */
    " after TEXT NOT NULL);"      /* of the team's, those up to it are done */
    "CREATE INDEX touches_organization ON touches(organization_id);"
    /* Of two users with one key each has it: nobody can take another's from him. */
    "CREATE TABLE ssh_keys ("
    " user_id TEXT NOT NULL REFERENCES users(id),"
    " fingerprint TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " blob TEXT NOT NULL," /* in base64 */
    " comment TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL," /* 0: never */
    " PRIMARY KEY (user_id, fingerprint)) WITHOUT ROWID;",

    /* Which ssh keys of its members an organization takes. */
    "ALTER TABLE organizations ADD COLUMN key_admins INTEGER NOT NULL DEFAULT 0;" /* given alone */
    "ALTER TABLE organizations ADD COLUMN key_days INTEGER NOT NULL DEFAULT 0;"   /* 0: any */
    "ALTER TABLE organizations ADD COLUMN key_security INTEGER NOT NULL DEFAULT 0;" /* sk- alone */
    /* A key that was removed leaves its row: it is as old as it is when it comes back. */
    "CREATE TABLE member_keys ("
    " user_id TEXT NOT NULL REFERENCES users(id),"
    " organization_id TEXT NOT NULL," /* whose administrator gave it; '': the user's own */
    " fingerprint TEXT NOT NULL,"
    " state INTEGER NOT NULL CHECK (state IN (0, 1, 2, 3))," /* enum key_state */
    " type TEXT NOT NULL,"
    " blob TEXT NOT NULL," /* in base64; '' unless it is there */
    " comment TEXT NOT NULL,"
    " created_at INTEGER NOT NULL," /* of the first time */
    " expires_at INTEGER NOT NULL," /* 0: never; of a removed one, when it was */
    " reach INTEGER NOT NULL,"      /* what the giver could give, bits as of role_reach */
    " maker TEXT REFERENCES users(id),"
    " PRIMARY KEY (user_id, organization_id, fingerprint)) WITHOUT ROWID;"
    "INSERT INTO member_keys SELECT user_id, '', fingerprint, 0, type, blob, comment, created_at,"
    " expires_at, 0, NULL FROM ssh_keys;"
    "DROP TABLE ssh_keys;"
    "ALTER TABLE member_keys RENAME TO ssh_keys;"
    "CREATE INDEX ssh_keys_given ON ssh_keys(organization_id, maker) WHERE organization_id > '';",

    /* The hosts that an organization knows, by the code that each was let in with. */
    "CREATE TABLE machines ("
    " id TEXT PRIMARY KEY,"
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " name TEXT NOT NULL,"
    " labels TEXT NOT NULL,"
    " ca TEXT NOT NULL,"          /* in PEM, for the machine; '': the system's */
    " secret_hash BLOB NOT NULL," /* of the code, also of one that was used */
    " created_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL," /* of the code; 0: it was used */
    " enrolled_at INTEGER NOT NULL,"
    " enrolled_from TEXT NOT NULL,"
    " refused INTEGER NOT NULL," /* uses of a used code */
    " refused_at INTEGER NOT NULL,"
    " refused_from TEXT NOT NULL,"
    " maker TEXT REFERENCES users(id)," /* of the code */
    " UNIQUE (organization_id, name)) WITHOUT ROWID;"
    "CREATE INDEX machines_listed ON machines(organization_id, created_at, id);"
    "CREATE INDEX machines_end ON machines(organization_id, expires_at) WHERE enrolled_at = 0;"
    "ALTER TABLE organizations ADD COLUMN machine_count INTEGER NOT NULL DEFAULT 0;" COUNTED(
        "machines",
        "machine_count") "ALTER TABLE tokens ADD COLUMN machine TEXT NOT NULL DEFAULT '';" /* whose
                                                                                              it is
                                                                                              alone
                                                                                            */
                         "CREATE INDEX tokens_machine ON tokens(machine, created_at, key) WHERE machine > '';",

    /* Machines that share a token, the numbers of a fleet, and of the last break-glass that stands
     * in the audit log the begin and when it was written. */
    "ALTER TABLE machines ADD COLUMN shared_at INTEGER NOT NULL DEFAULT 0;" /* seen last */
    "ALTER TABLE machines ADD COLUMN shared_from TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE machines ADD COLUMN numbers TEXT NOT NULL DEFAULT '';" /* as for the machine */
    "ALTER TABLE machines ADD COLUMN glass_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE machines ADD COLUMN glass_told_at INTEGER NOT NULL DEFAULT 0;"
    /* A role that ends, and the one that its holder has then. */
    "ALTER TABLE members ADD COLUMN role_ends_at INTEGER NOT NULL DEFAULT 0;" /* 0: never */
    "ALTER TABLE members ADD COLUMN role_after TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX members_ends ON members(role_ends_at) WHERE role_ends_at > 0;"
    "CREATE INDEX members_after ON members(organization_id, role_after, active, revision)"
    " WHERE role_ends_at > 0;"
    /* With what people sign in to the page; it proves what its maker's token did. */
    "CREATE TABLE passkeys ("
    " id TEXT PRIMARY KEY," /* the credential's, in base64url */
    " user_id TEXT NOT NULL REFERENCES users(id),"
    " name TEXT NOT NULL,"
    " public_key TEXT NOT NULL," /* as the authenticator gave it, in base64url */
    " counter INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " used_at INTEGER NOT NULL,"
    " used_from TEXT NOT NULL,"
    " proved_at INTEGER NOT NULL,"
    " proved_in TEXT NOT NULL,"
    " proved_in_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX passkeys_user ON passkeys(user_id, created_at, id);"
    /* Programs that wait for a person's approval on the page. */
    "CREATE TABLE device_grants ("
    " id TEXT PRIMARY KEY,"
    " secret_hash BLOB NOT NULL," /* of the device code */
    " user_code TEXT NOT NULL,"
    " host TEXT NOT NULL,"   /* as the program calls its machine */
    " origin TEXT NOT NULL," /* from where it asks */
    " created_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL,"
    " poll_at INTEGER NOT NULL," /* when the program is expected to ask again */
    " poll_ms INTEGER NOT NULL," /* the pause that it was told to make */
    " state INTEGER NOT NULL,"
    " token TEXT NOT NULL," /* the key of what an approval made; "" */
    " UNIQUE (user_code)) WITHOUT ROWID;"
    "CREATE INDEX device_grants_end ON device_grants(expires_at);"
    /* Who may log in where. */
    "CREATE TABLE access_rules ("
    " id TEXT PRIMARY KEY,"
    " organization_id TEXT NOT NULL REFERENCES organizations(id),"
    " role TEXT NOT NULL,"     /* or '' */
    " team_id TEXT NOT NULL,"  /* or '' */
    " labels TEXT NOT NULL,"   /* '': all machines */
    " services TEXT NOT NULL," /* '': all */
    " created_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX access_rules_listed ON access_rules(organization_id, created_at, id);"
    "ALTER TABLE organizations ADD COLUMN access_count INTEGER NOT NULL DEFAULT 0;" COUNTED(
        "access_rules",
        "access_count") "ALTER TABLE organizations ADD COLUMN access_revision INTEGER NOT NULL DEFAULT 0;"
                        "ALTER TABLE organizations ADD COLUMN show_machines INTEGER NOT NULL DEFAULT 0;"
                        /* The answers to changes that clients gave a key of their own. */
                        "CREATE TABLE answers ("
                        " scope TEXT NOT NULL," /* the organization's id, or the token's key */
                        " key TEXT NOT NULL,"   /* the client's */
                        " token TEXT NOT NULL REFERENCES tokens(key) ON DELETE CASCADE,"
                        " sealed TEXT NOT NULL," /* for the holder of the token's secret */
                        " created_at INTEGER NOT NULL,"
                        " PRIMARY KEY (scope, key)) WITHOUT ROWID;"
                        "CREATE INDEX answers_token ON answers(token, created_at);"
                        "CREATE INDEX answers_old ON answers(created_at);"
                        /* There is one permission more, and the owner's bit is the one behind it
                           (role_reach). */
                        "UPDATE ssh_keys SET reach = 63 WHERE reach & 16;"
                        /* An organization whose members another one's API lists: how it is read,
                           with files for what is secret; and what came of it. */
                        "CREATE TABLE mirrors ("
                        " organization_id TEXT PRIMARY KEY REFERENCES organizations(id),"
                        " provider TEXT NOT NULL,"
                        " url TEXT NOT NULL," /* '': the vendor's own */
                        " token_file TEXT NOT NULL,"
                        " ca_file TEXT NOT NULL,"   /* '': the system's */
                        " proxy TEXT NOT NULL,"     /* '': none */
                        " options TEXT NOT NULL,"   /* NAME=VALUE, with line feeds behind them */
                        " hook_file TEXT NOT NULL," /* the webhook's secret; '': there is none */
                        " poll_ms INTEGER NOT NULL,"
                        " turn INTEGER NOT NULL,"      /* of the reading that began last */
                        " applied INTEGER NOT NULL,"   /* of the one that counts */
                        " read_at INTEGER NOT NULL,"   /* when that began, 0: never */
                        " failed_at INTEGER NOT NULL," /* since when it fails, 0: it does not */
                        " failure TEXT NOT NULL) WITHOUT ROWID;"
                        /* Its members, and those who have left. */
                        "CREATE TABLE mirrored ("
                        " organization_id TEXT NOT NULL REFERENCES organizations(id),"
                        " member_id TEXT NOT NULL," /* the source's */
                        " revision INTEGER NOT NULL,"
                        " there INTEGER NOT NULL CHECK (there IN (0, 1)),"
                        " record TEXT NOT NULL," /* JSON as hosts get it, but for the keys */
                        " keys TEXT NOT NULL,"   /* a JSON array; '': not read yet */
                        " PRIMARY KEY (organization_id, member_id)) WITHOUT ROWID;"
                        "CREATE UNIQUE INDEX mirrored_changes ON mirrored(organization_id, revision);"
                        "CREATE INDEX mirrored_there ON mirrored(organization_id, revision)"
                        " WHERE there = 1;"
                        /* What is added is counted without a trigger. */
                        "DROP TRIGGER invitations_more; DROP TRIGGER join_codes_more; DROP TRIGGER tokens_more;"
                        "DROP TRIGGER machines_more; DROP TRIGGER access_rules_more;"
    /* Only a role of the organization's own is looked for, before it goes. */
    OWN_ROLE_INDEX("invitations", "expires_at") OWN_ROLE_INDEX("join_codes", "created_at")
        OWN_ROLE_INDEX("tokens", "created_at"),
};

/* Every connection's. What is deleted is overwritten where that costs no other page. */
#define CONNECTION                                                                                 \
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST; PRAGMA temp_store = MEMORY"

static_assert(sizeof versions / sizeof *versions == SCHEMA_VERSION, "schema.h has the newest");

static bool execute(sqlite3 *db, const char *path, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    log_error("%s: %s", path, sqlite3_errmsg(db));
    return false;
}

/* The integer that the one-row query TEXT answers, -1 when it fails. */
static int64_t query_number(sqlite3 *db, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return number;
}

static bool schema_migrate(sqlite3 *db, const char *path, int64_t from)
{
    char done[48];
    bool good = execute(db, path, "BEGIN IMMEDIATE");
    for (int64_t v = from; good && v < SCHEMA_VERSION; v++)
        good = execute(db, path, versions[v]);
    snprintf(done, sizeof done, "PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);
    if (good && execute(db, path, done))
        return true;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

int64_t schema_version(sqlite3 *db, const char *path)
{
    int64_t version = query_number(db, "PRAGMA user_version");
    if (version > SCHEMA_VERSION) {
        log_error("%s: %s", path, "was written by a newer orgd");
        return -1;
    }
    if (version > 0 ||
        (version == 0 && query_number(db, "SELECT count(*) FROM sqlite_master") == 0))
        return version;
    log_error("%s: %s", path, version < 0 ? sqlite3_errmsg(db) : "is not a data file of orgd");
    return -1;
}

bool schema_current(sqlite3 *db, const char *path)
{
    int64_t version = schema_version(db, path);
    if (version == SCHEMA_VERSION) /* the operator erases people: nothing of them is left */
        return execute(db, path, CONNECTION "; PRAGMA secure_delete = ON");
    if (version >= 0)
        log_error("%s: has schema version %d; start orgd once, which migrates it to %d", path,
                  (int)version, SCHEMA_VERSION);
    return false;
}

bool schema_prepare(sqlite3 *db, const char *path)
{
    if (!execute(db, path, "PRAGMA journal_mode = WAL") || !execute(db, path, CONNECTION))
        return false;
    int64_t version = schema_version(db, path);
    return version == SCHEMA_VERSION || (version >= 0 && schema_migrate(db, path, version));
}

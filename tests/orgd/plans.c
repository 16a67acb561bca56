/* How SQLite runs orgd's statements: none looks through a table that can grow, none sorts without a
 * bound, and a page of a listing takes the same work however long the listing is. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "orgd/store/schema.h"
#include "orgd/store/sql.h"
#include "tests/lib/unit.h"

static sqlite3 *db;

#define KEYS "one member's ssh keys, or one key in one user's organizations"

/* The statements that may do so, with the reason. */
static const struct {
    enum statement statement;
    const char *step; /* begins a line of the plan */
    const char *because;
} allowed[] = {
    {USER_ANY, "SCAN users", "it stops at the first row"},
    {ROLE_USED, "SCAN CONSTANT ROW", "a row without a table"},
    {OWNER_COUNT, "SCAN x", "two rows"},
    {USER_COUNT, "SCAN users", "for the operator alone, once"},
    {INVITATION_FOR, "USE TEMP B-TREE", "for the operator: those of one person"},
    {EVENT_PRUNE, "SCAN events", "it stops at its limit"},
    {INVITATION_FOR, "SCAN CONSTANT ROW", "a row without a table"},
    {ERASE_INVITED, "SCAN CONSTANT ROW", "a row without a table"},
    {ROLE_TOUCH, "SCAN", "the rows of a slice, each of which is changed"},
    {ROLE_TOUCH, "USE TEMP B-TREE FOR ORDER BY", "the rows of a slice"},
    {ALL_TOUCH, "SCAN", "the rows of a slice, each of which is changed"},
    {ALL_TOUCH, "USE TEMP B-TREE FOR ORDER BY", "the rows of a slice"},
    {TEAM_TOUCH, "SCAN", "the rows of a slice, each of which is changed"},
    {TEAM_TOUCH, "USE TEMP B-TREE FOR ORDER BY", "the rows of a slice"},
    {TOUCH_NEXT, "SCAN t", "it stops at the first row"},
    {MEMBERSHIP_LIST, "USE TEMP B-TREE FOR ORDER BY", "a user has few: the quota memberships"},
    {MEMBER_LIST, "USE TEMP B-TREE FOR GROUP BY", KEYS},
    {MEMBER_LIST, "USE TEMP B-TREE FOR ORDER BY", KEYS},
    {MEMBER_LIST, "SCAN best", KEYS},
    {MEMBER_CHANGES, "USE TEMP B-TREE FOR GROUP BY", KEYS},
    {MEMBER_CHANGES_EACH, "USE TEMP B-TREE FOR GROUP BY", KEYS},
    {MEMBER_CHANGES_EACH, "USE TEMP B-TREE FOR ORDER BY", KEYS},
    {MEMBER_CHANGES_EACH, "SCAN best", KEYS},
    {MEMBER_CHANGES, "USE TEMP B-TREE FOR ORDER BY", KEYS},
    {MEMBER_CHANGES, "SCAN best", KEYS},
    {KEY_FORGET, "USE TEMP B-TREE FOR ORDER BY", KEYS},
    {KEY_LIST, "USE TEMP B-TREE FOR ORDER BY", KEYS},
    {KEY_LIST_MEMBER, "USE TEMP B-TREE FOR GROUP BY", KEYS},
    {KEY_LIST_MEMBER, "USE TEMP B-TREE FOR ORDER BY", KEYS},
    {KEY_PLACES, "USE TEMP B-TREE FOR GROUP BY", KEYS},
    {KEY_PLACES, "USE TEMP B-TREE FOR ORDER BY", KEYS},
};

static bool step_allowed(enum statement statement, const char *step)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (allowed[i].statement == statement &&
            strncmp(step, allowed[i].step, strlen(allowed[i].step)) == 0)
            return true;
    return false;
}

static bool step_costs(const char *step)
{
    return strncmp(step, "SCAN", 4) == 0 || strstr(step, "TEMP B-TREE") ||
           strstr(step, "AUTOMATIC") || strstr(step, "MULTI-INDEX OR");
}

/* The number of STATEMENT's steps that cost more with each row that there is. */
static int plan_faults(enum statement statement)
{
    char text[8192];
    sqlite3_stmt *plan = NULL;
    int faults = 0;
    if (!statement_sql[statement])
        return 0;
    snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", statement_sql[statement]);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        if (!step_costs(step) || step_allowed(statement, step))
            continue;
        print_message("# %s\n#   %s\n", statement_sql[statement], step);
        faults++;
    }
    sqlite3_finalize(plan);
    return faults;
}

static void test_no_statement_scans(void **state)
{
    (void)state;
    int faults = 0;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        faults += plan_faults((enum statement)i);
    assert_int_equal(faults, 0);
}

#define ROWS "20000"
#define STEPS_MOST                                                                                 \
    3000 /* of SQLite's machine for two rows; a look at each of ROWS takes many times              \
            that */

/* An organization o with ROWS of everything, of which few match a filter, and a user u in it. */
static const char rows[] =
    "INSERT INTO organizations (id, name, created_at, revision) VALUES ('o', 'O', 1, 1);"
    "INSERT INTO users (id, email, username, name, created_at) VALUES ('u', 'u@x', 'u', 'U', 1);"
    "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < " ROWS ") SELECT i FROM n;"
    "INSERT INTO events (at, organization_id, actor, actor_name, action, subject, subject_name,"
    " detail, origin, request) SELECT i, 'o', '', '', 'join-code.create', '', '', '', '', ''"
    " FROM n;"
    "INSERT INTO invitations (id, organization_id, email, role, secret_hash, created_at,"
    " expires_at) SELECT 'i' || i, 'o', i || '@x', 'member', x'', i, i + 1000000 FROM n;"
    "INSERT INTO join_codes (id, organization_id, role, max_uses, uses, secret_hash, created_at)"
    " SELECT 'c' || i, 'o', 'member', 0, 0, x'', i FROM n;"
    "INSERT INTO machines SELECT 'h' || i, 'o', 'h' || i, '', '', x'', i, i, i % 2, '', 0, 0, '',"
    " NULL, 0, '', '', 0, 0 FROM n;"
    "INSERT INTO tokens (key, secret_hash, last_four, user_id, organization_id, role, name, test,"
    " created_at, machine) SELECT 't' || i, x'', '', iif(i % 2, 'u', NULL),"
    " iif(i % 2, NULL, 'o'), 'member', '', 0, i, iif(i % 2, '', 'h' || i) FROM n;"
    "INSERT INTO users (id, email, username, name, created_at) SELECT 'u' || i, 'u' || i || '@x',"
    " 'u' || i, 'U', i FROM n;"
    "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision)"
    " SELECT 'o', 'u' || i, 'member', 1, i, i FROM n;";

/* What ?1 to ?6 are, a letter each: o, m, x texts; 0, 2 numbers; + the greatest number. */
static void bind(sqlite3_stmt *stmt, const char *values)
{
    for (int i = 0; values[i]; i++) {
        char text[2] = {values[i], '\0'};
        if (values[i] >= '0' && values[i] <= '9')
            sqlite3_bind_int64(stmt, i + 1, values[i] - '0');
        else if (values[i] == '+')
            sqlite3_bind_int64(stmt, i + 1, INT64_MAX);
        else
            sqlite3_bind_text(stmt, i + 1, text, 1, SQLITE_TRANSIENT);
    }
}

static void test_work_is_bounded(void **state)
{
    (void)state;
    static const struct {
        enum statement statement;
        const char *values;
    } pages[] = {
        {EVENT_LIST, "o0++2"},      {EVENT_LIST_ACTION, "o0++2x"},
        {INVITATION_LIST, "o0020"}, {INVITATION_MADE, "o0x"},
        {JOIN_CODE_LIST, "o002"},   {JOIN_CODE_MADE, "ox"},
        {JOIN_CODE_PRUNE, "o9"},    {TOKEN_LIST, "o002"},
        {TOKEN_LIST_USER, "u002"},  {TOKEN_MADE, "ox"},
        {TOKEN_PRUNE, "o9"},        {TOKEN_PRUNE_USER, "u9"},
        {INVITATION_PRUNE, "o9"},   {INVITATION_REPLACE, "ox"},
        {ROLE_USED, "ox0"},         {MEMBER_LIST, "o002"},
        {MEMBER_CHANGES, "o02"},    {MEMBERSHIP_LIST, "u+"},
        {TOKEN_MAKER_LEFT, "ox"},   {ROLE_TOUCH, "om92"},
        {ALL_TOUCH, "o92"},         {TEAM_TOUCH, "ox02"},
        {INVITATION_COUNT, "o9"},   {JOIN_CODE_COUNT, "o9"},
        {TOKEN_COUNT, "o9"},        {OWNER_COUNT, "o"},
        {KEY_GIVEN_COUNT, "ox"},    {MACHINE_LIST, "o002"},
        {MACHINE_BY_NAME, "ox"},    {MACHINE_PRUNE, "o2"},
        {MACHINE_COUNT, "o2"},      {TOKEN_MACHINE, "x"},
        {TERM_OVER, "9"},
    };
    assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        sqlite3_stmt *stmt = NULL;
        const char *text = statement_sql[pages[i].statement];
        assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
        bind(stmt, pages[i].values);
        while (sqlite3_step(stmt) == SQLITE_ROW)
            ;
        int steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
        if (steps > STEPS_MOST)
            print_message("# %d steps: %s\n", steps, text);
        assert_in_range(steps, 1, STEPS_MOST);
        sqlite3_finalize(stmt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_statement_scans),
        cmocka_unit_test(test_work_is_bounded),
    };
    if (sqlite3_open(":memory:", &db) != SQLITE_OK || !schema_prepare(db, ":memory:"))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite3_close(db);
    return failed;
}

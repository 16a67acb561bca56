/* Answers of an organization, as the keeper takes them from the pipe: whose sessions are due after
 * them, and after a restart. */
#include <string.h>

#include "common/clock.h"
#include "orgsyncd/intake.h"
#include "tests/lib/quiet_log.h"
#include "tests/lib/unit.h"

#define MINUTE 60000

static struct config config = {
    .org = {{.name = (char *)"acme", .id = (char *)"org_1"}},
    .org_count = 1,
    .range_first = 200000,
    .range_last = 1999999999,
    .name = (char *)"%u",
    .private_groups = true,
    .home = (char *)"/home/%u",
    .shell = (char *)"/bin/sh",
    .sessions = {.on_removal = SESSIONS_END},
};
static char dir[] = "/tmp/orglogin-departures.XXXXXX", path[64];
static struct organizations orgs;
static struct publisher publisher;
static struct confirm_server server;
static struct sessions sessions;
static struct intake intake = {&orgs, &publisher, &server, &sessions};
static uint64_t request;

/* In place of common/clock.c. */
static int64_t now = 1000000;
int64_t clock_mono_ms(void)
{
    return now;
}
int64_t clock_wall_ms(void)
{
    return 1700000000000 + now;
}
int64_t clock_coarse_ms(void)
{
    return now;
}

static void start_keeper(void)
{
    orgs = (struct organizations){.config = &config, .count = 1};
    publisher = (struct publisher){.orgs = &orgs, .mode = KEEPER_CHECK};
    server = (struct confirm_server){
        .listen_fd = {-1, -1, -1}, .orgs = &orgs, .publisher = &publisher, .sessions = &sessions};
    sessions = (struct sessions){.orgs = &orgs, .publisher = &publisher};
    orgs.ledger = ledger_open(path, LEDGER_FILE);
    assert_non_null(orgs.ledger);
    orgs.org[0] = (struct org_state){.config = &config.org[0], .pipe = -1};
    assert_int_equal(ledger_load(orgs.ledger, "org_1", &orgs.org[0].roster), 0);
    sessions_load(&sessions, &orgs.org[0]);
    request = 0;
}

static void end_keeper(void)
{
    roster_free(&orgs.org[0].roster);
    listing_begin(&orgs.org[0].incoming, LISTING_CHANGES);
    merge_free(&orgs.org[0].merge);
    newcomers_free(&publisher.newcomers);
    ledger_close(orgs.ledger);
}

static void give(const void *message, size_t size)
{
    assert_int_equal(intake_take(&intake, &orgs.org[0], message, size), 0);
    while (intake_is_merging(&orgs.org[0]))
        assert_int_equal(intake_merge(&intake, &orgs.org[0]), 0);
}

static void give_header(enum pipe_type type, uint32_t flags)
{
    struct pipe_header header = {
        .type = type, .flags = flags, .started_ms = now, .request = request};
    give(&header, sizeof header);
}

static void give_member(char letter, enum member_state state)
{
    char message[PIPE_MAX], id[] = "usr_x", name[] = "x-member";
    const char *why;
    id[4] = name[0] = letter;
    struct pipe_member m = {
        .state = state, .id = id, .email = "", .username = name, .display = "", .roles = {"r", 1}};
    give(message, pipe_encode_member(message, request, &m, &why));
}

/* An answer with FLAGS: the members of PRESENT are active, those of REMOVED and SUSPENDED are that.
 */
static void answer(bool complete, uint32_t flags, const char *present, const char *removed,
                   const char *suspended)
{
    request++;
    give_header(PIPE_BEGIN, 0);
    if (complete)
        give_header(PIPE_RESET, 0);
    for (; *present; present++)
        give_member(*present, MEMBER_ACTIVE);
    for (; *removed; removed++)
        give_member(*removed, MEMBER_REMOVED);
    for (; *suspended; suspended++)
        give_member(*suspended, MEMBER_SUSPENDED);
    give_header(PIPE_COMMIT, flags | PIPE_ROUND_TRIP);
}

static enum departure_state state_of(char letter)
{
    char id[] = "usr_x";
    id[4] = letter;
    const struct roster_member *m = roster_find(&orgs.org[0].roster, id);
    assert_non_null(m);
    return m->departure.state;
}

static bool is_due(void)
{
    return orgs.org[0].sessions.due_ms <= now;
}

static int begin(void **state)
{
    (void)state;
    unlink(path);
    start_keeper();
    answer(true, 0, "abcdefghi", "", "");
    assert_false(is_due());
    return 0;
}
static int end(void **state)
{
    (void)state;
    end_keeper();
    return 0;
}

#define REPORTS (PIPE_CONTINUES | PIPE_CHANGES) /* what is named by an API that reports changes */

static void named_by_a_change(void **state)
{
    (void)state;
    answer(false, REPORTS, "", "a", "b");
    assert_int_equal(state_of('a'), DEPARTURE_DUE);
    assert_int_equal(state_of('b'), DEPARTURE_DUE);
    assert_true(is_due());
    assert_int_equal(sessions_due(&sessions), now);
    end_keeper();
    start_keeper();
    assert_int_equal(state_of('a'), DEPARTURE_DUE);
    assert_true(is_due());
    answer(true, 0, "abcdefghi", "", "");
    assert_int_equal(state_of('a'), DEPARTURE_NONE);
    end_keeper();
    start_keeper();
    assert_int_equal(state_of('a'), DEPARTURE_NONE);
    assert_false(is_due());
}

/* Who leaves again does not wait for the second look of the first time. */
static void leaves_again(void **state)
{
    (void)state;
    answer(false, REPORTS, "", "a", "");
    struct roster_member *m = roster_find(&orgs.org[0].roster, "usr_a");
    m->again_ms = now + MINUTE;
    m->warned = true;
    answer(false, REPORTS, "a", "", "");
    answer(false, REPORTS, "", "a", "");
    m = roster_find(&orgs.org[0].roster, "usr_a");
    assert_int_equal(m->departure.state, DEPARTURE_DUE);
    assert_int_equal(m->again_ms, 0);
    assert_false(m->warned);
}

/* The first listing of a server that was put back ends nothing; a later one may, of whom it names.
 */
static void another_history(void **state)
{
    (void)state;
    answer(true, PIPE_CHANGES, "abcdef", "g", "h");
    assert_int_equal(state_of('g'), DEPARTURE_NOTED);
    assert_int_equal(state_of('h'), DEPARTURE_NOTED);
    assert_int_equal(state_of('i'), DEPARTURE_NOTED);
    now += MINUTE - 1;
    answer(true, REPORTS, "abcdef", "g", "h");
    assert_int_equal(state_of('g'), DEPARTURE_NOTED);
    now += 1;
    answer(true, REPORTS, "abcdef", "g", "h");
    assert_int_equal(state_of('g'), DEPARTURE_DUE);
    assert_int_equal(state_of('h'), DEPARTURE_DUE);
    assert_int_equal(state_of('i'), DEPARTURE_NOTED);
}

/* An API that only lists members: also when it says that the list is what it was. */
static void left_out(void **state)
{
    (void)state;
    answer(true, PIPE_CONTINUES, "abcdefgh", "", "");
    assert_int_equal(state_of('i'), DEPARTURE_NOTED);
    now += MINUTE;
    answer(false, PIPE_CONTINUES, "", "", "");
    assert_int_equal(state_of('i'), DEPARTURE_DUE);
    assert_int_equal(state_of('a'), DEPARTURE_NONE);
    assert_int_equal(orgs.org[0].roster.present, 8);
}

/* A restart begins another history, and so does a listing that was not taken. */
static void restart(void **state)
{
    (void)state;
    answer(true, PIPE_CONTINUES, "abcdefgh", "", "");
    end_keeper();
    start_keeper();
    assert_int_equal(state_of('i'), DEPARTURE_NOTED);
    now += MINUTE;
    answer(true, 0, "abcdefg", "", "");
    assert_int_equal(state_of('i'), DEPARTURE_NOTED);
    assert_int_equal(state_of('h'), DEPARTURE_NOTED);
    now += MINUTE;
    answer(true, 0, "", "", "");
    answer(true, PIPE_CONTINUES, "abcdef", "g", "");
    assert_int_equal(state_of('i'), DEPARTURE_NOTED);
    assert_int_equal(state_of('g'), DEPARTURE_NOTED);
    now += MINUTE;
    answer(true, PIPE_CONTINUES, "abcdef", "", "");
    assert_int_equal(state_of('i'), DEPARTURE_DUE);
    assert_int_equal(state_of('g'), DEPARTURE_DUE);
}

/* The sessions of the sixth wait, after a restart as well. */
static void measure(void **state)
{
    (void)state;
    answer(false, REPORTS, "", "abc", "");
    end_keeper();
    start_keeper();
    answer(true, PIPE_CHANGES, "defghi", "abc", "");
    answer(false, REPORTS, "", "def", "");
    assert_int_equal(state_of('e'), DEPARTURE_DUE);
    assert_int_equal(state_of('f'), DEPARTURE_WAITING);
    assert_int_equal(orgs.org[0].sessions.waiting, 1);
    now += 60 * MINUTE;
    answer(false, REPORTS, "", "g", "");
    assert_int_equal(state_of('g'), DEPARTURE_DUE);
    assert_int_equal(state_of('f'), DEPARTURE_WAITING);
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/ids.db", dir);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(named_by_a_change, begin, end),
        cmocka_unit_test_setup_teardown(leaves_again, begin, end),
        cmocka_unit_test_setup_teardown(another_history, begin, end),
        cmocka_unit_test_setup_teardown(left_out, begin, end),
        cmocka_unit_test_setup_teardown(restart, begin, end),
        cmocka_unit_test_setup_teardown(measure, begin, end),
    };
    need_root();
    int failed = cmocka_run_group_tests_name("departures", tests, NULL, NULL);
    unlink(path);
    rmdir(dir);
    return failed;
}

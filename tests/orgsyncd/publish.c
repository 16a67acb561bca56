/* orgsyncd/publish.c: when there is work to do. */
#include "orgsyncd/publish.h"

#include "common/clock.h"
#include "tests/lib/unit.h"

#define LONG_MS 60000 /* longer than any organization is waited for */

static struct config config = {.org = {{.name = (char *)"acme"}}, .org_count = 1};
static struct organizations orgs = {.config = &config, .count = 1};

/* A publisher that began LONG_MS ago, and one organization that was not tried yet. */
static struct publisher untried(enum keeper_mode mode)
{
    orgs.org[0] = (struct org_state){.config = &config.org[0], .pipe = -1};
    return (struct publisher){.orgs = &orgs, .mode = mode, .begun_ms = clock_mono_ms() - LONG_MS};
}

/* A service goes on without the organization: its time is over. */
static void service(void **state)
{
    (void)state;
    struct publisher p = untried(KEEPER_SERVE);
    assert_true(publisher_due(&p) <= clock_mono_ms());
    assert_int_equal(publisher_run(&p), 0);
    assert_true(p.names_due);
    assert_true(publisher_due(&p) == INT64_MAX);
}

/* --once and --check wait for it, and sleep meanwhile. */
static void single_run(void **state)
{
    (void)state;
    struct publisher once = untried(KEEPER_ONCE), check = untried(KEEPER_CHECK);
    assert_int_equal(publisher_run(&once), 0);
    assert_false(once.names_due);
    assert_true(publisher_due(&once) == INT64_MAX);
    assert_true(publisher_due(&check) == INT64_MAX);
}

/* News is due at once; not while a child publishes, and not before its organization's turn. */
static void news(void **state)
{
    (void)state;
    struct publisher p = untried(KEEPER_SERVE);
    p.names_due = true;
    p.generation = 1;
    assert_true(publisher_due(&p) == INT64_MAX);
    orgs.org[0].waiting.since_ms = clock_mono_ms();
    assert_true(publisher_due(&p) <= clock_mono_ms());
    p.pace[0].due_ms = clock_mono_ms() + LONG_MS;
    assert_true(publisher_due(&p) == p.pace[0].due_ms);
    p.child = 1;
    assert_true(publisher_due(&p) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service),
        cmocka_unit_test(single_run),
        cmocka_unit_test(news),
    };
    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}

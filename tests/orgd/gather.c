/* Changes that become durable together: what one that is undone takes with it. */
#include <stdio.h>
#include <string.h>

#include "orgd/store/store.h"
#include "tests/lib/unit.h"
#include "tests/orgd/scratch.h"

static struct store *store;

static int begin(void **state)
{
    (void)state;
    store = scratch_open("gather");
    assert_non_null(store);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_close(store);
    return 0;
}

static void write_event(const char *action)
{
    struct event event = {.at = 1, .organization = "org_1"};
    snprintf(event.action, sizeof event.action, "%s", action);
    store_event_add(store, &event);
}

static void add_action(const struct event *event, void *arg)
{
    char *all = arg;
    size_t len = strlen(all);
    snprintf(all + len, 64 - len, "%s ", event->action);
}

/* The actions that are stored, the newest first, and forgotten. */
static const char *stored(void)
{
    static char all[64];
    all[0] = '\0';
    assert_true(store_begin_read(store));
    store_all_events(store, "", STORE_FOREVER, 10, add_action, all);
    assert_int_equal(store_commit(store), STORE_DONE);
    assert_true(store_begin_change(store, NULL));
    store_events_prune(store, STORE_FOREVER, 10);
    assert_int_equal(store_commit(store), STORE_DONE);
    return all;
}

/* A change that is kept. */
static void kept(bool (*change)(struct store *, const char *), const char *action)
{
    assert_true(change(store, NULL));
    write_event(action);
    assert_int_equal(store_commit(store), STORE_DONE);
}

static void test_refused_before_it_writes(void **state)
{
    (void)state;
    assert_true(store_gather(store));
    kept(store_begin_checked, "one");
    assert_true(store_begin_checked(store, NULL));
    assert_int_equal(store_rollback(store), STORE_DONE);
    assert_true(store_begin_read(store));
    assert_int_equal(store_rollback(store), STORE_DONE);
    kept(store_begin_checked, "two");
    assert_true(store_settle(store));
    assert_string_equal(stored(), "two one ");
}

static void test_undone_alone(void **state)
{
    (void)state;
    assert_true(store_gather(store));
    kept(store_begin_checked, "one");
    assert_true(store_begin_change(store, NULL));
    write_event("undone");
    assert_int_equal(store_rollback(store), STORE_DONE);
    kept(store_begin_change, "two");
    assert_true(store_settle(store));
    assert_string_equal(stored(), "two one ");
}

static void test_undone_with_the_others(void **state)
{
    (void)state;
    assert_true(store_gather(store));
    kept(store_begin_checked, "one");
    kept(store_begin_change, "two");
    assert_true(store_begin_checked(store, NULL));
    write_event("undone");
    assert_int_equal(store_rollback(store), STORE_DONE);
    assert_false(store_begin_checked(store, NULL));
    assert_int_equal(store_rollback(store), STORE_FAILED);
    assert_false(store_settle(store));
    kept(store_begin_checked, "alone");
    assert_string_equal(stored(), "alone ");
}

static void test_checked_alone(void **state)
{
    (void)state;
    assert_true(store_begin_checked(store, NULL));
    write_event("undone");
    assert_int_equal(store_rollback(store), STORE_DONE);
    kept(store_begin_checked, "one");
    assert_string_equal(stored(), "one ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_before_it_writes), cmocka_unit_test(test_undone_alone),
        cmocka_unit_test(test_undone_with_the_others), cmocka_unit_test(test_checked_alone)};
    return cmocka_run_group_tests(tests, begin, end);
}

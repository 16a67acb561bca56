/* Which answer a host reports as applied: the keeper's word for it, and the fetcher's. */
#include "orgsyncd/fetcher.c"

#include <unistd.h>

#include "orgsyncd/organization.h"
#include "tests/lib/quiet_log.h"
#include "tests/lib/unit.h"

static struct config_org org = {.name = (char *)"acme"};
static struct org_state keeper;
static int ends[2]; /* the keeper's, and the fetcher's */

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    keeper = (struct org_state){.config = &org, .pipe = ends[0]};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* What the fetcher is told: the request, 0 for nothing. */
static uint64_t told(int64_t made_ms)
{
    struct pipe_applied applied = {.header = {.request = 0}};
    char message[PIPE_MAX];
    organization_tell(&keeper, made_ms);
    ssize_t n = recv(ends[1], message, sizeof message, 0);
    if (n > 0)
        assert_true(pipe_decode_applied(message, (size_t)n, &applied));
    return applied.header.request;
}

/* The answer to REQUEST was merged; it CHANGES members, or none. */
static void answered(uint64_t request, bool changes)
{
    keeper.commit = (struct pipe_header){.type = PIPE_COMMIT,
                                         .flags = PIPE_ROUND_TRIP,
                                         .request = request,
                                         .started_ms = (int64_t)request};
    keeper.merge.kind = LISTING_CHANGES;
    keeper.merge.changed = changes;
    keeper.merging_ms = (int64_t)request;
    organization_listed(&keeper, changes ? MERGE_CHANGED : MERGE_UNCHANGED);
}

static void an_answer_is_applied_when_its_snapshot_is_in_force(void **state)
{
    (void)state;
    assert_int_equal(told(7), 0); /* nothing was answered */
    answered(1, true);
    assert_int_equal(told(7), 0);
    organization_carry(&keeper);
    assert_int_equal(told(7), 0);
    answered(2, true); /* while the snapshot with the first one is made */
    organization_carried(&keeper);
    assert_int_equal(told(7), 1);
    assert_int_equal(told(7), 0); /* once */
    answered(3, false);
    assert_int_equal(told(7), 0); /* it counts together with the second one */
    organization_carry(&keeper);
    organization_carried(&keeper);
    assert_int_equal(told(7), 3);
    answered(4, false);
    assert_int_equal(told(7), 4); /* nothing had to be published */
}

static void what_is_held_or_refused_or_in_no_snapshot_is_not_applied(void **state)
{
    (void)state;
    answered(1, false);
    assert_int_equal(told(0), 0); /* there is no snapshot yet */
    keeper.held_count = 1;
    assert_int_equal(told(7), 0);
    keeper.held_count = 0;
    assert_int_equal(told(7), 1);
    keeper.listing = ORG_REFUSED; /* changes behind a refused listing */
    answered(2, true);
    organization_carry(&keeper);
    organization_carried(&keeper);
    assert_int_equal(told(7), 0);
}

static void a_new_fetcher_is_told_of_its_own_answers_alone(void **state)
{
    (void)state;
    answered(5, false);
    assert_int_equal(told(7), 5);
    answered(6, true);
    organization_begin_request(&keeper, 1);
    organization_carry(&keeper);
    organization_carried(&keeper);
    assert_int_equal(told(7), 0);
    answered(5, false); /* its first four had no answer */
    assert_int_equal(told(7), 5);
}

static void a_full_pipe_is_told_later(void **state)
{
    (void)state;
    struct pipe_header question = {.type = PIPE_REFRESH};
    char message[PIPE_MAX];
    answered(1, false);
    while (pipe_try_send(ends[0], &question, NULL) == 0)
        ;
    organization_tell(&keeper, 7);
    while (recv(ends[1], message, sizeof message, 0) > 0)
        ;
    assert_int_equal(told(7), 1);
}

/* --- the fetcher --- */

static struct fetcher fetcher;

static void committed(uint64_t request, int64_t revision)
{
    struct watch_position at = {.revision = revision, .cursor = "x"};
    fetcher.committed[request % COMMITTED] = (struct committed){request, at};
    fetcher.at = at;
}

static int64_t reports(uint64_t request, uint32_t ended)
{
    struct pipe_applied applied = {.header = {.type = PIPE_APPLIED, .request = request},
                                   .ended = ended};
    take_applied(&fetcher, &applied);
    return fetcher.report.at.revision;
}

static void the_fetcher_reports_the_place_of_the_answer(void **state)
{
    (void)state;
    fetcher = (struct fetcher){.requests = 0};
    assert_int_equal(reports(3, 0), 0); /* it knows of no answer */
    assert_false(fetcher.unreported);
    committed(1, 10);
    committed(3, 11); /* the second request failed */
    assert_true(unapplied(&fetcher));
    assert_int_equal(reports(2, 0), 10);
    assert_true(fetcher.unreported && unapplied(&fetcher));
    assert_int_equal(reports(3, 0), 11);
    assert_false(unapplied(&fetcher));
    report_now(&fetcher);
    assert_int_equal(reports(3, 0), 11);
    assert_false(fetcher.unreported); /* it is as it was */
    assert_int_equal(reports(3, 1), 11);
    assert_true(fetcher.unreported); /* but for a session */
    for (uint64_t i = 4; i < 4 + COMMITTED; i++)
        committed(i, 20 + (int64_t)i);
    assert_int_equal(reports(3, 1), 11); /* forgotten: as it was */
    assert_int_equal(reports(4, 1), 24);
    assert_int_equal(reports(1000, 1), 20 + 3 + COMMITTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_applied_when_its_snapshot_is_in_force, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_held_or_refused_or_in_no_snapshot_is_not_applied,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_fetcher_is_told_of_its_own_answers_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_pipe_is_told_later, set_up, tear_down),
        cmocka_unit_test(the_fetcher_reports_the_place_of_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

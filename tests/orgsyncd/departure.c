/* orgsyncd/departure.c: whose sessions end, beside an oracle that looks at the whole history anew
 * for each answer. */
#include "orgsyncd/departure.h"

#include <string.h>

#include "tests/lib/unit.h"

#define MINUTE 60000
#define HOUR   3600000

static const struct text_list admin = {"admin", 1}, member = {"member", 1};
static const struct config_sessions ends = {.on_removal = SESSIONS_END},
                                    keeps = {.on_removal = SESSIONS_KEEP}, unsaid = {0},
                                    spares = {.on_removal = SESSIONS_END,
                                              .except_roles = {"admin", 1}};

static struct departure_judge answer(uint64_t history, bool first, int64_t at_ms)
{
    return (struct departure_judge){.sessions = &ends,
                                    .history = history,
                                    .first = first,
                                    .now_ms = HOUR + at_ms,
                                    .at_ms = at_ms,
                                    .members = 20};
}

/* A member who is named loses his sessions at once, but for the first answer of a history and for
 * one that the brake holds in part. */
static void named(void **state)
{
    (void)state;
    struct departure d = {0}, first = {0}, braked = {0};
    struct departure_judge j = answer(1, false, MINUTE);
    assert_true(departure_named(&j, &d, true, &member));
    assert_int_equal(d.state, DEPARTURE_DUE);
    assert_int_equal(d.ended_ms, j.now_ms);
    j.first = true;
    assert_true(departure_named(&j, &first, true, &member));
    assert_int_equal(first.state, DEPARTURE_NOTED);
    j.first = false;
    j.braked = true;
    assert_true(departure_named(&j, &braked, true, &member));
    assert_int_equal(braked.state, DEPARTURE_NOTED);
    assert_int_equal(j.ended, 1);
}

/* Who is only left out loses them by the second listing, a minute after the first one. */
static void absent(void **state)
{
    (void)state;
    struct departure d = {0};
    struct departure_judge j = answer(1, false, 0);
    departure_absent(&j, &d, true, &member);
    assert_int_equal(d.state, DEPARTURE_NOTED);
    j = answer(1, false, MINUTE - 1);
    assert_false(departure_absent(&j, &d, false, &member));
    j = answer(1, false, MINUTE);
    assert_true(departure_absent(&j, &d, false, &member));
    assert_int_equal(d.state, DEPARTURE_DUE);
    departure_done(&d, j.now_ms);
    assert_false(departure_absent(&j, &d, false, &member));
    assert_true(departure_present(&d));
    assert_int_equal(d.state, DEPARTURE_NONE);
}

/* A listing of another history, and one that the brake holds in part, begin the count anew. */
static void another_history(void **state)
{
    (void)state;
    struct departure d = {0};
    struct departure_judge j = answer(1, false, 0);
    departure_absent(&j, &d, true, &member);
    j = answer(2, true, HOUR);
    departure_absent(&j, &d, false, &member);
    assert_int_equal(d.state, DEPARTURE_NOTED);
    j = answer(2, false, HOUR + MINUTE);
    j.braked = true;
    departure_absent(&j, &d, false, &member);
    assert_int_equal(d.state, DEPARTURE_NOTED);
    j.braked = false;
    departure_absent(&j, &d, false, &member);
    assert_int_equal(d.state, DEPARTURE_DUE);
}

/* An organization that names who left says nothing by leaving somebody out, however often. */
static void silence(void **state)
{
    (void)state;
    struct departure d = {0};
    for (int i = 0; i < 5; i++) {
        struct departure_judge j = answer(1, false, i * HOUR);
        j.names = true;
        departure_absent(&j, &d, i == 0, &member);
        assert_int_equal(d.state, DEPARTURE_NOTED);
    }
}

/* No more than five people, or a tenth, within an hour; the sixth waits until an administrator asks
 * for it. The same person counts once. */
static void measure(void **state)
{
    (void)state;
    struct departure d[7] = {0};
    struct departure_judge j = answer(1, false, 0);
    for (int i = 0; i < 7; i++)
        departure_named(&j, &d[i], true, &member);
    assert_int_equal(d[4].state, DEPARTURE_DUE);
    assert_int_equal(d[5].state, DEPARTURE_WAITING);
    assert_int_equal(j.ended, 5);
    departure_done(&d[0], j.now_ms);
    departure_present(&d[0]);
    departure_named(&j, &d[0], true, &member);
    assert_int_equal(d[0].state, DEPARTURE_DUE);
    assert_int_equal(j.ended, 5);
    j.members = 69;
    departure_present(&d[6]);
    departure_named(&j, &d[6], true, &member);
    assert_int_equal(d[6].state, DEPARTURE_DUE);
    assert_int_equal(d[5].ended_ms, 0);
    assert_true(departure_counts(&d[0], j.now_ms + HOUR - 1));
    assert_false(departure_counts(&d[0], j.now_ms + HOUR));
}

static void configured(void **state)
{
    (void)state;
    const struct {
        const struct config_sessions *sessions;
        const struct text_list *roles;
        enum departure_state want;
    } rows[] = {{&ends, &admin, DEPARTURE_DUE},
                {&keeps, &member, DEPARTURE_KEPT},
                {&unsaid, &member, DEPARTURE_KEPT},
                {&spares, &admin, DEPARTURE_KEPT},
                {&spares, &member, DEPARTURE_DUE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct departure d = {0};
        struct departure_judge j = answer(1, false, 0);
        j.sessions = rows[i].sessions;
        departure_named(&j, &d, true, rows[i].roles);
        assert_int_equal(d.state, rows[i].want);
    }
}

/* --- random histories --- */

#define PEOPLE  12
#define ANSWERS 40

enum evidence { PRESENT, NAMED, ABSENT, NOTHING };

struct said {
    struct departure_judge how;
    enum evidence of[PEOPLE];
};

static bool is_away(enum evidence e)
{
    return e == NAMED || e == ABSENT;
}

/* The answer at which WHO left, when the one at I finds him away; I + 1 when it does not. */
static int left_at(const struct said *said, int who, int i)
{
    int left = i + 1;
    for (int k = i; k >= 0 && said[k].of[who] != PRESENT; k--)
        if (is_away(said[k].of[who]))
            left = k;
    return left;
}

static bool counts(const struct said *s, int who)
{
    return !s->how.braked && (s->of[who] == NAMED || (s->of[who] == ABSENT && !s->how.names));
}

/* True if answer I lets WHO's sessions end, whatever was before. */
static bool ends_at(const struct said *said, int who, int i)
{
    int left = left_at(said, who, i);
    if (left > i || said[i].how.first || !counts(&said[i], who))
        return false;
    if (left == i)
        return said[i].of[who] == NAMED;
    for (int k = left; k < i; k++)
        if (counts(&said[k], who) && said[k].how.history == said[i].how.history &&
            said[i].how.at_ms - said[k].how.at_ms >= DEPARTURE_APART_MS)
            return true;
    return false;
}

/* The first answer since WHO left that ends his sessions is I. */
static bool ends_first_at(const struct said *said, int who, int i)
{
    if (!ends_at(said, who, i))
        return false;
    for (int k = left_at(said, who, i); k < i; k++)
        if (ends_at(said, who, k))
            return false;
    return true;
}

static uint32_t people_within(const int64_t *ended, int64_t now)
{
    uint32_t n = 0;
    for (int who = 0; who < PEOPLE; who++)
        n += ended[who] > 0 && ended[who] > now - HOUR;
    return n;
}

static uint32_t seed;
static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % below;
}

static void make_answer(struct said *said, int i)
{
    struct said *s = &said[i];
    bool another = i == 0 || draw(8) == 0, delta = draw(3) == 0 && !another;
    uint64_t before = i ? said[i - 1].how.history : 0;
    s->how = answer(before + another, false,
                    (i ? said[i - 1].how.at_ms : 0) + (int64_t)draw(4) * 25000 + draw(2) * 900000);
    s->how.names = draw(2);
    s->how.braked = draw(8) == 0;
    s->how.members = draw(2) ? 20 : 80;
    /* A history of which no answer was taken whole has not begun. */
    s->how.first = true;
    for (int k = 0; k < i; k++)
        s->how.first &= said[k].how.history != s->how.history || said[k].how.braked;
    for (int who = 0; who < PEOPLE; who++)
        s->of[who] = delta ? (draw(4)   ? NOTHING
                              : draw(2) ? NAMED
                                        : PRESENT)
                           : (enum evidence)draw(3);
}

static void judge_answer(const struct said *said, int i, struct departure *d, bool *active,
                         int64_t *ended)
{
    struct departure_judge j = said[i].how;
    j.ended = people_within(ended, j.now_ms);
    for (int who = 0; who < PEOPLE; who++) {
        enum evidence e = said[i].of[who];
        enum departure_state before = d[who].state;
        if (e == PRESENT)
            departure_present(&d[who]);
        else if (e == NAMED)
            departure_named(&j, &d[who], active[who], &member);
        else if (e == ABSENT)
            departure_absent(&j, &d[who], active[who], &member);
        active[who] = e == NOTHING ? active[who] : e == PRESENT;
        bool now = d[who].state != before &&
                   (d[who].state == DEPARTURE_DUE || d[who].state == DEPARTURE_WAITING);
        assert_int_equal(now, ends_first_at(said, who, i));
        if (!now)
            continue;
        uint32_t most = j.members / 10 > 5 ? j.members / 10 : 5;
        bool again = ended[who] > 0 && ended[who] > j.now_ms - HOUR;
        bool room = again || people_within(ended, j.now_ms) < most;
        assert_int_equal(d[who].state, room ? DEPARTURE_DUE : DEPARTURE_WAITING);
        if (room && !again)
            ended[who] = j.now_ms;
    }
}

static void random_histories(void **state)
{
    (void)state;
    static struct said said[ANSWERS];
    for (uint32_t round = 0; round < 2000; round++) {
        struct departure d[PEOPLE] = {0};
        bool active[PEOPLE];
        int64_t ended[PEOPLE] = {0};
        seed = round;
        memset(active, true, sizeof active);
        for (int i = 0; i < ANSWERS; i++) {
            make_answer(said, i);
            judge_answer(said, i, d, active, ended);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named),
        cmocka_unit_test(absent),
        cmocka_unit_test(another_history),
        cmocka_unit_test(silence),
        cmocka_unit_test(measure),
        cmocka_unit_test(configured),
        cmocka_unit_test(random_histories),
    };
    return cmocka_run_group_tests_name("departure", tests, NULL, NULL);
}

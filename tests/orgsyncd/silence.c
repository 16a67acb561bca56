/* When the keeper takes a fetcher for silent, and when not: its clock is moved, nobody waits. */
#include "orgsyncd/keeper.c"

#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/lib/quiet_log.h"
#include "tests/lib/unit.h"

static struct config config = {.org = {{.name = (char *)"acme"}, {.name = (char *)"beta"}},
                               .org_count = 2};
static struct keeper_settings settings = {.config = &config, .listen_fd = {-1, -1, -1}};
static struct keeper keeper;

static void set_up(void)
{
    keeper = (struct keeper){.round_ms = clock_mono_ms()};
    connect_parts(&keeper, &settings);
    for (uint32_t i = 0; i < 2; i++)
        keeper.orgs.org[i] = (struct org_state){.config = &config.org[i], .pipe = -1};
}

/* A round of the loop, MS after the one before. */
static void round_after(int64_t ms)
{
    keeper.round_ms = clock_mono_ms() - ms;
    count_silence(&keeper);
}

/* The same until SUM_MS have passed, while the organizations but I go on speaking. */
static void silent_for(uint32_t i, int64_t sum_ms)
{
    for (int64_t passed = 0; passed < sum_ms; passed += 1000) {
        for (uint32_t other = 0; other < keeper.orgs.count; other++)
            if (other != i)
                keeper.orgs.org[other].silent_ms = 0;
        round_after(1000);
    }
}

/* Runs WHAT in a child: the keeper's signals go to its parent. Returns which organizations they
 * were about, one digit each; -1 when WHAT returned false. */
static int told_by(bool (*what)(void))
{
    sigset_t set;
    siginfo_t info;
    struct timespec no_time = {0};
    int status, told = 0;
    sigemptyset(&set);
    sigaddset(&set, KEEPER_SILENT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        set_up();
        _exit(what() ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    while (sigtimedwait(&set, &info, &no_time) == KEEPER_SILENT)
        told = 10 * told + info.si_value.sival_int + 1;
    return status == 0 ? told : -1;
}

static bool is_down(const struct org_state *o)
{
    return o->link == LINK_DOWN;
}

static bool first_is_silent(void)
{
    silent_for(0, PIPE_SILENT_MS - 3000);
    bool early = is_down(&keeper.orgs.org[0]);
    silent_for(0, 4000);
    return !early && is_down(&keeper.orgs.org[0]) && !is_down(&keeper.orgs.org[1]);
}

static bool second_is_silent(void)
{
    silent_for(1, PIPE_SILENT_MS + 1000);
    return !is_down(&keeper.orgs.org[0]) && is_down(&keeper.orgs.org[1]);
}

static bool both_are_silent(void)
{
    for (int i = 0; i < 16; i++)
        round_after(1000);
    return is_down(&keeper.orgs.org[0]) && is_down(&keeper.orgs.org[1]);
}

static void only_the_silent_fetcher_is_reported(void **state)
{
    (void)state;
    assert_int_equal(told_by(first_is_silent), 1);
    assert_int_equal(told_by(second_is_silent), 2);
    assert_int_equal(told_by(both_are_silent), 12); /* both signals, neither is lost */
}

/* A machine that slept an hour, or a keeper that was stopped or busy. */
static bool slept(void)
{
    const int64_t hour = 3600000;
    round_after(hour);
    round_after(hour);
    bool none = !is_down(&keeper.orgs.org[0]) && !is_down(&keeper.orgs.org[1]);
    keeper.orgs.org[0].silent_ms = keeper.orgs.org[1].silent_ms = 0; /* they wake up, too */
    silent_for(UINT32_MAX, 2 * PIPE_SILENT_MS);
    return none && !is_down(&keeper.orgs.org[0]);
}

static void time_asleep_does_not_count_as_silence(void **state)
{
    (void)state;
    assert_int_equal(told_by(slept), 0);
}

static bool again(void)
{
    struct org_state *o = &keeper.orgs.org[0];
    o->asked = true;
    o->link = LINK_HELD;
    silent_for(0, PIPE_SILENT_MS + 1000);
    bool first = o->failures == 1 && !o->asked && o->link == LINK_DOWN &&
                 strcmp(o->failure, KEEPER_SILENCE_TEXT) == 0;
    silent_for(0, 2 * PIPE_SILENT_MS - 5000);
    bool patient = o->failures == 1; /* the next one has twice as long */
    silent_for(0, 6000);
    bool second = o->failures == 2;
    o->failure[0] = '\0'; /* a listing came */
    silent_for(0, PIPE_SILENT_MS + 1000);
    return first && patient && second && o->failures == 3;
}

static void fetcher_silent_again_is_given_twice_the_time(void **state)
{
    (void)state;
    assert_int_equal(told_by(again), 111);
}

/* --- packets --- */

static bool odd_packets(void)
{
    int pair[2];
    struct org_state *o = &keeper.orgs.org[0];
    struct pipe_header alive = {.type = PIPE_ALIVE};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
        return false;
    o->pipe = pair[0];
    o->silent_ms = 1000;
    bool fine = send(pair[1], "", 0, 0) == 0 && pipe_send(pair[1], &alive, NULL) == 0 &&
                intake_read(&keeper.intake, o) == 0 && o->silent_ms == 0;
    fine = fine && send(pair[1], "", 0, 0) == 0 && intake_read(&keeper.intake, o) == 0;
    close(pair[1]);
    return fine && intake_read(&keeper.intake, o) < 0;
}

/* An empty packet is no end of the pipe, which would be everybody's; the end is. */
static void empty_packet_is_not_the_end_of_the_pipe(void **state)
{
    (void)state;
    assert_int_equal(told_by(odd_packets), 0);
}

/* What is full is not waited for. */
static void sending_into_a_full_pipe_does_not_block(void **state)
{
    (void)state;
    int pair[2], sent = 0;
    struct pipe_header failed = {.type = PIPE_FAILED};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    while (sent < 1000000 && pipe_try_send(pair[0], &failed, "full") == 0)
        sent++;
    assert_int_equal(errno, EAGAIN);
    assert_in_range(sent, 1, 999999);
    close(pair[0]);
    close(pair[1]);
}

/* A fetcher answers, and never reads what it is asked: each answer lets the keeper ask again. */
static bool deaf(void)
{
    int pair[2], asked = 0;
    struct org_state *o = &keeper.orgs.org[0];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
        return false;
    o->pipe = pair[0];
    alarm(10); /* of a keeper that blocks */
    do {
        o->asked = false;
        organization_ask(o, asked % 2 == 1 ? PIPE_RELIST : PIPE_REFRESH);
    } while (o->asked && ++asked < 1000000);
    return asked > 0 && !o->asked;
}

/* One that does not read its pipe does not stop the keeper, which is everybody's. */
static void fetcher_that_does_not_read_does_not_block_the_keeper(void **state)
{
    (void)state;
    assert_int_equal(told_by(deaf), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_silent_fetcher_is_reported),
        cmocka_unit_test(time_asleep_does_not_count_as_silence),
        cmocka_unit_test(fetcher_silent_again_is_given_twice_the_time),
        cmocka_unit_test(empty_packet_is_not_the_end_of_the_pipe),
        cmocka_unit_test(sending_into_a_full_pipe_does_not_block),
        cmocka_unit_test(fetcher_that_does_not_read_does_not_block_the_keeper),
    };
    return cmocka_run_group_tests_name("silence", tests, NULL, NULL);
}

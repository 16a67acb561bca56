/*
 * compile [MEMBERS]: a snapshot of MEMBERS (1 000 000) members who have 100 combinations of roles
 * among them, and one of as many who have one each, in turns; the same with teams, of which each is
 * a group: 100 of them, and 5000 of which each member is in ten. All have names and ids by then.
 * What is printed is the compiler's time, with the file and its fsync.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "orgsyncd/compile.h"

#define ROUNDS 3

static struct config config = {
    .org = {{.name = (char *)"acme", .id = (char *)"org_1"}},
    .org_count = 1,
    .group = (struct config_group[2]){{.name = (char *)"acme", .everyone = true},
                                      {.name = (char *)"acme-%t", .each = EACH_TEAM}},
    .group_count = 1,
    .name = (char *)"%u",
    .home = (char *)"/home/%u",
    .shell = (char *)"/bin/bash",
    .group_members = GROUP_MEMBERS_AUTO,
};
static char snapshot_path[64];
static struct group_note group_note[2];
static struct teams teams, roles;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench/compile: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct roster *roster, uint32_t members, uint32_t combinations)
{
    for (uint32_t i = 0; i < members; i++) {
        char id[24], name[24], role[24];
        snprintf(id, sizeof id, "usr_%07" PRIu32, i);
        snprintf(name, sizeof name, "m%07" PRIu32, i);
        snprintf(role, sizeof role, "role-%" PRIu32, i * 7919 % combinations);
        struct pipe_member m = {.state = MEMBER_ACTIVE,
                                .id = id,
                                .email = "",
                                .username = name,
                                .display = "Some One",
                                .roles = {role, 1},
                                .permissions = {"", 0}};
        if (roster_put(roster, roster_member_new(&m)) < 0)
            die("out of memory");
    }
}

#define TEAMS 5000
#define IN    10

/* A member of ten of 5000 teams, or of one of 100. */
static void fill_teams(struct roster *roster, uint32_t members, bool many)
{
    for (uint32_t i = 0; i < members; i++) {
        char id[24], name[24], list[IN * 16], *end = list;
        snprintf(id, sizeof id, "usr_%07" PRIu32, i);
        snprintf(name, sizeof name, "m%07" PRIu32, i);
        for (uint32_t n = 0; n < (many ? IN : 1); n++)
            end += snprintf(end, 16, TEAM_ROLE "%" PRIu32,
                            many ? (i + n * (n + i / TEAMS + 1) * 31) % TEAMS : i % 100) +
                   1;
        struct pipe_member m = {.state = MEMBER_ACTIVE,
                                .id = id,
                                .email = "",
                                .username = name,
                                .display = "Some One",
                                .roles = {list, many ? IN : 1},
                                .permissions = {"", 0}};
        if (roster_put(roster, roster_member_new(&m)) < 0)
            die("out of memory");
    }
}

static void add_teams(void)
{
    for (uint32_t i = 0; i < TEAMS; i++) {
        char id[16];
        snprintf(id, sizeof id, "%" PRIu32, i);
        const struct pipe_team team = {id, id, "", ""};
        if (teams_put(&teams, &team) < 0)
            die("out of memory");
    }
}

static double make(struct roster *roster, struct ledger *ledger)
{
    static uint64_t generation;
    struct compile_result result;
    struct teams *all[] = {&teams}, *every[] = {&roles};
    struct compile_input input = {.config = &config,
                                  .teams = all,
                                  .roles = every,
                                  .ledger = ledger,
                                  .roster = roster,
                                  .group_note = group_note,
                                  .epoch = 1,
                                  .generation = ++generation,
                                  .path = snapshot_path};
    double begun = now();
    if (compile(&input, &result) < 0 || result.active != roster->count)
        die("a snapshot could not be made");
    return now() - begun;
}

static void measure(struct roster roster[2], struct ledger *ledger, const char *what, double bar)
{
    double least[2] = {1e9, 1e9};
    for (int which = 0; which < 2; which++)
        make(&roster[which], ledger); /* names and ids */
    for (int round = 0; round < 2 * ROUNDS; round++) {
        double took = make(&roster[round % 2], ledger);
        if (took < least[round % 2])
            least[round % 2] = took;
    }
    double times = least[1] / least[0];
    printf("%zu members: %s %.2f s and %.2f s: %.2f times", roster[0].count, what, least[0],
           least[1], times);
    if (bar > 0)
        printf(" (bar %.0f: %s)", bar, times <= bar ? "met" : "missed");
    putchar('\n');
    roster_free(&roster[0]);
    roster_free(&roster[1]);
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/orglogin-bench.XXXXXX", ledger_path[64];
    uint32_t members = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    struct roster roster[2] = {0};
    if (!mkdtemp(dir))
        die("there is no directory for the files");
    snprintf(snapshot_path, sizeof snapshot_path, "%s/snapshot", dir);
    snprintf(ledger_path, sizeof ledger_path, "%s/ids.db", dir);
    config.group[0].org = config.group[1].org = config.org[0].name;
    fill(&roster[0], members, 100);
    fill(&roster[1], members, members);
    struct ledger *ledger = ledger_open(ledger_path, LEDGER_FILE);
    if (!ledger)
        die("there is no ledger");
    measure(roster, ledger, "100 combinations of roles, and as many as members,", 3);
    config.group_count = 2;
    add_teams();
    fill_teams(&roster[0], members, false);
    fill_teams(&roster[1], members, true);
    measure(roster, ledger, "in one of 100 teams, and in ten of 5000,", 0);
    teams_free(&teams);
    ledger_close(ledger);
    unlink(snapshot_path);
    unlink(ledger_path);
    return rmdir(dir);
}

/*
 * What pam_org does with a snapshot to decide a login, from its opening to its end: with one access
 * rule, and with 1024 of which the last one admits, for a member with one role and for one in a
 * thousand teams that rules name. In turns; prints medians.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/snapshot_writer.h"

#define ROUNDS 501
#define TEAMS  1000

static char path[64], list[TEAMS * 16];

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench/rules: %s\n", what);
    exit(1);
}

/* A snapshot with COUNT rules and a member who is in TEAMS teams, or has one role. */
static void publish(const char *to, uint32_t count, bool teams)
{
    struct snapshot_settings settings = {.generation = 1, .grace_s = 3600};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct snapshot_grants_spec spec = {.org = snapshot_writer_org(w, "acme", 1, 0, 0),
                                        .roles = {teams ? list : "admin", teams ? TEAMS : 1},
                                        .permissions = {"", 0}};
    struct snapshot_user_spec user = {.uid = 200000,
                                      .gid = 200000,
                                      .private_group = true,
                                      .state = MEMBER_ACTIVE,
                                      .name = "ada",
                                      .gecos = "",
                                      .home = "/home/ada",
                                      .shell = "/bin/sh"};
    for (uint32_t i = 1; i <= count; i++) {
        char role[16] = "admin";
        if (teams)
            snprintf(role, sizeof role, "team:%u", i == count ? TEAMS - 1 : i);
        else if (i < count)
            snprintf(role, sizeof role, "role-%u", i);
        struct rule rule = {.org = "acme",
                            .services = {i == count ? "sshd"
                                         : teams    ? "sudo"
                                                    : "sshd",
                                         1},
                            .roles = {role, 1}};
        snapshot_writer_rule(w, &rule);
    }
    user.grants_index = snapshot_writer_grants(w, &spec);
    snapshot_writer_user(w, &user);
    if (snapshot_writer_publish(w, to) < 0)
        die("a snapshot could not be made");
    snapshot_writer_free(w);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* In microseconds. */
static double decide_once(const char *at)
{
    static struct snapshot_policy policy;
    struct snapshot s;
    struct snapshot_user user;
    struct snapshot_grants grants;
    const char *why;
    double begun = now();
    if (snapshot_open(&s, at, &why) != SNAPSHOT_OK || snapshot_policy(&s, &policy) != SNAPSHOT_OK ||
        snapshot_user_by_name(&s, "ada", 3, &user) != SNAPSHOT_OK ||
        snapshot_grants(&s, user.grants_ref, &grants) != SNAPSHOT_OK)
        die("a snapshot cannot be read");
    struct membership member = {policy.org[0], user.state, grants.roles, grants.permissions,
                                grants.term};
    struct question q = {.service = "sshd",
                         .snapshot = true,
                         .account = ACCOUNT_MEMBER,
                         .member = &member,
                         .rules = &policy.rules,
                         .freshness = {.confirmed = true}};
    if (decide(&q, 1).verdict != VERDICT_ALLOW)
        die("the member is refused");
    snapshot_close(&s);
    return now() - begun;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, bool teams)
{
    static double took[2][ROUNDS];
    char at[2][80];
    for (int i = 0; i < 2; i++) {
        snprintf(at[i], sizeof at[i], "%s/%d", path, i);
        publish(at[i], i ? RULES_MAX : 1, teams);
    }
    for (int n = 0; n < ROUNDS; n++)
        for (int i = 0; i < 2; i++)
            took[i][n] = decide_once(at[i]);
    for (int i = 0; i < 2; i++) {
        qsort(took[i], ROUNDS, sizeof took[i][0], compare);
        unlink(at[i]);
    }
    printf("  %-26s one rule %6.1f us, %d rules %6.1f us\n", what, took[0][ROUNDS / 2], RULES_MAX,
           took[1][ROUNDS / 2]);
}

int main(void)
{
    char *end = list;
    snprintf(path, sizeof path, "/tmp/orglogin-bench.XXXXXX");
    if (!mkdtemp(path))
        die("there is no directory for the files");
    for (int i = 0; i < TEAMS; i++)
        end += snprintf(end, 16, "team:%d", i) + 1;
    report("a member with one role:", false);
    report("one in a thousand teams:", true);
    return rmdir(path);
}

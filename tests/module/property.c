/*
 * pam_org.so against an oracle, over random facts: what the table of docs/architecture.md says must
 * be what the real libpam returns and what the log names as reason, and what the evidence behind
 * `orgadmin host explain` (common/evidence.h) leads to. ROUNDS=10000 is the long form; a failing
 * round prints its SEED, which alone runs it again.
 */
#include <stdarg.h>
#include <syslog.h>

#include "common/break_glass.h"
#include "common/clock.h"
#include "common/evidence.h"
#include "tests/module/stack.h"

#define ROUNDS  200
#define MEMBERS 6
#define RULES   4

static char logged[512];

__attribute__((visibility("default"), used, format(printf, 2, 3))) void
syslog(int priority, const char *format, ...)
{
    va_list args;
    (void)priority;
    va_start(args, format);
    vsnprintf(logged, sizeof logged, format, args);
    va_end(args);
}

__attribute__((visibility("default"), used, format(printf, 3, 4))) void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list args;
    (void)priority;
    (void)flag;
    va_start(args, format);
    vsnprintf(logged, sizeof logged, format, args);
    va_end(args);
}

static int converse(int n, const struct pam_message **msg, struct pam_response **reply, void *arg)
{
    (void)msg;
    (void)arg;
    *reply = calloc((size_t)n, sizeof **reply);
    return PAM_SUCCESS;
}

/* --- chance: a seed gives the same rounds again --- */

static uint64_t chance, round_seed;

static uint32_t pick(uint32_t below)
{
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(chance >> 33) % below;
}

static bool one_in(uint32_t n)
{
    return pick(n) == 0;
}

/* --- the facts of a round --- */

static const char *const roles[] = {"admin", "member", "guest"};
static const char *const services[] = {"sshd", "sudo", "cron"};
static const char *const names[MEMBERS] = {"ada", "bob", "cid", "dan", "eve", "fin"};

enum file_state { FILE_GOOD, FILE_ABSENT, FILE_SUPERSEDED };
enum daemon_state { DAEMON_YES, DAEMON_NO, DAEMON_GONE, DAEMON_AHEAD };

struct facts {
    struct {
        uint32_t org, role;
        enum member_state state;
    } member[MEMBERS];
    struct {
        uint32_t org, service, role;
        bool everyone, glass;
    } rule[RULES];
    struct {
        bool narrowed; /* it has rules of its own, two at most */
        uint32_t count;
        struct {
            uint32_t service, role;
        } rule[2];
    } org[2];
    bool glass;        /* break-glass is in force */
    int64_t age_ms[2]; /* since each organization was heard from; -1 = never */
    enum file_state file;
    enum daemon_state daemon;
    uint32_t extra[MEMBERS]; /* the number that another name service has for the name; 0 = none */
    uint32_t user;           /* MEMBERS: a stranger, MEMBERS + 1: root, MEMBERS + 2: "daemon" */
    uint32_t service;
};

static uint32_t uid_of(uint32_t member)
{
    return 200001 + member;
}

static void draw(struct facts *f)
{
    static const uint32_t numbers[] = {5003, 60100, 200001, 200003, 299999, 61500};
    for (uint32_t i = 0; i < MEMBERS; i++) {
        f->member[i].org = pick(2);
        f->member[i].role = pick(3);
        f->member[i].state = one_in(3) ? MEMBER_PENDING + pick(3) : MEMBER_ACTIVE;
        f->extra[i] = one_in(4) ? numbers[pick(6)] : 0;
    }
    for (uint32_t i = 0; i < RULES; i++) {
        f->rule[i].org = pick(2);
        f->rule[i].service = pick(4); /* 3: all */
        f->rule[i].role = pick(3);
        f->rule[i].everyone = one_in(5);
        f->rule[i].glass = one_in(2);
    }
    for (int i = 0; i < 2; i++) {
        f->org[i].narrowed = one_in(2);
        f->org[i].count = f->org[i].narrowed ? pick(3) : 0;
        for (uint32_t n = 0; n < f->org[i].count; n++) {
            f->org[i].rule[n].service = pick(4);
            f->org[i].rule[n].role = pick(3);
        }
    }
    for (int i = 0; i < 2; i++)
        f->age_ms[i] = one_in(5) ? -1 : one_in(2) ? 60000 : 7200000;
    f->file = one_in(8) ? FILE_ABSENT : one_in(16) ? FILE_SUPERSEDED : FILE_GOOD;
    f->daemon = one_in(16) ? DAEMON_AHEAD : pick(3); /* what is outdated is waited for */
    f->glass = one_in(2);
    f->user = pick(MEMBERS + 3);
    f->service = pick(3);
}

/* --- the oracle: the table of docs/architecture.md --- */

/* GLASS: of those that have break_glass. */
static bool rule_matches(const struct facts *f, uint32_t user, bool glass)
{
    for (uint32_t i = 0; i < RULES; i++)
        if ((!glass || f->rule[i].glass) && f->rule[i].org == f->member[user].org &&
            (f->rule[i].service == 3 || f->rule[i].service == f->service) &&
            (f->rule[i].everyone || f->rule[i].role == f->member[user].role))
            return true;
    return false;
}

static bool org_admits(const struct facts *f, uint32_t user)
{
    uint32_t org = f->member[user].org;
    bool admits = !f->org[org].narrowed;
    for (uint32_t i = 0; i < f->org[org].count; i++)
        admits |= f->org[org].rule[i].role == f->member[user].role &&
                  (f->org[org].rule[i].service == 3 || f->org[org].rule[i].service == f->service);
    return admits;
}

/* Is NUMBER, which another service has for the name, one that can never be a member's? */
static bool never_ours(uint32_t number)
{
    return number == 5003 ? false : number < 200000;
}

static enum reason expected_member(const struct facts *f)
{
    uint32_t org = f->member[f->user].org;
    switch (f->member[f->user].state) {
    case MEMBER_PENDING:
        return REASON_PENDING;
    case MEMBER_SUSPENDED:
        return REASON_SUSPENDED;
    case MEMBER_REMOVED:
        return REASON_REMOVED;
    case MEMBER_ACTIVE:
        break;
    }
    if (!rule_matches(f, f->user, false))
        return REASON_ROLE;
    if (!org_admits(f, f->user))
        return REASON_ACCESS;
    if (f->daemon == DAEMON_YES)
        return REASON_RULE;
    if (f->age_ms[org] == 60000)
        return REASON_OFFLINE;
    return f->glass && rule_matches(f, f->user, true) ? REASON_BREAK_GLASS : REASON_STALE;
}

static enum reason expected(const struct facts *f)
{
    if (f->user == MEMBERS + 1)
        return REASON_ROOT;
    if (f->user == MEMBERS + 2)
        return REASON_LOCAL;
    uint32_t number = f->user < MEMBERS ? f->extra[f->user] : 0;
    bool outdated = f->file == FILE_SUPERSEDED || f->daemon == DAEMON_AHEAD;
    if (f->file == FILE_ABSENT)
        return number && never_ours(number) ? REASON_FOREIGN : REASON_UNAVAILABLE;
    if (number && number < 200000)
        return REASON_FOREIGN; /* outside the range, and nobody's */
    if (outdated)
        return f->user < MEMBERS && f->age_ms[f->member[f->user].org] != 60000 ? REASON_STALE
                                                                               : REASON_UNAVAILABLE;
    if (f->user == MEMBERS)
        return REASON_STRANGER;
    if (number && number != uid_of(f->user))
        return REASON_NUMBER;
    return expected_member(f);
}

/* --- making it so --- */

static void keep_org_rules(const struct facts *f, uint32_t org, struct org_rules_kept *kept)
{
    kept->rules = (struct org_rules){.narrowed = f->org[org].narrowed};
    for (uint32_t i = 0; i < f->org[org].count; i++) {
        uint32_t service = f->org[org].rule[i].service;
        assert_true(org_rules_add(kept, roles[f->org[org].rule[i].role]) &&
                    org_rules_add(kept, service == 3 ? "*" : services[service]) &&
                    org_rules_add(kept, ""));
    }
}

static void write_snapshot(const struct facts *f)
{
    static struct org_rules_kept kept[2];
    static const char *const orgs[] = {"acme", "other"};
    int64_t now = clock_wall_ms();
    struct snapshot_settings settings = {
        .generation = 7, .grace_s = 3600, .max_age_ms = 10000, .timeout_ms = 50};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    for (uint32_t i = 0; i < 2; i++) {
        snapshot_writer_org(w, orgs[i], f->age_ms[i] < 0 ? 0 : now - f->age_ms[i], 200000, 299999);
        keep_org_rules(f, i, &kept[i]);
        snapshot_writer_org_rules(w, i, &kept[i].rules);
    }
    for (uint32_t i = 0; i < RULES; i++) {
        struct rule r = {
            .org = orgs[f->rule[i].org],
            .everyone = f->rule[i].everyone,
            .break_glass = f->rule[i].glass,
            .services = {f->rule[i].service == 3 ? "*" : services[f->rule[i].service], 1},
            .roles = {roles[f->rule[i].role], 1}};
        snapshot_writer_rule(w, &r);
    }
    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct snapshot_grants_spec grants = {.org = f->member[i].org,
                                              .roles = {roles[f->member[i].role], 1}};
        add_user(w, uid_of(i), names[i], f->member[i].state, snapshot_writer_grants(w, &grants));
    }
    assert_int_equal(snapshot_writer_publish(w, PATH_SNAPSHOT), 0);
    snapshot_writer_free(w);
}

static void mark_superseded(void)
{
    const uint64_t one = 1;
    FILE *f = fopen(PATH_SNAPSHOT, "r+e");
    assert_non_null(f);
    assert_int_equal(fseek(f, SNAPSHOT_AT_SUPERSEDED, SEEK_SET), 0);
    assert_int_equal(fwrite(&one, sizeof one, 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

static void write_glass(bool in_force)
{
    struct break_glass g = {.end_ms = clock_wall_ms(), .reason = "no network"};
    char line[BREAK_GLASS_LINE_MAX];
    g.end_ms += in_force ? 60000 : -1;
    g.begin_ms = g.end_ms - 60000;
    break_glass_print(&g, line);
    FILE *f = fopen(PATH_GLASS, "we");
    assert_non_null(f);
    assert_true(fputs(line, f) >= 0);
    assert_int_equal(fchmod(fileno(f), 0644), 0);
    assert_int_equal(fclose(f), 0);
}

static void arrange(const struct facts *f)
{
    char lines[1024] = "";
    for (uint32_t i = 0; i < MEMBERS; i++)
        if (f->extra[i])
            snprintf(lines + strlen(lines), sizeof lines - strlen(lines),
                     "%s:x:%u:100::/:/bin/sh\n", names[i], f->extra[i]);
    write_extra(lines);
    write_snapshot(f);
    write_glass(f->glass);
    if (f->file == FILE_SUPERSEDED)
        mark_superseded();
    if (f->file == FILE_ABSENT)
        unlink(PATH_SNAPSHOT);
    if (f->daemon == DAEMON_GONE)
        stop_server();
    else
        start_answering(f->daemon == DAEMON_YES ? CONFIRM_YES : CONFIRM_NO,
                        f->daemon == DAEMON_AHEAD ? 8 : 7);
}

static const char *user_name(const struct facts *f)
{
    return f->user < MEMBERS        ? names[f->user]
           : f->user == MEMBERS     ? "zoe"
           : f->user == MEMBERS + 1 ? "root"
                                    : "daemon";
}

/* --- a round --- */

static void check_round(const struct facts *f)
{
    struct pam_conv conv = {converse, NULL};
    pam_handle_t *h = NULL;
    struct evidence e;
    char word[64];
    enum reason reason = expected(f);
    logged[0] = '\0';
    assert_int_equal(pam_start_confdir(services[f->service], user_name(f), &conv, confdir, &h),
                     PAM_SUCCESS);
    int rc = pam_acct_mgmt(h, 0);
    pam_end(h, rc);
    evidence_gather(&e, user_name(f), NULL, services[f->service]);
    struct decision explained = decide(&e.question, clock_wall_ms());
    evidence_close(&e);
    snprintf(word, sizeof word, " reason=%s ", reason_word(reason));
    if (!strstr(logged, word) || explained.reason != reason)
        fail_msg("SEED=%llu: expected%s, libpam: %d %s, explain: %s",
                 (unsigned long long)round_seed, word, rc, logged, reason_word(explained.reason));
    bool allowed =
        reason == REASON_RULE || reason == REASON_OFFLINE || reason == REASON_BREAK_GLASS;
    bool ours = reason != REASON_ROOT && reason != REASON_LOCAL && reason != REASON_FOREIGN;
    /* Not ours: the stack goes on, and nothing in it grants. */
    assert_true(allowed ? rc == PAM_SUCCESS : rc != PAM_SUCCESS || !ours);
}

static void pam_org_and_host_explain_decide_as_the_oracle(void **state)
{
    (void)state;
    const char *rounds = getenv("ROUNDS"), *seed = getenv("SEED");
    long count = rounds ? strtol(rounds, NULL, 10) : ROUNDS;
    uint64_t first = seed ? strtoull(seed, NULL, 10) : (uint64_t)clock_wall_ms();
    for (long i = 0; i < (seed ? 1 : count); i++) {
        struct facts facts = {0};
        chance = round_seed = first + (uint64_t)i;
        for (int n = 0; n < 3; n++)
            pick(2); /* seeds in a row begin alike */
        draw(&facts);
        arrange(&facts);
        check_round(&facts);
    }
}

static int setup(void **state)
{
    char lines[512];
    (void)state;
    if (stacks_setup() < 0)
        return -1;
    snprintf(lines, sizeof lines, "account required %s debug\n", MODULE_PATH);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        write_stack(services[i], lines);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop_server();
    unlink(PATH_SNAPSHOT);
    unlink(PATH_GLASS);
    names_teardown();
    return stacks_teardown();
}

int main(int argc, char **argv)
{
    (void)argc;
    need_root();
    names_setup(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pam_org_and_host_explain_decide_as_the_oracle)};
    return cmocka_run_group_tests_name("decision", tests, setup, teardown);
}

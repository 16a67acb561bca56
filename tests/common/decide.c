/* The decision table, row by row, and what else the decision promises. */
#include <stdio.h>
#include <string.h>

#include "common/decide.h"
#include "tests/lib/unit.h"

#define NOW   1700000000000LL
#define GRACE 43200000LL

static const struct rules rules = {
    .count = 6,
    .rule =
        {
            {.org = "acme", .services = {"sudo\0su", 2}, .roles = {"owner\0admin", 2}},
            {.org = "acme", .services = {"sshd", 1}, .permissions = {"billing", 1}},
            {.org = "acme", .services = {"*", 1}, .roles = {"owner\0admin\0member", 3}},
            {.org = "acme", .services = {"cron", 1}, .roles = {"guest", 1}},
            {.org = "beta", .services = {"*", 1}, .everyone = true, .break_glass = true},
            {.org = "acme",
             .services = {"login\0sudo", 2},
             .roles = {"admin", 1},
             .break_glass = true},
        },
};

enum fresh { CONFIRMED, IN_GRACE, BEYOND, NEVER, AHEAD, FUTURE, NO_SNAPSHOT };

/* Break-glass: never begun, in force, and what is almost. */
enum glass { NO_GLASS, GLASS, GLASS_ENDS, GLASS_ENDED, GLASS_AHEAD, GLASS_LATER };

struct row {
    const char *name;
    enum member_state state; /* 0: no member */
    const char *role, *permission, *service;
    bool local, root;
    enum fresh fresh;
    enum verdict verdict;
    enum reason reason;
    unsigned rule;
    struct narrowing narrowing;
    unsigned account; /* 1 + enum account; 0: the member's, or none */
    bool outdated, lost_groups;
    enum glass glass;
    const struct rules *org_rules;
    unsigned org_rule;
    const char *term; /* the role that ends, in ENDS ms */
    int64_t ends;
};

/* The organization's own: for nobody; and for some. */
static const struct rules org_nobody = {.count = 0};
static const struct rules org_some = {
    .count = 3,
    .rule =
        {
            {.org = "acme", .services = {"sudo", 1}, .roles = {"admin", 1}},
            {.org = "acme", .services = {"sshd\0login", 2}, .roles = {"admin", 1}},
            {.org = "acme", .services = {"*", 1}, .roles = {"team:t1", 1}},
        },
};

#define ACTIVE(r) .state = MEMBER_ACTIVE, .role = r
#define BROKEN    .service = "login", .fresh = BEYOND, .glass = GLASS
#define ACCT(a)   .account = 1 + ACCOUNT_##a

static const struct row rows[] = {
    /* The table of docs/architecture.md, left to right, top to bottom. */
    {"active, rule matches, confirmed", ACTIVE("member"), .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 3},
    {"active, rule matches, within grace", ACTIVE("member"), .service = "sshd", .fresh = IN_GRACE,
     .verdict = VERDICT_ALLOW, .reason = REASON_OFFLINE, .rule = 3},
    {"active, rule matches, beyond grace", ACTIVE("member"), .service = "sshd", .fresh = BEYOND,
     .reason = REASON_STALE, .rule = 3},
    {"active, rule matches, no snapshot", ACTIVE("member"), .service = "sshd", .fresh = NO_SNAPSHOT,
     .reason = REASON_UNAVAILABLE},
    {"active, a rule for every service", ACTIVE("member"), .service = "sudo", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 3},
    {"active, role of no rule, confirmed", ACTIVE("guest"), .service = "sshd", .fresh = CONFIRMED,
     .reason = REASON_ROLE},
    {"active, role of no rule, within grace", ACTIVE("guest"), .service = "sshd", .fresh = IN_GRACE,
     .reason = REASON_ROLE},
    {"active, role of no rule, beyond grace", ACTIVE("guest"), .service = "sshd", .fresh = BEYOND,
     .reason = REASON_ROLE},
    {"active, role of no rule, no snapshot", ACTIVE("guest"), .service = "sshd",
     .fresh = NO_SNAPSHOT, .reason = REASON_UNAVAILABLE},
    {"removed, confirmed", .state = MEMBER_REMOVED, .role = "owner", .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_REMOVED},
    {"removed, within grace", .state = MEMBER_REMOVED, .role = "owner", .service = "sshd",
     .fresh = IN_GRACE, .reason = REASON_REMOVED},
    {"removed, beyond grace", .state = MEMBER_REMOVED, .role = "owner", .service = "sshd",
     .fresh = BEYOND, .reason = REASON_REMOVED},
    {"removed, no snapshot", .state = MEMBER_REMOVED, .role = "owner", .service = "sshd",
     .fresh = NO_SNAPSHOT, .reason = REASON_UNAVAILABLE},
    {"suspended, confirmed", .state = MEMBER_SUSPENDED, .role = "owner", .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_SUSPENDED},
    {"suspended, within grace", .state = MEMBER_SUSPENDED, .role = "owner", .service = "sshd",
     .fresh = IN_GRACE, .reason = REASON_SUSPENDED},
    {"suspended, beyond grace", .state = MEMBER_SUSPENDED, .role = "owner", .service = "sshd",
     .fresh = BEYOND, .reason = REASON_SUSPENDED},
    {"pending, confirmed", .state = MEMBER_PENDING, .role = "owner", .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_PENDING},
    {"pending, within grace", .state = MEMBER_PENDING, .role = "owner", .service = "sshd",
     .fresh = IN_GRACE, .reason = REASON_PENDING},
    {"pending, beyond grace", .state = MEMBER_PENDING, .role = "owner", .service = "sshd",
     .fresh = BEYOND, .reason = REASON_PENDING},
    {"local user, confirmed", .local = true, .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_LOCAL},
    {"local user, within grace", .local = true, .service = "sshd", .fresh = IN_GRACE,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_LOCAL},
    {"local user, beyond grace", .local = true, .service = "sshd", .fresh = BEYOND,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_LOCAL},
    {"local user, no snapshot", .local = true, .service = "sshd", .fresh = NO_SNAPSHOT,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_LOCAL},
    {"local user with a removed member's name", .local = true, .state = MEMBER_REMOVED,
     .role = "member", .service = "sshd", .fresh = CONFIRMED, .verdict = VERDICT_NOT_MINE,
     .reason = REASON_LOCAL},
    {"root, confirmed", .root = true, .local = true, .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_ROOT},
    {"root, no snapshot", .root = true, .service = "su", .fresh = NO_SNAPSHOT,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_ROOT},
    {"root in the member list", .root = true, .state = MEMBER_REMOVED, .role = "member",
     .service = "sshd", .fresh = CONFIRMED, .verdict = VERDICT_NOT_MINE, .reason = REASON_ROOT},
    {"stranger, confirmed", .service = "sshd", .fresh = CONFIRMED, .reason = REASON_STRANGER},
    {"stranger, within grace", .service = "sshd", .fresh = IN_GRACE, .reason = REASON_STRANGER},
    {"stranger, no snapshot", .service = "sshd", .fresh = NO_SNAPSHOT,
     .reason = REASON_UNAVAILABLE},
    /* The account's number. */
    {"another service's account, confirmed", ACCT(FOREIGN), .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_FOREIGN},
    {"another service's account, beyond grace", ACCT(FOREIGN), .service = "sshd", .fresh = BEYOND,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_FOREIGN},
    {"another service's account, no snapshot", ACCT(FOREIGN), .service = "sshd",
     .fresh = NO_SNAPSHOT, .verdict = VERDICT_NOT_MINE, .reason = REASON_FOREIGN},
    {"another service's account, outdated", ACCT(FOREIGN), .outdated = true, .service = "sshd",
     .fresh = IN_GRACE, .verdict = VERDICT_NOT_MINE, .reason = REASON_FOREIGN},
    {"another service's account, with a member's name", ACTIVE("member"), ACCT(FOREIGN),
     .service = "sshd", .fresh = CONFIRMED, .verdict = VERDICT_NOT_MINE, .reason = REASON_FOREIGN},
    {"another service's account, with a removed member's name", .state = MEMBER_REMOVED,
     .role = "member", ACCT(FOREIGN), .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_FOREIGN},
    {"local user, whatever its number", .local = true, ACCT(OURS), .service = "sshd",
     .fresh = CONFIRMED, .verdict = VERDICT_NOT_MINE, .reason = REASON_LOCAL},
    {"a number of ours with a member's name", ACTIVE("member"), ACCT(OURS), .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_NUMBER},
    {"a number of ours without a member", ACCT(OURS), .service = "sshd", .fresh = CONFIRMED,
     .reason = REASON_NUMBER},
    {"a number of ours, no snapshot", ACCT(OURS), .service = "sshd", .fresh = NO_SNAPSHOT,
     .reason = REASON_UNAVAILABLE},
    {"the name services do not answer", ACTIVE("member"), ACCT(UNKNOWN), .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_UNAVAILABLE},
    {"no name service has the name", ACTIVE("member"), ACCT(NONE), .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_STRANGER},
    {"pending, and no name service has the name", .state = MEMBER_PENDING, .role = "member",
     ACCT(NONE), .service = "sshd", .fresh = CONFIRMED, .reason = REASON_PENDING},
    /* A snapshot that is known to be old. */
    {"outdated snapshot, confirmed", ACTIVE("member"), .outdated = true, .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_UNAVAILABLE},
    {"outdated snapshot, within grace", ACTIVE("member"), .outdated = true, .service = "sshd",
     .fresh = IN_GRACE, .reason = REASON_UNAVAILABLE},
    {"outdated snapshot, beyond grace", ACTIVE("member"), .outdated = true, .service = "sshd",
     .fresh = BEYOND, .reason = REASON_STALE},
    {"outdated snapshot, no rule matches", ACTIVE("guest"), .outdated = true, .service = "sshd",
     .fresh = IN_GRACE, .reason = REASON_UNAVAILABLE},
    {"outdated snapshot, removed", .state = MEMBER_REMOVED, .role = "member", .outdated = true,
     .service = "sshd", .fresh = IN_GRACE, .reason = REASON_UNAVAILABLE},
    {"outdated snapshot, no member", .outdated = true, .service = "sshd", .fresh = BEYOND,
     .reason = REASON_UNAVAILABLE},
    /* Rules. */
    {"the first rule that matches decides", ACTIVE("admin"), .service = "sudo", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 1},
    {"sudo-i counts as sudo", ACTIVE("admin"), .service = "sudo-i", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 1},
    {"su-l counts as su", ACTIVE("owner"), .service = "su-l", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 1},
    {"crond counts as cron", ACTIVE("guest"), .service = "crond", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 4},
    {"a rule by permission", ACTIVE("guest"), .permission = "billing", .service = "sshd",
     .fresh = CONFIRMED, .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 2},
    {"a permission is no role", ACTIVE("billing"), .service = "sshd", .fresh = CONFIRMED,
     .reason = REASON_ROLE},
    {"a role is compared whole", ACTIVE("admi"), .service = "login", .fresh = CONFIRMED,
     .reason = REASON_ROLE},
    {"a role is compared to its end", ACTIVE("administrator"), .service = "login",
     .fresh = CONFIRMED, .reason = REASON_ROLE},
    {"a role's case counts", ACTIVE("Admin"), .service = "login", .fresh = CONFIRMED,
     .reason = REASON_ROLE},
    /* Freshness. */
    {"never confirmed", ACTIVE("member"), .service = "sshd", .fresh = NEVER, .reason = REASON_STALE,
     .rule = 3},
    {"confirmed a little ahead of the clock", ACTIVE("member"), .service = "sshd", .fresh = AHEAD,
     .verdict = VERDICT_ALLOW, .reason = REASON_OFFLINE, .rule = 3},
    {"confirmed in the future", ACTIVE("member"), .service = "sshd", .fresh = FUTURE,
     .reason = REASON_STALE, .rule = 3},
    /* A state that nobody defined. */
    {"unknown state", .state = 9, .role = "owner", .service = "sshd", .fresh = CONFIRMED,
     .reason = REASON_UNAVAILABLE},
    /* A session with groups of before. */
    {"lost groups, a rule matches", ACTIVE("member"), .service = "sudo", .fresh = CONFIRMED,
     .reason = REASON_GROUPS, .rule = 3, .lost_groups = true},
    {"lost groups, beyond grace", ACTIVE("member"), .service = "sudo", .fresh = BEYOND,
     .reason = REASON_GROUPS, .rule = 3, .lost_groups = true},
    {"lost groups, no rule matches", ACTIVE("guest"), .service = "sudo", .fresh = CONFIRMED,
     .reason = REASON_ROLE, .lost_groups = true},
    {"lost groups, removed", .state = MEMBER_REMOVED, .service = "sudo", .fresh = CONFIRMED,
     .reason = REASON_REMOVED, .lost_groups = true},
    {"lost groups, local", .local = true, .service = "sudo", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_LOCAL, .lost_groups = true},
    /* Narrowing. */
    {"narrowed to a role of the member", ACTIVE("admin"), .service = "login", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 3, .narrowing = {.role = "admin"}},
    {"narrowed to a role that the member lacks", ACTIVE("member"), .service = "login",
     .fresh = CONFIRMED, .reason = REASON_NARROWED, .rule = 3, .narrowing = {.role = "admin"}},
    {"narrowed to another organization", ACTIVE("admin"), .service = "login", .fresh = CONFIRMED,
     .reason = REASON_NARROWED, .rule = 3, .narrowing = {.org = "other"}},
    {"narrowed to a permission that the member lacks", ACTIVE("admin"), .service = "login",
     .fresh = CONFIRMED, .reason = REASON_NARROWED, .rule = 3,
     .narrowing = {.permission = "billing"}},
    {"narrowed to a permission of the member", ACTIVE("admin"), .permission = "billing",
     .service = "login", .fresh = CONFIRMED, .verdict = VERDICT_ALLOW, .reason = REASON_RULE,
     .rule = 3, .narrowing = {.permission = "billing"}},
    {"narrowed to a permission of a role's name", ACTIVE("admin"), .permission = "billing",
     .service = "login", .fresh = CONFIRMED, .reason = REASON_NARROWED, .rule = 3,
     .narrowing = {.permission = "admin"}},
    {"narrowing never widens", ACTIVE("guest"), .service = "sshd", .fresh = CONFIRMED,
     .reason = REASON_ROLE, .narrowing = {.role = "guest"}},
    /* The organization's own rules narrow, and widen nothing. */
    {"an organization's rule matches", ACTIVE("admin"), .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 3, .org_rules = &org_some,
     .org_rule = 2},
    {"an organization's rule matches sudo -i", ACTIVE("admin"), .service = "sudo-i",
     .fresh = CONFIRMED, .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 1,
     .org_rules = &org_some, .org_rule = 1},
    {"no organization's rule matches the role", ACTIVE("member"), .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_ACCESS, .rule = 3, .org_rules = &org_some},
    {"no organization's rule matches the service", ACTIVE("admin"), .service = "cron",
     .fresh = CONFIRMED, .reason = REASON_ACCESS, .rule = 3, .org_rules = &org_some},
    {"the organization lets nobody in", ACTIVE("owner"), .service = "sshd", .fresh = CONFIRMED,
     .reason = REASON_ACCESS, .rule = 3, .org_rules = &org_nobody},
    {"an organization's rule widens nothing", ACTIVE("team:t1"), .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_ROLE, .org_rules = &org_some, .org_rule = 3},
    {"an organization's rules, within grace", ACTIVE("member"), .service = "sshd",
     .fresh = IN_GRACE, .reason = REASON_ACCESS, .rule = 3, .org_rules = &org_some},
    {"an organization's rules, beyond grace", ACTIVE("member"), .service = "sshd", .fresh = BEYOND,
     .reason = REASON_ACCESS, .rule = 3, .org_rules = &org_some},
    {"an organization's rule matches, beyond grace", ACTIVE("admin"), .service = "sshd",
     .fresh = BEYOND, .reason = REASON_STALE, .rule = 3, .org_rules = &org_some, .org_rule = 2},
    {"an organization's rules count under break-glass", ACTIVE("admin"), BROKEN,
     .reason = REASON_ACCESS, .rule = 3, .org_rules = &org_nobody},
    {"an organization's rule and break-glass", ACTIVE("admin"), BROKEN, .verdict = VERDICT_ALLOW,
     .reason = REASON_BREAK_GLASS, .rule = 6, .org_rules = &org_some, .org_rule = 2},
    {"the organization lets nobody in, local", .local = true, .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_LOCAL, .org_rules = &org_nobody},
    {"the organization lets nobody in, root", .root = true, .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_ROOT, .org_rules = &org_nobody},
    {"the organization lets nobody in, removed", .state = MEMBER_REMOVED, .service = "sshd",
     .fresh = CONFIRMED, .reason = REASON_REMOVED, .org_rules = &org_nobody},
    {"an organization's rules, narrowed by arguments", ACTIVE("admin"), .service = "login",
     .fresh = CONFIRMED, .reason = REASON_NARROWED, .rule = 3, .narrowing = {.role = "owner"},
     .org_rules = &org_nobody},
    {"an organization's rules, lost groups", ACTIVE("member"), .service = "sudo",
     .fresh = CONFIRMED, .lost_groups = true, .reason = REASON_ACCESS, .rule = 3,
     .org_rules = &org_some},
    /* Break-glass. */
    {"break-glass, a rule has it", ACTIVE("admin"), BROKEN, .verdict = VERDICT_ALLOW,
     .reason = REASON_BREAK_GLASS, .rule = 6},
    {"break-glass, sudo -i is sudo", ACTIVE("admin"), .service = "sudo-i", .fresh = BEYOND,
     .glass = GLASS, .verdict = VERDICT_ALLOW, .reason = REASON_BREAK_GLASS, .rule = 6},
    {"break-glass, a rule of another service has it", ACTIVE("admin"), .service = "sshd",
     .fresh = BEYOND, .glass = GLASS, .reason = REASON_STALE, .rule = 3},
    {"break-glass, a rule of another role has it", ACTIVE("member"), BROKEN, .reason = REASON_STALE,
     .rule = 3},
    {"break-glass, no rule matches", ACTIVE("guest"), BROKEN, .reason = REASON_ROLE},
    {"break-glass, confirmed", ACTIVE("admin"), .service = "login", .fresh = CONFIRMED,
     .glass = GLASS, .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 3},
    {"break-glass, within grace", ACTIVE("admin"), .service = "login", .fresh = IN_GRACE,
     .glass = GLASS, .verdict = VERDICT_ALLOW, .reason = REASON_OFFLINE, .rule = 3},
    {"break-glass, never confirmed", ACTIVE("admin"), .service = "login", .fresh = NEVER,
     .glass = GLASS, .verdict = VERDICT_ALLOW, .reason = REASON_BREAK_GLASS, .rule = 6},
    {"break-glass, confirmed in the future", ACTIVE("admin"), .service = "login", .fresh = FUTURE,
     .glass = GLASS, .verdict = VERDICT_ALLOW, .reason = REASON_BREAK_GLASS, .rule = 6},
    {"break-glass, in its last ms", ACTIVE("admin"), .service = "login", .fresh = BEYOND,
     .glass = GLASS_ENDS, .verdict = VERDICT_ALLOW, .reason = REASON_BREAK_GLASS, .rule = 6},
    {"break-glass ended", ACTIVE("admin"), .service = "login", .fresh = BEYOND,
     .glass = GLASS_ENDED, .reason = REASON_STALE, .rule = 3},
    {"break-glass begins a little ahead of the clock", ACTIVE("admin"), .service = "login",
     .fresh = BEYOND, .glass = GLASS_AHEAD, .verdict = VERDICT_ALLOW, .reason = REASON_BREAK_GLASS,
     .rule = 6},
    {"break-glass begins in the future", ACTIVE("admin"), .service = "login", .fresh = BEYOND,
     .glass = GLASS_LATER, .reason = REASON_STALE, .rule = 3},
    {"break-glass, removed", .state = MEMBER_REMOVED, .role = "admin", BROKEN,
     .reason = REASON_REMOVED},
    {"break-glass, suspended", .state = MEMBER_SUSPENDED, .role = "admin", BROKEN,
     .reason = REASON_SUSPENDED},
    {"break-glass, pending", .state = MEMBER_PENDING, .role = "admin", BROKEN,
     .reason = REASON_PENDING},
    {"break-glass, unknown state", .state = 9, .role = "admin", BROKEN,
     .reason = REASON_UNAVAILABLE},
    {"break-glass, stranger", BROKEN, .reason = REASON_STRANGER},
    {"break-glass, another member's number", ACTIVE("admin"), ACCT(OURS), BROKEN,
     .reason = REASON_NUMBER},
    {"break-glass, no account", ACTIVE("admin"), ACCT(NONE), BROKEN, .reason = REASON_STRANGER},
    {"break-glass, local", .local = true, BROKEN, .verdict = VERDICT_NOT_MINE,
     .reason = REASON_LOCAL},
    {"break-glass, another service's account", ACTIVE("admin"), ACCT(FOREIGN), BROKEN,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_FOREIGN},
    {"break-glass, no snapshot", ACTIVE("admin"), .service = "login", .fresh = NO_SNAPSHOT,
     .glass = GLASS, .reason = REASON_UNAVAILABLE},
    {"break-glass, outdated", ACTIVE("admin"), BROKEN, .outdated = true, .reason = REASON_STALE},
    {"break-glass, lost groups", ACTIVE("admin"), .service = "sudo", .fresh = BEYOND,
     .glass = GLASS, .lost_groups = true, .reason = REASON_GROUPS, .rule = 1},
    {"break-glass, narrowed to another role", ACTIVE("admin"), BROKEN, .reason = REASON_NARROWED,
     .rule = 3, .narrowing = {.role = "owner"}},
    {"role with an end", ACTIVE("guest"), .term = "admin", .ends = 1, .service = "sudo",
     .fresh = CONFIRMED, .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 1},
    {"role with an end, within grace", ACTIVE("guest"), .term = "admin", .ends = 1,
     .service = "sudo", .fresh = IN_GRACE, .verdict = VERDICT_ALLOW, .reason = REASON_OFFLINE,
     .rule = 1},
    {"role with an end, beyond grace", ACTIVE("guest"), .term = "admin", .ends = 1,
     .service = "sudo", .fresh = BEYOND, .reason = REASON_STALE, .rule = 1},
    {"role at its end", ACTIVE("guest"), .term = "admin", .service = "sudo", .ends = 0,
     .fresh = CONFIRMED, .reason = REASON_ROLE},
    {"role behind its end, within grace", ACTIVE("guest"), .term = "admin", .ends = -1,
     .service = "sudo", .fresh = IN_GRACE, .reason = REASON_ROLE},
    {"role behind another's end", ACTIVE("member"), .term = "admin", .ends = -1, .service = "sudo",
     .fresh = CONFIRMED, .verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = 3},
    {"role with an end takes the place of the other", ACTIVE("member"), .term = "guest", .ends = 1,
     .service = "sshd", .fresh = CONFIRMED, .reason = REASON_ROLE},
    {"role with an end, the clock a minute behind", ACTIVE("guest"), .term = "admin", .ends = 1,
     .service = "sudo", .fresh = AHEAD, .verdict = VERDICT_ALLOW, .reason = REASON_OFFLINE,
     .rule = 1},
    {"role with an end, the clock put back", ACTIVE("guest"), .term = "admin", .ends = 1,
     .service = "sudo", .fresh = FUTURE, .reason = REASON_ROLE},
    {"role with an end, narrowed to it", ACTIVE("member"), .term = "admin", .ends = 1,
     .service = "sudo", .fresh = CONFIRMED, .verdict = VERDICT_ALLOW, .reason = REASON_RULE,
     .rule = 1, .narrowing = {.role = "admin"}},
    {"role with an end, narrowed to the other", ACTIVE("member"), .term = "admin", .ends = 1,
     .service = "sudo", .fresh = CONFIRMED, .reason = REASON_NARROWED, .rule = 1,
     .narrowing = {.role = "member"}},
    {"role with an end, suspended", .state = MEMBER_SUSPENDED, .role = "guest", .term = "admin",
     .ends = 1, .service = "sudo", .fresh = CONFIRMED, .reason = REASON_SUSPENDED},
    {"break-glass, role with an end", ACTIVE("guest"), .term = "admin", .ends = 1, BROKEN,
     .verdict = VERDICT_ALLOW, .reason = REASON_BREAK_GLASS, .rule = 6},
    {"break-glass, role behind its end", ACTIVE("guest"), .term = "admin", .ends = -1, BROKEN,
     .reason = REASON_ROLE},
    {"narrowing leaves root alone", .root = true, .service = "sshd", .fresh = CONFIRMED,
     .verdict = VERDICT_NOT_MINE, .reason = REASON_ROOT, .narrowing = {.role = "admin"}},
};

/* Whose a number is: the columns are what is known of it. */
static void account_of_a_number_follows_from_snapshot_and_range(void **state)
{
    (void)state;
    static const struct {
        struct number number;
        enum account want;
    } numbers[] = {
        /* The member's own, wherever it lies. */
        {{.uid = 200001, .snapshot = true, .members = true, .somebodys = true, .in_range = true},
         ACCOUNT_MEMBER},
        {{.uid = 5003, .snapshot = true, .members = true, .somebodys = true}, ACCOUNT_MEMBER},
        {{.uid = 60100, .snapshot = true, .members = true, .somebodys = true}, ACCOUNT_MEMBER},
        /* Another member's, or nobody's yet. */
        {{.uid = 200002, .snapshot = true, .somebodys = true, .in_range = true}, ACCOUNT_OURS},
        {{.uid = 5004, .snapshot = true, .somebodys = true, .range_unknown = true}, ACCOUNT_OURS},
        {{.uid = 200003, .snapshot = true, .in_range = true}, ACCOUNT_OURS},
        {{.uid = 60100, .snapshot = true, .in_range = true}, ACCOUNT_OURS},
        /* Nobody's. */
        {{.uid = 5005, .snapshot = true}, ACCOUNT_FOREIGN},
        {{.uid = 60100, .snapshot = true}, ACCOUNT_FOREIGN},
        {{.uid = 5005, .snapshot = true, .range_unknown = true}, ACCOUNT_UNKNOWN},
        {{.uid = 60100, .snapshot = true, .range_unknown = true}, ACCOUNT_FOREIGN},
        {{.uid = 60705, .snapshot = true, .range_unknown = true}, ACCOUNT_FOREIGN},
        {{.uid = 60706, .snapshot = true, .range_unknown = true}, ACCOUNT_UNKNOWN},
        /* What no snapshot can have. */
        {{.uid = 0, .snapshot = true, .in_range = true}, ACCOUNT_FOREIGN},
        {{.uid = 999, .snapshot = true, .somebodys = true, .in_range = true}, ACCOUNT_FOREIGN},
        {{.uid = 61184, .snapshot = true, .in_range = true, .range_unknown = true},
         ACCOUNT_FOREIGN},
        {{.uid = 65534, .snapshot = true, .in_range = true}, ACCOUNT_FOREIGN},
        /* Without a snapshot. */
        {{.uid = 0}, ACCOUNT_FOREIGN},
        {{.uid = 999}, ACCOUNT_FOREIGN},
        {{.uid = 1000}, ACCOUNT_UNKNOWN},
        {{.uid = 60000}, ACCOUNT_UNKNOWN},
        {{.uid = 60001}, ACCOUNT_FOREIGN},
        {{.uid = 60705}, ACCOUNT_FOREIGN},
        {{.uid = 60706}, ACCOUNT_UNKNOWN},
        {{.uid = 61184}, ACCOUNT_FOREIGN},
        {{.uid = 65519}, ACCOUNT_FOREIGN},
        {{.uid = 65520}, ACCOUNT_UNKNOWN},
        {{.uid = 200001}, ACCOUNT_UNKNOWN},
        {{.uid = 200001, .members = true, .somebodys = true}, ACCOUNT_UNKNOWN},
        {{.uid = UINT32_MAX}, ACCOUNT_FOREIGN},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(account_of(&numbers[i].number), numbers[i].want);
}

/* An account that nobody defined, as a state. */
static void undefined_account_is_denied(void **state)
{
    (void)state;
    struct membership member = {.org = "acme", .state = MEMBER_ACTIVE, .roles = {"member", 1}};
    struct question q = {.service = "sshd",
                         .snapshot = true,
                         .account = (enum account)9,
                         .member = &member,
                         .rules = &rules,
                         .freshness = {.confirmed = true}};
    assert_int_equal(decide(&q, NOW).verdict, VERDICT_DENY);
    assert_int_equal(decide(&q, NOW).reason, REASON_UNAVAILABLE);
}

static void check_row(void **state)
{
    const struct row *r = *state;
    struct membership member = {.org = "acme",
                                .state = r->state,
                                .roles = {r->role, r->role ? 1 : 0},
                                .permissions = {r->permission, r->permission ? 1 : 0}};
    if (r->term)
        member.term = (struct term){.ends_ms = NOW + r->ends, .roles = {r->term, 1}};
    static const int64_t confirmed[] = {
        [CONFIRMED] = NOW, [IN_GRACE] = NOW - GRACE,       [BEYOND] = NOW - GRACE - 1,
        [NEVER] = 0,       [AHEAD] = NOW + CLOCK_SLACK_MS, [FUTURE] = NOW + CLOCK_SLACK_MS + 1,
        [NO_SNAPSHOT] = 0};
    static const int64_t glass[][2] = {
        [NO_GLASS] = {0, 0},
        [GLASS] = {NOW - 1000, NOW + 1000},
        [GLASS_ENDS] = {NOW - 1000, NOW + 1},
        [GLASS_ENDED] = {NOW - 1000, NOW},
        [GLASS_AHEAD] = {NOW + CLOCK_SLACK_MS, NOW + 2 * CLOCK_SLACK_MS},
        [GLASS_LATER] = {NOW + CLOCK_SLACK_MS + 1, NOW + 2 * CLOCK_SLACK_MS}};
    struct question q = {
        .service = r->service,
        .root = r->root,
        .local = r->local,
        .snapshot = r->fresh != NO_SNAPSHOT,
        .member = r->state && r->fresh != NO_SNAPSHOT ? &member : NULL,
        .rules = &rules,
        .freshness = {r->fresh == CONFIRMED, confirmed[r->fresh], GRACE, glass[r->glass][0],
                      glass[r->glass][1]},
        .narrowing = r->narrowing,
        .account = r->account ? r->account - 1U
                   : r->state ? ACCOUNT_MEMBER
                              : ACCOUNT_NONE,
        .outdated = r->outdated,
        .lost_groups = r->lost_groups,
        .org_rules = r->org_rules,
    };
    struct decision d = decide(&q, NOW);
    assert_int_equal(d.verdict, r->verdict);
    assert_string_equal(reason_word(d.reason), reason_word(r->reason));
    assert_int_equal(d.rule, r->rule);
    assert_int_equal(d.org_rule, r->org_rule);
}

/* Whatever is not said is a denial. */
static void decision_of_zeroes_is_a_denial(void **state)
{
    (void)state;
    struct decision zero = {0};
    assert_int_equal(zero.verdict, VERDICT_DENY);
    struct question q = {.service = "sshd", .rules = &rules};
    assert_int_equal(decide(&q, NOW).verdict, VERDICT_DENY);
    assert_int_equal(decide(&q, NOW).age_ms, -1);
    assert_string_equal(reason_word(REASON_COUNT), "unknown");
}

/* An active member of one organization gets nothing from another's rules. */
static void rule_of_one_organization_does_not_admit_members_of_another(void **state)
{
    (void)state;
    struct membership member = {.org = "other", .state = MEMBER_ACTIVE, .roles = {"owner", 1}};
    struct question q = {.service = "sshd",
                         .snapshot = true,
                         .account = ACCOUNT_MEMBER,
                         .member = &member,
                         .rules = &rules,
                         .freshness = {.confirmed = true}};
    assert_int_equal(decide(&q, NOW).reason, REASON_ROLE);
}

static void rule_for_everyone_admits_active_members_only(void **state)
{
    (void)state;
    static const struct rules open = {
        .count = 1, .rule = {{.org = "acme", .everyone = true, .services = {"*", 1}}}};
    struct membership member = {.org = "acme", .state = MEMBER_ACTIVE};
    struct question q = {.service = "x",
                         .snapshot = true,
                         .account = ACCOUNT_MEMBER,
                         .member = &member,
                         .rules = &open,
                         .freshness = {.confirmed = true}};
    assert_int_equal(decide(&q, NOW).verdict, VERDICT_ALLOW);
    member.state = MEMBER_SUSPENDED;
    assert_int_equal(decide(&q, NOW).verdict, VERDICT_DENY);
}

static void decision_tells_the_age_of_the_confirmation(void **state)
{
    (void)state;
    struct membership member = {.org = "acme", .state = MEMBER_ACTIVE, .roles = {"member", 1}};
    struct question q = {.service = "sshd",
                         .snapshot = true,
                         .account = ACCOUNT_MEMBER,
                         .member = &member,
                         .rules = &rules,
                         .freshness = {false, NOW - 5000, GRACE}};
    assert_int_equal(decide(&q, NOW).age_ms, 5000);
    q.freshness.confirmed_ms = NOW + 5; /* a clock that was set back by a little */
    assert_int_equal(decide(&q, NOW).age_ms, 0);
    q.freshness.confirmed_ms = 0;
    assert_int_equal(decide(&q, NOW).age_ms, -1);
}

int main(void)
{
    enum { ROWS = sizeof rows / sizeof *rows };
    static const char *const verdicts[] = {
        [VERDICT_DENY] = "denied", [VERDICT_ALLOW] = "allowed", [VERDICT_NOT_MINE] = "ignored"};
    static char names[ROWS][120]; /* with the outcome: "root, no snapshot: ignored (root)" */
    struct CMUnitTest tests[ROWS + 6];
    for (int i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof *names, "%s: %s (%s)", rows[i].name, verdicts[rows[i].verdict],
                 reason_word(rows[i].reason));
        tests[i] =
            (struct CMUnitTest){names[i], check_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    const struct CMUnitTest more[] = {
        cmocka_unit_test(decision_of_zeroes_is_a_denial),
        cmocka_unit_test(rule_of_one_organization_does_not_admit_members_of_another),
        cmocka_unit_test(rule_for_everyone_admits_active_members_only),
        cmocka_unit_test(decision_tells_the_age_of_the_confirmation),
        cmocka_unit_test(account_of_a_number_follows_from_snapshot_and_range),
        cmocka_unit_test(undefined_account_is_denied),
    };
    memcpy(tests + ROWS, more, sizeof more);
    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}

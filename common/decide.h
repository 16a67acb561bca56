/*
 * Who may log in: the one decision, a pure function. pam_org.so acts on it, `orgadmin host explain`
 * prints it.
 */
#ifndef COMMON_DECIDE_H
#define COMMON_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of NUL-terminated strings, one behind the other, owned by somebody else. */
struct text_list {
    const char *first;
    uint32_t count;
};

/* True when LIST holds TEXT. */
bool text_list_has(const struct text_list *list, const char *text);

/* The string behind TEXT. For each of LIST:
 * const char *t = list.first;
 * for (uint32_t i = 0; i < list.count; i++, t = text_list_next(t))
 *     puts(t); */
const char *text_list_next(const char *text);

/* True when A and B have a string in common. */
bool text_lists_meet(const struct text_list *a, const struct text_list *b);

/* Bytes of the strings in LIST with their NULs. */
size_t text_list_size(const struct text_list *list);

/* The numbers are those of the snapshot, of the id ledger and of the record pipe (orgsyncd/pipe.h).
 */
enum member_state {
    MEMBER_ACTIVE = 1,
    MEMBER_PENDING = 2,
    MEMBER_SUSPENDED = 3,
    MEMBER_REMOVED = 4,
};

/* What a member holds until a time, in the place of what he holds without an end. */
struct term {
    int64_t ends_ms; /* wall clock, 0: there is no such role */
    struct text_list roles, permissions;
};

struct membership {
    const char *org; /* the organization's configured name */
    enum member_state state;
    struct text_list roles;       /* immutable role ids */
    struct text_list permissions; /* permission ids */
    struct term term;
};

/* A rule matches when the service is listed ("*" is every service), the organization is ORG, and
 * the member holds one of ROLES or one of PERMISSIONS; EVERYONE matches every active member.
 * One with BREAK_GLASS also admits beyond the grace, while break-glass is in force. */
struct rule {
    const char *org;
    bool everyone;
    bool break_glass;
    struct text_list services;
    struct text_list roles;
    struct text_list permissions;
};

#define RULES_MAX 1024

struct rules {
    size_t count;
    struct rule rule[RULES_MAX];
};

struct freshness {
    bool confirmed; /* orgsyncd answered that the organization was heard from just now */
    int64_t
        confirmed_ms; /* wall clock of the last confirmation that the snapshot records; 0 = never */
    int64_t grace_ms; /* how old that may be while the organization cannot be reached */
    int64_t glass_begin_ms, glass_end_ms; /* of break-glass: wall clock; 0, 0: there is none */
};

/* Further conditions from a module's arguments; NULL fields are no condition. They never admit
 * anybody by themselves. */
struct narrowing {
    const char *org;
    const char *role;
    const char *permission;
};

/* The owner of the account that the machine's name services give for the user's name. A name proves
 * nothing: any of them may have it. The number does. */
enum account {
    ACCOUNT_UNKNOWN = 0, /* they could not say, or nothing tells whose the number is */
    ACCOUNT_NONE,        /* none of them has the name */
    ACCOUNT_MEMBER,      /* the member's: the number is that of his record */
    ACCOUNT_OURS,        /* the number is another one of an organization's */
    ACCOUNT_FOREIGN      /* the number is no organization's: the account is another service's */
};

/* The facts about an account's number. */
struct number {
    uint32_t uid;
    bool snapshot;      /* there is a usable snapshot; without one the rest counts for nothing */
    bool members;       /* the record of that name has it */
    bool somebodys;     /* some record has it */
    bool in_range;      /* it is in an organization's range */
    bool range_unknown; /* there is an organization whose range is not known */
};

/* Returns the owner of the account with that number. Where the snapshot does not say what is an
 * organization's, an account is foreign if its number never is one (id_valid, id_unlikely), else
 * unknown. */
enum account account_of(const struct number *number);

struct question {
    /* PAM service; "sudo-i" counts as "sudo", "su-l" as "su", "crond" as "cron". */
    const char *service;
    bool root;        /* uid 0 */
    bool local;       /* in /etc/passwd */
    bool snapshot;    /* there is a usable snapshot */
    bool outdated;    /* it is known that there is a newer one, which cannot be read */
    bool lost_groups; /* it is sudo's, and the member is no longer in all groups of the session */
    enum account account;
    const struct membership *member; /* NULL: no such member */
    const struct rules *rules;
    const struct rules *org_rules; /* that the organization makes for this machine
                                      (common/org_rules.h); NULL: it makes none */
    struct freshness freshness;
    struct narrowing narrowing;
};

enum verdict { VERDICT_DENY = 0, VERDICT_ALLOW, VERDICT_NOT_MINE };

/* The numbers are those of a report to orgsyncd (common/confirm.h). */
enum reason {
    REASON_UNAVAILABLE = 0, /* no usable snapshot, or an outdated one, or an unknown account */
    REASON_ROOT = 1,
    REASON_LOCAL = 2,
    REASON_RULE = 3,    /* a rule matched, confirmed */
    REASON_OFFLINE = 4, /* a rule matched, and the organization cannot be reached */
    REASON_STALE = 5,   /* beyond the offline grace */
    REASON_STRANGER = 6,
    REASON_PENDING = 7,
    REASON_SUSPENDED = 8,
    REASON_REMOVED = 9,
    REASON_ROLE = 10,     /* no rule matches */
    REASON_NARROWED = 11, /* a rule matches, the module's arguments want more */
    REASON_NUMBER = 12,   /* the account has a number of an organization's that is not his */
    REASON_FOREIGN = 13,  /* another name service's account */
    REASON_GROUPS = 14,   /* a rule matches, and the session has groups that the member has lost */
    REASON_BREAK_GLASS = 15, /* beyond the offline grace, a rule with break_glass matched */
    REASON_ACCESS = 16,      /* a rule matches, and none of the organization's for this machine */
    REASON_COUNT
};

struct decision {
    enum verdict verdict;
    enum reason reason;
    unsigned rule;     /* 1-based number of the rule that matched, 0 when none did; for
                          REASON_BREAK_GLASS of the first one with break_glass */
    unsigned org_rule; /* the same of the organization's */
    int64_t age_ms;    /* NOW minus the last confirmation; -1 when there was none or it lies in the
                          future */
};

/* A confirmation may lie so far ahead of the clock and still counts as fresh. */
#define CLOCK_SLACK_MS 60000

/*
 * True if what has that TERM counts at NOW. CONFIRMED_MS is when the organization was last heard
 * from (wall clock all): a clock that reads CLOCK_SLACK_MS less was put back, and no role with an
 * end counts.
 */
bool term_counts(const struct term *term, int64_t confirmed_ms, int64_t now);

/* MEMBER with the roles and permissions that count at NOW, and without a term. */
struct membership membership_now(const struct membership *member, int64_t confirmed_ms,
                                 int64_t now);

/* True if NOW lies between begin and end of break-glass. A clock that reads earlier than the begin
 * was put back, which lengthens nothing. */
bool break_glass_in_force(const struct freshness *freshness, int64_t now);

/*
 * Decides. NOW is the wall clock in ms. Order of the questions: root, local account, another
 * service's account, snapshot, account, member, state, rules, narrowing, the organization's rules,
 * groups, freshness: an authoritative "no" never depends on freshness. The zero decision is a
 * denial.
 */
struct decision decide(const struct question *q, int64_t now);

/* The name by which rules know SERVICE: "sudo" for sudo-i; SERVICE itself for most. */
const char *service_name(const char *service);

/* One word for logs and scripts, "role" for REASON_ROLE; static. */
const char *reason_word(enum reason reason);

#endif

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

/* Calls for each: for (const char *t = list.first, i = 0; i < list.count; t = text_list_next(t),
 * i++). */
const char *text_list_next(const char *text);

/* True when A and B have a string in common. */
bool text_lists_meet(const struct text_list *a, const struct text_list *b);

/* Bytes of the strings in LIST with their NULs. */
size_t text_list_size(const struct text_list *list);

enum member_state { MEMBER_ACTIVE = 1, MEMBER_PENDING, MEMBER_SUSPENDED, MEMBER_REMOVED };

struct member {
    const char *org; /* the organization's configured name */
    enum member_state state;
    struct text_list roles;       /* immutable role ids */
    struct text_list permissions; /* permission ids */
};

/* A rule matches when the service is listed ("*" is every service), the organization is ORG, and
 * the member holds one of ROLES or one of PERMISSIONS; EVERYONE matches every active member. */
struct rule {
    const char *org;
    bool everyone;
    struct text_list services;
    struct text_list roles;
    struct text_list permissions;
};

#define RULES_MAX 64

struct rules {
    size_t count;
    struct rule rule[RULES_MAX];
};

struct freshness {
    bool confirmed; /* orgsyncd answered that the organization was heard from just now */
    int64_t
        confirmed_ms; /* wall clock of the last confirmation that the snapshot records; 0 = never */
    int64_t grace_ms; /* how old that may be while the organization cannot be reached */
};

/* What a module's arguments ask for on top; NULL fields ask for nothing. They only ever narrow. */
struct narrowing {
    const char *org;
    const char *role;
    const char *permission;
};

struct question {
    const char
        *service;  /* PAM service; "sudo-i" counts as "sudo", "su-l" as "su", "crond" as "cron" */
    bool root;     /* uid 0 */
    bool local;    /* in /etc/passwd */
    bool snapshot; /* there is a usable snapshot */
    const struct member *member; /* NULL: no such member */
    const struct rules *rules;
    struct freshness freshness;
    struct narrowing narrowing;
};

enum verdict { VERDICT_DENY = 0, VERDICT_ALLOW, VERDICT_NOT_MINE };

enum reason {
    REASON_UNAVAILABLE = 0, /* no usable snapshot */
    REASON_ROOT,
    REASON_LOCAL,
    REASON_RULE,    /* a rule matched, confirmed */
    REASON_OFFLINE, /* a rule matched, on the last snapshot */
    REASON_STALE,   /* beyond the offline grace */
    REASON_STRANGER,
    REASON_PENDING,
    REASON_SUSPENDED,
    REASON_REMOVED,
    REASON_ROLE,     /* no rule matches */
    REASON_NARROWED, /* a rule matches, the module's arguments want more */
    REASON_COUNT
};

struct decision {
    enum verdict verdict;
    enum reason reason;
    unsigned rule;  /* 1-based number of the rule that matched, 0 when none did */
    int64_t age_ms; /* NOW minus the last confirmation; -1 when there was none or it lies in the
                       future */
};

/* How far ahead of the clock a confirmation may lie and still count as fresh. */
#define CLOCK_SLACK_MS 60000

/*
 * Decides. NOW is the wall clock in ms. Order of the questions: root, local account, snapshot,
 * member, state, rules, narrowing, freshness: an authoritative "no" never depends on freshness. The
 * zero decision is a denial.
 */
struct decision decide(const struct question *q, int64_t now);

/* One word for logs and scripts, "role" for REASON_ROLE; static. */
const char *reason_word(enum reason reason);

#endif

/*
 * The rules that an organization makes at its server: who may log in on this machine. They narrow
 * what the machine's own rules allow, and never widen it. Pure functions.
 *
 * In the pipe, the ledger and the snapshot they are the same bytes: of each rule its subject (a
 * role's id, or ORG_RULES_TEAM and a team's), then its services, "*" for all, then an empty string;
 * each string with its NUL.
 */
#ifndef COMMON_ORG_RULES_H
#define COMMON_ORG_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/decide.h"

#define ORG_RULES_TEAM     "team:"
#define ORG_RULES_SIZE_MAX 24576
#define ORG_RULES_MAX      60 /* of an organization */

/* Owned by somebody else. Not NARROWED: the organization has no rules, and SIZE is 0. Narrowed and
 * empty: nobody may log in here. */
struct org_rules {
    bool narrowed;
    uint32_t size;
    const char *text;
};

/* The same with the text that it points to. */
struct org_rules_kept {
    struct org_rules rules;
    char text[ORG_RULES_SIZE_MAX];
};

/* Copies RULES, which are at most ORG_RULES_SIZE_MAX bytes. */
void org_rules_keep(struct org_rules_kept *kept, const struct org_rules *rules);

/* Adds TEXT, one of the strings above, to a narrowed KEPT; false when it does not fit. */
bool org_rules_add(struct org_rules_kept *kept, const char *text);

/* True when A and B say the same. */
bool org_rules_same(const struct org_rules *a, const struct org_rules *b);

/* Fills *RULES with those of O, as rules of ORG whose strings point into O; false when anything in
 * O is not as it must be. */
bool org_rules_decode(const struct org_rules *o, const char *org, struct rules *rules);

#endif

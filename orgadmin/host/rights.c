#include "orgadmin/host/rights.h"

#include "common/break_glass.h"
#include "common/clock.h"
#include "common/decide.h"
#include "common/org_rules.h"

enum verdict rights_decide(const struct snapshot *snapshot, const struct snapshot_policy *policy,
                           const struct snapshot_user *user, const char *service, bool fresh)
{
    struct snapshot_grants grants;
    struct rules own;
    if (snapshot_grants(snapshot, user->grants_ref, &grants) != SNAPSHOT_OK ||
        grants.org >= policy->org_count)
        return VERDICT_DENY;
    const struct org_rules *kept = &policy->org_rules[grants.org];
    if (kept->narrowed && !org_rules_decode(kept, policy->org[grants.org], &own))
        return VERDICT_DENY;
    const struct membership member = {policy->org[grants.org], user->state, grants.roles,
                                      grants.permissions, grants.term};
    struct question question = {
        .service = service,
        .snapshot = true,
        .account = ACCOUNT_MEMBER,
        .member = &member,
        .rules = &policy->rules,
        .org_rules = kept->narrowed ? &own : NULL,
        .freshness = {.confirmed = fresh,
                      .confirmed_ms = snapshot_confirmed(snapshot, grants.org),
                      .grace_ms = (int64_t)snapshot_u32(snapshot, SNAPSHOT_AT_GRACE) * 1000}};
    break_glass_take(&question.freshness);
    return decide(&question, clock_wall_ms()).verdict;
}

bool rights_outlived(const struct snapshot *snapshot, const struct snapshot_policy *policy,
                     const struct snapshot_user *user, const struct process *p,
                     enum process_tie tie)
{
    return tie == PROCESS_SESSION && p->uid[1] == 0 && user->state == MEMBER_ACTIVE &&
           rights_decide(snapshot, policy, user, "sudo", true) == VERDICT_DENY &&
           rights_decide(snapshot, policy, user, "su", true) == VERDICT_DENY;
}

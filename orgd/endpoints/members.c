#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/handed_out.h"
#include "orgd/endpoints/record.h"

bool member_spare(struct call *call, const struct member *member)
{
    if (!role_is_owner(&member->role) || membership_state(member) != MEMBERSHIP_ACTIVE ||
        store_owners(call->store, call->organization.id) > 1)
        return true;
    call_fail(call, 409, "last_owner", "%s is the last owner of the organization.",
              member->user.email);
    return false;
}

bool member_named(struct call *call, struct member *member)
{
    if (store_member(call->store, call->organization.id, call_text(call, "userId"), member) &&
        member->active)
        return call_covers(call, &member->role);
    call_fail(call, 404, "member_not_found", "The organization has no such member.");
    return false;
}

void member_reply_revision(struct call *call, cJSON *reply)
{
    if (call->organization.id[0])
        cJSON_AddNumberToObject(reply, "revision", (double)call->organization.revision);
}

/* Answers what WITHDRAWN says, and frees it. */
static void reply_withdrawn(struct call *call, struct withdrawn *withdrawn)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    member_reply_revision(call, reply);
    handed_out_reply(withdrawn, reply);
    call_reply(call, reply);
}

void member_set_role(struct call *call)
{
    struct role role;
    struct member member;
    if (!call_role(call, &role) || !member_named(call, &member) || !call_covers(call, &role))
        return;
    const char *organization = call->organization.id, *user = member.user.id;
    struct withdrawn withdrawn = {0};
    if (strcmp(member.role.name, role.name) != 0) {
        if (!member_spare(call, &member))
            return;
        call_event(call, organization, "member.set-role", user, member.user.username, "%s -> %s",
                   member.role.name, role.name);
        enum news_kind news =
            role_covers(&role, member.role.permissions) ? NEWS_GATHERED : NEWS_LOSS;
        member.role = role;
        call_member_change(call, organization, &member, news);
        handed_out_by(call, user, &role, &withdrawn);
    }
    reply_withdrawn(call, &withdrawn);
}

/* What a suspended member has handed out opens nothing later, either. */
void member_suspend(struct call *call)
{
    struct member member;
    struct withdrawn withdrawn = {0};
    if (!member_named(call, &member))
        return;
    if (!member.suspended) {
        if (!member_spare(call, &member))
            return;
        member.suspended = clock_wall_ms();
        call_event(call, call->organization.id, "member.suspend", member.user.id,
                   member.user.username, "%s", member.role.name);
        call_member_change(call, call->organization.id, &member, NEWS_LOSS);
        handed_out_by(call, member.user.id, NULL, &withdrawn);
    }
    reply_withdrawn(call, &withdrawn);
}

void member_resume(struct call *call)
{
    struct member member;
    if (!member_named(call, &member))
        return;
    if (member.suspended) {
        member.suspended = 0;
        call_event(call, call->organization.id, "member.resume", member.user.id,
                   member.user.username, "%s", member.role.name);
        call_member_change(call, call->organization.id, &member, NEWS_GATHERED);
    }
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    member_reply_revision(call, reply);
    call_reply(call, reply);
}

void member_leave(struct call *call, struct member *member, struct withdrawn *withdrawn)
{
    const char *organization = call->organization.id, *user = member->user.id;
    int64_t now = clock_wall_ms(), proved = store_token_proved(call->store, user);
    member->active = false;
    member->suspended = 0;
    store_teams_leave(call->store, organization, user);
    store_keys_leave(call->store, organization, user, now);
    member->removed = now > proved ? now : proved; /* the clock may have been put back */
    call_member_change(call, organization, member, NEWS_LOSS);
    call_event(call, organization, "member.remove", user, member->user.username, "%s",
               member->role.name);
    store_tokens_maker_left(call->store, organization, user);
    withdrawn->invitations += invitation_withdraw(call, member->user.email);
    handed_out_by(call, user, NULL, withdrawn);
}

/* True if the member is in no other organization; then his account is the organization's to save.
 */
struct elsewhere {
    const char *organization;
    bool found;
};

static void look_elsewhere(const struct organization *organization, const struct member *member,
                           void *arg)
{
    struct elsewhere *e = arg;
    e->found |= member->active && strcmp(organization->id, e->organization) != 0;
}

/* Ends all tokens of a member who is in no other organization; those of others open this one no
 * longer. Either way he gets a token by users/recover, or from the operator. */
void member_revoke_tokens(struct call *call)
{
    struct member member;
    struct elsewhere elsewhere = {.organization = call->organization.id};
    if (!member_named(call, &member))
        return;
    int64_t now = clock_wall_ms(), ended = 0;
    int64_t proved = store_token_proved(call->store, member.user.id);
    store_memberships(call->store, member.user.id, look_elsewhere, &elsewhere);
    if (!elsewhere.found)
        ended = user_tokens_end(call, member.user.id, "");
    member.removed = now > proved ? now : proved;
    call_member_change(call, call->organization.id, &member, NEWS_LOSS);
    call_event(call, call->organization.id, "member.revoke-tokens", member.user.id,
               member.user.username, elsewhere.found ? "for this organization" : "all");
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    member_reply_revision(call, reply);
    cJSON_AddStringToObject(reply, "scope", elsewhere.found ? "organization" : "account");
    cJSON_AddNumberToObject(reply, "ended", (double)ended);
    call_reply(call, reply);
}

void member_remove(struct call *call)
{
    struct member member;
    struct withdrawn withdrawn = {0};
    const char *organization = call->organization.id, *user = call_text(call, "userId");
    bool there = store_member(call->store, organization, user, &member) && member.active;
    if (there) {
        if (!call_covers(call, &member.role) || !member_spare(call, &member))
            return;
        member_leave(call, &member, &withdrawn);
    }
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    cJSON_AddBoolToObject(reply, "removed", there);
    member_reply_revision(call, reply);
    handed_out_reply(&withdrawn, reply);
    call_reply(call, reply);
}

#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/handed_out.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

bool member_spare(struct call *call, const struct member *member)
{
    if (!role_is_owner(&member->role) || member->term.ends ||
        membership_state(member) != MEMBERSHIP_ACTIVE ||
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
static void reply_withdrawn(struct call *call, cJSON *reply, struct withdrawn *withdrawn)
{
    cJSON_AddTrueToObject(reply, "ok");
    member_reply_revision(call, reply);
    handed_out_reply(withdrawn, reply);
    call_reply(call, reply);
}

/* The term of ROLE for MEMBER: behind it he has the role again that he has without an end. A role
 * with an end takes nothing away, so that no wrong clock gives anybody more than he had. Fails the
 * call and returns false when ROLE cannot end. */
static bool term_of(struct call *call, const struct member *member, const struct role *role,
                    struct role_term *term)
{
    const struct role *held = member->term.ends ? &member->term.after : &member->role;
    *term = (struct role_term){0};
    if (!call_until(call, &term->ends))
        return false;
    if (term->ends == 0)
        return true;
    term->after = *held;
    if (strcmp(held->name, role->name) == 0)
        call_fail(call, 400, "invalid", "until: %s has the role %s without an end.",
                  member->user.username, role->name);
    else if (!role_may_give(role, held))
        call_fail(call, 400, "invalid",
                  "until: the role %s has less permissions than %s, which %s has without an end.",
                  role->name, held->name, member->user.username);
    else
        return true;
    return false;
}

/* MEMBER gets ROLE with TERM. */
static void role_change(struct call *call, struct member *member, const struct role *role,
                        const struct role_term *term)
{
    char end[TIME_TEXT_SIZE + 8];
    bool less = !role_covers(role, member->role.permissions) ||
                (term->ends && (!member->term.ends || term->ends < member->term.ends));
    call_event(call, call->organization.id, "member.set-role", member->user.id,
               member->user.username, "%s -> %s%s", member->role.name, role->name,
               end_text(term->ends, end, sizeof end));
    member->role = *role;
    member->term = *term;
    call_member_change(call, call->organization.id, member, less ? NEWS_LOSS : NEWS_GATHERED);
}

void member_set_role(struct call *call)
{
    struct role role;
    struct role_term term;
    struct member member;
    struct withdrawn withdrawn = {0};
    if (!call_role(call, &role) || !member_named(call, &member) ||
        !term_of(call, &member, &role, &term) || !call_gives(call, &role, term.ends))
        return;
    bool same = strcmp(member.role.name, role.name) == 0;
    if (!same || member.term.ends != term.ends) {
        if (!same && !member_spare(call, &member))
            return;
        role_change(call, &member, &role, &term);
        handed_out_by(call, member.user.id, &role, &withdrawn);
    }
    cJSON *reply = cJSON_CreateObject();
    record_time_or_null(reply, "until", term.ends);
    reply_withdrawn(call, reply, &withdrawn);
}

/* Finds a member whose role has come to its end, and locks the organization: somebody else may have
 * changed the member's role before that. */
static bool term_over(struct store *store, char organization[ID_SIZE], char user[ID_SIZE],
                      char role[ROLE_SIZE])
{
    char locked[ID_SIZE], same[ID_SIZE];
    int64_t now = now_ms();
    if (!store_term_over(store, now, locked, same, role))
        return false;
    store_lock(store, locked);
    return store_term_over(store, now, organization, user, role) &&
           strcmp(organization, locked) == 0 && strcmp(user, same) == 0;
}

/* What has come to its end counts no more wherever it is read; here it is stored, and told. */
bool member_term_end(struct store *store, struct changed *changed)
{
    static const struct request request = {.id = "", .from = ""};
    struct call_answer answer = {0};
    struct call call = {
        .store = store, .request = &request, .answer = &answer, .caller = {.name = "orgd"}};
    struct withdrawn withdrawn = {0};
    struct member member;
    char organization[ID_SIZE], user[ID_SIZE], role[ROLE_SIZE];
    bool found = store_begin_change(store, NULL) && term_over(store, organization, user, role) &&
                 store_organization(store, organization, &call.organization) &&
                 store_member(store, organization, user, &member);
    if (found) {
        call_event(&call, organization, "member.role-end", user, member.user.username, "%s -> %s",
                   role, member.role.name);
        call_member_change(&call, organization, &member, NEWS_LOSS);
        handed_out_by(&call, user, &member.role, &withdrawn);
        *changed = (struct changed){.news = NEWS_LOSS};
        snprintf(changed->id, sizeof changed->id, "%s", organization);
        store_tell(store, organization, NEWS_LOSS);
    }
    cJSON_Delete(withdrawn.list);
    buffer_free(&answer.changed);
    return store_commit(store) == STORE_DONE && found;
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
        member.suspended = now_ms();
        call_event(call, call->organization.id, "member.suspend", member.user.id,
                   member.user.username, "%s", member.role.name);
        call_member_change(call, call->organization.id, &member, NEWS_LOSS);
        handed_out_by(call, member.user.id, NULL, &withdrawn);
    }
    reply_withdrawn(call, cJSON_CreateObject(), &withdrawn);
}

void member_resume(struct call *call)
{
    struct member member;
    if (!member_named(call, &member) || !call_gives(call, &member.role, member.term.ends))
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
    int64_t now = now_ms(), proved = store_token_proved(call->store, user);
    member->active = false;
    member->suspended = 0;
    member->term = (struct role_term){0};
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
    int64_t now = now_ms(), ended = 0;
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

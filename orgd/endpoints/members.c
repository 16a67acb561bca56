#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/handed_out.h"
#include "orgd/endpoints/list_cache.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/usage.h"

/* Members as JSON text, so that a long list is never held as a tree. */
struct member_list {
    struct buffer *out;
    int count;
    int most;
    int64_t revision;    /* of the last member that was written */
    struct cursor after; /* behind it */
    bool more;
    bool full;
};

static void listing_text(struct member_list *listing, const char *text)
{
    if (!buffer_add(listing->out, text, strlen(text), REPLY_MAX))
        listing->full = true;
}

static void listing_add(const struct member *member, void *arg)
{
    struct member_list *listing = arg;
    if (listing->count == listing->most) {
        listing->more = true;
        return;
    }
    cJSON *object = member_json(member);
    char *text = cJSON_PrintUnformatted(object);
    if (listing->count++ > 0)
        listing_text(listing, ",");
    listing_text(listing, text);
    listing->revision = member->revision;
    listing->after.number = member->joined;
    snprintf(listing->after.id, sizeof listing->after.id, "%s", member->user.id);
    cJSON_free(text);
    cJSON_Delete(object);
}

/* --- list --- */

static void list_write(struct member_list *listing, struct store *store, const char *organization,
                       const struct cursor *after, int most)
{
    listing->most = most;
    store_members(store, organization, after, most + 1, listing_add, listing);
}

/* Answers with PAGE, a page of members. */
static void list_page(struct call *call, const struct page *page)
{
    struct member_list listing = {.out = &call->answer->body};
    char tail[ID_SIZE + 48] = "],\"next\":null}";
    listing_text(&listing, "{\"members\":[");
    list_write(&listing, call->store, call->organization.id, &page->after, page->limit);
    if (listing.more)
        snprintf(tail, sizeof tail, "],\"next\":\"%lld.%s\"}", (long long)listing.after.number,
                 listing.after.id);
    listing_text(&listing, tail);
}

static void poll_of(const struct call *call, struct poll *poll)
{
    snprintf(poll->key, sizeof poll->key, "%s", call->caller.key);
    snprintf(poll->organization, sizeof poll->organization, "%s", call->organization.id);
    snprintf(poll->request, sizeof poll->request, "%s", call->request->id);
}

/* Everybody: in one reply that is kept until the organization's next revision, or in pieces. */
static void list_whole(struct call *call)
{
    static const struct cursor beginning;
    const struct organization *organization = &call->organization;
    struct member_list listing = {.out = &call->answer->body};
    if (list_cache_get(organization->id, organization->revision, &call->answer->body))
        return;
    listing_text(&listing, "{\"members\":[");
    list_write(&listing, call->store, organization->id, &beginning, LIST_MAX);
    if (listing.more) {
        call->answer->rest = ANSWER_PIECES;
        poll_of(call, &call->answer->poll);
        call->answer->poll.after = listing.after;
        return;
    }
    listing_text(&listing, "],\"next\":null}");
    list_cache_put(organization->id, organization->revision, &call->answer->body);
}

void member_list(struct call *call)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    if (!call_text(call, "after"))
        usage_listed(call->caller.key);
    call->answer->status = 200;
    if (call_text(call, "after") || call_number(call, "limit"))
        list_page(call, &page);
    else
        list_whole(call);
}

/* True if POLL's caller may still read. */
static bool poll_allowed(struct store *store, const struct poll *poll)
{
    struct token caller;
    struct role role;
    return caller_find(store, poll->key, &caller) &&
           caller_role(store, &caller, poll->organization, &role) &&
           role_covers(&role, PERMISSION_MEMBERS_VIEW);
}

bool member_list_again(struct store *store, struct poll *poll, struct buffer *reply, bool *end)
{
    struct member_list listing = {.out = reply};
    if (!store_begin(store, STORE_READ))
        return false;
    bool allowed = poll_allowed(store, poll);
    if (allowed) {
        listing_text(&listing, ",");
        list_write(&listing, store, poll->organization, &poll->after, LIST_MAX);
        if (!listing.more && listing.count == 0)
            buffer_free(reply); /* those that there were have left meanwhile */
        if (!listing.more)
            listing_text(&listing, "],\"next\":null}");
        poll->after = listing.after;
    }
    *end = !listing.more;
    return store_commit(store) && allowed;
}

/* --- change --- */

bool member_spare(struct call *call, const struct member *member)
{
    if (!role_is_owner(&member->role) || membership_state(member) != MEMBERSHIP_ACTIVE ||
        store_owners(call->store, call->organization.id) > 1)
        return true;
    call_fail(call, 409, "last_owner", "%s is the last owner of the organization.",
              member->user.email);
    return false;
}

/* The member that the body's userId names, whose role the caller covers; else the call has failed.
 */
static bool member_named(struct call *call, struct member *member)
{
    if (store_member(call->store, call->organization.id, call_text(call, "userId"), member) &&
        member->active)
        return call_covers(call, &member->role);
    call_fail(call, 404, "member_not_found", "The organization has no such member.");
    return false;
}

/* Answers what WITHDRAWN says, and frees it. */
static void reply_withdrawn(struct call *call, struct withdrawn *withdrawn)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
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
        member.role = role;
        call_member_change(call, organization, &member);
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
        call_member_change(call, call->organization.id, &member);
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
        call_member_change(call, call->organization.id, &member);
    }
    call_ok(call);
}

void member_leave(struct call *call, struct member *member, struct withdrawn *withdrawn)
{
    const char *organization = call->organization.id, *user = member->user.id;
    int64_t now = clock_wall_ms(), proved = store_token_proved(call->store, user);
    member->active = false;
    member->suspended = 0;
    store_teams_leave(call->store, organization, user);
    member->removed = now > proved ? now : proved; /* the clock may have been put back */
    call_member_change(call, organization, member);
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
    call_member_change(call, call->organization.id, &member);
    call_event(call, call->organization.id, "member.revoke-tokens", member.user.id,
               member.user.username, elsewhere.found ? "for this organization" : "all");
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
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
    handed_out_reply(&withdrawn, reply);
    call_reply(call, reply);
}

/* --- changes --- */

/* The revision up to which the caller knows the members, and 0 when it knows nothing, or knows
 * another history. Without a cursor its revision alone tells. */
static int64_t changes_since(struct call *call)
{
    const struct organization *organization = &call->organization;
    const char *cursor = call_text(call, "cursor");
    int64_t since = call_number(call, "since");
    struct commit commit;
    if (since > organization->revision)
        return 0;
    if (since == 0 || !cursor)
        return since;
    if (!history_parse(cursor, &commit))
        return 0;
    return history_same(&commit, &organization->commit) ||
                   store_commit_known(call->store, organization->id, &commit)
               ? since
               : 0;
}

/* True if there are changes after SINCE. */
static bool changes_any(const struct organization *organization, int64_t since)
{
    return since == 0 || since != organization->revision;
}

/* Writes the whole reply, everybody for SINCE 0; false when it does not fit. */
static bool changes_write(struct store *store, const struct organization *organization,
                          int64_t since, struct buffer *out)
{
    struct member_list listing = {.out = out, .most = PAGE_MAX};
    char tail[128 + HISTORY_CURSOR_SIZE], cursor[HISTORY_CURSOR_SIZE];
    listing_text(&listing, "{\"members\":[");
    store_changes(store, organization->id, since, PAGE_MAX + 1, listing_add, &listing);
    history_cursor(&organization->commit, cursor);
    snprintf(tail, sizeof tail,
             "],\"revision\":%lld,\"cursor\":\"%s\",\"complete\":%s,\"more\":%s}",
             (long long)(listing.more ? listing.revision : organization->revision), cursor,
             since == 0 ? "true" : "false", listing.more ? "true" : "false");
    listing_text(&listing, tail);
    return !listing.full;
}

void member_changes(struct call *call)
{
    int64_t wait = call_number(call, "wait");
    if (wait > WAIT_MAX) {
        call_fail(call, 400, "invalid", "wait: must be at most %d", WAIT_MAX);
        return;
    }
    int64_t since = changes_since(call);
    if (since == 0)
        usage_listed(call->caller.key);
    call->answer->status = 200;
    if (wait == 0 || changes_any(&call->organization, since)) {
        if (!changes_write(call->store, &call->organization, since, &call->answer->body))
            call_fail(call, 500, "internal", "The reply would be too long.");
        return;
    }
    int64_t end = call->caller.expires;
    call->answer->rest = ANSWER_HELD;
    call->answer->poll.since = since;
    call->answer->poll.wait_ms = end && end - clock_wall_ms() < wait ? end - clock_wall_ms() : wait;
    poll_of(call, &call->answer->poll);
}

/* The caller is not let in any more. */
static void changes_ended(const struct poll *poll, struct buffer *reply)
{
    cJSON *object = error_json("unauthorized", "The token or the membership ended.", poll->request);
    char *text = cJSON_PrintUnformatted(object);
    buffer_add(reply, text, strlen(text), REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}

bool reply_release(struct reply *reply)
{
    if (!reply || --reply->holders > 0)
        return false;
    buffer_free(&reply->text);
    free(reply);
    return true;
}

static struct reply *reply_make(void)
{
    struct reply *reply = memory_get(sizeof *reply);
    reply->holders = 1;
    return reply;
}

/* The changes after POLL's since: OTHER if it says that. */
static struct reply *changes_reply(struct store *store, const struct organization *organization,
                                   const struct poll *poll, struct reply *other)
{
    if (other && other->since == poll->since && other->revision == organization->revision &&
        strcmp(other->organization, organization->id) == 0) {
        other->holders++;
        return other;
    }
    struct reply *reply = reply_make();
    snprintf(reply->organization, sizeof reply->organization, "%s", organization->id);
    reply->since = poll->since;
    reply->revision = organization->revision;
    if (!changes_write(store, organization, poll->since, &reply->text))
        buffer_free(&reply->text);
    return reply;
}

struct reply *member_changes_again(struct store *store, const struct poll *poll, bool last,
                                   struct reply *other)
{
    struct organization organization;
    struct reply *reply = NULL;
    if (!store_begin(store, STORE_READ))
        return reply_make();
    if (!poll_allowed(store, poll) ||
        !store_organization(store, poll->organization, &organization)) {
        reply = reply_make();
        changes_ended(poll, &reply->text);
    } else if (last || changes_any(&organization, poll->since)) {
        reply = changes_reply(store, &organization, poll, other);
    }
    if (store_commit(store))
        return reply;
    reply_release(reply);
    return reply_make();
}

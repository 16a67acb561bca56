#include "orgd/endpoints.h"

#include "orgd/record.h"

#include <stdio.h>
#include <string.h>

/* Members as JSON text, so that a long list is never held as a tree. */
struct listing {
    struct buffer *out;
    int count;
    int most;
    int64_t revision; /* of the last one that was written */
    bool more;
    bool full;
};

static void listing_text(struct listing *listing, const char *text)
{
    if (!buffer_add(listing->out, text, strlen(text), REPLY_MAX))
        listing->full = true;
}

static void listing_add(const struct member *member, void *context)
{
    struct listing *listing = context;
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
    cJSON_free(text);
    cJSON_Delete(object);
}

void member_list(struct call *call)
{
    struct listing listing = {.out = &call->reply, .most = -1};
    call->status = 200;
    listing_text(&listing, "{\"members\":[");
    store_members(call->store, call->organization.id, listing_add, &listing);
    listing_text(&listing, "]}");
    if (listing.full)
        call_fail(call, 500, "too_many", "Too many members for one list: ask members/changes.");
}

/* May MEMBER stop being an owner? There is always one left: decided in the transaction that takes
 * him away. */
static bool spare_owner(struct call *call, const struct member *member)
{
    if (member->role != ROLE_OWNER || store_owners(call->store, call->organization.id) > 1)
        return true;
    call_fail(call, 409, "last_owner", "%s is the last owner of the organization.",
              member->user.email);
    return false;
}

void member_set_role(struct call *call)
{
    enum role role;
    struct member member;
    const char *user = call_text(call, "userId");
    if (!call_role(call, ROLE_MEMBER, &role))
        return;
    if (!store_member(call->store, call->organization.id, user, &member) || !member.active) {
        call_fail(call, 404, "member_not_found", "The organization has no such member.");
        return;
    }
    if (!call_covers(call, member.role) || !call_covers(call, role))
        return;
    if (member.role != role) {
        if (!spare_owner(call, &member))
            return;
        member.role = role;
        call_member_change(call, call->organization.id, &member);
    }
    call_ok(call);
}

void member_remove(struct call *call)
{
    struct member member;
    const char *user = call_text(call, "userId");
    if (store_member(call->store, call->organization.id, user, &member) && member.active) {
        if (!call_covers(call, member.role) || !spare_owner(call, &member))
            return;
        member.active = false;
        call_member_change(call, call->organization.id, &member);
    }
    call_ok(call);
}

/* --- changes --- */

/* Is there something to report to one who knows everything up to SINCE? */
static bool changes_any(const struct organization *organization, int64_t since)
{
    return since == 0 || since != organization->revision;
}

/* Writes the whole reply; false when it does not fit. */
static bool changes_write(struct store *store, const struct organization *organization,
                          int64_t since, struct buffer *out)
{
    bool complete = since == 0 || since > organization->revision;
    struct listing listing = {.out = out, .most = PAGE_MAX};
    listing_text(&listing, "{\"members\":[");
    store_changes(store, organization->id, complete ? 0 : since, PAGE_MAX + 1, listing_add,
                  &listing);
    char tail[96];
    snprintf(tail, sizeof tail, "],\"revision\":%lld,\"complete\":%s,\"more\":%s}",
             (long long)(listing.more ? listing.revision : organization->revision),
             complete ? "true" : "false", listing.more ? "true" : "false");
    listing_text(&listing, tail);
    return !listing.full;
}

void member_changes(struct call *call)
{
    int64_t since = call_number(call, "since"), wait = call_number(call, "wait");
    if (wait > WAIT_MAX) {
        call_fail(call, 400, "invalid", "wait: must be at most %d", WAIT_MAX);
        return;
    }
    call->status = 200;
    if (wait == 0 || changes_any(&call->organization, since)) {
        if (!changes_write(call->store, &call->organization, since, &call->reply))
            call_fail(call, 500, "internal", "The reply would be too long.");
        return;
    }
    call->hold = true;
    call->poll.since = since;
    call->poll.wait_ms = wait;
    snprintf(call->poll.key, sizeof call->poll.key, "%s", call->caller.token.key);
    snprintf(call->poll.organization, sizeof call->poll.organization, "%s", call->organization.id);
}

bool member_changes_again(struct store *store, const struct poll *poll, bool last,
                          struct buffer *reply)
{
    static const char ended[] = "{\"ok\":false,\"reason\":\"unauthorized\",\"message\":"
                                "\"The token or the membership ended.\"}";
    struct caller caller;
    struct organization organization;
    enum role role;
    bool answer = true;
    if (!store_begin(store, false))
        return true;
    if (!caller_find(store, poll->key, &caller) ||
        !caller_role(store, &caller, poll->organization, &role) ||
        !(role_permissions(role) & PERMISSION_MEMBERS_VIEW) ||
        !store_organization(store, poll->organization, &organization))
        buffer_add(reply, ended, sizeof ended - 1, REPLY_MAX);
    else if (!last && !changes_any(&organization, poll->since))
        answer = false;
    else if (!changes_write(store, &organization, poll->since, reply))
        buffer_free(reply);
    if (!store_commit(store)) {
        buffer_free(reply);
        return true;
    }
    return answer;
}

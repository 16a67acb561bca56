/* What the operator does with organizations, and with the events of all. */
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define PRUNE_SLICE 5000

/* Locks the organization that the body names by id or name, and fills the call's with it; fails the
 * call without one. */
static bool named(struct call *call)
{
    const char *which = call_text(call, "organization");
    struct organization *found = &call->organization;
    char id[ID_SIZE];
    if (store_organization(call->store, which, found) ||
        store_organization_named(call->store, which, found)) {
        snprintf(id, sizeof id, "%s", found->id);
        store_lock(call->store, id);
        if (store_organization(call->store, id, found))
            return true;
    }
    call_fail(call, 404, "organization_not_found",
              "There is no organization with the id %s, and not exactly one with that name.",
              which);
    return false;
}

static void add_organization(const struct organization *organization, void *arg)
{
    page_add(arg, organization->created, organization->id, organization_json(organization));
}

void operator_organization_list(struct call *call)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    store_organizations(call->store, &page.after, page.limit + 1, add_organization, &page);
    call_page_reply(call, &page, "organizations");
}

/* Makes a user an owner, whatever he was before. A token that the organization does not open to him
 * stays such a token. */
void operator_organization_owner(struct call *call)
{
    struct user user;
    struct member member = {0};
    if (!named(call) || !operator_user(call, &user))
        return;
    const char *organization = call->organization.id;
    if (call->organization.mirrored) {
        call_fail(call, 409, "mirrored",
                  "The members of %s are those of its source: no account becomes one of them.",
                  organization);
        return;
    }
    if (user.disabled) {
        call_fail(call, 409, "disabled", "The account of %s is disabled: enable it first.",
                  user.username);
        return;
    }
    bool known = store_member(call->store, organization, user.id, &member) && member.active;
    call_event(call, organization, "member.set-role", user.id, user.username, "%s -> owner",
               known ? member.role.name : "none");
    if (!known)
        member.joined = now_ms();
    member.user = user;
    member.active = true;
    member.suspended = 0;
    member.role = roles_builtin[ROLE_OWNER];
    member.term = (struct role_term){0};
    call_member_change(call, organization, &member, NEWS_GATHERED);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "member", member_json(&member));
    call_reply(call, reply);
}

void operator_organization_delete(struct call *call)
{
    if (!named(call))
        return;
    organization_end(call);
    call_ok(call);
}

/* --- events --- */

static void add_event(const struct event *event, void *arg)
{
    cJSON *object = event_json(event);
    cJSON_AddStringToObject(object, "organization", event->organization);
    page_add(arg, event->id, "", object);
}

/* The newest first, those of deleted organizations and of none, too. */
void operator_event_list(struct call *call)
{
    const char *organization = call_text(call, "organization");
    struct page page;
    if (!call_page(call, &page))
        return;
    int64_t before = call_text(call, "after") ? page.after.number : INT64_MAX;
    store_all_events(call->store, organization ? organization : "", before, page.limit + 1,
                     add_event, &page);
    call_page_reply(call, &page, "events");
}

/* Removes at most PRUNE_SLICE of the oldest events; the caller asks "again" while there are more.
 */
void operator_event_prune(struct call *call)
{
    int64_t before;
    if (!call_time(call, "before", 0, &before))
        return;
    if (before > now_ms()) {
        call_fail(call, 400, "invalid", "before: must be a time that has passed");
        return;
    }
    int64_t count = store_events_prune(call->store, before, PRUNE_SLICE);
    if (count > 0 && !call_flag(call, "again"))
        call_event(call, "", "events.prune", "", "", "before %s", call_text(call, "before"));
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    cJSON_AddNumberToObject(reply, "pruned", (double)count);
    call_reply(call, reply);
}

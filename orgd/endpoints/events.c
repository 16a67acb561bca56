#include <stdio.h>
#include <stdlib.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"

static void add_event(const struct event *event, void *arg)
{
    char id[ID_SIZE];
    snprintf(id, sizeof id, "%lld", (long long)event->id);
    page_add(arg, event->at, id, event_json(event));
}

/* Those who manage something may read the events; fails the call of others. */
static bool may_read(struct call *call)
{
    if (role_covers(&call->role, PERMISSION_ORG_MANAGE) ||
        role_covers(&call->role, PERMISSION_MEMBERS_MANAGE))
        return true;
    call_fail(call, 403, "forbidden",
              "Your role %s lacks the permission org:manage or members:manage.", call->role.name);
    return false;
}

void event_list(struct call *call)
{
    struct event_filter filter = {.action = call_text(call, "action"),
                                  .actor = call_text(call, "actor"),
                                  .before_id = INT64_MAX};
    struct page page;
    if (!may_read(call))
        return;
    if (filter.action && filter.actor) {
        call_fail(call, 400, "invalid", "actor: cannot be combined with action");
        return;
    }
    if (!call_time(call, "from", INT64_MIN, &filter.from) ||
        !call_time(call, "to", INT64_MAX, &filter.before_at) || !call_page(call, &page))
        return;
    if (call_text(call, "after") && page.after.number <= filter.before_at) {
        filter.before_at = page.after.number;
        filter.before_id = strtoll(page.after.id, NULL, 10);
    }
    store_events(call->store, call->organization.id, &filter, page.limit + 1, add_event, &page);
    call_page_reply(call, &page, "events");
}

/* A part of an export. */
struct export
{
    cJSON *events;
    int count;
    int64_t last;
};

static void add_exported(const struct event *event, void *arg)
{
    struct export *export = arg;
    if (++export->count > LIST_MAX)
        return;
    export->last = event->id;
    cJSON_AddItemToArray(export->events, event_json(event));
}

/* In the order in which they were written, so that a collector that remembers "since" has each of
 * them once. */
void event_export(struct call *call)
{
    struct export export = {.last = call_number(call, "since")};
    if (!may_read(call))
        return;
    cJSON *reply = cJSON_CreateObject();
    export.events = cJSON_AddArrayToObject(reply, "events");
    store_events_since(call->store, call->organization.id, export.last, LIST_MAX + 1, add_exported,
                       &export);
    cJSON_AddNumberToObject(reply, "since", (double)export.last);
    cJSON_AddBoolToObject(reply, "more", export.count > LIST_MAX);
    call_reply(call, reply);
}

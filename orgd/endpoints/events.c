#include <stdio.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"

static void add_event(const struct event *event, void *arg)
{
    page_add(arg, event->id, "", event_json(event));
}

void event_list(struct call *call)
{
    const char *action = call_text(call, "action");
    struct event_filter filter = {.action = action ? action : ""};
    struct page page;
    if (!role_covers(&call->role, PERMISSION_ORG_MANAGE) &&
        !role_covers(&call->role, PERMISSION_MEMBERS_MANAGE)) {
        call_fail(call, 403, "forbidden",
                  "Your role %s lacks the permission org:manage or members:manage.",
                  call->role.name);
        return;
    }
    if (!call_time(call, "from", INT64_MIN, &filter.from) ||
        !call_time(call, "to", INT64_MAX, &filter.to) || !call_page(call, &page))
        return;
    filter.before = call_text(call, "after") ? page.after.number : INT64_MAX;
    store_events(call->store, call->organization.id, &filter, page.limit + 1, add_event, &page);
    call_page_reply(call, &page, "events");
}

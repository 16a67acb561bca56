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

void event_list(struct call *call)
{
    struct event_filter filter = {.action = call_text(call, "action"), .before_id = INT64_MAX};
    struct page page;
    if (!role_covers(&call->role, PERMISSION_ORG_MANAGE) &&
        !role_covers(&call->role, PERMISSION_MEMBERS_MANAGE)) {
        call_fail(call, 403, "forbidden",
                  "Your role %s lacks the permission org:manage or members:manage.",
                  call->role.name);
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

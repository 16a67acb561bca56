#include "orgd/endpoints/member_list.h"

#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/record.h"

void listing_text(struct member_list *listing, const char *text)
{
    if (!buffer_add(listing->out, text, strlen(text), REPLY_MAX))
        listing->full = true;
}

void listing_add(const struct member *member, void *arg)
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
    if (!listing->users || member->revision <= listing->let_in)
        return;
    struct changed_user user = {.revision = member->revision};
    snprintf(user.id, sizeof user.id, "%s", member->user.id);
    buffer_add(listing->users, &user, sizeof user, REPLY_MAX);
}

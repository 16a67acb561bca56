#include "orgd/endpoints/member_list.h"

#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/record.h"
#include "orgd/text.h"

void listing_text(struct member_list *listing, const char *text)
{
    if (!buffer_add(listing->out, text, strlen(text), REPLY_MAX))
        listing->full = true;
}

static bool member_matches(const struct member *member, const char *match)
{
    const struct user *user = &member->user;
    return text_has(user->username, match) || text_has(user->name, match) ||
           text_has(user->email, match);
}

void listing_add(const struct member *member, void *arg)
{
    struct member_list *listing = arg;
    if (listing->count == listing->most || listing->passed == PASSED_MOST) {
        listing->more = true;
        return;
    }
    listing->revision = member->revision;
    listing->after.number = member->joined;
    snprintf(listing->after.id, sizeof listing->after.id, "%s", member->user.id);
    if (listing->match && !member_matches(member, listing->match)) {
        listing->passed++;
        return;
    }
    cJSON *object = member_json(member);
    char *text = cJSON_PrintUnformatted(object);
    if (listing->count++ > 0)
        listing_text(listing, ",");
    listing_text(listing, text);
    cJSON_free(text);
    cJSON_Delete(object);
    if (!listing->users || member->revision <= listing->let_in)
        return;
    struct changed_user user = {.revision = member->revision};
    snprintf(user.id, sizeof user.id, "%s", member->user.id);
    buffer_add(listing->users, &user, sizeof user, REPLY_MAX);
}

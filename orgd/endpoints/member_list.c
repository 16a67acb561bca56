#include "orgd/endpoints/member_list.h"

#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/record.h"
#include "orgd/text.h"

#define PAGE_BYTES (REPLY_MAX / 2) /* what is beyond that comes with the next page */

void listing_text(struct member_list *listing, const char *text)
{
    if (!buffer_add(listing->out, text, strlen(text), REPLY_MAX))
        listing->full = true;
}

static bool member_matches(const struct member *member, const char *match)
{
    const struct user *user = &member->user;
    if (member->mirrored)
        return text_has(member->mirrored->record, match);
    return text_has(user->username, match) || text_has(user->name, match) ||
           text_has(user->email, match);
}

/* The record, an object, with the keys at its end. */
static void listing_mirrored(struct member_list *listing, const struct mirrored *member)
{
    size_t len = strlen(member->record) - 1; /* without the brace */
    if (!buffer_add(listing->out, member->record, len, REPLY_MAX))
        listing->full = true;
    listing_text(listing, *member->keys ? ",\"keys\":" : ",\"keysUnread\":true}");
    listing_text(listing, member->keys);
    listing_text(listing, *member->keys ? "}" : "");
}

void listing_add(const struct member *member, void *arg)
{
    struct member_list *listing = arg;
    if (listing->count == listing->most || listing->passed == PASSED_MOST ||
        listing->out->len > PAGE_BYTES) {
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
    cJSON *object = member->mirrored ? NULL : member_json(member);
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;
    if (listing->count++ > 0)
        listing_text(listing, ",");
    if (text)
        listing_text(listing, text);
    else
        listing_mirrored(listing, member->mirrored);
    cJSON_free(text);
    cJSON_Delete(object);
    if (!listing->users || member->revision <= listing->let_in)
        return;
    struct changed_user user = {.revision = member->revision};
    snprintf(user.id, sizeof user.id, "%s", member->user.id);
    buffer_add(listing->users, &user, sizeof user, REPLY_MAX);
}

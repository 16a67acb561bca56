#include "orgd/http/reply_shelf.h"

#include <string.h>

#define BYTES_MOST (24U << 20) /* of all texts */

void shelf_keep(struct reply_shelf *shelf, struct reply *reply)
{
    struct reply **kept = shelf->replies;
    size_t i, bytes = reply->text.size;
    if (bytes == 0 || bytes > BYTES_MOST)
        return;
    for (i = 0; i < SHELF_SIZE && kept[i]; i++)
        bytes += kept[i]->text.size;
    while (i > 0 && (i == SHELF_SIZE || bytes > BYTES_MOST)) {
        bytes -= kept[--i]->text.size;
        reply_release(kept[i]);
        kept[i] = NULL;
    }
    memmove(&kept[1], kept, i * sizeof *kept);
    kept[0] = reply;
    reply->holders++;
}

struct reply *shelf_find(const struct reply_shelf *shelf, const struct poll *poll)
{
    for (size_t i = 0; i < SHELF_SIZE && shelf->replies[i]; i++) {
        struct reply *r = shelf->replies[i];
        if (r->since == poll->since && r->revision == poll->revision &&
            strcmp(r->organization, poll->organization) == 0)
            return r;
    }
    return NULL;
}

void shelf_clear(struct reply_shelf *shelf)
{
    for (size_t i = 0; i < SHELF_SIZE; i++)
        reply_release(shelf->replies[i]);
    *shelf = (struct reply_shelf){0};
}

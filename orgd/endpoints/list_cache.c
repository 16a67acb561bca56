#include "orgd/endpoints/list_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "orgd/secret.h"

#define SLOTS     64
#define TEXT_MOST (256U << 10) /* a longer reply is made each time */

static struct cached_list {
    char organization[ID_SIZE];
    int64_t revision;
    struct commit commit;
    struct buffer reply;
} slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* on them */

/* An organization has one slot, that it may have to share with others. */
static struct cached_list *slot_of(const char *organization)
{
    return &slots[table_hash(organization, strlen(organization)) % SLOTS];
}

bool list_cache_get(const struct organization *o, struct buffer *out)
{
    const struct cached_list *slot = slot_of(o->id);
    pthread_mutex_lock(&lock);
    bool found = slot->revision == o->revision && history_same(&slot->commit, &o->commit) &&
                 strcmp(slot->organization, o->id) == 0 &&
                 buffer_add(out, slot->reply.data, slot->reply.len, TEXT_MOST);
    pthread_mutex_unlock(&lock);
    return found;
}

void list_cache_put(const struct organization *o, const struct buffer *reply)
{
    struct cached_list *slot = slot_of(o->id);
    pthread_mutex_lock(&lock);
    buffer_free(&slot->reply);
    slot->organization[0] = '\0';
    if (buffer_add(&slot->reply, reply->data, reply->len, TEXT_MOST)) {
        slot->revision = o->revision;
        slot->commit = o->commit;
        snprintf(slot->organization, sizeof slot->organization, "%s", o->id);
    }
    pthread_mutex_unlock(&lock);
}

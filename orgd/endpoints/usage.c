#include "orgd/endpoints/usage.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#define USES_MAX  1024
#define PERIOD_MS 60000

static struct noted {
    char key[ID_SIZE];
    struct use use;
} noted[USES_MAX];
static size_t count;
static int64_t stored_ms; /* clock_mono_ms when they were stored last */

void usage_note(const char *key, const char *from)
{
    size_t i = 0;
    while (i < count && strcmp(noted[i].key, key) != 0)
        i++;
    if (i == USES_MAX)
        return; /* usage_due was true, but could not be heeded */
    if (i == count)
        count++;
    snprintf(noted[i].key, sizeof noted[i].key, "%s", key);
    snprintf(noted[i].use.from, sizeof noted[i].use.from, "%s", from);
    noted[i].use.at = clock_wall_ms();
}

bool usage_due(void)
{
    return count == USES_MAX || (count > 0 && clock_mono_ms() - stored_ms >= PERIOD_MS);
}

void usage_store(struct store *store)
{
    if (count == 0)
        return;
    if (store_has_room(store) && store_begin(store, STORE_CHANGE)) {
        for (size_t i = 0; i < count; i++)
            store_token_use(store, noted[i].key, &noted[i].use);
        store_commit(store);
    }
    count = 0;
    stored_ms = clock_mono_ms();
}

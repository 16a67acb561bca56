#include "orgd/http/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgd/buffer.h"

struct tally_entry {
    LIST_ENTRY(tally_entry) link;
    char id[ID_SIZE];
    size_t count;
};

void tally_init(struct tally *tally)
{
    for (size_t i = 0; i < TALLY_PLACES; i++)
        LIST_INIT(&tally->places[i]);
}

static size_t place_of(const char *id)
{
    return table_hash(id, strlen(id)) % TALLY_PLACES;
}

static struct tally_entry *entry_of(const struct tally *tally, const char *id)
{
    struct tally_entry *entry;
    LIST_FOREACH(entry, &tally->places[place_of(id)], link)
    {
        if (strcmp(entry->id, id) == 0)
            break;
    }
    return entry;
}

size_t tally_get(const struct tally *tally, const char *id)
{
    const struct tally_entry *entry = entry_of(tally, id);
    return entry ? entry->count : 0;
}

void tally_add(struct tally *tally, const char *id)
{
    struct tally_entry *entry = entry_of(tally, id);
    if (!entry) {
        entry = memory_get(sizeof *entry);
        snprintf(entry->id, sizeof entry->id, "%s", id);
        LIST_INSERT_HEAD(&tally->places[place_of(id)], entry, link);
    }
    entry->count++;
}

void tally_take(struct tally *tally, const char *id)
{
    struct tally_entry *entry = entry_of(tally, id);
    if (!entry || --entry->count > 0)
        return;
    LIST_REMOVE(entry, link);
    free(entry);
}

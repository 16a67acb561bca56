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

void tally_free(struct tally *tally)
{
    struct tally_entry *entry;
    for (size_t i = 0; i < TALLY_PLACES; i++)
        while ((entry = LIST_FIRST(&tally->places[i])) != NULL) {
            LIST_REMOVE(entry, link);
            free(entry);
        }
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

/* An entry of PLACE that counts nothing, which a new one joins for want of one. */
static struct tally_entry *entry_unused(struct tally_place *place)
{
    struct tally_entry *entry;
    LIST_FOREACH(entry, place, link)
    if (entry->count == 0)
        return entry;
    entry = memory_get(sizeof *entry);
    LIST_INSERT_HEAD(place, entry, link);
    return entry;
}

struct tally_entry *tally_add(struct tally *tally, const char *id)
{
    struct tally_entry *entry = entry_of(tally, id);
    if (!entry) {
        entry = entry_unused(&tally->places[place_of(id)]);
        snprintf(entry->id, sizeof entry->id, "%s", id);
    }
    entry->count++;
    return entry;
}

void tally_take(struct tally_entry *entry)
{
    entry->count--;
}

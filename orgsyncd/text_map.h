/* Numbers by texts: one text may have several. The hash is keyed, so that nobody who chooses texts
 * makes lookups slow. One thread. */
#ifndef ORGSYNCD_TEXT_MAP_H
#define ORGSYNCD_TEXT_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct text_entry {
    const char *text; /* borrowed */
    uint32_t kind, value;
    uint32_t next; /* in its bucket, 1 is the first entry; 0 = none */
};

/* Begins zero. */
struct text_map {
    struct text_entry *entry;
    uint32_t *bucket; /* ROOM of them, a power of two */
    uint32_t count, room;
    unsigned char key[16];
};

/* Adds VALUE to those of TEXT and KIND. TEXT is borrowed. False when out of memory. */
bool text_map_add(struct text_map *map, uint32_t kind, const char *text, uint32_t value);

/* One of the entries of TEXT and KIND, NULL when there is none; and the one behind ENTRY, NULL
 * behind the last. Valid until the next text_map_add. */
const struct text_entry *text_map_find(const struct text_map *map, uint32_t kind, const char *text);
const struct text_entry *text_map_next(const struct text_map *map, const struct text_entry *entry);

void text_map_free(struct text_map *map);

#endif

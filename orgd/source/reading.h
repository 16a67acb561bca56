/*
 * What one reading of a source has found: members as hosts get them, in a file without a name, so
 * that a large organization takes no memory but 40 bytes for each member. One thread at a time.
 */
#ifndef ORGD_SOURCE_READING_H
#define ORGD_SOURCE_READING_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "orgd/buffer.h"
#include "orgd/store/store.h"

#define READING_MEMBERS_MAX 4000000
#define READING_RECORD_MAX  16384 /* bytes of a member without the keys */
#define READING_KEYS_MAX    32768
#define READING_ID_HASH     16

struct reading_entry {
    unsigned char id[READING_ID_HASH]; /* hash of the id */
    int64_t at;                        /* its place in the file */
    uint32_t size;
    bool there; /* else the source names the member as removed */
};

struct source_listing {
    bool good;        /* it was read whole, and can be believed */
    bool complete;    /* the members are all that there are; else those that have changed */
    int64_t begun_ms; /* clock_mono_ms */
    int64_t as_of_ms; /* when the source was read; earlier, if it is a relay itself */
    int retry_s;      /* a failed one: not to be tried again sooner */
    char failure[MIRROR_WHY_SIZE];
    struct reading_entry *entries; /* in the order of ID, each once, when it has ended */
    size_t count, room;
    int64_t size; /* of the file */
    FILE *file;
};

/* Makes it empty; reading_free ends it. */
void reading_clear(struct source_listing *r);
void reading_free(struct source_listing *r);

/* Adds a neutral record of a member (api/provider.h). A member without an id that hosts take, or
 * with a record that is too long, is left out. Returns NULL, or why it cannot be kept. */
const char *reading_add(struct source_listing *r, const cJSON *record);

/* Everything was added. Returns NULL, or the fault. */
const char *reading_end(struct source_listing *r);

/* Fills *MEMBER with the one at place I, whose texts are in TEXT until that changes; false, after a
 * line in the log, when the file cannot be read. */
bool reading_member(const struct source_listing *r, size_t i, struct buffer *text,
                    struct mirrored *member);

/* The place of the member ID, or -1. */
int64_t reading_find(const struct source_listing *r, const char *id);

#endif

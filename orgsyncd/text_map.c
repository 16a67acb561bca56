#include "orgsyncd/text_map.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof((struct text_map){0}.key) == crypto_shorthash_KEYBYTES, "a key is whole");

static uint32_t place(const struct text_map *m, uint32_t kind, const char *text)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text, strlen(text), m->key);
    return (uint32_t)(hash + kind * UINT64_C(0x9e3779b97f4a7c15)) & (m->room - 1);
}

static void enter(struct text_map *m, uint32_t i)
{
    uint32_t *bucket = &m->bucket[place(m, m->entry[i].kind, m->entry[i].text)];
    m->entry[i].next = *bucket;
    *bucket = i + 1;
}

static bool grow(struct text_map *m)
{
    uint32_t room = m->room ? 2 * m->room : 64;
    struct text_entry *entry = realloc(m->entry, room * sizeof *entry);
    if (entry)
        m->entry = entry;
    uint32_t *bucket = entry ? calloc(room, sizeof *bucket) : NULL;
    if (!bucket)
        return false;
    if (m->room == 0)
        randombytes_buf(m->key, sizeof m->key);
    free(m->bucket);
    m->bucket = bucket;
    m->room = room;
    for (uint32_t i = 0; i < m->count; i++)
        enter(m, i);
    return true;
}

bool text_map_add(struct text_map *m, uint32_t kind, const char *text, uint32_t value)
{
    if (m->count == m->room && (m->room > UINT32_MAX / 4 || !grow(m)))
        return false;
    m->entry[m->count] = (struct text_entry){.text = text, .kind = kind, .value = value};
    enter(m, m->count++);
    return true;
}

static const struct text_entry *walk(const struct text_map *m, uint32_t at, uint32_t kind,
                                     const char *text)
{
    for (; at; at = m->entry[at - 1].next) {
        const struct text_entry *e = &m->entry[at - 1];
        if (e->kind == kind && strcmp(e->text, text) == 0)
            return e;
    }
    return NULL;
}

const struct text_entry *text_map_find(const struct text_map *m, uint32_t kind, const char *text)
{
    return m->room ? walk(m, m->bucket[place(m, kind, text)], kind, text) : NULL;
}

const struct text_entry *text_map_next(const struct text_map *m, const struct text_entry *e)
{
    return walk(m, e->next, e->kind, e->text);
}

void text_map_free(struct text_map *m)
{
    free(m->entry);
    free(m->bucket);
    *m = (struct text_map){0};
}

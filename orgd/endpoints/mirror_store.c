#include "orgd/endpoints/mirror_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgd/now.h"

#define SLICE      1000
#define TEXTS_MOST (64U << 20)

/* A member that is stored; its texts are in a buffer, each with its NUL. */
struct mirror_change {
    size_t at;
    bool there;
};

struct slice_state {
    struct mirror_slice *slice;
    struct buffer changes; /* of struct mirror_change */
    struct buffer texts;
    struct buffer text;       /* of the member of the reading */
    struct mirrored incoming; /* that is compared with its row */
    int count;                /* rows that were walked over */
    bool loss;                /* somebody may have lost something */
    bool broken;
};

static void add_text(struct slice_state *s, const char *text)
{
    s->broken |= !buffer_add(&s->texts, text, strlen(text) + 1, TEXTS_MOST);
}

static void change_add(struct slice_state *s, const struct mirrored *m)
{
    struct mirror_change change = {.at = s->texts.len, .there = m->there};
    add_text(s, m->id);
    add_text(s, m->record);
    add_text(s, m->keys);
    buffer_add(&s->changes, &change, sizeof change, TEXTS_MOST);
}

/* ROW's member has left: the record stays, and says so. */
static void change_remove(struct slice_state *s, const struct mirrored *row)
{
    cJSON *record = cJSON_Parse(row->record);
    cJSON_DeleteItemFromObjectCaseSensitive(record, "state");
    cJSON_AddStringToObject(record, "state", "removed");
    char *text = cJSON_PrintUnformatted(record);
    struct mirrored left = {.id = row->id, .record = text ? text : row->record, .keys = "[]"};
    change_add(s, &left);
    s->slice->to.removed++;
    s->loss = true;
    cJSON_free(text);
    cJSON_Delete(record);
}

/* Stores what M has other than ROW. Keys that were not read are those that were there. */
static void change_update(struct slice_state *s, const struct mirrored *row,
                          const struct mirrored *m)
{
    struct mirrored now = *m;
    if (!*now.keys && row->there)
        now.keys = row->keys;
    if (row->there && strcmp(row->record, now.record) == 0 && strcmp(row->keys, now.keys) == 0)
        return;
    change_add(s, &now);
    if (row->there)
        s->slice->to.changed++;
    else
        s->slice->to.added++;
    s->loss = true;
}

static void compare(struct slice_state *s, const struct mirrored *row, const struct mirrored *m)
{
    if (m && m->there)
        change_update(s, row, m);
    else if (row->there)
        change_remove(s, row);
}

/* --- those that are there --- */

static void walk_row(const struct mirrored *row, void *arg)
{
    struct slice_state *s = arg;
    struct mirror_slice *slice = s->slice;
    struct mirrored m;
    int64_t at = reading_find(slice->reading, row->id);
    s->count++;
    snprintf(slice->to.after, sizeof slice->to.after, "%s", row->id);
    if (at >= 0)
        slice->known[at] = true;
    if (at >= 0 && !reading_member(slice->reading, (size_t)at, &s->text, &m))
        s->broken = true;
    else
        compare(s, row, at >= 0 ? &m : NULL);
}

static void walk(struct store *store, struct slice_state *s)
{
    struct mirror_slice *slice = s->slice;
    store_mirrored_walk(store, slice->organization, slice->from.after, SLICE, walk_row, s);
    slice->to.walked = s->count < SLICE;
}

/* --- those that were read --- */

static void compare_row(const struct mirrored *row, void *arg)
{
    struct slice_state *s = arg;
    compare(s, row, &s->incoming);
}

static void take_member(struct store *store, struct slice_state *s, size_t i)
{
    const struct mirror_slice *slice = s->slice;
    struct mirrored *m = &s->incoming;
    s->broken |= !reading_member(slice->reading, i, &s->text, m);
    if (s->broken || store_mirrored(store, slice->organization, m->id, compare_row, s) || !m->there)
        return;
    change_add(s, m);
    s->slice->to.added++;
}

static void take_members(struct store *store, struct slice_state *s)
{
    struct mirror_slice *slice = s->slice;
    size_t i = slice->from.next;
    for (int taken = 0; i < slice->reading->count && taken < SLICE && !s->broken; i++) {
        if (slice->known[i])
            continue;
        take_member(store, s, i);
        taken++;
    }
    slice->to.next = i;
}

/* --- a slice --- */

static void changes_put(struct store *store, const struct slice_state *s)
{
    size_t count = s->changes.len / sizeof(struct mirror_change);
    const struct mirror_change *changes = (const void *)s->changes.data;
    struct mirrored *members = memory_get((count + 1) * sizeof *members);
    for (size_t i = 0; i < count; i++) {
        struct mirrored *m = &members[i];
        m->there = changes[i].there;
        m->id = s->texts.data + changes[i].at;
        m->record = m->id + strlen(m->id) + 1;
        m->keys = m->record + strlen(m->record) + 1;
    }
    store_mirrored_put(store, s->slice->organization, members, count);
    free(members);
}

/* The reading is stored whole. */
static void reading_ends(struct store *store, const struct mirror_slice *slice)
{
    const struct mirror_place *to = &slice->to;
    struct event event = {.at = now_ms()};
    store_mirror_read(store, slice->organization, slice->read);
    if (to->added + to->changed + to->removed == 0)
        return;
    snprintf(event.organization, sizeof event.organization, "%s", slice->organization);
    snprintf(event.actor_name, sizeof event.actor_name, "orgd");
    snprintf(event.action, sizeof event.action, "mirror.read");
    snprintf(event.detail, sizeof event.detail, "%lld added, %lld changed, %lld removed",
             (long long)to->added, (long long)to->changed, (long long)to->removed);
    store_event_add(store, &event);
}

/* True if the reading may be stored: none that began later is there, and one that has told only
 * what is new does so of what is there. */
static bool may_store(struct store *store, struct mirror_slice *slice)
{
    int64_t applied = store_mirror_applied(store, slice->organization);
    if (applied > slice->turn)
        slice->end = MIRROR_SUPERSEDED;
    else if (!slice->reading->complete && slice->from.next == 0 && applied != slice->last)
        slice->end = MIRROR_ANEW;
    else if (applied < slice->turn)
        store_mirror_claim(store, slice->organization, slice->turn);
    return slice->end == MIRROR_MORE;
}

static void slice_run(struct store *store, struct slice_state *s)
{
    struct mirror_slice *slice = s->slice;
    bool walks = slice->reading->complete && !slice->from.walked;
    if (walks)
        walk(store, s);
    if (!walks || slice->to.walked)
        take_members(store, s);
    changes_put(store, s);
    if ((!walks || slice->to.walked) && slice->to.next >= slice->reading->count) {
        slice->end = MIRROR_DONE;
        reading_ends(store, slice);
    }
    if (s->changes.len == 0)
        return;
    snprintf(slice->news.id, sizeof slice->news.id, "%s", slice->organization);
    slice->news.news = s->loss ? NEWS_LOSS : NEWS_GATHERED;
    store_tell(store, slice->organization, (int)slice->news.news);
}

void mirror_store(struct store *store, struct mirror_slice *slice)
{
    struct slice_state s = {.slice = slice};
    slice->to = slice->from;
    slice->end = MIRROR_MORE;
    slice->news = (struct changed){.news = NEWS_GATHERED};
    bool may = store_begin_change(store, slice->organization) && may_store(store, slice);
    if (may)
        slice_run(store, &s);
    enum store_end end = may && !s.broken ? store_commit(store) : store_rollback(store);
    if (end == STORE_AGAIN && may)
        slice->end = MIRROR_MORE, slice->to = slice->from;
    else if (end != STORE_DONE || s.broken)
        slice->end = MIRROR_LOST;
    buffer_free(&s.changes);
    buffer_free(&s.texts);
    buffer_free(&s.text);
}

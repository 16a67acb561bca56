#include "orgsyncd/listing.h"

#include <stdio.h>

#include "orgsyncd/log.h"
#include "orgsyncd/pipe.h"

/* Members of one organization, known and listed ones together: so much an organization may fill our
 * memory and ledger. */
#define MEMBERS_MAX 8000000
/* Of a listing's malformed members so many have a line in the log. */
#define REFUSED_LOGGED 100
/* Up to this many members a listing may remove all but the last. */
#define BRAKE_LEAST 10

void listing_begin(struct listing *l, enum listing_kind kind)
{
    roster_free(&l->members);
    l->kind = kind;
    l->bytes = 0;
    l->refused = 0;
}

void listing_add(struct listing *l, const char *org, const void *message, size_t size)
{
    struct pipe_member remote;
    const char *why;
    if (!pipe_decode_member(message, size, &remote, &why)) {
        if (l->refused++ < REFUSED_LOGGED)
            log_line("%s: the fetcher sent a member that cannot be: %s", org, why);
        return;
    }
    l->bytes += size;
    bool room = l->kind != LISTING_UNUSABLE && l->bytes <= LISTING_BYTES_MAX;
    struct roster_member *m = room ? roster_member_new(&remote) : NULL;
    if (m && roster_put(&l->members, m) == 0)
        return;
    roster_free(&l->members);
    l->kind = LISTING_UNUSABLE;
}

/* --- is it plausible? --- */

struct departure {
    const struct roster *known;
    uint32_t gone, stay;
};

/* For each current member in the answer: counts removed ones in GONE, the others in STAY. */
static void count_departure(struct roster_member *m, void *arg)
{
    struct departure *d = arg;
    const struct roster_member *now = roster_find(d->known, m->remote.id);
    if (!now || now->remote.state == MEMBER_REMOVED)
        return;
    bool gone = m->remote.state == MEMBER_REMOVED;
    d->gone += gone;
    d->stay += !gone;
}

bool listing_implausible(const struct listing *l, const struct roster *known, enum brake_mode mode,
                         char *text, size_t size)
{
    struct departure d = {.known = known};
    roster_each(&l->members, count_departure, &d);
    uint32_t members = (uint32_t)known->present;
    if (l->kind == LISTING_COMPLETE)
        d.gone = members - d.stay;
    if (l->kind == LISTING_UNUSABLE)
        snprintf(text, size, "it is too large, or memory ran out while its members were listed");
    else if (known->count + l->members.count > MEMBERS_MAX)
        snprintf(text, size, "it has more members than %d, those who left included",
                 MEMBERS_MAX / 2);
    else if (l->kind == LISTING_COMPLETE && l->members.present == 0)
        snprintf(text, size, "it lists no member at all");
    else if (mode == BRAKE_ON && members > BRAKE_LEAST && d.gone > members / 2)
        snprintf(text, size,
                 "it would remove %u of %u members; if that is right: orgadmin host sync --accept",
                 d.gone, members);
    else
        return false;
    return true;
}

/* --- taking it --- */

struct merge {
    struct roster *known;
    uint64_t number;
    bool changed, failed;
};

static void merge_member(struct roster_member *m, void *arg)
{
    struct merge *merge = arg;
    struct roster_member *old = roster_find(merge->known, m->remote.id);
    if (m->remote.state == MEMBER_REMOVED) {
        if (old && old->remote.state != MEMBER_REMOVED) {
            roster_remove(merge->known, old);
            merge->changed = true;
        }
        return;
    }
    struct roster_member *copy = roster_member_new(&m->remote);
    if (!copy || roster_put(merge->known, copy) < 0) {
        merge->failed = true;
        return;
    }
    copy->seen = merge->number;
    merge->changed |= copy->changed;
}

static void remove_unlisted(struct roster_member *m, void *arg)
{
    struct merge *merge = arg;
    if (m->seen == merge->number || m->remote.state == MEMBER_REMOVED)
        return;
    roster_remove(merge->known, m);
    merge->changed = true;
}

int listing_merge(struct listing *l, struct roster *known)
{
    if (l->kind == LISTING_COMPLETE)
        l->number++;
    struct merge merge = {.known = known, .number = l->number};
    roster_each(&l->members, merge_member, &merge);
    if (l->kind == LISTING_COMPLETE && !merge.failed)
        roster_each(known, remove_unlisted, &merge);
    return merge.failed ? -1 : merge.changed;
}

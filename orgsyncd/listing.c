#include "orgsyncd/listing.h"

#include <stdio.h>

#include "orgsyncd/log.h"
#include "orgsyncd/pipe.h"

/* Members of one organization, known and listed ones together: so much an organization may fill our
 * memory and ledger. */
#define MEMBERS_MAX 8000000
/* Of a listing's malformed members so many have a line in the log. */
#define REFUSED_LOGGED 100

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

bool listing_implausible(const struct listing *l, const struct roster *known, char *text,
                         size_t size)
{
    if (l->kind == LISTING_UNUSABLE)
        snprintf(text, size, "it is too large, or memory ran out while its members were listed");
    else if (known->count + l->members.count > MEMBERS_MAX)
        snprintf(text, size, "it has more members than %d, those who left included",
                 MEMBERS_MAX / 2);
    else if (l->kind == LISTING_COMPLETE && l->members.present == 0)
        snprintf(text, size, "it lists no member at all");
    else
        return false;
    return true;
}

/* --- taking it --- */

struct merge {
    struct roster *known;
    struct brake *brake;
    uint64_t number;
    bool changed, failed;
};

/* Judges a member of the answer: HELD marks the one that is not to be taken. */
static void judge_listed(struct roster_member *m, void *arg)
{
    struct merge *merge = arg;
    struct roster_member *old = roster_find(merge->known, m->remote.id);
    if (!old)
        return;
    old->seen = merge->number;
    if (brake_is_loss(merge->brake, &old->remote, &m->remote))
        m->held = !brake_admits(merge->brake, old);
    else
        brake_let_go(old);
    merge->changed |= old->brake_changed;
}

static void remove_unlisted(struct roster_member *m, void *arg)
{
    struct merge *merge = arg;
    if (m->seen == merge->number || m->remote.state == MEMBER_REMOVED)
        return;
    if (m->remote.state != MEMBER_ACTIVE || brake_admits(merge->brake, m)) {
        roster_remove(merge->known, m);
        merge->changed = true;
    }
    merge->changed |= m->brake_changed;
}

static void merge_member(struct roster_member *m, void *arg)
{
    struct merge *merge = arg;
    if (m->held)
        return;
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

int listing_merge(struct listing *l, struct roster *known, struct brake *brake)
{
    if (l->kind == LISTING_COMPLETE)
        l->number++;
    struct merge merge = {.known = known, .brake = brake, .number = l->number};
    roster_each(&l->members, judge_listed, &merge);
    if (l->kind == LISTING_COMPLETE)
        roster_each(known, remove_unlisted, &merge);
    roster_each(&l->members, merge_member, &merge);
    return merge.failed ? -1 : merge.changed;
}

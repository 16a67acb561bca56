#include "nss_module/mapping.h"

#include <errno.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/paths.h"
#include "nss_module/nss_module.h"

/* Mappings alive at a time: the current one and those that slow readers still hold. */
#define SLOTS 3
/* Counters a mapping, so that threads do not fight for one cache line. With them the slots still
 * fill less than a page: a new process pays for each. */
#define STRIPES  16
#define CHECK_MS 1000

struct slot {
    struct snapshot snapshot;
    _Atomic int64_t checked_ms;
    struct {
        _Alignas(64) _Atomic unsigned count;
    } readers[STRIPES];
};

/*
 * A reader counts itself into the current slot and then looks whether the slot is still current; a
 * replaced slot is unmapped only when no longer current and all its counters are zero. (Both sides
 * are sequentially consistent: either the reader sees the replacement, or the replacer sees the
 * reader.) Slots are static, so that counting into a replaced one is harmless.
 */
static struct slot slots[SLOTS];
static struct slot *_Atomic current;

/* The process that is replacing the mapping, 0 = none. A child forked meanwhile inherits its
 * parent's pid here and may take over. */
static _Atomic pid_t replacing;

static _Atomic unsigned *readers_of(struct slot *slot, const struct mapping_hold *hold)
{
    /* The hold lies in its thread's stack, and stacks are pages apart. */
    return &slot->readers[((uintptr_t)hold >> 12) % STRIPES].count;
}

static bool begin_replacing(void)
{
    pid_t self = getpid(), other = 0;
    if (atomic_compare_exchange_strong(&replacing, &other, self))
        return true;
    return other != self && atomic_compare_exchange_strong(&replacing, &other, self);
}

static bool idle(struct slot *slot)
{
    for (int i = 0; i < STRIPES; i++)
        if (atomic_load(&slot->readers[i].count) != 0)
            return false;
    return true;
}

/* Unmaps what nobody reads any more. Returns a slot that is free, or NULL. Only while replacing. */
static struct slot *reclaim(void)
{
    struct slot *unused = NULL;
    for (int i = 0; i < SLOTS; i++) {
        if (&slots[i] == atomic_load(&current) || !idle(&slots[i]))
            continue;
        snapshot_close(&slots[i].snapshot);
        unused = &slots[i];
    }
    return unused;
}

/* ERROR says nothing about the file: this process cannot get at it any more, or not just now (no
 * descriptor, a seccomp filter, a chroot), or was started before the upgrade to the file's format
 * (ENOTSUP). The mapping that it has is the best that it can know. A file that is absent, not
 * trusted or not sound is another matter. */
static bool kept_out(int error)
{
    switch (error) {
    case EBADMSG:
    case ELOOP:
        return false;
    case ENOENT:
        return access(ORG_STATEDIR, F_OK) < 0;
    default:
        return true;
    }
}

/* Opens what is at the path now and makes it current unless it is what OLD (or NULL) maps already.
 * False when all slots are held: the caller needs a mapping of its own. Only while replacing. */
static bool replace(struct slot *old)
{
    struct snapshot next;
    struct slot *slot = reclaim();
    if (!slot)
        return false;
    bool opened = snapshot_open_for_names(&next, PATH_SNAPSHOT) == SNAPSHOT_OK;
    int fault = opened ? 0 : errno;
    if (old && (opened ? next.dev == old->snapshot.dev && next.ino == old->snapshot.ino
                       : kept_out(fault))) {
        snapshot_close(&next);
        atomic_store(&old->checked_ms, clock_coarse_ms());
        return true;
    }
    if (opened) {
        slot->snapshot = next;
        atomic_store(&slot->checked_ms, clock_coarse_ms());
    }
    atomic_store(&current, opened ? slot : NULL);
    reclaim();
    return true;
}

/* As replace, unless another thread is at it or has done it. */
static bool refresh(struct slot *old)
{
    if (!begin_replacing())
        return true;
    bool done = atomic_load(&current) != old || replace(old);
    atomic_store(&replacing, 0);
    return done;
}

/* True if the slot's file is known to be the one at the path. Looks at the clock, not at the file.
 */
static bool up_to_date(struct slot *slot)
{
    return !snapshot_superseded(&slot->snapshot) &&
           clock_coarse_ms() - atomic_load_explicit(&slot->checked_ms, memory_order_relaxed) <
               CHECK_MS;
}

/* Counts the caller into the current slot; NULL when there is none. */
static struct slot *hold_current(struct mapping_hold *hold)
{
    for (;;) {
        struct slot *slot = atomic_load(&current);
        if (!slot)
            return NULL;
        hold->readers = readers_of(slot, hold);
        atomic_fetch_add(hold->readers, 1);
        if (atomic_load(&current) == slot)
            return slot;
        atomic_fetch_sub(hold->readers, 1);
    }
}

static const struct snapshot *enter_own(struct mapping_hold *hold)
{
    hold->readers = NULL;
    return snapshot_open_for_names(&hold->own, PATH_SNAPSHOT) == SNAPSHOT_OK ? &hold->own : NULL;
}

/* SLOT, when there is one, is held and may be out of date. Rare, so kept out of the lookups. */
__attribute__((noinline)) static const struct snapshot *enter_anew(struct mapping_hold *hold,
                                                                   struct slot *slot, int *errnop)
{
    int saved = errno;
    if (slot)
        atomic_fetch_sub(hold->readers, 1);
    slot = refresh(slot) ? hold_current(hold) : NULL;
    const struct snapshot *s = slot ? &slot->snapshot : enter_own(hold);
    int fault = nss_fault(errno);
    errno = saved;
    if (!s)
        *errnop = fault;
    return s;
}

const struct snapshot *mapping_enter(struct mapping_hold *hold, int *errnop)
{
    struct slot *slot = hold_current(hold);
    return slot && up_to_date(slot) ? &slot->snapshot : enter_anew(hold, slot, errnop);
}

void mapping_leave(struct mapping_hold *hold)
{
    if (hold->readers) {
        atomic_fetch_sub(hold->readers, 1);
        return;
    }
    int saved = errno;
    snapshot_close(&hold->own);
    errno = saved;
}

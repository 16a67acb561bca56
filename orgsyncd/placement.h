/*
 * Placement: at which ids of a range an owner's id is looked for, and in which order. All hosts of
 * a fleet find the same ids because they ask the same numbers in the same order, so none of this
 * may ever change; another order needs another placement. Thread-safe, each walk by itself.
 *
 * An owner is (ORG, REMOTE): the organization's key and the member's remote id, or "" and a group's
 * name.
 */
#ifndef ORGSYNCD_PLACEMENT_H
#define ORGSYNCD_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * wyhash: hash64("ORG/REMOTE") mod the range's size and the ids behind it, wrapping. For fleets
 * that began with it: owners with one hash can be made in milliseconds.
 * blake2b: probe N is the 64-bit word N mod 8 (little-endian) of BLAKE2b-512 over ORG, a zero byte
 * and REMOTE, mod the range's size; its salt is one byte N / 8, its personalization "orglogin ids",
 * both filled up with zero bytes.
 */
enum placement { PLACEMENT_UNKNOWN, PLACEMENT_WYHASH, PLACEMENT_BLAKE2B };

/* The word in orglogin.conf and in the ledger, "" for PLACEMENT_UNKNOWN. */
const char *placement_word(enum placement placement);

/* PLACEMENT_UNKNOWN when WORD is none. */
enum placement placement_parse(const char *word);

/* An owner that finds none of so many ids free gets none. */
#define PLACEMENT_PROBES 64

struct id_range {
    uint32_t first, last; /* first <= last */
};

/* True if an id is in both. */
bool id_ranges_meet(const struct id_range *a, const struct id_range *b);

/* A walk over the ids at which an owner is looked for; it borrows the strings, of which at most
 * TEXT_MAX_LEN bytes count. Its fields are its own. */
struct placement_walk {
    enum placement placement;
    struct id_range range;
    const char *org, *remote;
    unsigned probe;
    uint64_t word[8];
};

/* PLACEMENT is a known one. */
void placement_begin(struct placement_walk *walk, enum placement placement,
                     const struct id_range *range, const char *org, const char *remote);

/* The next id, which can be one that was there before; false after PLACEMENT_PROBES. */
bool placement_next(struct placement_walk *walk, uint32_t *id);

/*
 * What the snapshot remembers of an id's owner, in 64 bits: the first 8 bytes (little-endian)
 * of BLAKE2b-128 over the same bytes with the personalization "orglogin owner". A snapshot without
 * SNAPSHOT_OWNER_BLAKE2B has the second one, hash64("ORG/REMOTE").
 */
uint64_t owner_identity(const char *org, const char *remote);
uint64_t owner_identity_wyhash(const char *org, const char *remote);

#endif

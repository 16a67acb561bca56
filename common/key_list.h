/*
 * A member's ssh keys, one behind the other in a few bytes. They are so in the record pipe, in the
 * ledger and in the snapshot: {u32 end, u16 size, blob}, little-endian; END is in s since 1970, 0 =
 * never. All functions are thread-safe and allocate nothing.
 */
#ifndef COMMON_KEY_LIST_H
#define COMMON_KEY_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ssh_key.h"

/* Of one member: keys, and bytes of the list. */
#define KEY_LIST_MAX      32
#define KEY_LIST_SIZE_MAX ((size_t)24 << 10)
/* Beside each blob. */
#define KEY_LIST_ENTRY 6

struct key_list {
    const uint8_t *first; /* owned by somebody else */
    size_t size;          /* bytes, 0 = no keys */
};

/* Takes the first key from LIST into *KEY, which borrows the bytes, and *END. False when none is
 * left, or when the bytes are no list or the key is not sound: then LIST is not empty. */
bool key_list_take(struct key_list *list, struct ssh_key *key, uint32_t *end);

/* True if LIST has at most KEY_LIST_MAX keys and KEY_LIST_SIZE_MAX bytes, and all are sound. */
bool key_list_valid(const struct key_list *list);

/* Appends KEY, which ends at *END_MS (wall clock) or never (NULL), to the SIZE bytes at LIST,
 * KEY_LIST_SIZE_MAX. Returns the new size, or 0 when there is no room. */
size_t key_list_add(uint8_t *list, size_t size, const struct ssh_key *key, const int64_t *end_ms);

/*
 * True if a key that ends at END does not count any more at NOW_MS. CONFIRMED_MS is when the
 * organization was last heard from (wall clock both): a clock that reads less is wrong, and no key
 * with an end counts.
 */
bool key_list_ended(uint32_t end, int64_t now_ms, int64_t confirmed_ms);

#endif

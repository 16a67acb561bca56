/*
 * One organization's answer in the making: the members that its fetcher has sent since the last
 * commit, whether they can be believed, and how they are taken into the roster. One thread.
 */
#ifndef ORGSYNCD_LISTING_H
#define ORGSYNCD_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgsyncd/brake.h"
#include "orgsyncd/roster.h"

/* Bytes of a listing; one of a million members is a third of that. */
#define LISTING_BYTES_MAX (512U << 20)

enum listing_kind {
    LISTING_CHANGES,  /* single members, removed ones among them; who is not named stays */
    LISTING_COMPLETE, /* all members: who is not named has left */
    LISTING_UNUSABLE, /* too large, or memory ran out: its members are freed already */
};

struct listing {
    enum listing_kind kind;
    struct roster members;
    size_t bytes;     /* of the messages that they came in */
    uint32_t refused; /* members that were not well-formed */
    uint64_t number;  /* counts complete listings, to tell who is in the last one */
};

/* Frees what came; a new answer of KIND begins. */
void listing_begin(struct listing *l, enum listing_kind kind);

/* Takes the member in MESSAGE. A malformed one is left out with a line in ORG's name in the log. */
void listing_add(struct listing *l, const char *org, const void *message, size_t size);

/* True when the answer cannot be taken into KNOWN; TEXT says why. */
bool listing_implausible(const struct listing *l, const struct roster *known, char *text,
                         size_t size);

/*
 * Takes the answer into KNOWN, but for the losses that BRAKE holds. Losses that the answer names
 * come before those of members that a complete listing leaves out, both in the order of the remote
 * ids. Returns 1 when a member changed, 0 when none did, -1 when memory ran out. The answer itself
 * stays until listing_begin.
 */
int listing_merge(struct listing *l, struct roster *known, struct brake *brake);

#endif

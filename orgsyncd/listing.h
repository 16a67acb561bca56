/*
 * One organization's answer in the making: the members that its fetcher has sent since the last
 * commit, whether they can be believed, and how they are taken into the roster. One thread.
 */
#ifndef ORGSYNCD_LISTING_H
#define ORGSYNCD_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/org_rules.h"
#include "orgsyncd/brake.h"
#include "orgsyncd/departure.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/roster.h"
#include "orgsyncd/teams.h"

/* Bytes of a listing; one of a million members is a third of that. */
#define LISTING_BYTES_MAX (512U << 20)

enum listing_kind {
    LISTING_CHANGES,  /* single members, removed ones among them; the others stay */
    LISTING_COMPLETE, /* all members: the others have left */
    LISTING_UNUSABLE, /* too large, or memory ran out: its members are freed already */
};

struct listing {
    enum listing_kind kind;
    struct roster members;
    struct teams teams; /* of these members */
    size_t bytes;       /* of the messages that they came in */
    uint32_t refused;   /* members that were not well-formed */
    uint64_t number;    /* counts complete listings, to mark the members of the last one */
    bool ruled;         /* it has the organization's rules: */
    struct org_rules_kept rules;
};

/* Frees what came; a new answer of KIND begins. */
void listing_begin(struct listing *l, enum listing_kind kind);

/* Takes the member in MESSAGE. A malformed one is left out with a line in ORG's name in the log. */
void listing_add(struct listing *l, const char *org, const void *message, size_t size);

/* Takes the team in MESSAGE. A malformed one is left out with a line in ORG's name in the log. */
void listing_team(struct listing *l, const char *org, const void *message, size_t size);

/* Takes the organization's rules in MESSAGE; those before stay in force if it is malformed, with a
 * line in ORG's name in the log. */
void listing_rule(struct listing *l, const char *org, const void *message, size_t size);

/* True when the answer cannot be taken into KNOWN; TEXT says why. */
bool listing_implausible(const struct listing *l, const struct roster *known, char *text,
                         size_t size);

/*
 * An answer that is merged into an organization's roster, in slices, so that the work of others is
 * not delayed, however large it is. At the end of a slice the ledger has all that the roster has,
 * except newcomers, which have no name yet.
 */
enum merge_phase {
    MERGE_IDLE,
    MERGE_JUDGE,  /* finds the members that lose something */
    MERGE_REMOVE, /* removes the members that a complete listing leaves out, and notes who stays
                     away */
    MERGE_TAKE,   /* takes the members that the answer names */
};

enum merge_result {
    MERGE_FAILED = -1, /* memory or the ledger: logged where it is the ledger */
    MERGE_UNCHANGED,   /* it is done, and no member changed */
    MERGE_CHANGED,     /* it is done */
    MERGE_MORE,        /* another slice is to come */
};

struct merge {
    enum merge_phase phase;
    enum listing_kind kind;
    struct brake brake;
    const struct org_rules *own;  /* the organization's for this machine */
    struct departure_judge judge; /* what it counts is counted here */
    bool repeats;                 /* the answer is that the last complete listing is still right */
    struct roster *known;
    struct ledger *ledger;
    const char *key;             /* of the organization in LEDGER */
    uint64_t number;             /* listing.number */
    struct roster_member **item; /* owned until taken; then NULL */
    struct roster_member **gone; /* members of KNOWN */
    size_t items, gones, at;
    bool first;      /* no member was known before */
    bool departures; /* somebody's departure has changed */
    bool departed;   /* the sessions of somebody are to be looked at: he left, or lost a role */
    int64_t term_ms; /* the earliest end of a role in the answer, wall clock; INT64_MAX = none */
    bool storing;
    size_t changed; /* members */
};

/*
 * Begins to take what L has, which then has nothing any more. The caller has filled in BRAKE,
 * OWN, JUDGE, REPEATS, KNOWN, LEDGER and KEY. Losses that the answer names come before those of
 * members that a complete listing leaves out, both in the order of the remote ids. Returns 0, or -1
 * when out of memory.
 */
int merge_begin(struct merge *m, struct listing *l);

/* Goes on until END (clock_mono_ms) or until all is done; then the phase is MERGE_IDLE. */
enum merge_result merge_go_on(struct merge *m, int64_t end);

/* Gives up what is not taken yet. */
void merge_free(struct merge *m);

#endif

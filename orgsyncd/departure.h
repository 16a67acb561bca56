/*
 * The departure of a member: what an answer of the organization says about him, and whether his
 * open sessions are to be ended. Nothing here does anything; orgsyncd/sessions.h does.
 *
 * Sessions end when the organization names the member as removed or suspended, or when two complete
 * listings of the same history, at least DEPARTURE_APART_MS apart, lack him. An answer that begins
 * another history (its first listing) and one that the brake has held in part end nothing: they
 * refuse logins alone. An organization that reports changes names who left, so that a listing of it
 * that lacks somebody says nothing. Within an hour the sessions of at most DEPARTURE_LEAST people,
 * or of a tenth of the members if that is more, end so; those of others wait for an administrator.
 * People are counted, not their departures.
 */
#ifndef ORGSYNCD_DEPARTURE_H
#define ORGSYNCD_DEPARTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "orgsyncd/config.h"

#define DEPARTURE_APART_MS  60000
#define DEPARTURE_WINDOW_MS 3600000
#define DEPARTURE_LEAST     5
#define DEPARTURE_PART      10 /* one in so many members */

/* The numbers are the ledger's. */
enum departure_state {
    DEPARTURE_NONE = 0,    /* is present, or left before departures were recorded */
    DEPARTURE_NOTED = 1,   /* left by an answer that ends nothing */
    DEPARTURE_DUE = 2,     /* his sessions are to be ended */
    DEPARTURE_WAITING = 3, /* the same, but too many were ended: an administrator decides */
    DEPARTURE_KEPT = 4,    /* the configuration lets his sessions go on */
    DEPARTURE_ENDED = 5,   /* his sessions were ended */
};

struct departure {
    enum departure_state state;
    int64_t since_ms; /* when it came into STATE: wall clock */
    int64_t ended_ms; /* when he was counted as one whose sessions end: wall clock, 0 = never */
    /* Of DEPARTURE_NOTED; they are not in the ledger, because a restart begins another history. */
    uint64_t history; /* of the listing that counts as the first of two; 0 = none does */
    int64_t noted_ms; /* when that was complete: clock_mono_ms */
};

/* One answer of an organization, and the people whose sessions end. Its caller fills it in. */
struct departure_judge {
    const struct config_sessions *sessions;
    uint64_t history; /* of the answer: 1, 2, ... */
    bool first;       /* it begins this history */
    bool braked;      /* the brake holds some of its losses */
    bool names;       /* the organization reports changes, and names who left */
    int64_t now_ms;   /* wall clock */
    int64_t at_ms;    /* when the answer was complete: clock_mono_ms */
    bool counted;     /* the next two are known; for the caller's use */
    uint32_t members; /* of whom a tenth counts */
    uint32_t ended;   /* departure_counts of all members of the organization; counted on here */
};

/* True if the member with D counts among those whose sessions were ended within the hour. */
bool departure_counts(const struct departure *d, int64_t now_ms);

/*
 * What the answer says of the member with D, who was ACTIVE with ROLES before it: that he is a
 * member or invited; that he is removed or suspended; nothing, in a complete listing. Each returns
 * true if D has changed.
 */
bool departure_present(struct departure *d);
bool departure_named(struct departure_judge *j, struct departure *d, bool active,
                     const struct text_list *roles);
bool departure_absent(struct departure_judge *j, struct departure *d, bool active,
                      const struct text_list *roles);

/* The sessions of the member with D were ended. */
void departure_done(struct departure *d, int64_t now_ms);

/* SESSIONS_* of common/confirm.h, "" for a departure that needs no list; static. */
const char *departure_word(enum departure_state state);

#endif

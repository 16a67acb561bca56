/* The members of one organization as the keeper knows them, by remote id. One thread. */
#ifndef ORGSYNCD_ROSTER_H
#define ORGSYNCD_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/name.h"
#include "orgsyncd/departure.h"
#include "orgsyncd/pipe.h"

/* One allocation; the strings and keys of REMOTE lie behind it, the display name fit for gecos. */
struct roster_member {
    uint32_t uid;                  /* 0: none allocated yet */
    char name[NAME_MAX_LEN + 1];   /* the local name that is bound to the member, "" = none yet */
    char wanted[NAME_MAX_LEN + 1]; /* the local name that the remote record asks for, "" = none
                                      possible; set by each compilation */
    char *home;                    /* in the place of NAME in the home directory; NULL = NAME */
    bool lent;        /* NAME is not bound: it goes to the first member who is more than invited */
    bool reserved;    /* NAME is reserved by now, and is kept as a user's */
    bool served;      /* compile.h: has a name and a number that can be served */
    uint32_t settled; /* compile.h: the epoch in which all about his name and number was in order */
    bool changed;     /* to be stored in the ledger */
    bool brake_changed;   /* the next two as well */
    bool held;            /* brake.h: what the organization would take from the member is held */
    int64_t lost_ms;      /* brake.h: wall clock when a loss of the member was counted, 0 = never */
    int64_t joined_ms;    /* brake.h: wall clock when the member became active, 0 = was so from the
                             beginning; not in the ledger */
    int64_t term_seen_ms; /* terms.h: the end of a term that was taken note of, 0 = none */
    int64_t role_lost_ms; /* terms.h: wall clock when the member lost a role that let him in or let
                             him use sudo, until his sessions were looked at; 0 = no more */
    struct departure departure;
    bool departure_changed; /* to be stored in the ledger; no snapshot has it */
    bool warned;            /* sessions.h: he was told that his sessions are to end */
    int64_t again_ms;       /* sessions.h: when he is looked at once more, 0 = no more */
    const char *complaint;  /* static; what was reported of the member last */
    uint64_t seen;          /* the listing that named the member last */
    struct pipe_member remote;
};

struct roster {
    void *tree; /* of struct roster_member, tsearch(3) */
    size_t count;
    size_t present; /* not removed */
    size_t terms;   /* with a role that has an end, also one that has passed */
};

/* A copy of REMOTE as a member without name and uid; NULL when out of memory. Freed by roster_free
 * or roster_member_free. */
struct roster_member *roster_member_new(const struct pipe_member *remote);
void roster_member_free(struct roster_member *member);

/* True if both hold the same strings in the same order. */
bool roster_same_list(const struct text_list *a, const struct text_list *b);

/* True if both end at the same time, with the same roles and permissions until then. */
bool roster_same_term(const struct term *a, const struct term *b);

/* MEMBER with the roles and permissions that count at NOW_MS (term_counts), and with no term that
 * has ended by then. */
struct pipe_member roster_now(const struct pipe_member *member, int64_t confirmed_ms,
                              int64_t now_ms);

struct roster_member *roster_find(const struct roster *roster, const char *id);

/*
 * Puts MEMBER in place of the one with its id, which is freed; name, home, uid and what was
 * reported pass to the new one, and CHANGED tells whether anything differs. Takes ownership.
 * Returns 0, or -1 when out of memory (MEMBER is freed).
 */
int roster_put(struct roster *roster, struct roster_member *member);

/* Calls VISIT for each member in the order of the remote ids. */
void roster_each(const struct roster *roster,
                 void (*visit)(struct roster_member *member, void *arg), void *arg);

/*
 * Empties ROSTER into an array of its members in the order of the remote ids, which the caller
 * frees as it does the members; *COUNT is how many. NULL when out of memory, ROSTER being as it
 * was.
 */
struct roster_member **roster_drain(struct roster *roster, size_t *count);

/* Marks MEMBER of ROSTER as removed: no roles, with an end or without, no
 * permissions, no keys. */
void roster_remove(struct roster *roster, struct roster_member *member);

void roster_free(struct roster *roster);

#endif

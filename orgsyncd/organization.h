/*
 * One organization as the keeper knows it: its members, the states of its link and of its listing,
 * the times at which it was heard from, and the order of its fetcher's requests. The functions are
 * the transitions between the states (docs/architecture.md draws them); none of them publishes, and
 * none of them blocks. One thread.
 */
#ifndef ORGSYNCD_ORGANIZATION_H
#define ORGSYNCD_ORGANIZATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/confirm.h"
#include "common/snapshot.h"
#include "orgsyncd/brake.h"
#include "orgsyncd/config.h"
#include "orgsyncd/ledger.h"
#include "orgsyncd/listing.h"
#include "orgsyncd/pipe.h"
#include "orgsyncd/roster.h"

/* How the organization is reached. */
enum org_link {
    LINK_NONE, /* neither heard from nor failed since the keeper began */
    LINK_UP,   /* the last attempt reached it */
    LINK_HELD, /* the same, and a request is held that brings changes at once */
    LINK_DOWN, /* the last attempt failed */
};

/* The result of its last listing. */
enum org_listing {
    ORG_UNLISTED, /* no answer was committed yet */
    ORG_LISTED,
    ORG_REFUSED, /* the last answer was implausible. Until a complete listing is taken, changes are
                    taken, but they confirm no member. */
};

/* The times at which an organization was heard from: clock_mono_ms, 0 = never. */
struct heard {
    int64_t heard_ms;     /* in any way; a heartbeat of a held request counts */
    int64_t answered_ms;  /* the start of the last request that was answered */
    int64_t listed_ms;    /* the start of the last complete listing */
    int64_t confirmed_ms; /* heard_ms by the wall clock */
    uint64_t request;     /* the number of the last answer that was taken, 0 = none */
    bool named;           /* no newcomer of the organization waits for a name */
};

/* Answers with changes that are not in the snapshot in force. */
struct news {
    int64_t since_ms; /* clock_mono_ms of the first answer, 0 = there is no news */
    size_t members;   /* the number of changed members */
    struct heard heard;
};

/* Departed members' open sessions (sessions.h). */
struct org_sessions {
    int64_t due_ms;      /* when somebody's are to be looked at: clock_mono_ms, INT64_MAX = never */
    uint64_t generation; /* of the snapshot that refuses who has left; not before it is in force */
    uint64_t ended;      /* people whose sessions were ended since the keeper began */
    uint32_t waiting;    /* people whose sessions wait for an administrator */
    uint32_t ending;     /* people whose sessions are to be ended, and are not yet */
};

struct org_state {
    const struct config_org *config;
    int pipe; /* to its fetcher; -1 = none */
    struct roster roster;

    enum org_link link;
    enum org_listing listing;
    enum brake_mode brake; /* for the next complete listing */
    bool asked;            /* the fetcher was asked, and has neither answered nor failed since */

    /* The order of requests (pipe.h): the number of the request that began last, of the last one
     * with an answer that was taken or refused, and of the one that INCOMING answers. */
    uint64_t begun, answered, incoming_request;

    struct org_rules_kept rules; /* the organization's own for this machine */
    struct org_rules_kept ruled; /* those in the answer that is merged, if NEW_RULES */
    bool new_rules;
    struct teams teams; /* also those that are gone */
    struct teams roles; /* the same of roles, where groups are made of them */
    bool new_teams;     /* the answer that is merged brought some */

    struct listing incoming;   /* the answer that the fetcher sends */
    struct merge merge;        /* the answer that is merged into the roster; until that is done, no
                                  message is read */
    struct pipe_header commit; /* of the answer in MERGE */
    int64_t merging_ms;        /* clock_mono_ms when that answer was complete */

    /* The history of the last answer (departure.h), and the one of which an answer was taken whole:
     * 1, 2, ...; 0 = none yet. */
    uint64_t history, history_taken;

    /* An answer without changes counts at once. One with changes passes through these three. */
    struct news waiting;   /* in the roster, and in no snapshot yet */
    struct news carried;   /* in the snapshot that is being published */
    struct heard in_force; /* in the snapshot that is in force */

    int64_t terms_ms;   /* terms.h: when the next role ends, wall clock; 0: not looked yet */
    bool terms_doubted; /* terms.h: by the clock, no role with an end counts */

    struct org_sessions sessions;
    struct pipe_applied told;      /* what the fetcher was told last */
    struct break_glass told_glass; /* and of break-glass */

    char failure[CONFIRM_TEXT_LEN]; /* the last failure, "" = none since an answer was taken */
    uint64_t failures;              /* failed requests and refused answers */
    char held[CONFIRM_TEXT_LEN];    /* the losses that the brake holds, "" = none */
    uint32_t held_count;            /* the number of members with such a loss */
    bool relayed;                   /* what confirms is when the source behind a relay was read */
    int64_t listing_ms; /* the duration of the last complete listing, up to the snapshot */
    int64_t silent_ms;  /* since the last message of its fetcher */
    int silences;       /* how often in a row the fetcher was silent for too long */
};

/* All organizations, in the configuration's order, and the ledger of their members. */
struct organizations {
    const struct config *config;
    struct ledger *ledger;
    struct org_state org[SNAPSHOT_ORGS_MAX];
    uint32_t count;
};

/* Asks the fetcher for news (PIPE_REFRESH) or for a complete listing (PIPE_RELIST), and sets ASKED.
 * When the pipe is full, the fetcher is not asked. */
void organization_ask(struct org_state *o, enum pipe_type question);

/* True if the organization was listed, or has failed. */
bool organization_tried(const struct org_state *o);

/* Notes the request of PIPE_BEGIN. A number that is neither the next one nor 1 is ignored, so that
 * messages with that number are ignored, too. */
void organization_begin_request(struct org_state *o, uint64_t request);

/* True unless H answers a request that has not begun, or that began no later than one that is
 * already answered. */
bool organization_in_order(const struct org_state *o, const struct pipe_header *h);

/* Begins a new INCOMING answer when H answers another request than the last message did. */
void organization_receive(struct org_state *o, const struct pipe_header *h);

/* The organization was heard from, as H says. The times of H count when the news that came before
 * it is in force. */
void organization_heard(struct org_state *o, const struct pipe_header *h);

/* The merge of the answer has ended with RESULT, MERGE_UNCHANGED or MERGE_CHANGED. Returns RESULT;
 * or MERGE_CHANGED where an accepted listing releases what the brake held, or the organization has
 * other rules or teams: then they are in force with the next snapshot. */
enum merge_result organization_listed(struct org_state *o, enum merge_result result);

/* MEMBERS of the roster are others by now, without an answer: by the time. That is news, too. */
void organization_aged(struct org_state *o, size_t members);

/* The INCOMING answer is implausible because of TEXT. It is dropped. */
void organization_refuse(struct org_state *o, const char *text);

/* The organization could not be reached because of TEXT, which is cleaned. INCOMING is dropped. */
void organization_fail(struct org_state *o, const char *text);

/* A snapshot of the roster is made: the waiting news is carried by it. Returns the confirmed_ms
 * that the snapshot records. */
int64_t organization_carry(struct org_state *o);

/* The snapshot that carries news is in force. */
void organization_carried(struct org_state *o);

/* Tells the fetcher which of its answers is in force by the snapshot that was made at MADE_MS, if
 * it does not know that. What the brake holds is not in force. */
void organization_tell(struct org_state *o, int64_t made_ms);

/* Tells the fetcher of the break-glass that is to be reported, if it does not know that. */
void organization_tell_glass(struct org_state *o, const struct break_glass *glass);

#endif

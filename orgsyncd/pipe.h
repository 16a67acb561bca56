/*
 * What fetcher and keeper say to each other over a SOCK_SEQPACKET pair: one message a packet, at
 * most PIPE_MAX bytes, a fixed header and, for PIPE_MEMBER and PIPE_FAILED, strings and keys. The
 * keeper believes nothing that it has not checked here: the fetcher may have been taken over.
 */
#ifndef ORGSYNCD_PIPE_H
#define ORGSYNCD_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/break_glass.h"
#include "common/decide.h"
#include "common/key_list.h"
#include "common/org_rules.h"

#define PIPE_TEXTS_MAX   98304 /* of a member, without the keys */
#define PIPE_MAX         (PIPE_TEXTS_MAX + KEY_LIST_SIZE_MAX)
#define PIPE_STRINGS_MAX 64   /* roles, and permissions, of one member */
#define PIPE_TEAMS_MAX   1000 /* of one member */
#define PIPE_ROLES_MAX   (PIPE_STRINGS_MAX + PIPE_TEAMS_MAX) /* teams are among them (teams.h) */

/* The numbers are those of the messages. */
enum pipe_type {
    /* fetcher to keeper */
    PIPE_RESET = 1,  /* a complete listing begins: forget what came since the last PIPE_COMMIT */
    PIPE_MEMBER = 2, /* one member; removed ones too when the listing is not complete */
    PIPE_COMMIT = 3, /* what came is all of it, as of STARTED */
    PIPE_HEARD = 4,  /* nothing new as of STARTED */
    PIPE_FAILED =
        5, /* could not hear from the organization: the text says why; what came is void */
    /* keeper to fetcher */
    PIPE_REFRESH = 6, /* ask now */
    PIPE_RELIST = 7,  /* list everything again now */
    /* fetcher to keeper */
    PIPE_BEGIN = 8, /* a request is about to be sent: REQUEST is its number */
    PIPE_ALIVE = 9, /* only that the fetcher runs: every PIPE_BEAT_MS, whatever it waits for */
    /* keeper to fetcher */
    PIPE_APPLIED =
        10, /* the answer to REQUEST is in force by a snapshot that was made at STARTED */
    PIPE_BREAK_GLASS = 11, /* root's last break-glass, which the fetcher reports */
    /* fetcher to keeper */
    PIPE_ORG_RULES = 12, /* the organization's rules for this machine; the last before PIPE_COMMIT
                            count, and without one those from before do */
    PIPE_TEAM = 13,      /* what a team is called, in front of the members who are in it */
};

/* A fetcher of which no message came for PIPE_SILENT_MS hangs, or was stopped. */
#define PIPE_BEAT_MS   5000
#define PIPE_SILENT_MS 15000

enum pipe_flag {
    PIPE_HELD = 1,       /* a long poll is held */
    PIPE_ROUND_TRIP = 2, /* STARTED is when a request was sent; without it, when a heartbeat came */
    /* Of PIPE_COMMIT: */
    PIPE_CONTINUES = 4, /* the answer is of the same history as the one before */
    PIPE_CHANGES = 8,   /* the API reports changes, and names who left */
    /* Of PIPE_MEMBER: */
    PIPE_KEYS_UNREAD = 16, /* the member's keys were not asked for: those that he had stay */
    /* Of PIPE_COMMIT: */
    PIPE_RELAYED = 32, /* a relay's answer: STARTED is when it last read its source whole, 0: not
                          known */
};

/*
 * Order: a fetcher numbers its requests 1, 2, 3 and says PIPE_BEGIN before it sends one; RESET,
 * MEMBER, TEAM, ORG_RULES, COMMIT and HEARD carry the number of the request that they answer. When
 * one is committed, everything that answers a request that began before it is void. A fetcher that
 * was started anew begins at 1 again.
 */
struct pipe_header {
    uint32_t type;
    uint32_t flags;
    int64_t started_ms; /* clock_mono_ms */
    uint64_t request;   /* 0 in what is about none */
};

/* The whole of PIPE_APPLIED: what the fetcher reports. */
struct pipe_applied {
    struct pipe_header header;
    uint32_t ended, ending; /* people whose sessions ended since the keeper began, or end now */
};

/* The whole of PIPE_BREAK_GLASS. */
struct pipe_break_glass {
    struct pipe_header header;
    struct break_glass glass; /* END_MS is 0: there is none to report */
};

/* Strings and keys point into the message. */
struct pipe_member {
    enum member_state state;
    const char *id, *email, *username, *display; /* "" = unknown, but for ID */
    struct text_list roles, permissions; /* without an end; teams are among the roles (teams.h) */
    struct term term;
    struct key_list keys;
    bool keys_unread;
};

/* The same for PIPE_TEAM. */
struct pipe_team {
    const char *id, *slug, *name, *parent; /* "" = unknown, but for ID */
};

/*
 * Builds PIPE_MEMBER, which answers REQUEST, in BUFFER (PIPE_MAX bytes). Returns its size, or 0
 * with *WHY a static text when M is not fit to be sent, by the same rules by which
 * pipe_decode_member refuses it.
 */
size_t pipe_encode_member(void *buffer, uint64_t request, const struct pipe_member *m,
                          const char **why);

/* The same for PIPE_TEAM. */
size_t pipe_encode_team(void *buffer, uint64_t request, const struct pipe_team *t);

/* The same for PIPE_ORG_RULES; 0 when R is too long. */
size_t pipe_encode_org_rules(void *buffer, uint64_t request, const struct org_rules *r);

/* Sends a message without strings, or PIPE_FAILED with TEXT. Blocks. Returns 0, or -1 with errno.
 */
int pipe_send(int fd, const struct pipe_header *header, const char *text);

/* The same without blocking: -1 with EAGAIN when the pipe is full. */
int pipe_try_send(int fd, const struct pipe_header *header, const char *text);

int pipe_try_send_applied(int fd, const struct pipe_applied *applied);
int pipe_try_send_break_glass(int fd, const struct pipe_break_glass *broken);

/* True when SIZE bytes of BUFFER are a message; *HEADER is filled. */
bool pipe_decode(const void *buffer, size_t size, struct pipe_header *header);

/* The member of a PIPE_MEMBER message; false with *WHY when anything in it is not as it must be. */
bool pipe_decode_member(const void *buffer, size_t size, struct pipe_member *m, const char **why);

/* The team of a PIPE_TEAM message; false when anything in it is not as it must be. */
bool pipe_decode_team(const void *buffer, size_t size, struct pipe_team *t);

/* The rules of a PIPE_ORG_RULES message, which org_rules_decode has found sound; they point into
 * BUFFER. */
bool pipe_decode_org_rules(const void *buffer, size_t size, struct org_rules *r);

/* False when BUFFER is no PIPE_APPLIED message. */
bool pipe_decode_applied(const void *buffer, size_t size, struct pipe_applied *applied);

/* False when BUFFER is no PIPE_BREAK_GLASS message. */
bool pipe_decode_break_glass(const void *buffer, size_t size, struct pipe_break_glass *broken);

/* The text of a PIPE_FAILED message, "" when it has none that ends. */
const char *pipe_text(const void *buffer, size_t size);

#endif

/*
 * The confirm protocol between a host's programs and orgsyncd: one fixed-size request, one
 * fixed-size reply over a SOCK_SEQPACKET unix socket. Both sides check every field; numbers are in
 * host order (the two ends share a machine).
 */
#ifndef COMMON_CONFIRM_H
#define COMMON_CONFIRM_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIRM_MAGIC    0x3147524fU /* "ORG1" */
#define CONFIRM_ORG_LEN  32          /* organization name with its NUL */
#define CONFIRM_TEXT_LEN 168

/* The numbers of both enums are those of the protocol. */
enum confirm_op {
    CONFIRM_FRESH = 1,    /* have heard from the organization at most max_age_ms ago; wait up to
                             wait_ms for that */
    CONFIRM_SYNC = 2,     /* root only: list everything again now */
    CONFIRM_ACCEPT = 3,   /* root only: CONFIRM_SYNC that the shrink brake lets through */
    CONFIRM_STATUS = 4,   /* what orgsyncd knows; never waits */
    CONFIRM_METRICS = 5,  /* the same and what it counts, as text: see confirm_text */
    CONFIRM_REPORT = 6,   /* root only, not answered: pam_org decided a login for REASON */
    CONFIRM_WITHHELD = 7, /* root only: members that are not served as they ask for, as text */
    CONFIRM_NUMBERS = 8,  /* how numbers are given here, as lines of orglogin.conf(5) */
    CONFIRM_FREE = 9, /* root only: the name in ORG, which may fill it, is free for other members */
    CONFIRM_MEMBERS =
        10, /* root only: members whose remote id or e-mail begins with ORG, as text */
    /* Root only: ends what runs of the removed or suspended member whose name is in ORG, which may
     * fill it; CONFIRM_EVICT_ALL also what he began as another user. TEXT says what became of it.
     */
    CONFIRM_EVICT = 11,
    CONFIRM_EVICT_ALL = 12,
    CONFIRM_EVICT_REMOVED = 13, /* root only: the same as CONFIRM_EVICT for all of them */
    CONFIRM_SESSIONS = 14,      /* root only: members whose sessions were not ended, as text */
};

enum confirm_status {
    CONFIRM_NO = 0,  /* could not hear from the organization in time, or the sync failed: TEXT says
                        why */
    CONFIRM_YES = 1, /* heard from, and what it said is in the snapshot of GENERATION, which may
                        be still to come (CONFIRM_FRESH only) */
    CONFIRM_REFUSED = 2, /* malformed, not permitted, or no such organization */
};

struct confirm_request {
    uint32_t magic;
    uint32_t op;
    uint32_t max_age_ms;
    uint32_t wait_ms;
    uint32_t reason; /* CONFIRM_REPORT: enum reason */
    uint32_t skip;   /* CONFIRM_WITHHELD, CONFIRM_MEMBERS, CONFIRM_SESSIONS: so many of them are
                        known; else 0 */
    char org[CONFIRM_ORG_LEN]; /* "" is every organization */
};

struct confirm_reply {
    uint32_t magic;
    uint32_t status;
    uint64_t generation; /* of the snapshot in force; to CONFIRM_FRESH with CONFIRM_NO of the one to
                            come, when news are known that the one in force lacks */
    int64_t
        age_ms; /* since the organization was last heard from; -1 = never since orgsyncd started */
    uint32_t members;            /* active ones in the snapshot in force */
    uint32_t held;               /* 1: a long poll is held, so that a change arrives at once */
    char text[CONFIRM_TEXT_LEN]; /* one line on what went wrong last, or "" */
};

/* True when MSG of SIZE bytes is a well-formed request; ORG is then NUL-terminated. */
bool confirm_request_valid(const struct confirm_request *msg, unsigned long size);

/* The user, with a group of that name, that sshd runs orglogin-keys as. */
#define CONFIRM_KEYS_USER "orglogin-keys"

/* The path of the socket for the caller's requests. Root, and with it every login of sshd, sudo and
 * su, has a socket that nobody else can open, so that nobody can fill its queue; and so has
 * orglogin-keys, by its group. An orgsyncd from before has only the one for all. Static. */
const char *confirm_path(void);

/*
 * Asks the orgsyncd behind PATH (confirm_path), which must run as root (SO_PEERCRED), and waits
 * TIMEOUT_MS in all. Returns 0 and fills *REPLY, every field checked; or -1 with errno
 * (ECONNREFUSED, ENOENT, ETIMEDOUT, EPROTO, EPERM). Sends with MSG_NOSIGNAL, keeps no descriptor.
 * Thread-safe.
 */
int confirm_ask(const char *path, const struct confirm_request *request, int timeout_ms,
                struct confirm_reply *reply);

/* Tells the orgsyncd behind PATH that a login was refused, or admitted by break-glass, for REASON;
 * waits for nothing, and nobody
 * minds when it is lost. */
void confirm_report(const char *path, uint32_t reason);

#define CONFIRM_ANSWER_MAX 16384

/*
 * Sends REQUEST, whose answer is text, to the orgsyncd behind PATH. Fills TEXT (CONFIRM_ANSWER_MAX
 * bytes, terminated, never empty). Returns 0, or -1 with errno as confirm_ask.
 *
 * CONFIRM_METRICS: what orgsyncd counts, in the Prometheus text format (version 0.0.4).
 *
 * CONFIRM_WITHHELD: how many there are, in decimal, in a line; then as many of them, behind the
 * first SKIP, as fit, a line each: organization, remote id, name that is asked for, local name (""
 * = none), e-mail, how the member stands (WITHHELD_*) and why, with a tab between them.
 *
 * CONFIRM_MEMBERS: the same of members, removed ones too; one who is served as he asks for has no
 * standing and no reason.
 *
 * CONFIRM_SESSIONS: the same with these fields: organization, remote id, local name ("" = none),
 * how the departure stands (SESSIONS_*), since when in milliseconds since 1970.
 *
 * CONFIRM_NUMBERS: the lines that another host of the fleet needs, each with a remark on where it
 * goes.
 */
int confirm_text(const char *path, const struct confirm_request *request, int timeout_ms,
                 char *text);

/* How a departure stands in CONFIRM_SESSIONS. */
#define SESSIONS_NOTED   "noted"   /* by an answer that ends nothing */
#define SESSIONS_ENDING  "ending"  /* is to be ended, or is warned */
#define SESSIONS_WAITING "waiting" /* too many were ended within the hour */
#define SESSIONS_KEPT    "kept"    /* by the configuration */

/* The standing of a member in CONFIRM_WITHHELD. */
#define WITHHELD_NOT_SERVED "withheld" /* there is no such user here */
#define WITHHELD_OLD_NAME   "old-name" /* served by the name that he had before */
#define WITHHELD_RESERVED   "reserved" /* served by a reserved name, without a group of it */

#endif

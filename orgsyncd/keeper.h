/*
 * The keeper: root, without network. It takes records from the fetchers, keeps the rosters, the
 * ledger and the snapshot, and answers the confirm socket. One thread, one poll loop.
 * confirm_server.c has the socket's side of it.
 */
#ifndef ORGSYNCD_KEEPER_H
#define ORGSYNCD_KEEPER_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/confirm.h"
#include "common/local.h"
#include "orgsyncd/compile.h"
#include "orgsyncd/config.h"
#include "orgsyncd/listing.h"
#include "orgsyncd/numbers.h"
#include "orgsyncd/roster.h"

enum keeper_mode {
    KEEPER_SERVE,
    KEEPER_ONCE,  /* end when every organization was listed or has failed */
    KEEPER_CHECK, /* the same, publishing nothing, and say what would be published */
};

struct keeper_settings {
    const struct config *config;
    enum keeper_mode mode;
    int listen_fd;               /* confirm socket, listening; -1 = none */
    int pipe[SNAPSHOT_ORGS_MAX]; /* one an organization */
};

/* Runs until SIGTERM or the work of MODE is done. Returns the exit status: 0, or 1 when an
 * organization could not be listed or something cannot be kept (disk, ledger, a fetcher that is
 * gone); starting anew is then safe and the remedy. */
int keeper_run(const struct keeper_settings *settings);

/* The keeper's signal to its parent: once when it serves, then as often as the watchdog wants. Only
 * root could forge it. */
#define KEEPER_ALIVE SIGUSR1
/* And, with the organization's place in the configuration as its value, when a fetcher was silent
 * for too long: it is to be killed and started again. Queued, so that none is lost. */
#define KEEPER_SILENT       SIGRTMIN
#define KEEPER_SILENCE_TEXT "its fetcher was silent for too long"

#define CLIENTS_MAX 256
/* Of one user who is not root. */
#define CLIENTS_PER_USER 32
/* For a client to send its request in. */
#define CLIENT_PATIENCE_MS 1000
/* Below this max_age a heartbeat is not proof enough: a request must have been answered. */
#define FRESH_BY_REQUEST_MS 1000

/* How the organization is reached. */
enum org_link {
    LINK_NONE, /* neither heard from nor failed yet */
    LINK_UP,   /* the last attempt reached it */
    LINK_HELD, /* the same, and a request is held that brings changes at once */
    LINK_DOWN, /* the last attempt failed */
};

/* The result of its last listing. */
enum org_listing {
    ORG_UNLISTED, /* nothing was committed yet */
    ORG_LISTED,
    ORG_REFUSED, /* its last complete listing was not taken: until one is, changes are, but they
                    confirm nobody */
};

/* Answers whose changes no snapshot has yet. */
struct news {
    int64_t since_ms; /* clock_mono_ms when the first of them came, 0 = there are none */
    size_t members;   /* how many changed */
    int64_t heard_ms, answered_ms, listed_ms, confirmed_ms; /* as in keeper_org, 0 = not */
    bool named;                                             /* the same */
};

struct keeper_org {
    const struct config_org *config;
    int pipe;
    struct roster roster;
    struct listing incoming; /* what came since the last commit */

    /* Order, see pipe.h: the number of the request that began last, of the last one whose answer
     * was taken, or not taken for what it said, and of the one that INCOMING answers. */
    uint64_t begun, answered, incoming_request;

    enum org_link link;
    enum org_listing listing;
    enum brake_mode brake; /* for the next complete listing */
    bool asked;            /* the fetcher has a question of ours to answer */

    int64_t heard_ms;     /* clock_mono_ms when it was last heard from in any way, */
    int64_t answered_ms;  /* when it last answered a request, */
    int64_t listed_ms;    /* when the last complete listing began: all as the snapshot has it */
    int64_t confirmed_ms; /* wall clock of heard_ms */
    int64_t recorded_ms;  /* confirmed_ms as the snapshot has it */
    bool named;           /* no newcomer waits for his turn to get a name, as the snapshot has it */

    struct merge merge; /* the answer that is taken into the roster; none other is read meanwhile */
    struct pipe_header commit;   /* of it */
    int64_t merging_ms;          /* clock_mono_ms when it came */
    struct news waiting;         /* is in the roster, and not in a snapshot yet */
    struct news carried;         /* is in the snapshot that is being published */
    int64_t debt_ms, debt_at_ms; /* its part of the time that snapshots took lately, and by when */
    int64_t pace_ms;             /* its news are not published before this: clock_mono_ms */

    char failure[CONFIRM_TEXT_LEN]; /* what went wrong last, "" = nothing */
    char held[CONFIRM_TEXT_LEN];    /* what the brake holds, "" = nothing */
    uint32_t held_count;            /* from how many members */
    int64_t silent_ms;              /* how long nothing has come from its fetcher, */
    int silences;       /* and how often that was too long since its last listing or changes */
    uint64_t failures;  /* failed requests, and answers that were not taken */
    int64_t listing_ms; /* how long the last complete listing took, up to the snapshot */
};

struct keeper_client {
    int fd;
    bool waiting; /* its request is in REQUEST; otherwise it is still to come */
    bool heard;   /* what the fetchers had said before it asked was taken */
    uint32_t uid;
    int64_t begun_ms, deadline_ms;
    struct confirm_request request;
};

struct keeper {
    const struct keeper_settings *settings;
    struct ledger *ledger;
    struct keeper_org org[SNAPSHOT_ORGS_MAX];
    uint32_t org_count;
    struct keeper_client client[CLIENTS_MAX];
    uint32_t client_count;
    struct compile_result result;
    int64_t begun_ms; /* clock_mono_ms */
    bool names_due;   /* every organization was heard from or is known to be away: who wins a name
                         no longer depends on who answers first */
    uint64_t generation;
    struct numbers numbers; /* as they were when the keeper began, which is what they are */
    bool refused;           /* KEEPER_CHECK: the ledger contradicts the configuration */
    const char *group_fault[CONFIG_GROUPS_MAX]; /* what compile() reported of each group last */
    uint64_t answers[CONFIRM_REFUSED + 1];      /* confirmations given, by enum confirm_status */
    uint64_t refusals[REASON_COUNT];            /* logins that pam_org refused, by enum reason */
    pid_t child;                                /* publishes a snapshot; 0 = none does */
    int child_fd;                               /* readable when it has ended */
    int64_t child_ms;                           /* when it was started: clock_mono_ms */
    struct newcomers newcomers;                 /* who have no name yet, and shall have one */
    bool half;          /* an answer was half in a roster when they were listed */
    bool again;         /* the machine's own users, or the file, are others: publish for that */
    int64_t publish_ms; /* how long the last snapshot took to compile and publish */
    int64_t round_ms;   /* clock_mono_ms of the last round of the loop */
    int64_t watchdog_ms,
        notified_ms;          /* how often the service manager wants to hear of us; last time */
    bool failed;              /* something could not be kept: the loop ends */
    struct local_stamp local; /* of what the snapshot was compiled against; */
    int64_t epoch_ms;         /* when the epoch began: clock_mono_ms */
    uint32_t epoch;           /* compile.h: how often that was another one */
    struct stat snapshot;     /* of the last one that was published */
};

/* Asks ORG's fetcher for news, or (RELIST) for a complete listing; sets ORG's ASKED when that was
 * sent. Does not block: a fetcher that does not read its pipe is not asked again. */
void keeper_ask(struct keeper_org *org, bool relist);

/*
 * confirm_server.c: takes new clients, and reads a client's request. Then what the fetchers have
 * said by now is to be taken, since it may have been said before the client asked:
 * confirm_server_asked tells whether somebody waits for that. Only then confirm_server_hear answers
 * who came, or asks the fetchers for him.
 */
void confirm_server_accept(struct keeper *k);
void confirm_server_read(struct keeper *k, uint32_t client);
bool confirm_server_asked(const struct keeper *k);
void confirm_server_hear(struct keeper *k);

/* confirm_server.c: answers all whom the present state satisfies or whose time is up. FAILED is an
 * organization that just failed, or NULL. */
void confirm_server_settle(struct keeper *k, const struct keeper_org *failed);

/* withheld.c: the answer to CONFIRM_WITHHELD; returns its length, less than SIZE. */
size_t keeper_withheld(const struct keeper *k, uint32_t skip, char *text, size_t size);

/* withheld.c: lets others have NAME, when it is nobody's present name; otherwise returns false with
 * WHY.
 */
bool keeper_free_name(struct keeper *k, const char *name, char why[CONFIRM_TEXT_LEN]);

/* Publishes the rosters, at once or as soon as possible. Returns 0; or -1 after logging, and
 * the keeper is to end: a new one begins with what is on disk. */
int keeper_publish(struct keeper *k);

/* metrics.c: the state and the counters in the Prometheus text format; returns the length, less
 * than SIZE. */
size_t keeper_metrics(const struct keeper *k, char *text, size_t size);

/* When the next client's time is up (clock_mono_ms), INT64_MAX when there is none. */
int64_t confirm_server_deadline(const struct keeper *k);

#endif

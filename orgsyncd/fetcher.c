#include "orgsyncd/fetcher.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "api/provider.h"
#include "common/clock.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/name.h"
#include "common/rfc3339.h"
#include "orgsyncd/pipe.h"

#define PROCESS_WORD 33 /* bytes, in hexadecimal, with its NUL */
/* A long poll is to be held so long. */
#define HOLD_MS 300000
/* List everything anew this often, whatever the server says has changed. */
#define FULL_MS      3600000
#define BACK_OFF_MIN 500
#define BACK_OFF_MAX 30000
/* A server that says "nothing new" sooner than this is not asked sooner. */
#define NO_NEWS_MS 1000
/* After a failure, refreshes within this time are answered by it. */
#define RETRY_SPARE_MS 1000
/* After news the next poll waits so long for the keeper to apply them, and says that it has. */
#define APPLY_MS 500
/* Answers that the keeper has not applied may be so many. */
#define COMMITTED 8
/* Members that are left out have a line in the log, once each, up to this many. */
#define LEFT_OUT_MAX 100

struct committed {
    uint64_t request;
    struct watch_position at;
};

/* Which teams the answers that are under way have told the keeper: hashes. */
#define TOLD_SIZE 65536
struct told {
    size_t count;
    uint64_t hash[TOLD_SIZE]; /* 0: a free place */
};

struct fetcher {
    const struct fetcher_settings *settings;
    struct provider *provider; /* holds the long poll, or polls: it may know what it has read */
    char word[PROCESS_WORD];   /* tells this process from another with the same token */
    struct provider *asker;    /* asks while the other one is held */
    struct watch_position at;  /* where the keeper is, whichever of the two asked */
    int64_t listed_ms;
    uint64_t requests; /* begun so far */
    struct committed
        committed[COMMITTED];   /* the last answers; REQUESTS % COMMITTED is their place */
    struct watch_report report; /* what the keeper has applied */
    int64_t made_ms;            /* its snapshot: clock_mono_ms */
    bool unreported;            /* REPORT has changed since a request took it along */
    struct told told;
    int64_t source_ms; /* of a relay: when it last read its source whole, 0: not known */
    bool held, relist;
    bool answered; /* once at least */
    int failures;
    int64_t failed_ms, retry_ms; /* of the last failure: its time, and the earliest one to retry */
    char failure[256];
    uint64_t left_out[LEFT_OUT_MAX]; /* hashes of the lines */
    uint32_t left_out_count;
    int64_t beat_ms; /* of the last sign of life */
};

/* A sign of life, when one is due. */
static int beat(void *arg)
{
    struct fetcher *f = arg;
    struct pipe_header header = {.type = PIPE_ALIVE};
    int64_t now = clock_mono_ms();
    if (now - f->beat_ms < PIPE_BEAT_MS)
        return 0;
    f->beat_ms = now;
    pipe_send(f->settings->pipe, &header, NULL);
    return 0;
}

/* One request, or one poll with its heartbeats. */
struct fetcher_request {
    struct fetcher *fetcher;
    uint64_t number;  /* in the keeper's order */
    int64_t begun_ms; /* clock_mono_ms */
    bool quiet;      /* it is held and nothing but heartbeats came: another may be sent beside it */
    bool superseded; /* the answer to one that began after it was taken: it counts no more */
    int64_t beat_ms; /* the last heartbeat, clock_mono_ms; 0: there was none */
    bool fresh;      /* a relay has read its source for it */
    bool stale;      /* a relay was to read it, and has not */
    bool listed;     /* everything was listed */
    bool caught_up;  /* what had changed before it was asked for right before it */
};

/* Reports R's result, true as of STARTED_MS; with PIPE_ROUND_TRIP in FLAGS, R was sent then. */
static int report(const struct fetcher_request *r, enum pipe_type type, int64_t started_ms,
                  uint32_t flags, const char *text)
{
    struct pipe_header header = {
        .type = type,
        .flags = flags | (r->fetcher->held ? PIPE_HELD : 0U),
        .started_ms = started_ms,
        .request = r->number,
    };
    return pipe_send(r->fetcher->settings->pipe, &header, text);
}

static void begin(struct fetcher *f, struct fetcher_request *r)
{
    *r = (struct fetcher_request){
        .fetcher = f, .number = ++f->requests, .begun_ms = clock_mono_ms()};
    report(r, PIPE_BEGIN, r->begun_ms, 0, NULL);
}

static int send_message(const struct fetcher *f, const void *message, size_t size)
{
    ssize_t n;
    do
        n = send(f->settings->pipe, message, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

/* --- records to messages --- */

static const char *text_of(const cJSON *record, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, name));
    return text ? text : "";
}

static enum member_state state_of(const cJSON *record)
{
    static const char *const word[] = {[MEMBER_ACTIVE] = "active",
                                       [MEMBER_PENDING] = "pending",
                                       [MEMBER_SUSPENDED] = "suspended",
                                       [MEMBER_REMOVED] = "removed"};
    const char *text = text_of(record, "state");
    for (int i = MEMBER_ACTIVE; i <= MEMBER_REMOVED; i++)
        if (strcmp(text, word[i]) == 0)
            return (enum member_state)i;
    return 0;
}

/* The strings of an array one behind the other in BUFFER; false when they are none or do not fit.
 */
static bool list_of(const cJSON *record, const char *name, char *buffer, size_t size,
                    struct text_list *list)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(record, name), *item;
    *list = (struct text_list){buffer, 0};
    cJSON_ArrayForEach(item, array)
    {
        const char *text = cJSON_GetStringValue(item);
        size_t n = text ? strlen(text) + 1 : size + 1;
        if (text && name[0] == 'r' && strncmp(text, ORG_RULES_TEAM, strlen(ORG_RULES_TEAM)) == 0)
            continue; /* no role makes itself a team */
        if (n > size)
            return false;
        memcpy(buffer, text, n);
        buffer += n;
        size -= n;
        list->count++;
    }
    return true;
}

/* Logs LINE, once. */
static void report_left_out(struct fetcher *f, const char *line)
{
    uint64_t hash = hash64(line, strlen(line));
    for (uint32_t i = 0; i < f->left_out_count; i++)
        if (f->left_out[i] == hash)
            return;
    if (f->left_out_count == LEFT_OUT_MAX)
        return;
    f->left_out[f->left_out_count++] = hash;
    log_warning("%s: %s%s", f->settings->org->name, line,
                f->left_out_count == LEFT_OUT_MAX ? "; further ones are not reported" : "");
}

/* --- teams --- */

static int compare_teams(const void *a, const void *b)
{
    const char *one = text_of(*(const cJSON *const *)a, "id"),
               *other = text_of(*(const cJSON *const *)b, "id");
    size_t len = strlen(one), other_len = strlen(other);
    return len != other_len ? (len > other_len) - (len < other_len) : strcmp(one, other);
}

/* The teams of RECORD in TEAM, in an order that does not depend on the API's: the shorter and lower
 * ids first, which are the older teams where ids count. Returns how many, at most PIPE_TEAMS_MAX.
 */
static size_t sort_teams(struct fetcher *f, const cJSON *record, const cJSON **team)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(record, "teams"), *item;
    size_t all = (size_t)cJSON_GetArraySize(array), count = 0;
    const cJSON **list = calloc(all + 1, sizeof *list);
    if (!list)
        return 0;
    cJSON_ArrayForEach(item, array) list[count++] = item;
    qsort(list, count, sizeof *list, compare_teams);
    if (count > PIPE_TEAMS_MAX) {
        char line[512];
        snprintf(line, sizeof line, "member %.255s is in %zu teams, of which %d count",
                 text_of(record, "id"), count, PIPE_TEAMS_MAX);
        report_left_out(f, line);
        count = PIPE_TEAMS_MAX;
    }
    memcpy(team, list, count * sizeof *list);
    free(list);
    return count;
}

/* Adds the COUNT teams to the member's roles in LIST. */
static bool add_teams(const cJSON *const *team, size_t count, size_t size, struct text_list *list)
{
    size_t used = text_list_size(list);
    for (size_t i = 0; i < count; i++) {
        char *at = (char *)(uintptr_t)list->first + used;
        int n = snprintf(at, size - used, ORG_RULES_TEAM "%s", text_of(team[i], "id"));
        if ((size_t)n >= size - used)
            return false;
        used += (size_t)n + 1;
        list->count++;
    }
    return true;
}

/* True if the answer of R has told HASH, of a team; notes it. A table that is full is emptied: to
 * be told twice does no harm. */
static bool is_told(struct fetcher_request *r, uint64_t hash)
{
    struct told *told = &r->fetcher->told;
    hash += r->number * UINT64_C(0x9e3779b97f4a7c15);
    hash += hash == 0;
    size_t at = hash % TOLD_SIZE;
    while (told->hash[at] && told->hash[at] != hash)
        at = (at + 1) % TOLD_SIZE;
    if (told->hash[at] == hash)
        return true;
    if (++told->count > TOLD_SIZE / 2)
        memset(told, 0, sizeof *told);
    else
        told->hash[at] = hash;
    return false;
}

/* Tells the keeper what a team is called, once in each answer. */
static int send_team(struct fetcher_request *r, const cJSON *record)
{
    char message[PIPE_MAX], slug[TEXT_MAX_LEN + 1], name[TEXT_MAX_LEN + 1],
        parent[TEXT_MAX_LEN + 1];
    const struct pipe_team team = {
        .id = text_of(record, "id"),
        .slug = text_clean(slug, sizeof slug, text_of(record, "slug"), false),
        .name = text_clean(name, sizeof name, text_of(record, "name"), false),
        .parent = text_clean(parent, sizeof parent, text_of(record, "parent"), false)};
    size_t size = pipe_encode_team(message, r->number, &team), head = sizeof(struct pipe_header);
    if (size == 0 || is_told(r, hash64(message + head, size - head)))
        return 0;
    return send_message(r->fetcher, message, size);
}

static int send_teams(struct fetcher_request *r, const cJSON *const *team, size_t count)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = send_team(r, team[i]);
    return rc;
}

static void leave_out(struct fetcher *f, const char *id, const char *why)
{
    char line[512];
    snprintf(line, sizeof line, "member %.255s is left out: %s", id, why);
    report_left_out(f, line);
}

/* One line a member, however many keys. FIRST is the fault of the key with that number. */
static void leave_out_keys(struct fetcher *f, const char *id, unsigned count, unsigned first,
                           const char *why)
{
    char line[768];
    snprintf(line, sizeof line,
             "member %.255s: %u of the ssh keys left out, first number %u: it %s", id, count, first,
             why);
    report_left_out(f, line);
}

/* Appends the key in ITEM to the *SIZE bytes at KEYS. Returns NULL, or the fault of the key, as in
 * common/ssh_key.h. */
static const char *add_key(const cJSON *item, uint8_t *keys, size_t *size)
{
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key key;
    const char *end = text_of(item, "expiresAt");
    int64_t end_ms = 0;
    const char *fault = ssh_key_decode(text_of(item, "type"), text_of(item, "blob"), blob, &key);
    if (fault)
        return fault;
    if (*end && !rfc3339_parse(end, &end_ms))
        return "has an end that is no time: want 2027-01-31T00:00:00Z";
    size_t sum = key_list_add(keys, *size, &key, *end ? &end_ms : NULL);
    if (sum == 0)
        return "is beyond the 32 keys, or 24 KiB of keys, that a member may have";
    *size = sum;
    return NULL;
}

/* The sound keys of RECORD in KEYS, KEY_LIST_SIZE_MAX bytes. Returns how many bytes they are. */
static size_t keys_of(struct fetcher *f, const cJSON *record, uint8_t *keys)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(record, "keys"), *item;
    unsigned number = 0, faults = 0, first = 0;
    const char *why = NULL;
    size_t size = 0;
    cJSON_ArrayForEach(item, array)
    {
        const char *fault = add_key(item, keys, &size);
        number++;
        if (fault && faults++ == 0) {
            why = fault;
            first = number;
        }
    }
    if (faults)
        leave_out_keys(f, text_of(record, "id"), faults, first, why);
    return size;
}

/* The texts of a member's lists. */
struct member_lists {
    char roles[PIPE_TEXTS_MAX / 2], permissions[PIPE_TEXTS_MAX / 2];
    char after_roles[PIPE_TEXTS_MAX / 2], after_permissions[PIPE_TEXTS_MAX / 2];
};

/* What the record says of roles and permissions; false when it is too much. What counts behind the
 * end of a role is what the member holds without an end. */
static bool lists_of(const cJSON *record, const cJSON *const *team, size_t teams,
                     struct member_lists *l, struct pipe_member *m)
{
    const char *end = text_of(record, "role_ends");
    if (!list_of(record, "roles", l->roles, sizeof l->roles, &m->roles) ||
        !add_teams(team, teams, sizeof l->roles, &m->roles) ||
        !list_of(record, "permissions", l->permissions, sizeof l->permissions, &m->permissions))
        return false;
    if (!*end)
        return true;
    m->term = (struct term){.roles = m->roles, .permissions = m->permissions};
    if (!rfc3339_parse(end, &m->term.ends_ms) || m->term.ends_ms <= 0)
        m->term.ends_ms = -1; /* which is refused with its reason */
    return list_of(record, "roles_after", l->after_roles, sizeof l->after_roles, &m->roles) &&
           add_teams(team, teams, sizeof l->after_roles, &m->roles) &&
           list_of(record, "permissions_after", l->after_permissions, sizeof l->after_permissions,
                   &m->permissions);
}

/* A member that is not fit to be sent is left out and reported; the listing goes on. */
static int send_member(void *arg, const cJSON *record)
{
    struct fetcher_request *r = arg;
    struct fetcher *f = r->fetcher;
    char display[TEXT_MAX_LEN + 1], message[PIPE_MAX];
    struct member_lists lists;
    uint8_t keys[KEY_LIST_SIZE_MAX];
    const char *why = "has too many roles or permissions";
    const cJSON *team[PIPE_TEAMS_MAX];
    size_t teams = sort_teams(f, record, team);
    struct pipe_member m = {
        .state = state_of(record),
        .id = text_of(record, "id"),
        .email = text_of(record, "email"),
        .username = text_of(record, "username"),
        .display = text_clean(display, sizeof display, text_of(record, "name"), true),
        .keys = {keys, keys_of(f, record, keys)},
        .keys_unread = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "keys_unread")),
    };
    size_t size = 0;
    r->quiet = false;
    beat(f);
    if (lists_of(record, team, teams, &lists, &m))
        size = pipe_encode_member(message, r->number, &m, &why);
    if (size == 0) {
        leave_out(f, m.id, why);
        return 0;
    }
    if (send_teams(r, team, teams) < 0)
        return -1;
    int rc = send_message(f, message, size);
    if (rc < 0 && errno == EMSGSIZE) { /* one member's many keys are not to keep the others away */
        leave_out(f, m.id, "is larger than net.core.wmem_default lets a message be");
        return 0;
    }
    return rc;
}

static int send_rules(void *arg, const struct org_rules *rules)
{
    const struct fetcher_request *r = arg;
    char message[PIPE_MAX];
    return send_message(r->fetcher, message, pipe_encode_org_rules(message, r->number, rules));
}

static void send_reset(void *arg)
{
    struct fetcher_request *r = arg;
    r->quiet = false;
    r->listed = true;
    memset(&r->fetcher->told, 0, sizeof r->fetcher->told); /* what was told is void */
    report(r, PIPE_RESET, r->begun_ms, PIPE_ROUND_TRIP, NULL);
}

/* A relay has read its source AGE_MS before the reply, which came after the request, and after its
 * last heartbeat. The time that is known does not go back. */
static void take_source(void *arg, int64_t age_ms, bool fresh)
{
    struct fetcher_request *r = arg;
    struct fetcher *f = r->fetcher;
    int64_t since = r->beat_ms > r->begun_ms ? r->beat_ms : r->begun_ms;
    int64_t read_ms = age_ms >= 0 && age_ms < since ? since - age_ms : 0;
    r->fresh = fresh;
    if (fresh && read_ms < r->begun_ms)
        read_ms = r->begun_ms;
    if (read_ms > f->source_ms)
        f->source_ms = read_ms;
}

/* The first heartbeat answers the request itself: whoever wants a round trip has one. That of a
 * relay says nothing of its source, but that a change would arrive. What the keeper told after the
 * request began, and before it was held, is for the next one. */
static int heartbeat(void *arg)
{
    struct fetcher_request *r = arg;
    bool first = !r->quiet;
    r->fetcher->held = r->quiet = true;
    r->beat_ms = clock_mono_ms();
    if (r->fetcher->at.relayed) {
        if (first && r->fetcher->failures == 0)
            report(r, PIPE_HEARD, r->fetcher->source_ms, 0, NULL);
        beat(r->fetcher);
    } else {
        report(r, PIPE_HEARD, first ? r->begun_ms : clock_mono_ms(), first ? PIPE_ROUND_TRIP : 0,
               NULL);
    }
    if (first && r->fetcher->unreported)
        r->superseded = true;
    return r->superseded;
}

/* --- what was applied --- */

/* The last of the answers up to REQUEST, or NULL. */
static const struct committed *committed_by(const struct fetcher *f, uint64_t request)
{
    const struct committed *last = NULL;
    for (size_t i = 0; i < COMMITTED; i++) {
        const struct committed *c = &f->committed[i];
        if (c->request > 0 && c->request <= request && (!last || c->request > last->request))
            last = c;
    }
    return last;
}

static bool same_place(const struct watch_position *a, const struct watch_position *b)
{
    return a->revision == b->revision && strcmp(a->cursor, b->cursor) == 0;
}

static void take_applied(struct fetcher *f, const struct pipe_applied *applied)
{
    const struct committed *c = committed_by(f, applied->header.request);
    struct watch_report *r = &f->report;
    if (!c)
        return;
    f->unreported |=
        !same_place(&r->at, &c->at) || r->ended != applied->ended || r->ending != applied->ending;
    r->at = c->at;
    r->ended = applied->ended;
    r->ending = applied->ending;
    f->made_ms = applied->header.started_ms;
}

static void take_glass(struct fetcher *f, const struct pipe_break_glass *broken)
{
    f->report.glass = broken->glass;
    f->unreported = true;
}

/* The report for a request that begins now. */
static const struct watch_report *report_now(struct fetcher *f)
{
    f->report.age_s = (clock_mono_ms() - f->made_ms) / 1000;
    f->unreported = false;
    return &f->report;
}

/* --- asking --- */

/* A random time from 0 to MAX_MS. */
static int64_t random_ms(int64_t max_ms)
{
    uint32_t r = 0;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) < 0)
        r = UINT32_MAX / 2;
    return (int64_t)(r % (uint64_t)(max_ms + 1));
}

/* Retry-After is the same for many hosts, so that each adds up to half of it: otherwise all come
 * back in the same moment. */
static int64_t retry_after_ms(const struct api_error *err)
{
    int64_t asked = err->retry_after_s * 1000LL;
    return asked + random_ms(asked / 2);
}

static void failed(const struct fetcher_request *r, const struct api_error *err)
{
    struct fetcher *f = r->fetcher;
    f->held = false;
    f->failures++;
    f->failed_ms = clock_mono_ms();
    f->retry_ms = f->failed_ms + retry_after_ms(err);
    snprintf(f->failure, sizeof f->failure, "%.255s", err->message);
    if (f->failures == 1)
        log_warning("%s: %s", f->settings->org->name, f->failure);
    report(r, PIPE_FAILED, r->begun_ms, PIPE_ROUND_TRIP, f->failure);
}

/* True if R, which went to the position NEXT, is of the same history as the answer before. A
 * listing by an API that reports changes is one where the API knew the last position right before;
 * of another API every listing but the first one is. */
static bool continues(const struct fetcher_request *r, const struct watch_position *next)
{
    const struct fetcher *f = r->fetcher;
    if (next->revision > 0)
        return !r->listed || r->caught_up;
    return f->answered && f->at.revision == 0;
}

/* R has led to the position NEXT. */
static void succeeded(const struct fetcher_request *r, const struct watch_position *next)
{
    struct fetcher *f = r->fetcher;
    uint32_t flags = PIPE_ROUND_TRIP | (continues(r, next) ? PIPE_CONTINUES : 0U) |
                     (next->revision > 0 ? PIPE_CHANGES : 0U);
    if (f->failures && !r->stale)
        log_info("%s: the organization answers again", f->settings->org->name);
    if (!r->stale)
        f->failures = 0;
    f->answered = true;
    f->at = *next;
    if (r->listed)
        f->listed_ms = r->begun_ms;
    f->committed[r->number % COMMITTED] = (struct committed){r->number, f->at};
    if (next->relayed)
        flags |= PIPE_RELAYED;
    report(r, PIPE_COMMIT, next->relayed ? f->source_ms : r->begun_ms, flags, NULL);
}

/* The relay has answered R, which wanted its source to be read, without that: nobody is confirmed
 * by it, and no login is to wait for it. */
static void source_failed(const struct fetcher_request *r)
{
    struct fetcher *f = r->fetcher;
    struct api_error err = {.status = API_UNREACHABLE};
    int64_t age_ms = clock_mono_ms() - f->source_ms;
    if (f->source_ms > 0)
        snprintf(err.message, sizeof err.message,
                 "relayed: the source was last read %" PRId64 " s ago, and cannot be read now",
                 age_ms / 1000);
    else
        snprintf(err.message, sizeof err.message,
                 "relayed: it is not known when the source was last read, and it cannot be read "
                 "now");
    failed(r, &err);
}

/* Reports the last failure again. */
static void repeat_failure(struct fetcher *f)
{
    struct fetcher_request none = {.fetcher = f};
    report(&none, PIPE_FAILED, clock_mono_ms(), 0, f->failure);
}

/* Asks PROVIDER for what is new, without waiting. */
static enum api_status ask(struct fetcher *f, struct provider *provider)
{
    struct watch_position at = f->at;
    struct api_error err;
    struct fetcher_request r;
    struct provider_watcher watcher = {.arg = &r,
                                       .report = report_now(f),
                                       .reset = send_reset,
                                       .rules = send_rules,
                                       .member = send_member,
                                       .source = take_source,
                                       .idle_fd = -1,
                                       .want_fresh = true};
    bool relayed = f->at.relayed;
    begin(f, &r);
    enum api_status status = provider_watch(provider, &at, 0, &watcher, &err);
    r.stale = relayed && !r.fresh;
    if (status == API_OK)
        succeeded(&r, &at);
    else
        failed(&r, &err);
    if (status == API_OK && r.stale)
        source_failed(&r);
    return status;
}

/* The same, unless that failed just now. Returns true when there is an answer. */
static bool ask_now(struct fetcher *f, struct provider *provider)
{
    int64_t now = clock_mono_ms();
    if (f->failures && (now < f->retry_ms || now < f->failed_ms + RETRY_SPARE_MS)) {
        repeat_failure(f);
        return false;
    }
    return ask(f, provider) == API_OK;
}

/* Takes what lies in the pipe; *REFRESH: the keeper wants news. Returns -1 when it is gone. */
static int read_messages(struct fetcher *f, bool *refresh)
{
    for (;;) {
        char message[PIPE_MAX];
        struct pipe_header header;
        struct pipe_applied applied;
        struct pipe_break_glass broken;
        ssize_t n = recv(f->settings->pipe, message, sizeof message, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && errno == EAGAIN ? 0 : -1;
        if (!pipe_decode(message, (size_t)n, &header))
            continue;
        if (pipe_decode_applied(message, (size_t)n, &applied))
            take_applied(f, &applied);
        if (pipe_decode_break_glass(message, (size_t)n, &broken))
            take_glass(f, &broken);
        *refresh |= header.type == PIPE_REFRESH;
        f->relist |= header.type == PIPE_RELIST;
    }
}

/*
 * Takes the keeper's messages. UNDER_WAY is the request that waits for its answer meanwhile, or
 * NULL. Returns -1 when the keeper is gone, 1 when UNDER_WAY is to be given up, 0 otherwise.
 * Another request is sent beside a held poll only, and when it is answered, the poll's own answer
 * may be older: the poll counts no more. While a request that is not held is under way there is no
 * point in another one: the keeper asks again when the answer is not new enough for it. A held poll
 * also makes room for the next one, which reports what was applied meanwhile.
 */
static int take_messages(struct fetcher *f, struct fetcher_request *under_way)
{
    bool refresh = false, held = under_way && under_way->quiet;
    if (read_messages(f, &refresh) < 0)
        return -1;
    if (f->relist)
        return 1;
    struct provider *free_one = under_way ? f->asker : f->provider;
    bool answered = refresh && (!under_way || held) && ask_now(f, free_one);
    if (held && (answered || f->unreported))
        under_way->superseded = true;
    return under_way && under_way->superseded;
}

static int idle(void *arg)
{
    struct fetcher_request *r = arg;
    return take_messages(r->fetcher, r);
}

/* --- the loop --- */

/* WAIT_MS give or take a quarter, so that a thousand hosts do not ask at the same moment. */
static int64_t jitter(int64_t wait_ms)
{
    return wait_ms - wait_ms / 4 + random_ms(wait_ms / 2);
}

static int64_t back_off(const struct fetcher *f)
{
    int64_t wait = BACK_OFF_MIN << (f->failures < 7 ? f->failures - 1 : 6);
    int64_t asked = f->retry_ms - clock_mono_ms();
    wait = jitter(wait < BACK_OFF_MAX ? wait : BACK_OFF_MAX);
    return wait > asked ? wait : asked;
}

/* True while the keeper may still say that it has applied what it was sent. */
static bool unapplied(const struct fetcher *f)
{
    return *f->at.cursor && !same_place(&f->at, &f->report.at);
}

/* Waits for the keeper's messages, at most LEFT_MS, and takes them. Returns -1 when it is gone. */
static int hear_keeper(struct fetcher *f, int64_t left_ms)
{
    struct pollfd p = {.fd = f->settings->pipe, .events = POLLIN};
    int n = poll(&p, 1, left_ms < PIPE_BEAT_MS ? (int)left_ms : PIPE_BEAT_MS);
    beat(f);
    return n > 0 && take_messages(f, NULL) < 0 ? -1 : 0;
}

/* Waits, answering the keeper. Returns -1 when the keeper is gone. */
static int rest(struct fetcher *f, int64_t wait_ms)
{
    int64_t end = clock_mono_ms() + wait_ms, left;
    while (!f->relist && (left = end - clock_mono_ms()) > 0)
        if (hear_keeper(f, left) < 0)
            return -1;
    return 0;
}

/* The same, until the keeper has applied the news: mostly a moment. */
static int rest_unapplied(struct fetcher *f)
{
    int64_t end = clock_mono_ms() + APPLY_MS, left;
    while (unapplied(f) && !f->relist && (left = end - clock_mono_ms()) > 0)
        if (hear_keeper(f, left) < 0)
            return -1;
    return 0;
}

/* Asks, before everything is listed, for what has changed: who was removed meanwhile is named
 * there, and the listing is known to be of the same history when *CAUGHT_UP. Returns false when the
 * organization cannot be reached. */
static bool catch_up(struct fetcher *f, bool *caught_up)
{
    enum api_status status = f->at.revision > 0 ? ask(f, f->provider) : API_REFUSED;
    *caught_up = status == API_OK;
    return status != API_UNREACHABLE;
}

/* Asks a relay that could not be reached, or could not read its source: the poll that is held then
 * says nothing before the next reading. Returns false when it cannot be reached. */
static bool ask_relay(struct fetcher *f)
{
    return !f->failures || !f->at.relayed || ask(f, f->provider) == API_OK;
}

/* One request, or one long poll from its beginning to its end. Returns how long to rest, or -1 when
 * the keeper is gone. */
static int64_t turn(struct fetcher *f)
{
    struct api_error err = {0};
    struct fetcher_request r;
    bool lists = f->relist || clock_mono_ms() - f->listed_ms > FULL_MS;
    bool caught_up = false;
    f->relist = false;
    if (lists ? !catch_up(f, &caught_up) : !ask_relay(f))
        return back_off(f);
    struct provider_watcher watcher = {.arg = &r,
                                       .report = report_now(f),
                                       .reset = send_reset,
                                       .rules = send_rules,
                                       .member = send_member,
                                       .source = take_source,
                                       .heard = heartbeat,
                                       .idle = idle,
                                       .idle_fd = f->settings->pipe};
    begin(f, &r);
    r.caught_up = caught_up;
    struct watch_position at = {0};
    if (!lists)
        at = f->at;
    enum api_status status = provider_watch(f->provider, &at, HOLD_MS, &watcher, &err);
    if (status == API_STOPPED)
        return f->relist || r.superseded ? 0 : -1;
    if (status != API_OK) {
        failed(&r, &err);
        return back_off(f);
    }
    bool no_news = !lists && at.revision > 0 && at.revision == f->at.revision;
    f->held = false; /* before the keeper hears of it: a login that comes now has to ask */
    succeeded(&r, &at);
    if (at.revision == 0)
        return jitter(f->settings->poll_ms);
    if (!no_news)
        return rest_unapplied(f);
    return clock_mono_ms() - r.begun_ms < NO_NEWS_MS ? NO_NEWS_MS : 0;
}

static void trace(void *arg, const char *line)
{
    const struct fetcher *f = arg;
    log_debug("%s: debug: %s", f->settings->org->name, line);
}

/* A service's: what asks once, beside it, is no other machine. */
static const char *make_word(struct fetcher *f)
{
    unsigned char bytes[(PROCESS_WORD - 1) / 2];
    if (f->settings->once || getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return NULL;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(f->word + 2 * i, 3, "%02x", bytes[i]);
    return f->word;
}

static bool open_providers(struct fetcher *f, struct api_error *err)
{
    struct provider_settings settings = config_provider(f->settings->org);
    f->report.process = make_word(f);
    settings.token = f->settings->token;
    settings.trace = log_is_debug() ? trace : NULL;
    settings.trace_arg = f;
    settings.alive = beat;
    settings.alive_arg = f;
    f->provider = provider_open(&settings, err);
    f->asker = f->provider ? provider_open(&settings, err) : NULL;
    return f->asker != NULL;
}

/* The settings or the credential cannot be used, and no waiting cures that: says so, again whenever
 * it is asked, until it is ended. */
static void excuse(struct fetcher *f, const struct api_error *err)
{
    struct fetcher_request none = {.fetcher = f};
    failed(&none, err);
    f->retry_ms = INT64_MAX;
    while (rest(f, INT32_MAX) == 0) {
        f->relist = false;
        repeat_failure(f);
    }
}

int fetcher_run(const struct fetcher_settings *settings)
{
    struct fetcher f = {.settings = settings};
    struct api_error err;
    bool fine = open_providers(&f, &err);
    if (!fine)
        excuse(&f, &err);
    for (int64_t wait = 0; fine && wait >= 0;) {
        wait = turn(&f);
        if (wait >= 0 && rest(&f, settings->once ? INT32_MAX : wait) < 0)
            break;
    }
    provider_close(f.provider);
    provider_close(f.asker);
    return EXIT_SUCCESS;
}

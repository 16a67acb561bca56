/* The confirm socket, orgsyncd's side; the protocol is common/confirm.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "orgsyncd/keeper.h"

static bool concerns(const struct confirm_request *r, const struct keeper_org *o)
{
    return r->org[0] == '\0' || strcmp(r->org, o->config->name) == 0;
}

static bool for_root(const struct confirm_request *r)
{
    return r->op == CONFIRM_SYNC || r->op == CONFIRM_ACCEPT || r->op == CONFIRM_FREE;
}

static bool wants_listing(const struct confirm_request *r)
{
    return r->op == CONFIRM_SYNC || r->op == CONFIRM_ACCEPT;
}

/* True if ORG had news by the time BEGUN (clock_mono_ms) that no snapshot has yet. */
static bool owes_news(const struct keeper_org *o, int64_t begun)
{
    return (o->carried.since_ms && o->carried.since_ms <= begun) ||
           (o->waiting.since_ms && o->waiting.since_ms <= begun) ||
           (o->merge.phase != MERGE_IDLE && o->merging_ms <= begun);
}

/* True if answers at these times are recent enough for a client who asked at BEGUN. */
static bool recent(const struct news *n, const struct confirm_request *r, int64_t begun)
{
    if (wants_listing(r))
        return n->listed_ms >= begun;
    int64_t heard = r->max_age_ms < FRESH_BY_REQUEST_MS ? n->answered_ms : n->heard_ms;
    return heard > 0 && heard >= begun - (int64_t)r->max_age_ms;
}

/* True if the organization was heard from recently enough for such a client, and the snapshot has
 * all its news. */
static bool fresh(const struct keeper_org *o, const struct confirm_request *r, int64_t begun)
{
    const struct news in_force = {
        .heard_ms = o->heard_ms, .answered_ms = o->answered_ms, .listed_ms = o->listed_ms};
    return !owes_news(o, begun) && o->listing != ORG_REFUSED && recent(&in_force, r, begun) &&
           (o->named || !wants_listing(r));
}

/* True if its answer is recent enough, and only the snapshot with it is still to come. */
static bool said_enough(const struct keeper_org *o, const struct confirm_request *r, int64_t begun)
{
    return o->listing != ORG_REFUSED && ((o->waiting.since_ms && recent(&o->waiting, r, begun)) ||
                                         (o->carried.since_ms && recent(&o->carried, r, begun)));
}

static void fill_state(const struct keeper *k, const struct confirm_request *r,
                       struct confirm_reply *reply)
{
    int64_t now = clock_mono_ms();
    reply->generation = k->generation;
    reply->members = k->result.active;
    reply->held = 1;
    for (uint32_t i = 0; i < k->org_count; i++) {
        const struct keeper_org *o = &k->org[i];
        if (!concerns(r, o))
            continue;
        int64_t age = o->heard_ms > 0 ? now - o->heard_ms : -1;
        if (age < 0 || (reply->age_ms >= 0 && age > reply->age_ms))
            reply->age_ms = age;
        reply->held &= o->link == LINK_HELD;
        if (!reply->text[0])
            snprintf(reply->text, sizeof reply->text, "%s", o->failure[0] ? o->failure : o->held);
    }
}

static void drop(struct keeper *k, uint32_t i)
{
    close(k->client[i].fd);
    k->client[i] = k->client[--k->client_count];
}

/* True if there are news of what the client asks about that no snapshot has yet. */
static bool owed(const struct keeper *k, const struct keeper_client *c)
{
    for (uint32_t i = 0; i < k->org_count; i++)
        if (concerns(&c->request, &k->org[i]) && owes_news(&k->org[i], c->begun_ms))
            return true;
    return false;
}

/* *GENERATION is the number of the snapshot that has, or will have, all that the client asks about;
 * false as long as that cannot be told. A child that makes a snapshot does not know what came after
 * it began. */
static bool promised(const struct keeper *k, const struct keeper_client *c, uint64_t *generation)
{
    *generation = k->generation;
    for (uint32_t i = 0; i < k->org_count; i++) {
        const struct keeper_org *o = &k->org[i];
        if (!concerns(&c->request, o) || fresh(o, &c->request, c->begun_ms))
            continue;
        if (o->merge.phase != MERGE_IDLE || !said_enough(o, &c->request, c->begun_ms))
            return false;
        uint64_t next = k->generation + 1 + (o->waiting.since_ms && k->child);
        *generation = next > *generation ? next : *generation;
    }
    return true;
}

/* Answers and ends the exchange. A login does not wait here for news to be in force: it is told the
 * number of the snapshot that will have them, so that it knows that what it has read is old. */
static void answer(struct keeper *k, uint32_t i, enum confirm_status status, const char *text)
{
    struct confirm_reply reply = {.magic = CONFIRM_MAGIC, .status = status};
    fill_state(k, &k->client[i].request, &reply);
    if (text)
        snprintf(reply.text, sizeof reply.text, "%s", text);
    if (k->client[i].request.op == CONFIRM_FRESH) {
        k->answers[status]++;
        if (status == CONFIRM_YES)
            promised(k, &k->client[i], &reply.generation);
        else if (owed(k, &k->client[i]))
            reply.generation += 2; /* beyond what a child may publish without them */
    }
    send(k->client[i].fd, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT);
    drop(k, i);
}

static uint32_t clients_of(const struct keeper *k, uint32_t uid)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < k->client_count; i++)
        n += k->client[i].uid == uid;
    return n;
}

void confirm_server_accept(struct keeper *k)
{
    while (k->client_count < CLIENTS_MAX) {
        int fd = accept4(k->settings->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        struct ucred cred;
        socklen_t len = sizeof cred;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
            (cred.uid != 0 && clients_of(k, cred.uid) >= CLIENTS_PER_USER)) {
            close(fd);
            continue;
        }
        k->client[k->client_count] = (struct keeper_client){
            .fd = fd, .uid = cred.uid, .deadline_ms = clock_mono_ms() + CLIENT_PATIENCE_MS};
        confirm_server_read(k, k->client_count++);
    }
}

/* Puts the client's question to the fetchers that it concerns and that have none to answer; ANEW
 * for one that has just come, which a listing under way does not serve. Returns how many it
 * concerns. */
static uint32_t ask_fetchers(struct keeper *k, const struct keeper_client *c, bool anew)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < k->org_count; i++) {
        struct keeper_org *o = &k->org[i];
        if (!concerns(&c->request, o))
            continue;
        n++;
        if (c->request.op == CONFIRM_ACCEPT)
            o->brake = BRAKE_ACCEPT;
        if (!fresh(o, &c->request, c->begun_ms) && !said_enough(o, &c->request, c->begun_ms) &&
            (!o->asked || (anew && wants_listing(&c->request))))
            keeper_ask(o, wants_listing(&c->request));
    }
    return n;
}

static bool satisfied(const struct keeper *k, const struct keeper_client *c)
{
    uint64_t generation;
    if (c->request.op == CONFIRM_FRESH)
        return promised(k, c, &generation);
    for (uint32_t i = 0; i < k->org_count; i++)
        if (concerns(&c->request, &k->org[i]) && !fresh(&k->org[i], &c->request, c->begun_ms))
            return false;
    return true;
}

/* Known to be away, or its last listing was not taken. */
static bool unreachable(const struct keeper_org *o)
{
    return o->link == LINK_DOWN || o->listing == ORG_REFUSED;
}

/* An organization that CLIENT waits for in vain, because it is known to be away or its listing was
 * not taken; NULL when there is none. It has been asked again, so that the next login knows better,
 * but this one is not held up.
 */
static const struct keeper_org *away(const struct keeper *k, const struct keeper_client *c)
{
    for (uint32_t i = 0; i < k->org_count; i++)
        if (concerns(&c->request, &k->org[i]) && unreachable(&k->org[i]) &&
            !fresh(&k->org[i], &c->request, c->begun_ms))
            return &k->org[i];
    return NULL;
}

/* The operations that want no confirmation. Returns false for the others. */
static bool serve_aside(struct keeper *k, uint32_t i, const struct confirm_request *request)
{
    char text[CONFIRM_ANSWER_MAX];
    const struct keeper_client *c = &k->client[i];
    size_t size = 0;
    switch (request->op) {
    case CONFIRM_REPORT:
        if (c->uid == 0 && request->reason < REASON_COUNT)
            k->refusals[request->reason]++;
        break;
    case CONFIRM_METRICS:
        size = keeper_metrics(k, text, sizeof text);
        break;
    case CONFIRM_WITHHELD:
        if (c->uid == 0)
            size = keeper_withheld(k, request->skip, text, sizeof text);
        break;
    case CONFIRM_NUMBERS:
        size = numbers_lines(k->settings->config, &k->numbers, text, sizeof text);
        break;
    default:
        return false;
    }
    if (size)
        send(c->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    drop(k, i);
    return true;
}

/* The answer is about no organization: its name is cleared. */
static void free_name(struct keeper *k, uint32_t i)
{
    char name[CONFIRM_ORG_LEN + 1] = "", why[CONFIRM_TEXT_LEN] = "";
    struct confirm_request *r = &k->client[i].request;
    memcpy(name, r->org, sizeof r->org);
    r->org[0] = '\0';
    bool done = keeper_free_name(k, name, why);
    answer(k, i, done ? CONFIRM_YES : CONFIRM_NO, why);
}

void confirm_server_read(struct keeper *k, uint32_t i)
{
    struct keeper_client *c = &k->client[i];
    struct confirm_request request;
    ssize_t n = recv(c->fd, &request, sizeof request, MSG_TRUNC | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || c->waiting) { /* gone, or a second request: one exchange a connection */
        drop(k, i);
        return;
    }
    if (!confirm_request_valid(&request, (size_t)n)) {
        answer(k, i, CONFIRM_REFUSED, "malformed request");
        return;
    }
    if (serve_aside(k, i, &request))
        return;
    c->request = request;
    if (c->uid != 0 && for_root(&request)) {
        answer(k, i, CONFIRM_REFUSED, "only root may ask for that");
        return;
    }
    if (request.op == CONFIRM_FREE) {
        free_name(k, i);
        return;
    }
    if (c->uid != 0 && request.max_age_ms < FRESH_BY_REQUEST_MS)
        c->request.max_age_ms =
            FRESH_BY_REQUEST_MS; /* or anybody could make us send requests without end */
    c->waiting = true;
    c->heard = false;
}

bool confirm_server_asked(const struct keeper *k)
{
    for (uint32_t i = 0; i < k->client_count; i++)
        if (k->client[i].waiting && !k->client[i].heard)
            return true;
    return false;
}

/* Answers the request if it can be at once. */
static void hear(struct keeper *k, uint32_t i)
{
    struct keeper_client *c = &k->client[i];
    enum confirm_op op = c->request.op;
    c->heard = true;
    c->begun_ms = clock_mono_ms();
    c->deadline_ms = c->begun_ms + (op == CONFIRM_STATUS ? 0 : c->request.wait_ms);
    if (op != CONFIRM_STATUS && ask_fetchers(k, c, true) == 0)
        answer(k, i, CONFIRM_REFUSED, "no such organization");
    else if (satisfied(k, c))
        answer(k, i, CONFIRM_YES, NULL);
    else if (op == CONFIRM_STATUS)
        answer(k, i, CONFIRM_NO, NULL);
    else if (op == CONFIRM_FRESH && away(k, c))
        answer(k, i, CONFIRM_NO, away(k, c)->failure);
}

void confirm_server_hear(struct keeper *k)
{
    for (uint32_t i = k->client_count; i-- > 0;)
        if (k->client[i].waiting && !k->client[i].heard)
            hear(k, i);
}

void confirm_server_settle(struct keeper *k, const struct keeper_org *failed)
{
    int64_t now = clock_mono_ms();
    for (uint32_t i = k->client_count; i-- > 0;) {
        struct keeper_client *c = &k->client[i];
        if (!c->waiting) {
            if (c->deadline_ms <= now)
                drop(k, i);
        } else if (!c->heard) {
            continue;
        } else if (satisfied(k, c)) {
            answer(k, i, CONFIRM_YES, NULL);
        } else if (failed && concerns(&c->request, failed)) {
            answer(k, i, CONFIRM_NO, failed->failure);
        } else if (c->deadline_ms <= now) {
            answer(k, i, CONFIRM_NO, NULL);
        } else {
            ask_fetchers(k, c, false);
        }
    }
}

int64_t confirm_server_deadline(const struct keeper *k)
{
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < k->client_count; i++)
        if (k->client[i].deadline_ms < first)
            first = k->client[i].deadline_ms;
    return first;
}

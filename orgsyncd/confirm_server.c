#include "orgsyncd/confirm_server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "orgsyncd/withheld.h"

/* So many connections to a socket are accepted before other work is done. */
#define ACCEPTED_AT_ONCE CLIENTS_OTHERS
/* A client must send its request within this time. */
#define CLIENT_PATIENCE_MS 1000
/* A request with a max_age below this wants an answered request; a heartbeat is not enough. */
#define FRESH_BY_REQUEST_MS 1000

/* --- what a request wants --- */

static bool concerns(const struct confirm_request *r, const struct org_state *o)
{
    return r->org[0] == '\0' || strcmp(r->org, o->config->name) == 0;
}

static bool wants_eviction(const struct confirm_request *r)
{
    return r->op == CONFIRM_EVICT || r->op == CONFIRM_EVICT_ALL || r->op == CONFIRM_EVICT_REMOVED;
}

static bool for_root(const struct confirm_request *r)
{
    return r->op == CONFIRM_SYNC || r->op == CONFIRM_ACCEPT || r->op == CONFIRM_FREE ||
           wants_eviction(r);
}

static bool wants_listing(const struct confirm_request *r)
{
    return r->op == CONFIRM_SYNC || r->op == CONFIRM_ACCEPT;
}

/* True if O had news by the time BEGUN (clock_mono_ms) that is not in force. */
static bool owes_news(const struct org_state *o, int64_t begun)
{
    return (o->carried.since_ms && o->carried.since_ms <= begun) ||
           (o->waiting.since_ms && o->waiting.since_ms <= begun) ||
           (o->merge.phase != MERGE_IDLE && o->merging_ms <= begun);
}

/* True if these times are recent enough for a client that asked at BEGUN. */
static bool recent(const struct heard *h, const struct confirm_request *r, int64_t begun)
{
    if (wants_listing(r))
        return h->listed_ms >= begun;
    int64_t heard = r->max_age_ms < FRESH_BY_REQUEST_MS ? h->answered_ms : h->heard_ms;
    return heard > 0 && heard >= begun - (int64_t)r->max_age_ms;
}

/* True if O was heard from recently enough for such a client, and all its news is in force. */
static bool fresh(const struct org_state *o, const struct confirm_request *r, int64_t begun)
{
    return !owes_news(o, begun) && o->listing != ORG_REFUSED && recent(&o->in_force, r, begun) &&
           (o->in_force.named || !wants_listing(r));
}

static bool recent_news(const struct news *n, const struct confirm_request *r, int64_t begun)
{
    return n->since_ms && recent(&n->heard, r, begun);
}

/* True if O was heard from recently enough, and only the snapshot with its news is still to come.
 */
static bool said_enough(const struct org_state *o, const struct confirm_request *r, int64_t begun)
{
    return o->listing != ORG_REFUSED &&
           (recent_news(&o->waiting, r, begun) || recent_news(&o->carried, r, begun));
}

static void fill_state(const struct confirm_server *s, const struct confirm_request *r,
                       struct confirm_reply *reply)
{
    int64_t now = clock_mono_ms();
    reply->generation = s->publisher->generation;
    reply->members = s->publisher->result.active;
    reply->held = 1;
    for (uint32_t i = 0; i < s->orgs->count; i++) {
        const struct org_state *o = &s->orgs->org[i];
        if (!concerns(r, o))
            continue;
        int64_t age = o->in_force.heard_ms > 0 ? now - o->in_force.heard_ms : -1;
        if (age < 0 || (reply->age_ms >= 0 && age > reply->age_ms))
            reply->age_ms = age;
        reply->held &= o->link == LINK_HELD;
        if (!reply->text[0])
            snprintf(reply->text, sizeof reply->text, "%s", o->failure[0] ? o->failure : o->held);
        if (!reply->text[0] && r->op == CONFIRM_STATUS && o->sessions.waiting)
            snprintf(reply->text, sizeof reply->text,
                     "the sessions of %" PRIu32 " people who left wait, because many left: "
                     "orgadmin host evict --all-removed ends them",
                     o->sessions.waiting);
    }
}

static void drop(struct confirm_server *s, uint32_t i)
{
    close(s->client[i].fd);
    s->client[i] = s->client[--s->client_count];
}

/* True if an organization that the client asks about has news that is not in force. */
static bool owed(const struct confirm_server *s, const struct confirm_client *c)
{
    for (uint32_t i = 0; i < s->orgs->count; i++)
        if (concerns(&c->request, &s->orgs->org[i]) && owes_news(&s->orgs->org[i], c->begun_ms))
            return true;
    return false;
}

/* *GENERATION is the number of the snapshot that carries, or will carry, all that the client asks
 * about; false as long as that is not known. A snapshot that a child makes does not carry what came
 * after the child began. */
static bool promised(const struct confirm_server *s, const struct confirm_client *c,
                     uint64_t *generation)
{
    *generation = s->publisher->generation;
    for (uint32_t i = 0; i < s->orgs->count; i++) {
        const struct org_state *o = &s->orgs->org[i];
        if (!concerns(&c->request, o) || fresh(o, &c->request, c->begun_ms))
            continue;
        if (o->merge.phase != MERGE_IDLE || !said_enough(o, &c->request, c->begun_ms))
            return false;
        uint64_t next = s->publisher->generation + 1 + (o->waiting.since_ms && s->publisher->child);
        *generation = next > *generation ? next : *generation;
    }
    return true;
}

/* Answers and ends the exchange. A login does not wait here for news to be in force: its answer has
 * the number of the snapshot that will carry the news, and the login waits for that file. */
static void answer(struct confirm_server *s, uint32_t i, enum confirm_status status,
                   const char *text)
{
    struct confirm_reply reply = {.magic = CONFIRM_MAGIC, .status = status};
    fill_state(s, &s->client[i].request, &reply);
    if (text)
        snprintf(reply.text, sizeof reply.text, "%s", text);
    if (s->client[i].request.op == CONFIRM_FRESH) {
        s->counts.answers[status]++;
        if (status == CONFIRM_YES)
            promised(s, &s->client[i], &reply.generation);
        else if (owed(s, &s->client[i]))
            reply.generation += 2; /* beyond the one that a child may publish without the news */
    }
    send(s->client[i].fd, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT);
    drop(s, i);
}

static uint32_t clients_of(const struct confirm_server *s, uint32_t uid)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->client_count; i++)
        n += s->client[i].uid == uid;
    return n;
}

/* Those of SOCKET who are not root. */
static uint32_t clients_at(const struct confirm_server *s, enum confirm_socket socket)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->client_count; i++)
        n += s->client[i].uid != 0 && s->client[i].socket == socket;
    return n;
}

bool confirm_server_has_room(const struct confirm_server *s, enum confirm_socket socket)
{
    static const uint32_t most[CONFIRM_SOCKETS] = {[CONFIRM_FOR_ALL] = CLIENTS_OTHERS,
                                                   [CONFIRM_FOR_ROOT] = CLIENTS_MAX,
                                                   [CONFIRM_FOR_KEYS] = CLIENTS_KEYS};
    return s->client_count < CLIENTS_MAX && clients_at(s, socket) < most[socket];
}

void confirm_server_accept(struct confirm_server *s, enum confirm_socket socket)
{
    for (int i = 0; i < ACCEPTED_AT_ONCE && confirm_server_has_room(s, socket); i++) {
        int fd = accept4(s->listen_fd[socket], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        struct ucred cred;
        socklen_t len = sizeof cred;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
            (socket == CONFIRM_FOR_ALL && cred.uid != 0 &&
             clients_of(s, cred.uid) >= CLIENTS_PER_USER)) {
            close(fd);
            continue;
        }
        s->client[s->client_count] =
            (struct confirm_client){.fd = fd,
                                    .socket = socket,
                                    .uid = cred.uid,
                                    .deadline_ms = clock_mono_ms() + CLIENT_PATIENCE_MS};
        confirm_server_read(s, s->client_count++);
    }
}

/* When the fetchers are asked. */
enum asking {
    ASK_FIRST, /* for a new request, which a listing under way does not serve */
    ASK_AGAIN, /* for a request that waits */
};

/* Asks the fetchers that the client's request concerns, unless they were asked already. Returns the
 * number of organizations that it concerns. */
static uint32_t ask_fetchers(struct confirm_server *s, const struct confirm_client *c,
                             enum asking asking)
{
    enum pipe_type question = wants_listing(&c->request) ? PIPE_RELIST : PIPE_REFRESH;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->orgs->count; i++) {
        struct org_state *o = &s->orgs->org[i];
        if (!concerns(&c->request, o))
            continue;
        n++;
        if (c->request.op == CONFIRM_ACCEPT)
            o->brake = BRAKE_ACCEPT;
        if (!fresh(o, &c->request, c->begun_ms) && !said_enough(o, &c->request, c->begun_ms) &&
            (!o->asked || (asking == ASK_FIRST && question == PIPE_RELIST)))
            organization_ask(o, question);
    }
    return n;
}

static bool satisfied(const struct confirm_server *s, const struct confirm_client *c)
{
    uint64_t generation;
    if (c->request.op == CONFIRM_FRESH)
        return promised(s, c, &generation);
    for (uint32_t i = 0; i < s->orgs->count; i++)
        if (concerns(&c->request, &s->orgs->org[i]) &&
            !fresh(&s->orgs->org[i], &c->request, c->begun_ms))
            return false;
    return true;
}

/* True if a login need not wait for O: its last attempt failed, or its listing was refused. */
static bool unreachable(const struct org_state *o)
{
    return o->link == LINK_DOWN || o->listing == ORG_REFUSED;
}

/* An unreachable organization that the client would wait for; NULL when there is none. It was asked
 * again, so that the next login may be confirmed, but this one does not wait.
 */
static const struct org_state *away(const struct confirm_server *s, const struct confirm_client *c)
{
    for (uint32_t i = 0; i < s->orgs->count; i++)
        if (concerns(&c->request, &s->orgs->org[i]) && unreachable(&s->orgs->org[i]) &&
            !fresh(&s->orgs->org[i], &c->request, c->begun_ms))
            return &s->orgs->org[i];
    return NULL;
}

/* Serves the operations that need nothing of an organization. Returns false for the others. */
static bool serve_aside(struct confirm_server *s, uint32_t i, const struct confirm_request *request)
{
    char text[CONFIRM_ANSWER_MAX];
    const struct confirm_client *c = &s->client[i];
    size_t size = 0;
    switch (request->op) {
    case CONFIRM_REPORT:
        if (c->uid == 0 && request->reason < REASON_COUNT)
            s->counts.reports[request->reason]++;
        break;
    case CONFIRM_METRICS:
        size = metrics_text(s->publisher, &s->counts, text, sizeof text);
        break;
    case CONFIRM_WITHHELD:
    case CONFIRM_MEMBERS:
        if (c->uid == 0)
            size = withheld_list(s->orgs, request->op == CONFIRM_MEMBERS ? request->org : NULL,
                                 request->skip, text, sizeof text);
        break;
    case CONFIRM_SESSIONS:
        if (c->uid == 0)
            size = sessions_list(s->orgs, request->skip, text, sizeof text);
        break;
    case CONFIRM_NUMBERS:
        size = numbers_lines(s->orgs->config, s->numbers, text, sizeof text);
        break;
    default:
        return false;
    }
    if (size)
        send(c->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    drop(s, i);
    return true;
}

/* ORG of the request is a name, which is cleared: the answer is about all organizations. */
static void free_name(struct confirm_server *s, uint32_t i)
{
    char name[CONFIRM_ORG_LEN + 1] = "", why[CONFIRM_TEXT_LEN] = "";
    struct confirm_request *r = &s->client[i].request;
    memcpy(name, r->org, sizeof r->org);
    r->org[0] = '\0';
    enum name_freeing result = withheld_free_name(s->publisher, name, why);
    s->failed |= result == NAME_FAILED;
    answer(s, i, result == NAME_FREED ? CONFIRM_YES : CONFIRM_NO, why);
}

/* The same for the name of somebody whose sessions are to be ended. */
static void wish(struct confirm_server *s, uint32_t i)
{
    char why[CONFIRM_TEXT_LEN] = "";
    struct confirm_client *c = &s->client[i];
    bool accepted = sessions_wish(s->sessions, &c->request, why);
    c->request.org[0] = '\0';
    c->state = CLIENT_WISHES;
    c->deadline_ms = clock_mono_ms() + c->request.wait_ms;
    if (!accepted)
        answer(s, i, CONFIRM_NO, why);
}

/* Tells whoever waits for it what became of the wish. */
static void settle_wish(struct confirm_server *s)
{
    char text[CONFIRM_TEXT_LEN];
    bool good;
    if (!sessions_granted(s->sessions, text, &good))
        return;
    for (uint32_t i = s->client_count; i-- > 0;)
        if (s->client[i].state == CLIENT_WISHES)
            answer(s, i, good ? CONFIRM_YES : CONFIRM_NO, text);
}

/* What anybody but root and orglogin-keys may ask for at the least: otherwise any user could cause
 * requests to the organization without end. */
static uint32_t others_max_age_ms(const struct confirm_server *s)
{
    uint32_t configured = (uint32_t)s->orgs->config->login_max_age_ms;
    return configured > FRESH_BY_REQUEST_MS ? configured : FRESH_BY_REQUEST_MS;
}

void confirm_server_read(struct confirm_server *s, uint32_t i)
{
    struct confirm_client *c = &s->client[i];
    struct confirm_request request;
    ssize_t n = recv(c->fd, &request, sizeof request, MSG_TRUNC | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || c->state != CLIENT_CONNECTED) { /* gone, or a second request */
        drop(s, i);
        return;
    }
    if (!confirm_request_valid(&request, (size_t)n)) {
        answer(s, i, CONFIRM_REFUSED, "malformed request");
        return;
    }
    if (serve_aside(s, i, &request))
        return;
    c->request = request;
    if (c->uid != 0 && for_root(&request)) {
        answer(s, i, CONFIRM_REFUSED, "only root may ask for that");
        return;
    }
    if (request.op == CONFIRM_FREE) {
        free_name(s, i);
        return;
    }
    if (wants_eviction(&request)) {
        wish(s, i);
        return;
    }
    if (c->uid != 0 && c->socket == CONFIRM_FOR_ALL && request.max_age_ms < others_max_age_ms(s))
        c->request.max_age_ms = others_max_age_ms(s);
    c->state = CLIENT_ASKED;
}

bool confirm_server_has_asked(const struct confirm_server *s)
{
    for (uint32_t i = 0; i < s->client_count; i++)
        if (s->client[i].state == CLIENT_ASKED)
            return true;
    return false;
}

/* Answers the request at once if that is possible. */
static void hear(struct confirm_server *s, uint32_t i)
{
    struct confirm_client *c = &s->client[i];
    enum confirm_op op = c->request.op;
    c->state = CLIENT_WAITS;
    c->begun_ms = clock_mono_ms();
    c->deadline_ms = c->begun_ms + (op == CONFIRM_STATUS ? 0 : c->request.wait_ms);
    if (op != CONFIRM_STATUS && ask_fetchers(s, c, ASK_FIRST) == 0)
        answer(s, i, CONFIRM_REFUSED, "no such organization");
    else if (satisfied(s, c))
        answer(s, i, CONFIRM_YES, NULL);
    else if (op == CONFIRM_STATUS)
        answer(s, i, CONFIRM_NO, NULL);
    else if (op == CONFIRM_FRESH && away(s, c))
        answer(s, i, CONFIRM_NO, away(s, c)->failure);
}

void confirm_server_hear(struct confirm_server *s)
{
    for (uint32_t i = s->client_count; i-- > 0;)
        if (s->client[i].state == CLIENT_ASKED)
            hear(s, i);
}

/* FAILED is an organization that has just failed, or NULL. */
static void settle(struct confirm_server *s, uint32_t i, int64_t now,
                   const struct org_state *failed)
{
    struct confirm_client *c = &s->client[i];
    if (satisfied(s, c))
        answer(s, i, CONFIRM_YES, NULL);
    else if (failed && concerns(&c->request, failed))
        answer(s, i, CONFIRM_NO, failed->failure);
    else if (c->deadline_ms <= now)
        answer(s, i, CONFIRM_NO, NULL);
    else
        ask_fetchers(s, c, ASK_AGAIN);
}

static void settle_all(struct confirm_server *s, const struct org_state *failed)
{
    int64_t now = clock_mono_ms();
    for (uint32_t i = s->client_count; i-- > 0;) {
        const struct confirm_client *c = &s->client[i];
        if (c->state == CLIENT_CONNECTED && c->deadline_ms <= now)
            drop(s, i);
        else if (c->state == CLIENT_WAITS)
            settle(s, i, now, failed);
        else if (c->state == CLIENT_WISHES && c->deadline_ms <= now)
            answer(s, i, CONFIRM_NO, "it is under way, and takes long: see the log");
    }
}

void confirm_server_settle(struct confirm_server *s)
{
    settle_wish(s);
    settle_all(s, NULL);
}

void confirm_server_fail(struct confirm_server *s, const struct org_state *o)
{
    settle_all(s, o);
}

int64_t confirm_server_deadline(const struct confirm_server *s)
{
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < s->client_count; i++)
        if (s->client[i].deadline_ms < first)
            first = s->client[i].deadline_ms;
    return first;
}

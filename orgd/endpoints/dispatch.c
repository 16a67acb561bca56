#include "orgd/endpoints/dispatch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "orgd/endpoints/body.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/list_cache.h"
#include "orgd/endpoints/once.h"
#include "orgd/endpoints/quota.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/table.h"
#include "orgd/endpoints/usage.h"
#include "orgd/now.h"

#define RUNS_MOST        3 /* of a handler, while others are in the way */
#define BUSY_RETRY_S     1
#define SESSION_FRESH_MS (5 * 60 * 1000)

/* --- authorization --- */

/* Finds the token in the header, whose holder wants into ORGANIZATION (or NULL); CALLER_NOBODY
 * without a usable one. */
static void authenticate(struct store *store, const struct request *request,
                         const char *organization, struct token *caller)
{
    static const char scheme[] = "Bearer ";
    const char *authorization = request->authorization;
    char key[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    bool credential = strncasecmp(authorization, scheme, sizeof scheme - 1) == 0 &&
                      secret_split(authorization + sizeof scheme - 1, key, hash);
    if (credential)
        store_expect(store, key, organization);
    bool known = credential && caller_find(store, key, caller) &&
                 caller->session == request->session && !caller->link;
    if (known && secret_same(hash, caller->hash))
        return;
    if (known)
        usage_mistaken(key, request->from);
    *caller = (struct token){0};
}

/* Whose changes are counted: a user with all his tokens, or an organization's token. */
static const char *caller_id(const struct call *call)
{
    return call->caller.user[0] ? call->caller.user : call->caller.key;
}

/* True if the person of a browser's session has just signed in. */
static bool session_fresh(const struct token *session)
{
    int64_t age = now_ms() - session->created;
    return age >= 0 && age <= SESSION_FRESH_MS;
}

/* True if ENDPOINT takes away what is the caller's own, and nothing from others. */
static bool frees_oneself(const struct endpoint *endpoint)
{
    return endpoint->frees && endpoint->permission == PERMISSION_NONE;
}

/* True when the caller, who may use ENDPOINT, may change something now; else the call has failed.
 */
static bool change_allowed(struct call *call, const struct endpoint *endpoint)
{
    const char *organization = call->organization.id;
    if (call->caller.test) {
        call_fail(call, 403, "test_token", "A test token reads, and changes nothing.");
        return false;
    }
    if (call->caller.session && !frees_oneself(endpoint) && !endpoint->open && !endpoint->proof &&
        !session_fresh(&call->caller)) {
        call_fail(call, 403, "sign_in_again", "Sign in again: this changes something.");
        return false;
    }
    return endpoint->frees || caller_kind(&call->caller) == CALLER_NOBODY ||
           (call_rate(call, QUOTA_CALLER_CHANGES, caller_id(call)) &&
            (!organization[0] || call_rate(call, QUOTA_CHANGES, organization)));
}

/* One change of a user changes something in each of his organizations: each counts. */
static void change_charge(const struct call *call)
{
    size_t places = call->answer->changed.len / sizeof(struct changed);
    if (places > 1 && caller_kind(&call->caller) != CALLER_NOBODY)
        quota_charge(QUOTA_CALLER_CHANGES, caller_id(call), places - 1);
}

/* True unless what ENDPOINT does would last longer than the caller's permission; else the call has
 * failed. */
static bool lasting_allowed(struct call *call, const struct endpoint *endpoint)
{
    const struct role_term *term = &call->term;
    char end[TIME_TEXT_SIZE];
    if (!endpoint->lasts || !term->ends || role_covers(&term->after, endpoint->permission))
        return true;
    time_text(term->ends, end);
    call_fail(call, 403, "role_ends", "Your role %s ends at %s, and this has no end.",
              call->role.name, end);
    return false;
}

/* Lets the caller into the body's organization, unless ENDPOINT is about members, roles or keys
 * that it has from its source; else the call has failed. */
static bool enter(struct call *call, const struct endpoint *endpoint)
{
    if (!call_enter(call, call_text(call, "organizationId"), endpoint->permission))
        return false;
    if (!endpoint->own_members || !call->organization.mirrored)
        return true;
    call_fail(call, 409, "mirrored",
              "The members of this organization are those of its source: change them there.");
    return false;
}

/* True unless a change without a token has an Idempotency-Key; then the call has failed. */
static bool key_allowed(struct call *call, const struct endpoint *endpoint)
{
    if (!call->request->once || !endpoint->change || caller_kind(&call->caller) != CALLER_NOBODY)
        return true;
    call_fail(call, 400, "invalid", "Idempotency-Key: needs a token, to which it belongs.");
    return false;
}

/* True when the caller may use ENDPOINT; else the call has failed. Fills the call's organization
 * and role. */
static bool authorize(struct call *call, const struct endpoint *endpoint)
{
    if (caller_kind(&call->caller) == CALLER_NOBODY &&
        !call->request->operator&&(!endpoint->open ||
                                   (call->request->authorization && !call->request->session))) {
        call_fail(call, 401, "unauthorized", "A valid token is needed (Authorization: Bearer).");
        return false;
    }
    if (call->caller.machine[0] && !endpoint->machine) {
        call_fail(
            call, 403, "forbidden",
            "A machine's token reads the members, the roles and the settings of its organization, and nothing "
            "else.");
        return false;
    }
    return key_allowed(call, endpoint) &&
           (endpoint->permission == PERMISSION_NONE || enter(call, endpoint)) &&
           lasting_allowed(call, endpoint) && (!endpoint->change || change_allowed(call, endpoint));
}

/* --- the way through --- */

/* Forgets what a call has answered. */
static void answer_drop(struct call_answer *answer)
{
    buffer_free(&answer->body);
    buffer_free(&answer->changed);
    buffer_free(&answer->letter.text);
    *answer = (struct call_answer){0};
}

static void call_internal(struct call *call)
{
    answer_drop(call->answer);
    call_fail(call, 500, "internal", "The server could not do that; its log says why.");
}

static void call_unavailable(struct call *call, enum store_end end)
{
    answer_drop(call->answer);
    if (end == STORE_UNKNOWN)
        call_fail(
            call, 503, "outcome_unknown",
            "The database was lost while this was stored, and it is not known whether it was: "
            "send it again with the same Idempotency-Key, or look before you do it again.");
    else
        call_fail(call, 503, "unavailable", "The database cannot be reached now: try again.");
    call->answer->retry_s = BUSY_RETRY_S;
}

static void call_busy(struct call *call)
{
    log_warning("%s: the data stay locked by another process", call->request->id);
    answer_drop(call->answer);
    call_fail(call, 503, "busy", "Somebody else is changing the data: try again.");
    call->answer->retry_s = BUSY_RETRY_S;
}

static void call_full(struct call *call)
{
    answer_drop(call->answer);
    call_fail(call, 507, "disk_full",
              "The disk of the server is full; removals and revocations still work.");
}

/* Has other servers hear what was changed. */
static void changes_tell(struct call *call)
{
    const struct buffer *changed = &call->answer->changed;
    for (size_t at = 0; at < changed->len; at += sizeof(struct changed)) {
        struct changed entry;
        memcpy(&entry, changed->data + at, sizeof entry);
        store_tell(call->store, entry.id, (int)entry.news);
    }
}

/* True for a change that its caller wants made once. */
static bool once_wanted(struct call *call, const struct endpoint *endpoint)
{
    return call->request->once && endpoint->change && caller_kind(&call->caller) != CALLER_NOBODY;
}

/* Runs the handler, unless that is done. */
static void call_handle(struct call *call, const struct endpoint *endpoint)
{
    bool once = once_wanted(call, endpoint);
    if ((once && once_answered(call)) || !authorize(call, endpoint) || (once && !once_free(call)))
        return;
    endpoint->handler(call);
    if (once && call->answer->status < 400)
        once_keep(call);
}

/* Begins the call's transaction. */
static bool call_open(struct call *call, const struct endpoint *endpoint, const char *organization)
{
    if (!endpoint->change)
        return store_begin_read(call->store);
    return endpoint->permission && !endpoint->tries ? store_begin_checked(call->store, organization)
                                                    : store_begin_change(call->store, organization);
}

/* Runs the handler in a transaction. */
static enum store_end call_try(struct call *call, const struct endpoint *endpoint)
{
    struct store *store = call->store;
    const char *organization = endpoint->permission ? call_text(call, "organizationId") : NULL;
    call->caller = (struct token){0};
    call->term = (struct role_term){0};
    call->keep = false;
    if (!call_open(call, endpoint, organization))
        return store_rollback(store);
    if (call->request->authorization)
        authenticate(store, call->request, organization, &call->caller);
    call_handle(call, endpoint);
    bool keep = call->answer->status < 400 || call->keep;
    if (endpoint->change && keep)
        changes_tell(call);
    return keep ? store_commit(store) : store_rollback(store);
}

/* The same, again while others are in the way. */
static enum store_end call_try_again(struct call *call, const struct endpoint *endpoint)
{
    enum store_end end;
    do {
        answer_drop(call->answer);
        end = call_try(call, endpoint);
    } while (end == STORE_AGAIN && ++call->run < RUNS_MOST);
    return end;
}

static void call_end_badly(struct call *call, enum store_end end)
{
    if (end == STORE_AGAIN)
        call_busy(call);
    else if (end == STORE_AWAY || end == STORE_UNKNOWN)
        call_unavailable(call, end);
    else if (store_full(call->store))
        call_full(call);
    else
        call_internal(call);
}

/*
 * A removal that finds the disk full is tried again in the room that is kept for it, which no other
 * change may use. False: it takes too long for this store, and nothing is answered.
 */
static bool call_run(struct call *call, const struct endpoint *endpoint)
{
    struct store *store = call->store;
    if (endpoint->uses)
        usage_store(store);
    if (endpoint->change && !endpoint->removal && !store_has_room(store)) {
        call_full(call);
        return true;
    }
    enum store_end end = call_try_again(call, endpoint);
    if (end == STORE_FAILED && endpoint->removal && store_full(store) && store_make_room(store))
        end = call_try_again(call, endpoint);
    if (end == STORE_LONG)
        return false;
    if (end != STORE_DONE)
        call_end_badly(call, end);
    else if (call->answer->status < 400)
        change_charge(call);
    if (end == STORE_DONE && call->list_whole)
        list_cache_put(&call->organization, &call->answer->body);
    if (caller_kind(&call->caller) != CALLER_NOBODY)
        usage_note(call->caller.key, call->request->from);
    return true;
}

static void call_wait(struct call_answer *answer, const char *id, unsigned wait_s)
{
    answer_drop(answer);
    answer->attempt = true;
    answer_fail(answer, id, 429, "too_many_attempts",
                "Too many attempts from your address have failed; try again in a minute.");
    answer->retry_s = wait_s;
}

/*
 * As call_run, for a peer whose failed attempts count. A valid token works whatever others at the
 * same address have tried; invitations and join codes are not looked up while the peer must wait.
 * Without a token nothing was guessed.
 */
static bool call_limited(struct call *call, const struct endpoint *endpoint)
{
    const struct request *request = call->request;
    struct call_answer *answer = call->answer;
    bool attempt = endpoint->attempt || endpoint->counts;
    if (request->wait_s > 0 && attempt) {
        call_wait(answer, request->id, request->wait_s);
        return true;
    }
    if (!call_run(call, endpoint))
        return false;
    answer->failed = (answer->status == 401 && request->authorization) || endpoint->counts ||
                     (endpoint->attempt && (answer->status == 403 || answer->status == 404));
    answer->attempt = attempt || answer->failed;
    return true;
}

void dispatch_settle(const struct request *request, struct peer *peer, struct call_answer *answer)
{
    unsigned wait_s = peer_wait_s(peer);
    if (answer->failed && wait_s > 0) {
        call_wait(answer, request->id, wait_s);
        snprintf(answer->caller, sizeof answer->caller, "-");
    } else if (answer->failed && peer)
        peer_failed(peer);
}

static bool call_begin(struct call *call, const struct endpoint *endpoint)
{
    const struct request *request = call->request;
    if (!endpoint)
        call_fail(call, 404, "unknown_endpoint", "There is no such path.");
    else if (strcmp(request->method, "POST") != 0)
        call_fail(call, 405, "method_not_allowed", "Every call is POST.");
    else if (request->too_large)
        call_fail(call, 413, "too_large", "The body may have at most %d bytes.", BODY_MAX);
    else if ((request->len > 0 || request->content_type) && !is_json(request->content_type))
        call_fail(call, 415, "unsupported_media_type",
                  "The header Content-Type must be application/json.");
    else if (!call->body)
        call_fail(call, 400, "invalid", "The body must be one JSON object.");
    else if (request->once && !once_key_good(request->once))
        call_fail(call, 400, "invalid",
                  "Idempotency-Key: must be 1-%d letters, digits, '-' or '_'.", ONCE_KEY_MAX);
    else if (body_check(call, endpoint))
        return call_limited(call, endpoint);
    return true;
}

/* Ends the answer. Changes and mails of a refused call are dropped. */
static void answer_end(const struct call *call)
{
    struct call_answer *answer = call->answer;
    const char *name = caller_id(call);
    if (answer->status >= 400) {
        buffer_free(&answer->changed);
        buffer_free(&answer->letter.text);
        answer->letter.to[0] = '\0';
    }
    snprintf(answer->caller, sizeof answer->caller, "%s", name[0] ? name : "-");
}

struct dispatch_needs dispatch_needs(struct request *request)
{
    const struct endpoint *e = endpoint_find(request->path, request->operator);
    request->endpoint = e;
    return (struct dispatch_needs){.writer = e && (e->change || e->uses),
                                   .attempt = e && (e->attempt || e->counts)};
}

bool dispatch(struct store *store, const struct request *request, struct call_answer *answer)
{
    cJSON *body = body_parse(request);
    struct call call = {.store = store, .request = request, .body = body, .answer = answer};
    *answer = (struct call_answer){0};
    bool answered = call_begin(&call, request->endpoint);
    cJSON_Delete(body);
    if (answered)
        answer_end(&call);
    else
        answer_drop(answer);
    return answered;
}

#include "orgd/endpoints/dispatch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "orgd/endpoints/body.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/quota.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/table.h"
#include "orgd/endpoints/usage.h"

/* --- authorization --- */

/* Finds the token in the header; CALLER_NOBODY without a usable one. */
static void authenticate(struct store *store, const struct request *request, struct token *caller)
{
    static const char scheme[] = "Bearer ";
    const char *authorization = request->authorization;
    char key[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    bool known = strncasecmp(authorization, scheme, sizeof scheme - 1) == 0 &&
                 secret_split(authorization + sizeof scheme - 1, key, hash) &&
                 caller_find(store, key, caller);
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

/* True when the caller, who may use ENDPOINT, may change something now; else the call has failed.
 */
static bool change_allowed(struct call *call, const struct endpoint *endpoint)
{
    const char *organization = call->organization.id;
    if (call->caller.test) {
        call_fail(call, 403, "test_token", "A test token reads, and changes nothing.");
        return false;
    }
    return endpoint->frees || caller_kind(&call->caller) == CALLER_NOBODY ||
           (call_rate(call, QUOTA_CALLER_CHANGES, caller_id(call)) &&
            (!organization[0] || call_rate(call, QUOTA_CHANGES, organization)));
}

/* One change of a user changes something in each of his organizations: each counts. */
static void change_charge(const struct call *call)
{
    size_t places = call->answer->changed.len / ID_SIZE;
    if (places > 1 && caller_kind(&call->caller) != CALLER_NOBODY)
        quota_charge(QUOTA_CALLER_CHANGES, caller_id(call), places - 1);
}

/* True when the caller may use ENDPOINT; else the call has failed. Fills the call's organization
 * and role. */
static bool authorize(struct call *call, const struct endpoint *endpoint)
{
    if (caller_kind(&call->caller) == CALLER_NOBODY &&
        !call->request->operator&&(call->request->authorization || !endpoint->open)) {
        call_fail(call, 401, "unauthorized", "A valid token is needed (Authorization: Bearer).");
        return false;
    }
    return (endpoint->permission == PERMISSION_NONE ||
            call_enter(call, call_text(call, "organizationId"), endpoint->permission)) &&
           (!endpoint->change || change_allowed(call, endpoint));
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
    call->answer->rest = ANSWER_WHOLE;
    call_fail(call, 500, "internal", "The server could not do that; its log says why.");
}

static void call_full(struct call *call)
{
    call->answer->rest = ANSWER_WHOLE;
    call_fail(call, 507, "disk_full",
              "The disk of the server is full; removals and revocations still work.");
}

/* Runs the handler in a transaction; false when the store failed. */
static bool call_try(struct call *call, const struct endpoint *endpoint)
{
    if (!store_begin(call->store, endpoint->change ? STORE_CHANGE : STORE_READ))
        return false;
    if (call->request->authorization)
        authenticate(call->store, call->request, &call->caller);
    if (caller_kind(&call->caller) != CALLER_NOBODY)
        usage_note(call->caller.key, call->request->from);
    if (authorize(call, endpoint))
        endpoint->handler(call);
    bool refused = call->answer->status >= 400;
    if (!refused)
        change_charge(call);
    return refused ? store_rollback(call->store) : store_commit(call->store);
}

/* A removal that finds the disk full is tried again in the room that is kept for it, which no other
 * change may use. */
static void call_run(struct call *call, const struct endpoint *endpoint)
{
    struct store *store = call->store;
    if (usage_due() || endpoint->uses)
        usage_store(store);
    if (endpoint->change && !endpoint->removal && !store_has_room(store)) {
        call_full(call);
        return;
    }
    bool good = call_try(call, endpoint);
    if (!good && endpoint->removal && store_full(store) && store_make_room(store)) {
        answer_drop(call->answer);
        good = call_try(call, endpoint);
    }
    if (!good && store_full(store))
        call_full(call);
    else if (!good)
        call_internal(call);
}

static void call_wait(struct call *call)
{
    call_fail(call, 429, "too_many_attempts",
              "Too many attempts from your address have failed; try again in a minute.");
}

/*
 * As call_run, for a peer whose failed attempts count. A valid token works whatever others at the
 * same address have tried; invitations and join codes are not looked up while the peer must wait.
 * Without a token nothing was guessed.
 */
static void call_limited(struct call *call, const struct endpoint *endpoint)
{
    const struct request *request = call->request;
    bool may = peer_wait_s(request->peer) == 0;
    call->answer->attempt = endpoint->attempt || endpoint->counts;
    if (!may && call->answer->attempt) {
        call_wait(call);
        return;
    }
    call_run(call, endpoint);
    bool failed =
        (call->answer->status == 401 && request->authorization) || endpoint->counts ||
        (endpoint->attempt && (call->answer->status == 403 || call->answer->status == 404));
    call->answer->attempt |= failed;
    if (failed && !may)
        call_wait(call);
    else if (failed && request->peer)
        peer_failed(request->peer);
}

static void call_begin(struct call *call, const struct endpoint *endpoint)
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
    else if (body_check(call, endpoint))
        call_limited(call, endpoint);
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
    if (answer->status == 429 && answer->retry_s == 0)
        answer->retry_s = peer_wait_s(call->request->peer);
    snprintf(answer->caller, sizeof answer->caller, "%s", name[0] ? name : "-");
}

bool dispatch_changes(const char *path)
{
    const struct endpoint *endpoint = endpoint_find(path, false);
    return endpoint && endpoint->change;
}

void dispatch(struct store *store, const struct request *request, struct call_answer *answer)
{
    const struct endpoint *endpoint = endpoint_find(request->path, request->operator);
    cJSON *body = body_parse(request);
    struct call call = {.store = store, .request = request, .body = body, .answer = answer};
    *answer = (struct call_answer){0};
    call_begin(&call, endpoint);
    cJSON_Delete(body);
    answer_end(&call);
}

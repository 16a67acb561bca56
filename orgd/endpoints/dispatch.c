#include "orgd/endpoints/dispatch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/quota.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/usage.h"

#define FIELDS_MAX 6
#define NUMBER_MAX 9007199254740992.0 /* 2^53: up to here a double counts in whole numbers */

/* --- the fields of bodies --- */

static bool permissions_valid(const cJSON *array)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *text = cJSON_GetStringValue(item);
        if (!text || permission_parse(text) == PERMISSION_NONE)
            return false;
    }
    return cJSON_IsArray(array);
}

static bool is_text(const cJSON *item)
{
    return cJSON_IsString(item) && text_valid(item->valuestring);
}

static bool is_display(const cJSON *item)
{
    return cJSON_IsString(item) && display_valid(item->valuestring);
}

static bool is_email(const cJSON *item)
{
    return cJSON_IsString(item) && email_valid(item->valuestring);
}

static bool is_username(const cJSON *item)
{
    return cJSON_IsString(item) && name_valid(item->valuestring);
}

static bool is_number(const cJSON *item)
{
    double number = cJSON_IsNumber(item) ? item->valuedouble : -1;
    return number >= 0 && number <= NUMBER_MAX && number == floor(number);
}

static bool is_bool(const cJSON *item)
{
    return cJSON_IsBool(item);
}

/* The values that a field may have. */
struct field_type {
    bool (*good)(const cJSON *item);
    bool or_null;
    const char *must; /* for messages */
};

#define MUST_BE_TEXT   "must be a text of at most 255 bytes without control characters"
#define MUST_BE_NUMBER "must be a non-negative integer"

static const struct field_type type_text = {is_text, .must = MUST_BE_TEXT};
static const struct field_type type_text_or_null = {is_text, true, MUST_BE_TEXT};
static const struct field_type type_display = {
    is_display,
    .must =
        "must be a name of 1-100 characters: with a letter, digit or sign, no invisible character, "
        "single blanks between words, and letters of one script in a word"};
static const struct field_type type_email = {
    is_email, .must = "must be an e-mail address, NAME@DOMAIN in ASCII"};
static const struct field_type type_username = {
    is_username, .must = "must be a login name: a-z or _, then up to 31 of a-z 0-9 _ . -"};
static const struct field_type type_number = {is_number, .must = MUST_BE_NUMBER};
static const struct field_type type_number_or_null = {is_number, true, MUST_BE_NUMBER};
static const struct field_type type_boolean = {is_bool, .must = "must be true or false"};
static const struct field_type type_permissions = {
    permissions_valid,
    .must = "must be an array of org:view, org:manage, members:view, members:manage"};

struct body_field {
    const char *name;
    const struct field_type *type;
    bool required;
};

/* --- the table --- */

struct endpoint {
    const char *path; /* under /v1 */
    void (*handler)(struct call *call);
    enum permission permission; /* then the body has an organizationId as well */
    bool change;                /* may write */
    bool removal;               /* takes something from somebody: for it room is kept on the disk */
    bool frees;                 /* only takes away: no quota refuses it */
    bool operator;              /* for the operator's command alone: no socket leads here */
    bool open;                  /* works without a token */
    bool attempt;               /* presents a secret: a peer that fails too often must wait */
    bool counts;                /* each call is an attempt, whatever is answered */
    bool uses;                  /* tells when tokens were used: the noted uses are stored before */
    struct body_field fields[FIELDS_MAX];
};

#define WANTS(name, type)                                                                          \
    {                                                                                              \
        name, &type_##type, true                                                                   \
    }
#define TAKES(name, type)                                                                          \
    {                                                                                              \
        name, &type_##type, false                                                                  \
    }
#define PAGE TAKES("after", text), TAKES("limit", number)

/* Of every endpoint with a permission. */
static const struct body_field organization_id = WANTS("organizationId", text);

static const struct endpoint endpoints[] = {
    {"/organizations/create", organization_create, .change = true,
     .fields = {WANTS("name", display)}},
    {"/organizations/get", organization_get, .permission = PERMISSION_ORG_VIEW},
    {"/organizations/list", .handler = organization_list},
    {"/organizations/update", organization_update, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .fields = {TAKES("name", display), TAKES("selfRename", boolean)}},
    {"/organizations/delete", organization_delete, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .removal = true, .frees = true, .fields = {WANTS("name", display)}},
    {"/organizations/roles", .handler = role_list, .fields = {TAKES("organizationId", text)}},
    {"/organizations/roles/set", role_set, .permission = PERMISSION_ORG_MANAGE, .change = true,
     .removal = true, .fields = {WANTS("role", text), WANTS("permissions", permissions)}},
    {"/organizations/roles/remove", role_remove, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .removal = true, .frees = true, .fields = {WANTS("role", text)}},
    {"/organizations/members/list", member_list, .permission = PERMISSION_MEMBERS_VIEW,
     .fields = {PAGE}},
    {"/organizations/members/set-role", member_set_role, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .removal = true, .fields = {WANTS("userId", text), WANTS("role", text)}},
    {"/organizations/members/remove", member_remove, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .removal = true, .frees = true, .uses = true,
     .fields = {WANTS("userId", text)}},
    {"/organizations/members/suspend", member_suspend, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .removal = true, .frees = true, .uses = true,
     .fields = {WANTS("userId", text)}},
    {"/organizations/members/resume", member_resume, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .fields = {WANTS("userId", text)}},
    {"/organizations/members/revoke-tokens", member_revoke_tokens,
     .permission = PERMISSION_ORG_MANAGE, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("userId", text)}},
    {"/organizations/members/changes", member_changes, .permission = PERMISSION_MEMBERS_VIEW,
     .fields = {WANTS("since", number), TAKES("cursor", text), TAKES("wait", number)}},
    {"/organizations/teams/create", team_create, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .fields = {WANTS("name", display), TAKES("slug", username)}},
    {"/organizations/teams/update", team_update, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true,
     .fields = {WANTS("id", text), TAKES("name", display), TAKES("slug", username)}},
    {"/organizations/teams/delete", team_delete, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .removal = true, .fields = {WANTS("id", text)}},
    {"/organizations/teams/list", team_list, .permission = PERMISSION_MEMBERS_VIEW,
     .fields = {PAGE}},
    {"/organizations/teams/members", team_members, .permission = PERMISSION_MEMBERS_VIEW,
     .fields = {WANTS("id", text), PAGE}},
    {"/organizations/teams/add", team_add, .permission = PERMISSION_MEMBERS_MANAGE, .change = true,
     .fields = {WANTS("id", text), WANTS("userId", text)}},
    {"/organizations/teams/remove", team_take, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .removal = true, .fields = {WANTS("id", text), WANTS("userId", text)}},
    {"/organizations/invitations/create", invitation_create,
     .permission = PERMISSION_MEMBERS_MANAGE, .change = true,
     .fields = {WANTS("email", email), TAKES("role", text), TAKES("username", username)}},
    {"/organizations/invitations/resend", invitation_resend,
     .permission = PERMISSION_MEMBERS_MANAGE, .change = true, .fields = {WANTS("id", text)}},
    {"/organizations/invitations/revoke", invitation_revoke,
     .permission = PERMISSION_MEMBERS_MANAGE, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("id", text)}},
    {"/organizations/invitations/list", invitation_list, .permission = PERMISSION_MEMBERS_MANAGE,
     .fields = {PAGE}},
    {"/organizations/invitations/accept", invitation_accept, .change = true, .open = true,
     .attempt = true,
     .fields = {WANTS("token", text), TAKES("username", username), TAKES("name", display)}},
    {"/organizations/join-codes/create", join_code_create, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true,
     .fields = {TAKES("role", text), TAKES("maxUses", number_or_null),
                TAKES("expiresAt", text_or_null)}},
    {"/organizations/join-codes/list", join_code_list, .permission = PERMISSION_MEMBERS_MANAGE,
     .fields = {PAGE}},
    {"/organizations/join-codes/revoke", join_code_revoke, .permission = PERMISSION_MEMBERS_MANAGE,
     .change = true, .removal = true, .frees = true, .fields = {WANTS("id", text)}},
    {"/organizations/join-codes/join", join_code_join, .change = true, .attempt = true,
     .fields = {WANTS("code", text)}},
    {"/organizations/tokens/create", token_create, .permission = PERMISSION_ORG_MANAGE,
     .change = true,
     .fields = {TAKES("name", display), TAKES("env", text), TAKES("role", text),
                TAKES("expiresAt", text_or_null)}},
    {"/organizations/tokens/list", token_list, .permission = PERMISSION_ORG_MANAGE, .uses = true,
     .fields = {PAGE}},
    {"/organizations/tokens/revoke", token_revoke, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .removal = true, .frees = true, .fields = {WANTS("key", text)}},
    /* and org:manage or members:manage, which the handler checks */
    {"/organizations/audit/list", event_list, .permission = PERMISSION_ORG_VIEW,
     .fields = {TAKES("action", text), TAKES("from", text), TAKES("to", text), PAGE}},
    {"/users/whoami", .handler = whoami},
    {"/users/update", user_update, .change = true,
     .fields = {TAKES("username", username), TAKES("name", display)}},
    {"/users/tokens/create", user_token_create, .change = true,
     .fields = {TAKES("name", display), TAKES("expiresAt", text_or_null)}},
    {"/users/tokens/list", user_token_list, .uses = true, .fields = {PAGE}},
    {"/users/tokens/revoke", user_token_revoke, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("key", text)}},
    {"/users/recover", user_recover, .change = true, .open = true, .counts = true,
     .fields = {WANTS("email", email)}},
    {"/users/recover/confirm", user_recover_confirm, .change = true, .open = true, .attempt = true,
     .fields = {WANTS("code", text), TAKES("keepTokens", boolean)}},
    {"/operator/users/list", operator_user_list, .operator= true, .fields = {PAGE}},
    {"/operator/users/show", operator_user_show, .operator= true, .fields = {WANTS("user", text)}},
    {"/operator/users/token", operator_user_token, .operator= true, .change = true,
     .fields = {WANTS("user", text), TAKES("endOthers", boolean)}},
    {"/operator/users/disable", operator_user_disable, .operator= true, .change = true,
     .removal = true, .fields = {WANTS("user", text)}},
    {"/operator/users/enable", operator_user_enable, .operator= true, .change = true,
     .fields = {WANTS("user", text)}},
    {"/operator/users/let-create", operator_user_let_create, .operator= true, .change = true,
     .fields = {WANTS("user", text), WANTS("may", text)}},
    {"/operator/users/rename", operator_user_rename, .operator= true, .change = true,
     .fields = {WANTS("user", text), WANTS("username", username)}},
    {"/operator/users/set-email", operator_user_set_email, .operator= true, .change = true,
     .fields = {WANTS("user", text), WANTS("email", email)}},
    {"/operator/users/erase", operator_user_erase, .operator= true, .change = true, .removal = true,
     .fields = {WANTS("user", text)}},
    {"/operator/organizations/list", operator_organization_list, .operator= true, .fields = {PAGE}},
    {"/operator/organizations/owner", operator_organization_owner, .operator= true, .change = true,
     .fields = {WANTS("organization", text), WANTS("user", text)}},
    {"/operator/organizations/delete", operator_organization_delete, .operator= true,
     .change = true, .removal = true, .fields = {WANTS("organization", text)}},
    {"/operator/events/list", operator_event_list, .operator= true,
     .fields = {TAKES("organization", text), PAGE}},
    {"/operator/events/prune", operator_event_prune, .operator= true, .change = true,
     .removal = true, .fields = {WANTS("before", text), TAKES("again", boolean)}},
};

static const struct endpoint *endpoint_find(const char *path, bool operator)
{
    static const char prefix[] = "/v1";
    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        if (strcmp(endpoints[i].path, path + sizeof prefix - 1) == 0)
            return endpoints[i].operator== operator? &endpoints[i] : NULL;
    return NULL;
}

/* --- the body --- */

/* cJSON ends a text at an escaped NUL without a word. */
static bool escaped_nul(const char *body, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (body[i] != '\\')
            continue;
        i++;
        if (len - i >= 5 && memcmp(body + i, "u0000", 5) == 0)
            return true;
    }
    return false;
}

/* True if TYPE, which may be NULL, is that of JSON, with any parameters. */
static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    return type && strncasecmp(type, json, sizeof json - 1) == 0 &&
           strchr("; \t", type[sizeof json - 1]);
}

/* The whole body as a JSON object that the caller deletes, or NULL. */
static cJSON *body_parse(const char *body, size_t len)
{
    const char *end = NULL;
    if (len == 0 || memchr(body, '\0', len) || escaped_nul(body, len))
        return NULL;
    cJSON *object = cJSON_ParseWithLengthOpts(body, len, &end, false);
    while (object && end < body + len && strchr(" \t\r\n", *end))
        end++;
    if (cJSON_IsObject(object) && end == body + len)
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* NULL when ITEM is good for a field of TYPE, else what it must be. */
static const char *value_wrong(const struct field_type *type, const cJSON *item)
{
    if (type->good(item) || (type->or_null && cJSON_IsNull(item)))
        return NULL;
    return type->must;
}

static bool body_fail(struct call *call, const char *name, const char *why)
{
    char clean[64]; /* the name may be the caller's invention */
    call_fail(call, 400, "invalid", "%s: %s", text_clean(clean, sizeof clean, name, false), why);
    return false;
}

/* The field of E at place I, from 0; NULL behind the last one. */
static const struct body_field *field_at(const struct endpoint *e, size_t i)
{
    if (e->permission && i == 0)
        return &organization_id;
    i -= e->permission ? 1 : 0;
    return i < FIELDS_MAX && e->fields[i].name ? &e->fields[i] : NULL;
}

/* True when the body has every required field, each once, each of its type, and no other; else the
 * call has failed. */
static bool body_check(struct call *call, const struct endpoint *e)
{
    bool seen[1 + FIELDS_MAX] = {false};
    const struct body_field *field;
    const cJSON *item;
    cJSON_ArrayForEach(item, call->body)
    {
        size_t i = 0;
        while ((field = field_at(e, i)) != NULL && strcmp(field->name, item->string) != 0)
            i++;
        if (!field)
            return body_fail(call, item->string, "is not a field of this call");
        if (seen[i])
            return body_fail(call, item->string, "stands there twice");
        seen[i] = true;
        const char *wrong = value_wrong(field->type, item);
        if (wrong)
            return body_fail(call, item->string, wrong);
    }
    for (size_t i = 0; (field = field_at(e, i)) != NULL; i++)
        if (field->required && !seen[i])
            return body_fail(call, field->name, "is missing");
    return true;
}

/* --- authorization --- */

/* Finds the token in the header; CALLER_NOBODY without a usable one. */
static void authenticate(struct store *store, const char *authorization, struct token *caller)
{
    static const char scheme[] = "Bearer ";
    char key[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    if (strncasecmp(authorization, scheme, sizeof scheme - 1) != 0 ||
        !secret_split(authorization + sizeof scheme - 1, key, hash) ||
        !caller_find(store, key, caller) || !secret_same(hash, caller->hash))
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
    const char *authorization = call->request->authorization;
    if (!store_begin(call->store, endpoint->change ? STORE_CHANGE : STORE_READ))
        return false;
    if (authorization)
        authenticate(call->store, authorization, &call->caller);
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

int dispatch_number(const char *path)
{
    const struct endpoint *endpoint = endpoint_find(path, false);
    return endpoint ? (int)(endpoint - endpoints) : -1;
}

const char *dispatch_path(int number)
{
    return endpoints[number].path;
}

bool dispatch_changes(const char *path)
{
    const struct endpoint *endpoint = endpoint_find(path, false);
    return endpoint && endpoint->change;
}

void dispatch(struct store *store, const struct request *request, struct call_answer *answer)
{
    const struct endpoint *endpoint = endpoint_find(request->path, request->operator);
    bool readable = !request->too_large && is_json(request->content_type);
    cJSON *body = readable ? body_parse(request->body, request->len) : NULL;
    struct call call = {.store = store, .request = request, .body = body, .answer = answer};
    *answer = (struct call_answer){0};
    call_begin(&call, endpoint);
    cJSON_Delete(body);
    answer_end(&call);
}

/* The API of orgd (orgd/API.md) and of page 004, whose spellings are taken both ways. */
#include <string.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"

#define CHANGES_PATH "/v1/organizations/members/changes"
#define WAIT_MAX_MS  600000
#define LIST_MAX     (64U << 20) /* bytes of members/list, which has no pages */
#define PAGES_MAX    20000 /* of 5000 members: beyond that a server only wants to keep us busy */

static const struct field user_fields[] = {
    {.name = "id", .from = "user.id|organizationToken.key", .required = true},
    {.name = "email", .from = "user.email"},
    {.name = "username", .from = "user.username"},
    {.name = "name", .from = "user.name|organizationToken.name"},
    {.name = "organization", .from = "organizationToken.organizationId"},
    {.name = "role", .from = "organizationToken.role"},
    {0},
};

static const struct field organization_fields[] = {
    {.name = "id", .from = "organization.id|id", .required = true},
    {.name = "name", .from = "organization.name|name", .required = true},
    {.name = "role", .from = "role"},
    {.name = "created", .from = "organization.createdAt|createdAt"},
    {0},
};

static const struct field member_fields[] = {
    {.name = "id", .from = "userId", .required = true},
    {.name = "email", .from = "email"},
    {.name = "username", .from = "username"},
    {.name = "name", .from = "name"},
    {.name = "roles", .from = "roles|role", .kind = FIELD_LIST, .required = true},
    {.name = "permissions", .from = "permissions", .kind = FIELD_LIST},
    {.name = "state", .from = "state", .kind = FIELD_STATE, .otherwise = "active"},
    {.name = "joined", .from = "joinedAt"},
    {0},
};

static const struct field invitation_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "email", .from = "email", .required = true},
    {.name = "roles", .from = "roles|role", .kind = FIELD_LIST},
    {.name = "state", .from = "state", .otherwise = "pending"},
    {.name = "created", .from = "createdAt"},
    {.name = "expires", .from = "expiresAt"},
    {0},
};

static const struct field invited_fields[] = {
    {.name = "id", .from = "invitation.id|id", .required = true},
    {.name = "email", .from = "invitation.email|email"},
    {.name = "roles", .from = "invitation.role|role", .kind = FIELD_LIST},
    {.name = "state", .from = "invitation.state|state", .otherwise = "pending"},
    {.name = "created", .from = "invitation.createdAt|createdAt"},
    {.name = "expires", .from = "invitation.expiresAt|expiresAt"},
    {.name = "token", .from = "token|invitation.token", .required = true},
    {0},
};

static const struct field acceptance_fields[] = {
    {.name = "organization", .from = "organizationId", .required = true},
    {.name = "role", .from = "role"},
    {.name = "username", .from = "user.username"},
    {.name = "bearer", .from = "apiToken.bearer"},
    {0},
};

static const struct field role_fields[] = {
    {.name = "id", .from = "@key"},
    {.name = "permissions", .from = ".", .kind = FIELD_LIST, .required = true},
    {0},
};

static const struct field token_fields[] = {
    {.name = "key", .from = "key", .required = true},
    {.name = "secret", .from = "secret", .required = true},
    {.name = "bearer", .from = "bearer", .required = true},
    {.name = "role", .from = "role"},
    {.name = "name", .from = "name"},
    {0},
};

static const struct operation operations[OP_COUNT] = {
    [OP_WHOAMI] = {.run = engine_run,
                   .method = "POST",
                   .path = "/v1/users/whoami",
                   .body = "{}",
                   .shape = ITEMS_ONE,
                   .items = "",
                   .fields = user_fields},
    [OP_ORG_LIST] = {.run = engine_run,
                     .method = "POST",
                     .path = "/v1/organizations/list",
                     .body = "{}",
                     .shape = ITEMS_LIST,
                     .items = "organizations",
                     .fields = organization_fields},
    [OP_ORG_SHOW] = {.run = engine_run,
                     .method = "POST",
                     .path = "/v1/organizations/get",
                     .body = "{\"organizationId\":\"$org\"}",
                     .shape = ITEMS_ONE,
                     .items = "organization",
                     .fields = organization_fields},
    [OP_ORG_CREATE] = {.run = engine_run,
                       .method = "POST",
                       .path = "/v1/organizations/create",
                       .body = "{\"name\":\"$name\"}",
                       .shape = ITEMS_ONE,
                       .items = "organization",
                       .fields = organization_fields},
    [OP_MEMBER_LIST] = {.run = engine_run,
                        .method = "POST",
                        .path = "/v1/organizations/members/list",
                        .body = "{\"organizationId\":\"$org\"}",
                        .shape = ITEMS_LIST,
                        .items = "members",
                        .nonempty = true, /* it always has an owner */
                        .reply_max = LIST_MAX,
                        .fields = member_fields},
    [OP_MEMBER_ADD] = {.run = engine_run,
                       .method = "POST",
                       .path = "/v1/organizations/invitations/create",
                       .body = "{\"organizationId\":\"$org\",\"email\":\"$email\","
                               "\"role\":\"$role?\"}",
                       .shape = ITEMS_ONE,
                       .items = "",
                       .fields = invited_fields},
    [OP_MEMBER_ROLE] = {.run = engine_run,
                        .method = "POST",
                        .path = "/v1/organizations/members/set-role",
                        .body = "{\"organizationId\":\"$org\",\"userId\":\"$user\","
                                "\"role\":\"$role\"}",
                        .shape = ITEMS_OK,
                        .items = "ok"},
    [OP_MEMBER_REMOVE] = {.run = engine_run,
                          .method = "POST",
                          .path = "/v1/organizations/members/remove",
                          .body = "{\"organizationId\":\"$org\",\"userId\":\"$user\"}",
                          .shape = ITEMS_OK,
                          .items = "ok"},
    [OP_INVITATION_LIST] = {.run = engine_run,
                            .method = "POST",
                            .path = "/v1/organizations/invitations/list",
                            .body = "{\"organizationId\":\"$org\"}",
                            .shape = ITEMS_LIST,
                            .items = "invitations",
                            .fields = invitation_fields},
    [OP_INVITATION_CREATE] = {.run = engine_run,
                              .method = "POST",
                              .path = "/v1/organizations/invitations/create",
                              .body = "{\"organizationId\":\"$org\",\"email\":\"$email\","
                                      "\"role\":\"$role?\"}",
                              .shape = ITEMS_ONE,
                              .items = "",
                              .fields = invited_fields},
    [OP_INVITATION_ACCEPT] = {.run = engine_run,
                              .method = "POST",
                              .path = "/v1/organizations/invitations/accept",
                              .body = "{\"token\":\"$token\",\"username\":\"$username?\","
                                      "\"name\":\"$name?\"}",
                              .shape = ITEMS_ONE,
                              .items = "",
                              .fields = acceptance_fields},
    [OP_ROLE_LIST] = {.run = engine_run,
                      .method = "POST",
                      .path = "/v1/organizations/roles",
                      .body = "{}",
                      .shape = ITEMS_MAP,
                      .items = "roles",
                      .nonempty = true,
                      .fields = role_fields},
    [OP_TOKEN_CREATE] = {.run = engine_run,
                         .method = "POST",
                         .path = "/v1/organizations/tokens/create",
                         .body = "{\"organizationId\":\"$org\",\"name\":\"$name?\","
                                 "\"role\":\"$role?\"}",
                         .shape = ITEMS_ONE,
                         .items = "apiToken",
                         .fields = token_fields},
};

/* A page of changes is a list of members that may well be empty. */
static const struct operation changes = {
    .shape = ITEMS_LIST, .items = "members", .fields = member_fields};

/* What a call of native_watch knows so far. */
struct watch {
    const struct provider_watcher *watcher;
    int64_t revision;
    bool complete; /* a listing of everything is under way */
    bool more;
    size_t listed; /* members since the listing began */
};

/* White space is the heartbeat of a poll that is held; a proxy's page of it is not. */
static void on_progress(void *arg, const struct http_reply *so_far)
{
    const struct provider_watcher *watcher = arg;
    if (so_far->status == 200 && so_far->json && strspn(so_far->body, " \t\r\n") == so_far->len)
        watcher->heard(watcher->arg);
}

static int on_idle(void *arg)
{
    const struct provider_watcher *watcher = arg;
    return watcher->idle(watcher->arg);
}

static char *changes_body(const char *org, int64_t since, int wait_ms)
{
    cJSON *body = cJSON_CreateObject();
    char *text = NULL;
    if (body && cJSON_AddStringToObject(body, "organizationId", org) &&
        cJSON_AddNumberToObject(body, "since", (double)since) &&
        cJSON_AddNumberToObject(body, "wait", wait_ms))
        text = cJSON_PrintUnformatted(body);
    cJSON_Delete(body);
    return text;
}

static enum api_status ask(struct provider *p, const struct watch *w, int wait_ms,
                           struct answer *answer, struct api_error *err)
{
    struct http_stream stream = {.arg = (void *)w->watcher,
                                 .hold_ms = wait_ms,
                                 .progress = on_progress,
                                 .idle = on_idle,
                                 .idle_fd = w->watcher->idle ? w->watcher->idle_fd : -1};
    answer->json = NULL;
    char *body = changes_body(p->settings.org, w->revision, wait_ms);
    if (!body)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    struct http_request request = {
        .method = "POST", .path = CHANGES_PATH, .body = body, .stream = &stream};
    enum api_status status = engine_exchange(p, &request, answer, err);
    cJSON_free(body);
    return status;
}

/* Reads what surrounds the members; a reply that would make us go round in circles is refused. */
static const char *page_fault(struct watch *w, const cJSON *json)
{
    const cJSON *complete = json_at(json, "complete"), *more = json_at(json, "more");
    const cJSON *members = json_at(json, "members");
    int64_t revision;
    if (!cJSON_IsBool(complete) || !cJSON_IsBool(more))
        return "\"complete\" and \"more\" are not both true or false";
    if (!json_integer(json_at(json, "revision"), &revision) || revision == 0)
        return "\"revision\" is no integer from 1 to 2^53 - 1";
    bool begins = cJSON_IsTrue(complete);
    if (w->revision == 0 && !begins && !w->complete)
        return "it is asked for everything and does not list it";
    if (begins && w->complete)
        return "the listing begins a second time";
    bool news = cJSON_IsTrue(more) || (members && members->child);
    if (!begins && (revision < w->revision || (revision == w->revision && news)))
        return "\"revision\" does not advance";
    if (begins) {
        w->watcher->reset(w->watcher->arg);
        w->complete = true;
        w->listed = 0;
    }
    w->revision = revision;
    w->more = cJSON_IsTrue(more);
    return NULL;
}

static enum api_status take_page(struct watch *w, const struct answer *answer,
                                 struct api_error *err)
{
    const char *fault = page_fault(w, answer->json);
    size_t count = 0;
    if (fault)
        return api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, fault);
    enum api_status status =
        engine_records(&changes, answer, w->watcher->member, w->watcher->arg, &count, err);
    w->listed += count;
    if (status == API_OK && w->complete && !w->more && w->listed == 0)
        return api_fail(err, API_BAD_ANSWER, "%s: the listing is empty, which cannot be",
                        answer->where);
    return status;
}

/* A server of page 004 does not know the endpoint; one that does names what is not found. */
static bool endpoint_absent(const struct api_error *err)
{
    if (err->status != API_REFUSED)
        return false;
    return err->http == 405 ||
           (err->http == 404 && (*err->code == '\0' || strcmp(err->code, "unknown_endpoint") == 0));
}

static enum api_status native_watch(struct provider *p, int64_t *since, int wait_ms,
                                    const struct provider_watcher *watcher, struct api_error *err)
{
    struct watch w = {.watcher = watcher, .revision = *since, .more = true};
    if (!p->settings.org)
        return api_fail(err, API_USAGE, "no organization is chosen");
    int wait = *since == 0 || wait_ms < 0 ? 0 : wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
    for (int pages = 0; w.more; pages++) {
        struct answer answer;
        if (pages == PAGES_MAX)
            return api_fail(err, API_BAD_ANSWER, CHANGES_PATH ": it never ends");
        enum api_status status = ask(p, &w, wait, &answer, err);
        if (pages == 0 && endpoint_absent(err))
            return engine_watch(p, since, watcher, err);
        if (status == API_OK)
            status = take_page(&w, &answer, err);
        cJSON_Delete(answer.json);
        if (status != API_OK)
            return status;
        wait = 0;
    }
    *since = w.revision;
    return API_OK;
}

const struct provider_kind provider_native = {
    .name = "native", .http = true, .operations = operations, .watch = native_watch};

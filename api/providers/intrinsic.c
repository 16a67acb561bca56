/*
 * Intrinsic: the resource manager and the access control behind Flowstate, by the HTTP that the
 * portal makes of their gRPC. An API key is exchanged for a token of an hour or so. What changes
 * something becomes a long-running operation, which is waited for. A member is a membership joined
 * with role bindings; there is no other id than the e-mail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"
#include "api/record.h"
#include "api/template.h"
#include "common/base64.h"
#include "common/clock.h"

#define TOKEN_MAX      8192 /* bytes of a token that a key was exchanged for */
#define RENEW_BEFORE_S 60   /* of a token's life: then it is renewed */
#define EXCHANGES_MAX  3    /* the vendor says that a 401 may pass; 1 s and 2 s between them */
#define POLL_MS        5000
#define WAIT_MAX_S     600
#define ORG_SIZE       65  /* of an organization's id, with its NUL */
#define ROLES_MAX      256 /* of one member */

#define TOKEN_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define ORG_CHARS   "abcdefghijklmnopqrstuvwxyz0123456789-_"

/* The provider's state. */
struct intrinsic {
    struct provider door;       /* where the key is exchanged; it has no credential of its own */
    int64_t expires_s;          /* of the token in the headers, since 1970; 0: there is none */
    cJSON *claims;              /* what that token says */
    char calling_org[ORG_SIZE]; /* or "" */
};

static const struct error_shape errors = {.text = "message"};
static const struct provider_kind door_kind = {.name = "intrinsic", .errors = &errors};

static const struct operation exchange = {
    .method = "POST",
    .path = "/v1/accountstokens:idtoken",
    .body = "{\"api_key\":\"$key\",\"do_fan_out\":true}",
    .shape = ITEMS_ONE,
};

/* "organizations/acme" and "acme" are both acme. */
static bool org_segment(const char *org, char *out, size_t size)
{
    static const char prefix[] = "organizations/";
    if (strncmp(org, prefix, sizeof prefix - 1) == 0)
        org += sizeof prefix - 1;
    size_t len = strspn(org, ORG_CHARS);
    if (len == 0 || len >= ORG_SIZE || len >= size || org[len] != '\0')
        return false;
    memcpy(out, org, len + 1);
    return true;
}

/* --- waiting --- */

/* Sleeps until UNTIL_MS of the clock since boot, and tells of it now and each second. */
static enum api_status rest(const struct provider *p, const char *what, int64_t begun_ms,
                            int64_t until_ms, int total_s, struct api_error *err)
{
    const struct provider_settings *s = &p->settings;
    for (int64_t now; (now = clock_mono_ms()) < until_ms;) {
        int64_t ms = until_ms - now < 1000 ? until_ms - now : 1000;
        struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
        if (s->progress && s->progress(s->progress_arg, what, (now - begun_ms) / 1000, total_s))
            return api_fail(err, API_STOPPED, "%s: stopped", what);
        nanosleep(&ts, NULL); /* a signal ends it: there may be something to stop for */
    }
    return API_OK;
}

/* --- the key and the token --- */

/* The middle part of a token of three, or NULL. */
static cJSON *read_claims(const char *token)
{
    char text[TOKEN_MAX], why[JSON_WHY_MAX];
    size_t part[3] = {0};
    const char *at = token;
    for (size_t i = 0; i < 3; i++) {
        part[i] = strspn(at, TOKEN_CHARS);
        at += part[i];
        if (part[i] == 0 || *at != (i < 2 ? '.' : '\0'))
            return NULL;
        at += i < 2;
    }
    if ((size_t)(at - token) >= sizeof text)
        return NULL;
    long len = base64url_decode(token + part[0] + 1, part[1], text, sizeof text - 1);
    if (len < 0)
        return NULL;
    text[len] = '\0';
    return json_parse(text, (size_t)len, why);
}

/* The header NAME gets the texts, one behind the other. */
static enum api_status set_header(struct provider *p, const char *name, const char *before,
                                  const char *token, const char *behind, const char *org,
                                  struct api_error *err)
{
    char *value = NULL;
    if (asprintf(&value, "%s%s%s%s", before, token, behind, org) < 0)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    enum api_status status = engine_header(p, name, value, err);
    explicit_bzero(value, strlen(value));
    free(value);
    return status;
}

static enum api_status take_token(struct provider *p, const struct answer *answer,
                                  struct api_error *err)
{
    struct intrinsic *s = p->state;
    const char *token = json_text(answer->json, "idToken");
    cJSON *claims = token ? read_claims(token) : NULL;
    int64_t expires_s;
    if (!json_integer(json_at(claims, "exp"), &expires_s) || expires_s == 0) {
        cJSON_Delete(claims);
        return api_fail(err, API_BAD_ANSWER,
                        "%s: \"idToken\" is missing or is not a token with an \"exp\"",
                        answer->where);
    }
    cJSON_Delete(s->claims);
    s->claims = claims;
    s->expires_s = 0;
    const char *org = s->calling_org;
    enum api_status status = set_header(p, "Authorization", "Bearer ", token, "", "", err);
    if (status == API_OK)
        status = set_header(p, "Cookie", "auth-proxy=", token, *org ? "; org-id=" : "", org, err);
    if (status == API_OK)
        s->expires_s = expires_s;
    return status;
}

static enum api_status obtain(struct provider *p, struct api_error *err)
{
    struct intrinsic *s = p->state;
    const struct provider_arg args[] = {{"key", p->settings.token}, {0}};
    struct answer answer;
    enum api_status status;
    for (int tries = 1;; tries++) {
        *err = (struct api_error){0};
        status = engine_request(&s->door, &exchange, args, NULL, &answer, err);
        bool may_pass = err->http == 401 || (err->http >= 500 && err->retry_after_s == 0);
        if (status == API_OK || tries == EXCHANGES_MAX || !may_pass)
            break;
        int64_t now = clock_mono_ms();
        status = rest(p, "exchanging the API key", now, now + 1000 * tries, 0, err);
        if (status != API_OK)
            return status;
    }
    if (status == API_OK)
        status = take_token(p, &answer, err);
    cJSON_Delete(answer.json);
    if (status == API_OK)
        *err = (struct api_error){0}; /* its status is none of the request's to come */
    return status;
}

static enum api_status authorize(struct provider *p, bool again, struct api_error *err)
{
    const struct intrinsic *s = p->state;
    if (!p->settings.token)
        return api_fail(err, API_USAGE, "no API key is given");
    if (!again && s->expires_s - clock_wall_ms() / 1000 >= RENEW_BEFORE_S)
        return API_OK;
    return obtain(p, err);
}

static void intrinsic_close(struct provider *p)
{
    struct intrinsic *s = p->state;
    if (!s)
        return;
    if (s->door.http != p->http)
        http_close(s->door.http);
    cJSON_Delete(s->claims);
    free(s);
}

static enum api_status intrinsic_open(struct provider *p, struct api_error *err)
{
    const char *org = engine_option(p, "calling_org"), *url = engine_option(p, "auth_url");
    struct intrinsic *s = p->state = calloc(1, sizeof *s);
    if (!s)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    s->door = (struct provider){.kind = &door_kind, .settings = p->settings, .http = p->http};
    if (org && !org_segment(org, s->calling_org, sizeof s->calling_org))
        return api_fail(err, API_USAGE,
                        "the option \"calling_org\" is not the id of an organization");
    if (strcmp(s->calling_org, "intrinsic") == 0)
        return api_fail(err, API_USAGE,
                        "the option \"calling_org\" cannot be intrinsic; it is your own "
                        "organization");
    if (url) {
        s->door.settings.url = url;
        s->door.http = http_open(&s->door.settings, err);
        if (!s->door.http)
            return err->status;
    }
    return *s->calling_org ? engine_header(p, "x-intrinsic-org", s->calling_org, err) : API_OK;
}

/* --- long-running operations --- */

static const struct operation get_operation = {
    .method = "GET",
    .path = "/{service}/v1/operations/{operation}",
    .shape = ITEMS_ONE,
};

/* The id of the operation in ANSWER, and whether it is done. */
static enum api_status read_operation(const struct answer *answer, char id[RECORD_TEXT_MAX],
                                      bool *done, struct api_error *err)
{
    static const char prefix[] = "operations/";
    const cJSON *over = json_at(answer->json, "done"), *error = json_at(answer->json, "error");
    const char *name = json_text(answer->json, "name"), *why = json_text(error, "message");
    if (name && strncmp(name, prefix, sizeof prefix - 1) == 0)
        name += sizeof prefix - 1;
    if (!name || !*name || strlen(name) >= RECORD_TEXT_MAX || (over && !cJSON_IsBool(over)))
        return api_fail(err, API_BAD_ANSWER, "%s: the answer is not an operation", answer->where);
    memcpy(id, name, strlen(name) + 1);
    *done = cJSON_IsTrue(over);
    if (*done && error)
        return api_fail(err, API_REFUSED, "%s: operations/%s has failed: %s", answer->where, id,
                        why ? why : "no reason is given");
    return API_OK;
}

/* One more look at the operation ID, which a request of O began. An invitation is accepted until
 * it is: nothing else tells how far that is. */
static enum api_status look(struct provider *p, const struct operation *o,
                            const struct provider_arg *args, const char *id, struct answer *answer,
                            struct api_error *err)
{
    char service[32];
    struct operation same = *o;
    same.page = NULL;
    snprintf(service, sizeof service, "%.*s", (int)strcspn(o->path + 1, "/"), o->path + 1);
    const struct provider_arg named[] = {{"service", service}, {"operation", id}, {0}};
    if (strcmp(service, "v1") == 0)
        return engine_request(p, &same, args, NULL, answer, err);
    return engine_request(p, &get_operation, named, NULL, answer, err);
}

/* ANSWER becomes the operation that is done. An error names it: somebody may wait on. */
static enum api_status finish(struct provider *p, const struct operation *o,
                              const struct provider_arg *args, struct answer *answer,
                              struct api_error *err)
{
    char id[RECORD_TEXT_MAX], what[RECORD_TEXT_MAX + 64], why[sizeof err->message];
    const int64_t begun = clock_mono_ms();
    bool done;
    enum api_status status = read_operation(answer, id, &done, err);
    while (status == API_OK && !done) {
        int64_t now = clock_mono_ms();
        snprintf(what, sizeof what, "waiting for operations/%s", id);
        if (now - begun >= WAIT_MAX_S * 1000)
            return api_fail(err, API_UNREACHABLE,
                            "operations/%s is not done after %d s; it continues at the provider",
                            id, WAIT_MAX_S);
        status = rest(p, what, begun, now + POLL_MS, WAIT_MAX_S, err);
        if (status != API_OK)
            return status;
        cJSON_Delete(answer->json);
        status = look(p, o, args, id, answer, err);
        snprintf(why, sizeof why, "%s", err->message);
        if (status != API_OK)
            return api_fail(err, status, "%s: %s", what, why);
        status = read_operation(answer, id, &done, err);
    }
    return status;
}

/* --- what the tables say --- */

#define RM       "/resourcemanager/v1"
#define AC       "/accesscontrol/v1"
#define AC_ORG   AC "/organizations/{org}"
#define FINISHED .page = finish, .shape = ITEMS_OK, .items = "done"

static const struct field user_fields[] = {
    {.name = "id", .from = "email|uid|user_id", .required = true, .fold = true},
    {.name = "email", .from = "email"},
    {0},
};

/* The live server gives an organization's name without its prefix in some places. */
static const struct field org_fields[] = {
    {.name = "id", .from = "name", .required = true, .strip = "organizations/"},
    {.name = "name", .from = "displayName"},
    {.name = "state", .from = "state", .fold = true},
    {.name = "parent", .from = "parentOrganization", .strip = "organizations/"},
    {.name = "created", .from = "createTime"},
    {0},
};

/* Of an invitation the last segment of its name is its id, and is what it is accepted with. */
#define INVITED                                                                                    \
    {.name = "id", .from = "name", .required = true, .strip = "/"},                                \
        {.name = "email", .from = "email", .required = true},                                      \
    {                                                                                              \
        .name = "roles", .from = "roles", .kind = FIELD_LIST, .strip = "roles/"                    \
    }
#define INVITED_TOKEN                                                                              \
    {                                                                                              \
        .name = "token", .from = "name", .required = true, .strip = "/"                            \
    }

static const struct field invitation_fields[] = {
    INVITED, {.name = "state", .from = "state", .otherwise = "pending"}, {0}};
static const struct field invited_fields[] = {
    INVITED, INVITED_TOKEN, {.name = "state", .from = "state", .otherwise = "pending"}, {0}};
static const struct field addition_fields[] = {
    {.name = "outcome", .from = "", .otherwise = "invited"}, INVITED, INVITED_TOKEN, {0}};

/* The same as a member to be: its e-mail is its id, its state is what it is. */
static const struct field pending_fields[] = {
    {.name = "id", .from = "email", .required = true, .fold = true},
    {.name = "email", .from = "email", .required = true},
    {.name = "roles", .from = "roles", .kind = FIELD_LIST, .strip = "roles/"},
    {.name = "state", .from = "", .otherwise = "pending"},
    INVITED_TOKEN,
    {0},
};

/* The documents do not describe the response. */
static const struct field acceptance_fields[] = {
    {.name = "organization", .from = "response.organization", .strip = "organizations/"}, {0}};

static const struct field role_fields[] = {
    {.name = "id", .from = "name", .required = true, .strip = "roles/"},
    {.name = "name", .from = "displayName"},
    {.name = "description", .from = "description"},
    {0},
};

static const struct field membership_fields[] = {
    {.name = "who", .from = "email", .required = true, .fold = true},
    {.name = "what", .from = "email"},
    {0},
};

static const struct field binding_fields[] = {
    {.name = "who", .from = "subject", .required = true, .fold = true, .strip = "users/"},
    {.name = "what", .from = "role", .required = true, .strip = "roles/"},
    {.name = "name", .from = "name", .required = true, .strip = "rolebindings/"},
    {.name = "org", .from = "resource", .required = true, .strip = "organizations/"},
    {0},
};

#define LIST_OF(how, below, what, kind_fields)                                                     \
    {                                                                                              \
        .run = how, .method = "GET", .path = AC_ORG below, .shape = ITEMS_LIST, .items = what,     \
        .reply_max = ENGINE_LIST_MAX, .fields = kind_fields                                        \
    }
static const struct operation list_bindings =
    LIST_OF(engine_run, "/rolebindings", "roleBindings", binding_fields);
static const struct operation list_pending =
    LIST_OF(engine_run, "/invitations", "invitations", pending_fields);

static const struct operation list_orgs = {
    .method = "GET",
    .path = RM "/organizations",
    .query = "filter={filter?}&pageToken={after?}",
    .shape = ITEMS_LIST,
    .items = "organizations",
    .paging = PAGING_CURSOR,
    .next = "nextPageToken",
    .reply_max = ENGINE_LIST_MAX,
    .fields = org_fields,
};

static const struct operation delete_binding = {
    .method = "DELETE", .path = AC "/rolebindings/{binding}", FINISHED};

static const struct operation resume_org = {
    .method = "GET",
    .path = RM "/operations/{operation}",
    .page = finish,
    .shape = ITEMS_ONE,
    .items = "response",
    .fields = org_fields,
};

/* --- listings that are joined --- */

/* A line of a listing: a member has its id and e-mail, a role binding whose it is, role and name.
 */
struct row {
    char *who, *what, *name;
};

struct rows {
    struct row *row;
    size_t count, room;
    const char *only; /* whose; NULL: everybody's */
    const char *org;  /* another's are left out */
};

static void rows_free(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->row[i].who);
        free(rows->row[i].what);
        free(rows->row[i].name);
    }
    free(rows->row);
}

static bool copy_text(const cJSON *record, const char *field, char **copy)
{
    const char *text = json_text(record, field);
    *copy = text ? strdup(text) : NULL;
    return !text || *copy;
}

static int take_row(void *arg, const cJSON *record)
{
    struct rows *rows = arg;
    const char *org = json_text(record, "org"), *who = json_text(record, "who");
    if ((org && strcmp(org, rows->org) != 0) || (rows->only && strcasecmp(who, rows->only) != 0))
        return 0;
    if (rows->count == rows->room) {
        size_t room = rows->room ? 2 * rows->room : 64;
        struct row *grown = reallocarray(rows->row, room, sizeof *grown);
        if (!grown)
            return -1;
        rows->row = grown;
        rows->room = room;
    }
    struct row *row = &rows->row[rows->count++];
    bool whole = copy_text(record, "who", &row->who);
    whole = copy_text(record, "what", &row->what) && whole;
    whole = copy_text(record, "name", &row->name) && whole;
    return whole ? 0 : -1;
}

static int by_who_and_what(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->who, y->who);
    return order ? order : strcmp(x->what, y->what);
}

static int by_what(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return strcmp(x->what, y->what);
}

static void rows_sort(struct rows *rows, int (*order)(const void *a, const void *b))
{
    if (rows->count > 1)
        qsort(rows->row, rows->count, sizeof *rows->row, order);
}

/* Where WHO begins, or would, in ROWS, which are sorted by that. */
static size_t first_of(const struct rows *rows, const char *who)
{
    size_t low = 0, high = rows->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(rows->row[middle].who, who) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const struct rows *rows, size_t i, const char *who)
{
    return i < rows->count && strcmp(rows->row[i].who, who) == 0;
}

static bool has(const struct rows *rows, const char *who)
{
    return is_of(rows, first_of(rows, who), who);
}

/* A sink that keeps the records in the array ARG. */
static int keep(void *arg, const cJSON *record)
{
    cJSON *copy = cJSON_Duplicate(record, true);
    return cJSON_AddItemToArray(arg, copy) ? 0 : -1;
}

static enum api_status give(provider_sink *sink, void *arg, const cJSON *record,
                            struct api_error *err)
{
    return sink && sink(arg, record) != 0 ? api_fail(err, API_STOPPED, "stopped") : API_OK;
}

/* --- organizations --- */

static int by_id(const void *a, const void *b)
{
    return strcmp(json_text(*(cJSON *const *)a, "id"), json_text(*(cJSON *const *)b, "id"));
}

/* Gives those of ORGS whose parent is PARENT ("": all), sorted, and says of each whether it is one
 * of MINE. */
static enum api_status give_orgs(const cJSON *orgs, const struct rows *mine, const char *parent,
                                 provider_sink *sink, void *arg, struct api_error *err)
{
    size_t count = (size_t)cJSON_GetArraySize(orgs), n = 0;
    enum api_status status = API_OK;
    cJSON **sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    for (cJSON *org = orgs->child; org; org = org->next) {
        const char *below = json_text(org, "parent");
        if (!*parent || (below && strcmp(below, parent) == 0))
            sorted[n++] = org;
    }
    if (n > 1)
        qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t i = 0; i < n && status == API_OK; i++) {
        if (cJSON_AddBoolToObject(sorted[i], "member", has(mine, json_text(sorted[i], "id"))))
            status = give(sink, arg, sorted[i], err);
        else
            status = api_fail(err, API_UNREACHABLE, "out of memory");
    }
    free(sorted);
    return status;
}

/* The customers of the organization from which one calls; without one, all that there is to see. */
static enum api_status org_list(struct provider *p, const struct operation *o,
                                const struct provider_arg *args, provider_sink *sink, void *arg,
                                struct api_error *err)
{
    static const struct field ids[] = {
        {.name = "who", .from = "name", .required = true, .strip = "organizations/"},
        {.name = "what", .from = "name"},
        {0},
    };
    static const struct provider_arg is_member[] = {{"filter", "is_member()"}, {0}};
    const struct intrinsic *s = p->state;
    struct operation memberships = list_orgs;
    struct rows mine = {0};
    cJSON *orgs = cJSON_CreateArray();
    (void)o, (void)args;
    memberships.fields = ids;
    enum api_status status = orgs ? engine_run(p, &list_orgs, NULL, keep, orgs, err)
                                  : api_fail(err, API_UNREACHABLE, "out of memory");
    if (status == API_OK)
        status = engine_run(p, &memberships, is_member, take_row, &mine, err);
    if (status == API_OK) {
        rows_sort(&mine, by_who_and_what);
        status = give_orgs(orgs, &mine, s->calling_org, sink, arg, err);
    }
    rows_free(&mine);
    cJSON_Delete(orgs);
    return status;
}

/* The parent is sent twice: earlier versions of the API took it from the caller. */
static enum api_status org_create(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, provider_sink *sink, void *arg,
                                  struct api_error *err)
{
    const struct intrinsic *s = p->state;
    const char *begun = template_arg(args, "operation"), *parent = template_arg(args, "parent");
    const char *slash = begun ? strrchr(begun, '/') : NULL;
    if (!parent && *s->calling_org)
        parent = s->calling_org;
    const struct provider_arg all[] = {{"operation", slash ? slash + 1 : begun},
                                       {"name", template_arg(args, "name")},
                                       {"id", template_arg(args, "id")},
                                       {"parent", parent},
                                       {0}};
    return engine_run(p, begun ? &resume_org : o, all, sink, arg, err);
}

/* --- members --- */

static enum api_status whose(const struct provider *p, const struct provider_arg *args,
                             char org[ORG_SIZE], struct api_error *err)
{
    const char *named = template_arg(args, "org");
    if (!named)
        named = p->settings.org;
    if (!named)
        return api_fail(err, API_USAGE, "no organization is chosen");
    if (!org_segment(named, org, ORG_SIZE))
        return api_fail(err, API_USAGE, "\"%s\" is not the id of an organization", named);
    return API_OK;
}

static enum api_status give_member(const struct row *seat, const struct rows *bindings,
                                   provider_sink *sink, void *arg, struct api_error *err)
{
    cJSON *member = cJSON_CreateObject(), *roles = NULL;
    enum api_status status = API_OK;
    const char *last = "";
    bool whole = cJSON_AddStringToObject(member, "id", seat->who) &&
                 cJSON_AddStringToObject(member, "email", seat->what) &&
                 (roles = cJSON_AddArrayToObject(member, "roles")) != NULL &&
                 cJSON_AddStringToObject(member, "state", "active");
    size_t i = first_of(bindings, seat->who);
    for (; whole && is_of(bindings, i, seat->who); last = bindings->row[i++].what)
        if (strcmp(bindings->row[i].what, last) != 0)
            whole = cJSON_AddItemToArray(roles, cJSON_CreateString(bindings->row[i].what));
    if (!whole)
        status = api_fail(err, API_UNREACHABLE, "out of memory");
    else if (cJSON_GetArraySize(roles) > ROLES_MAX)
        status =
            api_fail(err, API_BAD_ANSWER, "\"%s\" has more than %d roles", seat->who, ROLES_MAX);
    else
        status = give(sink, arg, member, err);
    cJSON_Delete(member);
    return status;
}

/* As the vendor's own client does: members by e-mail, then those who are invited. Who is a member
 * already is not pending. */
static enum api_status give_members(struct rows *seats, struct rows *bindings, cJSON *pending,
                                    provider_sink *sink, void *arg, struct api_error *err)
{
    enum api_status status = API_OK;
    rows_sort(bindings, by_who_and_what);
    rows_sort(seats, by_who_and_what);
    for (cJSON *guest = pending->child, *next; guest; guest = next) {
        next = guest->next;
        if (has(seats, json_text(guest, "id")))
            cJSON_Delete(cJSON_DetachItemViaPointer(pending, guest));
    }
    rows_sort(seats, by_what);
    for (size_t i = 0; i < seats->count && status == API_OK; i++)
        status = give_member(&seats->row[i], bindings, sink, arg, err);
    for (const cJSON *guest = pending->child; guest && status == API_OK; guest = guest->next)
        status = give(sink, arg, guest, err);
    return status;
}

static enum api_status member_list(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, provider_sink *sink, void *arg,
                                   struct api_error *err)
{
    char org[ORG_SIZE];
    struct rows seats = {0}, bindings = {.org = org};
    enum api_status status = whose(p, args, org, err);
    if (status != API_OK)
        return status;
    cJSON *pending = cJSON_CreateArray();
    status = pending ? engine_run(p, o, args, take_row, &seats, err)
                     : api_fail(err, API_UNREACHABLE, "out of memory");
    if (status == API_OK)
        status = engine_run(p, &list_pending, args, keep, pending, err);
    if (status == API_OK)
        status = engine_run(p, &list_bindings, args, take_row, &bindings, err);
    if (status == API_OK)
        status = give_members(&seats, &bindings, pending, sink, arg, err);
    rows_free(&seats);
    rows_free(&bindings);
    cJSON_Delete(pending);
    return status;
}

/* --- a member's roles --- */

static const char *bare_role(const char *role)
{
    static const char prefix[] = "roles/";
    return strncmp(role, prefix, sizeof prefix - 1) == 0 ? role + sizeof prefix - 1 : role;
}

/* Takes the next one out of LIST, where commas are between. False at the end. */
static bool next_role(const char **list, char role[RECORD_TEXT_MAX])
{
    *list += strspn(*list, ",");
    size_t len = strcspn(*list, ",");
    snprintf(role, RECORD_TEXT_MAX, "%.*s", (int)len, *list);
    *list += len;
    return len > 0;
}

static bool lists_role(const char *list, const char *wanted)
{
    char role[RECORD_TEXT_MAX];
    while (next_role(&list, role))
        if (strcmp(bare_role(role), wanted) == 0)
            return true;
    return false;
}

static const struct row *find_role(const struct rows *held, const char *role)
{
    for (size_t i = 0; i < held->count; i++)
        if (strcmp(held->row[i].what, bare_role(role)) == 0)
            return &held->row[i];
    return NULL;
}

/* Collects the member's role bindings in *HELD, whose ONLY and ORG are set. */
static enum api_status list_held(struct provider *p, const struct provider_arg *args,
                                 char org[ORG_SIZE], struct rows *held, struct api_error *err)
{
    *held = (struct rows){.only = template_arg(args, "user"), .org = org};
    if (!held->only || !template_arg(args, "role"))
        return api_fail(err, API_USAGE, "the argument \"%s\" is missing",
                        held->only ? "role" : "user");
    enum api_status status = whose(p, args, org, err);
    return status == API_OK ? engine_run(p, &list_bindings, args, take_row, held, err) : status;
}

static enum api_status revoke(struct provider *p, const struct row *binding, struct api_error *err)
{
    const struct provider_arg args[] = {{"binding", binding->name}, {0}};
    return engine_run(p, &delete_binding, args, NULL, NULL, err);
}

static enum api_status member_revoke(struct provider *p, const struct operation *o,
                                     const struct provider_arg *args, provider_sink *sink,
                                     void *arg, struct api_error *err)
{
    char org[ORG_SIZE];
    struct rows held;
    (void)o, (void)sink, (void)arg;
    enum api_status status = list_held(p, args, org, &held, err);
    if (status == API_OK) {
        const char *role = template_arg(args, "role");
        const struct row *binding = find_role(&held, role);
        status = binding ? revoke(p, binding, err)
                         : api_fail(err, API_REFUSED, "%s has no role \"%s\" in %s", held.only,
                                    bare_role(role), org);
    }
    rows_free(&held);
    return status;
}

/* First what is missing, then away with what is too much: nobody is without a role in between. */
static enum api_status member_role(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, provider_sink *sink, void *arg,
                                   struct api_error *err)
{
    char org[ORG_SIZE], role[RECORD_TEXT_MAX];
    struct rows held;
    (void)sink, (void)arg;
    enum api_status status = list_held(p, args, org, &held, err);
    const char *wanted = template_arg(args, "role"), *list = wanted;
    if (status == API_OK && !next_role(&list, role))
        status = api_fail(err, API_USAGE, "no role is given");
    for (list = wanted; status == API_OK && next_role(&list, role);) {
        const struct provider_arg grant[] = {
            {"user", held.only}, {"role", role}, {"org", org}, {0}};
        if (!find_role(&held, role))
            status = engine_run(p, o, grant, NULL, NULL, err);
    }
    for (size_t i = 0; i < held.count && status == API_OK; i++)
        if (!lists_role(wanted, held.row[i].what))
            status = revoke(p, &held.row[i], err);
    rows_free(&held);
    return status;
}

/* --- the rest --- */

/* The token is all that tells who one is: no request could. */
static enum api_status whoami(struct provider *p, const struct operation *o,
                              const struct provider_arg *args, provider_sink *sink, void *arg,
                              struct api_error *err)
{
    const struct intrinsic *s = p->state;
    (void)args;
    enum api_status status = authorize(p, false, err);
    if (status != API_OK)
        return status;
    cJSON *user = record_make(o->fields, s->claims, "the token", err);
    if (!user)
        return err->status;
    status = give(sink, arg, user, err);
    cJSON_Delete(user);
    return status;
}

#define INVITATION(verb)                                                                           \
    {                                                                                              \
        .run = engine_run, .method = "POST", .path = AC_ORG "/invitations/{id}:" verb,             \
        .shape = ITEMS_NONE                                                                        \
    }
#define INVITE(kind_fields)                                                                        \
    {                                                                                              \
        .run = engine_run, .method = "POST", .path = AC_ORG "/invitations",                        \
        .body = "{\"email\":\"$email\",\"roles\":\"roles/$role,?\",\"organization\":\"$org\"}",    \
        .shape = ITEMS_ONE, .fields = kind_fields                                                  \
    }
#define BIND(how)                                                                                  \
    {                                                                                              \
        .run = how, .method = "POST", .path = AC "/rolebindings",                                  \
        .body = "{\"subject\":\"users/$user\",\"role\":\"roles/$role\","                           \
                "\"resource\":\"organizations/$org\"}",                                            \
        FINISHED                                                                                   \
    }
#define SHOW_ORG                                                                                   \
    {                                                                                              \
        .run = engine_run, .method = "GET", .path = RM "/organizations/{org}", .shape = ITEMS_ONE, \
        .fields = org_fields                                                                       \
    }

static const struct operation operations[OP_COUNT] = {
    [OP_WHOAMI] = {.run = whoami, .fields = user_fields},
    [OP_ORG_LIST] = {.run = org_list},
    [OP_ORG_FIND] = SHOW_ORG,
    [OP_ORG_SHOW] = SHOW_ORG,
    [OP_ORG_CREATE] = {.run = org_create,
                       .method = "POST",
                       .path = RM "/organizations",
                       .query = "organizationId={id?}",
                       .body = "{\"displayName\":\"$name\","
                               "\"parentOrganization\":\"organizations/$parent?\"}",
                       .takes = "operation",
                       .page = finish,
                       .shape = ITEMS_ONE,
                       .items = "response",
                       .fields = org_fields},
    [OP_ORG_DELETE] = {.run = engine_run,
                       .method = "DELETE",
                       .path = RM "/organizations/{org}",
                       FINISHED},
    [OP_MEMBER_LIST] = LIST_OF(member_list, "/memberships", "memberships", membership_fields),
    [OP_MEMBER_ADD] = INVITE(addition_fields),
    [OP_MEMBER_ROLE] = BIND(member_role),
    [OP_MEMBER_GRANT] = BIND(engine_run),
    [OP_MEMBER_REVOKE] = {.run = member_revoke, .takes = "user role"},
    [OP_MEMBER_REMOVE] = {.run = engine_run,
                          .method = "POST",
                          .path = AC_ORG "/memberships:deleteByEmail",
                          .body = "{\"email\":\"$user\"}",
                          FINISHED},
    [OP_INVITATION_LIST] = LIST_OF(engine_run, "/invitations", "invitations", invitation_fields),
    [OP_INVITATION_CREATE] = INVITE(invited_fields),
    [OP_INVITATION_REVOKE] = INVITATION("cancel"),
    [OP_INVITATION_RESEND] = INVITATION("resend"),
    [OP_INVITATION_ACCEPT] = {.run = engine_run,
                              .method = "POST",
                              .path = "/v1/accountsinvitations/invitations/{token}:apply",
                              .body = "{}",
                              .page = finish,
                              .shape = ITEMS_ONE,
                              .fields = acceptance_fields},
    [OP_ROLE_LIST] = {.run = engine_run,
                      .method = "GET",
                      .path = AC "/roles",
                      .query = "pageToken={after?}",
                      .shape = ITEMS_LIST,
                      .items = "roles",
                      .nonempty = true,
                      .paging = PAGING_CURSOR,
                      .next = "nextPageToken",
                      .fields = role_fields},
};

static const struct provider_option options[] = {
    {.name = "calling_org", .help = "your own organization, from which you manage its customers"},
    {.name = "auth_url", .help = "where the API key is exchanged, if not below the url"},
    {0},
};

const struct provider_kind provider_intrinsic = {
    .name = "intrinsic",
    .url = "https://flowstate.intrinsic.ai/api",
    .http = true,
    .operations = operations,
    .options = options,
    .errors = &errors,
    .owner = "owner",
    .invites = INVITES_BY_MAIL | INVITES_SHOWN_AGAIN,
    .open = intrinsic_open,
    .authorize = authorize,
    .close = intrinsic_close,
    .org_segment = org_segment,
};

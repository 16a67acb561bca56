/* The API of Satusky, in the dialect that its client 1ctl ships and in the one that its manual
 * describes. */
#include <string.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"
#include "api/template.h"

#define TOKEN_HEADER "x-satusky-api-key"
#define EMAIL_HEADER "x-satusky-user-email"
/* The manual has the active organization "in the request context" and does not say where. */
#define ORG_HEADER "x-satusky-organization-id"

#define NO_ID        "00000000-0000-0000-0000-000000000000"
#define ROLE_DEFAULT "member"

/* Our own marks in an item, which no names of theirs can be. */
#define STATE   "@state"
#define OUTCOME "@outcome"

static const struct field user_fields[] = {
    {.name = "id", .from = "user_id", .required = true},
    {.name = "email", .from = "user_email"},
    {.name = "organization", .from = "organization_id", .required = true},
    {0},
};

static const struct field organization_fields[] = {
    {.name = "id", .from = "organization_id", .required = true},
    {.name = "name", .from = "organization_name", .required = true},
    {.name = "role", .from = "role"},
    {.name = "description", .from = "description"},
    {.name = "namespace", .from = "namespace"},
    {.name = "created", .from = "created_at"},
    {.name = "updated", .from = "updated_at"},
    {0},
};

/* A person's id, not the membership's: that is another one when somebody comes back. */
#define MEMBER_ID                                                                                  \
    {                                                                                              \
        .name = "id", .from = "user_id|organization_user_id", .required = true                     \
    }

static const struct field member_fields[] = {
    MEMBER_ID,
    {.name = "email", .from = "user_email"},
    {.name = "name", .from = "user_name"},
    {.name = "roles", .from = "role", .kind = FIELD_LIST, .required = true},
    {.name = "state", .from = STATE, .kind = FIELD_STATE, .otherwise = "active"},
    {.name = "joined", .from = "created_at"},
    {.name = "membership", .from = "organization_user_id"},
    {0},
};

/* The API makes a person with an account a member at once, and sends a mail to others first; its
 * answer does not tell which. */
static const struct field addition_fields[] = {
    {.name = "outcome", .from = OUTCOME, .otherwise = "added"},
    MEMBER_ID,
    {.name = "email", .from = "user_email"},
    {.name = "roles", .from = "role", .kind = FIELD_LIST},
    {0},
};

static bool is_documented(const struct provider *p)
{
    const char *dialect = engine_option(p, "dialect");
    return dialect && strcmp(dialect, "documented") == 0;
}

/* --- who am I --- */

/* An invalid token is a success that says so. */
static enum api_status check_login(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, struct answer *answer,
                                   struct api_error *err)
{
    const char *said = json_text(answer->json, "message");
    const char *org = json_text(answer->json, "organization_id");
    const char *namespace = json_text(answer->json, "namespace");
    const char *email = json_text(answer->json, "user_email");
    (void)o, (void)args;
    if (!cJSON_IsBool(json_at(answer->json, "valid")))
        return api_fail(err, API_BAD_ANSWER, "%s: \"valid\" is neither true nor false",
                        answer->where);
    if (!cJSON_IsTrue(json_at(answer->json, "valid")))
        return api_fail(err, API_REFUSED, "%s: the credential is not accepted%s%s", answer->where,
                        said ? ": " : "", said ? said : "");
    if ((org && !*org) || (namespace && !*namespace))
        return api_fail(err, API_REFUSED, "%s: the token belongs to no organization",
                        answer->where);
    bool learnt = email && *email && !engine_option(p, "email");
    return learnt ? engine_header(p, EMAIL_HEADER, email, err) : API_OK;
}

static enum api_status whoami(struct provider *p, const struct operation *o,
                              const struct provider_arg *args, provider_sink *sink, void *arg,
                              struct api_error *err)
{
    struct operation login = *o; /* the token is no argument of the caller's */
    const struct provider_arg token[] = {{"token", provider_credential(p)}, {0}};
    (void)args;
    login.body = "{\"token\":\"$token\"}";
    return token->value ? engine_run(p, &login, token, sink, arg, err)
                        : api_fail(err, API_USAGE, "no credential is given");
}

/* --- organizations --- */

/* An empty list is null, or an empty array. */
static enum api_status see_empty(struct provider *p, const struct operation *o,
                                 const struct provider_arg *args, struct answer *answer,
                                 struct api_error *err)
{
    cJSON *none = NULL;
    (void)p, (void)args;
    if (!cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(answer->json, o->items)))
        return API_OK;
    if ((none = cJSON_CreateArray()) != NULL &&
        cJSON_ReplaceItemInObjectCaseSensitive(answer->json, o->items, none))
        return API_OK;
    cJSON_Delete(none);
    return api_fail(err, API_UNREACHABLE, "out of memory");
}

/* As its client does: what looks like an id is asked for, a name is looked up in the list. */
static enum api_status org_find(struct provider *p, const struct operation *o,
                                const struct provider_arg *args, provider_sink *sink, void *arg,
                                struct api_error *err)
{
    const char *org = template_arg(args, "org");
    int dashes = 0;
    for (const char *c = org ? org : ""; *c; c++)
        dashes += *c == '-';
    bool id = org && (is_documented(p) ? strncmp(org, "org_", 4) == 0
                                       : strlen(org) == strlen(NO_ID) && dashes == 4);
    return id ? engine_run(p, o, args, sink, arg, err)
              : api_fail(err, API_USAGE, "%s is not the id of an organization",
                         org ? org : "nothing");
}

/* --- members --- */

/* The documented dialect does not name the organization in the path. */
static enum api_status set_context(struct provider *p, const struct provider_arg *args,
                                   struct api_error *err)
{
    const char *org = template_arg(args, "org");
    org = org ? org : p->settings.org;
    if (!org)
        return api_fail(err, API_USAGE, "no organization is chosen");
    return is_documented(p) ? engine_header(p, ORG_HEADER, org, err) : API_OK;
}

/* A person without an account is only invited, and has no id but the membership's. */
static bool mark_invited(cJSON *item)
{
    const cJSON *user = json_at(item, "user_id");
    if (!cJSON_IsObject(item) ||
        (user && !(cJSON_IsString(user) && strcmp(user->valuestring, NO_ID) == 0)))
        return true;
    cJSON_DeleteItemFromObjectCaseSensitive(item, "user_id");
    return cJSON_AddStringToObject(item, STATE, "pending") &&
           cJSON_AddStringToObject(item, OUTCOME, "invited");
}

static enum api_status see_members(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, struct answer *answer,
                                   struct api_error *err)
{
    enum api_status status = o->shape == ITEMS_LIST ? see_empty(p, o, args, answer, err) : API_OK;
    if (status != API_OK)
        return status;
    cJSON *data = cJSON_GetObjectItemCaseSensitive(answer->json, o->items);
    bool marked = data && (cJSON_IsArray(data) || mark_invited(data));
    for (cJSON *item = cJSON_IsArray(data) ? data->child : NULL; item && marked; item = item->next)
        marked = mark_invited(item);
    return marked || !data ? API_OK : api_fail(err, API_UNREACHABLE, "out of memory");
}

static enum api_status member_list(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, provider_sink *sink, void *arg,
                                   struct api_error *err)
{
    enum api_status status = set_context(p, args, err);
    return status == API_OK ? engine_run(p, o, args, sink, arg, err) : status;
}

static enum api_status member_add(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, provider_sink *sink, void *arg,
                                  struct api_error *err)
{
    const char *role = template_arg(args, "role");
    const struct provider_arg full[] = {{"org", template_arg(args, "org")},
                                        {"email", template_arg(args, "email")},
                                        {"role", role ? role : ROLE_DEFAULT},
                                        {0}};
    return member_list(p, o, full, sink, arg, err);
}

/* The id of the membership in ITEM when it is that of USER, a member's id; or NULL. */
static const char *membership_of(const cJSON *item, const char *user)
{
    const char *membership = json_text(item, "organization_user_id");
    const char *id = json_first_text(item, "user_id|organization_user_id");
    return id && strcmp(id, user) == 0 ? membership : NULL;
}

/* Changes name the membership, not the user, so the members are listed to find it. ARG is the
 * argument "user", whose value becomes that; FOUND keeps it. */
static enum api_status find_membership(struct provider *p, const struct provider_arg *args,
                                       struct provider_arg *arg, struct answer *found,
                                       struct api_error *err)
{
    const struct operation *list = &p->operations[OP_MEMBER_LIST];
    enum api_status status = engine_request(p, list, args, NULL, found, err);
    if (status != API_OK)
        return status;
    const cJSON *items = json_at(found->json, list->items);
    const char *membership = NULL;
    if (!cJSON_IsArray(items))
        return api_fail(err, API_BAD_ANSWER, "%s: \"%s\" is no array", found->where, list->items);
    for (const cJSON *item = items->child; item && !membership; item = item->next)
        membership = membership_of(item, arg->value);
    if (!membership)
        return api_fail(err, API_REFUSED, "%s: there is no member with the id %s", found->where,
                        arg->value);
    arg->value = membership;
    return API_OK;
}

/* Nothing is sent for arguments that the request itself could not take. */
static enum api_status check_change(const struct operation *o, const struct provider_arg *args,
                                    struct api_error *err)
{
    char url[URL_PATH_MAX];
    enum api_status status = template_url(o->path, NULL, args, url, err);
    char *body = status == API_OK && o->body ? template_body(o->body, args, err) : NULL;
    bool good = status == API_OK && (body || !o->body);
    cJSON_free(body);
    return good ? API_OK : err->status;
}

static enum api_status member_change(struct provider *p, const struct operation *o,
                                     const struct provider_arg *args, provider_sink *sink,
                                     void *arg, struct api_error *err)
{
    struct answer found = {0};
    const char *org = template_arg(args, "org");
    struct provider_arg full[] = {{"org", org ? org : p->settings.org},
                                  {"user", template_arg(args, "user")},
                                  {"role", template_arg(args, "role")},
                                  {0}};
    enum api_status status = set_context(p, args, err);
    if (status == API_OK)
        status = check_change(o, full, err);
    if (status == API_OK)
        status = find_membership(p, full, &full[1], &found, err);
    if (status == API_OK)
        status = engine_run(p, o, full, sink, arg, err);
    cJSON_Delete(found.json);
    return status;
}

/* --- the two dialects --- */

#define ONE(what)  .shape = ITEMS_ONE, .items = "data", .fields = what
#define LIST(what) .shape = ITEMS_LIST, .items = "data", .fields = what
#define DONE       .shape = ITEMS_NONE
#define MEMBERS    LIST(member_fields), .page = see_members, .etag = true, .reply_max = ENGINE_LIST_MAX
#define LOGIN                                                                                      \
    {                                                                                              \
        .run = whoami, .method = "POST", .path = "/auth/login", .page = check_login,               \
        .shape = ITEMS_ONE, .items = "", .fields = user_fields                                     \
    }

#define ORGS "/organizations"
#define TEAM ORGS "/id/{org}/team"
#define ORG(function)                                                                              \
    {                                                                                              \
        .run = function, .method = "GET", .path = ORGS "/id/{org}", ONE(organization_fields)       \
    }
#define ORG_DELETE                                                                                 \
    {                                                                                              \
        .run = engine_run, .method = "POST", .path = ORGS "/delete/{org}", DONE                    \
    }

static const struct operation shipped[OP_COUNT] = {
    [OP_WHOAMI] = LOGIN,
    [OP_ORG_LIST] = {.run = engine_run,
                     .method = "GET",
                     .path = ORGS "/user",
                     .page = see_empty,
                     LIST(organization_fields)},
    [OP_ORG_FIND] = ORG(org_find),
    [OP_ORG_SHOW] = ORG(engine_run),
    [OP_ORG_CREATE] = {.run = engine_run,
                       .method = "POST",
                       .path = ORGS "/create",
                       .body = "{\"organization_name\":\"$name\","
                               "\"description\":\"$description?\"}",
                       ONE(organization_fields)},
    [OP_ORG_DELETE] = ORG_DELETE,
    [OP_MEMBER_LIST] = {.run = member_list, .method = "GET", .path = TEAM, MEMBERS},
    [OP_MEMBER_ADD] = {.run = member_add,
                       .method = "POST",
                       .path = TEAM "/add",
                       .body = "{\"email\":\"$email\",\"role\":\"$role\"}",
                       .page = see_members,
                       ONE(addition_fields)},
    [OP_MEMBER_ROLE] = {.run = member_change,
                        .method = "PUT",
                        .path = TEAM "/{user}/role",
                        .body = "{\"role\":\"$role\"}",
                        DONE},
    [OP_MEMBER_REMOVE] = {.run = member_change, .method = "DELETE", .path = TEAM "/{user}", DONE},
};

/* Operations without a path in the manual are those above. */
#define USERS ORGS "/users"

static const struct operation documented[OP_COUNT] = {
    [OP_WHOAMI] = LOGIN,
    [OP_ORG_LIST] = {.run = engine_run,
                     .method = "GET",
                     .path = ORGS,
                     .page = see_empty,
                     LIST(organization_fields)},
    [OP_ORG_FIND] = ORG(org_find),
    [OP_ORG_SHOW] = ORG(engine_run),
    [OP_ORG_CREATE] = {.run = engine_run,
                       .method = "POST",
                       .path = ORGS,
                       .body = "{\"name\":\"$name\",\"description\":\"$description?\"}",
                       ONE(organization_fields)},
    [OP_ORG_DELETE] = ORG_DELETE,
    [OP_MEMBER_LIST] = {.run = member_list, .method = "GET", .path = USERS, MEMBERS},
    [OP_MEMBER_ADD] = {.run = member_add,
                       .method = "POST",
                       .path = USERS,
                       .body = "{\"email\":\"$email\",\"role\":\"$role\"}",
                       .page = see_members,
                       ONE(addition_fields)},
    [OP_MEMBER_ROLE] = {.run = member_change,
                        .method = "PATCH",
                        .path = USERS "/{user}/role",
                        .body = "{\"role\":\"$role\"}",
                        DONE},
    [OP_MEMBER_REMOVE] = {.run = member_change, .method = "DELETE", .path = USERS "/{user}", DONE},
};

static enum api_status open_satusky(struct provider *p, struct api_error *err)
{
    const char *token = p->settings.token, *email = engine_option(p, "email");
    enum api_status status = token ? engine_header(p, TOKEN_HEADER, token, err) : API_OK;
    if (status == API_OK && email)
        status = engine_header(p, EMAIL_HEADER, email, err);
    if (is_documented(p))
        p->operations = documented;
    return status;
}

static const struct provider_option options[] = {
    {.name = "dialect",
     .help = "the paths that its client uses, or those of its manual",
     .values = "shipped|documented"},
    {.name = "email", .help = "the e-mail address that the token belongs to"},
    {0},
};

/* "error" is true, or with 422 an object. */
static const struct error_shape errors = {.code = "code|error.code",
                                          .text = "message|error.message",
                                          .details = "details|error.suggestion",
                                          .no = "error=true"};

const struct provider_kind provider_satusky = {.name = "satusky",
                                               .url = "https://api.satusky.com/v1/cli",
                                               .http = true,
                                               .operations = shipped,
                                               .options = options,
                                               .errors = &errors,
                                               .owner = "admin",
                                               .invites = INVITES_LISTED,
                                               .open = open_satusky};

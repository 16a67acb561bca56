/* The API of CrateDB Cloud, version 2. Every path ends with a slash; only the audit log has pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"
#include "api/template.h"
#include "common/base64.h"

#define CREDENTIAL_MAX 4096 /* of a header's value */
#define ORG            "/api/v2/organizations/{org}/"
#define CUSTOMER       ORG "customer/"
#define CUSTOMER_BODY                                                                              \
    "{\"name\":\"$name\",\"email\":\"$email\",\"phone\":\"$phone\",\"country\":\"$country\","      \
    "\"city\":\"$city\",\"line1\":\"$line1\",\"line2\":\"$line2?\","                               \
    "\"postal_code\":\"$postal_code\",\"tax_id\":\"$tax_id?\",\"tax_id_type\":\"$tax_id_type?\"}"
#define DEFAULT_ROLE "org_member"
#define REGION_ANY   "_any_" /* as the vendor's client sends it where none is chosen */

static const struct field user_fields[] = {
    {.name = "id", .from = "uid", .required = true},
    {.name = "email", .from = "email"},
    {.name = "username", .from = "username"},
    {.name = "name", .from = "name"},
    {0},
};

static const struct field organization_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "role", .from = "role_fqn"},
    {.name = "created", .from = "dc.created"},
    {.name = "plan", .from = "plan_type", .kind = FIELD_WORD},
    {.name = "email", .from = "email"},
    {.name = "updated", .from = "dc.modified"},
    {0},
};

/* Behind keep_roles. */
#define ROLES                                                                                      \
    {                                                                                              \
        .name = "roles", .from = "organization_roles", .kind = FIELD_LIST, .required = true        \
    }

static const struct field member_fields[] = {
    {.name = "id", .from = "uid", .required = true},
    {.name = "email", .from = "email"},
    {.name = "username", .from = "username"},
    {.name = "name", .from = "name"},
    ROLES,
    {.name = "state", .from = "", .kind = FIELD_STATE, .otherwise = "active"},
    {0},
};

static const struct field invitation_fields[] = {
    {.name = "id", .from = "uid", .required = true},
    {.name = "email", .from = "email", .required = true},
    ROLES,
    {.name = "state", .from = "status", .fold = true, .otherwise = "pending"},
    {.name = "expires", .from = "expiration_date"},
    {0},
};

static const struct field addition_fields[] = {
    {.name = "outcome", .from = "outcome", .required = true}, /* behind tell_outcome */
    {.name = "id", .from = "user_id"},
    {.name = "email", .from = "user"},
    {.name = "roles", .from = "role_fqn", .kind = FIELD_LIST, .required = true},
    {0},
};

static const struct field acceptance_fields[] = {
    {.name = "organization", .from = "organization_id", .required = true},
    {.name = "role", .from = "role_fqn"},
    {0},
};

static const struct field role_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name"},
    {0},
};

static const struct field event_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "at", .from = "created", .required = true},
    {.name = "actor", .from = "actor.id", .otherwise = "SYSTEM"},
    {.name = "actor_name", .from = "actor.username|actor.email|actor.name", .otherwise = "SYSTEM"},
    {.name = "actor_email", .from = "actor.email"},
    {.name = "action", .from = "action", .required = true},
    {.name = "detail", .from = "context", .kind = FIELD_JSON}, /* its shape depends on the action */
    {0},
};

static const struct field billing_fields[] = {
    {.name = "name", .from = "name"},
    {.name = "email", .from = "email"},
    {.name = "phone", .from = "phone"},
    {.name = "country", .from = "address.country"},
    {.name = "city", .from = "address.city"},
    {.name = "line1", .from = "address.line1"},
    {.name = "line2", .from = "address.line2"},
    {.name = "postal_code", .from = "address.postal_code"},
    {.name = "tax_id", .from = "tax.tax_id"},
    {.name = "tax_id_type", .from = "tax.tax_id_type"},
    {0},
};

static const struct field credit_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "state", .from = "status", .fold = true},
    {.name = "original", .from = "original_amount", .kind = FIELD_CENTS, .required = true},
    {.name = "remaining", .from = "remaining_amount", .kind = FIELD_CENTS, .required = true},
    {.name = "starts", .from = "start_date"},
    {.name = "expires", .from = "expiration_date"},
    {.name = "comment", .from = "comment"},
    {0},
};

static const struct field secret_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "type", .from = "type"},
    {.name = "description", .from = "description"},
    {.name = "created", .from = "dc.created"},
    {0},
};

static const struct field file_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "state", .from = "status", .fold = true},
    {.name = "size", .from = "file_size", .kind = FIELD_NUMBER},
    {.name = "created", .from = "dc.created"},
    {.name = "upload_url", .from = "upload_url", .kind = FIELD_URL},
    {.name = "download_url", .from = "download_url", .kind = FIELD_URL},
    {0},
};

/* Calls FIX for each object in ANSWER: the items of an array, or the one that it is. */
static enum api_status each_item(struct answer *answer, const struct provider_arg *args,
                                 enum api_status (*fix)(cJSON *item,
                                                        const struct provider_arg *args,
                                                        const char *where, struct api_error *err),
                                 struct api_error *err)
{
    enum api_status status = API_OK;
    bool list = cJSON_IsArray(answer->json);
    cJSON *item = list ? answer->json->child : answer->json;
    for (; item && status == API_OK; item = list ? item->next : NULL)
        if (cJSON_IsObject(item))
            status = fix(item, args, answer->where, err);
    return status;
}

/* Puts VALUE, which may be NULL for lack of memory, in the place of KEY in ITEM. */
static enum api_status put(cJSON *item, const char *key, cJSON *value, struct api_error *err)
{
    cJSON_DeleteItemFromObjectCaseSensitive(item, key);
    if (value && cJSON_AddItemToObject(item, key, value))
        return API_OK;
    cJSON_Delete(value);
    return api_fail(err, API_UNREACHABLE, "out of memory");
}

/* A user has roles in several organizations: "organization_roles" becomes those in the one asked
 * for. */
static enum api_status keep_roles_of(cJSON *item, const struct provider_arg *args,
                                     const char *where, struct api_error *err)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(item, "organization_roles");
    cJSON *here = cJSON_CreateArray();
    const char *org = template_arg(args, "org");
    if (!cJSON_IsArray(all)) {
        cJSON_Delete(here);
        return api_fail(err, API_BAD_ANSWER, "%s: \"organization_roles\" %s", where,
                        all ? "is no array" : "is missing");
    }
    for (const cJSON *r = here ? all->child : NULL; r; r = r->next) {
        const char *of = json_text(r, "organization_id"), *role = json_text(r, "role_fqn");
        cJSON *text = of && role ? cJSON_CreateString(role) : NULL;
        if (!of || !role) {
            cJSON_Delete(here);
            return api_fail(err, API_BAD_ANSWER,
                            "%s: \"organization_roles\" has a wrong type or value", where);
        }
        if (!org || strcasecmp(of, org) != 0 || !cJSON_AddItemToArray(here, text))
            cJSON_Delete(text);
    }
    return put(item, "organization_roles", here, err);
}

static enum api_status keep_roles(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, struct answer *answer,
                                  struct api_error *err)
{
    (void)p, (void)o;
    return each_item(answer, args, keep_roles_of, err);
}

/* The API says by two switches what has become of a person. */
static enum api_status tell_outcome(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, struct answer *answer,
                                    struct api_error *err)
{
    const cJSON *added = json_at(answer->json, "added"),
                *invited = json_at(answer->json, "invited");
    const char *outcome = cJSON_IsTrue(invited) ? "invited"
                          : cJSON_IsTrue(added) ? "added"
                                                : "changed";
    const char *email = template_arg(args, "email");
    (void)p, (void)o;
    if (!cJSON_IsBool(added) || (invited && !cJSON_IsBool(invited)))
        return api_fail(err, API_BAD_ANSWER, "%s: \"added\" and \"invited\" are not true or false",
                        answer->where);
    enum api_status status = put(answer->json, "outcome", cJSON_CreateString(outcome), err);
    if (status == API_OK)
        status = put(answer->json, "user", cJSON_CreateString(email ? email : ""), err);
    return status;
}

static enum api_status complete_times_of(cJSON *item, const struct provider_arg *args,
                                         const char *where, struct api_error *err)
{
    static const char *const keys[] = {"start_date", "expiration_date"};
    enum api_status status = API_OK;
    (void)args, (void)where;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && status == API_OK; i++) {
        char whole[64];
        const char *time = json_text(item, keys[i]);
        if (!time || strlen(time) != strlen("2026-01-02T03:04:05"))
            continue;
        snprintf(whole, sizeof whole, "%sZ", time);
        status = put(item, keys[i], cJSON_CreateString(whole), err);
    }
    return status;
}

/* The times of credits come without their zone, which is UTC. */
static enum api_status complete_times(struct provider *p, const struct operation *o,
                                      const struct provider_arg *args, struct answer *answer,
                                      struct api_error *err)
{
    (void)p, (void)o;
    return each_item(answer, args, complete_times_of, err);
}

/* The API wants a role; the one that permits least is the default. */
static enum api_status add_member(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, provider_sink *sink, void *arg,
                                  struct api_error *err)
{
    const struct provider_arg all[] = {
        {"org", template_arg(args, "org")},
        {"email", template_arg(args, "email")},
        {"role", template_arg(args, "role") ? template_arg(args, "role") : DEFAULT_ROLE},
        {0},
    };
    return engine_run(p, o, all, sink, arg, err);
}

/* The customer's record while it is edited. */
static int take_record(void *arg, const cJSON *record)
{
    cJSON **kept = arg;
    *kept = cJSON_Duplicate(record, true);
    return *kept ? 0 : 1;
}

static const struct operation show_customer = {
    .method = "GET", .path = CUSTOMER, .shape = ITEMS_ONE, .fields = billing_fields};

/* The whole record is always sent: what is not given stays as it is. */
static enum api_status edit_customer(struct provider *p, const struct operation *o,
                                     const struct provider_arg *args, provider_sink *sink,
                                     void *arg, struct api_error *err)
{
    struct provider_arg all[sizeof billing_fields / sizeof *billing_fields + 1] = {
        {"org", template_arg(args, "org")}};
    cJSON *known = NULL;
    enum api_status status = engine_run(p, &show_customer, all, take_record, &known, err);
    if (status == API_REFUSED && err->http == 404) { /* there is none yet */
        memset(err, 0, sizeof *err);
        status = API_OK;
    }
    for (size_t i = 0; billing_fields[i].name; i++) {
        const char *name = billing_fields[i].name, *given = template_arg(args, name);
        all[i + 1] = (struct provider_arg){name, given ? given : json_text(known, name)};
    }
    if (status == API_OK)
        status = engine_run(p, o, all, sink, arg, err);
    cJSON_Delete(known);
    return status;
}

#define CREDITS                                                                                    \
    .method = "GET", .path = ORG "credits/", .shape = ITEMS_LIST, .page = complete_times,          \
    .fields = credit_fields

static enum api_status list_credits(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, provider_sink *sink, void *arg,
                                    struct api_error *err)
{
    char state[32];
    const char *wanted = template_arg(args, "state");
    snprintf(state, sizeof state, "%s", wanted ? wanted : "ACTIVE,EXPIRED");
    for (char *c = state; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    const struct provider_arg all[] = {
        {"org", template_arg(args, "org")},
        {"status", wanted || template_arg(args, "all") ? state : NULL},
        {0}};
    return engine_run(p, o, all, sink, arg, err);
}

/* The kinds of secrets, and what is sent of each. */
static const struct secret_type {
    const char *name, *values, *body;
} secret_types[] = {
    {"AWS", "access_key and secret_key",
     "{\"name\":\"$name\",\"type\":\"AWS\",\"data\":{\"aws_secret\":"
     "{\"access_key\":\"$access_key\",\"secret_key\":\"$secret_key\"}}}"},
    {"AZURE", "connection_string",
     "{\"name\":\"$name\",\"type\":\"AZURE\",\"data\":{\"azure_secret\":"
     "{\"connection_string\":\"$connection_string\"}}}"},
};

static enum api_status create_secret(struct provider *p, const struct operation *o,
                                     const struct provider_arg *args, provider_sink *sink,
                                     void *arg, struct api_error *err)
{
    static const char *const values[] = {"access_key", "secret_key", "connection_string"};
    struct operation typed = *o;
    const char *type = template_arg(args, "type");
    const struct secret_type *t = secret_types, *end = t + sizeof secret_types / sizeof *t;
    while (type && t < end && strcasecmp(t->name, type) != 0)
        t++;
    if (!type || t == end)
        return api_fail(err, API_USAGE, "the type of a secret is one of: AWS, AZURE");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (template_arg(args, values[i]) && !strstr(t->values, values[i]))
            return api_fail(err, API_USAGE, "a secret of type %s has no %s; it has: %s", t->name,
                            values[i], t->values);
    typed.body = t->body;
    return engine_run(p, &typed, args, sink, arg, err);
}

#define CALL(verb, at)       .run = engine_run, .method = verb, .path = at
#define SEND(verb, at, sent) CALL(verb, at), .body = "{" sent "}"
#define DELETE(at)           CALL("DELETE", at), .shape = ITEMS_NONE
#define ONE(what)            .shape = ITEMS_ONE, .fields = what
#define LIST(what)           .shape = ITEMS_LIST, .fields = what
#define CHANGED              .shape = ITEMS_NONE

static const struct operation operations[OP_COUNT] = {
    [OP_WHOAMI] = {CALL("GET", "/api/v2/users/me/"), ONE(user_fields)},
    [OP_ORG_LIST] = {CALL("GET", "/api/v2/organizations/"), LIST(organization_fields)},
    [OP_ORG_SHOW] = {CALL("GET", ORG), ONE(organization_fields)},
    [OP_ORG_CREATE] = {SEND("POST", "/api/v2/organizations/",
                            "\"name\":\"$name\",\"plan_type\":\"$plan_type#?\""),
                       ONE(organization_fields)},
    [OP_ORG_EDIT] = {SEND("PUT", ORG,
                          "\"name\":\"$name?\",\"plan_type\":\"$plan_type#?\","
                          "\"email\":\"$email?\""),
                     CHANGED},
    [OP_ORG_DELETE] = {DELETE(ORG)},
    [OP_MEMBER_LIST] = {CALL("GET", ORG "users/"), LIST(member_fields), .page = keep_roles,
                        .nonempty = true, /* it always has an admin */
                        .etag = true, .reply_max = ENGINE_LIST_MAX},
    [OP_MEMBER_ADD] = {.run = add_member,
                       .method = "POST",
                       .path = ORG "users/",
                       .body = "{\"user\":\"$email\",\"role_fqn\":\"$role\"}",
                       ONE(addition_fields),
                       .page = tell_outcome},
    [OP_MEMBER_ROLE] = {SEND("POST", ORG "users/", "\"user\":\"$user\",\"role_fqn\":\"$role\""),
                        CHANGED},
    [OP_MEMBER_REMOVE] = {DELETE(ORG "users/{user}/")},
    [OP_INVITATION_LIST] = {CALL("GET", ORG "invitations/"), .query = "status=PENDING",
                            LIST(invitation_fields), .page = keep_roles},
    [OP_INVITATION_REVOKE] = {DELETE(ORG "invitations/{id}/")},
    [OP_INVITATION_ACCEPT] = {SEND("POST", "/api/v2/users/me/accept-invite/",
                                   "\"token\":\"$token\""),
                              ONE(acceptance_fields)},
    [OP_ROLE_LIST] = {CALL("GET", "/api/v2/roles/"), LIST(role_fields), .nonempty = true},
    [OP_AUDIT_LIST] = {CALL("GET", ORG "auditlogs/"),
                       .query = "action={action?}&from={from?}&to={to?}&last={after?}",
                       LIST(event_fields), .paging = PAGING_LAST, .next = "id"},
    [OP_BILLING_SHOW] = {CALL("GET", CUSTOMER), ONE(billing_fields)},
    [OP_BILLING_EDIT] =
        {.run = edit_customer, .method = "PUT", .path = CUSTOMER, .body = CUSTOMER_BODY, CHANGED},
    [OP_CREDIT_LIST] = {CREDITS, .run = list_credits, .query = "status={status?}",
                        .takes = "all state"},
    [OP_CREDIT_CREATE] = {SEND("POST", ORG "credits/",
                               "\"amount\":\"$amount$\",\"expiration_date\":\"$expires\","
                               "\"comment\":\"$comment?\""),
                          ONE(credit_fields), .page = complete_times},
    [OP_CREDIT_EDIT] = {SEND("PATCH", ORG "credits/{id}/",
                             "\"amount\":\"$amount$?\",\"expiration_date\":\"$expires?\","
                             "\"comment\":\"$comment?\""),
                        ONE(credit_fields), .page = complete_times},
    [OP_CREDIT_EXPIRE] = {DELETE(ORG "credits/{id}/")},
    [OP_SECRET_LIST] = {CALL("GET", ORG "secrets/"), LIST(secret_fields)},
    [OP_SECRET_CREATE] = {.run = create_secret,
                          .method = "POST",
                          .path = ORG "secrets/",
                          .takes = "name type access_key secret_key connection_string",
                          ONE(secret_fields)},
    [OP_SECRET_REMOVE] = {DELETE(ORG "secrets/{id}/")},
    [OP_FILE_LIST] = {CALL("GET", ORG "files/"), LIST(file_fields)},
    [OP_FILE_SHOW] = {CALL("GET", ORG "files/{id}/"), ONE(file_fields)},
    [OP_FILE_CREATE] = {SEND("POST", ORG "files/", "\"name\":\"$name\""), ONE(file_fields)},
    [OP_FILE_REMOVE] = {DELETE(ORG "files/{id}/")},
};

/* Takes SESSION for the next requests. RFC 6265 allows few characters in a cookie; another one
 * could end our part of the header. */
static enum api_status set_session(struct provider *p, const char *session,
                                   enum api_status otherwise, struct api_error *err)
{
    char value[CREDENTIAL_MAX];
    int len = snprintf(value, sizeof value, "session=%s", session);
    bool sound = *session != '\0' && strpbrk(session, ";,\"\\") == NULL;
    for (const char *c = session; *c; c++)
        sound = sound && *c > ' ' && *c <= '~';
    enum api_status status = sound && len > 0 && (size_t)len < sizeof value
                                 ? engine_header(p, "Cookie", value, err)
                                 : api_fail(err, otherwise, "the session cannot stand in a cookie");
    explicit_bzero(value, sizeof value);
    return status;
}

#define BASIC "Basic "

/* An API key is "key:secret"; anything else is the session of a browser's login. */
static enum api_status open_cratedb(struct provider *p, struct api_error *err)
{
    char value[CREDENTIAL_MAX] = BASIC;
    const size_t at = sizeof BASIC - 1;
    const char *token = p->settings.token, *region = engine_option(p, "region");
    enum api_status status = API_OK;
    if (token && !strchr(token, ':'))
        status = set_session(p, token, API_USAGE, err);
    else if (token && base64_encode(token, strlen(token), value + at, sizeof value - at))
        status = engine_header(p, "Authorization", value, err);
    else if (token)
        status = api_fail(err, API_USAGE, "the credential is too long");
    explicit_bzero(value, sizeof value);
    if (status == API_OK)
        status = engine_header(p, "X-Region", region ? region : REGION_ANY, err);
    if (status == API_OK && engine_option(p, "sudo"))
        status = engine_header(p, "X-Auth-Sudo", "1", err);
    return status;
}

/* An API key stays what it is, whatever cookies come. */
static enum api_status renew(struct provider *p, const char *session, struct api_error *err)
{
    const char *token = p->settings.token;
    if (!token || strchr(token, ':'))
        return API_OK;
    enum api_status status = set_session(p, session, API_BAD_ANSWER, err);
    char *kept = status == API_OK ? strdup(session) : NULL;
    if (status == API_OK && !kept)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    if (kept && p->credential)
        explicit_bzero(p->credential, strlen(p->credential));
    if (kept) {
        free(p->credential);
        p->credential = kept;
    }
    return status;
}

static const struct provider_option options[] = {
    {.name = "region", .help = "the region to which requests go, such as eks1.eu-west-1.aws"},
    {.name = "sudo",
     .help = "act as a superuser, who may look into every organization",
     .values = "1"},
    {0},
};

static const struct error_shape errors = {
    .text = "message", .details = "errors", .no = "success=false"};

const struct provider_kind provider_cratedb = {.name = "cratedb",
                                               .url = "https://console.cratedb.cloud",
                                               .http = true,
                                               .operations = operations,
                                               .options = options,
                                               .errors = &errors,
                                               .owner = "org_admin",
                                               .add_changes =
                                                   ADD_CHANGES_MEMBERS | ADD_CHANGES_INVITED,
                                               .login_redirect = true,
                                               .cookie = "session",
                                               .open = open_cratedb,
                                               .renew = renew};

/* The organizations API of Upsun and Platform.sh: HAL, whose links say what one may do and who the
 * users are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"
#include "api/template.h"
#include "common/clock.h"

#define ID_LEN          26 /* of an organization: a ULID */
#define ID_CHARS        "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#define ARGS_MAX        24
#define ACCESS_MAX      (ACCESS_TOKEN_MAX - 1)
#define ACCESS_MARGIN   60    /* seconds: a token with no more left is not used */
#define ACCESS_LIFE     86400 /* seconds: a token that claims to live longer is renewed after them */
#define USER_LINK       "ref:users:"
#define TOKEN_PATH      "/oauth2/token"
#define FORM            "application/x-www-form-urlencoded"
#define UPSUN_URL       "https://api.upsun.com"
#define UPSUN_AUTH      "https://auth.upsun.com"
#define PLATFORMSH_URL  "https://api.platform.sh"
#define PLATFORMSH_AUTH "https://auth.api.platform.sh"

/* The provider's state: the access token, and resolved names. */
struct session {
    struct http *auth;          /* where tokens are, or NULL: where the API is */
    int64_t until;              /* clock_mono_ms: the access token serves; 0: there is none */
    char place[RECORD_URL_MAX]; /* where it is obtained, for the cache */
    /* The organization that was seen last. */
    char id[ID_LEN + 1]; /* or "" */
    char name[RECORD_TEXT_MAX];
    bool shows_members;
};

static const struct operation operations[OP_COUNT];

/* --- the access token --- */

/* True when TEXT can stand in a header as one word. */
static bool is_word(const char *text)
{
    const char *c = text;
    while (*c > ' ' && *c <= '~')
        c++;
    return c > text && *c == '\0';
}

/* Sends ACCESS, which is good for SECONDS, from now on. */
static enum api_status use_token(struct provider *p, const char *access, int64_t seconds,
                                 struct api_error *err)
{
    struct session *s = p->state;
    char value[ACCESS_MAX + sizeof "Bearer "];
    snprintf(value, sizeof value, "Bearer %s", access);
    enum api_status status = engine_header(p, "Authorization", value, err);
    explicit_bzero(value, sizeof value);
    s->until = clock_mono_ms() + (seconds - ACCESS_MARGIN) * 1000;
    return status;
}

/* Keeps ACCESS, NULL: none, for other processes. */
static void keep_token(const struct provider *p, const char *access, int64_t seconds)
{
    const struct access_cache *cache = p->settings.access;
    const struct session *s = p->state;
    if (cache)
        cache->keep(cache->arg, s->place, access, seconds - ACCESS_MARGIN);
}

/* Takes the token that another process kept. False: there is none. */
static bool find_token(struct provider *p, struct api_error *err)
{
    const struct access_cache *cache = p->settings.access;
    const struct session *s = p->state;
    char access[ACCESS_TOKEN_MAX] = "";
    int64_t seconds = cache && s->until == 0 ? cache->load(cache->arg, s->place, access) : 0;
    bool good = seconds > 0 && seconds <= ACCESS_LIFE && is_word(access);
    if (good)
        good = use_token(p, access, seconds + ACCESS_MARGIN, err) == API_OK;
    explicit_bzero(access, sizeof access);
    return good;
}

static enum api_status take_token(struct provider *p, const struct answer *answer,
                                  struct api_error *err)
{
    const char *access = json_text(answer->json, "access_token");
    const cJSON *expires = json_at(answer->json, "expires_in");
    const char *type = json_text(answer->json, "token_type");
    int64_t seconds = ACCESS_LIFE;
    if (!access || !is_word(access) || strlen(access) > ACCESS_MAX ||
        (expires && !json_integer(expires, &seconds)) || (type && strcasecmp(type, "bearer") != 0))
        return api_fail(err, API_BAD_ANSWER, "%s: this is not an access token", answer->where);
    if (seconds > ACCESS_LIFE)
        seconds = ACCESS_LIFE;
    keep_token(p, access, seconds);
    return use_token(p, access, seconds, err);
}

/* Obtains an access token. */
static enum api_status obtain_token(struct provider *p, struct api_error *err)
{
    const struct session *s = p->state;
    char form[URL_PATH_MAX];
    struct answer answer;
    bool platformsh = p->kind == &provider_platformsh;
    const struct provider_arg args[] = {
        {"client", platformsh ? "platform-cli" : "upsun-cli"}, {"token", p->settings.token}, {0}};
    if (!p->settings.token)
        return api_fail(err, API_USAGE, "no API token is given");
    if (template_url("", "client_id={client}&client_secret=&grant_type=api_token&api_token={token}",
                     args, form, err) != API_OK)
        return err->status;
    struct http_request request = {
        .method = "POST", .path = TOKEN_PATH, .body = form + 1, .content_type = FORM};
    enum api_status status = engine_obtain(p, s->auth ? s->auth : p->http, &request, &answer, err);
    explicit_bzero(form, sizeof form);
    if (status == API_OK)
        status = take_token(p, &answer, err);
    cJSON_Delete(answer.json);
    return status;
}

static enum api_status authorize(struct provider *p, bool again, struct api_error *err)
{
    const struct session *s = p->state;
    if (again) /* revoked, perhaps */
        keep_token(p, NULL, 0);
    if (!again && (clock_mono_ms() < s->until || find_token(p, err)))
        return API_OK;
    return obtain_token(p, err);
}

/* Where tokens are obtained, or NULL: where the API is. */
static const char *auth_url(const struct provider *p)
{
    const char *given = engine_option(p, "auth_url"), *own = p->kind->url;
    size_t len = strlen(own);
    if (given)
        return given;
    const char *rest =
        strncmp(p->settings.url, own, len) == 0 ? p->settings.url + len : "elsewhere";
    if (*rest && strcmp(rest, "/") != 0)
        return NULL;
    return p->kind == &provider_platformsh ? PLATFORMSH_AUTH : UPSUN_AUTH;
}

static enum api_status upsun_open(struct provider *p, struct api_error *err)
{
    struct provider_settings auth = p->settings;
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    p->state = s;
    auth.url = auth_url(p);
    snprintf(s->place, sizeof s->place, "%s %s", p->kind->name,
             auth.url ? auth.url : p->settings.url);
    if (auth.url && (s->auth = http_open(&auth, err)) == NULL)
        return err->status;
    return API_OK;
}

static void upsun_close(struct provider *p)
{
    struct session *s = p->state;
    if (s)
        http_close(s->auth);
    free(s);
}

/* --- organizations by id or name --- */

static bool is_id(const char *org)
{
    return strlen(org) == ID_LEN && strspn(org, ID_CHARS) == ID_LEN;
}

static bool org_segment(const char *org, char *out, size_t size)
{
    int len = snprintf(out, size, "%s%s", is_id(org) ? "" : "name=", org);
    return *org != '\0' && len > 0 && (size_t)len < size;
}

static const char *chosen(const struct provider *p, const struct provider_arg *args)
{
    const char *org = template_arg(args, "org");
    return org ? org : p->settings.org;
}

/* A link that is there says that one may follow it. */
static enum api_status remember(struct provider *p, const struct operation *o,
                                const struct provider_arg *args, struct answer *answer,
                                struct api_error *err)
{
    struct session *s = p->state;
    const char *id = json_text(answer->json, "id"), *name = json_text(answer->json, "name");
    (void)o, (void)args, (void)err;
    snprintf(s->id, sizeof s->id, "%s", id && is_id(id) ? id : "");
    snprintf(s->name, sizeof s->name, "%s", name && strlen(name) < sizeof s->name ? name : "");
    s->shows_members = json_text(answer->json, "_links.members.href") != NULL;
    return API_OK;
}

/* GETs the organization that is chosen, for remember. */
static enum api_status look_up(struct provider *p, const struct provider_arg *args,
                               struct api_error *err)
{
    const struct session *s = p->state;
    char segment[RECORD_TEXT_MAX];
    const char *org = chosen(p, args);
    const struct provider_arg one[] = {{"org", org ? segment : NULL}, {0}};
    struct answer answer;
    if (org && !org_segment(org, segment, sizeof segment))
        return api_fail(err, API_USAGE, "\"%s\" is not an id or name of an organization", org);
    enum api_status status = engine_request(p, &operations[OP_ORG_SHOW], one, NULL, &answer, err);
    cJSON_Delete(answer.json);
    if (status == API_OK && !*s->id)
        return api_fail(err, API_BAD_ANSWER, "%s: \"id\" is missing or none", answer.where);
    return status;
}

/* API_REFUSED when the organization does not show its members. What it did once is not asked again:
 * if it does not any more, the listing itself is refused. */
static enum api_status may_list(struct provider *p, const struct provider_arg *args,
                                struct api_error *err)
{
    const struct session *s = p->state;
    const char *org = chosen(p, args);
    enum api_status status = API_OK;
    bool known = org && *s->id && (strcmp(org, s->id) == 0 || strcmp(org, s->name) == 0);
    if (!known || !s->shows_members)
        status = look_up(p, args, err);
    if (status == API_OK && !s->shows_members)
        return api_fail(err, API_REFUSED,
                        "the organization \"%s\" does not show its members to you: this needs the "
                        "permission \"members\"",
                        s->name);
    return status;
}

/* The id of the organization that is chosen, for what cannot be done by name. */
static enum api_status find_id(struct provider *p, const struct provider_arg *args,
                               char id[ID_LEN + 1], struct api_error *err)
{
    const struct session *s = p->state;
    const char *org = chosen(p, args);
    enum api_status status = API_OK;
    bool is = org && is_id(org);
    if (!is && (!org || !*s->id || strcmp(org, s->name) != 0))
        status = look_up(p, args, err);
    memcpy(id, is ? org : s->id, ID_LEN + 1);
    return status;
}

/* engine_run by the organization's id and, where NAME is not given, with VALUE for it. */
static enum api_status run_with(struct provider *p, const struct operation *o,
                                const struct provider_arg *args, const char *name,
                                const char *value, provider_sink *sink, void *arg,
                                struct api_error *err)
{
    char id[ID_LEN + 1];
    struct provider_arg all[ARGS_MAX + 3] = {{"org", id}};
    size_t n = 1;
    enum api_status status = find_id(p, args, id, err);
    if (status != API_OK)
        return status;
    for (; args && args->name && n <= ARGS_MAX; args++)
        all[n++] = *args;
    all[n] = (struct provider_arg){name, value};
    return engine_run(p, o, all, sink, arg, err);
}

static enum api_status run_by_id(struct provider *p, const struct operation *o,
                                 const struct provider_arg *args, provider_sink *sink, void *arg,
                                 struct api_error *err)
{
    return run_with(p, o, args, NULL, NULL, sink, arg, err);
}

/* The fault of a page's links, or NULL. A page without links would count as the last one. */
static const char *links_fault(const cJSON *page)
{
    const cJSON *links = json_at(page, "_links"), *next = json_at(links, "next");
    const char *href = json_text(next, "href");
    if (!cJSON_IsObject(links))
        return "\"_links\" is no object";
    return next && (!href || !*href) ? "\"next\" is no link" : NULL;
}

/* --- people --- */

/* Puts VALUE, which becomes OBJECT's, in the place of what KEY was. */
static bool set(cJSON *object, const char *key, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    if (value && cJSON_AddItemToObject(object, key, value))
        return true;
    cJSON_Delete(value);
    return false;
}

/* The first and last name of the user at PATH in ITEM become ITEM's "display". */
static const char *name_fully(cJSON *item, const char *path)
{
    char name[2 * RECORD_TEXT_MAX];
    const cJSON *user = json_at(item, path);
    const cJSON *first = json_at(user, "first_name"), *last = json_at(user, "last_name");
    if (user && (!cJSON_IsObject(user) || (first && !cJSON_IsString(first)) ||
                 (last && !cJSON_IsString(last))))
        return "a user's name has a wrong type";
    const char *one = first ? first->valuestring : "", *two = last ? last->valuestring : "";
    if (strlen(one) + strlen(two) + 1 >= sizeof name)
        return "a user's name has a wrong length";
    snprintf(name, sizeof name, "%s%s%s", one, *one && *two ? " " : "", two);
    cJSON_DeleteItemFromObjectCaseSensitive(item, "display");
    if (!*name || set(item, "display", cJSON_CreateString(name)))
        return NULL;
    return "out of memory";
}

static enum api_status name_user(struct provider *p, const struct operation *o,
                                 const struct provider_arg *args, struct answer *answer,
                                 struct api_error *err)
{
    (void)p, (void)o, (void)args;
    const char *fault = name_fully(answer->json, "");
    return fault ? api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, fault) : API_OK;
}

/* Moves the users that the link HREF leads to into the ITEMS that are theirs. */
static enum api_status follow_users(struct provider *p, const char *href, cJSON *items,
                                    const char *where, struct api_error *err)
{
    char path[URL_PATH_MAX * 8];
    struct answer users;
    if (!href || !engine_link(p, href, path, sizeof path))
        return api_fail(err, API_BAD_ANSWER, "%s: a link to the users cannot be followed", where);
    const struct http_request request = {.method = "GET", .path = path};
    enum api_status status = engine_exchange(p, &request, false, &users, err);
    if (status == API_OK && !cJSON_IsObject(users.json))
        status = api_fail(err, API_BAD_ANSWER, "%s: the answer is not a JSON object", users.where);
    for (cJSON *item = items->child; item && status == API_OK; item = item->next) {
        const char *id = json_text(item, "user_id");
        cJSON *user = id ? cJSON_DetachItemFromObjectCaseSensitive(users.json, id) : NULL;
        const cJSON *own = json_at(user, "id");
        if (own && (!cJSON_IsString(own) || strcmp(own->valuestring, id) != 0))
            status = api_fail(err, API_BAD_ANSWER, "%s: a user has a wrong id", users.where);
        if (user && !set(item, "user", user))
            status = api_fail(err, API_UNREACHABLE, "out of memory");
    }
    cJSON_Delete(users.json);
    return status;
}

/* Adds to ITEM what a member's record needs and no field path reaches. Returns NULL, or the fault.
 */
static const char *complete(cJSON *item)
{
    const cJSON *owner = json_at(item, "owner");
    if (!cJSON_IsBool(owner))
        return "\"owner\" is not true or false";
    if (!set(item, "roles", cJSON_CreateString(cJSON_IsTrue(owner) ? "owner" : "member")))
        return "out of memory";
    return name_fully(item, "user");
}

/* The members of a page get their users, which stand behind links that live shortly. */
static enum api_status add_users(struct provider *p, const struct operation *o,
                                 const struct provider_arg *args, struct answer *answer,
                                 struct api_error *err)
{
    enum api_status status = API_OK;
    cJSON *items = cJSON_GetObjectItemCaseSensitive(answer->json, o->items);
    const char *missing = links_fault(answer->json);
    (void)args;
    if (!cJSON_IsArray(items))
        return API_OK; /* engine_records says what is wrong */
    if (missing)
        return api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, missing);
    for (cJSON *item = items->child; item; item = item->next)
        cJSON_DeleteItemFromObjectCaseSensitive(item, "user");
    for (const cJSON *l = json_at(answer->json, "_links")->child; l && status == API_OK;
         l = l->next)
        if (l->string && strncmp(l->string, USER_LINK, strlen(USER_LINK)) == 0)
            status = follow_users(p, json_text(l, "href"), items, answer->where, err);
    for (cJSON *item = items->child; item && status == API_OK; item = item->next) {
        const char *fault = complete(item);
        if (fault)
            status = api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, fault);
    }
    return status;
}

static enum api_status list_members(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, provider_sink *sink, void *arg,
                                    struct api_error *err)
{
    enum api_status status = may_list(p, args, err);
    return status == API_OK ? engine_run(p, o, args, sink, arg, err) : status;
}

/* An invitation always says what it permits. */
static enum api_status invite(struct provider *p, const struct operation *o,
                              const struct provider_arg *args, provider_sink *sink, void *arg,
                              struct api_error *err)
{
    return run_with(p, o, args, "permissions", "", sink, arg, err);
}

/* --- organizations --- */

/* The organizations of who asks: the path wants his id. */
static enum api_status list_orgs(struct provider *p, const struct operation *o,
                                 const struct provider_arg *args, provider_sink *sink, void *arg,
                                 struct api_error *err)
{
    struct answer me;
    (void)args;
    enum api_status status = engine_request(p, &operations[OP_WHOAMI], NULL, NULL, &me, err);
    const char *id = json_text(me.json, "id");
    const struct provider_arg one[] = {{"me", id}, {0}};
    if (status == API_OK && !id)
        status = api_fail(err, API_BAD_ANSWER, "%s: \"id\" is missing", me.where);
    if (status == API_OK)
        status = engine_run(p, o, one, sink, arg, err);
    cJSON_Delete(me.json);
    return status;
}

static enum api_status add_role(struct provider *p, const struct operation *o,
                                const struct provider_arg *args, struct answer *answer,
                                struct api_error *err)
{
    cJSON *items = cJSON_GetObjectItemCaseSensitive(answer->json, o->items);
    const char *me = template_arg(args, "me"), *fault = links_fault(answer->json);
    (void)p;
    if (cJSON_IsArray(items) && fault)
        return api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, fault);
    for (cJSON *item = items ? items->child : NULL; item; item = item->next) {
        const char *owner = json_text(item, "owner_id");
        bool own = me && owner && strcmp(me, owner) == 0;
        if (!set(item, "role", cJSON_CreateString(own ? "owner" : "member")))
            return api_fail(err, API_UNREACHABLE, "out of memory");
    }
    return API_OK;
}

/* The name for people is the one that must be there. */
static enum api_status create_org(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, provider_sink *sink, void *arg,
                                  struct api_error *err)
{
    struct provider_arg all[ARGS_MAX + 2] = {{0}};
    size_t n = 0;
    for (; args && args->name && n < ARGS_MAX; args++)
        all[n++] = *args;
    all[n] = (struct provider_arg){"label", template_arg(all, "name")};
    return engine_run(p, o, all, sink, arg, err);
}

static int search_any(void *arg, const cJSON *record)
{
    bool *found = arg;
    (void)record;
    *found = true;
    return 1;
}

/* The vendor's client looks before it deletes, and so do we. */
static enum api_status delete_org(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, provider_sink *sink, void *arg,
                                  struct api_error *err)
{
    bool found = false;
    enum api_status status =
        run_by_id(p, &operations[OP_SUBSCRIPTION_LIST], args, search_any, &found, err);
    if (found)
        return api_fail(err, API_REFUSED, "the organization still has subscriptions");
    return status == API_OK ? run_by_id(p, o, args, sink, arg, err) : status;
}

/* --- billing: the profile and the address --- */

#define AT "/organizations/{org}"
#define PROFILE                                                                                    \
    "\"company_name\":\"$company_name?\",\"billing_contact\":\"$billing_contact?\","               \
    "\"security_contact\":\"$security_contact?\",\"vat_number\":\"$vat_number?\","                 \
    "\"default_catalog\":\"$default_catalog?\",\"project_options_url\":\"$project_options_url?\""
#define ADDRESS                                                                                    \
    "\"country\":\"$country?\",\"name_line\":\"$name_line?\",\"premise\":\"$premise?\","           \
    "\"sub_premise\":\"$sub_premise?\",\"thoroughfare\":\"$thoroughfare?\","                       \
    "\"administrative_area\":\"$administrative_area?\","                                           \
    "\"sub_administrative_area\":\"$sub_administrative_area?\",\"locality\":\"$locality?\","       \
    "\"dependent_locality\":\"$dependent_locality?\",\"postal_code\":\"$postal_code?\""

static const struct operation get_address = {.method = "GET", .path = AT "/address"};

static enum api_status add_address(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, struct answer *answer,
                                   struct api_error *err)
{
    struct answer address;
    (void)o;
    enum api_status status = engine_request(p, &get_address, args, NULL, &address, err);
    if (status != API_OK)
        return status;
    if (!cJSON_IsObject(address.json)) {
        cJSON_Delete(address.json);
        return api_fail(err, API_BAD_ANSWER, "%s: the answer is not a JSON object", address.where);
    }
    return set(answer->json, "address", address.json)
               ? API_OK
               : api_fail(err, API_UNREACHABLE, "out of memory");
}

static bool absent(void *arg, const char *name, size_t len)
{
    for (const struct provider_arg *a = arg; a->name; a++)
        if (a->value && strlen(a->name) == len && strncmp(a->name, name, len) == 0)
            return false;
    return true;
}

/* The error of the second request tells that the first one was done. */
static enum api_status half_done(struct api_error *err)
{
    char message[sizeof err->message];
    snprintf(message, sizeof message, "%s", err->message);
    snprintf(err->message, sizeof err->message, "the profile is changed, the address is not: %.*s",
             (int)sizeof message - 64, message);
    return err->status;
}

static enum api_status edit_billing(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, provider_sink *sink, void *arg,
                                    struct api_error *err)
{
    static const struct operation edits[] = {
        {.method = "PATCH", .path = AT "/profile", .body = "{" PROFILE "}", .shape = ITEMS_NONE},
        {.method = "PATCH", .path = AT "/address", .body = "{" ADDRESS "}", .shape = ITEMS_NONE},
    };
    enum api_status status = API_OK;
    bool any = false;
    (void)o;
    for (size_t i = 0; i < sizeof edits / sizeof *edits && status == API_OK; i++) {
        if (template_names(edits[i].body, absent, (void *)args))
            continue;
        status = run_by_id(p, &edits[i], args, sink, arg, err);
        if (status != API_OK && any)
            return half_done(err);
        any = true;
    }
    return any ? status : api_fail(err, API_USAGE, "no field to change is given");
}

/* --- the tables --- */

static const struct field user_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "email", .from = "email"},
    {.name = "username", .from = "username"},
    {.name = "name", .from = "display"},
    {0},
};

static const struct field organization_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "label", .from = "label"},
    {.name = "role", .from = "role"},
    {.name = "type", .from = "type"},
    {.name = "state", .from = "status"},
    {.name = "country", .from = "country"},
    {.name = "owner", .from = "owner_id"},
    {.name = "namespace", .from = "namespace"},
    {.name = "created", .from = "created_at"},
    {.name = "updated", .from = "updated_at"},
    {0},
};

static const struct field member_fields[] = {
    {.name = "id", .from = "user_id", .required = true},
    {.name = "email", .from = "user.email"},
    {.name = "username", .from = "user.username"},
    {.name = "name", .from = "display"},
    {.name = "roles", .from = "roles", .kind = FIELD_LIST, .required = true},
    {.name = "permissions", .from = "permissions", .kind = FIELD_LIST},
    {.name = "state", .from = "", .otherwise = "active"},
    {.name = "joined", .from = "created_at"},
    {0},
};

static const struct field addition_fields[] = {
    {.name = "outcome", .from = "", .otherwise = "invited"},
    {.name = "id", .from = "id", .required = true},
    {.name = "email", .from = "email", .required = true},
    {.name = "permissions", .from = "permissions", .kind = FIELD_LIST},
    {0},
};

static const struct field invitation_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "email", .from = "email", .required = true},
    {.name = "permissions", .from = "permissions", .kind = FIELD_LIST},
    {.name = "state", .from = "state"},
    {.name = "created", .from = "created_at"},
    {0},
};

static const struct field billing_fields[] = {
    {.name = "name", .from = "display_name"},
    {.name = "company_name", .from = "company_name"},
    {.name = "company_type", .from = "company_type"},
    {.name = "email", .from = "email"},
    {.name = "country", .from = "address.country"},
    {.name = "name_line", .from = "address.name_line"},
    {.name = "thoroughfare", .from = "address.thoroughfare"},
    {.name = "premise", .from = "address.premise"},
    {.name = "sub_premise", .from = "address.sub_premise"},
    {.name = "locality", .from = "address.locality"},
    {.name = "dependent_locality", .from = "address.dependent_locality"},
    {.name = "administrative_area", .from = "address.administrative_area"},
    {.name = "sub_administrative_area", .from = "address.sub_administrative_area"},
    {.name = "postal_code", .from = "address.postal_code"},
    {.name = "vat_number", .from = "vat_number"},
    {.name = "currency", .from = "currency"},
    {.name = "billing_contact", .from = "billing_contact"},
    {.name = "security_contact", .from = "security_contact"},
    {.name = "default_catalog", .from = "default_catalog"},
    {.name = "project_options_url", .from = "project_options_url"},
    {0},
};

static const struct field subscription_fields[] = {
    {.name = "id", .from = "id", .kind = FIELD_WORD, .required = true},
    {.name = "state", .from = "status"},
    {.name = "plan", .from = "plan"},
    {.name = "project", .from = "project_id"},
    {.name = "title", .from = "project_title"},
    {.name = "region", .from = "project_region"},
    {.name = "owner", .from = "owner"},
    {.name = "created", .from = "created_at"},
    {.name = "updated", .from = "updated_at"},
    {0},
};

#define ONE(f)  .shape = ITEMS_ONE, .fields = (f)
#define LIST(f) .shape = ITEMS_LIST, .items = "items", .fields = (f)
#define PAGED   .paging = PAGING_LINK, .next = "_links.next.href"
#define SIZE    "page%5Bsize%5D=100"
#define INVITE                                                                                     \
    .method = "POST", .path = AT "/invitations",                                                   \
    .body = "{\"email\":\"$email\",\"permissions\":\"$permissions,\",\"force\":false}"

/* The same request as the vendor's client. */
#define SUBSCRIBED                                                                                 \
    "filter%5Bstatus%5D%5Bvalue%5D%5B0%5D=active&filter%5Bstatus%5D%5Bvalue%5D%5B1%5D=suspended"   \
    "&filter%5Bstatus%5D%5Boperator%5D=IN&range=50&page={page}"

/* GETs go by id or name, all else by id. */
static const struct operation operations[OP_COUNT] = {
    [OP_WHOAMI] = {engine_run, "GET", "/users/me", .page = name_user, ONE(user_fields)},
    [OP_ORG_LIST] = {list_orgs, "GET", "/users/{me}/organizations", SIZE, .page = add_role,
                     LIST(organization_fields), PAGED},
    [OP_ORG_FIND] = {engine_run, "GET", AT, .page = remember, ONE(organization_fields)},
    [OP_ORG_SHOW] = {engine_run, "GET", AT, .page = remember, ONE(organization_fields)},
    [OP_ORG_CREATE] = {create_org, "POST", "/organizations",
                       .body = "{\"name\":\"$name\",\"label\":\"$label\",\"country\":\"$country?\","
                               "\"type\":\"$type?\"}",
                       ONE(organization_fields)},
    [OP_ORG_EDIT] = {run_by_id, "PATCH", AT,
                     .body =
                         "{\"name\":\"$name?\",\"label\":\"$label?\",\"country\":\"$country?\"}",
                     .shape = ITEMS_NONE},
    [OP_ORG_DELETE] = {delete_org, "DELETE", AT, .takes = "name", .shape = ITEMS_NONE},
    [OP_MEMBER_LIST] = {list_members, "GET", AT "/members", "sort=created_at&" SIZE,
                        .page = add_users, LIST(member_fields), .nonempty = true, PAGED},
    [OP_MEMBER_ADD] = {invite, INVITE, ONE(addition_fields)},
    [OP_MEMBER_ROLE] = {run_by_id, "PATCH", AT "/members/{user}",
                        .body = "{\"permissions\":\"$permissions,\"}", .shape = ITEMS_NONE},
    [OP_MEMBER_REMOVE] = {run_by_id, "DELETE", AT "/members/{user}", .shape = ITEMS_NONE},
    [OP_INVITATION_LIST] = {run_by_id, "GET", AT "/invitations", SIZE, .shape = ITEMS_LIST,
                            .fields = invitation_fields},
    [OP_INVITATION_CREATE] = {invite, INVITE, ONE(invitation_fields)},
    [OP_INVITATION_REVOKE] = {run_by_id, "DELETE", AT "/invitations/{id}", .shape = ITEMS_NONE},
    [OP_BILLING_SHOW] = {engine_run, "GET", AT "/profile", .page = add_address,
                         ONE(billing_fields)},
    [OP_BILLING_EDIT] = {edit_billing, "PATCH", AT, .body = "{" PROFILE "," ADDRESS "}",
                         .shape = ITEMS_NONE},
    [OP_SUBSCRIPTION_LIST] = {run_by_id, "GET", AT "/subscriptions", SUBSCRIBED,
                              LIST(subscription_fields), .paging = PAGING_NUMBER,
                              .next = "_links.next"},
};

static const struct error_shape errors = {
    .code = "error", .text = "message|title|error_description", .details = "detail|."};

static const struct provider_option options[] = {
    {"auth_url", "where the API token is exchanged, when it is not the vendor's own address", NULL},
    {0},
};

#define KIND(n, u)                                                                                 \
    {                                                                                              \
        .name = (n), .url = (u), .http = true, .operations = operations, .options = options,       \
        .errors = &errors, .owner = "owner", .add_changes = ADD_CHANGES_MEMBERS,                   \
        .open = upsun_open, .authorize = authorize, .close = upsun_close,                          \
        .org_segment = org_segment                                                                 \
    }

const struct provider_kind provider_upsun = KIND("upsun", UPSUN_URL);
const struct provider_kind provider_platformsh = KIND("platformsh", PLATFORMSH_URL);

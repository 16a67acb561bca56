#include "api/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/error.h"
#include "api/json.h"

#define PATH_LEN_MAX   1024
#define LIST_ITEMS_MAX 256 /* roles or permissions of one record */
#define CURSOR_MAX     512
#define PAGES_MAX      20000 /* of a listing: beyond that a server only wants to keep us busy */
#define ARGS_MAX       16

const char *engine_arg(const struct provider *p, const struct provider_arg *args, const char *name)
{
    for (; args && args->name; args++)
        if (strcmp(args->name, name) == 0 && args->value)
            return args->value;
    return strcmp(name, "org") == 0 ? p->settings.org : NULL;
}

/* The argument that a template names in LEN bytes at NAME, or NULL with *ERR filled. */
static const char *wanted_arg(const struct provider *p, const struct provider_arg *args,
                              const char *name, struct api_error *err)
{
    const char *value = engine_arg(p, args, name);
    if (!value && strcmp(name, "org") == 0)
        api_fail(err, API_USAGE, "no organization is chosen");
    else if (!value)
        api_fail(err, API_USAGE, "the argument \"%s\" is missing", name);
    else if (strlen(value) > RECORD_TEXT_MAX || !json_utf8(value, strlen(value)))
        api_fail(err, API_USAGE, "the argument \"%s\" is too long or not UTF-8", name);
    else
        return value;
    return NULL;
}

static size_t encode_byte(char c, char out[3])
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    unsigned char byte = (unsigned char)c;
    if (strchr(plain, c)) {
        out[0] = c;
        return 1;
    }
    out[0] = '%';
    out[1] = hex[byte >> 4];
    out[2] = hex[byte & 15];
    return 3;
}

static bool put(char *url, size_t size, size_t *used, const char *text, size_t len)
{
    if (len >= size - *used)
        return false;
    memcpy(url + *used, text, len);
    *used += len;
    url[*used] = '\0';
    return true;
}

static bool put_segment(char *url, size_t size, size_t *used, const char *value)
{
    char code[3];
    if (strcmp(value, "") == 0 || strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
        return false;
    for (; *value; value++)
        if (!put(url, size, used, code, encode_byte(*value, code)))
            return false;
    return true;
}

bool engine_path(const struct provider *p, const char *path, const struct provider_arg *args,
                 char *url, size_t size, struct api_error *err)
{
    size_t used = 0;
    url[0] = '\0';
    while (*path) {
        char name[32];
        size_t len = strcspn(path, "{");
        if (!put(url, size, &used, path, len))
            goto unfit;
        path += len;
        if (*path == '\0')
            break;
        len = strcspn(path, "}");
        snprintf(name, sizeof name, "%.*s", (int)len - 1, path + 1);
        const char *value = wanted_arg(p, args, name, err);
        if (!value)
            return false;
        if (!put_segment(url, size, &used, value)) {
            api_fail(err, API_USAGE, "the argument \"%s\" cannot be part of a path", name);
            return false;
        }
        path += len + 1;
    }
    return true;
unfit:
    api_fail(err, API_USAGE, "the arguments are too long");
    return false;
}

/* The items of VALUE, which commas separate, as an array; NULL when out of memory. */
static cJSON *list_of(const char *value)
{
    char item[RECORD_TEXT_MAX + 1];
    cJSON *list = cJSON_CreateArray();
    while (list && *value) {
        size_t len = strcspn(value, ",");
        snprintf(item, sizeof item, "%.*s", (int)len, value);
        cJSON *text = len > 0 ? cJSON_CreateString(item) : NULL;
        if (len > 0 && !cJSON_AddItemToArray(list, text)) {
            cJSON_Delete(text);
            cJSON_Delete(list);
            return NULL;
        }
        value += len + (value[len] == ',');
    }
    return list;
}

/* The JSON value that the argument VALUE becomes, as the letter behind its NAME says. */
static cJSON *typed_value(char type, const char *name, const char *value, struct api_error *err)
{
    cJSON *json = NULL;
    if (type == '#' && (strspn(value, "0123456789") != strlen(value) || strlen(value) - 1 > 14)) {
        api_fail(err, API_USAGE, "the argument \"%s\" is no number: %s", name, value);
        return NULL;
    }
    if (type == '#')
        json = cJSON_CreateNumber((double)strtoull(value, NULL, 10));
    else
        json = type == ',' ? list_of(value) : cJSON_CreateString(value);
    if (!json)
        api_fail(err, API_UNREACHABLE, "out of memory");
    return json;
}

/* Puts the arguments into a parsed body template. */
static bool fill_body(cJSON *node, const struct provider *p, const struct provider_arg *args,
                      struct api_error *err)
{
    for (cJSON *child = node->child, *next; child; child = next) {
        next = child->next;
        if (!cJSON_IsString(child) || child->valuestring[0] != '$') {
            if (!fill_body(child, p, args, err))
                return false;
            continue;
        }
        char name[32];
        const char *from = child->valuestring + 1;
        size_t len = strcspn(from, "#,?");
        char type = from[len];
        snprintf(name, sizeof name, "%.*s", (int)len, from);
        if (strchr(from, '?') && !engine_arg(p, args, name)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(node, child));
            continue;
        }
        const char *value = wanted_arg(p, args, name, err);
        cJSON *json = value ? typed_value(type, name, value, err) : NULL;
        if (!json)
            return false;
        if (!cJSON_ReplaceItemInObjectCaseSensitive(node, child->string, json)) {
            cJSON_Delete(json);
            api_fail(err, API_UNREACHABLE, "out of memory");
            return false;
        }
    }
    return true;
}

/* What cJSON_free frees, or NULL with *ERR filled. */
static char *make_body(const struct provider *p, const char *template,
                       const struct provider_arg *args, struct api_error *err)
{
    char *text = NULL;
    cJSON *body = cJSON_Parse(template);
    bool filled = body && fill_body(body, p, args, err);
    if (filled)
        text = cJSON_PrintUnformatted(body);
    if (!body || (filled && !text))
        api_fail(err, API_UNREACHABLE, "out of memory");
    cJSON_Delete(body);
    return text;
}

/* The API's own word for what went wrong, and its sentence: vendors put them in various places. */
static void read_refusal(const cJSON *json, const char **code, const char **said)
{
    static const char *const codes[] = {"reason", "error", "error.code", "code"};
    static const char *const sentences[] = {"message", "error.message"};
    *code = *said = NULL;
    for (size_t i = 0; !*code && i < sizeof codes / sizeof *codes; i++)
        *code = json_text(json, codes[i]);
    for (size_t i = 0; !*said && i < sizeof sentences / sizeof *sentences; i++)
        *said = json_text(json, sentences[i]);
}

/* A reply that is no success: into *ERR. JSON may be NULL. */
static enum api_status refuse(const struct http_reply *r, enum api_status status, const cJSON *json,
                              struct api_error *err)
{
    const char *code, *said;
    read_refusal(json, &code, &said);
    err->http = r->status;
    err->retry_after_s = r->retry_after_s;
    snprintf(err->code, sizeof err->code, "%s", code ? code : "");
    for (char *c = err->code; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    const char *sep = *err->code && said ? ": " : "";
    const char *request = json_text(json, "requestId"); /* it is in the server's log too */
    if (!*err->code && !said)
        said = r->status == 401 ? "the credential is not accepted" : "no reason is given";
    return api_fail(err, status, "%s: %d %s%s%s%s%s%s", r->where, r->status, err->code, sep,
                    said ? said : "", request ? " (request " : "", request ? request : "",
                    request ? ")" : "");
}

static enum api_status judge(const struct http_reply *r, struct answer *answer,
                             struct api_error *err)
{
    char why[JSON_WHY_MAX];
    cJSON *json = json_parse(r->body ? r->body : "", r->len, why);
    enum api_status status = API_OK;
    if (r->status == 429 || r->status >= 500)
        status = refuse(r, API_UNREACHABLE, json, err);
    else if (r->status >= 400)
        status = refuse(r, API_REFUSED, json, err);
    else if (r->status >= 300 || r->status < 200)
        status = api_fail(err, API_BAD_ANSWER, "%s: %d, a redirect, which is not followed",
                          r->where, r->status);
    else if (!json)
        status = api_fail(err, API_BAD_ANSWER, "%s: %d with an unusable answer%s: %s", r->where,
                          r->status, r->json ? "" : " that does not claim to be JSON", why);
    else if (!cJSON_IsObject(json))
        status = api_fail(err, API_BAD_ANSWER, "%s: the answer is no JSON object", r->where);
    else if (cJSON_IsFalse(json_at(json, "ok")))
        status = refuse(r, API_REFUSED, json, err); /* a held reply that turned into a "no" */
    err->http = r->status;
    if (status == API_OK)
        answer->json = json;
    else
        cJSON_Delete(json);
    return status;
}

enum api_status engine_exchange(struct provider *p, const struct http_request *request,
                                struct answer *answer, struct api_error *err)
{
    struct http_reply reply;
    struct http_request full = *request;
    full.authorization = p->authorization;
    answer->json = NULL;
    enum api_status status = http_run(p->http, &full, &reply, err);
    memcpy(answer->where, reply.where, sizeof answer->where);
    if (status != API_OK)
        return status;
    status = judge(&reply, answer, err);
    http_reply_free(&reply);
    return status;
}

/* The value for F in ITEM, or NULL when there is none. */
static const cJSON *field_value(const cJSON *item, const struct field *f)
{
    char path[64];
    const cJSON *value = NULL;
    for (const char *from = f->from; !value && *from;) {
        size_t len = strcspn(from, "|");
        snprintf(path, sizeof path, "%.*s", (int)len, from);
        value = json_at(item, strcmp(path, ".") == 0 ? "" : path);
        from += len + (from[len] == '|');
    }
    return value;
}

static bool text_sound(const cJSON *value)
{
    return cJSON_IsString(value) && strlen(value->valuestring) <= RECORD_TEXT_MAX;
}

static bool state_sound(const cJSON *value)
{
    static const char *const word[] = {"active", "pending", "suspended", "removed"};
    for (size_t i = 0; cJSON_IsString(value) && i < sizeof word / sizeof *word; i++)
        if (strcmp(value->valuestring, word[i]) == 0)
            return true;
    return false;
}

static bool list_sound(const cJSON *value)
{
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) > LIST_ITEMS_MAX)
        return false;
    for (const cJSON *item = value->child; item; item = item->next)
        if (!text_sound(item))
            return false;
    return true;
}

/* A copy of VALUE as FIELD wants it, or NULL when it is of a wrong type or size. */
static cJSON *field_copy(const struct field *f, const cJSON *value)
{
    if (f->kind == FIELD_STATE)
        return state_sound(value) ? cJSON_CreateString(value->valuestring) : NULL;
    int64_t number;
    if (f->kind == FIELD_NUMBER)
        return json_integer(value, &number) ? cJSON_CreateNumber((double)number) : NULL;
    if (f->kind == FIELD_BOOL)
        return cJSON_IsBool(value) ? cJSON_Duplicate(value, false) : NULL;
    if (f->kind == FIELD_LIST && !cJSON_IsString(value))
        return list_sound(value) ? cJSON_Duplicate(value, true) : NULL;
    if (!text_sound(value) || (f->required && value->valuestring[0] == '\0'))
        return NULL;
    if (f->kind == FIELD_TEXT)
        return cJSON_CreateString(value->valuestring);
    return cJSON_CreateStringArray((const char *[]){value->valuestring}, 1);
}

static bool add_field(cJSON *record, const struct field *f, const cJSON *item,
                      const struct answer *answer, struct api_error *err)
{
    const cJSON *value = field_value(item, f);
    cJSON *copy = NULL;
    if (strcmp(f->from, "@key") == 0)
        copy = cJSON_CreateString(item->string);
    else if (value)
        copy = field_copy(f, value);
    else if (f->otherwise)
        copy = cJSON_CreateString(f->otherwise);
    else if (!f->required)
        return true;
    if (copy && cJSON_AddItemToObject(record, f->name, copy))
        return true;
    cJSON_Delete(copy);
    api_fail(err, API_BAD_ANSWER, "%s: \"%s\" %s", answer->where, f->name,
             value ? "has a wrong type, value or length" : "is missing");
    return false;
}

/* One item becomes one record and goes to SINK. */
static enum api_status give_record(const struct operation *o, const struct answer *answer,
                                   const cJSON *item, provider_sink *sink, void *arg,
                                   struct api_error *err)
{
    cJSON *record = cJSON_CreateObject();
    enum api_status status = API_OK;
    if (!record)
        return api_fail(err, API_UNREACHABLE, "%s: out of memory", answer->where);
    for (const struct field *f = o->fields; f->name && status == API_OK; f++)
        if (!add_field(record, f, item, answer, err))
            status = API_BAD_ANSWER;
    if (status == API_OK && sink && sink(arg, record) != 0)
        status = api_fail(err, API_STOPPED, "stopped");
    cJSON_Delete(record);
    return status;
}

/* What is wrong with NODE as the place where O's items are, or NULL. */
static const char *items_fault(const struct operation *o, const cJSON *node)
{
    switch (o->shape) {
    case ITEMS_OK:
        return cJSON_IsTrue(node) ? NULL : "is not true";
    case ITEMS_ONE:
    case ITEMS_MAP:
        if (!cJSON_IsObject(node))
            return "is no object";
        break;
    case ITEMS_LIST:
        if (!cJSON_IsArray(node))
            return "is no array";
        break;
    }
    return o->nonempty && !node->child ? "is empty, which cannot be" : NULL;
}

enum api_status engine_records(const struct operation *o, const struct answer *answer,
                               provider_sink *sink, void *arg, size_t *count, struct api_error *err)
{
    const cJSON *node = json_at(answer->json, o->items);
    const char *fault = node ? items_fault(o, node) : "is missing";
    enum api_status status = API_OK;
    size_t n = 0;
    if (fault)
        return api_fail(err, API_BAD_ANSWER, "%s: \"%s\" %s", answer->where, o->items, fault);
    if (o->shape == ITEMS_ONE)
        status = give_record(o, answer, node, sink, arg, err);
    else if (o->shape != ITEMS_OK)
        for (const cJSON *item = node->child; item && status == API_OK; item = item->next, n++)
            status = give_record(o, answer, item, sink, arg, err);
    if (count)
        *count = n;
    return status;
}

/* One request of O and the records of its reply; *CURSOR is the next page's, or "". */
static enum api_status run_page(struct provider *p, const struct operation *o,
                                const struct provider_arg *args, provider_sink *sink, void *arg,
                                char cursor[CURSOR_MAX], struct api_error *err)
{
    char path[PATH_LEN_MAX];
    if (!engine_path(p, o->path, args, path, sizeof path, err))
        return err->status;
    char *body = make_body(p, o->body, args, err);
    if (!body)
        return err->status;
    struct http_request request = {
        .method = o->method, .path = path, .body = body, .reply_max = o->reply_max};
    struct answer answer;
    enum api_status status = engine_exchange(p, &request, &answer, err);
    const char *next = o->next ? json_text(answer.json, o->next) : NULL;
    if (status == API_OK && next && (strlen(next) >= CURSOR_MAX || strcmp(next, cursor) == 0))
        status = api_fail(err, API_BAD_ANSWER, "%s: the next page is no other page", answer.where);
    if (status == API_OK)
        status = engine_records(o, &answer, sink, arg, NULL, err);
    snprintf(cursor, CURSOR_MAX, "%s", status == API_OK && next ? next : "");
    cJSON_Delete(answer.json);
    explicit_bzero(body, strlen(body)); /* an invitation's token may be in it */
    cJSON_free(body);
    return status;
}

enum api_status engine_run(struct provider *p, const struct operation *o,
                           const struct provider_arg *args, provider_sink *sink, void *arg,
                           struct api_error *err)
{
    char cursor[CURSOR_MAX] = "";
    struct operation page = *o;
    struct provider_arg all[ARGS_MAX + 2] = {{"after", NULL}};
    for (size_t n = 1; args && args->name && n <= ARGS_MAX; args++)
        all[n++] = *args;
    enum api_status status = run_page(p, &page, all, sink, arg, cursor, err);
    page.nonempty = false; /* the last page may be */
    all[0].value = cursor;
    for (int pages = 1; status == API_OK && *cursor; pages++) {
        if (pages == PAGES_MAX)
            return api_fail(err, API_BAD_ANSWER, "%s: the listing never ends", o->path);
        status = run_page(p, &page, all, sink, arg, cursor, err);
    }
    return status;
}

enum api_status engine_watch(struct provider *p, int64_t *since,
                             const struct provider_watcher *watcher, struct api_error *err)
{
    watcher->reset(watcher->arg);
    *since = 0;
    return provider_run(p, OP_MEMBER_LIST, NULL, watcher->member, watcher->arg, err);
}

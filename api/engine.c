#include "api/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/error.h"
#include "api/json.h"
#include "api/record.h"
#include "api/template.h"
#include "common/hash.h"

#define CURSOR_MAX 1024
#define PAGES_MAX  20000 /* of a listing: beyond that a server only wants to keep us busy */
#define ARGS_MAX   24
#define SAID_MAX   400

#define REDIRECTS_MAX 5
#define SAME_PAGE     "the next page is the same page again"

const char *engine_option(const struct provider *p, const char *name)
{
    return template_arg(p->settings.options, name);
}

/* The place of the header NAME, or where it can stand; HEADERS_MAX: there is none. */
static size_t header_place(const struct provider *p, const char *name)
{
    size_t len = strlen(name), i = 0;
    while (i < HEADERS_MAX && p->header[i] &&
           (strncmp(p->header[i], name, len) != 0 || p->header[i][len] != ':'))
        i++;
    return i;
}

enum api_status engine_header(struct provider *p, const char *name, const char *value,
                              struct api_error *err)
{
    char *line = NULL;
    size_t i = header_place(p, name);
    if (strpbrk(value, "\r\n"))
        return api_fail(err, API_USAGE, "what is to stand in the header %s has two lines", name);
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    if (i == HEADERS_MAX) {
        free(line);
        return api_fail(err, API_USAGE, "there are too many headers");
    }
    if (p->header[i])
        explicit_bzero(p->header[i], strlen(p->header[i]));
    free(p->header[i]);
    p->header[i] = line;
    return API_OK;
}

void engine_header_drop(struct provider *p, const char *name)
{
    size_t i = header_place(p, name);
    if (i < HEADERS_MAX)
        free(p->header[i]);
    for (; i < HEADERS_MAX; i++)
        p->header[i] = p->header[i + 1];
}

/* Appends FIELD's complaint to TEXT: ", name: too long". */
static void add_detail(char text[SAID_MAX], const char *field, const cJSON *what)
{
    const cJSON *first = cJSON_IsArray(what) ? what->child : what;
    const char *said = cJSON_GetStringValue(first);
    size_t used = strlen(text);
    if (said)
        snprintf(text + used, SAID_MAX - used, "%s%s%s%s", *text ? ", " : "", field ? field : "",
                 field ? ": " : "", said);
}

/* The API's own word for what went wrong, and its sentence with the details. */
static void read_refusal(const struct error_shape *e, const cJSON *json, const char **code,
                         char said[SAID_MAX])
{
    const cJSON *details = e->details ? json_first(json, e->details) : NULL;
    said[0] = '\0';
    *code = e->code ? json_first_text(json, e->code) : NULL;
    const char *sentence = json_first_text(json, e->text);
    if (details == json && (*code || sentence)) /* "." is for an answer that is nothing else */
        details = NULL;
    if (sentence)
        snprintf(said, SAID_MAX, "%s", sentence);
    if (cJSON_IsString(details))
        add_detail(said, NULL, details);
    for (const cJSON *d = cJSON_IsObject(details) ? details->child : NULL; d; d = d->next)
        add_detail(said, d->string, d);
    for (const cJSON *d = cJSON_IsArray(details) ? details->child : NULL; d; d = d->next)
        add_detail(said, json_text(d, "field"), cJSON_IsObject(d) ? json_at(d, "message") : NULL);
}

/* A reply that is no success: into *ERR. JSON may be NULL. */
static enum api_status refuse(const struct provider *p, const struct http_reply *r,
                              enum api_status status, const cJSON *json, struct api_error *err)
{
    const char *code;
    char said[SAID_MAX];
    read_refusal(p->kind->errors, json, &code, said);
    err->http = r->status;
    err->retry_after_s = r->retry_after_s;
    snprintf(err->code, sizeof err->code, "%s", code ? code : "");
    for (char *c = err->code; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    const char *request = json_text(json, "requestId"); /* it is in the server's log too */
    if (!*err->code && !*said)
        snprintf(said, sizeof said, "%s",
                 r->status == 401 || r->status < 400 ? "the credential is not accepted"
                                                     : "no reason is given");
    return api_fail(err, status, "%s: %d %s%s%s%s%s%s", r->where, r->status, err->code,
                    *err->code && *said ? ": " : "", said, request ? " (request " : "",
                    request ? request : "", request ? ")" : "");
}

/* True when JSON has what E->no says, such as "error=true". */
static bool says_no(const struct error_shape *e, const cJSON *json)
{
    char path[64];
    if (!e->no)
        return false;
    size_t len = strcspn(e->no, "=");
    snprintf(path, sizeof path, "%.*s", (int)len, e->no);
    const cJSON *value = json_at(json, path);
    return strcmp(e->no + len, "=true") == 0 ? cJSON_IsTrue(value) : cJSON_IsFalse(value);
}

/* Judges R's status, which is not 2xx. JSON, which may be NULL, is its body. */
static enum api_status judge_status(const struct provider *p, const struct http_reply *r,
                                    const cJSON *json, struct api_error *err)
{
    bool redirect = r->status >= 300 && r->status < 400;
    if (r->status == 408 || r->status == 429 || r->status >= 500 || r->later)
        return refuse(p, r, API_UNREACHABLE, json, err);
    if (r->status >= 400 || (redirect && p->kind->login_redirect))
        return refuse(p, r, API_REFUSED, json, err);
    return api_fail(err, API_BAD_ANSWER, "%s: %d, a redirect, which is not followed", r->where,
                    r->status);
}

static enum api_status judge(const struct provider *p, const struct http_reply *r, bool empty_ok,
                             struct answer *answer, struct api_error *err)
{
    char why[JSON_WHY_MAX];
    cJSON *json = json_parse(r->body ? r->body : "", r->len, why);
    enum api_status status = API_OK;
    if (r->status == 304 && p->etag)
        answer->unchanged = true;
    else if (r->status < 200 || r->status >= 300)
        status = judge_status(p, r, json, err);
    else if (!json && !(empty_ok && r->len == 0))
        status = api_fail(err, API_BAD_ANSWER, "%s: %d with an unusable answer%s: %s", r->where,
                          r->status, r->json ? "" : " that does not claim to be JSON", why);
    else if (says_no(p->kind->errors, json)) /* a held reply may turn into a "no" */
        status = refuse(p, r, API_REFUSED, json, err);
    err->http = r->status;
    if (status == API_OK)
        answer->json = json;
    else
        cJSON_Delete(json);
    return status;
}

/* Sends REQUEST once; AGAIN: after the API has answered 401. */
static enum api_status send_once(struct provider *p, const struct http_request *request, bool again,
                                 struct http_reply *reply, struct api_error *err)
{
    struct http_request full = *request;
    memset(err, 0, sizeof *err); /* what an earlier request left */
    if (p->kind->authorize) {
        enum api_status status = p->kind->authorize(p, again, err);
        if (status != API_OK)
            return status;
    }
    full.headers = p->header;
    full.etag = p->etag;
    full.cookie = p->kind->cookie;
    full.keep = p->kind->keep;
    return http_run(p->http, &full, reply, err);
}

/* A session may be renewed by a refusal too; but an API that knows nobody only removes it. */
static bool logged_in(const struct http_reply *r)
{
    return r->status != 401 && (r->status < 300 || r->status >= 400);
}

/* True when REPLY is a redirect that may be followed: PATH is where to. */
static bool is_moved(const struct provider *p, const struct http_reply *reply,
                     char path[ENGINE_NEXT_MAX])
{
    bool moved = reply->status == 301 || reply->status == 302 || reply->status == 307;
    return moved && p->kind->redirects && reply->location &&
           engine_own_link(p, reply->location, path, ENGINE_NEXT_MAX);
}

/* Sends REQUEST, with what the credential and a redirect may take. */
static enum api_status send_on(struct provider *p, const struct http_request *request,
                               struct http_reply *reply, struct api_error *err)
{
    struct http_request moved = *request;
    char path[ENGINE_NEXT_MAX];
    enum api_status status = send_once(p, &moved, false, reply, err);
    if (status == API_OK && reply->status == 401 && p->kind->authorize) {
        http_reply_free(reply);
        status = send_once(p, &moved, true, reply, err);
    }
    for (int i = 0; i < REDIRECTS_MAX && status == API_OK && is_moved(p, reply, path); i++) {
        http_reply_free(reply);
        moved.path = path;
        status = send_once(p, &moved, false, reply, err);
    }
    return status;
}

enum api_status engine_exchange(struct provider *p, const struct http_request *request,
                                bool empty_ok, struct answer *answer, struct api_error *err)
{
    struct http_reply reply = {0};
    memset(answer, 0, sizeof *answer);
    enum api_status status = send_on(p, request, &reply, err);
    memcpy(answer->where, reply.where, sizeof answer->where);
    answer->sent = reply.sent;
    if (status != API_OK)
        return status;
    memcpy(p->heard_etag, reply.etag, sizeof p->heard_etag);
    if (p->kind->examine)
        p->kind->examine(p, &reply);
    if (reply.next && strlen(reply.next) < sizeof answer->next)
        memcpy(answer->next, reply.next, strlen(reply.next) + 1);
    else if (reply.next) /* of no use, but not the last page either */
        memcpy(answer->next, "?", sizeof "?");
    status = judge(p, &reply, empty_ok, answer, err);
    if (reply.cookie && *reply.cookie && logged_in(&reply)) {
        struct api_error trouble = {.http = reply.status};
        if (p->kind->renew(p, reply.cookie, &trouble) != API_OK && status == API_OK) {
            *err = trouble;
            status = trouble.status;
        }
    }
    if (status != API_OK) {
        cJSON_Delete(answer->json);
        answer->json = NULL;
    }
    http_reply_free(&reply);
    return status;
}

enum api_status engine_obtain(const struct provider *p, struct http *http,
                              const struct http_request *request, struct answer *answer,
                              struct api_error *err)
{
    struct http_reply reply = {0};
    memset(answer, 0, sizeof *answer);
    enum api_status status = http_run(http, request, &reply, err);
    memcpy(answer->where, reply.where, sizeof answer->where);
    if (status != API_OK)
        return status;
    status = judge(p, &reply, false, answer, err);
    if (status == API_OK)
        err->http = 0; /* the request that it is obtained for has none yet */
    http_reply_free(&reply);
    return status;
}

static bool is_absolute(const char *href)
{
    const char *host = strstr(href, "://");
    return host && host < href + strcspn(href, "/?#");
}

bool engine_own_link(const struct provider *p, const char *href, char *out, size_t size)
{
    const char *base = http_base_path(p->http), *path = href;
    size_t prefix = strlen(base);
    if (is_absolute(href)) {
        if (!http_same_origin(p->http, href))
            return false;
        path = strstr(href, "://") + 3;
        path += strcspn(path, "/?#");
    }
    if (strncmp(path, base, prefix) != 0 || path[prefix] != '/')
        return false;
    return engine_link(p, path, out, size);
}

bool engine_link(const struct provider *p, const char *href, char *out, size_t size)
{
    const char *base = http_base_path(p->http), *host = strstr(href, "://");
    size_t prefix = strlen(base);
    if (is_absolute(href))
        href = host + 3 + strcspn(host + 3, "/?#");
    if (prefix > 0 && strncmp(href, base, prefix) == 0 && href[prefix] == '/')
        href += prefix;
    size_t len = strlen(href);
    if (*href != '/' || href[1] == '/' || len >= size || strstr(href, "/../"))
        return false;
    for (const char *c = href; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '#')
            return false;
    memcpy(out, href, len + 1);
    return true;
}

/* Fills URL, unless LINK takes its place, and *BODY, which cJSON_free frees, with ARGS. */
static enum api_status fill_request(const struct operation *o, const struct provider_arg *args,
                                    const char *link, char url[URL_PATH_MAX], char **body,
                                    struct api_error *err)
{
    enum api_status status = API_OK;
    *body = NULL;
    if (!link)
        status = template_check(o->path, o->query, o->body, args, err);
    if (status == API_OK && !link)
        status = template_url(o->path, o->query, args, url, err);
    if (status == API_OK && o->body && (*body = template_body(o->body, args, err)) == NULL)
        status = err->status;
    return status;
}

/* Tells of a request that is not sent. */
static enum api_status tell_unsent(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, struct api_error *err)
{
    char url[URL_PATH_MAX], *body, *line = NULL;
    struct provider_arg shown[ARGS_MAX + 3];
    size_t n = 0;
    for (; args && args->name && n < ARGS_MAX + 2; args++) {
        shown[n] = *args;
        if (args->value && provider_arg_secret(args->name))
            shown[n].value = "***";
        n++;
    }
    shown[n] = (struct provider_arg){0};
    if (fill_request(o, shown, NULL, url, &body, err) != API_OK)
        return err->status;
    p->unsent = true;
    if (asprintf(&line, "%s %s%s%s%s", o->method, http_base_path(p->http), url, body ? " " : "",
                 body ? body : "") >= 0)
        p->settings.unsent(p->settings.unsent_arg, line);
    cJSON_free(body);
    free(line);
    return API_OK;
}

static enum api_status send_request(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, const char *link,
                                    struct answer *answer, struct api_error *err)
{
    char url[URL_PATH_MAX], *body;
    if (fill_request(o, args, link, url, &body, err) != API_OK)
        return err->status;
    bool asks = strcmp(o->method, "GET") == 0 || o->shape == ITEMS_LIST || o->shape == ITEMS_MAP;
    struct http_request request = {.method = o->method,
                                   .path = link ? link : url,
                                   .body = body,
                                   .reply_max = o->reply_max,
                                   .once = !asks};
    bool change = !asks && p->kind->change && p->settings.again && p->settings.token;
    request_exchange *exchange = change ? p->kind->change : engine_exchange;
    enum api_status status = exchange(p, &request, o->shape == ITEMS_NONE, answer, err);
    if (body)
        explicit_bzero(body, strlen(body)); /* an invitation's token may be in it */
    cJSON_free(body);
    if (status == API_OK && o->page && !answer->unchanged)
        status = o->page(p, o, args, answer, err);
    if (status != API_OK) {
        cJSON_Delete(answer->json);
        answer->json = NULL;
    }
    return status;
}

enum api_status engine_request(struct provider *p, const struct operation *o,
                               const struct provider_arg *args, const char *link,
                               struct answer *answer, struct api_error *err)
{
    memset(answer, 0, sizeof *answer);
    answer->unsent = p->changing && strcmp(o->method, "GET") != 0;
    return answer->unsent ? tell_unsent(p, o, args, err)
                          : send_request(p, o, args, link, answer, err);
}

/* Where O's record or records are in ANSWER, or NULL. */
static const cJSON *items_of(const struct operation *o, const struct answer *answer)
{
    return json_at(answer->json, o->items ? o->items : "");
}

/* The fault of NODE as the place of O's items, or NULL. */
static const char *items_fault(const struct operation *o, const cJSON *node)
{
    bool list = o->shape == ITEMS_LIST;
    if (!node)
        return "is missing";
    if (o->shape == ITEMS_OK)
        return cJSON_IsTrue(node) ? NULL : "is not true";
    if (list ? !cJSON_IsArray(node) : !cJSON_IsObject(node))
        return list ? "is no array" : "is no object";
    return o->nonempty && !node->child ? "is empty, which is impossible" : NULL;
}

static enum api_status give_record(const struct operation *o, const struct answer *answer,
                                   const cJSON *item, provider_sink *sink, void *arg,
                                   struct api_error *err)
{
    enum api_status status = API_OK;
    cJSON *record = record_make(o->fields, item, answer->where, err);
    if (!record)
        return err->status;
    if (sink && sink(arg, record) != 0)
        status = api_fail(err, API_STOPPED, "stopped");
    cJSON_Delete(record);
    return status;
}

enum api_status engine_records(const struct operation *o, const struct answer *answer,
                               provider_sink *sink, void *arg, size_t *count, struct api_error *err)
{
    enum api_status status = API_OK;
    size_t n = 0;
    if (count)
        *count = 0;
    if (o->shape == ITEMS_NONE)
        return API_OK;
    bool whole = !o->items || !*o->items;
    if (!whole && !cJSON_IsObject(answer->json))
        return api_fail(err, API_BAD_ANSWER, "%s: the answer is not a JSON object", answer->where);
    const cJSON *node = items_of(o, answer);
    const char *fault = items_fault(o, node);
    if (fault)
        return api_fail(err, API_BAD_ANSWER, "%s: \"%s\" %s", answer->where,
                        whole ? "the answer" : o->items, fault);
    if (o->shape == ITEMS_ONE)
        status = give_record(o, answer, node, sink, arg, err);
    else if (o->shape != ITEMS_OK)
        for (const cJSON *item = node->child; item && status == API_OK; item = item->next, n++)
            status = give_record(o, answer, item, sink, arg, err);
    if (count)
        *count = n;
    return status;
}

/* A listing on its way from page to page. */
struct page_walk {
    char cursor[CURSOR_MAX]; /* of the page to come, "" at the end */
    int pages;
    /* An earlier page, to detect a server that leads in circles (Brent's algorithm). */
    uint64_t seen_cursor, seen_item;
    int seen_until;
};

static uint64_t hash_item(const cJSON *item)
{
    char *text = cJSON_PrintUnformatted(item);
    uint64_t hash = text ? hash64(text, strlen(text)) : 0;
    cJSON_free(text);
    return hash;
}

/* The place of the next page in ANSWER, or "". */
static const char *next_place(const struct operation *o, const struct answer *answer, int pages,
                              char number[12])
{
    const cJSON *items = items_of(o, answer), *last = items ? items->child : NULL;
    const char *next = NULL;
    switch (o->paging) {
    case PAGING_NONE:
        break;
    case PAGING_CURSOR:
    case PAGING_LINK:
        next = json_text(answer->json, o->next);
        break;
    case PAGING_HEADER:
        next = answer->next;
        break;
    case PAGING_LAST:
        last = last ? last->prev : NULL; /* cJSON: the first one's "prev" is the last */
        next = json_text(last, o->next);
        break;
    case PAGING_NUMBER:
        snprintf(number, 12, "%d", pages + 1);
        next = json_at(answer->json, o->next) ? number : NULL;
        break;
    }
    return next ? next : "";
}

/* Notes the place of a page, and its first item's hash. False when either was seen before: Brent's
 * algorithm, with memory for one of each. */
static bool note_page(struct page_walk *l, uint64_t cursor, uint64_t item)
{
    if (l->pages > 1 && (cursor == l->seen_cursor || item == l->seen_item))
        return false;
    if (l->pages >= l->seen_until) {
        l->seen_cursor = cursor;
        l->seen_item = item;
        l->seen_until = 2 * l->pages;
    }
    return true;
}

/* Puts NEXT, where the next page is, into the listing; false when it cannot be asked for. */
static bool set_cursor(const struct provider *p, const struct operation *o, const char *next,
                       struct page_walk *l)
{
    if (o->paging == PAGING_LINK)
        return engine_link(p, next, l->cursor, sizeof l->cursor);
    if (o->paging == PAGING_HEADER)
        return engine_own_link(p, next, l->cursor, sizeof l->cursor);
    if (strlen(next) >= sizeof l->cursor)
        return false;
    memcpy(l->cursor, next, strlen(next) + 1);
    return true;
}

/* Goes on to the next page. API_BAD_ANSWER when it is one that was there already. */
static enum api_status advance(const struct provider *p, const struct operation *o,
                               const struct answer *answer, struct page_walk *l,
                               struct api_error *err)
{
    char number[12];
    const cJSON *items = items_of(o, answer);
    const char *next = next_place(o, answer, ++l->pages, number);
    bool named = o->paging == PAGING_CURSOR || o->paging == PAGING_LINK;
    const cJSON *place = named ? json_at(answer->json, o->next) : NULL;
    if (place && !cJSON_IsString(place))
        return api_fail(err, API_BAD_ANSWER, "%s: \"%s\" is no text", answer->where, o->next);
    if (*next == '\0') {
        l->cursor[0] = '\0';
        return API_OK;
    }
    uint64_t cursor = hash64(next, strlen(next));
    uint64_t item = items && items->child ? hash_item(items->child) : (uint64_t)l->pages;
    if (!note_page(l, cursor, item))
        return api_fail(err, API_BAD_ANSWER, "%s: " SAME_PAGE, answer->where);
    if (!set_cursor(p, o, next, l))
        return api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where,
                        o->paging == PAGING_HEADER ? ENGINE_ELSEWHERE : SAME_PAGE);
    if (l->pages == PAGES_MAX)
        return api_fail(err, API_BAD_ANSWER, "%s: the listing never ends", answer->where);
    return API_OK;
}

/* The arguments of a request: the caller's, the organization, and where the page is. */
static enum api_status gather(const struct provider *p, const struct operation *o,
                              const struct provider_arg *args, char org[RECORD_TEXT_MAX],
                              struct provider_arg all[ARGS_MAX + 3], struct api_error *err)
{
    size_t n = 0;
    const char *named = template_arg(args, "org");
    named = named ? named : p->settings.org;
    if (named && p->kind->org_segment && !p->kind->org_segment(named, org, RECORD_TEXT_MAX))
        return api_fail(err, API_USAGE, "\"%s\" is not an id or name of an organization", named);
    all[n++] = (struct provider_arg){o->paging == PAGING_NUMBER ? "page" : "after", NULL};
    if (o->paging == PAGING_NUMBER)
        all[0].value = "1";
    all[n++] = (struct provider_arg){"org", named && p->kind->org_segment ? org : named};
    for (; args && args->name && n < ARGS_MAX + 2; args++)
        if (strcmp(args->name, "org") != 0)
            all[n++] = *args;
    all[n] = (struct provider_arg){0};
    return API_OK;
}

enum api_status engine_run(struct provider *p, const struct operation *o,
                           const struct provider_arg *args, provider_sink *sink, void *arg,
                           struct api_error *err)
{
    char org[RECORD_TEXT_MAX];
    struct page_walk l = {0};
    struct operation page = *o;
    struct provider_arg all[ARGS_MAX + 3];
    enum api_status status = gather(p, o, args, org, all, err);
    while (status == API_OK) {
        struct answer answer;
        bool linked = o->paging == PAGING_LINK || o->paging == PAGING_HEADER;
        const char *link = l.pages > 0 && linked ? l.cursor : NULL;
        status = engine_request(p, &page, all, link, &answer, err);
        if (status == API_OK && (answer.unchanged || answer.unsent))
            break;
        p->etag = NULL;
        if (status == API_OK)
            status = advance(p, o, &answer, &l, err);
        if (status == API_OK)
            status = engine_records(&page, &answer, sink, arg, NULL, err);
        cJSON_Delete(answer.json);
        if (!*l.cursor)
            break;
        p->heard_etag[0] = '\0'; /* it would speak for one page only */
        page.nonempty = false;   /* the last page may be empty */
        all[0].value = l.cursor;
    }
    return status;
}

/* Until the first member comes nobody can tell whether the API has listed anything. */
struct relisting {
    const struct provider_watcher *watcher;
    bool begun;
    bool members; /* not only people who are invited */
};

static int relist(void *arg, const cJSON *record)
{
    struct relisting *r = arg;
    const char *state = json_text(record, "state");
    if (!r->begun)
        r->watcher->reset(r->watcher->arg);
    r->begun = true;
    r->members = r->members || !state || strcmp(state, "pending") != 0;
    return r->watcher->member(r->watcher->arg, record);
}

enum api_status engine_watch(struct provider *p, struct watch_position *position,
                             const struct provider_watcher *watcher, struct api_error *err)
{
    struct relisting r = {.watcher = watcher};
    char known[HTTP_ETAG_MAX];
    snprintf(known, sizeof known, "%s", position->etag);
    bool simple = p->operations[OP_MEMBER_LIST].etag;
    p->etag = simple && *known ? known : NULL;
    p->heard_etag[0] = '\0';
    enum api_status status = provider_run(p, OP_MEMBER_LIST, NULL, relist, &r, err);
    bool unchanged = p->etag != NULL;
    p->etag = NULL;
    if (status != API_OK || unchanged)
        return status;
    if (!r.members) /* hosts would shut everybody out */
        return api_fail(err, API_BAD_ANSWER, "the list of members is empty, which cannot be");
    *position = (struct watch_position){0};
    if (simple)
        snprintf(position->etag, sizeof position->etag, "%s", p->heard_etag);
    return API_OK;
}

enum api_status engine_bearer(struct provider *p, struct api_error *err)
{
    char *value = NULL;
    if (!p->settings.token)
        return API_OK;
    if (asprintf(&value, "Bearer %s", p->settings.token) < 0)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    enum api_status status = engine_header(p, "Authorization", value, err);
    explicit_bzero(value, strlen(value));
    free(value);
    return status;
}

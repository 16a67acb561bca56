#include "orgd/http/page.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgd/web/form.h"
#include "orgd/web/negotiate.h"
#include "orgd/web/oauth_form.h"

#define FORM_PATH "/i"

/* The pages to which mails lead: a gateway may have encoded the '#' behind it. */
static const char *const mailed[] = {FORM_PATH, "/"};
static const char mark[] = "%23";

/* The page takes what it needs from here, and nothing from elsewhere; nothing frames it, and its
 * scripts can make no markup of a text. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy", policy},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"}, /* with no-referrer a form has no Origin */
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* The page of a damaged link; NULL: PATH is none. */
static const char *damaged_page(const char *path)
{
    for (size_t i = 0; i < sizeof mailed / sizeof *mailed; i++) {
        size_t len = strlen(mailed[i]);
        if (strncmp(path, mailed[i], len) == 0 && strncmp(path + len, mark, sizeof mark - 1) == 0)
            return mailed[i];
    }
    return NULL;
}

bool page_path(const char *path)
{
    return damaged_page(path) || web_file_there(path);
}

const char *page_methods(const char *path)
{
    return strcmp(path, FORM_PATH) == 0 ? "GET, HEAD, POST" : "GET, HEAD";
}

/* The link as it was, if what stands behind its '#' can be a token. */
static void redirect(struct page_part *page, const char *path, struct call_answer *answer)
{
    static const char token[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:%";
    const char *to = damaged_page(path), *rest = path + strlen(to) + sizeof mark - 1;
    size_t len = strspn(rest, token);
    if (rest[len] || len > PAGE_LOCATION_SIZE - sizeof FORM_PATH - 1)
        len = 0;
    snprintf(page->location, sizeof page->location, "%s%s%.*s", to, len > 0 ? "#" : "", (int)len,
             rest);
    page->type = "text/plain";
    answer->status = 302;
}

void page_get(struct page_part *page, struct MHD_Connection *connection, const char *path,
              struct call_answer *answer)
{
    struct web_file *file = &page->file;
    snprintf(answer->caller, sizeof answer->caller, "-");
    if (!web_file_find(path, header_of(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE),
                       header_of(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING), file)) {
        redirect(page, path, answer);
        return;
    }
    page->type = file->type;
    bool known = etag_known(header_of(connection, MHD_HTTP_HEADER_IF_NONE_MATCH), file->etag);
    answer->status = known ? 304 : 200;
    if (!known)
        buffer_add(&answer->body, file->bytes.data, file->bytes.len, REPLY_MAX);
}

/* __Host-: for this host alone, by HTTPS alone, for all paths. */
#define COOKIE       "__Host-orgd"
#define COOKIE_RULES "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200"

static bool from_page(struct MHD_Connection *connection, const char *ours)
{
    return web_same_origin(ours, header_of(connection, "Sec-Fetch-Site"),
                           header_of(connection, MHD_HTTP_HEADER_ORIGIN));
}

void page_session(struct page_part *page, struct MHD_Connection *connection, const char *ours,
                  struct request *request)
{
    request->web_origin = ours;
    request->same_site = from_page(connection, ours);
    if (request->authorization || !request->same_site)
        return;
    const char *session = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, COOKIE);
    if (!session || strlen(session) >= CREDENTIAL_SIZE)
        return;
    snprintf(page->bearer, sizeof page->bearer, "Bearer %s", session);
    request->authorization = page->bearer;
    request->session = true;
}

void page_session_header(struct MHD_Response *response, const char *session)
{
    char value[sizeof COOKIE + CREDENTIAL_SIZE + sizeof COOKIE_RULES];
    snprintf(value, sizeof value, "%s=%s%s", COOKIE, session, COOKIE_RULES);
    MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, value);
    sodium_memzero(value, sizeof value);
}

void page_form(struct page_part *page, struct MHD_Connection *connection, const char *path,
               struct request *request)
{
    if (strcmp(request->method, "POST") != 0)
        return;
    if (strcmp(path, FORM_PATH) == 0)
        page->form =
            invitation_form_read(request, header_of(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
    else
        page->call = oauth_form_read(request);
}

const char *page_form_wrong(struct page_part *page, struct MHD_Connection *connection,
                            const char *ours)
{
    const char *wrong = NULL;
    if (!is_form(header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE)))
        wrong = "unsupported_media_type";
    else if (!from_page(connection, ours))
        wrong = "other_site";
    if (wrong)
        invitation_form_forget(page->form);
    return wrong;
}

void page_answer(struct page_part *page, const char *ours, struct call_answer *answer)
{
    struct buffer text = {0};
    cJSON *object = cJSON_ParseWithLength(answer->body.data, answer->body.len);
    invitation_form_write(page->form, object, ours, &text);
    cJSON_Delete(object);
    buffer_free(&answer->body);
    answer->body = text;
    page->type = "text/html; charset=utf-8";
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value && *value)
        MHD_add_response_header(response, name, value);
}

void page_headers(struct MHD_Response *response, const struct page_part *page)
{
    const struct web_file *file = &page->file;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        add_header(response, headers[i].name, headers[i].value);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->type);
    add_header(response, MHD_HTTP_HEADER_LOCATION, page->location);
    add_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
    add_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, file->encoding);
    add_header(response, MHD_HTTP_HEADER_CONTENT_LANGUAGE, file->language);
    add_header(response, MHD_HTTP_HEADER_VARY,
               file->language ? "Accept-Encoding, Accept-Language" : "Accept-Encoding");
    /* A file is asked for anew each time, and mostly is the same; all else is kept by nobody. */
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, file->bytes.data ? "no-cache" : "no-store");
}

void page_free(struct page_part *page)
{
    invitation_form_free(page->form);
    page->form = NULL;
    if (page->call)
        sodium_memzero(page->call, strlen(page->call));
    free(page->call);
    page->call = NULL;
    sodium_memzero(page->bearer, sizeof page->bearer);
}

#include "api/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/curl.h"
#include "api/error.h"
#include "api/pin.h"
#include "common/clock.h"
#include "common/paths.h"

#define BASE_MAX        256
#define URL_MAX         8192 /* presigned ones are long */
#define PROGRESS_MS     200
#define FILE_SILENCE_MS 60000 /* a store may think about what it was sent */

struct http {
    CURLM *multi;
    CURL *easy;
    char base[BASE_MAX]; /* "https://host/prefix" without the last slash */
    char socket[sizeof((struct sockaddr_un *)0)->sun_path]; /* path of a unix socket, or "" */
    bool plain; /* http without TLS, so only this machine will do */
    const char *ca_file;
    const char *pin;
    char *learn_pin;
    const char *proxy;
    int timeout_ms;
    int (*alive)(void *arg);
    void *alive_arg;
    void (*trace)(void *arg, const char *line);
    void *trace_arg;
    char error[CURL_ERROR_SIZE];
};

/* One request while it runs. */
struct transfer {
    struct http *http;
    const struct http_stream *stream;
    const struct http_file *file;
    struct http_reply *reply;
    bool once;                /* not to be sent a second time */
    int sent;                 /* how often it was */
    int64_t moved;            /* bytes of the file */
    int64_t told_ms;          /* when progress was told last */
    size_t capacity, maximum; /* of the body */
    size_t reported;          /* bytes of the body that PROGRESS has heard of */
    int64_t last_ms;          /* when the last byte came */
    const char *failed;       /* our own reason to give up */
    enum api_status status;
};

static bool loopback_host(const char *host)
{
    struct in_addr v4;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/* The last word on plain http: whatever a name resolves to, no packet leaves this machine. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct http *h = arg;
    const struct sockaddr *sa = &address->addr;
    bool local = sa->sa_family == AF_UNIX;
    (void)purpose;
    if (sa->sa_family == AF_INET)
        local = ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) >> 24 == 127;
    if (sa->sa_family == AF_INET6)
        local = IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
    if (h->plain && !local)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool url_part_set(CURLU *u, CURLUPart part)
{
    char *value = NULL;
    bool set = curl.url_get(u, part, &value, 0) == CURLUE_OK && value && *value;
    curl.free(value);
    return set;
}

/* Why URL, taken apart as U, cannot be a base, or NULL; learns whether it is plain http. */
static const char *url_fault(struct http *h, CURLU *u)
{
    char *scheme = NULL, *host = NULL;
    const char *fault = NULL;
    if (curl.url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl.url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        fault = "it has no host";
    else if (url_part_set(u, CURLUPART_QUERY) || url_part_set(u, CURLUPART_FRAGMENT))
        fault = "it has a query or a fragment";
    else if ((h->plain = strcmp(scheme, "http") == 0) && !loopback_host(host))
        fault = "plain http goes to this machine only (127.0.0.1, [::1], localhost); use https";
    else if (!h->plain && strcmp(scheme, "https") != 0)
        fault = "it must begin with https://, http://127.0.0.1 or unix:/";
    curl.free(scheme);
    curl.free(host);
    return fault;
}

static const char *base_store(struct http *h, CURLU *u)
{
    char *text = NULL;
    if (curl.url_get(u, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return "it cannot be put together again";
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '/')
        len--;
    const char *fault = len < sizeof h->base ? NULL : "it is too long";
    if (!fault)
        memcpy(h->base, text, len);
    curl.free(text);
    return fault;
}

static const char *base_parse(struct http *h, const char *url)
{
    if (strncmp(url, "unix:", 5) == 0) {
        size_t len = strlen(url + 5);
        if (url[5] != '/' || len >= sizeof h->socket)
            return "after unix: comes the absolute path of a socket";
        memcpy(h->socket, url + 5, len);
        memcpy(h->base, "http://localhost", sizeof "http://localhost");
        h->plain = true;
        return NULL;
    }
    CURLU *u = curl.url();
    if (!u)
        return "out of memory";
    CURLUcode code = curl.url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER);
    const char *fault;
    if (code == CURLUE_USER_NOT_ALLOWED)
        fault = "it has a user name in it; a credential belongs into a token file";
    else if (code == CURLUE_UNSUPPORTED_SCHEME || code == CURLUE_BAD_SCHEME)
        fault = "it must begin with https://, http://127.0.0.1 or unix:/";
    else if (code != CURLUE_OK)
        fault = curl.url_strerror(code);
    else if ((fault = url_fault(h, u)) == NULL)
        fault = base_store(h, u);
    curl.url_cleanup(u);
    return fault;
}

/* Why libcurl could not go through PROXY, or NULL. One without a scheme is an HTTP proxy. */
static const char *proxy_fault(const char *proxy)
{
    static const char *const scheme[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    const char *end = strstr(proxy, "://");
    size_t len = end ? (size_t)(end - proxy) : 0, i = 0;
    while (end && i < sizeof scheme / sizeof *scheme &&
           (strlen(scheme[i]) != len || strncasecmp(proxy, scheme[i], len) != 0))
        i++;
    if (i == sizeof scheme / sizeof *scheme)
        return "it must begin with http://, https:// or socks5h://";
    CURLU *u = curl.url();
    CURLUcode code =
        u ? curl.url_set(u, CURLUPART_URL, proxy, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)
          : CURLUE_OUT_OF_MEMORY;
    curl.url_cleanup(u);
    return code == CURLUE_OK ? NULL : curl.url_strerror(code);
}

/* WHAT, such as "url", is TEXT, which is not shown with an '@': it may hold a password. */
static void refuse(const char *what, const char *text, const char *fault, struct api_error *err)
{
    bool shown = strchr(text, '@') == NULL;
    api_fail(err, API_USAGE, "the %s%s%s cannot be used: %s", what, shown ? " " : "",
             shown ? text : "", fault);
}

struct http *http_open(const struct provider_settings *settings, struct api_error *err)
{
    struct http *h = calloc(1, sizeof *h);
    unsetenv("SSLKEYLOGFILE");
    const char *missing = curl_load();
    if (missing || !h || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(h);
        api_fail(err, API_UNREACHABLE, "libcurl cannot be started: %s",
                 missing ? missing : "out of memory");
        return NULL;
    }
    h->ca_file = settings->ca_file;
    h->pin = settings->pin;
    h->learn_pin = settings->learn_pin;
    h->proxy = settings->proxy ? settings->proxy : "";
    h->alive = settings->alive;
    h->alive_arg = settings->alive_arg;
    h->trace = settings->trace;
    h->trace_arg = settings->trace_arg;
    h->timeout_ms = settings->timeout_ms > 0 ? settings->timeout_ms : HTTP_TIMEOUT_MS;
    const char *fault = base_parse(h, settings->url);
    if (!fault) {
        h->multi = curl.multi_init();
        h->easy = curl.easy_init();
        fault = h->multi && h->easy ? NULL : "out of memory";
    }
    if (fault)
        refuse("url", settings->url, fault, err);
    else if (*h->proxy && (fault = proxy_fault(h->proxy)) != NULL)
        refuse("proxy", h->proxy, fault, err);
    if (!fault)
        return h;
    http_close(h);
    return NULL;
}

void http_close(struct http *h)
{
    if (!h)
        return;
    curl.easy_cleanup(h->easy);
    curl.multi_cleanup(h->multi);
    curl.global_cleanup();
    free(h);
}

const char *http_base_path(const struct http *h)
{
    const char *host = strstr(h->base, "://") + 3;
    return host + strcspn(host, "/");
}

/* True when A and B have the same PART. */
static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
    char *one = NULL, *two = NULL;
    bool same = curl.url_get(a, part, &one, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                curl.url_get(b, part, &two, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                strcasecmp(one, two) == 0;
    curl.free(one);
    curl.free(two);
    return same;
}

bool http_same_origin(const struct http *h, const char *url)
{
    CURLU *own = curl.url(), *other = curl.url();
    bool same = own && other && curl.url_set(own, CURLUPART_URL, h->base, 0) == CURLUE_OK &&
                curl.url_set(other, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK &&
                same_part(own, other, CURLUPART_SCHEME) && same_part(own, other, CURLUPART_HOST) &&
                same_part(own, other, CURLUPART_PORT);
    curl.url_cleanup(own);
    curl.url_cleanup(other);
    return same;
}

static size_t give_up(struct transfer *t, enum api_status status, const char *why)
{
    t->status = status;
    t->failed = why;
    return 0;
}

/* The body of a 2xx goes into the file; what is wrong is said by others in the body. */
static bool goes_to_file(const struct transfer *t)
{
    long status = 0;
    curl.easy_getinfo(t->http->easy, CURLINFO_RESPONSE_CODE, &status);
    return t->file && t->file->size < 0 && status >= 200 && status < 300;
}

static size_t store(struct transfer *t, const char *data, size_t len)
{
    if ((int64_t)len > t->file->most - t->moved)
        return give_up(t, API_BAD_ANSWER, "the file is too large");
    for (size_t done = 0; done < len;) {
        ssize_t n = write(t->file->fd, data + done, len - done);
        if (n < 0 && errno != EINTR)
            return give_up(t, API_USAGE, "the file cannot be written");
        done += n > 0 ? (size_t)n : 0;
    }
    t->moved += (int64_t)len;
    return len;
}

/* More of the file that is sent. */
static size_t on_upload(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    ssize_t n;
    t->last_ms = clock_mono_ms();
    do
        n = pread(t->file->fd, data, size * count, t->moved);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        give_up(t, API_USAGE, "the file cannot be read");
        return CURL_READFUNC_ABORT;
    }
    t->moved += n;
    return (size_t)n;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    struct http_reply *r = t->reply;
    size_t len = size * count;
    t->last_ms = clock_mono_ms();
    if (goes_to_file(t))
        return store(t, data, len);
    if (len > t->maximum - r->len)
        return give_up(t, API_BAD_ANSWER, "the reply is too large");
    if (r->len + len + 1 > t->capacity) {
        size_t want = 2 * (r->len + len + 1);
        char *grown = realloc(r->body, want);
        if (!grown)
            return give_up(t, API_UNREACHABLE, "out of memory for the reply");
        r->body = grown;
        t->capacity = want;
    }
    memcpy(r->body + r->len, data, len);
    r->len += len;
    r->body[r->len] = '\0';
    return len;
}

/* Sets the address, and how the server must prove its identity. False when libcurl does not take an
 * option. */
static bool set_trust(struct http *h, CURL *e)
{
    bool ok = curl.easy_setopt(e, CURLOPT_PROTOCOLS_STR, h->plain ? "http" : "https") == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_SSL_VERIFYPEER, h->pin ? 0L : 1L) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_SSL_VERIFYHOST, h->pin ? 0L : 2L) == CURLE_OK;
    if (h->pin) /* checked before a byte of a request is sent */
        ok &= curl.easy_setopt(e, CURLOPT_PINNEDPUBLICKEY, h->pin) == CURLE_OK;
    if (h->learn_pin)
        ok &= curl.easy_setopt(e, CURLOPT_CERTINFO, 1L) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    if (h->ca_file) { /* instead of the system's, not besides */
        ok &= curl.easy_setopt(e, CURLOPT_CAINFO, h->ca_file) == CURLE_OK;
        ok &= curl.easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK;
    }
    /* "" is no proxy; unset would ask the environment. What stays on this machine needs none. */
    ok &= curl.easy_setopt(e, CURLOPT_PROXY, h->plain ? "" : h->proxy) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_NOPROXY, "") == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_OPENSOCKETDATA, h) == CURLE_OK;
    if (*h->socket)
        ok &= curl.easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, h->socket) == CURLE_OK;
    return ok;
}

/* libcurl sends a request again when a kept connection ends without an answer. What must not be
 * done twice may have been done by then. */
static int on_send(void *arg, char *to, char *from, int to_port, int from_port)
{
    struct transfer *t = arg;
    (void)to, (void)from, (void)to_port, (void)from_port;
    if (!t->once || t->sent++ == 0)
        return CURL_PREREQFUNC_OK;
    give_up(t, API_UNREACHABLE,
            "the connection ended without an answer; it may have been done all the same");
    return CURL_PREREQFUNC_ABORT;
}

static bool set_limits(struct transfer *t, CURL *e)
{
    long total = t->http->timeout_ms + (t->stream ? t->stream->hold_ms : 0);
    long connecting = total < HTTP_CONNECT_TIMEOUT_MS ? total : HTTP_CONNECT_TIMEOUT_MS;
    if (t->file)
        total = 0; /* a large file takes long: attend sees to the silence */
    bool ok = curl.easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    /* The time-out is for a name server that says nothing, too. */
    ok &= curl.easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connecting) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_TIMEOUT_MS, total) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_PREREQFUNCTION, on_send) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_PREREQDATA, t) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_ERRORBUFFER, t->http->error) == CURLE_OK;
    return ok;
}

static bool set_file(struct transfer *t, CURL *e)
{
    if (!t->file || t->file->size < 0)
        return true;
    bool ok = curl.easy_setopt(e, CURLOPT_UPLOAD, 1L) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->file->size) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_READFUNCTION, on_upload) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_READDATA, t) == CURLE_OK;
    return ok;
}

/* A POST without a body sends an empty one: servers want its length (411). */
static const char *body_of(const struct http_request *request)
{
    bool has_one = strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0 ||
                   strcmp(request->method, "PATCH") == 0;
    return !request->body && has_one && !request->file ? "" : request->body;
}

static bool set_request(struct http *h, CURL *e, const struct http_request *request,
                        struct curl_slist *headers)
{
    char url[URL_MAX];
    int n = snprintf(url, sizeof url, "%s%s", h->base, request->path);
    bool ok = n > 0 && (size_t)n < sizeof url;
    ok &= curl.easy_setopt(e, CURLOPT_URL, url) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_USERAGENT, "orglogin/" ORG_VERSION) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
    if (body_of(request))
        ok &= curl.easy_setopt(e, CURLOPT_POSTFIELDS, body_of(request)) == CURLE_OK;
    ok &= curl.easy_setopt(e, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK;
    return ok;
}

static bool append(struct curl_slist **list, const char *line)
{
    struct curl_slist *grown = curl.slist_append(*list, line);
    if (grown)
        *list = grown;
    return grown != NULL;
}

/* Adds the header NAME, unless VALUE is NULL or could not stand in one. */
static bool append_value(struct curl_slist **list, const char *name, const char *value)
{
    char line[256];
    if (!value)
        return true;
    int n = snprintf(line, sizeof line, "%s: %s", name, value);
    return n > 0 && (size_t)n < sizeof line && !strpbrk(line, "\r\n") && append(list, line);
}

/* NULL when out of memory, or when something could not stand in a header. */
static struct curl_slist *make_headers(const struct http_request *request)
{
    struct curl_slist *list = NULL;
    const char *type = request->content_type ? request->content_type : "application/json";
    bool ok = request->file || append(&list, "Accept: application/json");
    ok = ok && append_value(&list, "Content-Type", body_of(request) ? type : NULL);
    ok = ok && append_value(&list, "If-None-Match", request->etag);
    ok = ok && (!request->file || append(&list, "Expect:")); /* no second's wait for a "100" */
    for (char *const *line = request->headers; ok && line && *line; line++)
        ok = !strpbrk(*line, "\r\n") && append(&list, *line);
    if (ok)
        return list;
    curl.slist_free_all(list);
    return NULL;
}

/* The value of the cookie NAME that the reply sets, to be freed; or NULL. */
static char *read_cookie(CURL *e, const char *name)
{
    struct curl_header *header;
    size_t len = strlen(name);
    for (size_t i = 0; curl.easy_header(e, "Set-Cookie", i, CURLH_HEADER, -1, &header) == CURLHE_OK;
         i++)
        if (strncmp(header->value, name, len) == 0 && header->value[len] == '=')
            return strndup(header->value + len + 1, strcspn(header->value + len + 1, ";"));
    return NULL;
}

/* The value of the header NAME, to be freed; or NULL. */
static char *read_header(CURL *e, const char *name)
{
    struct curl_header *header;
    bool there = curl.easy_header(e, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    return there ? strdup(header->value) : NULL;
}

/* True when the words of PARAMETERS, those of one link up to END, have rel="next". */
static bool is_next(const char *parameters, const char *end)
{
    for (const char *p = parameters; p < end; p++) {
        p += strspn(p, "; \t");
        size_t len = strcspn(p, ";,");
        if (len >= 8 && strncasecmp(p, "rel=", 4) == 0) {
            const char *value = p + 4 + (p[4] == '"');
            if (strncasecmp(value, "next", 4) == 0 && strcspn(value, "\"; ,") == 4)
                return true;
        }
        p += len;
    }
    return false;
}

/* The target of rel="next" in a Link header's VALUE, to be freed; or NULL. */
static char *find_next(const char *value)
{
    while ((value = strchr(value, '<')) != NULL) {
        const char *close = strchr(++value, '>');
        if (!close)
            break;
        const char *end = strchr(close, '<');
        if (is_next(close + 1, end ? end : close + strlen(close)))
            return strndup(value, (size_t)(close - value));
        value = close;
    }
    return NULL;
}

static char *read_next(CURL *e)
{
    struct curl_header *header;
    char *next = NULL;
    for (size_t i = 0;
         !next && curl.easy_header(e, "Link", i, CURLH_HEADER, -1, &header) == CURLHE_OK; i++)
        next = find_next(header->value);
    return next;
}

/* Reads the headers of a whole reply. */
static void read_headers(struct transfer *t, const struct http_request *request)
{
    struct curl_header *header;
    struct http_reply *r = t->reply;
    CURL *e = t->http->easy;
    if (request->cookie)
        r->cookie = read_cookie(e, request->cookie);
    r->location = read_header(e, "Location");
    r->next = read_next(e);
    for (size_t i = 0; request->keep && request->keep[i] && i < HTTP_KEPT_MAX; i++)
        r->kept[i] = read_header(e, request->keep[i]);
    if (curl.easy_header(t->http->easy, "ETag", 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
        strlen(header->value) < sizeof r->etag)
        memcpy(r->etag, header->value, strlen(header->value) + 1);
}

static void read_info(struct transfer *t)
{
    CURL *e = t->http->easy;
    long status = 0;
    curl_off_t retry = 0;
    char *type = NULL;
    curl.easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
    curl.easy_getinfo(e, CURLINFO_RETRY_AFTER, &retry);
    curl.easy_getinfo(e, CURLINFO_CONTENT_TYPE, &type);
    t->reply->status = (int)status;
    t->reply->retry_after_s = (int)(retry < 0                        ? 0
                                    : retry > HTTP_RETRY_AFTER_MAX_S ? HTTP_RETRY_AFTER_MAX_S
                                                                     : retry);
    t->reply->json = type && strncasecmp(type, "application/json", 16) == 0;
}

/* The pin of the server's own certificate, which comes first. */
static void read_pin(const struct transfer *t)
{
    struct curl_certinfo *chain = NULL;
    static const char field[] = "Cert:";
    const struct curl_slist *line = NULL;
    if (t->http->learn_pin &&
        curl.easy_getinfo(t->http->easy, CURLINFO_CERTINFO, &chain) == CURLE_OK && chain &&
        chain->num_of_certs > 0)
        line = chain->certinfo[0];
    for (; line; line = line->next)
        if (strncmp(line->data, field, sizeof field - 1) == 0)
            pin_of_certificate(line->data + sizeof field - 1, t->http->learn_pin);
}

/* The same for a file on its way. */
static bool attend_file(struct transfer *t)
{
    const struct http_file *f = t->file;
    int64_t now = clock_mono_ms();
    if (now - t->last_ms > FILE_SILENCE_MS) {
        give_up(t, API_UNREACHABLE, "no data arrived for 60 s");
        return false;
    }
    if (!f->progress || now - t->told_ms < PROGRESS_MS)
        return true;
    curl_off_t coming = -1;
    curl.easy_getinfo(t->http->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &coming);
    int64_t total = f->size >= 0 ? f->size : coming > 0 ? coming : 0;
    t->told_ms = now;
    if (f->progress(f->progress_arg, f->size >= 0 ? "sent" : "received", t->moved, total) == 0)
        return true;
    give_up(t, API_STOPPED, "stopped");
    return false;
}

/* Everything that a held request wants between two rounds of libcurl. False stops it. */
static bool attend(struct transfer *t)
{
    const struct http_stream *s = t->stream;
    if (t->file)
        return attend_file(t);
    if (t->reply->len > t->reported) {
        t->reported = t->reply->len;
        read_info(t);
        if (s->progress(s->arg, t->reply) != 0) {
            give_up(t, API_STOPPED, "stopped");
            return false;
        }
    }
    if (clock_mono_ms() - t->last_ms > HTTP_SILENCE_MS) {
        give_up(t, API_UNREACHABLE, "no data arrived for 15 s");
        return false;
    }
    /* Asked for ourselves: libcurl does not pass on a mere hang-up. */
    struct pollfd p = {.fd = s->idle_fd, .events = POLLIN};
    if (s->idle_fd >= 0 && poll(&p, 1, 0) > 0 && s->idle(s->arg) != 0) {
        give_up(t, API_STOPPED, "stopped");
        return false;
    }
    return true;
}

/* Runs until the end or until we give up; CURLE_OK when the reply is whole. */
static CURLcode perform(struct transfer *t)
{
    CURLM *multi = t->http->multi;
    bool watch = t->stream && t->stream->idle_fd >= 0;
    struct curl_waitfd extra = {.fd = watch ? t->stream->idle_fd : -1, .events = CURL_WAIT_POLLIN};
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    if (curl.multi_add_handle(multi, t->http->easy) != CURLM_OK)
        return CURLE_OUT_OF_MEMORY;
    for (int running = 1; curl.multi_perform(multi, &running) == CURLM_OK;) {
        if (running == 0) {
            int left;
            CURLMsg *msg = curl.multi_info_read(multi, &left);
            result = msg ? msg->data.result : CURLE_OUT_OF_MEMORY;
            break;
        }
        if (t->http->alive && t->http->alive(t->http->alive_arg) != 0) {
            give_up(t, API_STOPPED, "stopped");
            break;
        }
        if ((t->stream || t->file) && !attend(t))
            break;
        if (curl.multi_poll(multi, watch ? &extra : NULL, watch, 1000, NULL) != CURLM_OK)
            break;
    }
    curl.multi_remove_handle(multi, t->http->easy);
    return result;
}

/* Why nothing is reached through the socket; libcurl would tell of localhost and a port. */
static const char *socket_fault(const struct http *h)
{
    long number = 0;
    curl.easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &number);
    return number == ENOENT         ? "the socket does not exist: the server does not run"
           : number == ECONNREFUSED ? "nobody listens on the socket: the server does not run"
           : number == EACCES       ? "you may not use the socket"
                                    : "the socket cannot be connected to";
}

static enum api_status explain(struct transfer *t, CURLcode code, struct api_error *err)
{
    const char *said = *t->http->error ? t->http->error : curl.easy_strerror(code);
    if (*t->http->socket && code == CURLE_COULDNT_CONNECT)
        said = socket_fault(t->http);
    if (t->failed)
        return api_fail(err, t->status, "%s: %s", t->reply->where, t->failed);
    enum api_status status = code == CURLE_SSL_CACERT_BADFILE ? API_USAGE : API_UNREACHABLE;
    return api_fail(err, status, "%s: %s", t->reply->where, said);
}

static void trace(const struct transfer *t, int64_t begun_ms, bool whole)
{
    char line[HTTP_WHERE_MAX + 96];
    const struct http_reply *r = t->reply;
    if (!t->http->trace)
        return;
    snprintf(line, sizeof line, "%s %d %zu bytes %lld ms%s", r->where, r->status,
             t->reported > r->len ? t->reported : r->len, (long long)(clock_mono_ms() - begun_ms),
             whole ? "" : ", cut off");
    t->http->trace(t->http->trace_arg, line);
}

enum api_status http_run(struct http *h, const struct http_request *request,
                         struct http_reply *reply, struct api_error *err)
{
    struct transfer t = {.http = h,
                         .stream = request->stream,
                         .file = request->file,
                         .reply = reply,
                         .once = request->once};
    t.maximum = request->reply_max ? request->reply_max : HTTP_BODY_MAX;
    memset(reply, 0, sizeof *reply);
    bool local = *h->socket != '\0';
    snprintf(reply->where, sizeof reply->where, "%s %s%s%.*s", request->method,
             local ? "unix:" : h->base, h->socket, (int)strcspn(request->path, "?"), request->path);
    struct curl_slist *headers = make_headers(request);
    h->error[0] = '\0';
    curl.easy_reset(h->easy);
    CURLcode code = CURLE_FAILED_INIT;
    int64_t begun_ms = t.last_ms = clock_mono_ms();
    if (headers && set_trust(h, h->easy) && set_limits(&t, h->easy) && set_file(&t, h->easy) &&
        set_request(h, h->easy, request, headers)) {
        code = perform(&t);
        read_info(&t);
    }
    curl.slist_free_all(headers);
    reply->sent = t.sent > 0;
    trace(&t, begun_ms, code == CURLE_OK);
    if (code == CURLE_OK) {
        read_headers(&t, request);
        read_pin(&t);
        return API_OK;
    }
    http_reply_free(reply);
    return explain(&t, code, err);
}

void http_reply_free(struct http_reply *reply)
{
    free(reply->body);
    free(reply->cookie);
    free(reply->location);
    free(reply->next);
    for (size_t i = 0; i < HTTP_KEPT_MAX; i++) {
        free(reply->kept[i]);
        reply->kept[i] = NULL;
    }
    reply->body = reply->cookie = reply->location = reply->next = NULL;
    reply->len = 0;
}

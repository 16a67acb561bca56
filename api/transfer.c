#include "api/transfer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "api/error.h"
#include "api/http.h"

#define BASE_MAX 256

/* "https://host:port" of URL into BASE; what follows is returned, "" when there is nothing. */
static const char *split(const char *url, char base[BASE_MAX])
{
    const char *host = strstr(url, "://");
    const char *path = host ? host + 3 + strcspn(host + 3, "/?#") : NULL;
    if (!path || path - url >= BASE_MAX || (*path != '\0' && *path != '/'))
        return NULL;
    snprintf(base, BASE_MAX, "%.*s", (int)(path - url), url);
    return path;
}

/* Nothing but what can stand in a request line. */
static bool printable(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || *text == '#')
            return false;
    return true;
}

/* True when BASE is plain http and the API itself, at URL, is not: it may neither have a file sent
 * in the clear nor point at what listens on this machine. */
static bool less_safe(const char *base, const char *url)
{
    bool plain = url && (strncasecmp(url, "http:", 5) == 0 || strncmp(url, "unix:", 5) == 0);
    return !plain && strncasecmp(base, "http:", 5) == 0;
}

static enum api_status verdict(const struct http_reply *r, struct api_error *err)
{
    err->http = r->status;
    if (r->status >= 200 && r->status < 300)
        return API_OK;
    bool later = r->status == 408 || r->status == 429 || r->status >= 500;
    err->retry_after_s = r->retry_after_s;
    return api_fail(err, later ? API_UNREACHABLE : API_REFUSED, "%s: %d", r->where, r->status);
}

static enum api_status run(const struct provider_settings *settings, const char *method,
                           const char *url, struct http_file *file, struct api_error *err)
{
    char base[BASE_MAX];
    struct http_reply reply;
    memset(err, 0, sizeof *err);
    const char *path = split(url, base);
    if (!path || !printable(path))
        return api_fail(err, API_BAD_ANSWER, "the address for the file cannot be used");
    if (less_safe(base, settings->url))
        return api_fail(err, API_BAD_ANSWER, "the address for the file is %s, without TLS", base);
    struct provider_settings there = {
        .url = base, .ca_file = settings->ca_file, .proxy = settings->proxy};
    struct http_request request = {.method = method, .path = *path ? path : "/", .file = file};
    file->progress = settings->progress;
    file->progress_arg = settings->progress_arg;
    struct http *http = http_open(&there, err);
    if (!http)
        return err->status;
    enum api_status status = http_run(http, &request, &reply, err);
    if (status == API_OK)
        status = verdict(&reply, err);
    http_reply_free(&reply);
    http_close(http);
    return status;
}

enum api_status transfer_upload(const struct provider_settings *settings, const char *url, int fd,
                                struct api_error *err)
{
    struct stat st;
    memset(err, 0, sizeof *err);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TRANSFER_MAX)
        return api_fail(err, API_USAGE, "it is not a regular file of at most 1 TiB");
    struct http_file file = {.fd = fd, .size = st.st_size};
    return run(settings, "PUT", url, &file, err);
}

enum api_status transfer_download(const struct provider_settings *settings, const char *url, int fd,
                                  struct api_error *err)
{
    struct http_file file = {.fd = fd, .size = -1, .most = TRANSFER_MAX};
    return run(settings, "GET", url, &file, err);
}

/*
 * HTTP, one way: the only user of libcurl. https with certificate and host checked, plain http to
 * loopback addresses and unix sockets only; no redirect, no netrc, no cookies kept, nothing from
 * the environment. A proxy is for https alone: plain http never goes through one. Every request is
 * bounded in time and every reply in size. The connection is kept.
 */
#ifndef API_HTTP_H
#define API_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "api/error.h"
#include "api/settings.h"

#define HTTP_BODY_MAX           (8U << 20) /* bytes of an ordinary reply: a page of 5000 members fits */
#define HTTP_TIMEOUT_MS         15000 /* of a whole request, unless the settings say otherwise */
#define HTTP_CONNECT_TIMEOUT_MS 5000
#define HTTP_SILENCE_MS         15000 /* a held request without a byte for so long is dead */
#define HTTP_RETRY_AFTER_MAX_S  86400 /* a longer Retry-After is cut to this */
#define HTTP_WHERE_MAX          512
#define HTTP_ETAG_MAX           128 /* a longer one is no use to us */
#define HTTP_KEPT_MAX           8   /* headers of a reply whose values are wanted */

struct http; /* opaque; one thread at a time */

/*
 * Prepares requests below SETTINGS->url (url, ca_file, proxy and timeout_ms are used, copied where
 * needed but ca_file and proxy, which must outlive it); sends nothing. Returns NULL and fills *ERR:
 * API_USAGE for an unusable URL or proxy. The first call in a process must be made while no other
 * thread runs: it removes SSLKEYLOGFILE from the environment, to which libcurl would write every
 * key.
 */
struct http *http_open(const struct provider_settings *settings, struct api_error *err);
void http_close(struct http *http);

/* The path of the URL that it was opened with, without the last slash: "" or "/prefix". */
const char *http_base_path(const struct http *http);

/* True when URL is an absolute one with the scheme, host and port of the URL that it was opened
 * with, and no user in it. */
bool http_same_origin(const struct http *http, const char *url);

struct http_reply {
    int status;        /* HTTP status */
    int retry_after_s; /* 0 when there was none */
    bool later;        /* nothing is refused, the server is only asked too often: like 429 */
    bool sent;         /* of a request that is to be done once: it may have been done */
    bool json;         /* the Content-Type says JSON */
    char *body;        /* LEN bytes and a NUL; NULL when there were none */
    size_t len;
    char *cookie;               /* new value of the cookie that was asked for, or NULL */
    char *location;             /* where a redirect leads, or NULL */
    char *next;                 /* the URL of the next page (Link, RFC 8288), or NULL */
    char *kept[HTTP_KEPT_MAX];  /* the values of the headers KEEP, in its order, or NULL */
    char etag[HTTP_ETAG_MAX];   /* or "" */
    char where[HTTP_WHERE_MAX]; /* "POST https://host/path" for messages: no query, no secret */
};

/* For a request whose reply is held open. */
struct http_stream {
    void *arg;
    int hold_ms; /* how long the remote may hold it: added to the time-out */
    /* more bytes of the body came; non-zero stops the request */
    int (*progress)(void *arg, const struct http_reply *so_far);
    int idle_fd;            /* or -1; when it becomes readable, or its other end is gone: */
    int (*idle)(void *arg); /* may use another struct http; non-zero stops the request */
};

/* A file is sent, or the body of a 2xx goes into one. The request may then last as long as there
 * is something to hear of it. */
struct http_file {
    int fd;
    int64_t size;                /* bytes to be sent; -1: the file is received */
    int64_t most;                /* bytes to be received at most */
    provider_progress *progress; /* or NULL */
    void *progress_arg;
};

struct http_request {
    const char *method;
    const char *path;                 /* begins with '/', already percent-encoded */
    char *const *headers;             /* whole lines, ends with NULL; or NULL */
    const char *body;                 /* or NULL */
    const char *content_type;         /* of the body; NULL is application/json */
    const char *etag;                 /* of what is known (If-None-Match), or NULL */
    const char *cookie;               /* name of one whose new value is wanted, or NULL */
    const char *const *keep;          /* headers whose values are wanted, ends with NULL; or NULL */
    size_t reply_max;                 /* bytes; 0 is HTTP_BODY_MAX */
    bool once;                        /* it must not be done twice */
    const struct http_stream *stream; /* or NULL */
    const struct http_file *file;     /* or NULL */
};

/*
 * Sends REQUEST. API_OK: a whole reply was received, whatever its status; *REPLY is to be freed.
 * Otherwise *ERR says why (API_UNREACHABLE; API_BAD_ANSWER for a reply above its maximum;
 * API_STOPPED; API_USAGE for an unreadable ca_file), and *REPLY needs no freeing but has WHERE and
 * SENT.
 */
enum api_status http_run(struct http *http, const struct http_request *request,
                         struct http_reply *reply, struct api_error *err);
void http_reply_free(struct http_reply *reply);

#endif

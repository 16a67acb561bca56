/*
 * The engine behind the provider contract: it runs a provider's table of operations. A provider is
 * one file of providers/ with a struct provider_kind, and a line in provider.c.
 */
#ifndef API_ENGINE_H
#define API_ENGINE_H

#include "api/http.h"
#include "api/provider.h"
#include "api/record.h"

#define ENGINE_LIST_MAX  (64U << 20) /* bytes of a listing that has no pages; for reply_max */
#define ENGINE_ELSEWHERE "the next page is at another place than the API, which is not asked"
#define ENGINE_NEXT_MAX  1024 /* bytes of a next page's URL */
#define HEADERS_MAX      8    /* of a provider's own in each request */

/* Where a reply's records are. */
enum items {
    ITEMS_OK,   /* true at the path, such as {"ok":true} */
    ITEMS_NONE, /* nothing, or JSON that is not looked at, but for what error_shape calls a no */
    ITEMS_ONE,  /* one record */
    ITEMS_LIST, /* an array of them */
    ITEMS_MAP   /* an object of them, whose keys are names */
};

/* How the next page is asked for; NEXT of the operation says where it stands. */
enum paging {
    PAGING_NONE,
    PAGING_CURSOR, /* NEXT in the reply is a cursor: it becomes the argument "after" */
    PAGING_LINK,   /* NEXT in the reply is a link: its path and query, at our own base */
    PAGING_LAST,   /* NEXT in the last item becomes "after", until there is no item */
    PAGING_HEADER, /* the header Link has the next page's URL, at our own origin */
    PAGING_NUMBER  /* while NEXT is in the reply at all, "page" counts on from "1" */
};

struct operation; /* all zero: the provider lacks it */
struct answer;

typedef enum api_status operation_run(struct provider *provider, const struct operation *operation,
                                      const struct provider_arg *args, provider_sink *sink,
                                      void *arg, struct api_error *err);
typedef enum api_status operation_page(struct provider *provider, const struct operation *operation,
                                       const struct provider_arg *args, struct answer *answer,
                                       struct api_error *err);

/* As engine_exchange. */
typedef enum api_status request_exchange(struct provider *provider,
                                         const struct http_request *request, bool empty_ok,
                                         struct answer *answer, struct api_error *err);

struct operation {
    operation_run *run; /* engine_run, or a function where the rest of this cannot say it */
    const char *method;
    const char *path;  /* see template_url */
    const char *query; /* the same, or NULL */
    const char *body;  /* see template_body, or NULL */
    const char *takes; /* further arguments that are taken, with spaces between, or NULL */
    enum items shape;
    const char *items; /* path to the record or records in the reply; "" is the reply itself */
    bool nonempty;     /* an empty list is a bad answer */
    enum paging paging;
    const char *next;
    operation_page *page;       /* sees, and may complete, each reply before its records are read */
    bool etag;                  /* a member list whose one reply says everything: an ETag counts */
    size_t reply_max;           /* bytes; 0 is HTTP_BODY_MAX */
    const struct field *fields; /* ends with a NULL name */
};

/* Where an API says why not; paths as in struct field. */
struct error_shape {
    const char *code;    /* its own word for it: a string */
    const char *text;    /* its sentence */
    const char *details; /* an object of field: text or texts; or a text; "." is the whole answer,
                            when it has neither of the two above */
    const char *no;      /* "error=true": a 2xx that has this refuses all the same; or NULL */
};

struct provider_option {
    const char *name;
    const char *help;
    const char *values; /* the words it may be, with '|' between; NULL: any text */
};

struct provider_kind {
    const char *name;
    const char *url;                       /* the vendor's own address, or NULL */
    bool http;                             /* the url is for http_open */
    const struct operation *operations;    /* OP_COUNT of them */
    const struct provider_option *options; /* ends with a NULL name; or NULL */
    const struct error_shape *errors;
    const char *owner;    /* the role of those who can do everything, or NULL */
    unsigned add_changes; /* enum add_changes */
    unsigned invites;     /* enum invites */
    bool login_redirect;  /* a redirect means that nobody is logged in */
    const char *cookie;   /* name of a cookie whose new value renews the credential, or NULL */
    bool redirects; /* 301, 302 and 307 are followed at our own origin, with method and body */
    bool pem;       /* the credential may be a private key in PEM */
    const char *const *keep; /* headers that EXAMINE wants to see; ends with NULL; or NULL */
    /* Sends a request that changes something, for settings with AGAIN. NULL: engine_exchange. */
    request_exchange *change;
    /* Sees each reply before it is judged: may set what says how long to wait. NULL: nothing. */
    void (*examine)(struct provider *provider, struct http_reply *reply);
    /* Sees to the headers at provider_open, sends nothing. NULL: "Authorization: Bearer TOKEN". */
    enum api_status (*open)(struct provider *provider, struct api_error *err);
    /* Before each request. AGAIN: the API has just answered 401, what was obtained is no good any
     * more; after that the request is sent a second time. NULL: there is nothing to obtain. */
    enum api_status (*authorize)(struct provider *provider, bool again, struct api_error *err);
    /* The API has set COOKIE to VALUE, which is not empty, whatever its answer was unless that
     * nobody is logged in. Called only when the kind has one. */
    enum api_status (*renew)(struct provider *provider, const char *value, struct api_error *err);
    void (*close)(struct provider *provider); /* frees STATE; or NULL */
    /* Writes the path segment for the organization ORG into OUT; false: there is none. NULL:
     * ORG itself. */
    bool (*org_segment)(const char *org, char *out, size_t size);
    /* NULL: everything is listed each time. As provider_watch. */
    enum api_status (*watch)(struct provider *provider, struct watch_position *position,
                             int wait_ms, const struct provider_watcher *watcher,
                             struct api_error *err);
};

struct provider {
    const struct provider_kind *kind;
    const struct operation *operations; /* the kind's; its open may choose others */
    struct provider_settings settings;
    struct http *http;                  /* when the kind wants it */
    char *header[HEADERS_MAX + 1];      /* whole lines; ends with NULL */
    const struct provider_arg *running; /* the arguments of the operation that runs, or NULL */
    void (*trace)(void *arg, const char *line); /* the caller's; SETTINGS has one that masks */
    void *trace_arg;
    bool changing;                  /* what runs changes something, and is not to be sent */
    bool unsent;                    /* a request of it was not sent */
    bool keeps_keys;                /* the server has shown that such a key counts */
    char *credential;               /* renewed, or NULL: the settings' */
    void *state;                    /* the kind's own */
    const char *etag;               /* to be sent with the next request, or NULL */
    char heard_etag[HTTP_ETAG_MAX]; /* of the last reply, or "" */
};

/* The whole table-driven round: arguments into requests, replies into records. */
operation_run engine_run;

/* A reply that is JSON. */
struct answer {
    cJSON *json;                /* NULL when the reply was empty or is not looked at */
    bool unchanged;             /* 304: it is what p->etag names */
    bool unsent;                /* nothing was sent: the request was told */
    bool sent;                  /* what is to be done once may have been done */
    char next[ENGINE_NEXT_MAX]; /* the URL of the next page in the header Link, or "" */
    char where[HTTP_WHERE_MAX]; /* for messages */
};

/*
 * Sends REQUEST with the provider's headers and credential and parses what comes. API_OK: a 2xx
 * whose body is JSON that does not refuse, or empty when EMPTY_OK; the caller deletes ANSWER->json,
 * which is NULL otherwise.
 */
enum api_status engine_exchange(struct provider *provider, const struct http_request *request,
                                bool empty_ok, struct answer *answer, struct api_error *err);

/* Sends one request of OPERATION with ARGS; LINK (may be NULL) takes the place of path and query.
 * As engine_exchange; but a change that is not to be sent is told, and API_OK. */
enum api_status engine_request(struct provider *provider, const struct operation *operation,
                               const struct provider_arg *args, const char *link,
                               struct answer *answer, struct api_error *err);

/* Removes the header NAME again. */
void engine_header_drop(struct provider *provider, const char *name);

/* Sends REQUEST through HTTP, which may be another address, with no header and no credential of the
 * provider's: for the place where credentials are obtained. As engine_exchange. */
enum api_status engine_obtain(const struct provider *provider, struct http *http,
                              const struct http_request *request, struct answer *answer,
                              struct api_error *err);

/* Gives the records in ANSWER to SINK as OPERATION says; *COUNT (may be NULL) is how many. */
enum api_status engine_records(const struct operation *operation, const struct answer *answer,
                               provider_sink *sink, void *arg, size_t *count,
                               struct api_error *err);

/* The path and query of HREF, a link in a reply, below the provider's base; whatever host it names
 * is not asked. False when it cannot be one. */
bool engine_link(const struct provider *provider, const char *href, char *out, size_t size);

/* The same for HREF that must be at the provider's own origin, below its base. */
bool engine_own_link(const struct provider *provider, const char *href, char *out, size_t size);

/* provider_watch for an API that cannot tell changes: lists all members, the revision becomes 0. */
enum api_status engine_watch(struct provider *provider, struct watch_position *position,
                             const struct provider_watcher *watcher, struct api_error *err);

/* The value of the settings' option NAME, or NULL. */
const char *engine_option(const struct provider *provider, const char *name);

/* Sets the header NAME ("Authorization") to VALUE in all requests from now on. API_OK; API_USAGE
 * when it could not stand in one line; API_UNREACHABLE: out of memory. */
enum api_status engine_header(struct provider *provider, const char *name, const char *value,
                              struct api_error *err);

extern const struct provider_kind provider_native, provider_file, provider_intrinsic,
    provider_satusky, provider_cratedb, provider_upsun, provider_platformsh, provider_github;

/* Sends the credential of P's settings, if there is one, as a bearer token with each request of P.
 * API_OK, or API_UNREACHABLE with *ERR: out of memory. */
enum api_status engine_bearer(struct provider *p, struct api_error *err);

#endif

/*
 * The engine behind the provider contract: it runs a provider's table of operations. A provider is
 * one file with a struct provider_kind, and a line in provider.c.
 */
#ifndef API_ENGINE_H
#define API_ENGINE_H

#include "api/http.h"
#include "api/provider.h"

enum field_kind {
    FIELD_TEXT,   /* a string */
    FIELD_LIST,   /* an array of strings; a single string is a list of one */
    FIELD_STATE,  /* one of the words for a member's state */
    FIELD_NUMBER, /* an integer of 0 to 2^53 - 1: a count, never an id */
    FIELD_BOOL
};

/* How one member of a neutral record is found in an API's item. */
struct field {
    const char *name; /* in the record */
    const char *from; /* path in the item ("a.b", see json_at), alternatives with '|' between: the
                         first that is there counts; "@key" is the item's key in an ITEMS_MAP */
    enum field_kind kind;
    bool required;         /* and not empty */
    const char *otherwise; /* the value when it is not there, or NULL */
};

/* What a reply holds. */
enum items {
    ITEMS_OK,   /* nothing but {"ok":true} */
    ITEMS_ONE,  /* one record */
    ITEMS_LIST, /* an array of them */
    ITEMS_MAP   /* an object of them, whose keys are names */
};

struct operation; /* all zero: the provider lacks it */

typedef enum api_status operation_run(struct provider *provider, const struct operation *operation,
                                      const struct provider_arg *args, provider_sink *sink,
                                      void *arg, struct api_error *err);

struct operation {
    operation_run *run; /* engine_run, or a function where the rest of this cannot say it */
    const char *method;
    const char *path; /* "{name}" is one segment: the argument NAME, percent-encoded */
    const char *body; /* JSON; a string "$name" is the argument NAME, "$name#" a number, "$name," a
                         list with commas between; with a '?' behind it goes when there is none */
    enum items shape;
    const char *items;          /* path to the record or records in the reply */
    bool nonempty;              /* an empty list is a bad answer */
    const char *next;           /* path to the next page's cursor in the reply, which becomes the
                                   argument "after"; NULL: there are no pages */
    size_t reply_max;           /* bytes; 0 is HTTP_BODY_MAX */
    const struct field *fields; /* ends with a NULL name */
};

struct provider_kind {
    const char *name;
    bool http;                          /* the url is for http_open */
    const struct operation *operations; /* OP_COUNT of them */
    /* NULL: everything is listed each time. As provider_watch. */
    enum api_status (*watch)(struct provider *provider, int64_t *since, int wait_ms,
                             const struct provider_watcher *watcher, struct api_error *err);
};

struct provider {
    const struct provider_kind *kind;
    struct provider_settings settings;
    struct http *http;   /* when the kind wants it */
    char *authorization; /* value of the header, or NULL without a token */
};

/* The whole table-driven round: arguments into a request, reply into records. */
operation_run engine_run;

/* A reply that is JSON. */
struct answer {
    cJSON *json;
    char where[HTTP_WHERE_MAX]; /* for messages */
};

/*
 * Sends BODY to PATH (ready to send) and parses what comes. API_OK: a 2xx with a JSON object that
 * does not say "ok":false; the caller deletes ANSWER->json, which is NULL otherwise.
 */
enum api_status engine_exchange(struct provider *provider, const struct http_request *request,
                                struct answer *answer, struct api_error *err);

/* Gives the records in ANSWER to SINK as OPERATION says; *COUNT (may be NULL) is how many. */
enum api_status engine_records(const struct operation *operation, const struct answer *answer,
                               provider_sink *sink, void *arg, size_t *count,
                               struct api_error *err);

/* provider_watch for an API that cannot tell changes: lists all members, *SINCE becomes 0. */
enum api_status engine_watch(struct provider *provider, int64_t *since,
                             const struct provider_watcher *watcher, struct api_error *err);

/*
 * Fills URL (SIZE bytes) from the path template. False when an argument is missing, does not fit or
 * cannot be a segment ("", "." and ".." would mean another path).
 */
bool engine_path(const struct provider *provider, const char *path, const struct provider_arg *args,
                 char *url, size_t size, struct api_error *err);

/* The argument NAME; "org" is the settings' organization unless given. NULL when absent. */
const char *engine_arg(const struct provider *provider, const struct provider_arg *args,
                       const char *name);

extern const struct provider_kind provider_native;
extern const struct provider_kind provider_file;

#endif

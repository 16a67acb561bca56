/* How an organization's API is reached. */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct api_error;

#define PIN_SIZE 53 /* "sha256//", 44 characters and the NUL */

/* Named arguments of an operation, or options of a provider; a NULL value counts as absent. */
struct provider_arg {
    const char *name;
    const char *value;
};

/*
 * Told about once a second while an operation takes long, or as a transfer goes on: WHAT goes on,
 * for a person; DONE of TOTAL, in seconds or bytes; TOTAL is 0 when unknown. Non-zero stops
 * (API_STOPPED).
 */
typedef int provider_progress(void *arg, const char *what, int64_t done, int64_t total);

/* Keeps an access token that is obtained for the credential longer than the process lives. PLACE
 * says where and how it is obtained. */
#define ACCESS_TOKEN_MAX 8193 /* with its NUL */
struct access_cache {
    void *arg;
    /* Fills ACCESS with the token that is kept for PLACE; how many seconds it is good for, 0: there
     * is none. */
    int64_t (*load)(void *arg, const char *place, char access[ACCESS_TOKEN_MAX]);
    /* Keeps ACCESS for SECONDS; NULL: none any more. */
    void (*keep)(void *arg, const char *place, const char *access, int64_t seconds);
};

/* How to reach one organization's API. Strings are the caller's and must outlive the provider. */
struct provider_settings {
    const char *provider; /* a name that provider_known knows */
    const char *url;      /* https://..., http://127.0.0.1:..., unix:/path, or a file's path for
                             "file"; NULL is the vendor's own address, where there is one */
    const char *token;    /* credential, or NULL where none is needed */
    const char *org;      /* organization id, or NULL where the operation needs none */
    const char *ca_file;  /* instead of the system's CA bundle, or NULL */
    const char *pin;      /* "sha256//BASE64": the server is the one with this public key, whatever
                             its certificate says and whoever signed it; or NULL */
    char *learn_pin;      /* gets the pin, PIN_SIZE bytes, of the server that answers; or NULL */
    const char *proxy;    /* of https; never from the environment; NULL is none */
    bool teams;     /* members' teams are wanted, too, where they take requests of their own */
    int timeout_ms; /* whole request; 0 is 15000 */
    /* What only one vendor has; ends with a NULL name; or NULL. */
    const struct provider_arg *options;
    provider_progress *progress; /* or NULL */
    void *progress_arg;
    /* Told of each request when it has ended: "GET https://host/path 200 1234 bytes 12 ms", with no
     * query, header, body or secret in it; or NULL. */
    void (*trace)(void *arg, const char *line);
    void *trace_arg;
    /* Set: no request that changes anything is sent. It is told instead, "POST /path BODY", with
     * stars for secrets, and the operation ends with API_UNSENT. */
    void (*unsent)(void *arg, const char *request);
    void *unsent_arg;
    /* Set: a change that had no answer, or 503, is sent again where the server makes it once all
     * the same. Called before each time, the TIMES-th, with what was the matter: waits, and is true
     * to go on. */
    bool (*again)(void *arg, const struct api_error *err, int times);
    void *again_arg;
    const struct access_cache *access; /* or NULL: no access token outlives the process */
    /* Called about once a second, or more often, while a request is under way; non-zero stops it
     * (API_STOPPED); or NULL. */
    int (*alive)(void *arg);
    void *alive_arg;
};

#endif

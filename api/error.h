/* How a call to an API ends. */
#ifndef API_ERROR_H
#define API_ERROR_H

enum api_status {
    API_OK = 0,
    API_REFUSED,     /* the remote said no: 4xx other than 408 and 429 */
    API_UNREACHABLE, /* transport, TLS, timeout, 408, 429, 5xx: nothing is known */
    API_BAD_ANSWER,  /* 2xx that is not what it should be: nothing is known either */
    API_UNSUPPORTED, /* this provider lacks the operation; no request was sent */
    API_USAGE,       /* an argument or setting is missing or malformed; no request was sent */
    API_STOPPED,     /* the caller's callback asked to stop */
    API_UNSENT       /* a change, which the settings keep from being sent */
};

struct api_error {
    enum api_status status;
    int http;          /* HTTP status, 0 when there was none */
    int retry_after_s; /* from Retry-After, 0 when absent */
    char code[64];     /* the API's own identifier, such as "last_owner", or "" */
    char message[512]; /* one line for a person, always set on failure: what failed, where, what was
                          said; no control characters */
};

/*
 * For the files of this room: sets *ERR's status and message (cleaned, cut to its size) and leaves
 * its other fields alone. Returns STATUS, so that a function can end with it.
 */
__attribute__((format(printf, 3, 4))) enum api_status
api_fail(struct api_error *err, enum api_status status, const char *format, ...);

#endif

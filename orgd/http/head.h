/*
 * The head of a request, as strict as RFC 9112 allows: what two parties could read in two ways is
 * refused, and the connection is closed behind the answer. orgd/API.md says what libmicrohttpd
 * refuses before it, or reads in its own way.
 */
#ifndef ORGD_HTTP_HEAD_H
#define ORGD_HTTP_HEAD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#define HEAD_IDEMPOTENCY_KEY "Idempotency-Key"

struct head_fault {
    unsigned status;
    const char *reason, *message;
};

/* NULL if the head of CONNECTION's request is good. The texts are those that the handler of
 * requests gets. */
const struct head_fault *head_check(struct MHD_Connection *connection, const char *method,
                                    const char *path, const char *version);

/* True if the body comes in chunks. Their framing is read by libmicrohttpd alone, so that such a
 * request must be the last of its connection. */
bool head_chunked(struct MHD_Connection *connection);

/* The path in the request's target, which may be a whole URL (absolute-form). */
const char *head_path(const char *target);

/* For MHD_OPTION_URI_LOG_CALLBACK and MHD_OPTION_UNESCAPE_CALLBACK: they keep the target as it
 * came, for head_check. */
void *head_target(void *arg, const char *target, struct MHD_Connection *connection);
size_t head_unescape(void *arg, struct MHD_Connection *connection, char *text);

#endif

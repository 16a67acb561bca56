/*
 * Templates of requests: paths, queries and bodies with the arguments of an operation in them. The
 * one URL builder.
 */
#ifndef API_TEMPLATE_H
#define API_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "api/error.h"
#include "api/settings.h"

#define URL_PATH_MAX 1024
#define ARGUMENT_MAX 16384 /* bytes: certificates are the longest */

/* The argument NAME of ARGS (may be NULL; ends with a NULL name), or NULL when absent. */
const char *template_arg(const struct provider_arg *args, const char *name);

/*
 * Fills URL with the PATH template and, behind a '?', the QUERY template (may be NULL).
 * "{name}" is the argument NAME, percent-encoded but for what RFC 3986 calls unreserved: in a path
 * one segment, in a query a value. A pair of a query whose "{name?}" is absent is left out. API_OK,
 * or API_USAGE with *ERR: an argument is missing, is too long or not UTF-8, or cannot be a segment
 * ("", "." and ".." would mean another path).
 */
enum api_status template_url(const char *path, const char *query, const struct provider_arg *args,
                             char url[URL_PATH_MAX], struct api_error *err);

/*
 * The BODY template, a JSON object, filled in: a string "$name" is the argument NAME; "$name#" a
 * number of at most 15 digits; "$name!" true or false ("yes", "true", "no" or "false"); "$name," a
 * list with commas between; "$name$" an amount of dollars ("300" or "299.95") in cents; with a '?'
 * behind it goes when there is none. "roles/$name,": what has no "roles/" in front gets it. Returns
 * what cJSON_free frees, or NULL with *ERR (API_USAGE, or API_UNREACHABLE: out of memory).
 */
char *template_body(const char *body, const struct provider_arg *args, struct api_error *err);

/* API_OK when ARGS has all that PATH, QUERY and BODY (both may be NULL) cannot do without; else
 * API_USAGE, and *ERR names everything that is missing. */
enum api_status template_check(const char *path, const char *query, const char *body,
                               const struct provider_arg *args, struct api_error *err);

/* Calls EACH for every name of an argument in TEMPLATE (a path, query or body; may be NULL), of LEN
 * bytes, until it returns false. Returns what the last call did, true when there was none. */
bool template_names(const char *template, bool (*each)(void *arg, const char *name, size_t len),
                    void *arg);

#endif

/* The body of a request: one JSON object with the fields of its endpoint. */
#ifndef ORGD_ENDPOINTS_BODY_H
#define ORGD_ENDPOINTS_BODY_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "orgd/endpoints/table.h"

/* True if TYPE, which may be NULL, is that of JSON, with any parameters. */
bool is_json(const char *type);

/* The request's whole body as a JSON object that the caller deletes; NULL when it is no such
 * object, or has another type. */
cJSON *body_parse(const struct request *request);

/* True when the call's body has every required field of E, each once, each of its type, and no
 * other; else the call has failed. */
bool body_check(struct call *call, const struct endpoint *e);

#endif

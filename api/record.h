/* An API's items become neutral records. */
#ifndef API_RECORD_H
#define API_RECORD_H

#include "api/engine.h"

/* The record of ITEM by FIELDS, which cJSON_Delete frees; or NULL with *ERR, API_BAD_ANSWER when a
 * field is missing or has a wrong type or length, and WHERE in front of it. */
cJSON *record_make(const struct field *fields, const cJSON *item, const char *where,
                   struct api_error *err);

#endif

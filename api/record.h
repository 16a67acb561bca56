/* An API's items become neutral records. */
#ifndef API_RECORD_H
#define API_RECORD_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "api/error.h"

#define RECORD_TEXT_MAX 1024  /* bytes of a text */
#define RECORD_URL_MAX  4096  /* bytes of a FIELD_URL */
#define RECORD_PEM_MAX  16384 /* bytes of a FIELD_PEM */
#define RECORD_JSON_MAX 4000  /* bytes of a FIELD_JSON */

enum field_kind {
    FIELD_TEXT,   /* a string */
    FIELD_WORD,   /* a string, or an integer of 0 to 2^53 - 1 in digits */
    FIELD_URL,    /* a string of at most RECORD_URL_MAX bytes: presigned ones are long */
    FIELD_PEM,    /* a string of at most RECORD_PEM_MAX bytes: certificates */
    FIELD_LIST,   /* an array of strings; a single string is a list of one */
    FIELD_TEAMS,  /* an array of teams, see provider.h, or of their ids; as many as there are */
    FIELD_KEYS,   /* an array of ssh keys, see provider.h */
    FIELD_STATE,  /* one of the words for a member's state */
    FIELD_NUMBER, /* an integer of 0 to 2^53 - 1: a count, never an id */
    FIELD_CENTS,  /* such an integer of cents, which becomes dollars: the number 300.00 */
    FIELD_JSON,   /* whatever it is, unless it is empty; a larger one becomes a text that is cut */
    FIELD_BOOL
};

/* How one member of a neutral record is found in an API's item. */
struct field {
    const char *name; /* in the record */
    const char *from; /* path in the item ("a.b", see json_at), alternatives with '|' between: the
                         first that is there counts; "@key" is the item's key in an ITEMS_MAP */
    enum field_kind kind;
    bool required;         /* and not empty */
    bool fold;             /* ASCII capitals become small letters */
    const char *strip;     /* a prefix that goes from texts, such as "organizations/"; "/" is
                              everything up to the last slash */
    const char *otherwise; /* the value when it is not there, or NULL */
};

/* FIELD_CENTS and FIELD_JSON are cJSON_Raw in a record: their text is JSON as it is to be printed.
 */

/* The record of ITEM by FIELDS, which cJSON_Delete frees; or NULL with *ERR, API_BAD_ANSWER when a
 * field is missing or has a wrong type or length, and WHERE in front of it. */
cJSON *record_make(const struct field *fields, const cJSON *item, const char *where,
                   struct api_error *err);

#endif

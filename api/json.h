/* JSON from somebody else: parsed strictly, asked safely. */
#ifndef API_JSON_H
#define API_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_KEYS_MAX 256 /* members of one object */
#define JSON_WHY_MAX  128

/*
 * Parses TEXT, LEN bytes with a NUL behind them: exactly one value, in UTF-8 without NUL (written
 * out or as an escape), no key twice in one object, no object of more than JSON_KEYS_MAX members.
 * Returns what cJSON_Delete frees, or NULL and a text for a person in WHY.
 */
cJSON *json_parse(const char *text, size_t len, char why[JSON_WHY_MAX]);

/* The value at PATH ("a.b"; "" is ROOT itself) below objects, or NULL when absent or null. */
const cJSON *json_at(const cJSON *root, const char *path);

/* The value at the first of PATHS, with '|' between, where there is one; "." is ROOT itself. */
const cJSON *json_first(const cJSON *root, const char *paths);

/* The first of them that is a string, or NULL. */
const char *json_first_text(const cJSON *root, const char *paths);

/* The string at PATH, or NULL when absent or no string. */
const char *json_text(const cJSON *root, const char *path);

/* True and *OUT when NODE is an integer of 0 to 2^53 - 1, those that a double holds exactly. */
bool json_integer(const cJSON *node, int64_t *out);

/* True when the LEN bytes at TEXT are well-formed UTF-8 without NUL. */
bool json_utf8(const char *text, size_t len);

#endif

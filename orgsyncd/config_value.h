/*
 * Values of orglogin.conf(5), of any kind of setting. A function that finds a fault complains with
 * its line in the file; of several complaints the first stays. One thread.
 */
#ifndef ORGSYNCD_CONFIG_VALUE_H
#define ORGSYNCD_CONFIG_VALUE_H

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/decide.h"

struct config;

/* The parser's state. */
struct parse {
    struct config *config;
    const char *path;
    char *error; /* SIZE bytes */
    size_t size;
    bool failed;
};

/* Writes "FILE:LINE: TEXT" into the error; the line is AT's, the first one without AT. Returns
 * false. */
bool config_complain(struct parse *p, const config_setting_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A copy of TEXT, which free frees; NULL after a complaint: out of memory. */
char *value_copy(struct parse *p, const char *text);

/* Complains unless GROUP, called WHAT, has no other keys than KEYS, which end with NULL: an unknown
 * key may have been meant to keep somebody out. */
bool value_only_keys(struct parse *p, const config_setting_t *group, const char *what,
                     const char *const *keys);

enum value_need { VALUE_OPTIONAL, VALUE_REQUIRED };

/* The text of KEY in GROUP; NULL when it is missing (after a complaint if it is VALUE_REQUIRED), or
 * is no text (after a complaint). It is libconfig's. */
const char *value_string(struct parse *p, const config_setting_t *group, const char *key,
                         const char *what, enum value_need need);

/* The same as a copy in *OUT; leaves *OUT alone where there is none. */
void value_set_string(struct parse *p, const config_setting_t *group, const char *key,
                      const char *what, enum value_need need, char **out);

/* Sets *OUT to KEY of GROUP, and leaves it alone when that is not there. */
void value_set_bool(struct parse *p, const config_setting_t *group, const char *key, bool *out);

/* The same with a time such as "10s", "500ms", "5m", "12h", "2d", in milliseconds from MIN to MAX.
 */
void value_set_duration(struct parse *p, const config_setting_t *group, const char *key,
                        int64_t min, int64_t max, int64_t *out);

/* The same with an array or list of strings, each of at most TEXT_MAX_LEN bytes, copied one behind
 * the other; OUT's first is to be freed. */
void value_set_list(struct parse *p, const config_setting_t *group, const char *key,
                    struct text_list *out);

#endif

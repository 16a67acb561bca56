#include "orgsyncd/config_value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/name.h"

#define LIST_MAX 65535 /* bytes, with their NULs: what a snapshot takes */

bool config_complain(struct parse *p, const config_setting_t *at, const char *format, ...)
{
    if (p->failed)
        return false;
    p->failed = true;
    char text[448];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(p->error, p->size, "%s:%d: %s", p->path, at ? config_setting_source_line(at) : 1,
             text);
    return false;
}

char *value_copy(struct parse *p, const char *text)
{
    char *s = strdup(text);
    if (!s)
        config_complain(p, NULL, "out of memory");
    return s;
}

/* KEYS ends with NULL. An unknown key is a mistake: it may have been meant to keep somebody out. */
bool value_only_keys(struct parse *p, const config_setting_t *group, const char *what,
                     const char *const *keys)
{
    if (!config_setting_is_group(group))
        return config_complain(p, group, "%s must be a group in braces, { ... }", what);
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const char *const *key = keys;
        while (*key && strcmp(*key, config_setting_name(s)) != 0)
            key++;
        if (*key)
            continue;
        char known[256] = "";
        for (key = keys; *key; key++) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", *key);
        }
        return config_complain(p, s, "unknown key \"%s\" in %s: the keys are %s",
                               config_setting_name(s), what, known);
    }
    return true;
}

const char *value_string(struct parse *p, const config_setting_t *group, const char *key,
                         const char *what, enum value_need need)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    if (!s) {
        if (need == VALUE_REQUIRED)
            config_complain(p, group, "%s lacks \"%s\"", what, key);
        return NULL;
    }
    const char *text = config_setting_get_string(s);
    if (!text || !*text || !text_valid(text)) {
        config_complain(p, s, "\"%s\" in %s must be a string of 1 to %d characters", key, what,
                        TEXT_MAX_LEN);
        return NULL;
    }
    return text;
}

void value_set_string(struct parse *p, const config_setting_t *group, const char *key,
                      const char *what, enum value_need need, char **out)
{
    const char *text = value_string(p, group, key, what, need);
    if (text)
        *out = value_copy(p, text);
}

void value_set_bool(struct parse *p, const config_setting_t *group, const char *key, bool *out)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    if (s && config_setting_type(s) != CONFIG_TYPE_BOOL)
        config_complain(p, s, "\"%s\" must be true or false", key);
    else if (s)
        *out = config_setting_get_bool(s);
}

void value_set_duration(struct parse *p, const config_setting_t *group, const char *key,
                        int64_t min, int64_t max, int64_t *out)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    const char *text = s ? config_setting_get_string(s) : NULL;
    if (!s || (text && duration_parse(text, min, max, out)))
        return;
    config_complain(
        p, s,
        "\"%s\" must be a time such as \"10s\" (units ms, s, m, h, d) from %lld ms to %lld ms", key,
        (long long)min, (long long)max);
}

/* An array or list of strings, each at most TEXT_MAX_LEN long, copied one behind the other. */
void value_set_list(struct parse *p, const config_setting_t *group, const char *key,
                    struct text_list *out)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    if (!s)
        return;
    if (!config_setting_is_aggregate(s) || config_setting_is_group(s) ||
        config_setting_length(s) == 0 || config_setting_length(s) > 256) {
        config_complain(p, s, "\"%s\" must be an array of 1 to 256 strings, [\"a\", \"b\"]", key);
        return;
    }
    uint32_t count = (uint32_t)config_setting_length(s);
    size_t size = (size_t)count * (TEXT_MAX_LEN + 1);
    char *text = malloc(size), *end = text;
    if (!text) {
        config_complain(p, s, "out of memory");
        return;
    }
    *out = (struct text_list){text, count};
    for (uint32_t i = 0; i < count; i++) {
        const char *item = config_setting_get_string_elem(s, (int)i);
        if (!item || !*item || !text_valid(item)) {
            config_complain(p, s, "\"%s\" must hold strings of 1 to %d characters", key,
                            TEXT_MAX_LEN);
            item = "";
        }
        end = stpcpy(end, item) + 1;
    }
    if (end - text > LIST_MAX)
        config_complain(p, s, "\"%s\" is longer than %d characters in all", key, LIST_MAX);
}

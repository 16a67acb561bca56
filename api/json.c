#include "api/json.h"

#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

#define EACH_BYTE(byte) (UINT64_MAX / 255 * (byte))

/* True when the eight bytes at TEXT are ASCII without NUL, as nearly all of a reply are. */
static bool eight_plain(const char *text)
{
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return (((bytes - EACH_BYTE(1)) | bytes) & EACH_BYTE(0x80)) == 0;
}

bool json_utf8(const char *text, size_t len)
{
    uint32_t code;
    for (size_t i = 0, n; i < len; i += n) {
        n = 8;
        if (len - i >= n && eight_plain(text + i))
            continue;
        n = utf8_decode(text + i, &code);
        if (n == 0 || n > len - i || code == 0)
            return false;
    }
    return true;
}

/* cJSON would end a string at \u0000, and "root\u0000x" would be root. */
static bool has_nul_escape(const char *text)
{
    for (const char *s = text; (s = strchr(s, '\\')) != NULL && s[1] != '\0'; s += 2)
        if (strncmp(s, "\\u0000", 6) == 0)
            return true;
    return false;
}

/* True when no object at or below NODE has a key twice or too many keys. */
static bool keys_sound(const cJSON *node, char why[JSON_WHY_MAX])
{
    size_t count = 0;
    for (const cJSON *child = node->child; child; child = child->next) {
        if (cJSON_IsObject(node) && ++count > JSON_KEYS_MAX) {
            snprintf(why, JSON_WHY_MAX, "an object has more than %d members", JSON_KEYS_MAX);
            return false;
        }
        for (const cJSON *c = node->child; cJSON_IsObject(node) && c != child; c = c->next) {
            if (c->string[0] != child->string[0] || strcmp(c->string, child->string) != 0)
                continue;
            snprintf(why, JSON_WHY_MAX, "the key \"%.64s\" occurs twice", c->string);
            return false;
        }
        if (child->child && !keys_sound(child, why))
            return false;
    }
    return true;
}

cJSON *json_parse(const char *text, size_t len, char why[JSON_WHY_MAX])
{
    if (!json_utf8(text, len) || has_nul_escape(text)) {
        snprintf(why, JSON_WHY_MAX, "it is not UTF-8 text without NUL");
        return NULL;
    }
    const char *end = text;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    if (!root) {
        snprintf(why, JSON_WHY_MAX, len == 0 ? "it is empty" : "it is not JSON at byte %zu",
                 (size_t)(end - text));
        return NULL;
    }
    end += strspn(end, " \t\r\n");
    if (end != text + len)
        snprintf(why, JSON_WHY_MAX, "something follows the JSON at byte %zu", (size_t)(end - text));
    else if (keys_sound(root, why))
        return root;
    cJSON_Delete(root);
    return NULL;
}

const cJSON *json_at(const cJSON *root, const char *path)
{
    char key[64];
    while (*path && root) {
        size_t len = strcspn(path, ".");
        if (len >= sizeof key || !cJSON_IsObject(root))
            return NULL;
        memcpy(key, path, len);
        key[len] = '\0';
        root = cJSON_GetObjectItemCaseSensitive(root, key);
        path += len + (path[len] == '.');
    }
    return cJSON_IsNull(root) ? NULL : root;
}

static const cJSON *first_of(const cJSON *root, const char *paths, bool text)
{
    char path[128];
    const cJSON *value = NULL;
    while (!value && *paths) {
        size_t len = strcspn(paths, "|");
        snprintf(path, sizeof path, "%.*s", (int)len, paths);
        value = json_at(root, strcmp(path, ".") == 0 ? "" : path);
        if (text && !cJSON_IsString(value))
            value = NULL;
        paths += len + (paths[len] == '|');
    }
    return value;
}

const cJSON *json_first(const cJSON *root, const char *paths)
{
    return first_of(root, paths, false);
}

const char *json_first_text(const cJSON *root, const char *paths)
{
    return cJSON_GetStringValue(first_of(root, paths, true));
}

const char *json_text(const cJSON *root, const char *path)
{
    return cJSON_GetStringValue(json_at(root, path));
}

bool json_integer(const cJSON *node, int64_t *out)
{
    const double limit = 9007199254740992.0; /* 2^53: it may stand for 2^53 + 1 as well */
    if (!cJSON_IsNumber(node) || !(node->valuedouble >= 0 && node->valuedouble < limit))
        return false;
    *out = (int64_t)node->valuedouble;
    return (double)*out == node->valuedouble;
}

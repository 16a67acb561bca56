#include "api/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/error.h"
#include "api/json.h"

#define ITEMS_OF_LIST_MAX 256 /* roles or permissions of one record */

static bool text_sound(const cJSON *value)
{
    return cJSON_IsString(value) && strlen(value->valuestring) <= RECORD_TEXT_MAX;
}

static bool state_sound(const cJSON *value)
{
    static const char *const word[] = {"active", "pending", "suspended", "removed"};
    for (size_t i = 0; cJSON_IsString(value) && i < sizeof word / sizeof *word; i++)
        if (strcmp(value->valuestring, word[i]) == 0)
            return true;
    return false;
}

/* TEXT as F wants it; NULL when it does not fit or there is no memory. */
static cJSON *make_text(const struct field *f, const char *text)
{
    char folded[RECORD_TEXT_MAX + 1];
    size_t prefix = f->strip ? strlen(f->strip) : 0;
    const char *slash = prefix == 1 && *f->strip == '/' ? strrchr(text, '/') : NULL;
    if (slash)
        text = slash + 1;
    else if (prefix > 0 && strncmp(text, f->strip, prefix) == 0)
        text += prefix;
    if (f->required && *text == '\0')
        return NULL;
    if (!f->fold)
        return cJSON_CreateString(text);
    snprintf(folded, sizeof folded, "%s", text);
    for (char *c = folded; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return cJSON_CreateString(folded);
}

/* A text that may be longer than others, with at most MOST bytes. */
static cJSON *make_long(const struct field *f, const cJSON *value, size_t most)
{
    bool sound = cJSON_IsString(value) && strlen(value->valuestring) <= most;
    return sound ? make_text(f, value->valuestring) : NULL;
}

static cJSON *make_list(const struct field *f, const cJSON *value)
{
    bool single = cJSON_IsString(value);
    cJSON *list = cJSON_CreateArray();
    bool good = list && (single ||
                         (cJSON_IsArray(value) && cJSON_GetArraySize(value) <= ITEMS_OF_LIST_MAX));
    for (const cJSON *item = single ? value
                             : good ? value->child
                                    : NULL;
         good && item; item = single ? NULL : item->next) {
        cJSON *text = text_sound(item) ? make_text(f, item->valuestring) : NULL;
        good = text && cJSON_AddItemToArray(list, text);
    }
    if (good)
        return list;
    cJSON_Delete(list);
    return NULL;
}

/* Copies the text NAME of FROM. One that is not there, or null, is left out unless REQUIRED. */
static bool copy_text(cJSON *to, const cJSON *from, const char *name, bool required)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(from, name);
    if (!required && (!text || cJSON_IsNull(text)))
        return true;
    return cJSON_IsString(text) && cJSON_AddStringToObject(to, name, text->valuestring);
}

static cJSON *make_number(const struct field *f, const cJSON *value)
{
    char text[32];
    int64_t number;
    if (!json_integer(value, &number))
        return NULL;
    if (f->kind == FIELD_NUMBER)
        return cJSON_CreateNumber((double)number);
    if (f->kind == FIELD_CENTS)
        snprintf(text, sizeof text, "%" PRId64 ".%02d", number / 100, (int)(number % 100));
    else
        snprintf(text, sizeof text, "%" PRId64, number);
    return f->kind == FIELD_CENTS ? cJSON_CreateRaw(text) : cJSON_CreateString(text);
}

/* A text of FROM, or a number of it in digits; what is neither is left out. */
static bool copy_word(cJSON *to, const cJSON *from, const char *name)
{
    const struct field word = {.kind = FIELD_WORD};
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(from, name);
    cJSON *copy = text_sound(value)       ? cJSON_CreateString(value->valuestring)
                  : cJSON_IsNumber(value) ? make_number(&word, value)
                                          : NULL;
    return !copy || cJSON_AddItemToObject(to, name, copy);
}

static cJSON *make_team(const cJSON *item)
{
    cJSON *team = cJSON_CreateObject();
    bool good = team != NULL;
    if (cJSON_IsObject(item))
        good = good && copy_word(team, item, "id") && copy_word(team, item, "slug") &&
               copy_word(team, item, "name") && copy_word(team, item, "parent");
    else
        good = good && text_sound(item) && cJSON_AddStringToObject(team, "id", item->valuestring);
    if (good && cJSON_GetObjectItemCaseSensitive(team, "id"))
        return team;
    cJSON_Delete(team);
    return NULL;
}

static cJSON *make_teams(const cJSON *value)
{
    cJSON *list = cJSON_IsArray(value) ? cJSON_CreateArray() : NULL;
    bool good = list != NULL;
    for (const cJSON *item = good ? value->child : NULL; good && item; item = item->next) {
        cJSON *team = make_team(item);
        good = team && cJSON_AddItemToArray(list, team);
    }
    if (good)
        return list;
    cJSON_Delete(list);
    return NULL;
}

static cJSON *make_keys(const cJSON *value)
{
    cJSON *keys = cJSON_IsArray(value) ? cJSON_CreateArray() : NULL;
    bool good = keys != NULL;
    for (const cJSON *item = good ? value->child : NULL; good && item; item = item->next) {
        cJSON *key = cJSON_CreateObject();
        good = key && cJSON_AddItemToArray(keys, key) && copy_text(key, item, "type", true) &&
               copy_text(key, item, "blob", true) && copy_text(key, item, "expiresAt", false);
    }
    if (good)
        return keys;
    cJSON_Delete(keys);
    return NULL;
}

/* TEXT without what is behind RECORD_TEXT_MAX bytes, or behind the last whole character there. */
static cJSON *make_cut(char *text)
{
    size_t len = strlen(text);
    if (len > RECORD_TEXT_MAX)
        for (len = RECORD_TEXT_MAX; (text[len] & 0xc0) == 0x80; len--)
            ;
    text[len] = '\0';
    return cJSON_CreateString(text);
}

static cJSON *make_json(const cJSON *value)
{
    char *text = cJSON_PrintUnformatted(value);
    bool fits = text && strlen(text) <= RECORD_JSON_MAX;
    cJSON *json = !text ? NULL : fits ? cJSON_CreateRaw(text) : make_cut(text);
    cJSON_free(text);
    return json;
}

/* A copy of VALUE as F wants it, or NULL when it is of a wrong type or size. */
static cJSON *make_value(const struct field *f, const cJSON *value)
{
    switch (f->kind) {
    case FIELD_STATE:
        return state_sound(value) ? cJSON_CreateString(value->valuestring) : NULL;
    case FIELD_NUMBER:
    case FIELD_CENTS:
        return make_number(f, value);
    case FIELD_BOOL:
        return cJSON_IsBool(value) ? cJSON_Duplicate(value, false) : NULL;
    case FIELD_LIST:
        return make_list(f, value);
    case FIELD_TEAMS:
        return make_teams(value);
    case FIELD_KEYS:
        return make_keys(value);
    case FIELD_JSON:
        return make_json(value);
    case FIELD_URL:
        return make_long(f, value, RECORD_URL_MAX);
    case FIELD_PEM:
        return make_long(f, value, RECORD_PEM_MAX);
    case FIELD_WORD:
        if (cJSON_IsNumber(value))
            return make_number(f, value);
        break;
    case FIELD_TEXT:
        break;
    }
    return text_sound(value) ? make_text(f, value->valuestring) : NULL;
}

static bool add_field(cJSON *record, const struct field *f, const cJSON *item, const char *where,
                      struct api_error *err)
{
    const cJSON *value = json_first(item, f->from);
    bool empty =
        f->kind == FIELD_JSON && (cJSON_IsObject(value) || cJSON_IsArray(value)) && !value->child;
    cJSON *copy = NULL, key = {.type = cJSON_String, .valuestring = item->string};
    if (strcmp(f->from, "@key") == 0)
        value = &key;
    if (value && !empty)
        copy = make_value(f, value);
    else if (f->otherwise && f->kind == FIELD_LIST)
        copy = cJSON_CreateStringArray(&f->otherwise, 1);
    else if (f->otherwise)
        copy = cJSON_CreateString(f->otherwise);
    else if (!f->required)
        return true;
    if (copy && cJSON_AddItemToObject(record, f->name, copy))
        return true;
    cJSON_Delete(copy);
    api_fail(err, API_BAD_ANSWER, "%s: \"%s\" %s", where, f->name,
             value ? "has a wrong type, value or length" : "is missing");
    return false;
}

cJSON *record_make(const struct field *fields, const cJSON *item, const char *where,
                   struct api_error *err)
{
    cJSON *record = cJSON_CreateObject();
    if (!record) {
        api_fail(err, API_UNREACHABLE, "%s: out of memory", where);
        return NULL;
    }
    for (const struct field *f = fields; f->name; f++)
        if (!add_field(record, f, item, where, err)) {
            cJSON_Delete(record);
            return NULL;
        }
    return record;
}

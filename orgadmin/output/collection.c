/*
 * A record in the data: for each member its name, a letter for its kind, and its value; an empty
 * name ends it. Texts end with NUL, which none of the API's has inside (api/json.h).
 */
#include "orgadmin/output/collection.h"

#include <stdlib.h>
#include <string.h>

#define DATA_MIN   4096
#define PLACES_MIN 64

static const object_fields key_fields = {"type", "blob", "expiresAt", ""},
                           team_fields = {"id", "slug", "name", "parent"};

static const object_fields *fields_of(const char *member)
{
    return strcmp(member, "teams") == 0 ? &team_fields : &key_fields;
}

/* Makes room for LEN more bytes. */
static bool reserve(struct collection *c, size_t len)
{
    size_t size = c->size ? c->size : DATA_MIN;
    while (size - c->used < len)
        size *= 2;
    char *data = size == c->size ? c->data : realloc(c->data, size);
    if (!data)
        return false;
    c->data = data;
    c->size = size;
    return true;
}

static bool put(struct collection *c, const void *data, size_t len)
{
    if (len > c->size - c->used && !reserve(c, len))
        return false;
    memcpy(c->data + c->used, data, len);
    c->used += len;
    return true;
}

static bool put_text(struct collection *c, const char *text)
{
    return put(c, text, strlen(text) + 1);
}

static bool put_head(struct collection *c, const char *field, enum value_kind kind)
{
    const char letter = (char)kind;
    return put_text(c, field) && put(c, &letter, 1);
}

static bool put_number(struct collection *c, int64_t number)
{
    return put(c, &number, sizeof number);
}

static bool put_list(struct collection *c, const cJSON *list)
{
    int64_t count = 0;
    for (const cJSON *item = list->child; item; item = item->next)
        count += cJSON_IsString(item);
    if (!put_head(c, list->string, VALUE_LIST) || !put_number(c, count))
        return false;
    for (const cJSON *item = list->child; item; item = item->next)
        if (cJSON_IsString(item) && !put_text(c, item->valuestring))
            return false;
    return true;
}

static bool put_objects(struct collection *c, const cJSON *list)
{
    const object_fields *fields = fields_of(list->string);
    if (!put_head(c, list->string, VALUE_OBJECTS) || !put_number(c, cJSON_GetArraySize(list)))
        return false;
    for (const cJSON *object = list->child; object; object = object->next)
        for (int i = 0; i < OBJECT_FIELDS; i++) {
            const char *text =
                cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, (*fields)[i]));
            if (!put_text(c, text ? text : ""))
                return false;
        }
    return true;
}

static bool put_member(struct collection *c, const cJSON *member)
{
    if (cJSON_IsString(member))
        return put_head(c, member->string, VALUE_TEXT) && put_text(c, member->valuestring);
    if (cJSON_IsRaw(member))
        return put_head(c, member->string, VALUE_JSON) && put_text(c, member->valuestring);
    if (cJSON_IsNumber(member))
        return put_head(c, member->string, VALUE_NUMBER) &&
               put_number(c, (int64_t)member->valuedouble);
    if (cJSON_IsBool(member))
        return put_head(c, member->string, VALUE_SWITCH) && put_number(c, cJSON_IsTrue(member));
    if (cJSON_IsArray(member) && cJSON_IsObject(member->child))
        return put_objects(c, member);
    return !cJSON_IsArray(member) || put_list(c, member);
}

static bool add_place(struct collection *c)
{
    if (c->count == c->places) {
        size_t places = c->places ? c->places * 2 : PLACES_MIN;
        size_t *place = reallocarray(c->place, places, sizeof *place);
        if (!place)
            return false;
        c->place = place;
        c->places = places;
    }
    c->place[c->count++] = c->used;
    return true;
}

bool collection_add(struct collection *c, const cJSON *record)
{
    if (c->count == RECORDS_MAX || !add_place(c))
        return false;
    for (const cJSON *member = record->child; member; member = member->next)
        if (*member->string && !put_member(c, member))
            return false;
    return put_text(c, "");
}

int collection_sink(void *arg, const cJSON *record)
{
    return collection_add(arg, record) ? 0 : -1;
}

void collection_free(struct collection *c)
{
    if (c->data)
        explicit_bzero(c->data, c->used); /* a token may be in it */
    free(c->data);
    free(c->place);
    *c = (struct collection){0};
}

bool collection_next(const struct collection *c, size_t i, size_t *at, struct value *value)
{
    const char *p = c->data + c->place[i] + *at;
    if (*p == '\0')
        return false;
    *value = (struct value){.field = p, .fields = fields_of(p)};
    p += strlen(p) + 1;
    value->kind = (enum value_kind) * p++;
    if (value->kind != VALUE_TEXT && value->kind != VALUE_JSON) {
        memcpy(&value->number, p, sizeof value->number);
        p += sizeof value->number;
    }
    value->text = p;
    int64_t texts = value->kind == VALUE_TEXT || value->kind == VALUE_JSON ? 1
                    : value->kind == VALUE_LIST                            ? value->number
                    : value->kind == VALUE_OBJECTS ? value->number * OBJECT_FIELDS
                                                   : 0;
    while (texts-- > 0)
        p += strlen(p) + 1;
    *at = (size_t)(p - (c->data + c->place[i]));
    return true;
}

bool collection_value(const struct collection *c, size_t i, const char *field, struct value *value)
{
    for (size_t at = 0; collection_next(c, i, &at, value);)
        if (strcmp(value->field, field) == 0)
            return true;
    return false;
}

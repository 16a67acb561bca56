#include "orgd/endpoints/body.h"

#include <string.h>
#include <strings.h>

#include "common/name.h"

/* cJSON ends a text at an escaped NUL without a word. */
static bool escaped_nul(const char *body, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (body[i] != '\\')
            continue;
        i++;
        if (len - i >= 5 && memcmp(body + i, "u0000", 5) == 0)
            return true;
    }
    return false;
}

bool is_json(const char *type)
{
    static const char json[] = "application/json";
    return type && strncasecmp(type, json, sizeof json - 1) == 0 &&
           strchr("; \t", type[sizeof json - 1]);
}

cJSON *body_parse(const struct request *request)
{
    const char *body = request->body, *end = NULL;
    size_t len = request->len;
    if (request->too_large || !is_json(request->content_type) || len == 0 ||
        memchr(body, '\0', len) || escaped_nul(body, len))
        return NULL;
    cJSON *object = cJSON_ParseWithLengthOpts(body, len, &end, false);
    while (object && end < body + len && strchr(" \t\r\n", *end))
        end++;
    if (cJSON_IsObject(object) && end == body + len)
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* NULL when ITEM is good for a field of TYPE, else what it must be. */
static const char *value_wrong(const struct field_type *type, const cJSON *item)
{
    if (type->good(item) || (type->or_null && cJSON_IsNull(item)))
        return NULL;
    return type->must;
}

static bool body_fail(struct call *call, const char *name, const char *why)
{
    char clean[64]; /* the name may be the caller's invention */
    call_fail(call, 400, "invalid", "%s: %s", text_clean(clean, sizeof clean, name, false), why);
    return false;
}

bool body_check(struct call *call, const struct endpoint *e)
{
    bool seen[1 + FIELDS_MAX] = {false};
    const struct body_field *field;
    const cJSON *item;
    cJSON_ArrayForEach(item, call->body)
    {
        size_t i = 0;
        while ((field = endpoint_field(e, i)) != NULL && strcmp(field->name, item->string) != 0)
            i++;
        if (!field)
            return body_fail(call, item->string, "is not a field of this call");
        if (seen[i])
            return body_fail(call, item->string, "stands there twice");
        seen[i] = true;
        const char *wrong = value_wrong(field->type, item);
        if (wrong)
            return body_fail(call, item->string, wrong);
    }
    for (size_t i = 0; (field = endpoint_field(e, i)) != NULL; i++)
        if (field->required && !seen[i])
            return body_fail(call, field->name, "is missing");
    return true;
}

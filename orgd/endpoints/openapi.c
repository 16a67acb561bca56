#include "orgd/endpoints/openapi.h"

#include <stdio.h>
#include <string.h>

#include "common/paths.h"
#include "orgd/endpoints/table.h"

#define SCHEMA_MAX 512

static const char frame[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"orgd\",\"version\":\"" ORG_VERSION "\","
    "\"summary\":\"Organizations, their members, roles and teams\","
    "\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\"}},"
    "\"servers\":[{\"url\":\"/\"}],\"security\":[{\"bearer\":[]}],"
    "\"paths\":{\"/healthz\":{\"get\":{\"operationId\":\"healthz\",\"security\":[{}],"
    "\"summary\":\"Whether the data can be read\",\"responses\":{"
    "\"200\":{\"$ref\":\"#/components/responses/Done\"},"
    "\"503\":{\"$ref\":\"#/components/responses/Error\"}}}}},"
    "\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}},"
    "\"responses\":{\"Done\":{\"description\":\"It was done.\",\"content\":{\"application/json\":"
    "{\"schema\":{\"type\":\"object\"}}}},"
    "\"Error\":{\"description\":\"It was refused, or failed; nothing was changed, unless the reason "
    "is outcome_unknown.\","
    "\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}},"
    "\"parameters\":{\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\","
    "\"description\":\"The same request with the same key and token is carried out once.\","
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{1,64}$\"}}},"
    "\"schemas\":{\"Error\":{\"type\":\"object\",\"properties\":{"
    "\"ok\":{\"const\":false},\"reason\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},"
    "\"requestId\":{\"type\":\"string\"}},"
    "\"required\":[\"ok\",\"reason\",\"message\",\"requestId\"]}}}}";

/* The schema of a field's values. */
static cJSON *type_schema(const struct field_type *type)
{
    char text[SCHEMA_MAX];
    snprintf(text, sizeof text, "{%s}", type->schema);
    cJSON *schema = cJSON_Parse(text);
    if (!type->or_null)
        return schema;
    cJSON *types = cJSON_CreateArray();
    cJSON_AddItemToArray(types, cJSON_DetachItemFromObject(schema, "type"));
    cJSON_AddItemToArray(types, cJSON_CreateString("null"));
    cJSON_AddItemToObject(schema, "type", types);
    return schema;
}

static cJSON *body_schema(const struct endpoint *e)
{
    const struct body_field *field;
    cJSON *schema = cJSON_CreateObject(), *required = cJSON_CreateArray();
    cJSON_AddStringToObject(schema, "type", "object");
    cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
    for (size_t i = 0; (field = endpoint_field(e, i)) != NULL; i++) {
        cJSON_AddItemToObject(properties, field->name, type_schema(field->type));
        if (field->required)
            cJSON_AddItemToArray(required, cJSON_CreateString(field->name));
    }
    cJSON_AddItemToObject(schema, "required", required);
    cJSON_AddFalseToObject(schema, "additionalProperties");
    return schema;
}

/* A reference to TARGET of the components, "responses/Done". */
static cJSON *reference(const char *target)
{
    char path[64];
    cJSON *object = cJSON_CreateObject();
    snprintf(path, sizeof path, "#/components/%s", target);
    cJSON_AddStringToObject(object, "$ref", path);
    return object;
}

/* "organizations.members.set-role" for the path of that. */
static void add_name(cJSON *operation, const char *path)
{
    char name[64];
    snprintf(name, sizeof name, "%s", path + 1);
    for (char *c = name; *c; c++)
        *c = *c == '/' ? '.' : *c;
    cJSON_AddStringToObject(operation, "operationId", name);
}

/* Who may call E. */
static void add_security(cJSON *operation, const struct endpoint *e)
{
    char text[96] = "Needs a token.";
    if (e->permission != PERMISSION_NONE)
        snprintf(text, sizeof text, "Needs the permission %s.", permission_name(e->permission));
    if (e->open) {
        cJSON *security = cJSON_AddArrayToObject(operation, "security");
        cJSON_AddItemToArray(security, cJSON_CreateObject());
        cJSON *bearer = cJSON_CreateObject();
        cJSON_AddArrayToObject(bearer, "bearer");
        cJSON_AddItemToArray(security, bearer);
        snprintf(text, sizeof text, "Needs no token.");
    }
    cJSON_AddStringToObject(operation, "description", text);
}

static cJSON *operation_json(const struct endpoint *e)
{
    cJSON *operation = cJSON_CreateObject();
    add_name(operation, e->path);
    add_security(operation, e);
    if (e->change)
        cJSON_AddItemToArray(cJSON_AddArrayToObject(operation, "parameters"),
                             reference("parameters/IdempotencyKey"));
    cJSON *body = cJSON_AddObjectToObject(operation, "requestBody");
    cJSON_AddTrueToObject(body, "required");
    cJSON *type =
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(body, "content"), "application/json");
    cJSON_AddItemToObject(type, "schema", body_schema(e));
    cJSON *responses = cJSON_AddObjectToObject(operation, "responses");
    cJSON_AddItemToObject(responses, "200", reference("responses/Done"));
    cJSON_AddItemToObject(responses, "default", reference("responses/Error"));
    return operation;
}

cJSON *openapi_json(void)
{
    const struct endpoint *e;
    char path[64];
    cJSON *document = cJSON_Parse(frame);
    cJSON *paths = cJSON_GetObjectItem(document, "paths");
    for (size_t i = 0; (e = endpoint_at(i)) != NULL; i++) {
        if (e->operator)
            continue;
        snprintf(path, sizeof path, "/v1%s", e->path);
        cJSON_AddItemToObject(cJSON_AddObjectToObject(paths, path), "post", operation_json(e));
    }
    return document;
}

#include "orgd/web/oauth_form.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "orgd/endpoints/table.h"
#include "orgd/web/form.h"

char *oauth_form_read(struct request *request)
{
    const struct endpoint *e = endpoint_find(request->path, false);
    const struct body_field *field;
    if (!e || e->oauth == OAUTH_NOT || !is_form(request->content_type))
        return NULL;
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; (field = endpoint_field(e, i)) != NULL; i++) {
        char *value = form_value(request->body, request->len, field->name);
        if (value)
            cJSON_AddStringToObject(object, field->name, value);
        free(value);
    }
    char *body = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    request->content_type = "application/json";
    request->body = body;
    request->len = strlen(body);
    return body;
}

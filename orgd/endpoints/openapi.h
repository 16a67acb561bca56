/* The API as a document of OpenAPI 3.1, made from the table of endpoints. */
#ifndef ORGD_ENDPOINTS_OPENAPI_H
#define ORGD_ENDPOINTS_OPENAPI_H

#include <cjson/cJSON.h>

/* The document, which the caller deletes. */
cJSON *openapi_json(void);

#endif

/* The API's objects as JSON (API.md), and what may stand in them. The caller owns what is returned.
 */
#ifndef ORGD_RECORD_H
#define ORGD_RECORD_H

#include "orgd/store.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

cJSON *organization_json(const struct organization *organization);
cJSON *user_json(const struct user *user);
cJSON *member_json(const struct member *member);
cJSON *invitation_json(const struct invitation *invitation);

/* The token with its secret in clear text, to be shown this once; "role" for an organization's. */
cJSON *token_json(const struct token *token, const struct secret *secret);

/* 1-254 printable ASCII characters without space, exactly one '@' with something on both sides. */
bool email_valid(const char *email);

/* A name for people: 1-100 characters of UTF-8 that text_clean leaves as they are. */
bool display_valid(const char *name);

#endif

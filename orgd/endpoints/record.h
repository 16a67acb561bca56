/* The API's objects as JSON (API.md), and checks of their texts. The caller owns the objects that
 * are returned. */
#ifndef ORGD_ENDPOINTS_RECORD_H
#define ORGD_ENDPOINTS_RECORD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgd/endpoints/watchers.h"
#include "orgd/store/store.h"

cJSON *organization_json(const struct organization *organization);
cJSON *user_json(const struct user *user);
/* The user as the operator sees the account, with "state" and "createdAt". */
cJSON *account_json(const struct user *user);
cJSON *member_json(const struct member *member);
/* Adds the role, its permissions and, if it has one, its end to OBJECT. */
void role_add_json(cJSON *object, const struct role *role, const struct role_term *term);
cJSON *key_json(const struct user_key *key);
cJSON *team_json(const struct team *team);
cJSON *invitation_json(const struct invitation *invitation);

cJSON *join_code_json(const struct join_code *code);
cJSON *machine_json(const struct machine *machine);
/* Of a machine whose organization is at REVISION now. */
cJSON *report_json(const struct report *report, int64_t revision);
cJSON *event_json(const struct event *event);

/* The token with its secret in clear text, to be shown this once; "role" for an organization's. */
cJSON *token_json(const struct token *token, const struct secret *secret);
/* The token as it is listed. */
cJSON *token_list_json(const struct token *token);

/* ["org:view",..], and back from an array that was checked. */
cJSON *permissions_json(unsigned permissions);
unsigned permissions_parse(const cJSON *array);

/* "active", "suspended" or "removed"; static. */
const char *state_name(const struct member *member);

/* {"ok":false,..}; REQUEST is the request's id. */
cJSON *error_json(const char *reason, const char *message, const char *request);

/* "2026-01-02T03:04:05.000Z" */
#define TIME_TEXT_SIZE 40
/* Adds a time, and null for 0. */
void record_time_or_null(cJSON *object, const char *name, int64_t ms);

void time_text(int64_t ms, char text[TIME_TEXT_SIZE]);

/* ", until 2026-01-02T03:04:05.000Z", or "" for 0, never; returns TEXT. */
const char *end_text(int64_t ms, char *text, size_t size);

/* "Fri, 02 Jan 2026 03:04:05 +0000" (RFC 5322). */
void mail_date(int64_t ms, char *text, size_t size);

#endif

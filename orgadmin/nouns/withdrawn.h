/* What an organization withdraws along with a change, as the API's answer says. */
#ifndef ORGADMIN_NOUNS_WITHDRAWN_H
#define ORGADMIN_NOUNS_WITHDRAWN_H

#include <cjson/cJSON.h>
#include <stdint.h>

/* Tells of the invitations and join codes that REPLY (the fields "invitations" and "join_codes";
 * may be NULL) says are withdrawn. WHICH they are: "that ann made". */
void withdrawn_tell(const cJSON *reply, const char *which);

/* How many tokens REPLY says are not withdrawn, for somebody to decide upon. */
int64_t withdrawn_tokens_left(const cJSON *reply);

#endif

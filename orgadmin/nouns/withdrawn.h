/* Invitations and join codes that a change has withdrawn, as the API's answer tells. */
#ifndef ORGADMIN_NOUNS_WITHDRAWN_H
#define ORGADMIN_NOUNS_WITHDRAWN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* Tells of the invitations and join codes that REPLY (the fields "invitations" and "join_codes";
 * may be NULL) says are withdrawn. WHICH they are: "that ann made". */
void withdrawn_tell(const cJSON *reply, const char *which);

/* True when REPLY tells of join codes at all: the API withdraws them. */
bool withdrawn_told(const cJSON *reply);

/* The number of ssh keys that REPLY says were given to others and count still. */
int64_t withdrawn_keys_left(const cJSON *reply);

/* The number of tokens that REPLY says are not withdrawn, for somebody to decide upon. */
int64_t withdrawn_tokens_left(const cJSON *reply);

#endif

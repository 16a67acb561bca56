/* What the command api calls the operations of a provider. */
#ifndef ORGADMIN_NOUNS_OPERATION_H
#define ORGADMIN_NOUNS_OPERATION_H

#include "api/provider.h"

/* "member.list" for OP_MEMBER_LIST: the command that it belongs to, without blanks. Returns OUT, or
 * a static text. */
#define OPERATION_MAX 32
const char *operation_id(enum provider_op op, char out[OPERATION_MAX]);

#endif

/* Adding or inviting one person. */
#ifndef ORGADMIN_NOUNS_INVITE_H
#define ORGADMIN_NOUNS_INVITE_H

#include "api/provider.h"
#include "orgadmin/invocation.h"

/* Runs OP (OP_MEMBER_ADD or OP_INVITATION_CREATE) for the address that is the first argument, hands
 * out the invitation's token, and tells what has become of the person. Nobody who is there already
 * is changed unless --role gives another role. */
enum exit_status invite_person(const struct invocation *inv, enum provider_op op);

#endif

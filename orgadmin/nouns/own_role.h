/* The caller's own role in an organization. */
#ifndef ORGADMIN_NOUNS_OWN_ROLE_H
#define ORGADMIN_NOUNS_OWN_ROLE_H

#include "orgadmin/remote/connection.h"

/* Adds to ORG, the record of C's organization, the caller's "role" there, unless it has one: from
 * the listing of the organizations, else from the member that the credential is of. What the API
 * does not tell is left out. */
void own_role_add(struct connection *c, cJSON *org);

#endif

/* The roles and permissions that the API can list, to find a mistyped one before anything is sent.
 */
#ifndef ORGADMIN_NOUNS_VOCABULARY_H
#define ORGADMIN_NOUNS_VOCABULARY_H

#include "orgadmin/remote/connection.h"

/* Begins as {0}; vocabulary_free frees what is in it. */
struct vocabulary {
    char *roles, *permissions; /* each between two blanks; NULL: not known */
};

/* Lists the roles of C's organization, for an API that has such a list. EXIT_DONE, or the status of
 * a complaint; everything is possible then. */
enum exit_status vocabulary_read(struct connection *c, struct vocabulary *v);
void vocabulary_free(struct vocabulary *v);

/* True when V has ROLE. */
bool vocabulary_has_role(const struct vocabulary *v, const char *role);

/* EXIT_DONE when all of ROLES or PERMISSIONS ("a,b"; may be NULL) are possible; else EXIT_NO after
 * a complaint about the first other one. ABOUT is "" or "FILE:3: ". */
enum exit_status vocabulary_check_roles(const struct vocabulary *v, const struct connection *c,
                                        const char *about, const char *roles);
enum exit_status vocabulary_check_permissions(const struct vocabulary *v,
                                              const struct connection *c, const char *permissions);

/* The same for one command, which lists them only if it is needed. That the API has no list is no
 * failure. */
enum exit_status vocabulary_check(struct connection *c, const char *roles, const char *permissions);

#endif

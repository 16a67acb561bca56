/*
 * The state of an organization as a document in JSON, for orgadmin export and apply:
 *
 *   {"organization": {"id", "name"},
 *    "roles":        [{"id", "permissions": [..]}],           the organization's own roles
 *    "members":      [{"id", "email", "roles": [..], "permissions": [..], "state",
 *                      "temporary_role", "temporary_until"}],    roles: those without an end
 *    "invitations":  [{"email", "roles": [..], "permissions": [..], "username"}]}
 *
 * orgadmin(1) describes it. A document that was read from an organization also has the ids of
 * invitations, and what the API shows and cannot set; state_strip takes that out.
 */
#ifndef ORGADMIN_NOUNS_STATE_H
#define ORGADMIN_NOUNS_STATE_H

#include "orgadmin/remote/connection.h"

#define STATE_MEMBERS     "members"
#define STATE_INVITATIONS "invitations"
#define STATE_ROLES       "roles"
/* Of a member who has a role for a while, in the place of the one in "roles". */
#define STATE_TEMPORARY "temporary_role"
#define STATE_UNTIL     "temporary_until"

/* Reads *STATE, which the caller deletes, from C's organization: complete, or not at all.
 * EXIT_DONE, or the status of a complaint. */
enum exit_status state_read(struct connection *c, cJSON **state);

/* Leaves in STATE, which was read, what state_load takes and the API of C can set. */
void state_strip(const struct connection *c, cJSON *state);

/* Reads *STATE, which the caller deletes, from the file PATH, "-" is standard input; messages call
 * it *FROM. EXIT_DONE; else EXIT_USAGE after complaints about each field that cannot be, with its
 * place. */
enum exit_status state_load(const char *path, const char **from, cJSON **state);

/* True for a role that every organization has, and that nobody can change. */
bool state_fixed_role(const char *role);

/* The first item of LIST, NULL when there is none, or no list. */
const cJSON *list_first(const cJSON *list);

/* How people are called: the address, else the id. */
const char *state_name(const cJSON *person);

/* The texts of the list NAME in OBJECT, sorted, each once, with commas between, in memory that the
 * caller frees; NULL: out of memory. "" when there is no such list. */
char *state_words(const cJSON *object, const char *name);

#endif

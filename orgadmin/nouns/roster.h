/* Who is there already. */
#ifndef ORGADMIN_NOUNS_ROSTER_H
#define ORGADMIN_NOUNS_ROSTER_H

#include "orgadmin/remote/connection.h"

struct roster_entry {
    char *email;      /* the roster's memory; role and username stand behind it */
    const char *role; /* "a,b"; "" when the API does not say */
    const char *username;
    bool member; /* false: invited */
};

/* Begins as {0}; roster_free frees what is in it. */
struct person_roster {
    struct roster_entry *entry; /* sorted by address, without regard to case */
    size_t count, size;
    unsigned changes; /* provider_add_changes */
};

/* Lists who is there, once for many. With EMAIL that person alone, if OP_MEMBER_ADD or
 * OP_INVITATION_CREATE would change him (provider_add_changes). EXIT_DONE, or the status of a
 * complaint. */
enum exit_status roster_read(struct connection *c, const char *email, struct person_roster *roster);

/* The entry of EMAIL, or NULL. */
const struct roster_entry *roster_find(const struct person_roster *roster, const char *email);

void roster_free(struct person_roster *roster);

/* True when ENTRY (may be NULL) of ROSTER stays as it is with ROLE (NULL: none is given): the role
 * is the same, or the API changes nobody by adding him. */
bool roster_keeps(const struct person_roster *roster, const struct roster_entry *entry,
                  const char *role);

/*
 * Reads ROSTER for EMAIL alone. *KNOWN is its entry, or NULL. EXIT_NO after a complaint when the
 * person is there and ROLE (may be NULL) changes nothing: nothing is to be sent then.
 */
enum exit_status roster_admits(struct connection *c, const char *email, const char *role,
                               struct person_roster *roster, const struct roster_entry **known);

/* Tells which role the person of ENTRY had before and has now. */
void roster_tell_change(const struct connection *c, const struct roster_entry *entry,
                        const char *role);

/* The login name that the invitation of ENTRY (may be NULL) fixes, or NULL. */
const char *roster_username(const struct roster_entry *entry);

#endif

/* The many commands that run one operation and print what it yields. */
#ifndef ORGADMIN_NOUNS_LISTING_H
#define ORGADMIN_NOUNS_LISTING_H

#include "api/provider.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/connection.h"

enum listing_flag {
    LISTING_PLAIN = 0,
    LISTING_ORG = 1, /* of the chosen organization */
    LISTING_ANY = 2, /* the same, or of none */
    LISTING_ONE = 4  /* one record, in JSON no array */
};

/* Runs OP with C, which is open, and prints all that it lists. */
enum exit_status listing_all(const struct invocation *inv, struct connection *c,
                             enum provider_op op, const struct provider_arg *args);

enum exit_status listing(const struct invocation *inv, enum provider_op op, unsigned flags,
                         const struct provider_arg *args);

#endif

/*
 * How this host gives numbers: the placement, and the range of each organization. Both belong to a
 * fleet, so the ledger records what the first numbers were given by, and its record has precedence
 * over the configuration: a number given by another rule would be another one on the next host.
 * One thread.
 */
#ifndef ORGSYNCD_NUMBERS_H
#define ORGSYNCD_NUMBERS_H

#include "orgsyncd/config.h"
#include "orgsyncd/ledger.h"

#define NUMBERS_TEXT_LEN 512

enum numbers_sharing {
    NUMBERS_APART,      /* no two organizations have one range */
    NUMBERS_SHARED,     /* some have, each of which has been given numbers */
    NUMBERS_SHARED_NEW, /* some have, and one of them has not been given any */
};

struct numbers {
    enum placement placement;                 /* never PLACEMENT_UNKNOWN */
    struct id_range range[SNAPSHOT_ORGS_MAX]; /* of each organization, in CONFIG's order */
    char contradiction[NUMBERS_TEXT_LEN]; /* what CONFIG has otherwise than the ledger, "" = nothing
                                           */
    enum numbers_sharing sharing;
    char sharers[NUMBERS_TEXT_LEN]; /* the organizations that have users.range together, or "" */
};

/* Fills *N from the ledger and, for what it does not record, CONFIG. Returns 0, or -1 after
 * logging. */
int numbers_read(const struct config *config, struct ledger *ledger, struct numbers *n);

/* Records in the ledger, in a transaction, what N has and it has not. Returns 0, or -1 after
 * logging. */
int numbers_record(const struct config *config, struct ledger *ledger, const struct numbers *n);

/* The lines of orglogin.conf(5) that another host of the fleet needs, into TEXT; returns the
 * length, less than SIZE. */
size_t numbers_lines(const struct config *config, const struct numbers *n, char *text, size_t size);

#endif

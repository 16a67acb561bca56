/* Members that are not served, or not under the name that they ask for. One thread. */
#ifndef ORGSYNCD_WITHHELD_H
#define ORGSYNCD_WITHHELD_H

#include <stddef.h>
#include <stdint.h>

#include "common/confirm.h"
#include "orgsyncd/organization.h"
#include "orgsyncd/publish.h"

/* Writes the answer to CONFIRM_WITHHELD or, with PREFIX, to CONFIRM_MEMBERS into TEXT, without the
 * first SKIP members; returns its length, less than SIZE. */
size_t withheld_list(const struct organizations *orgs, const char *prefix, uint32_t skip,
                     char *text, size_t size);

enum name_freeing {
    NAME_FREED,
    NAME_KEPT,   /* WHY says why the name cannot be freed */
    NAME_FAILED, /* the same, because of memory, ledger or snapshot: the keeper is to end */
};

/* Frees NAME for other members, unless it is a present member's, and publishes that. */
enum name_freeing withheld_free_name(struct publisher *publisher, const char *name,
                                     char why[CONFIRM_TEXT_LEN]);

#endif

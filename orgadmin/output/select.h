/* Which records of a listing are shown: --filter, --state and --limit. */
#ifndef ORGADMIN_OUTPUT_SELECT_H
#define ORGADMIN_OUTPUT_SELECT_H

#include "orgadmin/invocation.h"
#include "orgadmin/output/collection.h"

/* EXIT_DONE, or EXIT_USAGE after a complaint about one of these options. */
enum exit_status select_check(const struct invocation *inv);

/* Leaves in RECORDS those that --filter and --state want. */
void select_matching(const struct invocation *inv, struct collection *records);

/* Leaves the first ones, as many as --limit wants. */
void select_first(const struct invocation *inv, struct collection *records);

#endif

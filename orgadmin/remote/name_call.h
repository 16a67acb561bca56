/* Names for completion: those that were listed just now, or what a quick call to the API tells. */
#ifndef ORGADMIN_REMOTE_NAME_CALL_H
#define ORGADMIN_REMOTE_NAME_CALL_H

#include "orgadmin/invocation.h"
#include "orgadmin/remote/name_cache.h"

/* The longest time that a person waits for them. */
#define NAME_CALL_MS 1500

/*
 * Calls EACH with the names of KIND at the place that INV's --profile and --org, the environment
 * and the login say. They are kept ones while they are fresh; then those of a call, which is made
 * at most once in NAMES_FRESH_S after one that failed, and kept ones when it fails. Returns within
 * NAME_CALL_MS, asks nothing of a person and says nothing.
 */
void names_complete(const struct invocation *inv, enum names kind, names_visit *each, void *arg);

#endif

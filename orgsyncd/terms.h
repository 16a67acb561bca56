/*
 * Roles with an end. When one has come, by this host's clock and whether or not the organization
 * can be reached, a snapshot without it is due, and if the member lost by it what let him in or let
 * him use sudo, so is a look at his sessions (sessions.h). That the end was taken note of is in the
 * ledger, so that a keeper that was not there at the end makes up for it, once. One thread.
 */
#ifndef ORGSYNCD_TERMS_H
#define ORGSYNCD_TERMS_H

#include <stdint.h>

#include "orgsyncd/organization.h"
#include "orgsyncd/publish.h"

/* When terms_run has work to do (clock_mono_ms), INT64_MAX when only an event can change that. The
 * clock may be put forward or back: it is looked at again once in a while. */
int64_t terms_due(const struct organizations *orgs);

/* Takes note of the ends that have come. Returns 0, or -1 when the ledger cannot be written: the
 * keeper is then to end. */
int terms_run(struct organizations *orgs, struct publisher *publisher);

#endif

/* How far a change has come: --wait. */
#ifndef ORGADMIN_NOUNS_APPLIED_H
#define ORGADMIN_NOUNS_APPLIED_H

#include "orgadmin/remote/connection.h"

/* Before the change is sent. EXIT_DONE; EXIT_USAGE after a complaint: --wait is no time, or the API
 * cannot tell how far a change has come. */
enum exit_status applied_check(const struct invocation *inv, const struct connection *c);

/*
 * After the change, which REPLY (may be NULL) is about: with --wait waits until every machine has
 * applied it and no session is to end there any more, or the time is over, and tells how far it has
 * come, with --output on standard output. EXIT_DONE when all have; EXIT_AWAY when some were not
 * heard from, when there is none, or it cannot be told: the change stands either way.
 */
enum exit_status applied_wait(const struct invocation *inv, struct connection *c,
                              const cJSON *reply);

#endif

/*
 * SIGINT, SIGTERM and SIGHUP wait while something is half done: an answer with a secret that is
 * shown only once is under way, or a file is being written. Requests are bounded in time, so the
 * wait is too. For the main thread.
 */
#ifndef ORGADMIN_INTERRUPT_H
#define ORGADMIN_INTERRUPT_H

#include <stdbool.h>

/* Holds them back, until interrupt_release was called as often; then one that came takes effect. */
void interrupt_hold(void);
void interrupt_release(void);

/* True when one came while they are held. */
bool interrupt_pending(void);

#endif

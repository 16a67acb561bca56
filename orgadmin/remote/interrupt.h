/*
 * SIGINT, SIGTERM and SIGHUP wait while something is half done: an answer with a secret that is
 * shown only once is under way, or a file is being written. Requests are bounded in time, so the
 * wait is too. One that is ignored stays so. For the main thread.
 */
#ifndef ORGADMIN_REMOTE_INTERRUPT_H
#define ORGADMIN_REMOTE_INTERRUPT_H

#include <stdbool.h>

/* Holds them back, until interrupt_release was called as often; then one that came takes effect. */
void interrupt_hold(void);
void interrupt_release(void);

/* True when one came while they are held, or caught. */
bool interrupt_pending(void);

/*
 * A wait that may be left at any time, but not without telling how to go on: from here on the first
 * of these signals is only noted, if they are not held; the second one ends the program.
 * interrupt_uncatch forgets it. Both do nothing when it is so already.
 */
void interrupt_catch(void);
void interrupt_uncatch(void);

#endif

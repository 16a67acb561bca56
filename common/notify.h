/* Word to the service manager, sd_notify(3): readiness, a status line, the watchdog. Does nothing
 * where there is none. */
#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

#include <stdint.h>

/* Sends TEXT, "READY=1" or the like, a line each; what cannot be sent is lost. */
void notify(const char *text);

/* The watchdog's interval in ms: half of WATCHDOG_USEC; 0 = there is no watchdog. */
int64_t notify_watchdog_ms(void);

#endif

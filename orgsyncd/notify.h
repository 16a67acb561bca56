/* Word to the service manager, sd_notify(3): readiness, a status line, the watchdog. Does nothing
 * where there is none. */
#ifndef ORGSYNCD_NOTIFY_H
#define ORGSYNCD_NOTIFY_H

#include <stdint.h>

/* Sends TEXT, "READY=1" or the like, a line each; what cannot be sent is lost. */
void notify(const char *text);

/* How often the watchdog wants to hear of us, ms: half of WATCHDOG_USEC; 0 = never. */
int64_t notify_watchdog_ms(void);

#endif

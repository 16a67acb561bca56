/* The one clock: everything is in milliseconds. Thread-safe, async-signal-safe. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z; jumps when the administrator sets the clock. */
int64_t clock_wall_ms(void);

/* Milliseconds since boot, time asleep included (CLOCK_BOOTTIME); never jumps back. For time-outs
 * and ages. */
int64_t clock_mono_ms(void);

/* The same to the timer tick (a few ms), for a fraction of the cost; of a different origin
 * (CLOCK_MONOTONIC_COARSE). */
int64_t clock_coarse_ms(void);

#endif

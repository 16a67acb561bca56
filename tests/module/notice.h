/* The second after which libnss_org.so.2 looks for its file again, without waiting for it. */
#ifndef TESTS_NOTICE_H
#define TESTS_NOTICE_H

#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NOTICE_S 1 /* nss_module/mapping.c: CHECK_MS */

static atomic_long noticed_s;

/* In the place of libc's, for the modules too: the clock of clock_coarse_ms is ahead. */
__attribute__((visibility("default"), used)) int clock_gettime(clockid_t id, struct timespec *ts)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ts);
    if (rc == 0 && id == CLOCK_MONOTONIC_COARSE)
        ts->tv_sec += atomic_load(&noticed_s);
    return rc;
}

/* libnss_org.so.2 in this process notices within a second that a file is gone or replaced without a
 * mark: the second passes. */
static inline void let_names_notice(void)
{
    atomic_fetch_add(&noticed_s, NOTICE_S);
}

#endif

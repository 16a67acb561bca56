/* What every unit test includes: cmocka and the headers that it wants before it. */
#ifndef TESTS_LIB_UNIT_H
#define TESTS_LIB_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Skips the whole test program without root, whose file a snapshot must be. */
static inline void need_root(void)
{
    if (geteuid() == 0)
        return;
    puts("1..0 # SKIP needs root: a snapshot must be root's");
    exit(0);
}

/* Ends the test, which passes, and says why. Not cmocka's skip(): prove takes its TAP for a
 * failure. */
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        print_message("# skipped: %s\n", reason);                                                  \
        return;                                                                                    \
    } while (0)

/* How many descriptors this process has, and the one to count them. */
static inline int open_descriptors(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

#endif

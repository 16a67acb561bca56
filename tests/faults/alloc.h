/*
 * Allocations that fail on demand, also those that libc and libraries make: malloc, calloc and
 * realloc of the whole program are these, in front of libc's or a sanitizer's. Included by the one
 * source file of a test program. The thread sanitizer wants malloc for itself: there, nothing
 * fails.
 */
#ifndef TESTS_FAULTS_ALLOC_H
#define TESTS_FAULTS_ALLOC_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Counts down the allocations to the one that fails; negative: none does. */
static long alloc_countdown = -1;
static bool alloc_failed;

/* The Nth allocation from now on (0 is the next) fails. */
static void alloc_fail_at(long n)
{
    alloc_countdown = n;
}

/* Allocations are as ever again. Returns whether one had failed. */
static bool alloc_disarm(void)
{
    bool failed = alloc_countdown == -2;
    alloc_countdown = -1;
    alloc_failed |= failed;
    return failed;
}

/* Whether any has failed since it was asked last: a test in which none does shows nothing. */
static bool alloc_had_failed(void)
{
    bool failed = alloc_failed;
    alloc_failed = false;
#ifdef __SANITIZE_THREAD__
    failed = true;
#endif
    return failed;
}

#ifndef __SANITIZE_THREAD__

static bool alloc_fails(void)
{
    if (alloc_countdown < 0 || alloc_countdown-- > 0)
        return false;
    alloc_countdown = -2;
    errno = ENOMEM;
    return true;
}

/* A sanitizer allocates before it can look at what others do. */
#define ALLOC_PLAIN __attribute__((no_sanitize("address", "undefined")))

/* dlsym may allocate before it has found anything: that comes from here, and is never freed. */
ALLOC_PLAIN static void *alloc_early(size_t size)
{
    static _Alignas(16) char room[16384];
    static size_t used;
    size = (size + 15) & ~(size_t)15;
    used += size;
    return used <= sizeof room ? room + used - size : NULL;
}

ALLOC_PLAIN static void *alloc_next(void **function, const char *name)
{
    static bool looking;
    if (!*function && !looking) {
        looking = true;
        *function = dlsym(RTLD_NEXT, name);
        looking = false;
    }
    return *function;
}

#define ALLOC_EXPORT __attribute__((visibility("default"), used))

ALLOC_EXPORT void *malloc(size_t size)
{
    static void *next;
    void *(*function)(size_t);
    void *found = alloc_next(&next, "malloc");
    memcpy(&function, &found, sizeof function);
    return !found ? alloc_early(size) : alloc_fails() ? NULL : function(size);
}

ALLOC_EXPORT void *calloc(size_t n, size_t size)
{
    static void *next;
    void *(*function)(size_t, size_t);
    void *found = alloc_next(&next, "calloc");
    memcpy(&function, &found, sizeof function);
    return !found ? alloc_early(n * size) : alloc_fails() ? NULL : function(n, size);
}

ALLOC_EXPORT void *realloc(void *old, size_t size)
{
    static void *next;
    void *(*function)(void *, size_t);
    void *found = alloc_next(&next, "realloc");
    memcpy(&function, &found, sizeof function);
    return !found ? NULL : alloc_fails() ? NULL : function(old, size);
}

#endif

#endif

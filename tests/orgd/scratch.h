/* A data file in memory (/dev/shm) for one test. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdio.h>
#include <unistd.h>

#include "orgd/store/store.h"

static char scratch_path[64];

/* Opens a new one for the test NAME; NULL when that fails. */
static inline struct store *scratch_open(const char *name)
{
    snprintf(scratch_path, sizeof scratch_path, "/dev/shm/orgd-%s.%d", name, (int)getpid());
    return store_open(scratch_path, STORE_SERVE);
}

/* Closes STORE, and removes its files. */
static inline void scratch_close(struct store *store)
{
    static const char *const files[] = {"", "-wal", "-shm", "-lock", "-reserve"};
    char name[80];
    store_close(store);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(name, sizeof name, "%s%s", scratch_path, files[i]);
        unlink(name);
    }
}

#endif

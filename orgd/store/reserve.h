/*
 * Room that is kept on the disk for removals: a file beside the data file, without content, which
 * is given up when a removal finds the disk full. Where the file system has no fallocate(2) there
 * is none.
 */
#ifndef ORGD_STORE_RESERVE_H
#define ORGD_STORE_RESERVE_H

#include <stdbool.h>

/* Takes the room for the data file at PATH, unless it is taken; false when the disk has not got it.
 */
bool reserve_take(const char *path);

/* Gives it back, to be written into at once; false when none was taken. */
bool reserve_release(const char *path);

#endif

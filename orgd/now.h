/*
 * The time of the data: the machine's own, or the database's where several servers share one, so
 * that they agree on what has expired and on what came first, however their own clocks go. Any
 * thread.
 */
#ifndef ORGD_NOW_H
#define ORGD_NOW_H

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t now_ms(void);

/* The database has told the time TOLD, between BEFORE and AFTER by clock_mono_ms. now_ms is then
 * between the database's time and as much of it as the answer took; it moves no further than it
 * has to. */
void now_learn(int64_t told, int64_t before, int64_t after);

#endif

/*
 * The time of a round of the loop, shared among callers: in each, a caller has TURN_MS and all
 * together ROUND_MS for requests that the loop answers by itself; a crew (crew.h) does the others,
 * so that no caller delays the others by more than that and one request. Callers are told apart by
 * the key of the token that they show.
 */
#ifndef ORGD_HTTP_TURNS_H
#define ORGD_HTTP_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TURN_MS  5
#define ROUND_MS 20
#define CALLERS  256 /* places; some callers share one */

struct turns {
    int64_t used[CALLERS], used_all; /* milliseconds of this round */
};

/* Begins a round, the first one too. */
void turns_begin(struct turns *turns);

/* The place, below CALLERS, of whoever shows AUTHORIZATION, the header's value or NULL. */
size_t turns_place(const char *authorization);

/* True if the caller at PLACE has time in this round. */
bool turns_left(const struct turns *turns, size_t place);

/* The caller at PLACE has used the time since BEGUN (clock_mono_ms). */
void turns_use(struct turns *turns, size_t place, int64_t begun);

#endif

/*
 * What other servers of the same database change: a thread waits for it, and the loop tells the
 * held polls. While the database is not heard from, the polls are given no heartbeat, so that hosts
 * count from the last one that they had.
 */
#ifndef ORGD_HTTP_FEED_H
#define ORGD_HTTP_FEED_H

#include <stdbool.h>

#include "orgd/http/held.h"

struct feed;

/* *FEED is NULL when the data of STORE have one server alone. STORE and HELD must stay. False after
 * one line on stderr. */
bool feed_open(const struct store *store, struct held_set *held, struct feed **feed);

/* A descriptor that is readable when feed_tell is due. */
int feed_descriptor(const struct feed *feed);
void feed_tell(struct feed *feed);

/* To be called once in a second. */
void feed_due(struct feed *feed);

/* Ends the thread. */
void feed_close(struct feed *feed);

#endif

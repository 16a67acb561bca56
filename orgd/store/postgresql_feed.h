/*
 * What other servers change in the database: the rows of the table changes, which each change
 * writes with its own transaction's number. Read are those from the oldest transaction on that was
 * open at the look before: whatever is committed later has a number from there on, so none is left
 * out.
 */
#ifndef ORGD_STORE_POSTGRESQL_FEED_H
#define ORGD_STORE_POSTGRESQL_FEED_H

#include "orgd/store/store.h"

/* A feed with a connection of its own; SERVER's own changes are left out. */
struct store_feed *feed_new(const char *url, const char *name, const char *server);

#endif

/*
 * The HTTP server: one thread, one loop around libmicrohttpd's daemons, the signals and the timer
 * of the held polls. A change is committed, told to the polls that are held for it, and only then
 * answered.
 */
#ifndef ORGD_SERVER_H
#define ORGD_SERVER_H

#include "orgd/store.h"

#include <stddef.h>

#define LISTENERS_MAX 16

struct server;

/* Serves STORE on COUNT listening sockets, which it owns from now on. NULL after one line on
 * stderr. */
struct server *server_start(struct store *store, const int *sockets, size_t count);

/* Serves until SIGTERM or SIGINT, which must be blocked. False when the loop broke, after one line
 * on stderr. */
bool server_run(struct server *server);

/* Ends all connections and frees the server. */
void server_stop(struct server *server);

#endif

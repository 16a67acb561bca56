/*
 * The listening sockets where a peer may speak the PROXY protocol: accepts connections and hands
 * them to libmicrohttpd, which accepts by itself where nobody does. A connection of such a peer
 * waits here for its header, which says whose it is; from then on it is that client's, and the
 * proxy's address does not matter any more. What waits counts with the connections of its listener,
 * has little time and blocks nobody. Single-threaded.
 */
#ifndef ORGD_HTTP_GATE_H
#define ORGD_HTTP_GATE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "orgd/http/connection.h"
#include "orgd/http/proxy.h"

struct gate;

/* SPEAKERS speak the PROXY protocol, must stay, and are believed: each connection of theirs has to
 * begin with its header. NULL after one line on stderr. */
struct gate *gate_open(const struct proxies *speakers);

/* True when a listener needs GATE: a peer may speak the protocol there, and it is not METRICS'.
 * libmicrohttpd knows the state of sockets that it accepts, and spares two system calls for each
 * answer. */
bool gate_needed(const struct gate *gate, bool metrics);

/* Accepts connections of the listening socket FD, which the gate owns from now on, for DAEMON: at
 * most MOST at a time, which DOOR counts. False after one line on stderr. */
bool gate_add(struct gate *gate, int fd, struct MHD_Daemon *daemon, struct door *door, size_t most);

/* A descriptor that is readable when gate_serve is due; the daemons are to be run behind it. */
int gate_descriptor(const struct gate *gate);
void gate_serve(struct gate *gate);

/* Hangs up on who owes a header for too long, and accepts again where that had to rest. Returns the
 * milliseconds until it is due again, -1 for never. */
int gate_due(struct gate *gate);

/* Accepts nothing any more: the listening sockets are closed. */
void gate_close(struct gate *gate);

void gate_free(struct gate *gate);

#endif

/*
 * The relay: organizations whose members another API lists. Each source is read by its own thread
 * (orgd/source), every poll, and at once for a webhook or for a host that wants to know; what was
 * read is stored in slices by the crew that changes, and hosts hear of it as of any change. How old
 * the last whole reading is they are told with each answer. All of it on the loop's thread.
 */
#ifndef ORGD_HTTP_RELAY_H
#define ORGD_HTTP_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "orgd/buffer.h"
#include "orgd/http/crew.h"
#include "orgd/http/held.h"

struct source_relay;

/* READS lists the mirrors, CHANGES stores what was read, and the polls in HELD hear of it. NULL
 * after one line on stderr. */
struct source_relay *relay_open(struct crew *reads, struct crew *changes, struct held_set *held);

/* A descriptor that is readable when relay_take is due: a source has been read. */
int relay_descriptor(const struct source_relay *relay);
void relay_take(struct source_relay *relay);

/* Begins what is due; to be called in each round of the loop. The time until something is, in
 * milliseconds. */
void relay_due(struct source_relay *relay);
int relay_timeout(const struct source_relay *relay);

/* The source of ORGANIZATION is to be read. False when that cannot be now: it fails, and is tried
 * again later. */
bool relay_want(struct source_relay *relay, const char *organization);

/* True if PATH is a webhook's; and if SIGNATURE is that of the request with BODY: then the source
 * is read. */
bool relay_hook_path(const char *path);
bool relay_hook(struct source_relay *relay, const char *path, const char *signature,
                const struct buffer *body);

/* Adds what /metrics says of each source. */
void relay_metrics(const struct source_relay *relay, struct buffer *out);

/* Stops all readings; no crew has a job of the relay's behind its end, and then it can be freed. */
void relay_stop(struct source_relay *relay);
void relay_free(struct source_relay *relay);

#endif

/*
 * Held polls: members/changes that wait. Each is a suspended connection with a streaming response;
 * it is resumed for a heartbeat, for a change of its organization, at the end of its wait, and when
 * the server stops. Single-threaded.
 */
#ifndef ORGD_HTTP_HELD_H
#define ORGD_HTTP_HELD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "orgd/endpoints/call.h"
#include "orgd/http/connection.h"

struct held_set;

/* Holds at most MOST polls; NULL after one line on stderr. Freed when all its responses are gone.
 */
struct held_set *held_open(struct store *store, size_t most);
void held_free(struct held_set *set);

/* A descriptor that is readable when held_tick is due. */
int held_timer(const struct held_set *set);
void held_tick(struct held_set *set);

/* The number of held polls. */
size_t held_number(const struct held_set *set);

/* True when no further poll can be held. */
bool held_full(const struct held_set *set);

/* How many polls are held with POLL's token, and how many for its organization. */
void held_count(const struct held_set *set, const struct poll *poll, size_t *of_token,
                size_t *of_organization);

/* The response that holds CONNECTION, whose state is CLIENT, as POLL says; the caller queues and
 * releases it. */
struct MHD_Response *held_response(struct held_set *set, struct MHD_Connection *connection,
                                   struct client_connection *client, const struct poll *poll);

/* Has the polls of the organizations and with the tokens in IDS (ID_SIZE each) look again: run
 * their daemons until held_telling is 0 or patience ends. */
void held_tell(struct held_set *set, const struct buffer *ids);

/* Has all polls look again, since somebody else changed the data. */
void held_tell_all(struct held_set *set);

/* The number of told polls whose answer is not sent in full yet. */
size_t held_telling(const struct held_set *set);

/* Breaks all of them off, so that no connection stays suspended, and holds no other. */
void held_stop(struct held_set *set);

#endif

/*
 * Held polls: members/changes. Whoever knows less than there is is answered as soon as that has
 * been looked up; others wait, each a suspended connection with a streaming response, which is
 * resumed for a heartbeat, for news of its organization, at the end of its wait, and when the
 * server stops.
 *
 * What was changed is looked up once for all polls of an organization that know the same, by a
 * crew. A loss is told at once; other news are gathered where many polls wait, so that they are
 * told at most once in a second. All of it happens on the loop's thread.
 */
#ifndef ORGD_HTTP_HELD_H
#define ORGD_HTTP_HELD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "orgd/endpoints/listing.h"
#include "orgd/http/connection.h"
#include "orgd/http/crew.h"

struct held_set;
struct held;

/* Holds at most MOST polls. READS looks news up; STORE is for a short look at who may hear them.
 * NULL after one line on stderr. */
struct held_set *held_open(struct store *store, struct crew *reads, size_t most);
/* None may be held. */
void held_free(struct held_set *set);

/* A descriptor that is readable when held_tick is due. */
int held_timer(const struct held_set *set);
void held_tick(struct held_set *set);

/* A descriptor that is readable when held_ends is due: clients have gone, whose polls end. */
int held_ends_descriptor(const struct held_set *set);
void held_ends(struct held_set *set);

/* The number of held polls. */
size_t held_number(const struct held_set *set);

/* True when no further poll can be held. */
bool held_full(const struct held_set *set);

/* How many polls are held with POLL's token, and how many for its organization. */
void held_count(const struct held_set *set, const struct poll *poll, size_t *of_token,
                size_t *of_organization);

/* Holds CONNECTION, whose state is CLIENT, as POLL says, until held_drop; HELD is its memory until
 * then. LATE: something may have changed, and have been told, since POLL was made. */
void held_add(struct held *held, struct held_set *set, struct MHD_Connection *connection,
              struct client_connection *client, const struct poll *poll, bool late);
void held_drop(struct held *held);

/* True while the answer is being looked up, and no response has begun: the caller suspends the
 * connection, which is resumed when this is false. */
bool held_looks(struct held *held);

/* An answer: what other polls are told as well, and the end for this one. */
struct held_text {
    const struct buffer *part[2];
    size_t len; /* of both */
};

/* The whole answer that was looked up, which is empty if the store failed; false: held_response has
 * to wait for one. */
bool held_answer(struct held *held, struct held_text *text);

/* Copies at most MAX bytes of TEXT from AT on; returns how many. */
size_t held_copy(const struct held_text *text, size_t at, char *out, size_t max);

/* True when there is no answer because the store cannot be reached. */
bool held_away(const struct held *held);

/* The streaming response; the caller queues and releases it. */
struct MHD_Response *held_response(struct held *held);

/* Has the polls that CHANGED (of struct changed) concerns told. */
void held_tell(struct held_set *set, const struct buffer *changed);

/* A reading of ORGANIZATION's source, which began at BEGUN_MS (clock_mono_ms), has ended. Polls
 * that came before and wait for it are answered; FOR_ALL: the others, too, since hosts confirm by
 * it. */
void held_source_read(struct held_set *set, const char *organization, int64_t begun_ms,
                      bool for_all);

/* Has all polls look again, since somebody else changed the data. */
void held_tell_all(struct held_set *set);

/* Ends the waits of all polls, which are answered as at their end, and each connection behind its
 * answer, so that they come back to whichever server takes them. */
void held_release(struct held_set *set);

/* Forgets the answers that are kept, since the history may be another one. */
void held_forget(struct held_set *set);

/* Whether what the polls were told is no longer known to be true: then they get no heartbeat. */
void held_silence(struct held_set *set, bool silent);

/* True when some have news and were not resumed yet. held_resume_some resumes the first of them:
 * not all at once, so that others are served between them. */
bool held_queued(const struct held_set *set);
void held_resume_some(struct held_set *set);

/* Breaks all of them off, so that no connection stays suspended, and holds no other. The crew must
 * have stopped. */
void held_stop(struct held_set *set);

#endif

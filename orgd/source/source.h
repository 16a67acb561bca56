/*
 * The source of a mirrored organization: another API, which is read by a thread of its own, so that
 * a slow one keeps nobody waiting. The thread touches nothing but the source and the reading that
 * it makes. The functions are the loop's.
 */
#ifndef ORGD_SOURCE_SOURCE_H
#define ORGD_SOURCE_SOURCE_H

#include "orgd/source/reading.h"

struct source;

/* False, with WHY, unless M's provider, settings and files can be used. Nothing is sent. */
bool source_good(const struct mirror *m, char why[MIRROR_WHY_SIZE]);

/* Opens the source of M, whose files are read now. The eventfd WAKE is written when a reading has
 * ended. NULL with WHY. */
struct source *source_open(const struct mirror *m, int wake, char why[MIRROR_WHY_SIZE]);

/* Begins a reading; none is under way. ANEW: everything is read, whatever was known before. */
void source_begin(struct source *s, bool anew);

/* The reading that has ended, which stays until the next one begins; NULL while it is under way. */
const struct source_listing *source_reading(struct source *s);

/* True if SIGNATURE, the value of X-Hub-Signature-256, is that of BODY with the webhook's secret.
 */
bool source_hook_signed(const struct source *s, const char *signature, const void *body,
                        size_t len);

/* Has a reading that is under way fail soon; none may begin any more. Does not wait. */
void source_end(struct source *s);

/* The same, and waits for it. */
void source_close(struct source *s);

#endif

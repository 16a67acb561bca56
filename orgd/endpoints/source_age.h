/* When the sources of mirrored organizations were read whole by this server, for what hosts are
 * told of it. All of it on the loop's thread. */
#ifndef ORGD_ENDPOINTS_SOURCE_AGE_H
#define ORGD_ENDPOINTS_SOURCE_AGE_H

#include <stdint.h>

#define MIRRORS_MAX 64 /* of a server */

/* The reading of ORGANIZATION's source that began at BEGUN_MS (clock_mono_ms) is stored whole; 0:
 * none is any more. */
void source_note(const char *organization, int64_t begun_ms);

/* When the last one began, 0: never. */
int64_t source_begun(const char *organization);

#endif

/*
 * Who asks by a token. Each process that watches an organization has a word of its own for itself,
 * which is never used again when it has ended; so one that comes back although another one has
 * asked meanwhile tells of two machines with one token: a copied disk, or a copied file. In memory
 * alone: what is forgotten at a restart is seen again. Any thread may ask.
 */
#ifndef ORGD_ENDPOINTS_ASKERS_H
#define ORGD_ENDPOINTS_ASKERS_H

#include <stdbool.h>

#define ASKER_MAX 64 /* bytes of a word */

/*
 * ASKER asks by the token KEY now. True when it is the fourth time that one came back (a request
 * that is late makes two of them), and then not again for a day.
 */
bool askers_note(const char *key, const char *asker);

#endif

/* Times as a person gives them: in UTC, unless an offset says otherwise. */
#ifndef ORGADMIN_NOUNS_MOMENT_H
#define ORGADMIN_NOUNS_MOMENT_H

#include "orgadmin/say.h"

#define MOMENT_MAX 40

/* The forms that are understood. */
#define MOMENT_FORMS "2026-01-02, 2026-01-02T03:04:05Z, today, yesterday or tomorrow"

/* EXIT_DONE when GIVEN is a day (2026-01-02, today, yesterday, tomorrow) or a time of RFC 3339,
 * whose zone may be left out; else EXIT_USAGE after a complaint about the option WHAT. */
enum exit_status moment_check(const char *what, const char *given);

/* A day alone becomes its first moment, or its last; everything else, which moment_check must have
 * accepted, becomes RFC 3339 in UTC. NULL stays NULL. Returns OUT. */
const char *moment_begin(const char *given, char out[MOMENT_MAX]);
const char *moment_end(const char *given, char out[MOMENT_MAX]);

#endif

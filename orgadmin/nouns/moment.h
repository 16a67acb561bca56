/* Times as a person gives them. */
#ifndef ORGADMIN_NOUNS_MOMENT_H
#define ORGADMIN_NOUNS_MOMENT_H

#define MOMENT_MAX 40

/* A day alone becomes its first moment, or its last; everything else, NULL too, is the API's to
 * judge. Returns GIVEN or OUT. */
const char *moment_begin(const char *given, char out[MOMENT_MAX]);
const char *moment_end(const char *given, char out[MOMENT_MAX]);

#endif

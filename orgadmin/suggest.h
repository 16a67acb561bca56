/* "Did you mean ...?" */
#ifndef ORGADMIN_SUGGEST_H
#define ORGADMIN_SUGGEST_H

#include <stddef.h>

#define SUGGEST_MAX 48 /* longer words are no slips of the finger */

/* The best of the candidates offered so far; begins as {.word = WORD}. */
struct suggestion {
    const char *word;           /* what was typed */
    char best[SUGGEST_MAX + 1]; /* "" while nothing is near enough */
    size_t distance;
};

/* Takes CANDIDATE for the best when nothing offered before is nearer. */
void suggestion_offer(struct suggestion *s, const char *candidate);

/* Fills OUT with `; did you mean "BEST"?`, or with OTHERWISE when there is none. Returns OUT. */
#define SUGGESTION_MAX 256
const char *suggestion_text(const struct suggestion *s, const char *otherwise,
                            char out[SUGGESTION_MAX]);

#endif

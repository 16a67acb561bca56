#include "orgadmin/suggest.h"

#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that make B of A (optimal alignment). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    size_t row[SUGGEST_MAX + 1][SUGGEST_MAX + 1];
    if (m > SUGGEST_MAX || n > SUGGEST_MAX)
        return SUGGEST_MAX;
    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = i + j;
                continue;
            }
            size_t change = row[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            row[i][j] = least(change, least(row[i - 1][j], row[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
        }
    return row[m][n];
}

void suggestion_offer(struct suggestion *s, const char *candidate)
{
    size_t len = strlen(candidate), word = strlen(s->word), enough = len < 4 ? 1 : 2;
    if ((len > word ? len - word : word - len) > enough) /* there may be a million candidates */
        return;
    size_t distance = edit_distance(s->word, candidate);
    if (distance <= enough && (!*s->best || distance < s->distance)) {
        snprintf(s->best, sizeof s->best, "%s", candidate);
        s->distance = distance;
    }
}

const char *suggestion_text(const struct suggestion *s, const char *otherwise,
                            char out[SUGGESTION_MAX])
{
    if (*s->best)
        snprintf(out, SUGGESTION_MAX, "; did you mean \"%s\"?", s->best);
    else
        snprintf(out, SUGGESTION_MAX, "%s", otherwise);
    return out;
}

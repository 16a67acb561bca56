#include "common/break_glass.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/name.h"
#include "common/paths.h"

/* Digits of a time: up to the year 33658. */
#define DIGITS_MAX 15

bool break_glass_valid(const struct break_glass *g)
{
    return g->begin_ms >= 0 && g->begin_ms <= g->end_ms &&
           g->end_ms - g->begin_ms <= BREAK_GLASS_MAX_MS && *g->reason && text_valid(g->reason);
}

bool break_glass_same(const struct break_glass *a, const struct break_glass *b)
{
    return a->begin_ms == b->begin_ms && a->end_ms == b->end_ms &&
           strcmp(a->reason, b->reason) == 0;
}

void break_glass_print(const struct break_glass *g, char line[BREAK_GLASS_LINE_MAX])
{
    snprintf(line, BREAK_GLASS_LINE_MAX, "%" PRId64 " %" PRId64 " %s\n", g->begin_ms, g->end_ms,
             g->reason);
}

/* The digits at TEXT in *MS. Returns what is behind the blank behind them, or NULL. */
static const char *take_time(const char *text, int64_t *ms)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > DIGITS_MAX || text[len] != ' ')
        return NULL;
    *ms = 0;
    for (size_t i = 0; i < len; i++)
        *ms = *ms * 10 + (text[i] - '0');
    return text + len + 1;
}

static bool parse(const char *line, struct break_glass *g)
{
    const char *text = take_time(line, &g->begin_ms);
    text = text ? take_time(text, &g->end_ms) : NULL;
    size_t len = text ? strcspn(text, "\n") : 0;
    if (!text || len >= sizeof g->reason || strcmp(text + len, "\n") != 0)
        return false;
    memcpy(g->reason, text, len);
    g->reason[len] = '\0';
    return break_glass_valid(g);
}

bool break_glass_read(struct break_glass *g, const char **why)
{
    char line[BREAK_GLASS_LINE_MAX];
    if (file_read_trusted(PATH_GLASS, FILE_ROOTS, line, sizeof line, why) < 0)
        return false;
    if (parse(line, g))
        return true;
    *why = "is not as orgadmin host break-glass writes it";
    errno = EBADMSG;
    return false;
}

void break_glass_take(struct freshness *f)
{
    struct break_glass g;
    const char *why;
    bool there = break_glass_read(&g, &why);
    f->glass_begin_ms = there ? g.begin_ms : 0;
    f->glass_end_ms = there ? g.end_ms : 0;
}

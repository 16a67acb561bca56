/*
 * Break-glass: for a time that root has set (orgadmin host break-glass), members are admitted
 * beyond the offline grace by the rules that have break_glass (common/decide.h). It is one file,
 * PATH_GLASS, which root alone can write: one line, "BEGIN END REASON", the times in ms of the wall
 * clock. It stays behind its end, so that the organization is told of it.
 */
#ifndef COMMON_BREAK_GLASS_H
#define COMMON_BREAK_GLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/decide.h"

#define BREAK_GLASS_MIN_MS     60000
#define BREAK_GLASS_MAX_MS     86400000
#define BREAK_GLASS_REASON_MAX 200 /* bytes */
/* So long behind its end it is told, to people and to the organization. */
#define BREAK_GLASS_TOLD_MS (7 * 86400000LL)

struct break_glass {
    int64_t begin_ms, end_ms; /* 0 <= begin <= end, at most BREAK_GLASS_MAX_MS apart */
    char reason[BREAK_GLASS_REASON_MAX + 1]; /* text_valid, not empty */
};

/* True if G is as it must be. */
bool break_glass_valid(const struct break_glass *g);

bool break_glass_same(const struct break_glass *a, const struct break_glass *b);

/* Writes G's line to LINE, with its newline. */
#define BREAK_GLASS_LINE_MAX (BREAK_GLASS_REASON_MAX + 64)
void break_glass_print(const struct break_glass *g, char line[BREAK_GLASS_LINE_MAX]);

/* Reads the file as common/file.h trusts root's. False when there is none, which *WHY and errno
 * tell as file_open_trusted does, or when it is not as it must be (EBADMSG). Thread-safe. */
bool break_glass_read(struct break_glass *g, const char **why);

/* Puts the times of break-glass into F; 0, 0 when there is none that can be read. Thread-safe. */
void break_glass_take(struct freshness *f);

#endif

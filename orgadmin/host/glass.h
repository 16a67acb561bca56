/* Break-glass as people are told of it (common/break_glass.h). */
#ifndef ORGADMIN_HOST_GLASS_H
#define ORGADMIN_HOST_GLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/break_glass.h"

/* "in force until 2026-01-02T03:04:05Z, since ...: REASON", or "was in force until ..." when G is
 * not in force at NOW. Returns OUT. */
#define GLASS_TEXT_MAX (BREAK_GLASS_REASON_MAX + 128)
const char *glass_text(const struct break_glass *g, int64_t now, char out[GLASS_TEXT_MAX]);

/* True if G is in force at NOW. */
bool glass_in_force(const struct break_glass *g, int64_t now);

/* True if one of RULES has break_glass. */
bool glass_has_rule(const struct rules *rules);

#endif

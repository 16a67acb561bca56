#include "orgsyncd/numbers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/paths.h"

/* The default before ID_RANGE_FIRST: who was given numbers by it goes on with it. */
static const struct id_range former_default = {200000, 1999999999};

/* Appends to TEXT of SIZE bytes, of which USED are in use, what fits. Returns how many are then. */
__attribute__((format(printf, 4, 5))) static size_t append(char *text, size_t size, size_t used,
                                                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text + used, size - used, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= size - used)
        return size - 1;
    return used + (size_t)n;
}

static void contradict_placement(const struct config *c, struct numbers *n)
{
    if (c->placement != PLACEMENT_UNKNOWN && c->placement != n->placement && !*n->contradiction)
        snprintf(n->contradiction, sizeof n->contradiction,
                 "users.placement is \"%s\", and the numbers in " PATH_LEDGER
                 " were placed by \"%s\": set placement = \"%s\"",
                 placement_word(c->placement), placement_word(n->placement),
                 placement_word(n->placement));
}

static void contradict_range(const struct config *c, const struct config_org *o,
                             const struct id_range *range, struct numbers *n)
{
    struct id_range configured = config_org_range(c, o);
    bool silent = !o->range_first && !c->range_first;
    if (silent || *n->contradiction ||
        (configured.first == range->first && configured.last == range->last))
        return;
    snprintf(n->contradiction, sizeof n->contradiction,
             "%s of organization \"%s\" is [%" PRIu32 ", %" PRIu32
             "], and its numbers in " PATH_LEDGER " were placed in [%" PRIu32 ", %" PRIu32
             "]: set range = [%" PRIu32 ", %" PRIu32 "]",
             o->range_first ? "range" : "users.range, which is that", o->name, configured.first,
             configured.last, range->first, range->last, range->first, range->last);
}

/* The range of organization I, and whether it has been given numbers. A ledger from before ranges
 * were recorded has its numbers in users.range or the default of then, as far as anybody knows. */
static int read_range(const struct config *c, struct ledger *l, uint32_t i, struct numbers *n,
                      bool *known)
{
    const struct config_org *o = &c->org[i];
    struct id_range configured = config_org_range(c, o), extent;
    n->range[i] = configured;
    int rc = ledger_range(l, config_org_key(o), &n->range[i]);
    if (rc == 0) {
        rc = ledger_extent(l, config_org_key(o), &extent);
        if (rc > 0 && (extent.first < configured.first || extent.last > configured.last))
            n->range[i] =
                c->range_first ? (struct id_range){c->range_first, c->range_last} : former_default;
    }
    *known = rc > 0;
    contradict_range(c, o, &n->range[i], n);
    return rc < 0 ? -1 : 0;
}

/* Organizations whose ranges meet though the file does not say so: one has its own, the other one
 * the default. */
static void contradict_overlap(const struct config *c, struct numbers *n)
{
    for (uint32_t i = 0; i < c->org_count; i++)
        for (uint32_t other = 0; other < i && !*n->contradiction; other++) {
            const struct id_range *a = &n->range[other], *b = &n->range[i];
            bool one_silent = !c->org[i].range_first != !c->org[other].range_first;
            if (!id_ranges_meet(a, b) || !one_silent || c->range_first)
                continue;
            snprintf(n->contradiction, sizeof n->contradiction,
                     "organizations \"%s\" and \"%s\" have ids in common, in [%" PRIu32 ", %" PRIu32
                     "] and [%" PRIu32 ", %" PRIu32
                     "]: give the one that is new here a range = [FIRST, LAST] apart",
                     c->org[other].name, c->org[i].name, a->first, a->last, b->first, b->last);
        }
}

int numbers_read(const struct config *c, struct ledger *l, struct numbers *n)
{
    uint32_t sharers = 0;
    size_t used = 0;
    bool all_known = true;
    *n = (struct numbers){.placement = ledger_placement(l)};
    if (n->placement == PLACEMENT_UNKNOWN)
        n->placement = c->placement != PLACEMENT_UNKNOWN ? c->placement : PLACEMENT_WYHASH;
    contradict_placement(c, n);
    for (uint32_t i = 0; i < c->org_count; i++) {
        bool known = false;
        if (read_range(c, l, i, n, &known) < 0)
            return -1;
        if (c->org[i].range_first)
            continue;
        all_known &= known;
        used = append(n->sharers, sizeof n->sharers, used, "%s\"%s\"", sharers++ ? ", " : "",
                      c->org[i].name);
    }
    contradict_overlap(c, n);
    if (sharers > 1)
        n->sharing = all_known ? NUMBERS_SHARED : NUMBERS_SHARED_NEW;
    else
        n->sharers[0] = '\0';
    return 0;
}

int numbers_record(const struct config *c, struct ledger *l, const struct numbers *n)
{
    struct id_range recorded;
    if (ledger_record_placement(l, n->placement) < 0)
        return -1;
    for (uint32_t i = 0; i < c->org_count; i++) {
        const char *key = config_org_key(&c->org[i]);
        int rc = ledger_range(l, key, &recorded);
        if (rc < 0 || (rc == 0 && ledger_record_range(l, key, &n->range[i]) < 0))
            return -1;
        if (rc == 0 && !c->org[i].range_first && !c->range_first)
            log_info("organization \"%s\" has ids from %" PRIu32 " to %" PRIu32
                     " from now on, as no range is configured: its other hosts must have the same",
                     c->org[i].name, n->range[i].first, n->range[i].last);
    }
    return 0;
}

size_t numbers_lines(const struct config *c, const struct numbers *n, char *text, size_t size)
{
    size_t used =
        append(text, size, 0, "placement = \"%s\";  # in users\n", placement_word(n->placement));
    for (uint32_t i = 0; i < c->org_count; i++)
        used = append(text, size, used,
                      "range = [%" PRIu32 ", %" PRIu32 "];  # in organization \"%s\"\n",
                      n->range[i].first, n->range[i].last, c->org[i].name);
    return used;
}

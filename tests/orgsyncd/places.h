/* A directory of the test's own, with a snapshot and a ledger in it, for a compiler's
 * configuration. */
#ifndef TESTS_PLACES_H
#define TESTS_PLACES_H

#include "orgsyncd/compile.h"
#include "tests/lib/unit.h"

static char dir[] = "/tmp/orglogin-compile.XXXXXX", snapshot_path[64], ledger_path[64];

/* The groups of CONFIG become its first organization's. */
static int places_setup(struct config *config)
{
    if (!mkdtemp(dir))
        return -1;
    snprintf(snapshot_path, sizeof snapshot_path, "%s/snapshot", dir);
    snprintf(ledger_path, sizeof ledger_path, "%s/ids.db", dir);
    for (uint32_t i = 0; i < config->group_count; i++)
        config->group[i].org = config->org[0].name;
    return 0;
}

static int places_teardown(void)
{
    unlink(snapshot_path);
    unlink(ledger_path);
    return rmdir(dir);
}

#endif

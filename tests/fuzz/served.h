/* What a snapshot may hold, whatever the fetcher said: for the tests that say it. */
#ifndef TESTS_FUZZ_SERVED_H
#define TESTS_FUZZ_SERVED_H

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/local.h"
#include "common/paths.h"
#include "common/snapshot.h"
#include "orgsyncd/config.h"

static void check_served_groups(const struct config *c, const struct local_ids *local,
                                const struct snapshot_grants *grants)
{
    for (uint32_t i = grants->local_from; i < grants->gid_count; i++) {
        gid_t gid;
        uint32_t mapped = 0, meant = 0;
        assert(snapshot_gid(grants, i, &gid));
        for (uint32_t g = 0; g < c->group_count; g++)
            meant += c->group[g].local && local_ids_group(local, c->group[g].name, &mapped) &&
                     mapped == gid;
        assert(meant > 0);
    }
}

/* A home has the first name that its owner had, or his and his number. */
static bool home_valid(const char *home)
{
    size_t len = strncmp(home, "/home/", 6) == 0 ? strlen(home + 6) : 0;
    size_t digits = 0;
    while (digits < len && strchr("0123456789", home[6 + len - 1 - digits]))
        digits++;
    if (name_valid_n(home + 6, len))
        return true;
    return digits < len && home[6 + len - digits - 1] == '-' &&
           name_valid_n(home + 6, len - digits - 1);
}

/* The configuration must have "/home/%u" as home. */
static void check_served_user(const struct config *c, const struct local_ids *local,
                              const struct snapshot *s, const struct snapshot_user *u)
{
    struct snapshot_grants grants;
    assert(!local_ids_name(local, u->name) && !local_ids_id(local, u->uid));
    assert(home_valid(u->home));
    assert(strcmp(u->shell, u->state == MEMBER_ACTIVE ? c->shell : "/usr/sbin/nologin") == 0);
    assert(!strpbrk(u->gecos, ":\n"));
    assert(snapshot_grants(s, u->grants_ref, &grants) == SNAPSHOT_OK && grants.org < c->org_count);
    struct id_range range = config_org_range(c, &c->org[grants.org]);
    assert(u->uid >= range.first && u->uid <= range.last && u->gid == u->uid);
    assert(u->state == MEMBER_ACTIVE || grants.gid_count == 0);
    check_served_groups(c, local, &grants);
}

static void check_served_group(const struct config *c, const struct snapshot_group *g)
{
    const struct config_org *org = NULL;
    for (uint32_t i = 0; i < c->group_count; i++)
        for (uint32_t n = 0; n < c->org_count && !c->group[i].local; n++)
            if (strcmp(c->group[i].name, g->name) == 0 && c->group[i].org == c->org[n].name)
                org = &c->org[n];
    assert(org);
    struct id_range range = config_org_range(c, org);
    assert(g->gid >= range.first && g->gid <= range.last);
}

/* Aborts unless the snapshot at PATH_SNAPSHOT, if there is one, is what C allows. Returns how many
 * users it has. */
static inline uint32_t check_served(const struct config *c, const struct local_ids *local)
{
    struct snapshot s;
    struct snapshot_user user;
    struct snapshot_group group;
    const char *why;
    enum snapshot_result rc;
    uint64_t cursor = 0;
    uint32_t users = 0;
    if (snapshot_open(&s, PATH_SNAPSHOT, &why) != SNAPSHOT_OK) {
        assert(access(PATH_SNAPSHOT, F_OK) < 0);
        return 0;
    }
    for (; (rc = snapshot_next_user(&s, &cursor, &user)) == SNAPSHOT_OK; users++)
        check_served_user(c, local, &s, &user);
    assert(rc == SNAPSHOT_ABSENT);
    cursor = 0;
    while ((rc = snapshot_next_group(&s, &cursor, &group)) == SNAPSHOT_OK)
        check_served_group(c, &group);
    assert(rc == SNAPSHOT_ABSENT);
    snapshot_close(&s);
    return users;
}

#endif

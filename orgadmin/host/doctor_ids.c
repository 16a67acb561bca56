/* host doctor: the members' range of numbers, and who else is in it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/local.h"
#include "orgadmin/host/doctor.h"

#define LINE_SIZE 4096

struct overlap {
    const struct host_config *config;
    unsigned count;
    char first[128]; /* "user svc (200123)" */
};

static void meet(struct overlap *o, const char *what, const char *name, uint64_t first,
                 uint64_t last)
{
    bool met = false;
    for (size_t i = 0; i < o->config->orgs; i++)
        met |= last >= o->config->org[i].range_first && first <= o->config->org[i].range_last;
    if (!met || o->count++ > 0)
        return;
    int n = snprintf(o->first, sizeof o->first, "%s %.32s has %" PRIu64, what, name, first);
    if (last > first)
        snprintf(o->first + n, sizeof o->first - (size_t)n, "-%" PRIu64, last);
}

static bool meet_user(const struct passwd *user, void *arg)
{
    meet(arg, "the local user", user->pw_name, user->pw_uid, user->pw_uid);
    return true;
}

static bool meet_group(const struct group *group, void *arg)
{
    meet(arg, "the local group", group->gr_name, group->gr_gid, group->gr_gid);
    return true;
}

/* Lines "NAME:FIRST:COUNT" of subuid(5): what a container's users are outside of it. */
static void subordinate(struct overlap *o, const char *path)
{
    char line[LINE_SIZE];
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        char name[33], what[64];
        uint64_t first, count;
        if (sscanf(line, "%32[^:#]:%" SCNu64 ":%" SCNu64, name, &first, &count) != 3 || count == 0)
            continue;
        snprintf(what, sizeof what, "in %s", path);
        meet(o, what, name, first, first + count - 1);
    }
    if (f)
        fclose(f);
}

/* The members' ranges, each once: "200000-1999999999". */
static void range_text(const struct host_config *c, char out[DOCTOR_TEXT_MAX])
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < c->orgs && used < DOCTOR_TEXT_MAX / 2; i++) {
        const struct host_org *o = &c->org[i];
        size_t n = 0;
        while (n < i && c->org[n].range_first != o->range_first)
            n++;
        if (n == i)
            used += (size_t)snprintf(out + used, DOCTOR_TEXT_MAX - used, "%s%" PRIu32 "-%" PRIu32,
                                     used ? ", " : "", o->range_first, o->range_last);
    }
}

/* True if /proc/self/uid_map (user_namespaces(7)) maps all numbers from FIRST to LAST; its lines
 * are in no order, but a range is rarely in two of them. */
static bool is_mapped(uint64_t first, uint64_t last)
{
    uint64_t inside, outside, count;
    bool mapped = false;
    FILE *f = fopen("/proc/self/uid_map", "re");
    if (!f)
        return true; /* not known */
    while (!mapped && fscanf(f, "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside, &outside, &count) == 3)
        mapped = first >= inside && last - inside < count;
    fclose(f);
    return mapped;
}

static bool all_mapped(const struct host_config *c)
{
    for (size_t i = 0; i < c->orgs; i++)
        if (!is_mapped(c->org[i].range_first, c->org[i].range_last))
            return false;
    return true;
}

/* What systemd takes for users of containers: UIDS-GIDS.md. */
#define CONTAINER_UID_FIRST 0x80000
#define CONTAINER_UID_LAST  0x6fffffff

static bool in_containers(const struct host_config *c)
{
    for (size_t i = 0; i < c->orgs; i++)
        if (c->org[i].range_first <= CONTAINER_UID_LAST &&
            c->org[i].range_last >= CONTAINER_UID_FIRST)
            return true;
    return false;
}

void doctor_ids(struct doctor *d)
{
    struct overlap o = {.config = &d->config};
    char ranges[DOCTOR_TEXT_MAX];
    if (d->config.orgs == 0) {
        doctor_note(d, "ids", FOUND_SKIPPED, "", "there is no configuration with their range");
        return;
    }
    local_each_user(meet_user, &o);
    local_each_group(meet_group, &o);
    subordinate(&o, "/etc/subuid");
    subordinate(&o, "/etc/subgid");
    range_text(&d->config, ranges);
    if (!all_mapped(&d->config))
        doctor_note(d, "ids", FOUND_FAILURE,
                    "choose a range in orglogin.conf that /proc/self/uid_map maps, often one below "
                    "65536",
                    "the members' range %s is not mapped in this container: nobody can have such a "
                    "number here",
                    ranges);
    else if (o.count == 0 && in_containers(&d->config))
        doctor_note(d, "ids", FOUND_WARNING,
                    "before the first member has logged in, choose another range on all machines "
                    "alike, such as the default; afterwards keep it",
                    "the members' range %s meets that of systemd's containers, 524288-1879048191: "
                    "from systemd 255 on such a member has no journal and no core dumps of his own",
                    ranges);
    else if (o.count == 0)
        doctor_note(d, "ids", FOUND_OK, "", "%s are the members' alone", ranges);
    else
        doctor_note(d, "ids", FOUND_WARNING,
                    "give it another number; or, before the first member has logged in, choose "
                    "another range in orglogin.conf, on all machines alike",
                    "%s, in the members' range %s%s", o.first, ranges,
                    o.count > 1 ? ", and others are too" : "");
}

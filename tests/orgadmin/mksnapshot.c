/* mksnapshot PATH CONFIRMED_MS [COUNT]: a snapshot for host.t. ann is an owner, bob suspended, cid
 * a member. COUNT more members are the group "crowd". */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/lib/user.h"

static void add(struct snapshot_writer *w, uint32_t org, const char *name, uint32_t uid,
                const char *role, enum member_state state)
{
    struct snapshot_grants_spec grants = {
        .org = org, .roles = {role, 1}, .permissions = {"org:view\0members:view", 2}};
    add_user(w, uid, name, state, snapshot_writer_grants(w, &grants));
}

/* COUNT members who have a group. */
static void add_crowd(struct snapshot_writer *w, uint32_t org, uint32_t count)
{
    struct snapshot_grants_spec grants = {
        .org = org,
        .groups = (const uint32_t[]){snapshot_writer_group(w, "crowd", 150000, 0)},
        .group_count = 1};
    uint32_t index = snapshot_writer_grants(w, &grants);
    for (uint32_t i = 0; i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "crowd-%08u", i);
        add_user(w, 201000 + i, name, MEMBER_ACTIVE, index);
    }
}

int main(int argc, char *argv[])
{
    const struct snapshot_settings settings = {.generation = 7,
                                               .grace_s = 3600,
                                               .max_age_ms = 1000,
                                               .timeout_ms = 500,
                                               .group_members = GROUP_MEMBERS_AUTO};
    struct rule sudo = {.org = "acme", .services = {"sudo", 1}, .roles = {"owner\0admin", 2}};
    struct rule all = {.org = "acme", .services = {"sshd\0login", 2}, .everyone = true};
    if (argc != 3 && argc != 4)
        return 2;
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    if (!w)
        return 1;
    uint32_t org = snapshot_writer_org(w, "acme", strtoll(argv[2], NULL, 10), 200000, 299999);
    snapshot_writer_rule(w, &sudo);
    snapshot_writer_rule(w, &all);
    add(w, org, "ann", 200001, "owner", MEMBER_ACTIVE);
    add(w, org, "bob", 200002, "member", MEMBER_SUSPENDED);
    add(w, org, "cid", 200003, "member", MEMBER_ACTIVE);
    add_crowd(w, org, argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0);
    int rc = snapshot_writer_publish(w, argv[1]);
    if (rc < 0)
        perror(argv[1]);
    snapshot_writer_free(w);
    return rc < 0;
}

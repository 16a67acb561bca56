/* The snapshot reader: whatever is in the file, an answer is a valid one or none. */
#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/name.h"
#include "common/paths.h"
#include "tests/fuzz/fuzz.h"

static size_t list_size(const struct text_list *list)
{
    const char *text = list->first;
    for (uint32_t i = 0; i < list->count; i++)
        text = text_list_next(text);
    return list->count ? (size_t)(text - list->first) : 0;
}

static void look_at_class(const struct snapshot *s, const struct snapshot_user *user)
{
    static struct snapshot_policy policy;
    struct snapshot_grants grants, groups;
    enum snapshot_result rc = snapshot_grants_groups(s, user->grants_ref, &groups);
    if (snapshot_grants(s, user->grants_ref, &grants) != SNAPSHOT_OK)
        return;
    assert(rc == SNAPSHOT_OK && groups.gids == grants.gids && groups.gid_count == grants.gid_count);
    for (uint32_t i = 0; i < grants.gid_count; i++) {
        gid_t gid;
        if (snapshot_gid(&grants, i, &gid))
            assert(i < grants.local_from ? id_valid(gid) : gid != 0 && gid < (gid_t)-2);
    }
    assert(list_size(&grants.roles) + list_size(&grants.permissions) <= s->size);
    if (snapshot_policy(s, &policy) != SNAPSHOT_OK || grants.org >= policy.org_count)
        return;
    struct membership member = {policy.org[grants.org], user->state, grants.roles,
                                grants.permissions, grants.term};
    struct question question = {
        .service = "sudo-i",
        .snapshot = true,
        .account = ACCOUNT_MEMBER,
        .member = &member,
        .rules = &policy.rules,
        .freshness = {.confirmed_ms = snapshot_confirmed(s, grants.org), .grace_ms = 3600000}};
    struct decision d = decide(&question, 1700000000000);
    assert(d.verdict != VERDICT_NOT_MINE);
    assert(d.verdict != VERDICT_ALLOW || user->state == MEMBER_ACTIVE);
    question.freshness = (struct freshness){.glass_end_ms = 1700000000001};
    d = decide(&question, 1700000000000);
    assert(d.verdict == VERDICT_DENY || (d.reason == REASON_BREAK_GLASS && d.rule > 0 &&
                                         policy.rules.rule[d.rule - 1].break_glass));
}

/* Whatever the list is, each key that is taken from it is sound and lies in the file. */
static void look_at_keys(const struct snapshot *s, uint32_t uid)
{
    struct key_list keys;
    struct ssh_key key;
    uint32_t end;
    char text[SSH_KEY_TEXT_SIZE];
    if (snapshot_keys(s, uid, &keys) != SNAPSHOT_OK)
        return;
    while (key_list_take(&keys, &key, &end)) {
        assert(key.blob > s->base && key.size <= (size_t)(s->base + s->size - key.blob));
        assert(ssh_key_print(&key, text) == strlen(text) && strchr(text, ' ') &&
               !strchr(text, '\n'));
    }
}

static void look_at_user(const struct snapshot *s, const struct snapshot_user *user)
{
    assert(id_valid(user->uid) && id_valid(user->gid));
    assert(name_valid(user->name));
    assert(user->state >= MEMBER_ACTIVE && user->state <= MEMBER_REMOVED);
    assert(strlen(user->name) + strlen(user->gecos) + strlen(user->home) + strlen(user->shell) +
               4 <=
           user->text_size);
    look_at_class(s, user);
    look_at_keys(s, user->uid);
}

static void look_at_members(const struct snapshot *s, const struct snapshot_group *group)
{
    char **member = calloc(group->member_count + 1U, sizeof *member);
    char *names = malloc(group->members_size + 1); /* + 1: never of no size */
    assert(member && names);
    if (snapshot_members(s, group, member, names) == SNAPSHOT_OK)
        for (uint32_t i = 0; i < group->member_count; i++)
            assert(member[i] >= names && member[i] < names + group->members_size &&
                   memchr(member[i], 0, (size_t)(names + group->members_size - member[i])));
    free(member);
    free(names);
}

static void look_at_group(const struct snapshot *s, const struct snapshot_group *group)
{
    assert(id_valid(group->gid));
    assert(name_valid(group->name) && strlen(group->name) == group->name_len);
    assert(group->member_count <= s->size && group->members_size <= s->size);
    look_at_members(s, group);
}

static void ask(const struct snapshot *s, const char *name, uint32_t id)
{
    struct snapshot_user user;
    struct snapshot_group group;
    if (snapshot_user_by_name(s, name, strlen(name), &user) == SNAPSHOT_OK) {
        look_at_user(s, &user);
        assert(strcmp(user.name, name) == 0);
    }
    if (snapshot_user_by_uid(s, id, &user) == SNAPSHOT_OK) {
        look_at_user(s, &user);
        assert(user.uid == id);
    }
    if (snapshot_group_by_name(s, name, strlen(name), &group) == SNAPSHOT_OK) {
        look_at_group(s, &group);
        assert(strcmp(group.name, name) == 0);
    }
    if (snapshot_group_by_gid(s, id, &group) == SNAPSHOT_OK) {
        look_at_group(s, &group);
        assert(group.gid == id);
    }
}

static void walk(const struct snapshot *s)
{
    struct snapshot_user user;
    struct snapshot_group group;
    size_t steps = 0;
    for (uint64_t at = 0; snapshot_next_user(s, &at, &user) == SNAPSHOT_OK; steps++) {
        look_at_user(s, &user);
        ask(s, user.name, user.uid);
    }
    for (uint64_t at = 0; snapshot_next_group(s, &at, &group) == SNAPSHOT_OK; steps++) {
        look_at_group(s, &group);
        ask(s, group.name, group.gid);
    }
    assert(steps <= s->size / 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t ids[] = {0,      44,     999,    1000,   65534,
                                   150000, 150001, 200001, 200039, UINT32_MAX};
    struct input in = {data, size};
    struct image image = image_of(&in);
    struct snapshot mapped;
    const char *why;
    image_put(&image, PATH_SNAPSHOT);
    if (snapshot_open(&mapped, PATH_SNAPSHOT, &why) == SNAPSHOT_OK) {
        /* The same bytes where one too many is seen. */
        struct snapshot s = {.base = image.data, .size = image.size};
        assert(mapped.size == image.size);
        for (const char *const *name = image_names; *name; name++)
            for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
                ask(&s, *name, ids[i]);
        walk(&s);
        snapshot_superseded(&s);
        for (uint32_t org = 0; org <= SNAPSHOT_ORGS_MAX; org++)
            assert(snapshot_confirmed(&s, org) >= 0);
    } else {
        assert(why && !mapped.base);
    }
    snapshot_close(&mapped);
    free(image.data);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    mkdir(ORG_STATEDIR, 0755);
    return 0;
}

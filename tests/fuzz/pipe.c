/* The record pipe: what is decoded is sound and encodes to the same bytes. */
#include <assert.h>
#include <stdlib.h>

#include "common/name.h"
#include "orgsyncd/pipe.h"
#include "orgsyncd/roster.h"
#include "tests/fuzz/fuzz.h"

static void check_member(const char *message, size_t size)
{
    static char again[PIPE_MAX];
    struct pipe_member m;
    const char *why = NULL;
    if (!pipe_decode_member(message, size, &m, &why)) {
        assert(why);
        return;
    }
    assert(remote_id_valid(m.id) && text_valid(m.email) && text_valid(m.username) &&
           text_valid(m.display));
    assert(m.roles.count <= PIPE_STRINGS_MAX && m.permissions.count <= PIPE_STRINGS_MAX);
    assert(key_list_valid(&m.keys));
    assert(pipe_encode_member(again, 1, &m, &why) == size);
    size_t head = sizeof(struct pipe_header);
    assert(memcmp(again + head, message + head, size - head) == 0);
    struct roster roster = {0};
    struct roster_member *member = roster_member_new(&m);
    assert(roster_put(&roster, member) == 0 && roster_find(&roster, m.id) == member);
    roster_remove(&roster, member);
    assert(roster.present == 0 && roster.count == 1);
    assert(m.state == MEMBER_REMOVED || member->remote.keys.size == 0);
    roster_free(&roster);
}

static void check_rules(const char *message, size_t size)
{
    static char again[PIPE_MAX];
    struct org_rules rules;
    struct rules decoded;
    if (!pipe_decode_org_rules(message, size, &rules))
        return;
    assert(org_rules_decode(&rules, "acme", &decoded) && decoded.count <= ORG_RULES_MAX);
    for (size_t i = 0; i < decoded.count; i++)
        assert(*decoded.rule[i].roles.first && decoded.rule[i].services.count > 0);
    assert(pipe_encode_org_rules(again, 1, &rules) == size);
    size_t head = sizeof(struct pipe_header) + sizeof(uint32_t);
    assert(memcmp(again + head, message + head, size - head) == 0);
}

static void check_team(const char *message, size_t size)
{
    static char again[PIPE_MAX];
    struct pipe_team team;
    size_t head = sizeof(struct pipe_header);
    if (!pipe_decode_team(message, size, &team))
        return;
    assert(remote_id_valid(team.id) && text_valid(team.slug) && text_valid(team.name));
    assert(pipe_encode_team(again, 1, &team) == size);
    assert(memcmp(again + head, message + head, size - head) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pipe_header header;
    char *message = malloc(size + (size == 0));
    assert(message);
    memcpy(message, data, size);
    if (pipe_decode(message, size, &header)) {
        assert(size <= PIPE_MAX);
        assert(strlen(pipe_text(message, size)) < size);
        check_member(message, size);
        check_rules(message, size);
        check_team(message, size);
    }
    free(message);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return 0;
}

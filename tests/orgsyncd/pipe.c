/* The record pipe: what the fetcher sends, the keeper checks again. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/name.h"
#include "orgsyncd/pipe.h"
#include "tests/lib/keys.h"
#include "tests/lib/unit.h"

static const struct pipe_member ann = {
    .state = MEMBER_ACTIVE,
    .id = "usr_01",
    .email = "ann@acme.example",
    .username = "ann",
    .display = "Ann",
    .roles = {"owner\0admin", 2},
    .permissions = {"members:view", 1},
    .term = {1900000000000, {"root\0ops", 2}, {"members:view\0members:manage\0x", 3}}};

static void member_record_is_decoded_as_it_was_encoded(void **state)
{
    (void)state;
    char buffer[PIPE_MAX];
    const char *why;
    struct pipe_member m;
    struct pipe_header h;
    size_t size = pipe_encode_member(buffer, 7, &ann, &why);
    assert_true(size > 0);
    assert_true(pipe_decode(buffer, size, &h));
    assert_int_equal(h.type, PIPE_MEMBER);
    assert_int_equal(h.request, 7);
    assert_true(pipe_decode_member(buffer, size, &m, &why));
    assert_string_equal(m.id, "usr_01");
    assert_string_equal(m.email, "ann@acme.example");
    assert_string_equal(m.username, "ann");
    assert_string_equal(m.display, "Ann");
    assert_int_equal(m.state, MEMBER_ACTIVE);
    assert_true(text_list_has(&m.roles, "owner") && text_list_has(&m.roles, "admin"));
    assert_int_equal(m.permissions.count, 1);
    assert_int_equal(m.term.ends_ms, 1900000000000);
    assert_true(text_list_has(&m.term.roles, "root") && text_list_has(&m.term.roles, "ops"));
    assert_int_equal(m.term.permissions.count, 3);
    assert_true(text_list_has(&m.term.permissions, "x"));
}

/* Every shorter message, and one with something behind it. */
static void member_record_cut_or_padded_is_refused(void **state)
{
    (void)state;
    char buffer[PIPE_MAX] = {0};
    const char *why;
    struct pipe_member m;
    size_t size = pipe_encode_member(buffer, 7, &ann, &why);
    for (size_t n = 0; n < size; n++)
        assert_false(pipe_decode_member(buffer, n, &m, &why));
    assert_false(pipe_decode_member(buffer, size + 1, &m, &why));
}

static void encoder_refuses_members_out_of_bounds(void **state)
{
    (void)state;
    char buffer[PIPE_MAX], longest[300];
    memset(longest, 'a', sizeof longest);
    longest[299] = '\0';
    struct pipe_member bad[15];
    for (int i = 0; i < 15; i++)
        bad[i] = ann;
    bad[0].id = "";
    bad[1].id = "a b";
    bad[2].id = longest;
    bad[3].email = "a\nb";
    bad[4].username = "ann\x1b[31m";
    bad[5].display = longest;
    bad[6].roles = (struct text_list){"", 1};
    bad[7].permissions = (struct text_list){"x\ny", 1};
    bad[8].state = 0;
    bad[9].state = 5;
    bad[10].term.ends_ms = 0;
    bad[11].term.ends_ms = -1;
    bad[12].term.ends_ms = INT64_MAX;
    bad[13].term.roles.count = bad[13].term.permissions.count = 0;
    bad[14].term.roles = (struct text_list){"x\ny", 1};
    for (int i = 0; i < 15; i++) {
        const char *why = NULL;
        assert_int_equal(pipe_encode_member(buffer, 7, &bad[i], &why), 0);
        assert_non_null(why);
    }
    static char many[2 * (PIPE_ROLES_MAX + 1)];
    for (int i = 0; i <= PIPE_ROLES_MAX; i++)
        many[2 * i] = 'r';
    struct pipe_member crowded = ann;
    const char *why;
    crowded.roles = (struct text_list){many, PIPE_ROLES_MAX};
    assert_true(pipe_encode_member(buffer, 7, &crowded, &why) > 0);
    crowded.roles.count++;
    assert_int_equal(pipe_encode_member(buffer, 7, &crowded, &why), 0);
    crowded.roles.count = 1;
    crowded.term.roles = (struct text_list){many, PIPE_ROLES_MAX + 1};
    assert_int_equal(pipe_encode_member(buffer, 7, &crowded, &why), 0);
}

static void team_comes_through_whole_or_not_at_all(void **state)
{
    (void)state;
    char buffer[PIPE_MAX], longest[TEXT_MAX_LEN + 2];
    const struct pipe_team ops = {"team_1", "ops", "The operators", "parent"};
    struct pipe_team t, bad[5] = {ops, ops, ops, ops, ops};
    size_t size = pipe_encode_team(buffer, 7, &ops);
    assert_true(pipe_decode_team(buffer, size, &t));
    assert_string_equal(t.id, "team_1");
    assert_string_equal(t.slug, "ops");
    assert_string_equal(t.name, "The operators");
    assert_string_equal(t.parent, "parent");
    for (size_t cut = sizeof(struct pipe_header); cut < size; cut++)
        assert_false(pipe_decode_team(buffer, cut, &t));
    buffer[size] = '\0';
    assert_false(pipe_decode_team(buffer, size + 1, &t));
    memset(longest, 'a', sizeof longest);
    longest[TEXT_MAX_LEN + 1] = '\0';
    bad[0].id = "";
    bad[1].id = "a b";
    bad[2].slug = "a\nroot:x:0:";
    bad[3].name = longest;
    bad[4].parent = "\x1b[31m";
    for (int i = 0; i < 5; i++)
        assert_int_equal(pipe_encode_team(buffer, 7, &bad[i]), 0);
}

static void keys_that_were_not_read_are_said_to_be_so(void **state)
{
    (void)state;
    char buffer[PIPE_MAX];
    const char *why;
    struct pipe_member m, unread = ann;
    unread.keys_unread = true;
    size_t size = pipe_encode_member(buffer, 7, &unread, &why);
    assert_true(pipe_decode_member(buffer, size, &m, &why));
    assert_true(m.keys_unread);
}

static void keys_of_a_member_come_through_whole(void **state)
{
    (void)state;
    static uint8_t keys[KEY_LIST_SIZE_MAX];
    char buffer[PIPE_MAX];
    const char *why;
    struct pipe_member m, keyed = ann;
    keyed.keys = test_keys(keys, 1, KEY_LIST_MAX, &(int64_t){1900000000000});
    size_t size = pipe_encode_member(buffer, 7, &keyed, &why);
    assert_true(size > 0);
    assert_true(pipe_decode_member(buffer, size, &m, &why));
    assert_string_equal(m.display, "Ann");
    assert_int_equal(m.keys.size, keyed.keys.size);
    assert_memory_equal(m.keys.first, keys, keyed.keys.size);
    assert_false(m.keys_unread);
    for (size_t n = 0; n < size; n++)
        assert_false(pipe_decode_member(buffer, n, &m, &why));
    for (size_t at = size - keyed.keys.size + 4; at < size; at += KEY_LIST_ENTRY + TEST_KEY_SIZE) {
        buffer[at] ^= 1; /* each blob's length */
        assert_false(pipe_decode_member(buffer, size, &m, &why));
        buffer[at] ^= 1;
        buffer[at + 2 + 10] ^= 1; /* and type */
        assert_false(pipe_decode_member(buffer, size, &m, &why));
        buffer[at + 2 + 10] ^= 1;
    }
    assert_true(pipe_decode_member(buffer, size, &m, &why));
}

/* The same faults in a message that did not come through our encoder. */
static void decoder_refuses_malformed_messages(void **state)
{
    (void)state;
    char buffer[PIPE_MAX], copy[PIPE_MAX];
    const char *why;
    struct pipe_member m;
    size_t size = pipe_encode_member(buffer, 7, &ann, &why);
    size_t end = sizeof(struct pipe_header) + 16, text = end + 8;
    for (size_t i = text; i < size; i++) { /* a control character anywhere */
        memcpy(copy, buffer, size);
        copy[i] = '\n';
        assert_false(pipe_decode_member(copy, size, &m, &why));
    }
    for (size_t i = sizeof(struct pipe_header); i < text;
         i++) { /* states, counts and an end that do not fit */
        memcpy(copy, buffer, size);
        copy[i < end ? i : text - 1] = (char)0x7f;
        assert_false(pipe_decode_member(copy, size, &m, &why));
    }
    struct pipe_header h = {.type = 99};
    memcpy(copy, &h, sizeof h);
    assert_false(pipe_decode(copy, sizeof h, &h));
    assert_false(pipe_decode(buffer, sizeof h - 1, &h));
    assert_false(pipe_decode(buffer, PIPE_MAX + 1, &h));
}

static void text_of_a_message_ends_within_the_message(void **state)
{
    (void)state;
    int pair[2];
    char buffer[PIPE_MAX];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    struct pipe_header h = {.type = PIPE_FAILED, .started_ms = 42};
    assert_int_equal(pipe_send(pair[0], &h, "it is down"), 0);
    ssize_t n = recv(pair[1], buffer, sizeof buffer, 0);
    assert_true(pipe_decode(buffer, (size_t)n, &h));
    assert_int_equal(h.started_ms, 42);
    assert_string_equal(pipe_text(buffer, (size_t)n), "it is down");
    assert_string_equal(pipe_text(buffer, (size_t)n - 1), ""); /* does not end */
    assert_int_equal(pipe_send(pair[0], &h, NULL), 0);
    n = recv(pair[1], buffer, sizeof buffer, 0);
    assert_string_equal(pipe_text(buffer, (size_t)n), "");
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(member_record_is_decoded_as_it_was_encoded),
        cmocka_unit_test(member_record_cut_or_padded_is_refused),
        cmocka_unit_test(encoder_refuses_members_out_of_bounds),
        cmocka_unit_test(keys_of_a_member_come_through_whole),
        cmocka_unit_test(team_comes_through_whole_or_not_at_all),
        cmocka_unit_test(keys_that_were_not_read_are_said_to_be_so),
        cmocka_unit_test(decoder_refuses_malformed_messages),
        cmocka_unit_test(text_of_a_message_ends_within_the_message),
    };
    return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}

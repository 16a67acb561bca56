/* Names, ids and text: what may be one. */
#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "tests/lib/unit.h"

static void valid_names_are_accepted(void **state)
{
    (void)state;
    const char *good[] = {
        "a", "_", "ada", "ada.lovelace", "a-b_c.d", "_x9", "abcdefghijklmnopqrstuvwxyz012345"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(name_valid(good[i]));
}

static void invalid_names_are_refused(void **state)
{
    (void)state;
    const char *bad[] = {"",      "Ada",      "1a",    "0",
                         "70001", "-a",       ".a",    "..",
                         "a b",   "a:b",      "a\nb",  "a/b",
                         "../x",  "\xc3\xa4", "a\x7f", "abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(name_valid(bad[i]));
    assert_false(name_valid_n("a\0b", 3));
    const char *longer = bad[sizeof bad / sizeof *bad - 1];
    assert_false(name_valid_n(longer, NAME_MAX_LEN + 1));
    assert_true(name_valid_n(longer, NAME_MAX_LEN));
}

static void remote_names_are_folded_to_local_ones(void **state)
{
    (void)state;
    static const struct {
        const char *remote, *local;
    } rows[] = {
        {"ada", "ada"},
        {"Ada", "ada"},
        {"Ada.Lovelace@acme.example", "ada.lovelace"},
        {"AZaz@c", "azaz"},
        {"a@b@c", "a"},
        {"@acme", NULL},
        {"", NULL},
        {"9lives", NULL},
        {"a b", NULL},
        {"../x", NULL},
        {"a\n", NULL},
        {"a+b@c", NULL},
        {"\xc3\x84"
         "da",
         NULL},
        {"abcdefghijklmnopqrstuvwxyz0123456@x", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[NAME_MAX_LEN + 1];
        assert_int_equal(name_fold(rows[i].remote, out), rows[i].local != NULL);
        if (rows[i].local)
            assert_string_equal(out, rows[i].local);
    }
}

static void ids_of_the_system_are_invalid(void **state)
{
    (void)state;
    const uint32_t good[] = {1000, 61183, 65520, 65533, 65536, 200000, 1999999999, 4294967294U};
    const uint32_t bad[] = {0, 1, 999, 61184, 65000, 65519, 65534, 65535, 4294967295U};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(id_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(id_valid(bad[i]));
}

static void text_clean_removes_controls_and_broken_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *dirty, *clean, *gecos;
    } rows[] = {
        {"Ann", "Ann", "Ann"},
        {"A:B", "A:B", "AB"},
        {"a\nb\x1b[31mc\x7f", "ab[31mc", "ab[31mc"},
        {"J\xc3\xbcrgen \xe6\x97\xa5", "J\xc3\xbcrgen \xe6\x97\xa5", "J\xc3\xbcrgen \xe6\x97\xa5"},
        {"x\xe2\x80\xaey\xe2\x80\x8bz", "xyz",
         "xyz"}, /* right-to-left override, zero width space */
        {"\xff\xfe"
         "a\xc3",
         "a", "a"}, /* not UTF-8 */
        {"\xc0\xaf\xed\xa0\x80"
         "b",
         "b", "b"}, /* overlong, surrogate */
        {"\xed\xbf\xbf"
         "b\xf4\x90\x80\x80",
         "b", "b"}, /* the last surrogate, beyond Unicode */
        {"x\xef\xbb\xbfy\xe2\x81\xa6z\xf3\xa0\x81\x81", "xyz",
         "xyz"}, /* byte order mark, isolate, tag */
        {"\xc2\x9b"
         "31m",
         "31m", "31m"}, /* C1 control sequence introducer */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        assert_string_equal(text_clean(out, sizeof out, rows[i].dirty, false), rows[i].clean);
        assert_string_equal(text_clean(out, sizeof out, rows[i].dirty, true), rows[i].gecos);
    }
}

/* Every size, from none up: always terminated, never half a character. */
static void text_clean_cuts_between_characters(void **state)
{
    (void)state;
    const char *text = "a\xc3\xbc\xe6\x97\xa5z";
    const char *want[] = {NULL,
                          "",
                          "a",
                          "a",
                          "a\xc3\xbc",
                          "a\xc3\xbc",
                          "a\xc3\xbc",
                          "a\xc3\xbc\xe6\x97\xa5",
                          "a\xc3\xbc\xe6\x97\xa5z"};
    for (size_t size = 1; size < sizeof want / sizeof *want; size++) {
        char out[16];
        memset(out, 'x', sizeof out);
        assert_string_equal(text_clean(out, size, text, false), want[size]);
        assert_int_equal(out[size], 'x');
    }
}

static void texts_and_remote_ids_are_bounded_and_printable(void **state)
{
    (void)state;
    char longest[TEXT_MAX_LEN + 2];
    memset(longest, 'a', sizeof longest);
    longest[TEXT_MAX_LEN] = '\0';
    assert_true(text_valid(longest));
    assert_true(remote_id_valid(longest));
    longest[TEXT_MAX_LEN] = 'a';
    longest[TEXT_MAX_LEN + 1] = '\0';
    assert_false(text_valid(longest));
    assert_false(remote_id_valid(longest));
    assert_false(text_valid("a\tb"));
    assert_true(text_valid(""));
    assert_false(remote_id_valid(""));
    assert_false(remote_id_valid("a b"));
    assert_false(remote_id_valid("\xc3\xbc"));
    assert_true(remote_id_valid("rolebindings/7iaw+gC==~"));
}

static void words_are_ascii_without_blanks(void **state)
{
    (void)state;
    char longer[2 * TEXT_MAX_LEN + 1];
    memset(longer, '!', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_true(word_valid(longer));
    assert_true(word_valid("~"));
    assert_false(word_valid(""));
    assert_false(word_valid(" a"));
    assert_false(word_valid("a b"));
    assert_false(word_valid("a\n"));
    assert_false(word_valid("a\x7f"));
    assert_false(word_valid("\xc3\xbc"));
    assert_true(pem_valid("-----BEGIN PRIVATE KEY-----\r\nAA==\n-----END PRIVATE KEY-----"));
    assert_false(pem_valid("ghp_x"));
    assert_false(pem_valid("x-----BEGIN PRIVATE KEY-----\n"));
    assert_false(pem_valid("-----BEGIN \x7f"));
    assert_false(pem_valid("-----BEGIN \xc3\xbc"));
    assert_false(pem_valid("-----BEGIN\t"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_names_are_accepted),
        cmocka_unit_test(invalid_names_are_refused),
        cmocka_unit_test(remote_names_are_folded_to_local_ones),
        cmocka_unit_test(ids_of_the_system_are_invalid),
        cmocka_unit_test(text_clean_removes_controls_and_broken_utf8),
        cmocka_unit_test(text_clean_cuts_between_characters),
        cmocka_unit_test(texts_and_remote_ids_are_bounded_and_printable),
        cmocka_unit_test(words_are_ascii_without_blanks),
    };
    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}

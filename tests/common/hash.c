/* The hash is the same on every machine: file formats depend on it. */
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

/* The same again as a 32-bit machine computes it. */
#undef __SIZEOF_INT128__
#define hash64      hash64_by_columns
#define hash64_copy hash64_copy_by_columns
#include "common/hash.c"
#undef hash64
#undef hash64_copy

/* The empty message is the reference's test vector; ids in use depend on the others. */
static void known_texts_have_known_hashes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        {"", 0x93228a4de0eec5a2ULL},
        {"a", 0xaced12527fe5bff8ULL},
        {"abc", 0x989b4a209c1011c9ULL},
        {"org_7f3a/usr_01", 0x509ea08e47dff09fULL},
        {"abcdefghijklmnopqrstuvwxyz", 0xccaeadc12a061176ULL},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 0x1fdd130ecb5b4709ULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(hash64(rows[i].text, strlen(rows[i].text)) == rows[i].hash);
        assert_true(hash64_by_columns(rows[i].text, strlen(rows[i].text)) == rows[i].hash);
    }
}

/* At every length around the stripes, also with all bits set: then each column carries. */
static void hash_of_a_32_bit_machine_is_the_same(void **state)
{
    (void)state;
    uint8_t text[200];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)rand();
    for (int round = 0; round < 2; round++) {
        for (size_t len = 0; len <= sizeof text; len++)
            assert_true(hash64(text, len) == hash64_by_columns(text, len));
        memset(text, 0xff, sizeof text);
    }
}

/* Of rooms of just that size, so that the sanitizer sees a byte too many. */
static void hash_of_a_copy_is_that_of_the_text(void **state)
{
    (void)state;
    for (size_t len = 0; len < 200; len++) {
        uint8_t *from = malloc(len + 1), *to = calloc(1, len + 1);
        for (size_t i = 0; i < len; i++)
            from[i] = (uint8_t)(i * 7 + len);
        to[len] = 'x';
        assert_true(hash64_copy(to, from, len) == hash64(from, len));
        assert_memory_equal(to, from, len);
        assert_int_equal(to[len], 'x');
        assert_true(hash64_copy_by_columns(to, from, len) == hash64(from, len));
        free(from);
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_known_hashes),
        cmocka_unit_test(hash_of_a_32_bit_machine_is_the_same),
        cmocka_unit_test(hash_of_a_copy_is_that_of_the_text),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}

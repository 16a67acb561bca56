/* Base64: the test vectors of RFC 4648, sizes that just fit, and what is no base64url. */
#include <string.h>

#include "common/base64.h"
#include "tests/lib/unit.h"

static void vectors(void **state)
{
    (void)state;
    static const char *const vector[][3] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xef\xff", "++//", "--__"},
    };
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        const char *plain = vector[i][0];
        char text[16], bytes[16];
        assert_true(base64_encode(plain, strlen(plain), text, sizeof text));
        assert_string_equal(text, vector[i][1]);
        assert_int_equal(base64url_decode(vector[i][2], strlen(vector[i][2]), bytes, sizeof bytes),
                         strlen(plain));
        assert_memory_equal(bytes, plain, strlen(plain));
        assert_int_equal(base64_decode(text, strlen(text), bytes, sizeof bytes), strlen(plain));
        assert_memory_equal(bytes, plain, strlen(plain));
    }
}

static void sizes(void **state)
{
    (void)state;
    char text[9], bytes[4];
    assert_true(base64_encode("fooba", 5, text, 9));
    assert_false(base64_encode("fooba", 5, text, 8));
    assert_false(base64_encode("", 0, text, 0));
    assert_false(base64_encode("fooba", SIZE_MAX, text, sizeof text));
    assert_int_equal(base64url_decode("Zm9vYg", 6, bytes, 4), 4);
    assert_int_equal(base64url_decode("Zm9vYg", 6, bytes, 3), -1);
    assert_int_equal(base64url_decode("", 0, bytes, 0), 0);
    assert_int_equal(base64_decode("Zm9vYg==", 8, bytes, 4), 4);
    assert_int_equal(base64_decode("Zm9vYg==", 8, bytes, 3), -1);
    assert_int_equal(base64_decode("", 0, bytes, 0), 0);
}

static void refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Z",    "Zm9vY", "Zg==", "Zm+v", "Zm/v",
                                        "Zm v", "Zm.v",  "Zh",   "Zm9",  "Zm\xc3\xa9"};
    char bytes[16];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(base64url_decode(wrong[i], strlen(wrong[i]), bytes, sizeof bytes), -1);
    assert_int_equal(base64url_decode("Zm\0v", 4, bytes, sizeof bytes), -1);
    static const char *const unpadded[] = {
        "Zg",       "Zg=",  "Zg===", "Z===", "====",   "=",
        "Zg==Zg==", "Zh==", "Zm9v=", "--__", "Zm9v\n", "Zm9vZ==="};
    for (size_t i = 0; i < sizeof unpadded / sizeof *unpadded; i++)
        assert_int_equal(base64_decode(unpadded[i], strlen(unpadded[i]), bytes, sizeof bytes), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(sizes),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}

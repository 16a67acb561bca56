/* A member's keys in a test: of ed25519, whose points are numbers. */
#ifndef TESTS_KEYS_H
#define TESTS_KEYS_H

#include <assert.h>
#include <string.h>

#include "common/key_list.h"

#define TEST_KEY_SIZE 51

/* The blob of key NUMBER. */
static inline void test_key(uint8_t blob[TEST_KEY_SIZE], uint32_t number)
{
    static const uint8_t begin[] = "\0\0\0\13ssh-ed25519\0\0\0\40";
    memset(blob, 0x42, TEST_KEY_SIZE);
    memcpy(blob, begin, sizeof begin - 1);
    memcpy(blob + sizeof begin - 1, &number, sizeof number);
}

/* Makes a list of COUNT keys in BUFFER (KEY_LIST_SIZE_MAX), from NUMBER on; the last one ends at
 * END_MS unless that is NULL. */
static inline struct key_list test_keys(uint8_t *buffer, uint32_t number, unsigned count,
                                        const int64_t *end_ms)
{
    struct key_list list = {buffer, 0};
    for (unsigned i = 0; i < count; i++) {
        uint8_t blob[TEST_KEY_SIZE];
        struct ssh_key key;
        test_key(blob, number + i);
        assert(ssh_key_check(blob, sizeof blob, &key) == NULL);
        list.size = key_list_add(buffer, list.size, &key, i + 1 == count ? end_ms : NULL);
        assert(list.size > 0);
    }
    return list;
}

#endif

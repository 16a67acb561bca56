/* Public keys, as blobs, as lines and as lists: what is taken is printed, and that is taken again
 * as the same. */
#include <assert.h>
#include <stdlib.h>

#include "common/key_list.h"
#include "tests/fuzz/fuzz.h"

/* The key prints to one line of printable characters, which is the same key. */
static void check_key(const struct ssh_key *key)
{
    char text[SSH_KEY_TEXT_SIZE], print[SSH_KEY_FINGERPRINT_SIZE];
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key again;
    const char *comment = NULL;
    size_t len = ssh_key_print(key, text);
    assert(len == strlen(text) && len < sizeof text);
    for (size_t i = 0; i < len; i++)
        assert(text[i] >= ' ' && text[i] <= '~');
    assert(ssh_key_parse(text, blob, &again, &comment) == NULL && *comment == '\0');
    assert(again.size == key->size && memcmp(again.blob, key->blob, key->size) == 0);
    assert(again.type == key->type && again.bits == key->bits);
    assert(strlen(ssh_key_fingerprint(key, print)) == 50);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t blob[SSH_KEY_BLOB_MAX], *exact = malloc(size + 1);
    struct ssh_key key;
    struct key_list list = {exact, size};
    const char *comment;
    uint32_t end;
    assert(exact);
    memcpy(exact, data, size);
    exact[size] = '\0';
    if (!ssh_key_parse((const char *)exact, blob, &key, &comment))
        check_key(&key);
    exact = realloc(exact, size + (size == 0)); /* the sanitizer sees a byte too many */
    assert(exact);
    list.first = exact;
    if (!ssh_key_check(exact, size, &key))
        check_key(&key);
    bool valid = key_list_valid(&list);
    while (key_list_take(&list, &key, &end))
        check_key(&key);
    assert(!valid || list.size == 0);
    free(exact);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return 0;
}

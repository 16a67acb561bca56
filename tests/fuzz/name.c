/* Names, texts and ids. */
#include <assert.h>
#include <stdlib.h>

#include "api/json.h"
#include "common/hash.h"
#include "common/name.h"
#include "tests/fuzz/fuzz.h"

static void check_name(const char *text, size_t size)
{
    char folded[NAME_MAX_LEN + 1];
    assert(name_valid(text) == name_valid_n(text, strlen(text)));
    if (name_valid_n(text, size)) {
        assert(size <= NAME_MAX_LEN && !memchr(text, 0, size));
        assert(name_fold(text, folded) && strcmp(folded, text) == 0);
    }
    if (name_fold(text, folded))
        assert(name_valid(folded));
}

static void check_text(const char *text, size_t room, bool gecos)
{
    char *clean = malloc(room), *again = malloc(room);
    assert(clean && again);
    assert(text_clean(clean, room, text, gecos) == clean);
    assert(strlen(clean) < room && json_utf8(clean, strlen(clean)));
    for (const char *c = clean; *c; c++)
        assert((unsigned char)*c >= ' ' && *c != 0x7f && !(gecos && *c == ':'));
    assert(strcmp(text_clean(again, room, clean, gecos), clean) == 0);
    assert(strlen(clean) > TEXT_MAX_LEN || text_valid(clean));
    if (text_valid(text))
        assert(room <= strlen(text) || gecos || strcmp(clean, text) == 0);
    free(clean);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    size_t room = input_number(&in, 2) % 600 + 1, left = in.left;
    char *text = malloc(left + 1);
    assert(text);
    input_take(&in, text, left);
    text[left] = '\0';
    check_name(text, left);
    check_text(text, room, false);
    check_text(text, room, true);
    if (remote_id_valid(text))
        assert(text_valid(text) && *text);
    assert(hash64(text, left) == hash64(text, left));
    free(text);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return 0;
}

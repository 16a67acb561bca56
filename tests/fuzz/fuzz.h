/*
 * What the fuzz targets share. A target hands what it is given to the code and asserts what that
 * code's header promises, so that a wrong answer is a finding as much as a crash is. Built for
 * libFuzzer by `make fuzz`; `make check` runs the kept seeds through the same targets.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The input, read from its beginning. */
struct input {
    const uint8_t *data;
    size_t left;
};

/* The next SIZE bytes into OUT, zeros behind the end. */
static inline void input_take(struct input *in, void *out, size_t size)
{
    size_t n = size < in->left ? size : in->left;
    memset(out, 0, size);
    if (n > 0)
        memcpy(out, in->data, n);
    in->data += n;
    in->left -= n;
}

static inline uint32_t input_number(struct input *in, size_t size)
{
    uint8_t bytes[4];
    uint32_t v = 0;
    input_take(in, bytes, size);
    for (size_t i = 0; i < size; i++)
        v |= (uint32_t)bytes[i] << 8 * i;
    return v;
}

#define IMAGE_MAX 16384

/* A snapshot in memory, malloc'ed at its very size. */
struct image {
    uint8_t *data;
    size_t size;
};

/*
 * The snapshot that INPUT means: its first byte even, the rest is the file; odd, the rest are
 * changes {u16 place, u32 value} to a good snapshot, and a place beyond its end cuts it there.
 * Random bytes would end at the first check word, so all of them are made right afterwards, as far
 * as records can be found. Freed by the caller.
 */
struct image image_of(struct input *in);

/* The names that are in the good snapshot, ends with NULL; some are groups'. */
extern const char *const image_names[];

/* Writes IMAGE to PATH as root's file, in place of what was there. */
void image_put(const struct image *image, const char *path);

#endif

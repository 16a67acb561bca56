/* Runs a fuzz target on the files that are named, where there is no libFuzzer. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (1 << 20)

static int run_file(const char *path)
{
    uint8_t *data = malloc(INPUT_MAX);
    FILE *f = fopen(path, "re");
    if (!f || !data) {
        perror(path);
        return 1;
    }
    size_t size = fread(data, 1, INPUT_MAX, f);
    fclose(f);
    /* At its very size, so that one byte beyond is seen. */
    uint8_t *exact = realloc(data, size + (size == 0));
    LLVMFuzzerTestOneInput(exact ? exact : data, size);
    free(exact ? exact : data);
    return 0;
}

int main(int argc, char *argv[])
{
    int rc = LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc && rc == 0; i++)
        rc = run_file(argv[i]);
    return rc;
}

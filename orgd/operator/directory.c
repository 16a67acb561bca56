#include "orgd/operator/directory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "orgd/buffer.h"

void directory_make(const char *path, mode_t mode)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    size_t len = (size_t)(slash - path);
    char *directory = memory_or_exit(strndup(path, len), len);
    if (mkdir(directory, mode) == 0)
        chmod(directory, mode);
    free(directory);
}

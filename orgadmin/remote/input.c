#include "orgadmin/remote/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"

enum exit_status input_read(const char *path, const char **from, char **text)
{
    const char *why;
    bool standard = strcmp(path, "-") == 0;
    *from = standard ? "standard input" : path;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    *text = fd < 0 ? NULL : malloc(INPUT_MAX + 1);
    bool good = *text && file_read(fd, *text, INPUT_MAX + 1, &why) >= 0;
    int saved = errno;
    if (fd > STDERR_FILENO)
        close(fd);
    if (good)
        return EXIT_DONE;
    free(*text);
    *text = NULL;
    return complain(EXIT_USAGE, "%s: %s", *from, strerror(saved));
}

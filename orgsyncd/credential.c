#include "orgsyncd/credential.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

#define TOKEN_MAX 2048 /* no provider takes a longer one */

char *credential_read(const char *token_file, char error[CONFIG_ERROR_LEN])
{
    struct stat st;
    const char *why;
    int fd = file_open_trusted(token_file, 1, &st, &why);
    if (fd < 0) {
        snprintf(error, CONFIG_ERROR_LEN, "%s: %s", token_file, why);
        return NULL;
    }
    /* One byte and some white space more than it may have, so that nobody goes by half a token. */
    char *token = calloc(1, TOKEN_MAX + 64);
    ssize_t n = token ? read(fd, token, TOKEN_MAX + 63) : -1;
    close(fd);
    while (n > 0 && isspace((unsigned char)token[n - 1]))
        token[--n] = '\0';
    ssize_t good = 0;
    while (good < n && token[good] > ' ' && token[good] <= '~')
        good++;
    if (n > 0 && good == n && n <= TOKEN_MAX)
        return token;
    snprintf(error, CONFIG_ERROR_LEN,
             "%s: holds no token, which is 1 to %d characters without spaces", token_file,
             TOKEN_MAX);
    if (token)
        explicit_bzero(token, TOKEN_MAX + 64);
    free(token);
    return NULL;
}

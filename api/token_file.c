#include "api/token_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/name.h"

#define FILE_SIZE_MAX (TOKEN_MAX_LEN + 64) /* with white space behind it and the NUL */

char *token_file_read(const char *path, char *error, size_t size)
{
    const char *why = "cannot be read";
    char *token = calloc(1, FILE_SIZE_MAX);
    ssize_t n = token ? file_read_trusted(path, FILE_SECRET, token, FILE_SIZE_MAX, &why) : -1;
    while (n > 0 && isspace((unsigned char)token[n - 1]))
        token[--n] = '\0';
    if (n > 0 && n <= TOKEN_MAX_LEN && (word_valid(token) || pem_valid(token)))
        return token;
    if (n < 0 && errno != EFBIG && errno != EILSEQ)
        snprintf(error, size, "%s: %s", path, why);
    else
        snprintf(error, size,
                 "%s: holds no token, which is 1 to %d characters without spaces, or a key in PEM",
                 path, TOKEN_MAX_LEN);
    if (token)
        explicit_bzero(token, FILE_SIZE_MAX);
    free(token);
    return NULL;
}

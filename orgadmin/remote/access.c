#include "orgadmin/remote/access.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/sha256.h"

#define KEY_SIZE  (2 * SHA256_SIZE + 1)
#define LINE_SIZE (KEY_SIZE + 24 + ACCESS_TOKEN_MAX)

/* The name of a token in its file: in hexadecimal the hash of PLACE and the login's credential. */
static bool key_of(const struct context *login, const char *place, char key[KEY_SIZE])
{
    char text[2 * CONTEXT_TEXT_MAX + SECRET_MAX];
    uint8_t hash[SHA256_SIZE];
    int n = snprintf(text, sizeof text, "%s\n%s\n%s", place, login->url, login->token);
    bool whole = n > 0 && (size_t)n < sizeof text;
    sha256(text, whole ? (size_t)n : 0, hash);
    explicit_bzero(text, sizeof text);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(key + 2 * i, 3, "%02x", hash[i]);
    return whole;
}

/* Fills PATH with the file's. False where its directory is not the caller's alone to write in. */
static bool path_of(const struct context *login, char path[PRIVATE_PATH_MAX])
{
    char directory[PRIVATE_PATH_MAX];
    struct stat st;
    if (context_path(login->profile, ".access", path) < 0)
        return false;
    snprintf(directory, sizeof directory, "%s", path);
    return stat(dirname(directory), &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int64_t load(void *arg, const char *place, char access[ACCESS_TOKEN_MAX])
{
    char path[PRIVATE_PATH_MAX], key[KEY_SIZE], line[LINE_SIZE];
    const char *why;
    int64_t end_s = 0, seconds = 0;
    int from = 0;
    if (!key_of(arg, place, key) || !path_of(arg, path) ||
        file_read_trusted(path, FILE_SECRET, line, sizeof line, &why) < 0)
        return 0;
    line[strcspn(line, "\n")] = '\0';
    bool mine = strncmp(line, key, KEY_SIZE - 1) == 0 &&
                sscanf(line + KEY_SIZE - 1, " %" SCNd64 " %n", &end_s, &from) == 1 && from > 0;
    if (mine && strlen(line + KEY_SIZE - 1 + from) < ACCESS_TOKEN_MAX)
        seconds = end_s - clock_wall_ms() / 1000;
    if (seconds > 0)
        snprintf(access, ACCESS_TOKEN_MAX, "%s", line + KEY_SIZE - 1 + from);
    explicit_bzero(line, sizeof line);
    return seconds > 0 ? seconds : 0;
}

static void keep(void *arg, const char *place, const char *access, int64_t seconds)
{
    char path[PRIVATE_PATH_MAX], key[KEY_SIZE], line[LINE_SIZE];
    struct private_file f;
    if (!key_of(arg, place, key) || !path_of(arg, path))
        return;
    if (!access || seconds <= 0) {
        unlink(path);
        return;
    }
    int n = snprintf(line, sizeof line, "%s %" PRId64 " %s\n", key,
                     clock_wall_ms() / 1000 + seconds, access);
    if (n > 0 && (size_t)n < sizeof line && private_file_begin(&f, path) == 0)
        private_file_place(&f, line, (size_t)n);
    explicit_bzero(line, sizeof line);
}

struct access_cache access_cache(const struct context *login)
{
    return (struct access_cache){.arg = (void *)login, .load = load, .keep = keep};
}

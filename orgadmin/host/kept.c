#include "orgadmin/host/kept.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "orgadmin/host/host_file.h"
#include "orgadmin/say.h"

#define CODE     PATH_KEPT "/code"
#define CODE_MAX 256

static bool failed(const char *path)
{
    complain(EXIT_SETUP, "%s: %s", path, strerror(errno));
    return false;
}

/* The name in PATH_KEPT of the file at PATH. */
static void name_of(const char *path, char out[HOST_PATH_MAX])
{
    size_t home = strlen(ORG_SYSCONFDIR "/");
    bool ours = strncmp(path, ORG_SYSCONFDIR "/", home) == 0 && !strchr(path + home, '/');
    snprintf(out, HOST_PATH_MAX, PATH_KEPT "/%s", path + (ours ? home : 0));
    for (char *c = out + sizeof PATH_KEPT; *c && !ours; c++)
        if (*c == '/')
            *c = '%';
}

/* The other way round, of the entry NAME. */
static void path_of(const char *name, char out[HOST_PATH_MAX])
{
    bool ours = *name != '%';
    snprintf(out, HOST_PATH_MAX, "%s%s", ours ? ORG_SYSCONFDIR "/" : "", name);
    for (char *c = out; *c && !ours; c++)
        if (*c == '%')
            *c = '/';
}

bool kept_there(void)
{
    return access(PATH_KEPT, F_OK) == 0;
}

bool kept_take(const char *path)
{
    char to[HOST_PATH_MAX];
    name_of(path, to);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return true;
    if ((mkdir(PATH_KEPT, 0700) < 0 && errno != EEXIST) || !host_file_move(path, to))
        return failed(path);
    return (file_sync_directory(to) == 0 && file_sync_directory(PATH_KEPT) == 0) || failed(to);
}

void kept_take_code(const char *path)
{
    if (kept_there() && host_file_move(path, CODE))
        file_sync_directory(CODE);
}

bool kept_is_of(const char *code)
{
    char text[CODE_MAX];
    const char *why;
    return file_read_trusted(CODE, FILE_SECRET, text, sizeof text, &why) > 0 &&
           strcmp(text, code) == 0;
}

static bool put_back(const char *name, kept_note *before)
{
    char from[HOST_PATH_MAX], to[HOST_PATH_MAX], new[HOST_PATH_MAX + 16];
    path_of(name, to);
    snprintf(from, sizeof from, PATH_KEPT "/%.*s", NAME_MAX, name);
    snprintf(new, sizeof new, "%s.org-new", to);
    if (strcmp(to, PATH_CONFIG) == 0 && access(to, F_OK) == 0)
        return true;
    unlink(new);
    return before(to) && ((host_file_copy(from, new) == 0 && rename(new, to) == 0 &&
                           file_sync_directory(to) == 0) ||
                          failed(to));
}

bool kept_put_back(kept_note *before)
{
    DIR *dir = opendir(PATH_KEPT);
    const struct dirent *entry;
    bool good = dir || failed(PATH_KEPT);
    while (dir && good && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "code") != 0)
            good = put_back(entry->d_name, before);
    if (dir)
        closedir(dir);
    return good;
}

static bool is_token(const char *name)
{
    static const char end[] = ".token";
    size_t len = strlen(name);
    return len >= sizeof end && strcmp(name + len - (sizeof end - 1), end) == 0;
}

void kept_weigh(void)
{
    DIR *dir = opendir(PATH_KEPT);
    const struct dirent *entry;
    bool token = false;
    while (dir && !token && (entry = readdir(dir)) != NULL)
        token = is_token(entry->d_name);
    if (dir)
        closedir(dir);
    if (!token)
        kept_forget();
}

void kept_forget(void)
{
    host_directory_remove(PATH_KEPT);
}

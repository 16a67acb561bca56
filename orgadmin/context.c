#include "orgadmin/context.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/json.h"
#include "common/file.h"

#define CONTEXT_SIZE_MAX 16384

/* Where a text is in the file and in the structure. */
static const struct {
    const char *path;
    size_t offset, size;
} texts[] = {
#define TEXT(path, member)                                                                         \
    {                                                                                              \
        path, offsetof(struct context, member), sizeof((struct context *)0)->member                \
    }
    TEXT("provider", provider),
    TEXT("url", url),
    TEXT("token", token),
    TEXT("ca_file", ca_file),
    TEXT("organization.id", org_id),
    TEXT("organization.name", org_name),
#undef TEXT
};
#define TEXTS (sizeof texts / sizeof *texts)

/* Fills DIR with the directory of the configuration, without "/orgadmin". */
static enum exit_status config_home(char dir[PRIVATE_PATH_MAX])
{
    const char *xdg = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");
    int n = -1;
    if (xdg && xdg[0] == '/') /* the specification wants a relative one ignored */
        n = snprintf(dir, PRIVATE_PATH_MAX, "%s", xdg);
    else if (home && home[0] == '/')
        n = snprintf(dir, PRIVATE_PATH_MAX, "%s/.config", home);
    if (n > 0 && n < PRIVATE_PATH_MAX - 64)
        return EXIT_DONE;
    return complain(EXIT_SETUP, "neither XDG_CONFIG_HOME nor HOME is a usable path");
}

static enum exit_status read_file(int fd, const char *path, struct context *c)
{
    char text[CONTEXT_SIZE_MAX + 1], why[JSON_WHY_MAX];
    ssize_t len = read(fd, text, CONTEXT_SIZE_MAX);
    text[len > 0 ? len : 0] = '\0';
    cJSON *json = len >= 0 ? json_parse(text, (size_t)len, why) : NULL;
    bool good = json != NULL;
    for (size_t i = 0; good && i < TEXTS; i++) {
        const char *value = json_text(json, texts[i].path);
        good = !value || strlen(value) < texts[i].size;
        if (good && value)
            memcpy((char *)c + texts[i].offset, value, strlen(value) + 1);
    }
    good = good && *c->url && *c->provider;
    cJSON_Delete(json);
    explicit_bzero(text, sizeof text);
    if (good)
        return EXIT_DONE;
    return complain(EXIT_SETUP, "%s is damaged; log in again", path);
}

enum exit_status context_load(struct context *c)
{
    char dir[PRIVATE_PATH_MAX], path[PRIVATE_PATH_MAX + 32];
    struct stat st;
    const char *why;
    memset(c, 0, sizeof *c);
    enum exit_status status = config_home(dir);
    if (status != EXIT_DONE)
        return status;
    snprintf(path, sizeof path, "%s/orgadmin/context.json", dir);
    int fd = file_open_trusted(path, 1, &st, &why);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return EXIT_DONE;
    if (fd < 0)
        return complain(EXIT_SETUP, "%s %s", path, why);
    status = read_file(fd, path, c);
    close(fd);
    return status;
}

enum exit_status context_begin(struct private_file *f)
{
    char dir[PRIVATE_PATH_MAX], own[PRIVATE_PATH_MAX + 16], path[PRIVATE_PATH_MAX + 32];
    f->fd = -1;
    enum exit_status status = config_home(dir);
    if (status != EXIT_DONE)
        return status;
    snprintf(own, sizeof own, "%s/orgadmin", dir);
    snprintf(path, sizeof path, "%s/context.json", own);
    if ((mkdir(dir, 0700) < 0 && errno != EEXIST) || (mkdir(own, 0700) < 0 && errno != EEXIST) ||
        private_file_begin(f, path) < 0)
        return complain(EXIT_SETUP, "%s: %s", path, strerror(errno));
    return EXIT_DONE;
}

static char *to_text(const struct context *c)
{
    cJSON *json = cJSON_CreateObject(), *org = cJSON_CreateObject();
    bool good = json && org;
    for (size_t i = 0; good && i < TEXTS; i++) {
        const char *value = (const char *)c + texts[i].offset;
        const char *dot = strchr(texts[i].path, '.');
        if (*value)
            good = cJSON_AddStringToObject(dot ? org : json, dot ? dot + 1 : texts[i].path, value);
    }
    if (!good || !cJSON_AddItemToObject(json, "organization", org)) {
        cJSON_Delete(org);
        good = false;
    }
    char *text = good ? cJSON_Print(json) : NULL;
    cJSON_Delete(json);
    return text;
}

enum exit_status context_save(struct private_file *f, const struct context *c)
{
    char *text = to_text(c);
    errno = ENOMEM;
    int rc = text ? private_file_commit(f, text, strlen(text)) : -1;
    int saved = errno;
    if (text)
        explicit_bzero(text, strlen(text));
    cJSON_free(text);
    private_file_abandon(f);
    return rc == 0 ? EXIT_DONE : complain(EXIT_SETUP, "%s: %s", f->path, strerror(saved));
}

#include "orgadmin/remote/context.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/json.h"
#include "common/file.h"

#define CONTEXT_SIZE_MAX 32768

/* A text's place in the file and in the structure. */
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
    TEXT("account", account),
    TEXT("ca_file", ca_file),
    TEXT("proxy", proxy),
    TEXT("organization.id", org_id),
    TEXT("organization.name", org_name),
#undef TEXT
};
#define TEXTS (sizeof texts / sizeof *texts)

/* True unless root would leave files in DIR, or in what exists above it, which is somebody else's.
 */
static bool is_own(const char *dir)
{
    char path[PRIVATE_PATH_MAX];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s", dir);
    if (geteuid() != 0 || n < 0 || (size_t)n >= sizeof path)
        return true;
    for (char *slash = path + n; stat(path, &st) < 0 && (slash = strrchr(path, '/')) != NULL;)
        slash[slash == path] = '\0';
    return st.st_uid == 0;
}

/* Fills DIR with the directory of the configuration, without "/orgadmin". Returns 0; or -1 with
 * errno: ENOENT, there is none, EPERM, it is another user's. */
static int config_home(char dir[PRIVATE_PATH_MAX])
{
    const char *xdg = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");
    int n = -1;
    if (xdg && xdg[0] == '/') /* the specification wants a relative one ignored */
        n = snprintf(dir, PRIVATE_PATH_MAX, "%s", xdg);
    else if (home && home[0] == '/')
        n = snprintf(dir, PRIVATE_PATH_MAX, "%s/.config", home);
    bool usable = n > 0 && n < PRIVATE_PATH_MAX - 128;
    bool own = usable && is_own(dir);
    errno = usable ? EPERM : ENOENT;
    return own ? 0 : -1;
}

int context_path(const char *profile, const char *ending, char path[PRIVATE_PATH_MAX])
{
    char dir[PRIVATE_PATH_MAX];
    if (config_home(dir) < 0)
        return -1;
    int n = snprintf(path, PRIVATE_PATH_MAX, "%s/orgadmin/%s%s", dir, profile, ending);
    return n > 0 && n < PRIVATE_PATH_MAX ? 0 : -1;
}

static enum exit_status path_of(const char *profile, const char *ending,
                                char path[PRIVATE_PATH_MAX])
{
    if (context_path(profile, ending, path) == 0)
        return EXIT_DONE;
    if (errno == EPERM)
        return complain(EXIT_SETUP, "the home directory belongs to another user, and root would "
                                    "leave files of its own there: use sudo -H, or set HOME");
    return complain(EXIT_SETUP, "neither XDG_CONFIG_HOME nor HOME is a usable path");
}

/* A profile's name is part of a file's. */
static bool profile_valid(const char *name)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t len = strnlen(name, PROFILE_MAX);
    return len > 0 && len < PROFILE_MAX && strspn(name, good) == len && !strchr("_.-", *name);
}

/* The profile that context_use set. A missing or unusable file is none. */
static void read_current(char name[PROFILE_MAX])
{
    char path[PRIVATE_PATH_MAX], text[PROFILE_MAX + 1];
    const char *why;
    snprintf(name, PROFILE_MAX, PROFILE_DEFAULT);
    if (context_path("current", "", path) < 0 ||
        file_read_trusted(path, FILE_SECRET, text, sizeof text, &why) < 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    if (profile_valid(text))
        memcpy(name, text, strlen(text) + 1);
}

enum exit_status context_profile(const char *given, char name[PROFILE_MAX])
{
    const char *profile = given ? given : secure_getenv("ORGADMIN_PROFILE");
    if (!profile || (!given && !*profile)) {
        read_current(name);
        return EXIT_DONE;
    }
    snprintf(name, PROFILE_MAX, "%s", profile);
    if (profile_valid(profile))
        return EXIT_DONE;
    return complain(
        EXIT_USAGE,
        "\"%s\" is no name for a profile: letters, digits, and _ . - inside, at most %d", profile,
        PROFILE_MAX - 1);
}

bool context_set_option(struct context *c, const char *name, const char *value)
{
    struct context_option *o = c->option;
    while (o < c->option + c->options && strcmp(o->name, name) != 0)
        o++;
    if (o == c->option + CONTEXT_OPTIONS_MAX || strlen(name) >= sizeof o->name ||
        strlen(value) >= sizeof o->value)
        return false;
    snprintf(o->name, sizeof o->name, "%s", name);
    snprintf(o->value, sizeof o->value, "%s", value);
    c->options += o == c->option + c->options;
    return true;
}

static bool read_options(const cJSON *json, struct context *c)
{
    const cJSON *stored = json_at(json, "options");
    bool good = true;
    for (const cJSON *o = stored ? stored->child : NULL; o && good; o = o->next)
        good = cJSON_IsString(o) && o->string && context_set_option(c, o->string, o->valuestring);
    return good;
}

static bool parse(const char *text, size_t len, struct context *c)
{
    char why[JSON_WHY_MAX];
    cJSON *json = json_parse(text, len, why);
    bool good = json != NULL;
    for (size_t i = 0; good && i < TEXTS; i++) {
        const char *value = json_text(json, texts[i].path);
        good = !value || strlen(value) < texts[i].size;
        if (good && value)
            memcpy((char *)c + texts[i].offset, value, strlen(value) + 1);
    }
    good = good && *c->url && *c->provider && read_options(json, c);
    cJSON_Delete(json);
    return good;
}

/* Returns 0; or -1 with *WHY, errno is EBADMSG or as of file_read_trusted then. */
static int read_file(const char *path, struct context *c, const char **why)
{
    char text[CONTEXT_SIZE_MAX + 1];
    ssize_t len = file_read_trusted(path, FILE_SECRET, text, sizeof text, why);
    if (len < 0)
        return -1;
    bool good = parse(text, (size_t)len, c);
    explicit_bzero(text, sizeof text);
    *why = "is damaged; log in again";
    errno = EBADMSG;
    return good ? 0 : -1;
}

enum exit_status context_load(const char *profile, struct context *c)
{
    char path[PRIVATE_PATH_MAX];
    const char *why;
    memset(c, 0, sizeof *c);
    enum exit_status status = context_profile(profile, c->profile);
    if (status == EXIT_DONE)
        status = path_of(c->profile, ".json", path);
    if (status != EXIT_DONE)
        return status;
    if (read_file(path, c, &why) == 0 || errno == ENOENT || errno == ENOTDIR)
        return EXIT_DONE;
    return complain(EXIT_SETUP, "%s %s", path, why);
}

enum exit_status context_vacant(const char *profile, const char *url, const char *account,
                                char name[PROFILE_MAX])
{
    char path[PRIVATE_PATH_MAX];
    const char *why;
    struct context stored = {0};
    enum exit_status status = context_profile(profile, name);
    if (status == EXIT_DONE)
        status = path_of(name, ".json", path);
    /* One that cannot be read is no loss. */
    bool readable = status == EXIT_DONE && read_file(path, &stored, &why) == 0;
    bool other = strcmp(stored.url, url) != 0 ||
                 (account && *stored.account && strcmp(stored.account, account) != 0);
    if (readable && other)
        status =
            complain(EXIT_USAGE,
                     "the profile \"%s\" is logged in to %s as %s: give --profile NAME to keep "
                     "both, or orgadmin logout first",
                     name, stored.url, *stored.account ? stored.account : "somebody");
    explicit_bzero(&stored, sizeof stored);
    return status;
}

/* Makes the directory with the ones above it, and begins the file NAME in it. */
static enum exit_status begin(struct private_file *f, const char *name, const char *ending)
{
    char dir[PRIVATE_PATH_MAX], own[PRIVATE_PATH_MAX], path[PRIVATE_PATH_MAX];
    f->fd = -1;
    enum exit_status status = path_of(name, ending, path);
    if (status == EXIT_DONE)
        status = path_of("", "", own);
    if (status != EXIT_DONE || config_home(dir) < 0)
        return status;
    if ((mkdir(dir, 0700) < 0 && errno != EEXIST) || (mkdir(own, 0700) < 0 && errno != EEXIST) ||
        private_file_begin(f, path) < 0)
        return complain(EXIT_SETUP, "%s: %s", path, strerror(errno));
    return EXIT_DONE;
}

enum exit_status context_begin(struct private_file *f, const char *profile)
{
    return begin(f, profile, ".json");
}

enum exit_status context_check(const char *profile)
{
    struct private_file file = {.fd = -1};
    enum exit_status status = context_begin(&file, profile);
    private_file_abandon(&file);
    return status;
}

enum exit_status context_use(const char *profile)
{
    char now[PROFILE_MAX], line[PROFILE_MAX + 1];
    struct private_file f;
    read_current(now);
    if (strcmp(now, profile) == 0)
        return EXIT_DONE;
    enum exit_status status = begin(&f, "current", "");
    int n = snprintf(line, sizeof line, "%s\n", profile);
    if (status == EXIT_DONE && private_file_commit(&f, line, (size_t)n) < 0)
        status = complain(EXIT_SETUP, "%s: %s", f.path, strerror(errno));
    return status;
}

bool context_stored(const char *profile)
{
    char path[PRIVATE_PATH_MAX];
    return context_path(profile, ".json", path) == 0 && access(path, F_OK) == 0;
}

enum exit_status context_remove(const char *profile)
{
    /* The login last: it is the truth. */
    static const char *const endings[] = {".names", ".access", ".json"};
    char path[PRIVATE_PATH_MAX];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        enum exit_status status = path_of(profile, endings[i], path);
        if (status != EXIT_DONE)
            return status;
        if (private_file_remove(path) < 0 && errno != ENOENT)
            return complain(EXIT_SETUP, "%s: %s", path, strerror(errno));
    }
    return EXIT_DONE;
}

static int is_login(const struct dirent *entry)
{
    char name[PROFILE_MAX];
    const char *dot = strrchr(entry->d_name, '.');
    if (!dot || strcmp(dot, ".json") != 0 || (size_t)(dot - entry->d_name) >= sizeof name)
        return 0;
    snprintf(name, sizeof name, "%.*s", (int)(dot - entry->d_name), entry->d_name);
    return profile_valid(name);
}

enum exit_status context_each(enum exit_status (*each)(void *arg, const char *profile), void *arg)
{
    char dir[PRIVATE_PATH_MAX];
    struct dirent **entries = NULL;
    enum exit_status status = path_of("", "", dir);
    if (status != EXIT_DONE)
        return status;
    int count = scandir(dir, &entries, is_login, alphasort);
    if (count < 0 && errno != ENOENT)
        return complain(EXIT_SETUP, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < count; i++) {
        *strrchr(entries[i]->d_name, '.') = '\0';
        if (status == EXIT_DONE)
            status = each(arg, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static bool put_options(cJSON *json, const struct context *c)
{
    cJSON *stored = c->options ? cJSON_AddObjectToObject(json, "options") : NULL;
    bool good = stored || c->options == 0;
    for (size_t i = 0; good && i < c->options; i++)
        good = cJSON_AddStringToObject(stored, c->option[i].name, c->option[i].value) != NULL;
    return good;
}

static char *to_text(const struct context *c)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *org = cJSON_AddObjectToObject(json, "organization");
    bool good = org && put_options(json, c);
    for (size_t i = 0; good && i < TEXTS; i++) {
        const char *value = (const char *)c + texts[i].offset;
        const char *dot = strchr(texts[i].path, '.');
        if (*value)
            good = cJSON_AddStringToObject(dot ? org : json, dot ? dot + 1 : texts[i].path, value);
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

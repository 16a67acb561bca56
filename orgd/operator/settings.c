#include "orgd/operator/settings.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define NAME_SIZE   64
#define NUMBER_SIZE 24
#define WHERE_SIZE  512

static config_t config; /* its texts are used until the end */
static bool private;    /* no other user can read it */

bool settings_private(void)
{
    return private;
}

/* True if the file may be believed. */
static bool file_trusted(const char *path, const struct stat *st)
{
    const char *why = NULL;
    if (!S_ISREG(st->st_mode))
        why = "is not a regular file";
    else if (st->st_uid != 0 && st->st_uid != geteuid())
        why = "must belong to root or to the user of orgd";
    else if (st->st_mode & 022)
        why = "other users can change it";
    if (why)
        log_error("%s: %s", path, why);
    return !why;
}

/* The value of SETTING as it would be typed: NULL for none. NUMBER is room for one. */
static const char *value_of(const config_setting_t *setting, char number[NUMBER_SIZE])
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        return config_setting_get_string(setting);
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        snprintf(number, NUMBER_SIZE, "%lld", config_setting_get_int64(setting));
        return number;
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(setting) ? "true" : "false";
    default:
        return NULL;
    }
}

static bool take_value(const char *path, const char *name, const config_setting_t *setting,
                       setting_take *take, void *arg)
{
    char number[NUMBER_SIZE], where[WHERE_SIZE];
    const char *value = value_of(setting, number);
    snprintf(where, sizeof where, "%s:%u", path, config_setting_source_line(setting));
    if (value)
        return take(name, value, where, arg);
    log_error("%s: %s: must be a text, a number, true or false, or a list of those", where, name);
    return false;
}

static bool take_setting(const char *path, const config_setting_t *setting, setting_take *take,
                         void *arg)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s", config_setting_name(setting));
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    if (!config_setting_is_list(setting) && !config_setting_is_array(setting))
        return take_value(path, name, setting, take, arg);
    bool good = true;
    for (int i = 0; good && i < config_setting_length(setting); i++)
        good = take_value(path, name, config_setting_get_elem(setting, (unsigned)i), take, arg);
    return good;
}

bool settings_read(const char *path, bool must, setting_take *take, void *arg)
{
    struct stat st;
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT && !must)
        return true;
    bool good = file && fstat(fileno(file), &st) == 0;
    if (!good)
        log_error("%s: %s", path, strerror(errno));
    good = good && file_trusted(path, &st);
    private = good && (st.st_mode & 077) == 0;
    config_init(&config);
    if (good && config_read(&config, file) != CONFIG_TRUE) {
        log_error("%s:%d: %s", path, config_error_line(&config), config_error_text(&config));
        good = false;
    }
    const config_setting_t *root = config_root_setting(&config);
    for (int i = 0; good && i < config_setting_length(root); i++)
        good = take_setting(path, config_setting_get_elem(root, (unsigned)i), take, arg);
    if (file)
        fclose(file);
    return good;
}

#include "orgadmin/remote/name_cache.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/name.h"
#include "orgadmin/remote/context.h"

#define NAMES_FILE_MAX (256U << 10)
#define NAMES_KIND_MAX (80U << 10) /* bytes of one kind, so that three fit */
#define NAME_LEN_MAX   128

/* The whole file, one letter and a name on each line; "" when there is none. NULL: out of memory.
 */
static char *read_names(const char *profile)
{
    char path[PRIVATE_PATH_MAX];
    const char *why;
    char *text = malloc(NAMES_FILE_MAX + 1);
    if (text && (context_path(profile, ".names", path) < 0 ||
                 file_read_trusted(path, FILE_SECRET, text, NAMES_FILE_MAX + 1, &why) < 0))
        *text = '\0';
    return text;
}

/* True if a shell can offer the name: it is one line and no option. */
static bool offerable(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= NAME_LEN_MAX && text_valid(name) && !strchr("-:", *name);
}

static const char *name_of(enum names kind, const cJSON *record)
{
    static const char *const fields[][2] = {{"name", "id"}, {"username", "email"}, {"id", "id"}};
    const char *const *field = fields[kind == NAMES_ORG ? 0 : kind == NAMES_MEMBER ? 1 : 2];
    const char *name = NULL;
    for (size_t i = 0; i < 2 && (!name || !offerable(name)); i++)
        name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, field[i]));
    return name && offerable(name) ? name : NULL;
}

/* Puts the lines of KIND in BEFORE to OUT; returns how many bytes they are. */
static size_t keep_lines(const char *before, enum names kind, char *out)
{
    size_t used = 0;
    for (const char *line = before, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t len = (size_t)(end - line) + 1;
        if (*line != (char)kind || len >= NAMES_KIND_MAX - used)
            continue;
        memcpy(out + used, line, len);
        used += len;
    }
    return used;
}

void names_add(struct names_list *list, const cJSON *record)
{
    const char *name = name_of(list->kind, record);
    if (!list->text)
        list->text = malloc(NAMES_KIND_MAX);
    if (name && list->text && strlen(name) + 3 < NAMES_KIND_MAX - list->used)
        list->used += (size_t)snprintf(list->text + list->used, NAME_LEN_MAX + 3, "%c%s\n",
                                       (char)list->kind, name);
}

void names_free(struct names_list *list)
{
    free(list->text);
    list->text = NULL;
}

/* The file's new text, the kinds always in the same order; returns its length. */
static size_t compose(const char *before, const struct names_list *list, char *out)
{
    static const enum names kinds[] = {NAMES_ORG, NAMES_MEMBER, NAMES_ROLE};
    size_t used = 0;
    for (size_t i = 0; i < 3; i++) {
        if (kinds[i] != list->kind) {
            used += keep_lines(before, kinds[i], out + used);
        } else if (list->used > 0) {
            memcpy(out + used, list->text, list->used);
            used += list->used;
        }
    }
    out[used] = '\0';
    return used;
}

void names_keep(const char *profile, const struct names_list *list)
{
    char path[PRIVATE_PATH_MAX];
    struct private_file f;
    char *before = read_names(profile), *after = malloc(NAMES_FILE_MAX + 1);
    if (before && after) {
        size_t len = compose(before, list, after);
        if (strcmp(before, after) != 0 && context_path(profile, ".names", path) == 0 &&
            private_file_begin(&f, path) == 0)
            private_file_place(&f, after, len);
    }
    free(before);
    free(after);
}

void names_each(const char *profile, enum names kind, void (*each)(void *arg, const char *name),
                void *arg)
{
    char *text = read_names(profile), *line = text, *end;
    for (; line && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        if (*line == (char)kind && offerable(line + 1))
            each(arg, line + 1);
    }
    free(text);
}

#include "orgadmin/remote/name_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
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

/* The letter of the line that tells when and where KIND was listed. */
static char stamp_letter(enum names kind)
{
    return (char)(kind - ('a' - 'A'));
}

/* Puts the lines of KIND in BEFORE to OUT; returns how many bytes they are. */
static size_t keep_lines(const char *before, enum names kind, char *out)
{
    size_t used = 0;
    for (const char *line = before, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t len = (size_t)(end - line) + 1;
        if ((*line != (char)kind && *line != stamp_letter(kind)) || len >= NAMES_KIND_MAX - used)
            continue;
        memcpy(out + used, line, len);
        used += len;
    }
    return used;
}

/* When and where a kind was listed. */
struct name_stamp {
    int64_t at_s; /* wall clock; 0: never */
    char org_id[NAME_LEN_MAX + 1], org_name[NAME_LEN_MAX + 1];
};

/* The field at *AT, up to the next tab or the end of the line, in OUT. */
static void take_field(const char **at, char out[NAME_LEN_MAX + 1])
{
    size_t len = strcspn(*at, "\t\n");
    snprintf(out, NAME_LEN_MAX + 1, "%.*s", (int)len, *at);
    *at += len + ((*at)[len] == '\t');
}

static struct name_stamp find_stamp(const char *text, enum names kind)
{
    struct name_stamp stamp = {0};
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char number[NAME_LEN_MAX + 1];
        if (*line != stamp_letter(kind))
            continue;
        line++;
        take_field(&line, number);
        take_field(&line, stamp.org_id);
        take_field(&line, stamp.org_name);
        stamp.at_s = strtoll(number, NULL, 10);
    }
    return stamp;
}

/* True when STAMP is of ORG, and not older than SECONDS; 0: however old it is. */
static bool is_of(const struct name_stamp *stamp, const char *org, int64_t seconds)
{
    int64_t age = clock_wall_ms() / 1000 - stamp->at_s;
    bool named = *org && strcasecmp(stamp->org_name, org) == 0;
    return stamp->at_s > 0 && (named || strcmp(stamp->org_id, org) == 0) &&
           (seconds == 0 || (age >= 0 && age <= seconds));
}

/* Adds NAME to the names_list ARG. */
static void add_name(void *arg, const char *name)
{
    struct names_list *list = arg;
    if (strlen(name) + 3 < NAMES_KIND_MAX - list->used)
        list->used += (size_t)snprintf(list->text + list->used, NAME_LEN_MAX + 3, "%c%s\n",
                                       (char)list->kind, name);
}

void names_add(struct names_list *list, const cJSON *record)
{
    const char *name = name_of(list->kind, record);
    if (!list->text)
        list->text = malloc(NAMES_KIND_MAX);
    if (name && list->text)
        add_name(list, name);
}

void names_free(struct names_list *list)
{
    free(list->text);
    list->text = NULL;
}

/* The line for LIST; that of BEFORE while it is new, so that a file without a change stays. */
static size_t put_stamp(const char *before, const struct names_list *list, char *out)
{
    struct name_stamp stamp = find_stamp(before, list->kind);
    int64_t at_s =
        is_of(&stamp, list->org_id, NAMES_FRESH_S / 2) ? stamp.at_s : clock_wall_ms() / 1000;
    bool fits = strlen(list->org_id) <= NAME_LEN_MAX && !strpbrk(list->org_id, "\t\n");
    const char *name = offerable(list->org_name) ? list->org_name : "";
    return fits ? (size_t)snprintf(out, 3 * NAME_LEN_MAX, "%c%" PRId64 "\t%s\t%s\n",
                                   stamp_letter(list->kind), at_s, list->org_id, name)
                : 0;
}

/* The file's new text, the kinds always in the same order; returns its length. */
static size_t compose(const char *before, const struct names_list *list, char *out)
{
    static const enum names kinds[] = {NAMES_ORG, NAMES_MEMBER, NAMES_ROLE};
    size_t used = 0;
    for (size_t i = 0; i < 3; i++) {
        if (kinds[i] != list->kind) {
            used += keep_lines(before, kinds[i], out + used);
            continue;
        }
        used += put_stamp(before, list, out + used);
        if (list->used > 0)
            memcpy(out + used, list->text, list->used);
        used += list->used;
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

/* Calls EACH with every name of KIND in TEXT. */
static void each_name(const char *text, enum names kind, names_visit *each, void *arg)
{
    char name[NAME_LEN_MAX + 1];
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t len = (size_t)(end - line);
        if (*line != (char)kind || len > NAME_LEN_MAX + 1)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)len - 1, line + 1);
        if (offerable(name))
            each(arg, name);
    }
}

void names_each(const struct names_list *list, names_visit *each, void *arg)
{
    if (list->text && list->used > 0)
        each_name(list->text, list->kind, each, arg);
}

void names_each_kept(const char *profile, enum names kind, const char *org, names_visit *each,
                     void *arg)
{
    char *text = read_names(profile);
    struct name_stamp stamp = find_stamp(text ? text : "", kind);
    if (text && is_of(&stamp, org, 0))
        each_name(text, kind, each, arg);
    free(text);
}

bool names_fresh(const char *profile, enum names kind, const char *org)
{
    char *text = read_names(profile);
    struct name_stamp stamp = find_stamp(text ? text : "", kind);
    free(text);
    return is_of(&stamp, org, NAMES_FRESH_S);
}

void names_defer(const char *profile, enum names kind, const char *org)
{
    char *text = read_names(profile);
    struct name_stamp stamp = find_stamp(text ? text : "", kind);
    bool same = is_of(&stamp, org, 0);
    struct names_list list = {.kind = kind,
                              .org_id = same ? stamp.org_id : org,
                              .org_name = same ? stamp.org_name : "",
                              .text = malloc(NAMES_KIND_MAX)};
    if (text && list.text && same)
        each_name(text, kind, add_name, &list);
    if (text && list.text && (same || stamp.at_s == 0)) /* else another's names would be lost */
        names_keep(profile, &list);
    names_free(&list);
    free(text);
}

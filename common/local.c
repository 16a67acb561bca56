#include "common/local.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line longer than this, a group of tens of thousands, is skipped. */
#define LINE_MAX_LEN (1 << 20)

enum local_answer local_user(const char *name, uint32_t *uid, uint32_t *gid)
{
    FILE *f = fopen("/etc/passwd", "re");
    if (!f)
        return LOCAL_UNKNOWN;
    char line[2048];
    struct passwd pw, *found;
    enum local_answer answer = LOCAL_NO;
    int rc;
    while (answer == LOCAL_NO &&
           ((rc = fgetpwent_r(f, &pw, line, sizeof line, &found)) == 0 || rc == ERANGE)) {
        if (rc == 0 && strcmp(pw.pw_name, name) == 0) {
            *uid = pw.pw_uid;
            *gid = pw.pw_gid;
            answer = LOCAL_YES;
        }
    }
    if (answer == LOCAL_NO && ferror(f))
        answer = LOCAL_UNKNOWN;
    fclose(f);
    return answer;
}

struct group_entry {
    char *name;
    uint32_t gid;
};

#define SKETCHES 1024

/* Sorted once, searched many times. */
struct local_ids {
    char **name;  /* of users and groups */
    uint32_t *id; /* likewise */
    size_t count, room;
    struct group_entry *group;
    size_t groups;
    bool sketched[SKETCHES]; /* whether a name has that sketch */
};

static bool add(struct local_ids *ids, const char *name, uint32_t id)
{
    if (ids->count == ids->room) {
        size_t room = ids->room * 2 + 64;
        char **names = realloc(ids->name, room * sizeof *names);
        if (!names)
            return false;
        ids->name = names;
        uint32_t *numbers = realloc(ids->id, room * sizeof *numbers);
        if (!numbers)
            return false;
        ids->id = numbers;
        ids->room = room;
    }
    ids->id[ids->count] = id;
    ids->name[ids->count] = strdup(name);
    return ids->name[ids->count] && ++ids->count;
}

static bool add_group(struct local_ids *ids, const char *name, uint32_t gid)
{
    struct group_entry *group = realloc(ids->group, (ids->groups + 1) * sizeof *group);
    if (!group)
        return false;
    ids->group = group;
    group[ids->groups] = (struct group_entry){strdup(name), gid};
    return group[ids->groups].name && ++ids->groups && add(ids, name, gid);
}

static bool read_users(struct local_ids *ids, char *line, size_t size)
{
    FILE *f = fopen("/etc/passwd", "re");
    if (!f)
        return false;
    struct passwd pw, *found;
    int rc;
    bool fine = true;
    while (fine && ((rc = fgetpwent_r(f, &pw, line, size, &found)) == 0 || rc == ERANGE))
        fine = rc != 0 || add(ids, pw.pw_name, pw.pw_uid);
    fine = fine && !ferror(f);
    fclose(f);
    return fine;
}

static bool read_groups(struct local_ids *ids, char *line, size_t size)
{
    FILE *f = fopen("/etc/group", "re");
    if (!f)
        return false;
    struct group gr, *found;
    int rc;
    bool fine = true;
    while (fine && ((rc = fgetgrent_r(f, &gr, line, size, &found)) == 0 || rc == ERANGE))
        fine = rc != 0 || add_group(ids, gr.gr_name, gr.gr_gid);
    fine = fine && !ferror(f);
    fclose(f);
    return fine;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A few bits of a name: most names that are not local differ in them from all that are, which costs
 * less to see than a search. */
static size_t sketch(const char *name)
{
    size_t len = strlen(name);
    if (len == 0)
        return 0;
    return ((unsigned char)name[0] * 31U + (unsigned char)name[len - 1] * 7U + len) % SKETCHES;
}

struct local_ids *local_ids_read(void)
{
    struct local_ids *ids = calloc(1, sizeof *ids);
    char *line = malloc(LINE_MAX_LEN);
    bool fine =
        ids && line && read_users(ids, line, LINE_MAX_LEN) && read_groups(ids, line, LINE_MAX_LEN);
    int saved = errno;
    free(line);
    if (!fine) {
        local_ids_free(ids);
        errno = saved;
        return NULL;
    }
    if (ids->count) {
        qsort(ids->name, ids->count, sizeof *ids->name, compare_names);
        qsort(ids->id, ids->count, sizeof *ids->id, compare_ids);
    }
    for (size_t i = 0; i < ids->count; i++)
        ids->sketched[sketch(ids->name[i])] = true;
    return ids;
}

void local_ids_free(struct local_ids *ids)
{
    if (!ids)
        return;
    for (size_t i = 0; i < ids->count; i++)
        free(ids->name[i]);
    for (size_t i = 0; i < ids->groups; i++)
        free(ids->group[i].name);
    free(ids->name);
    free(ids->id);
    free(ids->group);
    free(ids);
}

bool local_ids_name(const struct local_ids *ids, const char *name)
{
    return ids->sketched[sketch(name)] &&
           bsearch(&name, ids->name, ids->count, sizeof *ids->name, compare_names);
}

bool local_ids_id(const struct local_ids *ids, uint32_t id)
{
    return ids->count && bsearch(&id, ids->id, ids->count, sizeof *ids->id, compare_ids);
}

bool local_ids_group(const struct local_ids *ids, const char *name, uint32_t *gid)
{
    for (size_t i = 0; i < ids->groups; i++)
        if (strcmp(ids->group[i].name, name) == 0) {
            *gid = ids->group[i].gid;
            return true;
        }
    return false;
}

#include "common/local.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sysusers.h"

/* Far longer than any line: a group of millions. */
#define LINE_MAX_LEN ((size_t)64 << 20)

struct reader {
    FILE *file;
    char *line;
    size_t size;
};

static bool grow(struct reader *r)
{
    size_t size = r->size ? 2 * r->size : 2048;
    if (size > LINE_MAX_LEN) {
        errno = EOVERFLOW;
        return false;
    }
    char *line = realloc(r->line, size);
    if (!line)
        return false;
    r->line = line;
    r->size = size;
    return true;
}

/* Ends the reading, which RC stopped: true when that was the end of the file. */
static bool reader_close(struct reader *r, int rc)
{
    bool whole = rc == ENOENT && !ferror(r->file);
    int saved = errno;
    fclose(r->file);
    free(r->line);
    errno = saved;
    return whole;
}

static bool reader_open(struct reader *r, const char *path)
{
    *r = (struct reader){.file = fopen(path, "re")};
    if (!r->file)
        return false;
    if (grow(r))
        return true;
    reader_close(r, ENOMEM);
    return false;
}

/* 0, ENOENT at the end, or why there is no next. After ERANGE glibc gives the same line again, for
 * ever if it gets no more room. */
static int next_user(struct reader *r, struct passwd *pw)
{
    struct passwd *found;
    int rc;
    while ((rc = fgetpwent_r(r->file, pw, r->line, r->size, &found)) == ERANGE && grow(r))
        ;
    return rc;
}

static int next_group(struct reader *r, struct group *gr)
{
    struct group *found;
    int rc;
    while ((rc = fgetgrent_r(r->file, gr, r->line, r->size, &found)) == ERANGE && grow(r))
        ;
    return rc;
}

bool local_each_user(local_user_visit *visit, void *arg)
{
    struct reader r;
    struct passwd pw;
    int rc;
    if (!reader_open(&r, "/etc/passwd"))
        return false;
    while ((rc = next_user(&r, &pw)) == 0 && visit(&pw, arg))
        ;
    return reader_close(&r, rc);
}

bool local_each_group(local_group_visit *visit, void *arg)
{
    struct reader r;
    struct group gr;
    int rc;
    if (!reader_open(&r, "/etc/group"))
        return false;
    while ((rc = next_group(&r, &gr)) == 0 && visit(&gr, arg))
        ;
    return reader_close(&r, rc);
}

/* A search for the line of a name, which may lie in several reads. */
struct line_search {
    const char *name;
    size_t len;
    size_t at; /* characters of this line that are NAME's so far; SIZE_MAX: it is another's */
};

/* True when the line of the name begins in the SIZE bytes at TEXT, or goes on there. As in glibc,
 * blanks before it do not count. */
static bool search_on(struct line_search *s, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            s->at = 0;
        else if (s->at == s->len && text[i] == ':')
            return true;
        else if (s->at < s->len && text[i] == s->name[s->at])
            s->at++;
        else if (s->at != 0 || !memchr(" \t\v\f\r", text[i], 5))
            s->at = SIZE_MAX;
    }
    return false;
}

enum local_answer local_name(const char *name)
{
    char text[4096];
    struct line_search search = {name, strlen(name), 0};
    ssize_t n = -1;
    bool found = false;
    int cancel;
    /* A thread can be cancelled where it opens and reads: not with what its caller holds. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        while (!found && ((n = read(fd, text, sizeof text)) > 0 || (n < 0 && errno == EINTR)))
            found = n > 0 && search_on(&search, text, (size_t)n);
        close(fd);
    }
    pthread_setcancelstate(cancel, NULL);
    return found ? LOCAL_YES : n == 0 ? LOCAL_NO : LOCAL_UNKNOWN;
}

struct wanted {
    const char *name;
    uint32_t uid, gid;
    bool found;
};

static bool match(const struct passwd *user, void *arg)
{
    struct wanted *w = arg;
    w->found = strcmp(user->pw_name, w->name) == 0;
    w->uid = user->pw_uid;
    w->gid = user->pw_gid;
    return !w->found;
}

enum local_answer local_user(const char *name, uint32_t *uid, uint32_t *gid)
{
    struct wanted w = {.name = name};
    /* Most names are not there, and glibc makes a system call for each line that it takes apart. */
    enum local_answer mentioned = local_name(name);
    if (mentioned != LOCAL_YES)
        return mentioned;
    bool whole = local_each_user(match, &w);
    if (!w.found)
        return whole ? LOCAL_NO : LOCAL_UNKNOWN;
    *uid = w.uid;
    *gid = w.gid;
    return LOCAL_YES;
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
    char **planned; /* names that sysusers.d has */
    size_t planned_count, planned_room;
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

static bool add_user(const struct passwd *user, void *arg)
{
    return add(arg, user->pw_name, user->pw_uid);
}

static bool add_group(const struct group *gr, void *arg)
{
    struct local_ids *ids = arg;
    struct group_entry *group = realloc(ids->group, (ids->groups + 1) * sizeof *group);
    if (!group)
        return false;
    ids->group = group;
    group[ids->groups] = (struct group_entry){strdup(gr->gr_name), gr->gr_gid};
    return group[ids->groups].name && ++ids->groups && add(ids, gr->gr_name, gr->gr_gid);
}

static bool add_planned(const char *name, void *arg)
{
    struct local_ids *ids = arg;
    if (ids->planned_count == ids->planned_room) {
        size_t room = ids->planned_room * 2 + 64;
        char **names = realloc(ids->planned, room * sizeof *names);
        if (!names)
            return false;
        ids->planned = names;
        ids->planned_room = room;
    }
    ids->planned[ids->planned_count] = strdup(name);
    return ids->planned[ids->planned_count] && ++ids->planned_count;
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
    bool fine = ids && local_each_user(add_user, ids) && local_each_group(add_group, ids) &&
                sysusers_each(add_planned, ids);
    if (!fine) {
        int saved = errno;
        local_ids_free(ids);
        errno = saved;
        return NULL;
    }
    if (ids->count) {
        qsort(ids->name, ids->count, sizeof *ids->name, compare_names);
        qsort(ids->id, ids->count, sizeof *ids->id, compare_ids);
    }
    if (ids->planned_count)
        qsort(ids->planned, ids->planned_count, sizeof *ids->planned, compare_names);
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
    for (size_t i = 0; i < ids->planned_count; i++)
        free(ids->planned[i]);
    free(ids->planned);
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

bool local_ids_planned(const struct local_ids *ids, const char *name)
{
    return ids->planned_count &&
           bsearch(&name, ids->planned, ids->planned_count, sizeof *ids->planned, compare_names);
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

void local_stamp_take(struct local_stamp *stamp)
{
    const char *path[LOCAL_STAMP_FILES] = {"/etc/passwd", "/etc/group"};
    for (size_t i = 0; sysusers_directories[i] && i + 2 < LOCAL_STAMP_FILES; i++)
        path[i + 2] = sysusers_directories[i];
    *stamp = (struct local_stamp){0};
    for (size_t i = 0; i < LOCAL_STAMP_FILES; i++) {
        struct stat st;
        if (!path[i] || stat(path[i], &st) < 0)
            continue;
        stamp->file[i].inode = st.st_ino;
        stamp->file[i].size = (uint64_t)st.st_size;
        stamp->file[i].s = st.st_mtim.tv_sec;
        stamp->file[i].ns = st.st_mtim.tv_nsec;
    }
}

bool local_stamp_same(const struct local_stamp *a, const struct local_stamp *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* fields of 8 bytes: no padding */
}

#include "common/sysusers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/name.h"

/* systemd's own limit for a line (LONG_LINE_MAX) is a megabyte; names stand at the beginning. */
#define LINE_SIZE 4096

const char *const sysusers_directories[] = {
    "/etc/sysusers.d", "/run/sysusers.d", "/usr/local/lib/sysusers.d", "/usr/lib/sysusers.d", NULL};

struct walk {
    sysusers_visit *visit;
    void *arg;
    bool ended; /* VISIT wants no more */
};

/* Copies the field at *AT, which white space ends and quotes may enclose, and moves *AT behind it.
 */
static void next_field(const char **at, char field[NAME_MAX_LEN + 2])
{
    size_t n = 0;
    const char *p = *at + strspn(*at, " \t");
    for (; *p && !strchr(" \t\n", *p); p++)
        if (*p != '"' && *p != '\'' && n < NAME_MAX_LEN + 1)
            field[n++] = *p;
    field[n] = '\0';
    *at = p;
}

static void visit_name(struct walk *w, const char *name)
{
    if (!w->ended && name_valid(name))
        w->ended = !w->visit(name, w->arg);
}

/* "TYPE NAME ID ...", where of type "m" the ID is a group's name. */
static void visit_line(struct walk *w, const char *line)
{
    char type[NAME_MAX_LEN + 2], name[NAME_MAX_LEN + 2], id[NAME_MAX_LEN + 2];
    next_field(&line, type);
    next_field(&line, name);
    next_field(&line, id);
    if (!strchr("ugm", type[0]) || type[0] == '\0')
        return;
    visit_name(w, name);
    if (type[0] == 'm')
        visit_name(w, id);
}

/* Skips what a too long line has behind its first LINE_SIZE bytes. */
static void read_lines(struct walk *w, FILE *file)
{
    char line[LINE_SIZE];
    bool begins = true;
    while (!w->ended && fgets(line, sizeof line, file)) {
        if (begins)
            visit_line(w, line);
        begins = strchr(line, '\n') != NULL;
    }
}

static bool read_file(struct walk *w, int directory, const char *name)
{
    /* O_NONBLOCK: a fifo does not hang us, it reads as an empty file. */
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT || errno == ENXIO;
    FILE *file = fdopen(fd, "r");
    if (!file) {
        close(fd);
        return false;
    }
    read_lines(w, file);
    bool good = !ferror(file) || errno == EAGAIN || errno == EISDIR;
    fclose(file);
    return good;
}

static bool is_configuration(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && strcmp(name + len - 5, ".conf") == 0;
}

static bool read_directory(struct walk *w, const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT || errno == ENOTDIR;
    bool good = true;
    for (struct dirent *e; good && !w->ended && (errno = 0, e = readdir(d)) != NULL;)
        if (is_configuration(e->d_name))
            good = read_file(w, dirfd(d), e->d_name);
    int saved = errno;
    closedir(d);
    errno = saved;
    return good && (w->ended || saved == 0);
}

bool sysusers_each(sysusers_visit *visit, void *arg)
{
    struct walk w = {.visit = visit, .arg = arg};
    bool good = true;
    for (size_t i = 0; good && !w.ended && sysusers_directories[i]; i++)
        good = read_directory(&w, sysusers_directories[i]);
    return good && !w.ended;
}

/*
 * host doctor: programs that decide by the line of a group. The line of a local group lacks the
 * members who join it by local = true: they have the group in their own lists only (initgroups).
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orgadmin/host/doctor.h"

#define LINE_SIZE 4096
#define PLACES    6

/* A program that asks for the members of a group, and where its files name groups. */
struct group_reader {
    const char *name, *does;
    const char *program[PLACES], *folder[PLACES]; /* each ends with NULL */
    const char *ending, *before; /* of a file's name; of a group's name in a line */
};

static const struct group_reader readers[] = {
    {"polkit",
     "takes none of them for an administrator",
     {"/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd", "/usr/libexec/polkit-1/polkitd"},
     {"/etc/polkit-1/rules.d", "/run/polkit-1/rules.d", "/usr/local/share/polkit-1/rules.d",
      "/usr/share/polkit-1/rules.d", "/etc/polkit-1/localauthority.conf.d"},
     "",
     "unix-group:"},
};

/* The groups that one reader's files name. */
struct named {
    const struct doctor *doctor;
    const struct group_reader *reader;
    const char *local; /* a mapped local group, NULL without one */
    bool ours;         /* a group of an organization, too: somebody has seen to it */
};

static void take_name(struct named *n, const char *name, size_t len)
{
    const struct host_config *c = &n->doctor->config;
    struct snapshot_group group;
    for (size_t i = 0; i < c->local_groups; i++)
        if (strlen(c->local_group[i]) == len && strncmp(c->local_group[i], name, len) == 0)
            n->local = c->local_group[i];
    n->ours |= n->doctor->snapshot.base &&
               snapshot_group_by_name(&n->doctor->snapshot, name, len, &group) == SNAPSHOT_OK;
}

static void read_line(struct named *n, const char *line)
{
    const char *before = n->reader->before;
    const char *text = line + strspn(line, " \t");
    if (*text == '#' || strncmp(text, "//", 2) == 0)
        return;
    for (const char *at = strstr(text, before); at; at = strstr(at, before)) {
        size_t len = 0;
        at += strlen(before);
        while (isalnum((unsigned char)at[len]) || (at[len] && strchr("_.-", at[len])))
            len++;
        take_name(n, at, len);
    }
}

static void read_file(struct named *n, const char *folder, const char *name)
{
    char path[LINE_SIZE], line[LINE_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        read_line(n, line);
    if (f)
        fclose(f);
}

static void read_folder(struct named *n, const char *folder)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.')
            read_file(n, folder, entry->d_name);
    if (dir)
        closedir(dir);
}

static bool is_installed(const struct group_reader *r)
{
    for (const char *const *program = r->program; *program; program++)
        if (access(*program, X_OK) == 0)
            return true;
    return false;
}

void doctor_readers(struct doctor *d)
{
    if (d->config.local_groups == 0)
        return;
    bool good = true;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        struct named n = {.doctor = d, .reader = &readers[i]};
        for (const char *const *f = n.reader->folder; is_installed(n.reader) && *f; f++)
            read_folder(&n, *f);
        if (!n.local || n.ours)
            continue;
        good = false;
        doctor_note(d, "group readers", FOUND_WARNING,
                    "name a group of the organization there, too; libnss_org(8), Lists of members",
                    "%s reads the line of the local group %s, which lacks the members who join it "
                    "by local = true: it %s",
                    n.reader->name, n.local, n.reader->does);
    }
    if (good)
        doctor_note(d, "group readers", FOUND_OK, "",
                    "no known program reads the line of a local group that members join");
}

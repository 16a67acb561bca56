#include "common/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STATUS_MAX 4096 /* the lines that count stand in the first kilobyte */

/* Reads the file NAME of the process's directory, as a string. Returns false when there is none. */
static bool read_file(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return false;
    text[n] = '\0';
    return true;
}

/* The value of the line LABEL in TEXT, "" without one. */
static const char *value_of(const char *text, const char *label)
{
    const char *at = strstr(text, label);
    return at ? at + strlen(label) : "";
}

static void take_name(const char *status, char name[PROCESS_NAME_MAX])
{
    const char *value = strncmp(status, "Name:\t", 6) == 0 ? status + 6 : "";
    snprintf(name, PROCESS_NAME_MAX, "%.*s", (int)strcspn(value, "\n"), value);
}

bool process_read(pid_t pid, struct process *p)
{
    char status[STATUS_MAX], login[16];
    *p = (struct process){.pid = pid, .loginuid = PROCESS_NO_LOGIN};
    if (!read_file(pid, "status", status, sizeof status))
        return false;
    char state = *value_of(status, "\nState:\t");
    if (state == 'Z' || state == 'X')
        return false;
    take_name(status, p->name);
    char *at = (char *)(uintptr_t)value_of(status, "\nUid:\t");
    for (int i = 0; i < 4; i++)
        p->uid[i] = (uint32_t)strtoul(at, &at, 10);
    if (read_file(pid, "loginuid", login, sizeof login))
        p->loginuid = (uint32_t)strtoul(login, NULL, 10);
    return true;
}

/* The path behind LABEL in TEXT, lines of "NUMBER:CONTROLLERS:PATH"; NULL without such a line. */
static const char *path_of(const char *text, const char *label)
{
    size_t length = strlen(label);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *at = line + strspn(line, "0123456789");
        if (strncmp(at, label, length) == 0)
            return at + length;
    }
    return NULL;
}

/* systemd uses the unified hierarchy, which has no controllers, or before that one of its name; the
 * other one, where there is one, has everything at its top. */
void process_cgroup(pid_t pid, char path[PROCESS_CGROUP_MAX])
{
    char text[STATUS_MAX];
    *path = '\0';
    if (!read_file(pid, "cgroup", text, sizeof text))
        return;
    const char *unified = path_of(text, "::"), *named = path_of(text, ":name=systemd:");
    const char *at = unified && (unified[1] != '\n' || !named) ? unified : named;
    if (at)
        snprintf(path, PROCESS_CGROUP_MAX, "%.*s", (int)strcspn(at, "\n"), at);
}

void process_command(pid_t pid, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    n = n > 0 ? n : 0;
    while (n > 0 && text[n - 1] == '\0')
        n--;
    text[n] = '\0';
    for (ssize_t i = 0; i < n; i++)
        if (text[i] == '\0')
            text[i] = ' ';
}

/* True if the cgroup of PID is below those that systemd-logind makes for UID's sessions. */
static bool is_in_session(pid_t pid, uint32_t uid)
{
    char path[PROCESS_CGROUP_MAX], slice[64];
    int n = snprintf(slice, sizeof slice, "/user.slice/user-%" PRIu32 ".slice/", uid);
    process_cgroup(pid, path);
    return strncmp(path, slice, (size_t)n) == 0;
}

enum process_tie process_tie(const struct process *p, uint32_t uid)
{
    for (int i = 0; i < 4; i++)
        if (p->uid[i] == uid)
            return PROCESS_OWN;
    if (p->loginuid != uid || uid == PROCESS_NO_LOGIN)
        return PROCESS_STRANGE;
    return is_in_session(p->pid, uid) ? PROCESS_SESSION : PROCESS_BEGUN;
}

bool process_each(process_visit *visit, void *arg)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    bool more = true;
    if (!proc)
        return false;
    while (more && (entry = readdir(proc))) {
        struct process p;
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid > 0 && *end == '\0' && pid != getpid() && process_read((pid_t)pid, &p))
            more = visit(&p, arg);
    }
    closedir(proc);
    return true;
}

/* The descriptor holds the process: what is read after it was opened is about that one. */
bool process_signal(const struct process *p, uint32_t uid, enum process_tie tie, int signal)
{
    struct process now;
    int fd = p->pid > 1 ? (int)syscall(SYS_pidfd_open, p->pid, 0) : -1;
    bool same = fd >= 0 && process_read(p->pid, &now) && process_tie(&now, uid) == tie;
    bool sent = same && syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
    if (fd >= 0)
        close(fd);
    return sent;
}

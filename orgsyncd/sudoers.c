#include "orgsyncd/sudoers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"
#include "common/paths.h"
#include "common/snapshot.h"
#include "orgsyncd/sudo_command.h"

#define PATH_NEW   PATH_SUDOERS ".new" /* sudo reads no file with a dot in its name */
#define VISUDO_MS  10000
#define CANNOT_RUN 127
#define WHY_MAX    256

/* --- the text --- */

/* The commands of SUDO. All of them are as anybody, others as root alone: more is not asked for. */
static void write_commands(FILE *f, const struct config_sudo *sudo)
{
    const char *command = sudo->commands.first;
    for (uint32_t i = 0; i < sudo->commands.count; i++, command = text_list_next(command)) {
        fputs(i ? ", " : sudo_command_is_all(command) ? "(ALL:ALL) " : "(root) ", f);
        if (i == 0)
            fputs(sudo->nopasswd ? "NOPASSWD: " : "PASSWD: ", f);
        sudo_command_write(f, command);
    }
}

/* The number of GROUP, 0 when it is not served. Without a snapshot any number does, which only
 * visudo sees. */
static uint32_t group_number(const struct snapshot *s, const struct config_group *group)
{
    struct snapshot_group found;
    if (!s)
        return ID_RANGE_FIRST;
    return snapshot_group_by_name(s, group->name, strlen(group->name), &found) == SNAPSHOT_OK
               ? found.gid
               : 0;
}

/* The number and not the name: nothing else that is called so has the rights. */
static void write_rules(FILE *f, const struct config *c, const struct snapshot *s, uint32_t *rules)
{
    fputs(SUDOERS_MARK ", which is where it is\n"
                       "# changed: systemctl reload orgsyncd then makes this file anew.\n",
          f);
    for (uint32_t i = 0; i < c->sudo_count; i++) {
        const struct config_group *g = c->sudo[i].group;
        uint32_t gid = group_number(s, g);
        if (gid == 0) {
            log_warning("sudo: group \"%s\" is not served, so its members have no rule; after a "
                        "remedy: systemctl reload orgsyncd",
                        g->name);
            continue;
        }
        fprintf(f, "\n# %s\n%%#%" PRIu32 " ALL=", g->name, gid);
        write_commands(f, &c->sudo[i]);
        putc('\n', f);
        ++*rules;
    }
}

/* The text of the file and its *SIZE, which free frees; NULL after logging. *RULES are so many
 * lines in it. */
static char *make_text(const struct config *c, const struct snapshot *s, size_t *size,
                       uint32_t *rules)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, size);
    *rules = 0;
    if (f)
        write_rules(f, c, s, rules);
    if (f && !ferror(f) && fclose(f) == 0)
        return text;
    log_error(PATH_SUDOERS ": %s", strerror(ENOMEM));
    free(text);
    return NULL;
}

/* --- visudo --- */

/* In the child: visudo reads FD. */
static _Noreturn void run_visudo(pid_t parent, int fd, int err)
{
    static char *const argv[] = {PATH_VISUDO, "-c", "-f", "-", NULL};
    static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (getppid() == parent && null >= 0 && lseek(fd, 0, SEEK_SET) == 0 &&
        dup2(fd, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
        dup2(err, STDERR_FILENO) >= 0)
        execve(argv[0], argv, environment);
    _exit(CANNOT_RUN);
}

/* Waits for the end of PID, at most VISUDO_MS. Returns its wait status. */
static int await(pid_t pid)
{
    int status = -1, fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (fd < 0 || poll(&p, 1, VISUDO_MS) != 1)
        kill(pid, SIGKILL);
    if (fd >= 0)
        close(fd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* The first line of what FD has now, "" without one. */
static void read_line(int fd, char line[WHY_MAX])
{
    ssize_t n = read(fd, line, WHY_MAX - 1);
    line[n > 0 ? n : 0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
}

/* True if visudo accepts what is in FD; else false with WHY. */
static bool visudo_accepts(int fd, char why[WHY_MAX])
{
    int err[2];
    if (pipe2(err, O_CLOEXEC | O_NONBLOCK) < 0) {
        snprintf(why, WHY_MAX, "visudo cannot be started: %s", strerror(errno));
        return false;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        run_visudo(parent, fd, err[1]);
    close(err[1]);
    int status = pid > 0 ? await(pid) : -1;
    read_line(err[0], why);
    close(err[0]);
    if (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_RUN))
        snprintf(why, WHY_MAX, PATH_VISUDO " cannot be started");
    else if (!WIFEXITED(status))
        snprintf(why, WHY_MAX, "visudo did not end within %d s", VISUDO_MS / 1000);
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool sudo_installed(void)
{
    return access(PATH_VISUDO, X_OK) == 0;
}

bool sudoers_accepted(const struct config *c, char error[CONFIG_ERROR_LEN])
{
    size_t size;
    uint32_t rules;
    char why[WHY_MAX] = "";
    if (c->sudo_count == 0 || !sudo_installed())
        return true;
    char *text = make_text(c, NULL, &size, &rules);
    int fd = text ? memfd_create("sudoers", MFD_CLOEXEC) : -1;
    bool written = fd >= 0 && file_write(fd, text, size) == 0;
    if (!written)
        snprintf(why, sizeof why, "%s", strerror(errno));
    bool accepted = written && visudo_accepts(fd, why);
    if (!accepted)
        snprintf(error, CONFIG_ERROR_LEN, "\"sudo\" in " PATH_CONFIG ": visudo refuses it: %s",
                 why);
    if (fd >= 0)
        close(fd);
    free(text);
    return accepted;
}

/* --- the file --- */

enum present { PRESENT_NOTHING, PRESENT_OURS, PRESENT_OTHER };

/* What lies at PATH_SUDOERS. For OURS *FD can be read from its beginning; for OTHER *WHY is what it
 * is instead. */
static enum present look(int *fd, struct stat *st, const char **why)
{
    char mark[sizeof SUDOERS_MARK - 1];
    *fd = file_open_trusted(PATH_SUDOERS, FILE_ROOTS, st, why);
    if (*fd < 0)
        return errno == ENOENT ? PRESENT_NOTHING : PRESENT_OTHER;
    if (pread(*fd, mark, sizeof mark, 0) == (ssize_t)sizeof mark &&
        memcmp(mark, SUDOERS_MARK, sizeof mark) == 0)
        return PRESENT_OURS;
    close(*fd);
    *fd = -1;
    *why = "was not made by orgsyncd";
    return PRESENT_OTHER;
}

/* True if FD, with the state ST, has exactly TEXT and the right mode. */
static bool same_file(int fd, const struct stat *st, const char *text, size_t size)
{
    char *present = malloc(size + 1);
    bool same = present && (st->st_mode & 07777) == 0440 && st->st_gid == getegid() &&
                st->st_size == (off_t)size && pread(fd, present, size, 0) == (ssize_t)size &&
                memcmp(present, text, size) == 0;
    free(present);
    return same;
}

static void remove_file(void)
{
    if (unlink(PATH_SUDOERS) < 0 || file_sync_directory(PATH_SUDOERS) < 0)
        log_error(PATH_SUDOERS " cannot be removed: %s; members keep the rights that it gives",
                  strerror(errno));
    else
        log_info(PATH_SUDOERS " is removed: orglogin.conf has no rules for sudo");
}

void sudoers_clean(const struct config *c)
{
    int fd = -1;
    struct stat st;
    const char *why;
    if (c->sudo_count == 0 && look(&fd, &st, &why) == PRESENT_OURS)
        remove_file();
    if (fd >= 0)
        close(fd);
}

/* Fills WHY from errno; returns false. */
static bool fail(char why[WHY_MAX])
{
    snprintf(why, WHY_MAX, "%s%s", strerror(errno),
             errno == EROFS ? " (if sudo was installed just now: systemctl restart orgsyncd)" : "");
    return false;
}

/* Puts TEXT in force. Returns false with WHY when the old file stays. */
static bool replace_file(const char *text, size_t size, char why[WHY_MAX])
{
    unlink(PATH_NEW);
    int fd = open(PATH_NEW, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0440);
    if (fd < 0)
        return fail(why);
    bool written = fchmod(fd, 0440) == 0 && file_write(fd, text, size) == 0 && fsync(fd) == 0;
    bool good = written ? visudo_accepts(fd, why) : fail(why);
    if (good && rename(PATH_NEW, PATH_SUDOERS) < 0)
        good = fail(why);
    if (!good)
        unlink(PATH_NEW);
    else if (file_sync_directory(PATH_SUDOERS) < 0)
        log_warning(PATH_SUDOERS " may be the former one after a crash: %s", strerror(errno));
    close(fd);
    return good;
}

/* Makes the file have the RULES lines in TEXT. */
static void settle(const char *text, size_t size, uint32_t rules)
{
    int fd;
    struct stat st;
    const char *other = NULL;
    char why[WHY_MAX];
    enum present present = look(&fd, &st, &other);
    if (present == PRESENT_OTHER)
        log_error(PATH_SUDOERS " %s: it stays, and \"sudo\" in " PATH_CONFIG
                               " is not in force; move "
                               "the file away, then systemctl reload orgsyncd",
                  other);
    else if (rules == 0 && present == PRESENT_OURS)
        remove_file();
    else if (rules > 0 && (present == PRESENT_NOTHING || !same_file(fd, &st, text, size))) {
        if (replace_file(text, size, why))
            log_info(PATH_SUDOERS " is written: sudo serves %" PRIu32 " group%s", rules,
                     rules == 1 ? "" : "s");
        else
            log_error(PATH_SUDOERS " cannot be written, and stays as it was: %s", why);
    }
    if (fd >= 0)
        close(fd);
}

/* In the child. */
static int run(const struct config *c)
{
    struct snapshot s;
    const char *why;
    size_t size;
    uint32_t rules;
    if (!sudo_installed()) {
        log_error("\"sudo\" in " PATH_CONFIG " is not in force: there is no " PATH_VISUDO);
        return 1;
    }
    if (snapshot_open(&s, PATH_SNAPSHOT, &why) != SNAPSHOT_OK) {
        log_error(PATH_SUDOERS " cannot be written: the snapshot %s", why);
        return 1;
    }
    char *text = make_text(c, &s, &size, &rules);
    if (text)
        settle(text, size, rules);
    free(text);
    snapshot_close(&s);
    return 0;
}

pid_t sudoers_start(const struct config *c)
{
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        log_error(PATH_SUDOERS " cannot be written: %s", strerror(errno));
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(getppid() == parent ? run(c) : 1);
}

/* --- for --check --- */

/* True if a rule of "access" can admit members of G to sudo. */
static bool admitted(const struct config *c, const struct config_group *g)
{
    for (size_t i = 0; i < c->rules.count; i++) {
        const struct rule *r = &c->rules.rule[i];
        if (r->org == g->org &&
            (text_list_has(&r->services, "sudo") || text_list_has(&r->services, "*")) &&
            (r->everyone || g->members.count || text_lists_meet(&r->roles, &g->roles)))
            return true;
    }
    return false;
}

void sudoers_print_notes(const struct config *c)
{
    if (c->sudo_count > 0 && !sudo_installed())
        printf("sudo is not installed: \"sudo\" has no effect\n");
    for (uint32_t i = 0; i < c->sudo_count; i++) {
        const struct config_sudo *sudo = &c->sudo[i];
        printf("sudo serves the group \"%s\": ", sudo->group->name);
        write_commands(stdout, sudo);
        putchar('\n');
        if (!sudo->nopasswd)
            printf(
                "sudo asks the group \"%s\" for a password, and members have none: nopasswd = true\n",
                sudo->group->name);
        if (!admitted(c, sudo->group))
            printf(
                "sudo refuses the group \"%s\": no rule in \"access\" admits it to the service sudo\n",
                sudo->group->name);
    }
}

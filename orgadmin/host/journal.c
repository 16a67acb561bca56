#include "orgadmin/host/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/paths.h"
#include "orgadmin/host/service.h"
#include "orgadmin/say.h"

#define JOURNAL      ORG_STATEDIR "/enroll"
#define JOURNAL_NEW  JOURNAL ".new"  /* is being made: nothing is changed yet */
#define JOURNAL_DONE JOURNAL ".done" /* is being removed: nothing is to be undone */
#define ENABLED      "enabled"       /* in it: the service was enabled before */
#define UNSETTLED    "unsettled"     /* in it: pam-profile had something to put back before */
#define PAM_NOTES    "/var/lib/libpam-org"

/* At the next boot this unit undoes what did not end (packaging/systemd). */
#define BOOT_UNIT ORG_UNITDIR "/orglogin-enroll.service"
#define BOOT_LINK "/etc/systemd/system/multi-user.target.wants/orglogin-enroll.service"

#define LOCK_LIMIT_MS 30000
#define PATH_SIZE     1024
#define COPY_MAX      (1 << 20) /* bytes of a file */

static int lock_fd = -1;

/* --- one at a time --- */

bool journal_lock(void)
{
    int64_t end = clock_mono_ms() + LOCK_LIMIT_MS;
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    if ((mkdir(ORG_STATEDIR, 0755) < 0 && errno != EEXIST) ||
        (lock_fd = open(ORG_STATEDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        complain(EXIT_SETUP, ORG_STATEDIR ": %s", strerror(errno));
        return false;
    }
    while (flock(lock_fd, LOCK_EX | LOCK_NB) < 0) {
        if (clock_mono_ms() > end) {
            complain(EXIT_SETUP, "another host enroll or unenroll goes on; try again when it has "
                                 "ended");
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

void journal_share(bool share)
{
    fcntl(lock_fd, F_SETFD, share ? 0 : FD_CLOEXEC);
}

/* --- files --- */

static bool failed(const char *path)
{
    complain(EXIT_SETUP, "%s: %s", path, strerror(errno));
    return false;
}

static int pour(int in, int out)
{
    char data[8192];
    off_t all = 0;
    for (;;) {
        ssize_t n = read(in, data, sizeof data);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0 && (all += n) > COPY_MAX)
            errno = EFBIG;
        if (n < 0 || all > COPY_MAX || file_write(out, data, (size_t)n) < 0)
            return -1;
    }
}

/* A durable copy of the file FROM, with owner and mode, at TO, where there is none. 0; or -1 with
 * errno, nothing is left then. */
static int copy(const char *from, const char *to)
{
    struct stat st;
    int out = -1, rc = -1, in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (in >= 0 && fstat(in, &st) == 0)
        out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out >= 0 && pour(in, out) == 0 && fchown(out, st.st_uid, st.st_gid) == 0 &&
        fchmod(out, st.st_mode & 07777) == 0 && fsync(out) == 0)
        rc = 0;
    int cause = errno;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    if (out >= 0 && rc < 0)
        unlink(to);
    errno = cause;
    return rc;
}

static bool same_bytes(FILE *a, FILE *b)
{
    int x, y;
    do {
        x = getc(a);
        y = getc(b);
    } while (x == y && x != EOF);
    return x == y && !ferror(a) && !ferror(b);
}

/* True if the two files are alike in all that a copy has. */
static bool same(const char *one, const char *other)
{
    struct stat a, b;
    if (lstat(one, &a) < 0 || lstat(other, &b) < 0 || a.st_mode != b.st_mode ||
        a.st_uid != b.st_uid || a.st_gid != b.st_gid || a.st_size != b.st_size)
        return false;
    FILE *f = fopen(one, "re"), *g = f ? fopen(other, "re") : NULL;
    bool alike = g && same_bytes(f, g);
    if (f)
        fclose(f);
    if (g)
        fclose(g);
    return alike;
}

static void remove_directory(const char *path)
{
    char file[PATH_SIZE];
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(file) < 0 && errno == EISDIR)
            remove_directory(file);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* --- what is noted --- */

/* All that the steps of an enrollment may change; what links lead to is changed there. */
static const char *const files[] = {
    PATH_NSSWITCH,
    "/etc/pam.d/common-account",
    "/etc/pam.d/common-auth",
    "/etc/pam.d/common-password",
    "/etc/pam.d/common-session",
    "/etc/pam.d/common-session-noninteractive",
    "/var/lib/pam/account",
    "/var/lib/pam/auth",
    "/var/lib/pam/password",
    "/var/lib/pam/session",
    "/var/lib/pam/session-noninteractive",
    "/var/lib/pam/seen",
    PATH_DROP_IN,
    PATH_SUDOERS,
};

/* The name in the journal of the file at PATH: "+%etc%nsswitch.conf", or "-..." for one that is not
 * there. */
static void name_of(char sign, const char *path, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, JOURNAL_NEW "/%c%s", sign, path);
    for (char *c = out + sizeof JOURNAL_NEW + 1; *c; c++)
        if (*c == '/')
            *c = '%';
}

static bool mark(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool good = (fd >= 0 && fsync(fd) == 0) || failed(path);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool note_file(const char *path)
{
    char to[PATH_SIZE];
    char *real = realpath(path, NULL);
    bool good;
    if (!real && errno != ENOENT)
        return failed(path);
    name_of(real ? '+' : '-', real ? real : path, to);
    if (real && strchr(real, '%')) {
        errno = EINVAL;
        good = failed(real);
    } else {
        good = real ? copy(real, to) == 0 || failed(to) : mark(to);
    }
    free(real);
    return good;
}

bool journal_pending(void)
{
    return access(JOURNAL, F_OK) == 0;
}

static bool note_all(void)
{
    remove_directory(JOURNAL_NEW);
    if (mkdir(JOURNAL_NEW, 0700) < 0)
        return failed(JOURNAL_NEW);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!note_file(files[i]))
            return false;
    if ((service_enabled() && !mark(JOURNAL_NEW "/" ENABLED)) ||
        (access(PAM_NOTES "/before", F_OK) == 0 && !mark(JOURNAL_NEW "/" UNSETTLED)))
        return false;
    return file_sync_directory(JOURNAL_NEW "/x") == 0 || failed(JOURNAL_NEW);
}

/* Makes the boot look for the journal, where there is such a boot. */
static bool watch_boot(void)
{
    if (access(BOOT_UNIT, F_OK) < 0)
        return true;
    mkdir("/etc/systemd/system/multi-user.target.wants", 0755);
    if (symlink(BOOT_UNIT, BOOT_LINK) < 0 && errno != EEXIST)
        return failed(BOOT_LINK);
    return file_sync_directory(BOOT_LINK) == 0 || failed(BOOT_LINK);
}

/* The directory for links to units goes as well, if it was made for ours. */
static void unwatch_boot(void)
{
    unlink(BOOT_LINK);
    rmdir("/etc/systemd/system/multi-user.target.wants");
}

bool journal_begin(void)
{
    remove_directory(JOURNAL_DONE);
    if (note_all() && watch_boot()) {
        if (rename(JOURNAL_NEW, JOURNAL) == 0 && file_sync_directory(JOURNAL) == 0)
            return true;
        failed(JOURNAL);
    }
    remove_directory(JOURNAL_NEW);
    unwatch_boot();
    return false;
}

bool journal_end(void)
{
    remove_directory(JOURNAL_DONE);
    if (rename(JOURNAL, JOURNAL_DONE) < 0 || file_sync_directory(JOURNAL) < 0)
        return failed(JOURNAL);
    remove_directory(JOURNAL_DONE);
    unwatch_boot();
    return true;
}

/* --- the way back --- */

/* The files that somebody who was killed has left beside the right ones; pam-profile's own notes,
 * which lead back to what is put back here, are among them. */
static void sweep(void)
{
    static const char *const left[] = {"/etc/pam.d/common-*.pam-new",
                                       "/etc/pam.d/common-*.org-*",
                                       "/var/lib/pam/*.new",
                                       "/var/lib/pam/*.org-*",
                                       "/var/cache/debconf/*.org-new",
                                       PATH_NSSWITCH ".org-*",
                                       PATH_DROP_IN ".*",
                                       PATH_SUDOERS ".org-undo",
                                       PAM_NOTES "/before*"};
    size_t count = sizeof left / sizeof *left;
    if (access(JOURNAL "/" UNSETTLED, F_OK) == 0)
        count--;
    for (size_t i = 0; i < count; i++) {
        glob_t found = {0};
        if (glob(left[i], 0, NULL, &found) == 0)
            for (size_t n = 0; n < found.gl_pathc; n++)
                if (unlink(found.gl_pathv[n]) < 0 && errno == EISDIR)
                    remove_directory(found.gl_pathv[n]);
        globfree(&found);
    }
    rmdir(PAM_NOTES);
}

/* Debconf that was killed between its two renames has no database, and would begin an empty one. */
static bool mend_debconf(const char *database)
{
    char old[PATH_SIZE], new[PATH_SIZE];
    snprintf(old, sizeof old, "%s-old", database);
    snprintf(new, sizeof new, "%s.org-new", database);
    if (access(database, F_OK) == 0 || access(old, F_OK) < 0)
        return true;
    unlink(new);
    return (copy(old, new) == 0 && rename(new, database) == 0) || failed(database);
}

/* The copy takes the place itself where the disk has no room for another one. */
static bool put_back(const char *kept, const char *path)
{
    char new[PATH_SIZE + 16];
    snprintf(new, sizeof new, "%s.org-undo", path);
    if (same(kept, path))
        return true;
    unlink(new);
    if ((copy(kept, new) == 0 && rename(new, path) == 0) || rename(kept, path) == 0)
        return file_sync_directory(path) == 0 || failed(path);
    int cause = errno;
    unlink(new);
    errno = cause;
    return failed(path);
}

static bool take_away(const char *path)
{
    if (unlink(path) < 0)
        return errno == ENOENT || failed(path);
    return file_sync_directory(path) == 0 || failed(path);
}

/* Puts back the file of an entry of the journal. */
static bool restore(const char *entry)
{
    char path[PATH_SIZE], kept[PATH_SIZE];
    if (*entry != '+' && *entry != '-')
        return true;
    snprintf(path, sizeof path, "%s", entry + 1);
    snprintf(kept, sizeof kept, JOURNAL "/%s", entry);
    for (char *c = path; *c; c++)
        if (*c == '%')
            *c = '/';
    return *entry == '+' ? put_back(kept, path) : take_away(path);
}

static bool restore_all(void)
{
    DIR *dir = opendir(JOURNAL);
    const struct dirent *entry;
    bool good = dir || failed(JOURNAL);
    while (dir && (entry = readdir(dir)) != NULL)
        good &= restore(entry->d_name);
    if (dir)
        closedir(dir);
    return good;
}

bool journal_undo(void)
{
    if (!journal_pending()) { /* of one that was killed before it began, or after its end */
        remove_directory(JOURNAL_NEW);
        remove_directory(JOURNAL_DONE);
        unwatch_boot();
        return true;
    }
    if (access(JOURNAL "/" ENABLED, F_OK) < 0)
        service_off(); /* it would make its file for sudo again */
    bool good = mend_debconf("/var/cache/debconf/config.dat");
    good &= mend_debconf("/var/cache/debconf/templates.dat");
    good &= restore_all();
    sweep();
    service_reload_sshd();
    return good && journal_end();
}

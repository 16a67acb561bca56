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
#include "orgadmin/host/host_file.h"
#include "orgadmin/host/kept.h"
#include "orgadmin/host/service.h"
#include "orgadmin/say.h"

#define JOURNAL      ORG_STATEDIR "/enroll"
#define JOURNAL_NEW  JOURNAL ".new"   /* is being made: nothing is changed yet */
#define JOURNAL_DONE JOURNAL ".done"  /* is being removed: nothing is to be undone */
#define BEGUN        JOURNAL "/begun" /* in it: when it began; temporary files since are ours */
#define CODE         JOURNAL "/code"  /* in it: the code that is being used */
#define ENABLED      "enabled"        /* in it: the service was enabled before */
#define RAN          "ran"            /* in it: the service ran before */
#define NO_HOME      "no-home"        /* in it: there was no ORG_SYSCONFDIR */
#define UNSETTLED    "unsettled"      /* in it: pam-profile had something to put back before */
#define PAM_NOTES    "/var/lib/libpam-org"

/* At the next boot this unit undoes what did not end (packaging/systemd). */
#define BOOT_UNIT ORG_UNITDIR "/orglogin-enroll.service"
#define BOOT_LINK "/etc/systemd/system/multi-user.target.wants/orglogin-enroll.service"

#define LOCK_LIMIT_MS 30000

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

/* What orgsyncd makes, where there is none: a ledger would decide the numbers of the next
 * enrollment. */
static const char *const made[] = {
    PATH_LEDGER,   PATH_LEDGER "-journal", PATH_LEDGER "-wal", PATH_LEDGER "-shm",
    PATH_SNAPSHOT, PATH_SNAPSHOT ".new",   PATH_RESERVE,       ORG_STATEDIR "/lock",
};

/* The signs of files that are there and that are not: the system's, and orglogin's own, which are
 * kept (kept.h) when they go. */
static const char system_sign[] = "-+", own_sign[] = "~=";

/* The name in the journal JOURNAL_PATH of the file at PATH: "+%etc%nsswitch.conf". */
static void name_of(const char *journal, char sign, const char *path, char out[HOST_PATH_MAX])
{
    snprintf(out, HOST_PATH_MAX, "%s/%c%s", journal, sign, path);
    for (char *c = out + strlen(journal) + 2; *c; c++)
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

/* Notes the file at PATH in JOURNAL, with one of the two SIGNS. */
static bool note_file(const char *journal, const char *signs, const char *path)
{
    char to[HOST_PATH_MAX];
    char *real = realpath(path, NULL);
    bool good;
    if (!real && errno != ENOENT)
        return failed(path);
    name_of(journal, signs[real != NULL], real ? real : path, to);
    if (real && strchr(real, '%')) {
        errno = EINVAL;
        good = failed(real);
    } else {
        good = real ? host_file_copy(real, to) == 0 || failed(to) : mark(to);
    }
    free(real);
    return good;
}

/* True if the journal has PATH already, as it was in the beginning. */
static bool is_noted(const char *path)
{
    char name[HOST_PATH_MAX];
    char *real = realpath(path, NULL);
    bool noted = false;
    for (const char *sign = own_sign; *sign && !noted; sign++) {
        name_of(JOURNAL, *sign, real ? real : path, name);
        noted = access(name, F_OK) == 0;
    }
    free(real);
    return noted;
}

bool journal_note(const char *path)
{
    if (is_noted(path))
        return true;
    return note_file(JOURNAL, own_sign, path) &&
           (file_sync_directory(JOURNAL "/x") == 0 || failed(JOURNAL));
}

bool journal_note_code(const char *code)
{
    int fd = open(CODE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && file_write(fd, code, strlen(code)) == 0 && fsync(fd) == 0 &&
                file_sync_directory(CODE) == 0;
    if (fd >= 0)
        close(fd);
    return good || failed(CODE);
}

bool journal_pending(void)
{
    return access(JOURNAL, F_OK) == 0;
}

/* True unless the fact THERE, of which MARK is to tell, cannot be noted. */
static bool note_fact(bool there, const char *path)
{
    return !there || mark(path);
}

/* What orgsyncd has made is its own if it ran. */
static bool note_state(void)
{
    char name[HOST_PATH_MAX];
    bool good = true;
    for (size_t i = 0; i < sizeof made / sizeof *made && good; i++) {
        name_of(JOURNAL_NEW, system_sign[0], made[i], name);
        good = note_fact(access(made[i], F_OK) < 0, name);
    }
    return good;
}

static bool note_all(void)
{
    bool ran = service_runs();
    host_directory_remove(JOURNAL_NEW);
    if (mkdir(JOURNAL_NEW, 0700) < 0)
        return failed(JOURNAL_NEW);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!note_file(JOURNAL_NEW, system_sign, files[i]))
            return false;
    if (!note_fact(service_enabled(), JOURNAL_NEW "/" ENABLED) ||
        !note_fact(ran, JOURNAL_NEW "/" RAN) || !(ran || note_state()) ||
        !note_fact(access(PAM_NOTES "/before", F_OK) == 0, JOURNAL_NEW "/" UNSETTLED) ||
        !note_fact(access(ORG_SYSCONFDIR, F_OK) < 0, JOURNAL_NEW "/" NO_HOME) ||
        !mark(JOURNAL_NEW "/begun"))
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
    host_directory_remove(JOURNAL_DONE);
    if (note_all() && watch_boot()) {
        if (rename(JOURNAL_NEW, JOURNAL) == 0 && file_sync_directory(JOURNAL) == 0)
            return true;
        failed(JOURNAL);
    }
    host_directory_remove(JOURNAL_NEW);
    unwatch_boot();
    return false;
}

bool journal_end(void)
{
    host_directory_remove(JOURNAL_DONE);
    if (rename(JOURNAL, JOURNAL_DONE) < 0 || file_sync_directory(JOURNAL) < 0)
        return failed(JOURNAL);
    host_directory_remove(JOURNAL_DONE);
    unwatch_boot();
    return true;
}

/* True if the journal has MARK. */
static bool is_marked(const char *mark_path)
{
    return access(mark_path, F_OK) == 0;
}

/* --- the way back --- */

static void remove_found(const char *pattern)
{
    glob_t found = {0};
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t n = 0; n < found.gl_pathc; n++)
            if (unlink(found.gl_pathv[n]) < 0 && errno == EISDIR)
                host_directory_remove(found.gl_pathv[n]);
    globfree(&found);
}

/* The files that a part of orglogin, when it was killed, has left beside the right ones. */
static void sweep_ours(void)
{
    static const char *const left[] = {"/etc/pam.d/*.org-*", "/var/lib/pam/*.org-*",
                                       "/var/cache/debconf/*.org-new", PATH_NSSWITCH ".org-*",
                                       PATH_SUDOERS ".org-undo"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        remove_found(left[i]);
}

/* Also what others have left; pam-profile's own notes, which lead back to what is put back here,
 * are among them. */
static void sweep(void)
{
    sweep_ours();
    remove_found("/etc/pam.d/common-*.pam-new");
    remove_found("/var/lib/pam/*.new");
    remove_found(PATH_DROP_IN ".*");
    if (!is_marked(JOURNAL "/" UNSETTLED))
        remove_found(PAM_NOTES "/before*");
    rmdir(PAM_NOTES);
}

/* Debconf that was killed between its two renames has no database, and would begin an empty one. */
static bool mend_debconf(const char *database)
{
    char old[HOST_PATH_MAX], new[HOST_PATH_MAX];
    snprintf(old, sizeof old, "%s-old", database);
    snprintf(new, sizeof new, "%s.org-new", database);
    if (access(database, F_OK) == 0 || access(old, F_OK) < 0)
        return true;
    unlink(new);
    return (host_file_copy(old, new) == 0 && rename(new, database) == 0) || failed(database);
}

/* The copy takes the place itself where the disk has no room for another one. */
static bool put_back(const char *kept, const char *path)
{
    char new[HOST_PATH_MAX + 16];
    snprintf(new, sizeof new, "%s.org-undo", path);
    if (host_file_same(kept, path))
        return true;
    unlink(new);
    if ((host_file_copy(kept, new) == 0 && rename(new, path) == 0) || rename(kept, path) == 0)
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

/* What was killed while it wrote the file of ours at PATH has left. */
static void sweep_own(const char *path)
{
    char pattern[HOST_PATH_MAX + 8];
    struct stat begun, st;
    glob_t found = {0};
    snprintf(pattern, sizeof pattern, "%s.??????", path);
    if (stat(BEGUN, &begun) == 0 && glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (lstat(found.gl_pathv[i], &st) == 0 && S_ISREG(st.st_mode) &&
                st.st_mtime >= begun.st_mtime)
                unlink(found.gl_pathv[i]);
    globfree(&found);
    snprintf(pattern, sizeof pattern, "%s.org-new", path);
    unlink(pattern);
}

/* Puts back the file of an entry of the journal. */
static bool restore(const char *entry)
{
    char path[HOST_PATH_MAX], kept[HOST_PATH_MAX];
    bool own = strchr(own_sign, *entry) != NULL;
    if (!own && !strchr(system_sign, *entry))
        return true;
    bool was = *entry == own_sign[1] || *entry == system_sign[1];
    snprintf(path, sizeof path, "%s", entry + 1);
    snprintf(kept, sizeof kept, JOURNAL "/%s", entry);
    for (char *c = path; *c; c++)
        if (*c == '%')
            *c = '/';
    if (own && !(was && host_file_same(kept, path)) && !kept_take(path))
        return false;
    if (own)
        sweep_own(path);
    return was ? put_back(kept, path) : take_away(path);
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
        host_directory_remove(JOURNAL_NEW);
        host_directory_remove(JOURNAL_DONE);
        unwatch_boot();
        sweep_ours();
        return true;
    }
    if (!is_marked(JOURNAL "/" ENABLED)) /* it would make its file for sudo again */
        service_off(!is_marked(JOURNAL "/" RAN));
    bool good = mend_debconf("/var/cache/debconf/config.dat");
    good &= mend_debconf("/var/cache/debconf/templates.dat");
    good &= restore_all();
    sweep();
    kept_weigh();
    kept_take_code(CODE);
    if (is_marked(JOURNAL "/" NO_HOME))
        rmdir(ORG_SYSCONFDIR);
    service_reload_sshd();
    return good && journal_end();
}

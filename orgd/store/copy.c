/* The data file as a whole: copied, put back, and made small. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"
#include "orgd/store/check.h"
#include "orgd/store/file.h"
#include "orgd/store/schema.h"
#include "orgd/store/store.h"

/* --- backup --- */

static bool backup_run(sqlite3 *from, sqlite3 *to, const char *copy)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    /* All pages in one step: one reading transaction, so that writers need not wait nor we begin
     * anew. */
    int rc = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
    if (backup && sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE)
        return true;
    file_say(copy, rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? "the data file is locked"
                                                            : sqlite3_errmsg(to));
    return false;
}

static bool backup_to(const char *path, const char *copy)
{
    sqlite3 *from = file_view(path);
    sqlite3 *to = from ? file_connect(copy) : NULL;
    bool good = to && schema_version(from, path) > 0 && backup_run(from, to, copy) &&
                check_damage(to, copy);
    sqlite3_close(from);
    return sqlite3_close(to) == SQLITE_OK && good;
}

bool store_backup(const char *path, const char *copy)
{
    int fd = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        file_say(copy,
                 errno == EEXIST ? "exists already; a backup replaces nothing" : strerror(errno));
        return false;
    }
    bool good = backup_to(path, copy);
    if (good && (fsync(fd) != 0 || file_sync_directory(copy) != 0)) {
        file_say(copy, strerror(errno));
        good = false;
    }
    close(fd);
    if (good)
        return true;
    unlink(copy);
    return false;
}

/* --- restore --- */

/* Takes the data file at PATH with its log out of the way, to KEPT. It stays under its own name,
 * too, until the other one takes that: no start finds none. */
static bool file_keep(const char *path, const char *kept)
{
    char log[PATH_MAX], kept_log[PATH_MAX], shared[PATH_MAX];
    if (!file_beside(path, "-wal", log) || !file_beside(kept, "-wal", kept_log) ||
        !file_beside(path, "-shm", shared))
        return false;
    if ((link(path, kept) != 0 || rename(log, kept_log) != 0) && errno != ENOENT) {
        file_say(kept, strerror(errno));
        return false;
    }
    unlink(shared);
    return true;
}

/* Makes the copy of FROM that is to be the data file, at NEXT. */
static bool restore_copy(const char *path, const char *from, const char *next)
{
    unlink(next); /* of a restore that was interrupted */
    if (!store_backup(from, next))
        return false;
    int fd = open(next, O_RDWR | O_CLOEXEC);
    bool good = fd >= 0 && file_hand_over(fd, path) && fsync(fd) == 0;
    if (fd < 0 || !good)
        file_say(next, strerror(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

static bool restore_run(const char *path, const char *from)
{
    char next[PATH_MAX], kept[PATH_MAX], suffix[48], date[FILE_DATE_SIZE];
    bool there = access(path, F_OK) == 0;
    file_date(date);
    snprintf(suffix, sizeof suffix, ".replaced.%s", date);
    if (!file_beside(path, ".restoring", next) || !file_beside(path, suffix, kept) ||
        !restore_copy(path, from, next) || !file_keep(path, kept))
        return false;
    if (rename(next, path) != 0 || file_sync_directory(path) != 0) {
        file_say(path, strerror(errno));
        return false;
    }
    if (there)
        log_info("%s: restored from %s; the file as it was is %s", path, from, kept);
    else
        log_info("%s: restored from %s", path, from);
    return true;
}

/* An older copy is looked at less closely: the next start brings it up to date. */
static bool restorable(const char *from)
{
    sqlite3 *db = file_view(from);
    int64_t version = db ? schema_version(db, from) : -1;
    bool good =
        version > 0 && (version == SCHEMA_VERSION ? check_all(db, from) : check_damage(db, from));
    sqlite3_close(db);
    return good;
}

bool store_restore(const char *path, const char *from)
{
    bool made;
    if (!restorable(from))
        return false;
    int lock = file_lock(path, &made);
    bool good = lock >= 0 && restore_run(path, from);
    if (lock >= 0)
        close(lock);
    return good;
}

/* --- vacuum --- */

bool store_vacuum(const char *path)
{
    int lock = -1;
    sqlite3 *db = NULL;
    bool good = access(path, F_OK) == 0;
    if (!good)
        file_say(path, strerror(errno));
    good = good && file_claim(path, &lock);
    db = good ? file_connect(path) : NULL;
    good = db && schema_current(db, path);
    if (good && sqlite3_exec(db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) !=
                    SQLITE_OK) {
        file_say(path, sqlite3_errmsg(db));
        good = false;
    }
    sqlite3_close(db);
    if (lock >= 0)
        close(lock);
    return good;
}

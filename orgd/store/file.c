#include "orgd/store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

#define LOCK_SUFFIX "-lock"

void file_date(char date[FILE_DATE_SIZE])
{
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(date, FILE_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm);
}

void file_say(const char *path, const char *what)
{
    log_error("%s: %s", path, what);
}

/* --- claiming --- */

bool file_beside(const char *path, const char *suffix, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s%s", path, suffix) < PATH_MAX)
        return true;
    file_say(path, strerror(ENAMETOOLONG));
    return false;
}

bool file_hand_over(int fd, const char *path)
{
    struct stat ours, st;
    char directory[PATH_MAX];
    if (geteuid() != 0)
        return true;
    snprintf(directory, sizeof directory, "%s", path);
    bool found = fstat(fd, &ours) == 0;
    if (found && (stat(path, &st) != 0 || st.st_ino == ours.st_ino))
        found = stat(dirname(directory), &st) == 0;
    if (found && fchown(fd, st.st_uid, st.st_gid) == 0)
        return true;
    file_say(path, strerror(errno));
    return false;
}

/* True if the descriptor FD of the file at PATH is one that we may use; else it has been told. */
static bool file_ours(int fd, const char *path)
{
    struct stat st;
    if (fd < 0 && errno == EACCES && stat(path, &st) == 0)
        log_error("%s: belongs to the user with the number %u, and orgd runs as %u", path,
                  (unsigned)st.st_uid, (unsigned)geteuid());
    else if (fd < 0 || fstat(fd, &st) != 0)
        file_say(path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        file_say(path, "is not a regular file");
    else if (st.st_mode & 077)
        log_error("%s: other users can open it (mode %04o); it must have mode 0600", path,
                  (unsigned)st.st_mode & 07777);
    else
        return true;
    return false;
}

int file_lock(const char *path, bool *made)
{
    char name[PATH_MAX];
    if (!file_beside(path, LOCK_SUFFIX, name))
        return -1;
    *made = access(name, F_OK) != 0;
    int lock = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file_ours(lock, name)) {
        if (flock(lock, LOCK_EX | LOCK_NB) != 0)
            file_say(path, "another orgd is using it");
        else if (!*made || file_hand_over(lock, path))
            return lock;
    }
    if (lock >= 0)
        close(lock);
    return -1;
}

/* Makes the data file at PATH for a first start. */
static bool file_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = file_ours(fd, path) && file_hand_over(fd, path);
    if (fd >= 0)
        close(fd);
    return good;
}

/* One orgd per file: held polls hear of the changes that their own server makes. The lock is a file
 * of its own, which also tells that there was a data file where it is missing. */
bool file_claim(const char *path, int *lock)
{
    bool made;
    *lock = file_lock(path, &made);
    if (*lock < 0)
        return false;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        if (made)
            return file_make(path);
        log_error("%s: is missing, and was there before: put it back, or run orgd restore FILE; to "
                  "begin anew without any data remove %s%s",
                  path, path, LOCK_SUFFIX);
        return false;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool good = file_ours(fd, path);
    if (fd >= 0)
        close(fd);
    return good;
}

bool file_identify(const char *path, struct file_identity *identity)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    *identity = (struct file_identity){.device = st.st_dev, .inode = st.st_ino};
    return true;
}

/* --- opening --- */

/* PATH as SQLite's URI, for a file that nobody writes. */
static void uri_make(const char *path, char *uri, size_t size)
{
    size_t len = (size_t)snprintf(uri, size, "file:");
    for (; *path && len + 16 < size; path++)
        len += (size_t)snprintf(uri + len, size - len, strchr("?#%", *path) ? "%%%02X" : "%c",
                                (unsigned)(unsigned char)*path);
    snprintf(uri + len, size - len, "?immutable=1");
}

sqlite3 *file_view(const char *path)
{
    char uri[3 * PATH_MAX], log[PATH_MAX];
    struct stat st;
    sqlite3 *db = NULL;
    if (!file_beside(path, "-wal", log))
        return NULL;
    bool logged = stat(log, &st) == 0 && st.st_size > 0;
    if (access(path, W_OK) == 0 || logged)
        return file_connect(path);
    uri_make(path, uri, sizeof uri);
    if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                        NULL) == SQLITE_OK)
        return db;
    file_say(path, db ? sqlite3_errmsg(db) : "cannot be opened");
    sqlite3_close(db);
    return NULL;
}

sqlite3 *file_connect(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* which a lock guards; without effect later */
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
        SQLITE_OK) {
        sqlite3_busy_timeout(db, BUSY_MS);
        return db;
    }
    file_say(path, db ? sqlite3_errmsg(db) : "cannot be opened");
    sqlite3_close(db);
    return NULL;
}

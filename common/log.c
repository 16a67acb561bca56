#include "common/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/name.h"

static const char *name = "";
static bool journal, debug;

/* JOURNAL_STREAM has a device and an inode, in decimal, as systemd.exec(5) documents it. A child
 * whose output was redirected inherits the variable, so the variable alone is no proof. */
bool log_is_journal(int fd)
{
    struct stat st;
    char expected[2 * 20 + 2];
    const char *stream = getenv("JOURNAL_STREAM");
    if (!stream || fstat(fd, &st) < 0)
        return false;
    snprintf(expected, sizeof expected, "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)st.st_dev,
             (uintmax_t)st.st_ino);
    return strcmp(stream, expected) == 0;
}

void log_begin(const char *program)
{
    name = program;
    journal = log_is_journal(STDERR_FILENO);
}

void log_line(int priority, const char *format, ...)
{
    char line[1024], clean[1024], prefix[8] = "";
    va_list args;
    if (priority == LOG_DEBUG && !debug)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (journal)
        snprintf(prefix, sizeof prefix, "<%d>", priority);
    /* One write, so that lines of several processes do not mix. */
    fprintf(stderr, "%s%s: %s\n", prefix, name, text_clean(clean, sizeof clean, line, false));
}

void log_debug_on(void)
{
    debug = true;
}

bool log_is_debug(void)
{
    return debug;
}

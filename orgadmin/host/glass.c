/* host break-glass. */
#include "orgadmin/host/glass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/duration.h"
#include "common/file.h"
#include "common/name.h"
#include "common/paths.h"
#include "common/rfc3339.h"
#include "common/snapshot.h"
#include "orgadmin/host/commands.h"

#define PATH_NEW PATH_GLASS ".new"

bool glass_in_force(const struct break_glass *g, int64_t now)
{
    struct freshness f = {.glass_begin_ms = g->begin_ms, .glass_end_ms = g->end_ms};
    return break_glass_in_force(&f, now);
}

bool glass_has_rule(const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rule[i].break_glass)
            return true;
    return false;
}

const char *glass_text(const struct break_glass *g, int64_t now, char out[GLASS_TEXT_MAX])
{
    char begin[RFC3339_SIZE], end[RFC3339_SIZE];
    const char *state = glass_in_force(g, now) ? "in force" : "was in force";
    if (now < g->end_ms && *state == 'w') /* the clock was put back */
        state = "not in force before its begin:";
    snprintf(out, GLASS_TEXT_MAX, "%s until %s, since %s: %s", state, rfc3339_print(g->end_ms, end),
             rfc3339_print(g->begin_ms, begin), g->reason);
    return out;
}

/* The number of who logged in, as the kernel keeps it through sudo and su; "-" for nobody. */
static const char *login_uid(char text[16])
{
    const char *why;
    if (file_read_trusted("/proc/self/loginuid", FILE_ROOTS, text, 16, &why) < 0 ||
        strcmp(text, "4294967295") == 0)
        snprintf(text, 16, "-");
    return text;
}

static void log_glass(const char *what, const struct break_glass *g)
{
    char uid[16], end[RFC3339_SIZE];
    openlog("orgadmin", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_ALERT, "break-glass %s %s, login uid %s: %s", what, rfc3339_print(g->end_ms, end),
           login_uid(uid), g->reason);
    closelog();
}

/* Puts G's file in the place of what is there. Returns 0, or -1 with errno. */
static int write_glass(const struct break_glass *g)
{
    char line[BREAK_GLASS_LINE_MAX];
    break_glass_print(g, line);
    if (unlink(PATH_NEW) < 0 && errno != ENOENT)
        return -1;
    int fd = open(PATH_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    bool good = file_write(fd, line, strlen(line)) == 0 && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    if (good && rename(PATH_NEW, PATH_GLASS) == 0)
        return file_sync_directory(PATH_GLASS);
    saved = good ? errno : saved;
    unlink(PATH_NEW);
    errno = saved;
    return -1;
}

/* Writes it, logs WHAT was done, and tells. */
static enum exit_status put(const struct break_glass *g, const char *what)
{
    char text[GLASS_TEXT_MAX];
    if (write_glass(g) < 0)
        return complain(EXIT_SETUP, PATH_GLASS ": %s", strerror(errno));
    log_glass(what, g);
    note("Break-glass %s.", glass_text(g, clock_wall_ms(), text));
    return EXIT_DONE;
}

static enum exit_status end_glass(void)
{
    struct break_glass g;
    const char *why = NULL;
    int64_t now = clock_wall_ms();
    bool there = break_glass_read(&g, &why);
    if (!there && errno != ENOENT)
        return complain(EXIT_SETUP, PATH_GLASS " %s: it counts for nothing, remove it", why);
    if (!there || g.end_ms <= now) {
        note("Break-glass is not in force.");
        return EXIT_DONE;
    }
    g.end_ms = g.begin_ms < now ? now : g.begin_ms;
    return put(&g, "was ended at");
}

/* Fills G from the options. */
static enum exit_status begin_of(const struct invocation *inv, struct break_glass *g)
{
    const char *time = inv->option[OPTION_FOR], *reason = inv->option[OPTION_REASON];
    char clean[2 * sizeof g->reason];
    int64_t length;
    if (!time || !reason)
        return complain(EXIT_USAGE, "host break-glass needs --for and --reason, or --end");
    if (!duration_parse(time, BREAK_GLASS_MIN_MS, BREAK_GLASS_MAX_MS, &length))
        return complain(EXIT_USAGE,
                        "--for must be a time such as 1h (units ms, s, m, h, d) from 1m to 24h, "
                        "not \"%s\"",
                        time);
    text_clean(clean, sizeof clean, reason, false);
    const char *text = clean + strspn(clean, " ");
    if (!*text)
        return complain(EXIT_USAGE, "--reason is empty: the log and the organization are told it");
    if (strlen(text) > BREAK_GLASS_REASON_MAX)
        return complain(EXIT_USAGE, "--reason has more than %d bytes", BREAK_GLASS_REASON_MAX);
    g->begin_ms = clock_wall_ms();
    g->end_ms = g->begin_ms + length;
    snprintf(g->reason, sizeof g->reason, "%s", text);
    return EXIT_DONE;
}

/* Says so when it opens nothing here. */
static void warn_of_rules(void)
{
    struct snapshot snapshot;
    struct snapshot_policy policy;
    const char *why = "is damaged";
    if (snapshot_open(&snapshot, PATH_SNAPSHOT, &why) != SNAPSHOT_OK ||
        snapshot_policy(&snapshot, &policy) != SNAPSHOT_OK)
        note("The snapshot %s %s: without it nobody gets in.", PATH_SNAPSHOT, why);
    else if (!glass_has_rule(&policy.rules))
        note("No access rule has break_glass = true: nobody gets in by it.");
    snapshot_close(&snapshot);
}

enum exit_status host_break_glass(const struct invocation *inv)
{
    struct break_glass g;
    bool end = inv->option[OPTION_END];
    if (end && (inv->option[OPTION_FOR] || inv->option[OPTION_REASON]))
        return complain(EXIT_USAGE, "--end goes with neither --for nor --reason");
    enum exit_status status = end ? EXIT_DONE : begin_of(inv, &g);
    if (status == EXIT_DONE && geteuid() != 0)
        status = complain(EXIT_NO, "host break-glass requires root");
    if (status != EXIT_DONE || end)
        return status == EXIT_DONE ? end_glass() : status;
    status = put(&g, "is in force until");
    if (status == EXIT_DONE)
        warn_of_rules();
    return status;
}

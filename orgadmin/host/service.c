#include "orgadmin/host/service.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/confirm.h"
#include "orgadmin/host/child.h"
#include "orgadmin/say.h"

#define SYSTEMCTL  "/usr/bin/systemctl"
#define RUN_MS     60000
#define ANSWER_MS  1000
#define START_MS   15000
#define ENABLED_AS "/etc/systemd/system/multi-user.target.wants/orgsyncd.service"

bool service_managed(void)
{
    return access("/run/systemd/system", F_OK) == 0 && access(SYSTEMCTL, X_OK) == 0;
}

bool service_enabled(void)
{
    return faccessat(-1, ENABLED_AS, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool service_runs(void)
{
    struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_STATUS};
    struct confirm_reply reply;
    return confirm_ask(confirm_path(), &request, ANSWER_MS, &reply) == 0;
}

bool service_run(const char *what, const char *const argv[])
{
    struct child c;
    child_start_program(&c, argv, RUN_MS);
    bool ended = child_end(&c);
    if (ended && c.status == 0)
        return true;
    const char *said = !ended ? c.fate : *c.err ? c.err : *c.out ? c.out : "failed";
    complain(EXIT_SETUP, "%s: %.*s", what, (int)strcspn(said, "\n"), said);
    return false;
}

static bool wait_for_answer(void)
{
    const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    for (int64_t end = clock_mono_ms() + START_MS; clock_mono_ms() < end;) {
        if (service_runs())
            return true;
        nanosleep(&pause, NULL);
    }
    complain(EXIT_SETUP, "orgsyncd does not answer; its log says why: journalctl -u orgsyncd");
    return false;
}

bool service_on(void)
{
    static const char *const enable[] = {SYSTEMCTL, "enable", "--now", "orgsyncd", NULL};
    static const char *const reload[] = {SYSTEMCTL, "reload", "orgsyncd", NULL};
    bool runs = service_runs();
    if (service_managed() && !service_run("systemctl enable --now orgsyncd", enable))
        return false;
    if (service_managed() && runs && !service_run("systemctl reload orgsyncd", reload))
        return false;
    return wait_for_answer();
}

/* What is said of units that are not there does not matter. */
static void run_silently(const char *const argv[])
{
    struct child c;
    child_start_program(&c, argv, RUN_MS);
    child_end(&c);
}

void service_off(bool stop)
{
    static const char *const disable[] = {SYSTEMCTL, "disable", "orgsyncd", NULL};
    static const char *const end[] = {SYSTEMCTL, "disable", "--now", "orgsyncd", NULL};
    if (service_managed())
        run_silently(stop ? end : disable);
    unlink(ENABLED_AS);
}

void service_reload_sshd(void)
{
    static const char *const debian[] = {SYSTEMCTL, "reload", "ssh", NULL};
    static const char *const fedora[] = {SYSTEMCTL, "reload", "sshd", NULL};
    if (service_managed())
        run_silently(access("/etc/authselect", F_OK) == 0 ? fedora : debian);
}

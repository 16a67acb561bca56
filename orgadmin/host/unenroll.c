/* host unenroll: the machine as it was before orglogin. The files of the system are edited, as
 * others may have changed them since; each step may have been done before. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/local.h"
#include "common/paths.h"
#include "orgadmin/host/child.h"
#include "orgadmin/host/commands.h"
#include "orgadmin/host/departed.h"
#include "orgadmin/host/host_config.h"
#include "orgadmin/host/host_file.h"
#include "orgadmin/host/journal.h"
#include "orgadmin/host/kept.h"
#include "orgadmin/host/pam_stack.h"
#include "orgadmin/host/prepared.h"
#include "orgadmin/host/service.h"
#include "orgadmin/host/sshd_config.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/private_file.h"

#define NSSWITCH    ORG_LIBEXECDIR "/nsswitch"
#define PAM_PROFILE ORG_LIBEXECDIR "/pam-profile"
#define FILE_MOST   (1 << 20)
#define NAMED_MOST  8 /* members that are named of those who left something */

static bool complain_of(const char *path)
{
    complain(EXIT_SETUP, "%s: %s", path, strerror(errno));
    return false;
}

/* The text of the file at PATH, to be freed; NULL when it is not there or not readable. */
static char *text_of(const char *path)
{
    const char *why;
    char *text = malloc(FILE_MOST);
    if (text && file_read_trusted(path, FILE_ROOTS, text, FILE_MOST, &why) >= 0)
        return text;
    free(text);
    return NULL;
}

/* Removes the file at PATH if TEXT is in it: then it is ours. */
static bool remove_if(const char *path, const char *text)
{
    char *found = text_of(path);
    bool ours = found && strstr(found, text);
    free(found);
    if (!ours)
        return true;
    return private_file_remove(path) == 0 || complain_of(path);
}

/* --- the steps --- */

static bool keys_off(void)
{
    if (access(PATH_DROP_IN, F_OK) < 0)
        return true;
    bool good = remove_if(PATH_DROP_IN, PATH_KEYS);
    service_reload_sshd();
    return good;
}

static bool names_off(void)
{
    static const char *const argv[] = {"/bin/sh", NSSWITCH, "off", NULL};
    return access(NSSWITCH, F_OK) < 0 || service_run(PATH_NSSWITCH, argv);
}

static bool logins_off(void)
{
    static const char *const argv[] = {"/bin/sh", PAM_PROFILE, "off", NULL};
    return access(PAM_PROFILE, F_OK) < 0 ||
           service_run("/etc/pam.d/common-* (if they were changed by hand, take out the two lines "
                       "of pam_localuser and pam_org yourself, never one alone)",
                       argv);
}

/* A line that asks pam_org for itself alone: no module before it skips it. */
static bool is_own_line(const char *line, size_t len)
{
    const char *module = strstr(line, "pam_org.so");
    return *line != '#' && module && module < line + len;
}

/* Writes TEXT without such lines. */
static bool write_without(int fd, const char *text)
{
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        len += line[len] == '\n';
        if (!is_own_line(line, len) && file_write(fd, line, len) < 0)
            return false;
        line += len;
    }
    return true;
}

/* Writes TEXT without such lines to NEW, which becomes the file at PATH, with its owner and mode.
 */
static bool write_stack(const char *path, const char *new, const char *text)
{
    struct stat st;
    int fd = -1;
    unlink(new);
    if (stat(path, &st) == 0)
        fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_without(fd, text) && fchown(fd, st.st_uid, st.st_gid) == 0 &&
                fchmod(fd, st.st_mode & 07777) == 0 && fsync(fd) == 0 && rename(new, path) == 0 &&
                file_sync_directory(path) == 0;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    if (!good)
        unlink(new);
    errno = cause;
    return good;
}

/* PATH, a stack that was changed by hand as the doctor advises, without its lines of pam_org. A
 * stack whose lines are counted is a person's to change. */
static bool clean_stack(const char *path, const char *text)
{
    char new[PRIVATE_PATH_MAX + 16];
    if (strstr(text, "pam_localuser.so")) {
        complain(EXIT_SETUP,
                 "%s: take out the lines of pam_localuser and pam_org yourself, never "
                 "one alone",
                 path);
        return false;
    }
    snprintf(new, sizeof new, "%s.org-new", path); /* as journal.c sweeps away */
    return write_stack(path, new, text) || complain_of(path);
}

/* True for a line of pam_org that is in force. */
static bool asks(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (is_own_line(line, strcspn(line, "\n")))
            return true;
    return false;
}

/* True if sshd asks whatever its phase auth asks: without the line of pam_org for passwords. */
static bool sshd_would_ask(const char *text)
{
    static struct child c;
    char value[SSHD_VALUE_SIZE];
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if ((strncmp(line, "auth", 4) == 0 || strncmp(line, "-auth", 5) == 0) &&
            is_own_line(line, strcspn(line, "\n")))
            return sshd_ask(&c, "root") &&
                   strcmp(sshd_value(c.out, "kbdinteractiveauthentication", value), "yes") == 0;
    return false;
}

static void clean_service(void *arg, const char *service)
{
    char path[PRIVATE_PATH_MAX];
    bool *good = arg;
    snprintf(path, sizeof path, "/etc/pam.d/%s", service);
    char *text = text_of(path);
    if (text && strcmp(service, "sshd") == 0 && sshd_would_ask(text)) {
        complain(EXIT_SETUP, "/etc/pam.d/sshd: first take KbdInteractiveAuthentication yes out of "
                             "sshd's configuration, and reload sshd: it would ask for passwords");
        *good = false;
    } else if (text && asks(text)) {
        *good &= clean_stack(path, text);
    }
    free(text);
}

static bool stacks_off(void)
{
    bool good = true;
    pam_stack_services(clean_service, &good);
    return good;
}

static bool service_ends(void)
{
    service_off(true);
    return remove_if(PATH_SUDOERS, SUDOERS_MARK);
}

/* Ours are those in our own directory. */
static bool remove_own(const char *path)
{
    size_t len = strlen(ORG_SYSCONFDIR "/");
    if (strncmp(path, ORG_SYSCONFDIR "/", len) != 0 || access(path, F_OK) < 0)
        return true;
    return private_file_remove(path) == 0 || complain_of(path);
}

/* The configuration is kept where nobody reads it; tokens are not. */
static bool configuration_off(void)
{
    static struct host_config config;
    const char *why;
    bool good = true;
    kept_forget();
    prepared_forget();
    if (access(PATH_CONFIG, F_OK) < 0)
        return true;
    if (host_config_read(PATH_CONFIG, &config, &why) < 0)
        note(PATH_CONFIG " %s: tokens that it may name stay.", why);
    for (size_t i = 0; i < config.orgs; i++)
        good &= remove_own(config.org[i].token_file) && remove_own(config.org[i].ca_file);
    if (!good)
        return false;
    return (host_file_move(PATH_CONFIG, ORG_STATEDIR "/orglogin.conf.before") &&
            file_sync_directory(PATH_CONFIG) == 0) ||
           complain_of(PATH_CONFIG);
}

/* --- what stays --- */

struct remains {
    struct snapshot snapshot;
    unsigned homes, jobs, lingering, processes;
    char names[256]; /* of some who have a process */
};

static bool stays(const char *directory, const char *name)
{
    char path[PRIVATE_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static void look_at_members(struct remains *r)
{
    struct snapshot_user user;
    uint64_t cursor = 0;
    while (snapshot_next_user(&r->snapshot, &cursor, &user) == SNAPSHOT_OK) {
        r->homes += access(user.home, F_OK) == 0;
        r->jobs += stays("/var/spool/cron/crontabs", user.name);
        r->lingering += stays("/var/lib/systemd/linger", user.name);
    }
}

static bool look_at_process(const struct process *p, const struct snapshot_user *user,
                            enum process_tie tie, void *arg)
{
    struct remains *r = arg;
    size_t used = strlen(r->names);
    if (tie == PROCESS_OWN && ++r->processes <= NAMED_MOST)
        snprintf(r->names + used, sizeof r->names - used, "%s%.32s (%d)", used ? ", " : "",
                 user->name, (int)p->pid);
    return true;
}

static void tell_what_stays(void)
{
    struct remains r = {0};
    const char *why;
    note("What stays: " ORG_STATEDIR ", which has the numbers of the members, and the former "
         "configuration. At an administrator's: orgadmin machine revoke, or token revoke, ends the "
         "machine's token.");
    if (snapshot_open(&r.snapshot, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return;
    look_at_members(&r);
    departed_each_process(&r.snapshot, look_at_process, &r);
    if (r.homes)
        note("What stays: home directories of %u members.", r.homes);
    if (r.jobs || r.lingering)
        note("What stays: crontabs of %u members (crontab -r -u), lingering of %u (loginctl "
             "disable-linger).",
             r.jobs, r.lingering);
    if (r.processes)
        note("What stays: %u processes of members go on: %s%s", r.processes, r.names,
             r.processes > NAMED_MOST ? ", and others" : "");
    snapshot_close(&r.snapshot);
}

/* --- the command --- */

static enum exit_status unenroll(const struct invocation *inv)
{
    static bool (*const steps[])(void) = {keys_off,   names_off,    logins_off,
                                          stacks_off, service_ends, configuration_off};
    bool good = true;
    enum exit_status status = ask_first(inv, "yes", "Let no member in on this machine any more?");
    if (status != EXIT_DONE)
        return status;
    journal_share(true);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        good &= steps[i]();
    journal_share(false);
    if (!good)
        return complain(EXIT_SETUP, "not everything is undone; host unenroll can be repeated");
    note("No member logs in on this machine any more.");
    tell_what_stays();
    return EXIT_DONE;
}

enum exit_status host_unenroll(const struct invocation *inv)
{
    if (geteuid() != 0)
        return complain(EXIT_NO, "host unenroll requires root; try: sudo orgadmin host unenroll");
    umask(022);
    if (!journal_lock())
        return EXIT_SETUP;
    bool pending = journal_pending();
    if (!journal_undo())
        return EXIT_SETUP;
    if (pending)
        note("An enrollment that did not end is undone.");
    return inv->option[OPTION_UNFINISHED] ? EXIT_DONE : unenroll(inv);
}

/* host enroll: the machine's own files. What is to be done is tried before anybody is asked; what
 * is done is proved by the real stacks; and the journal leads back from every moment of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/local.h"
#include "common/paths.h"
#include "common/reserved.h"
#include "orgadmin/host/child.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/enroll.h"
#include "orgadmin/host/journal.h"
#include "orgadmin/host/rescue.h"
#include "orgadmin/host/service.h"
#include "orgadmin/host/sshd_config.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/interrupt.h"

#define NSSWITCH    ORG_LIBEXECDIR "/nsswitch"
#define PAM_PROFILE ORG_LIBEXECDIR "/pam-profile"
#define EXAMPLE     PATH_DOC "/sshd_config.example"
#define KEYS_USER   "orglogin-keys"
#define PROOFS      4 /* a member's first confirmation may take a while */
#define PROOF_MS    120000
#define PRINT       "; orgadmin host enroll --print shows the steps for this machine"

static bool there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* --- is it possible? --- */

static enum exit_status check_nsswitch(void)
{
    static const char *const databases[] = {"passwd", "group", "shadow", "initgroups"};
    char why[NSSWITCH_WHY_MAX];
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
        bool extra = i == 3; /* a line that need not be there */
        if (extra && !nsswitch_has(databases[i]))
            break;
        enum nsswitch look = nsswitch_look(databases[i], why);
        if (look == NSSWITCH_WRONG || (extra && look != NSSWITCH_GOOD))
            return complain(EXIT_SETUP, PATH_NSSWITCH ", %s: %s" PRINT, databases[i],
                            look == NSSWITCH_WRONG ? why : "it hides the groups of members");
    }
    return EXIT_DONE;
}

static enum exit_status check_rescue(const struct invocation *inv)
{
    char name[NAME_MAX_LEN + 1];
    if (inv->option[OPTION_NO_RESCUE])
        return EXIT_DONE;
    if (!rescue_find(name))
        return complain(EXIT_SETUP, "no local account can become root when no member gets in: give "
                                    "root or a local administrator a password or an ssh key, or "
                                    "say --no-rescue");
    note("If no member gets in: the local account %s can become root.", name);
    return EXIT_DONE;
}

static enum exit_status check_machine(void)
{
    static const char *const needed[] = {NSSWITCH, PAM_PROFILE, PATH_PAM_MODULE, PATH_ORGSYNCD,
                                         "/usr/share/pam-configs/orglogin"};
    if (there("/etc/authselect"))
        return complain(EXIT_SETUP, "authselect has the PAM stacks of this machine" PRINT);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!there(needed[i]))
            return complain(EXIT_SETUP,
                            "%s is not there: install the package orglogin, or run "
                            "make install",
                            needed[i]);
    if (!service_managed() && !service_runs())
        return complain(EXIT_SETUP, "no systemd runs here, and no orgsyncd answers: start it first "
                                    "(orgsyncd &)");
    return check_nsswitch();
}

/* --- what it would mean --- */

static void warn_of_groups(const struct enrollment *e)
{
    for (size_t i = 0; i < e->config.local_groups; i++)
        if (reserved_mighty_group(e->config.local_group[i]))
            note("Warning: members whom " PATH_CONFIG " puts into the local group %s are as good "
                 "as root.",
                 e->config.local_group[i]);
}

static enum exit_status ask(const struct enrollment *e)
{
    warn_of_groups(e);
    note("Changed are " PATH_NSSWITCH
         ", /etc/pam.d/common-account and common-session, " PATH_DROP_IN
         ", and orgsyncd starts at boot. Local users and root log in as before.");
    return ask_first(e->inv, "yes", "Let the members of %s in on this machine?", e->c.now.org_name);
}

/* --- the steps --- */

static bool names_on(const struct enrollment *e)
{
    static const char *const argv[] = {"/bin/sh", NSSWITCH, "on", NULL};
    (void)e;
    return service_run(PATH_NSSWITCH, argv);
}

static bool logins_on(const struct enrollment *e)
{
    static const char *const argv[] = {"/bin/sh", PAM_PROFILE, "on", NULL};
    (void)e;
    return service_run("/etc/pam.d/common-* (if they were changed by hand, put the two lines of "
                       "pam_localuser and pam_org into common-account yourself, as in " PATH_DOC
                       "/pam.d, then try again)",
                       argv);
}

static const char *everyone(const struct enrollment *e)
{
    for (size_t i = 0; i < e->config.orgs; i++)
        if (strcmp(e->config.org[i].name, e->name) == 0)
            return e->config.org[i].everyone;
    return "";
}

/* The example with the members' group in the place of its own. */
static bool write_drop_in(FILE *from, FILE *to, const char *group)
{
    char line[512];
    while (fgets(line, sizeof line, from))
        if (strcmp(line, "Match Group acme\n") == 0)
            fprintf(to, "Match Group %s\n", group);
        else
            fputs(line, to);
    return !ferror(from) && fflush(to) == 0 && !ferror(to);
}

static bool put_drop_in(const char *group)
{
    struct private_file file;
    FILE *from = fopen(EXAMPLE, "re"), *to = NULL;
    bool good = from && private_file_begin(&file, PATH_DROP_IN) == 0;
    if (good) {
        to = fdopen(dup(file.fd), "w");
        good = to && write_drop_in(from, to, group);
        if (to)
            good &= fclose(to) == 0;
        good = good && private_file_finish(&file, false) == 0;
        int cause = errno;
        private_file_abandon(&file);
        errno = cause;
    }
    if (!good)
        complain(EXIT_SETUP, PATH_DROP_IN ": %s", strerror(errno));
    if (from)
        fclose(from);
    return good;
}

static bool keys_on(const struct enrollment *e)
{
    static const char *const test[] = {SSHD_PROGRAM, "-t", NULL};
    uint32_t uid, gid;
    const char *group = everyone(e);
    if (!there(SSHD_PROGRAM) || there(PATH_DROP_IN))
        return true;
    if (!*group) {
        note("sshd is not told of the members' keys: " PATH_CONFIG " has no group with everyone = "
             "true.");
        return true;
    }
    if (local_user(KEYS_USER, &uid, &gid) != LOCAL_YES) {
        complain(EXIT_SETUP, "/etc/passwd has no user " KEYS_USER ": systemd-sysusers makes it");
        return false;
    }
    if (!put_drop_in(group) || !service_run(PATH_DROP_IN, test))
        return false;
    service_reload_sshd();
    return true;
}

static bool members_on(const struct enrollment *e)
{
    static const char *const once[] = {PATH_ORGSYNCD, "--once", NULL};
    (void)e;
    return (service_runs() || service_run("orgsyncd --once", once)) && service_on();
}

/* Prints the lines of the doctor's that tell of failures. */
static void tell_failures(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strstr(line, " failure ") && strstr(line, " failure ") < line + strcspn(line, "\n"))
            note("%.*s", (int)strcspn(line, "\n"), line);
}

/* The doctor runs the real stacks for a stranger, root, a local user and members, and sshd's
 * command for keys. */
static bool prove(const struct enrollment *e)
{
    static const char *const argv[] = {"/proc/self/exe", "host", "doctor", NULL};
    static struct child c;
    const struct timespec pause = {.tv_sec = 1};
    (void)e;
    for (int i = 0; i < PROOFS; i++) {
        child_start_program(&c, argv, PROOF_MS);
        if (child_end(&c) && c.status == 0)
            return true;
        if (interrupt_pending())
            break;
        nanosleep(&pause, NULL);
    }
    tell_failures(c.out);
    complain(EXIT_SETUP, "host doctor %s", *c.fate ? c.fate : "finds failures");
    return false;
}

static const struct {
    const char *what;
    bool (*run)(const struct enrollment *e);
} steps[] = {
    {"orgsyncd keeps the members", members_on},
    {"the members and their groups have names", names_on},
    {"PAM asks pam_org", logins_on},
    {"sshd takes the members' keys", keys_on},
    {"proved: a stranger is refused, root and local users are not", prove},
};

static bool switch_all(const struct enrollment *e)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (interrupt_pending() || !steps[i].run(e))
            return false;
        note("  done: %s", steps[i].what);
    }
    return true;
}

enum exit_status enroll_ready(const struct invocation *inv)
{
    enum exit_status status = check_machine();
    return status == EXIT_DONE ? check_rescue(inv) : status;
}

enum exit_status enroll_switch(struct enrollment *e)
{
    enum exit_status status = ask(e);
    if (status != EXIT_DONE)
        return status;
    interrupt_hold();
    journal_share(true);
    e->switching = true;
    if (!switch_all(e))
        status = EXIT_SETUP;
    journal_share(false);
    interrupt_release();
    if (status == EXIT_DONE)
        note("Members of %s log in on this machine now.", e->c.now.org_name);
    return status;
}

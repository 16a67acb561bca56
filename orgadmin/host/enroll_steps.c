/* host enroll: what is left to be done by a person. Nothing of the system's own is edited here: a
 * mistake in it can lock everybody out, so somebody looks at it first. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/confirm.h"
#include "common/paths.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/enroll.h"
#include "orgadmin/host/pam_stack.h"

#define ANSWER_MS  1000
#define PROFILE    "/usr/share/pam-configs/orglogin"
#define FEDORA     "/etc/authselect"
#define AUTHSELECT "/usr/share/authselect/default"

static bool there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void step_config(const struct enrollment *e)
{
    if (e->org)
        return;
    puts("\n# Add this by hand to \"organizations\" in " PATH_CONFIG ", a group of\n"
         "# all its members to \"groups\", and its rules to \"access\":");
    enroll_write_org(e, stdout, "#");
    putchar('\n');
}

static bool orgsyncd_runs(void)
{
    struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_STATUS};
    struct confirm_reply reply;
    return confirm_ask(confirm_path(), &request, ANSWER_MS, &reply) == 0;
}

static void step_orgsyncd(const struct enrollment *e)
{
    bool runs = orgsyncd_runs();
    if (runs && e->org && !*e->token)
        return;
    puts("\n# Make the members known to this machine.");
    puts(runs ? "orgsyncd --check && systemctl reload orgsyncd"
              : "systemctl enable --now orgsyncd");
}

/* Describes the necessary change of the file at PATH, from which /etc/nsswitch.conf is made; false
 * when that is nothing. */
static bool step_nsswitch(const char *path)
{
    static const char *const databases[] = {"passwd", "group", "shadow"};
    char lacking[64] = "", why[NSSWITCH_WHY_MAX];
    bool wrong = false;
    for (size_t i = 0; i < 3; i++) {
        size_t used = strlen(lacking);
        enum nsswitch look = nsswitch_look(databases[i], why);
        wrong |= look == NSSWITCH_WRONG;
        if (look == NSSWITCH_LACKS)
            snprintf(lacking + used, sizeof lacking - used, "%s%s", used ? "|" : "", databases[i]);
        if (look == NSSWITCH_WRONG)
            printf("\n# %s, %s: %s. Write by hand: files, then systemd, then org.\n", path,
                   databases[i], why);
    }
    if (*lacking)
        printf("\n# Serve members and groups, behind the local ones: \"files systemd org\".\n"
               "sed -E -i.before-orglogin 's/^(%s):[^#]*[^#[:space:]]/& org/' %s\n",
               lacking, path);
    bool initgroups =
        nsswitch_has("initgroups") && nsswitch_look("initgroups", why) != NSSWITCH_GOOD;
    if (initgroups)
        printf("\n# Remove the line initgroups, which hides the groups of members; the line group\n"
               "# then decides.\n"
               "sed -i '/^initgroups:/d' %s\n",
               path);
    return wrong || *lacking || initgroups;
}

/* True if a service does not ask pam_org, or ignores its answer. */
static bool open_door(void)
{
    char why[PAM_STACK_WHY_MAX];
    for (const char *const *door = pam_stack_doors; *door; door++) {
        enum pam_stack look = pam_stack_look(*door, why);
        if (look == PAM_STACK_OPEN || look == PAM_STACK_BROKEN)
            return true;
    }
    return false;
}

/* Where pam-auth-update has our profile, which also makes home directories. */
static void step_pam_debian(void)
{
    if (!open_door() && pam_stack_has("sshd", "session", "pam_mkhomedir.so"))
        return;
    puts("\n# Let PAM ask pam_org about logins, and create a member's home directory at the first\n"
         "# login. Local users and root are not affected. If you have changed common-account,\n"
         "# pam-auth-update leaves it unchanged and says so: then add the two lines with\n"
         "# pam_localuser and pam_org by hand, as in " PATH_DOC "/pam.d.");
    if (there(PROFILE))
        puts("DEBIAN_FRONTEND=noninteractive pam-auth-update --enable orglogin");
}

/* authselect has both files; nsswitch.conf is one of its, too. */
static void step_fedora(void)
{
    const char *base = there(AUTHSELECT "/local") ? "local" : "minimal"; /* as it was called */
    bool door = open_door();
    if (door)
        printf(
            "\n# Let PAM ask pam_org about logins, with a profile of authselect. If yours is not\n"
            "# \"%s\", base the new profile on yours, and make the marked changes of the two\n"
            "# files by hand.\n"
            "authselect create-profile orglogin --base-on=%s\n"
            "cp " PATH_DOC "/pam.d.fedora/system-auth " PATH_DOC
            "/pam.d.fedora/password-auth " FEDORA "/custom/orglogin/\n",
            base, base);
    if (step_nsswitch(FEDORA "/custom/orglogin/nsswitch.conf") || door)
        puts("\nauthselect select custom/orglogin");
}

void enroll_print_steps(const struct enrollment *e)
{
    puts("# The remaining steps on this machine, as root. Read them, then run them line by line,\n"
         "# and keep this shell open until the last line finds no failure.");
    step_config(e);
    step_orgsyncd(e);
    if (there(FEDORA)) {
        step_fedora();
    } else {
        step_nsswitch("/etc/nsswitch.conf");
        step_pam_debian();
    }
    puts("\n# Choose how members authenticate to sshd; for keys in a directory that only root can\n"
         "# write, see " PATH_DOC "/sshd_config.example. The files in\n"
         "# " PATH_DOC "/pam.d for sshd, passwd, chsh and chfn tell a person why something\n"
         "# is refused; each of them is safe alone.\n"
         "\norgadmin host doctor");
}

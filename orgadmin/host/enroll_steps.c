/* host enroll --print: what is left to be done, for a person who wants to do it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/local.h"
#include "common/paths.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/enroll.h"
#include "orgadmin/host/pam_stack.h"
#include "orgadmin/host/service.h"
#include "orgadmin/host/sshd_config.h"

#define PROFILE    "/usr/share/pam-configs/orglogin"
#define FEDORA     "/etc/authselect"
#define AUTHSELECT "/usr/share/authselect/default"
#define VENDOR     "/usr/share/authselect/vendor/orglogin" /* of the package */
#define DROP_IN    "/etc/ssh/sshd_config.d/orglogin.conf"
#define EXAMPLE    PATH_DOC "/sshd_config.example"
#define KEYS_USER  "orglogin-keys"

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

/* True if PATH_CONFIG has what only needs to be switched on, and sudo is there. */
static bool sudo_is_off(const struct enrollment *e)
{
    char line[256];
    bool off = false;
    FILE *f = e->config.sudo == 0 && there(PATH_VISUDO) ? fopen(PATH_CONFIG, "re") : NULL;
    while (f && !off && fgets(line, sizeof line, f))
        off = strncmp(line, ENROLL_SUDO_OFF, strlen(ENROLL_SUDO_OFF)) == 0;
    if (f)
        fclose(f);
    return off;
}

static void step_sudo(void)
{
    puts(
        "\n# Let owners and administrators run all commands by sudo, without a password, as\n"
        "# members have none. Leave this line out, or change \"sudo\" in the file, if that is not\n"
        "# what you want: orglogin.conf(5).\n"
        "sed -i 's/^" ENROLL_SUDO_OFF "/" ENROLL_SUDO "/' " PATH_CONFIG);
}

static void step_orgsyncd(const struct enrollment *e)
{
    bool runs = service_runs(), off = sudo_is_off(e);
    if (off)
        step_sudo();
    if (runs && e->org && !*e->token && !off)
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
    if (!open_door() && pam_stack_has("sshd", "session", "pam_mkhomedir.so") &&
        pam_stack_has("sshd", "session", "pam_org.so"))
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
    if (door && there(VENDOR)) {
        puts(
            "\n# Let PAM ask pam_org about logins, and the name service know members, by the profile of\n"
            "# orglogin. It is the profile \"local\": if yours is another, see " PATH_DOC
            "/pam.d.fedora.\n"
            "authselect select orglogin");
        return;
    }
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

/* Sshd learns the keys of members, of whom GROUP are all. */
static void print_drop_in(const char *group)
{
    uint32_t uid, gid;
    puts(
        "\n# Let sshd admit members by the ssh keys that the organization has of them. Local users\n"
        "# and root log in as before.");
    if (local_user(KEYS_USER, &uid, &gid) != LOCAL_YES)
        puts("useradd --system --no-create-home --shell /usr/sbin/nologin " KEYS_USER);
    printf("sed 's/^Match Group acme$/Match Group %s/' " EXAMPLE " >" DROP_IN "\n"
           "sshd -t && systemctl reload %s\n",
           group, there(FEDORA) ? "sshd" : "ssh");
}

static void step_sshd(const struct enrollment *e)
{
    const char *group = e->name;
    for (size_t i = 0; i < e->config.orgs; i++)
        if (strcmp(e->config.org[i].name, e->name) == 0)
            group = e->config.org[i].everyone;
    if (!there(SSHD_PROGRAM) || !there(EXAMPLE))
        return;
    if (there(DROP_IN) && !e->org)
        printf("\n# Add the group of all members to the line \"Match Group\" in " DROP_IN
               ",\n# behind a comma: for example %s. Then: sshd -t && systemctl reload ssh\n",
               e->name);
    else if (!there(DROP_IN) && *group)
        print_drop_in(group);
    else if (!there(DROP_IN))
        puts("\n# sshd learns the keys of members by " EXAMPLE ",\n"
             "# which needs a group with everyone = true in " PATH_CONFIG ".");
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
    step_sshd(e);
    puts("\n# The files in " PATH_DOC "/pam.d for sshd, passwd, chsh and chfn tell a\n"
         "# person why something is refused; each of them is safe alone.\n"
         "\norgadmin host doctor");
}

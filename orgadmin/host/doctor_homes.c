/* host doctor: where members land when they are in. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/home.h"
#include "common/paths.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/pam_stack.h"
#include "orgadmin/host/sshd_config.h"

/* Sets *USER to the first of the first members whose home pam_org refuses, with WHY. */
static bool find_unfit(const struct doctor *d, struct snapshot_user *user, char why[HOME_WHY_MAX])
{
    struct doctor_walk walk = {0};
    while (doctor_next_member(d, &walk, user))
        if (!home_fit(user->home, user->uid, why))
            return true;
    return false;
}

/* Likewise whose home is there and is root's, as one is that was not finished. */
static bool find_roots(const struct doctor *d, struct snapshot_user *user)
{
    struct doctor_walk walk = {0};
    struct stat st;
    while (doctor_next_member(d, &walk, user))
        if (stat(user->home, &st) == 0 && st.st_uid == 0)
            return true;
    return false;
}

/* Likewise whose shell cannot be run. */
static bool find_shellless(const struct doctor *d, struct snapshot_user *user)
{
    struct doctor_walk walk = {0};
    while (doctor_next_member(d, &walk, user))
        if (access(user->shell, X_OK) < 0)
            return true;
    return false;
}

/* True if nobody makes the home that WHO has not yet. */
static bool stays_missing(const struct snapshot_user *who)
{
    struct stat st;
    return access(SSHD_PROGRAM, X_OK) == 0 &&
           !pam_stack_has("sshd", "session", "pam_mkhomedir.so") &&
           !pam_stack_has("sshd", "session", "pam_oddjob_mkhomedir.so") && stat(who->home, &st) < 0;
}

/* True if sshd's session phase makes homes, and does not ask pam_org what lies in their place. */
static bool goes_unasked(void)
{
    return access(SSHD_PROGRAM, X_OK) == 0 && !pam_stack_has("sshd", "session", "pam_org.so");
}

void doctor_homes(struct doctor *d)
{
    const struct snapshot_user *who = &d->member;
    struct snapshot_user other;
    char why[HOME_WHY_MAX];
    if (!who->name)
        doctor_note(d, "home and shell", FOUND_SKIPPED, "", "there is no active member to look at");
    else if (find_shellless(d, &other))
        doctor_note(d, "home and shell", FOUND_FAILURE,
                    "install it, or choose another as users.shell or in accounts in orglogin.conf",
                    "the shell of %s, %s, cannot be run: sshd refuses the member", other.name,
                    other.shell);
    else if (find_unfit(d, &other, why))
        doctor_note(d, "home and shell", FOUND_FAILURE,
                    "take it away, or give it to its owner; what others can put there would run as "
                    "the member",
                    "pam_org refuses the home of %s: %s", other.name, why);
    else if (strrchr(who->home, '/') == who->home)
        doctor_note(d, "home and shell", FOUND_WARNING,
                    "users.home = \"/home/%u\" in orglogin.conf: who is renamed keeps his home",
                    "the home of %s is %s: a member can have the name of a directory in /",
                    who->name, who->home);
    else if (find_roots(d, &other))
        doctor_note(d, "home and shell", FOUND_WARNING,
                    "chown -R it to the member if it is the member's; if making it was broken off, "
                    "remove it: the next login makes it",
                    "%s, the home of %s, belongs to root: the member can change nothing there",
                    other.home, other.name);
    else if (stays_missing(who))
        doctor_note(d, "home and shell", FOUND_WARNING,
                    "a line for pam_mkhomedir in /etc/pam.d/sshd, as in " PATH_DOC "/pam.d/sshd",
                    "%s, the home of %s, is not there, and sshd's session phase makes none",
                    who->home, who->name);
    else if (goes_unasked())
        doctor_note(d, "home and shell", FOUND_WARNING,
                    "pam-auth-update --enable orglogin, or the line for pam_org as in " PATH_DOC
                    "/pam.d/sshd, in front of pam_mkhomedir",
                    "sshd's session phase does not ask pam_org: a member lands in whatever lies in "
                    "the place of the home");
    else
        doctor_note(d, "home and shell", FOUND_OK, "", "%s begins with %s in %s", who->name,
                    who->shell, who->home);
}

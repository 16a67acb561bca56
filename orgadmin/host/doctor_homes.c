/* host doctor: where members land when they are in. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/paths.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/pam_stack.h"
#include "orgadmin/host/sshd_config.h"

/* True if one of the first members has a home that is there and not his: *USER and *OWNER. */
static bool is_anothers(const struct doctor *d, struct snapshot_user *user, uid_t *owner)
{
    struct doctor_walk walk = {0};
    struct stat st;
    while (doctor_next_member(d, &walk, user))
        if (stat(user->home, &st) == 0 && st.st_uid != user->uid) {
            *owner = st.st_uid;
            return true;
        }
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

void doctor_homes(struct doctor *d)
{
    const struct snapshot_user *who = &d->member;
    struct snapshot_user other;
    uid_t owner = 0;
    if (!who->name)
        doctor_note(d, "home and shell", FOUND_SKIPPED, "", "there is no active member to look at");
    else if (access(who->shell, X_OK) < 0)
        doctor_note(d, "home and shell", FOUND_FAILURE,
                    "install it, or choose another as users.shell in orglogin.conf",
                    "the shell of %s, %s, cannot be run: sshd refuses the member", who->name,
                    who->shell);
    else if (strrchr(who->home, '/') == who->home)
        doctor_note(d, "home and shell", FOUND_WARNING,
                    "users.home = \"/home/%u\" in orglogin.conf: who is renamed keeps his home",
                    "the home of %s is %s: a member can have the name of a directory in /",
                    who->name, who->home);
    else if (is_anothers(d, &other, &owner))
        doctor_note(d, "home and shell", FOUND_WARNING,
                    "chown it if it is his, else move it: he can change nothing there, and what "
                    "its owner puts there is run for him",
                    "%s, the home of %s, belongs to uid %" PRIu32, other.home, other.name,
                    (uint32_t)owner);
    else if (stays_missing(who))
        doctor_note(d, "home and shell", FOUND_WARNING,
                    "a line for pam_mkhomedir in /etc/pam.d/sshd, as in " PATH_DOC "/pam.d/sshd",
                    "%s, the home of %s, is not there, and sshd's session phase makes none",
                    who->home, who->name);
    else
        doctor_note(d, "home and shell", FOUND_OK, "", "%s begins with %s in %s", who->name,
                    who->shell, who->home);
}

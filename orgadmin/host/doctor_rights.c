/* host doctor: whom sudo serves by "sudo" in orglogin.conf: the file that orgsyncd makes of it, and
 * sudo's own word on a member who has the rights and on one who has not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/paths.h"
#include "orgadmin/host/child.h"
#include "orgadmin/host/doctor.h"

#define CHECK     "sudo by role"
#define SUDO      "/usr/bin/sudo"
#define FILE_SIZE (1 << 20)
#define GIDS_MAX  64

/* The numbers of the groups that have rules in the file. */
struct rights {
    uint32_t gid[GIDS_MAX];
    size_t count;
};

/* Each rule is a line "%#GID ALL=...". */
static void read_rules(const char *text, struct rights *r)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "%#", 2) == 0 && r->count < GIDS_MAX)
            r->gid[r->count++] = (uint32_t)strtoul(line + 2, NULL, 10);
    }
}

/* Reads orgsyncd's file. Returns 1, 0 when there is none, or -1 with *WHY. */
static int read_file(struct rights *r, const char **why)
{
    char *text = malloc(FILE_SIZE);
    int rc = -1;
    *why = "cannot be read";
    if (text && file_read_trusted(PATH_SUDOERS, FILE_ROOTS, text, FILE_SIZE, why) < 0)
        rc = errno == ENOENT ? 0 : -1;
    else if (text && strncmp(text, SUDOERS_MARK, strlen(SUDOERS_MARK)) != 0)
        *why = "was not made by orgsyncd";
    else if (text)
        rc = 1;
    if (rc == 1)
        read_rules(text, r);
    free(text);
    return rc;
}

static bool is_in(const struct doctor *d, const struct snapshot_user *user, uint32_t gid)
{
    struct snapshot_grants grants;
    gid_t own;
    if (snapshot_grants_groups(&d->snapshot, user->grants_ref, &grants) != SNAPSHOT_OK)
        return false;
    for (uint32_t i = 0; i < grants.gid_count; i++)
        if (snapshot_gid(&grants, i, &own) && own == gid)
            return true;
    return false;
}

/* The first member in the group GID. */
static bool find_in(const struct doctor *d, uint32_t gid, struct snapshot_user *user)
{
    struct doctor_walk walk = {0};
    while (doctor_next_member(d, &walk, user))
        if (is_in(d, user, gid))
            return true;
    return false;
}

/* The first member in none of the groups. */
static bool find_outside(const struct doctor *d, const struct rights *r, struct snapshot_user *user)
{
    struct doctor_walk walk = {0};
    while (doctor_next_member(d, &walk, user)) {
        size_t i = 0;
        while (i < r->count && !is_in(d, user, r->gid[i]))
            i++;
        if (i == r->count)
            return true;
    }
    return false;
}

enum served { SERVED_NO, SERVED_YES, SERVED_UNKNOWN };

/* Sudo's answer, by sudoers alone: root asks, so pam_org is not asked about NAME. */
static enum served ask_sudo(const char *name)
{
    struct child c;
    const char *const argv[] = {SUDO, "-n", "-l", "-U", name, NULL};
    child_start_program(&c, argv, DOCTOR_PROGRAM_MS);
    if (!child_end(&c))
        return SERVED_UNKNOWN;
    if (strstr(c.out, "may run the following commands"))
        return SERVED_YES;
    return strstr(c.out, "is not allowed to run sudo") ||
                   strstr(c.err, "is not allowed to run sudo")
               ? SERVED_NO
               : SERVED_UNKNOWN;
}

/* Notes the first group whose members have not what orglogin.conf gives them. False when there is
 * none. */
static bool check_inside(struct doctor *d, const struct rights *r)
{
    struct snapshot_user user;
    for (size_t i = 0; i < r->count; i++) {
        if (!find_in(d, r->gid[i], &user))
            continue;
        enum served served = ask_sudo(user.name);
        if (served == SERVED_NO)
            doctor_note(d, CHECK, FOUND_FAILURE,
                        "/etc/sudoers needs the line @includedir " ORG_SUDOERSDIR
                        "; visudo -c says what else is wrong",
                        "sudo does not serve %s, whom " PATH_SUDOERS " names", user.name);
        else if (served == SERVED_UNKNOWN)
            doctor_note(d, CHECK, FOUND_WARNING, "visudo -c says what is wrong",
                        "sudo -l -U %s has no answer", user.name);
        else if (doctor_decide(d, &user, "sudo", true) == VERDICT_DENY)
            doctor_note(d, CHECK, FOUND_WARNING,
                        "a rule in access with the service sudo and the same roles",
                        "sudo serves %s by sudoers, and pam_org refuses: orgadmin host explain %s "
                        "sudo",
                        user.name, user.name);
        else
            continue;
        return true;
    }
    return false;
}

static void check_members(struct doctor *d, const struct rights *r)
{
    struct snapshot_user user;
    if (check_inside(d, r))
        return;
    if (find_outside(d, r, &user) && ask_sudo(user.name) == SERVED_YES)
        doctor_note(d, CHECK, FOUND_WARNING,
                    "if this is not intended, take that rule out of sudoers",
                    "sudo serves %s, too, by a rule that is not orglogin's: sudo -l -U %s",
                    user.name, user.name);
    else
        doctor_note(d, CHECK, FOUND_OK, "",
                    "sudo serves the members of %zu group%s of orglogin.conf", r->count,
                    r->count == 1 ? "" : "s");
}

static void check_wildcards(struct doctor *d)
{
    if (*d->config.sudo_wild)
        doctor_note(d, "sudo commands", FOUND_WARNING, "write each command with its arguments out",
                    "\"%s\" in orglogin.conf has a wildcard, which also stands for blanks and "
                    "slashes: members can run more than is meant",
                    d->config.sudo_wild);
    else if (d->config.sudo > 0)
        doctor_note(d, "sudo commands", FOUND_OK, "", "no command has a wildcard");
}

void doctor_rights(struct doctor *d)
{
    struct rights rights = {0};
    const char *why;
    if (access(SUDO, X_OK) < 0 && d->config.sudo == 0)
        return;
    int file = read_file(&rights, &why);
    if (d->config.orgs == 0 || !d->snapshot.base)
        doctor_note(d, CHECK, FOUND_SKIPPED, "",
                    "without configuration and snapshot nothing tells");
    else if (d->config.sudo == 0 && file == 1)
        doctor_note(d, CHECK, FOUND_FAILURE, "systemctl reload orgsyncd, which removes it",
                    PATH_SUDOERS " gives rights that orglogin.conf does not");
    else if (d->config.sudo == 0)
        doctor_note(d, CHECK, FOUND_OK, "", "orglogin.conf gives no member rights");
    else if (access(SUDO, X_OK) < 0)
        doctor_note(d, CHECK, FOUND_FAILURE, "install sudo, then systemctl restart orgsyncd",
                    "orglogin.conf gives rights, and there is no " SUDO);
    else if (file < 1)
        doctor_note(d, CHECK, FOUND_FAILURE,
                    "move away what lies there; systemctl reload orgsyncd; its log says what is "
                    "wrong",
                    PATH_SUDOERS " %s: members have not the rights of orglogin.conf",
                    file == 0 ? "is not there" : why);
    else if (rights.count != d->config.sudo)
        doctor_note(d, CHECK, FOUND_FAILURE,
                    "systemctl reload orgsyncd; its log says what is wrong",
                    PATH_SUDOERS " has %zu rule%s, and orglogin.conf %zu", rights.count,
                    rights.count == 1 ? "" : "s", d->config.sudo);
    else
        check_members(d, &rights);
    check_wildcards(d);
}

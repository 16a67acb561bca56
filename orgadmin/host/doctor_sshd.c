/* host doctor: sshd's own configuration, as sshd understands it. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/paths.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/pam_stack.h"
#include "orgadmin/host/sshd_config.h"

/* True if sshd_config(5)'s KEY, AllowUsers or AllowGroups, leaves out everybody of the snapshot. */
static bool leaves_out(const struct doctor *d, const char *text, const char *key, bool groups)
{
    struct snapshot_user user;
    struct snapshot_group group;
    size_t len = strlen(key);
    bool there = false;
    for (const char *line = text; line && d->snapshot.base; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, len) != 0 || line[len] != ' ')
            continue;
        const char *name = line + len + 1;
        size_t size = strcspn(name, "\n");
        there = true;
        if (strcspn(name, "*?!@\n") < size || /* a pattern: who knows */
            (groups ? snapshot_group_by_name(&d->snapshot, name, size, &group)
                    : snapshot_user_by_name(&d->snapshot, name, size, &user)) == SNAPSHOT_OK)
            return false;
    }
    return there;
}

/* True if somebody beside root can put something where PATTERN, an absolute path with sshd's
 * tokens, leads for everybody; OUT is the directory then. */
static bool is_loose(const char *pattern, char out[SSHD_VALUE_SIZE])
{
    struct stat st;
    for (const char *slash = pattern; slash; slash = strchr(slash + 1, '/')) {
        snprintf(out, SSHD_VALUE_SIZE, "%.*s", slash == pattern ? 1 : (int)(slash - pattern),
                 pattern);
        if (strchr(out, '%') || stat(out, &st) < 0)
            return false;
        if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
            return true;
    }
    return false;
}

/* The same for any of the words of AuthorizedKeysFile. */
static bool keys_are_loose(const char *text, char out[SSHD_VALUE_SIZE])
{
    char value[SSHD_VALUE_SIZE], *rest = value;
    sshd_value(text, "authorizedkeysfile", value);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word == '/' && is_loose(word, out))
            return true;
    return false;
}

/* True if one of the lists of AuthenticationMethods is done with keyboard-interactive, no key. */
static bool does_without_key(const char *text)
{
    char value[SSHD_VALUE_SIZE], *rest = value;
    for (sshd_value(text, "authenticationmethods", value); rest;) {
        const char *list = strsep(&rest, " ");
        if (!strstr(list, "publickey") &&
            (strcmp(list, "any") == 0 || strstr(list, "keyboard-interactive")))
            return true;
    }
    return false;
}

/* True if TEXT, a local user's settings, takes no password by the one method, and what PAM asks
 * for, such as a password, by the other. */
static bool is_trap(const char *text)
{
    char value[SSHD_VALUE_SIZE];
    return strcmp(sshd_value(text, "usepam", value), "yes") == 0 &&
           strcmp(sshd_value(text, "passwordauthentication", value), "no") == 0 &&
           strcmp(sshd_value(text, "kbdinteractiveauthentication", value), "yes") == 0 &&
           does_without_key(text) && pam_stack_succeeds("sshd", "auth");
}

/* Notes the worst of what TEXT, a member's settings, has against members or for strangers; TRAP is
 * is_trap of a local user's. */
static void judge(struct doctor *d, const char *text, bool trap)
{
    char value[SSHD_VALUE_SIZE];
    if (strcmp(sshd_value(text, "usepam", value), "yes") != 0)
        doctor_note(d, "sshd", FOUND_FAILURE,
                    "UsePAM yes in /etc/ssh/sshd_config; systemctl reload ssh",
                    "UsePAM %s: it does not ask pam_org, every member with a key gets in",
                    *value ? value : "is not there");
    else if (trap)
        doctor_note(d, "sshd", FOUND_WARNING,
                    "KbdInteractiveAuthentication no; systemctl reload ssh. It is for a pam.d/sshd "
                    "whose line (1) is switched on, see " PATH_DOC "/pam.d/sshd",
                    "PasswordAuthentication no, but KbdInteractiveAuthentication yes: whoever "
                    "answers what the auth phase of pam.d/sshd asks, a password, needs no key");
    else if (leaves_out(d, text, "allowgroups", true) || leaves_out(d, text, "allowusers", false))
        doctor_note(d, "sshd", FOUND_WARNING,
                    "AllowGroups with one of the groups in orglogin.conf, or without the line: "
                    "its rules say who may use sshd",
                    "AllowGroups or AllowUsers has nobody of an organization: no member gets in");
    else if (keys_are_loose(text, value))
        doctor_note(d, "sshd", FOUND_WARNING,
                    "chown root, chmod go-w: sshd minds no key below it, or with StrictModes no "
                    "those that anybody puts there",
                    "AuthorizedKeysFile leads below %s, where others than root may write", value);
    else if (strcmp(sshd_value(text, "permituserenvironment", value), "no") != 0)
        doctor_note(d, "sshd", FOUND_WARNING, "PermitUserEnvironment no",
                    "PermitUserEnvironment %s: a member's own file decides what LD_PRELOAD and "
                    "PATH are before his shell, or a forced command, runs",
                    value);
    else if (strcmp(sshd_value(text, "kbdinteractiveauthentication", value), "no") == 0)
        doctor_note(d, "sshd", FOUND_OK, "",
                    "asks PAM; who comes without an accepted key is not told why he is refused "
                    "(KbdInteractiveAuthentication no)");
    else
        doctor_note(d, "sshd", FOUND_OK, "", "asks PAM, and tells a refused user why");
}

void doctor_sshd(struct doctor *d)
{
    struct child c;
    if (access(SSHD_PROGRAM, X_OK) < 0)
        return;
    bool answered = sshd_ask(&c, *d->local ? d->local : "root");
    bool trap = answered && is_trap(c.out);
    answered = answered && sshd_ask(&c, d->member.name ? d->member.name : "root");
    if (answered) {
        judge(d, c.out, trap);
        return;
    }
    c.err[strcspn(c.err, "\r\n")] = '\0';
    doctor_note(d, "sshd", FOUND_WARNING, "sshd -t says what is wrong",
                "its configuration cannot be looked at: %s", c.fate[0] ? c.fate : c.err);
}

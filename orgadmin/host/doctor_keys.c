/* host doctor: the ssh keys of members, the organization's and their own; sshd's command for the
 * former is run as sshd runs it. */
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/confirm.h"
#include "common/key_list.h"
#include "common/paths.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/sshd_config.h"

#define CHECK   "ssh keys"
#define EXAMPLE PATH_DOC "/sshd_config.example"
#define ARGS    32

/* --- sshd's tokens --- */

/* TEXT with %u, %U, %h and %% of USER in OUT. False when it has others, or is too long. */
static bool expand(const char *text, const struct snapshot_user *user, char *out, size_t size)
{
    char uid[16];
    size_t used = 0;
    snprintf(uid, sizeof uid, "%" PRIu32, user->uid);
    for (; *text; text++) {
        char plain[2] = {*text, '\0'};
        const char *piece = plain;
        if (*text == '%') {
            text++;
            piece = *text == 'u'   ? user->name
                    : *text == 'U' ? uid
                    : *text == 'h' ? user->home
                    : *text == '%' ? "%"
                                   : NULL;
        }
        size_t len = piece ? strlen(piece) : size;
        if (len >= size - used)
            return false;
        memcpy(out + used, piece, len);
        used += len;
    }
    out[used] = '\0';
    return true;
}

/* --- their own keys --- */

/* True if the file PATTERN, a word of AuthorizedKeysFile, is there and in USER's hands. */
static bool has_own(const char *pattern, const struct snapshot_user *user, char *path, size_t size)
{
    struct stat st;
    char word[SSHD_VALUE_SIZE];
    size_t home = strlen(user->home);
    if (strcmp(pattern, "none") == 0 || !expand(pattern, user, word, sizeof word))
        return false;
    snprintf(path, size, "%s%s%s", *word == '/' ? "" : user->home, *word == '/' ? "" : "/", word);
    bool at_home = strncmp(path, user->home, home) == 0 && path[home] == '/';
    return stat(path, &st) == 0 && st.st_size > 0 && (at_home || st.st_uid == user->uid);
}

/* TEXT are a member's settings. */
static void check_own_keys(struct doctor *d, const char *text)
{
    struct doctor_walk walk = {0};
    struct snapshot_user user;
    char value[SSHD_VALUE_SIZE], path[2 * SSHD_VALUE_SIZE], first[2 * SSHD_VALUE_SIZE] = "";
    unsigned count = 0;
    while (doctor_next_member(d, &walk, &user)) {
        char *rest = value;
        bool own = false;
        sshd_value(text, "authorizedkeysfile", value);
        for (char *word; !own && (word = strsep(&rest, " ")) != NULL;)
            own = has_own(word, &user, path, sizeof path);
        if (own && count++ == 0)
            memcpy(first, path, sizeof first);
    }
    if (count > 0)
        doctor_note(d, "own ssh keys", FOUND_WARNING,
                    "AuthorizedKeysFile none, or a place of root's, for members, see " EXAMPLE,
                    "%u member%s keys where the organization cannot withdraw them: %.400s%s", count,
                    count == 1 ? " has" : "s have", first, count == 1 ? "" : " and others");
    else
        doctor_note(d, "own ssh keys", FOUND_OK, "",
                    "no member has keys that the organization cannot withdraw");
}

/* --- the organization's --- */

/* Keys of USER that have not ended. */
static unsigned count_keys(const struct doctor *d, const struct snapshot_user *user)
{
    struct snapshot_grants grants;
    struct key_list keys;
    struct ssh_key key;
    uint32_t end;
    unsigned count = 0;
    if (snapshot_keys(&d->snapshot, user->uid, &keys) != SNAPSHOT_OK ||
        snapshot_grants_groups(&d->snapshot, user->grants_ref, &grants) != SNAPSHOT_OK)
        return 0;
    int64_t confirmed_ms = snapshot_confirmed(&d->snapshot, grants.org);
    while (key_list_take(&keys, &key, &end))
        count += !key_list_ended(end, clock_wall_ms(), confirmed_ms);
    return count;
}

/* The first member who has keys; false when none of the first thousand has. */
static bool find_member(const struct doctor *d, struct snapshot_user *user)
{
    struct doctor_walk walk = {0};
    while (doctor_next_member(d, &walk, user))
        if (count_keys(d, user) > 0)
            return true;
    return false;
}

/* The part of the path of PROGRAM that keeps sshd from running it, in OUT; false when none does. */
static bool is_unsafe(const char *program, char out[SSHD_VALUE_SIZE])
{
    struct stat st;
    char *real = realpath(program, NULL);
    snprintf(out, SSHD_VALUE_SIZE, "%s", real ? real : program);
    free(real);
    for (;;) {
        if (stat(out, &st) < 0 || st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
            return true;
        char *slash = strrchr(out, '/');
        if (!slash || out[1] == '\0')
            return false;
        slash[slash == out] = '\0';
    }
}

/* A run of sshd's command. */
struct key_run {
    const struct passwd *as;
    char *argv[ARGS + 1];
};

/* What sshd gives it: the user's rights and a short environment. */
static int run_command(void *arg)
{
    const struct key_run *r = arg;
    clearenv();
    if (chdir("/") < 0 || setgroups(1, &r->as->pw_gid) < 0 || setgid(r->as->pw_gid) < 0 ||
        setuid(r->as->pw_uid) < 0 || setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin", 1) < 0 ||
        setenv("USER", r->as->pw_name, 1) < 0 || setenv("LOGNAME", r->as->pw_name, 1) < 0 ||
        setenv("HOME", r->as->pw_dir, 1) < 0)
        return 126;
    execv(r->argv[0], r->argv);
    return 127;
}

/* Splits COMMAND, in which no word has a space, as sshd does, with USER's tokens. False when it
 * cannot be told what sshd would run. */
static bool split(char *command, const struct snapshot_user *user, struct key_run *r)
{
    static char words[ARGS][SSHD_VALUE_SIZE];
    int n = 0;
    for (char *word; (word = strsep(&command, " ")) != NULL;) {
        if (!*word)
            continue;
        if (n == ARGS || strpbrk(word, "\"'\\") || !expand(word, user, words[n], sizeof words[n]))
            return false;
        r->argv[n] = words[n];
        n++;
    }
    r->argv[n] = NULL;
    return n > 0;
}

/* True if OUTPUT has one of USER's keys. */
static bool tells_key(const struct doctor *d, const char *output, const struct snapshot_user *user)
{
    struct key_list keys;
    struct ssh_key key;
    uint32_t end;
    char text[SSH_KEY_TEXT_SIZE];
    if (snapshot_keys(&d->snapshot, user->uid, &keys) != SNAPSHOT_OK)
        return false;
    while (key_list_take(&keys, &key, &end)) {
        ssh_key_print(&key, text);
        if (strstr(output, text))
            return true;
    }
    return false;
}

static void judge_run(struct doctor *d, struct key_run *r, const struct snapshot_user *user)
{
    static struct child c;
    int64_t begun = clock_mono_ms();
    child_start(&c, run_command, r, DOCTOR_PROGRAM_MS);
    bool ended = child_end(&c);
    int took = (int)(clock_mono_ms() - begun);
    if (!ended)
        doctor_note(d, CHECK, FOUND_FAILURE, "run it as that user; see orglogin-keys(8)",
                    "%s as %s for %s %s", r->argv[0], r->as->pw_name, user->name, c.fate);
    else if (c.status != 0)
        doctor_note(d, CHECK, FOUND_FAILURE,
                    c.status == 127 ? "chmod 755 for it and the directories above"
                                    : "run it as that user; see orglogin-keys(8)",
                    "%s as %s for %s ends with status %d: sshd takes no key from it", r->argv[0],
                    r->as->pw_name, user->name, c.status);
    else if (!tells_key(d, c.out, user))
        doctor_note(d, CHECK, FOUND_FAILURE,
                    "AuthorizedKeysCommand " PATH_KEYS " %u %U; journalctl -t orglogin-keys",
                    "%s as %s tells none of the %u of %s", r->argv[0], r->as->pw_name,
                    count_keys(d, user), user->name);
    else if (r->as->pw_uid != 0 && strcmp(r->as->pw_name, CONFIRM_KEYS_USER) != 0)
        doctor_note(d, CHECK, FOUND_WARNING, "AuthorizedKeysCommandUser " CONFIRM_KEYS_USER,
                    "sshd runs it as %s: it waits for orgsyncd among all users, who can delay it",
                    r->as->pw_name);
    else
        doctor_note(d, CHECK, FOUND_OK, "", "sshd is told %u of %s in %d ms", count_keys(d, user),
                    user->name, took);
}

/* COMMAND, of TEXT, is orglogin-keys. */
static void check_command(struct doctor *d, const char *text, char *command,
                          const struct snapshot_user *user)
{
    char name[SSHD_VALUE_SIZE], part[SSHD_VALUE_SIZE];
    struct key_run r = {.as = getpwnam(sshd_value(text, "authorizedkeyscommanduser", name))};
    if (!r.as)
        doctor_note(d, CHECK, FOUND_FAILURE,
                    "systemd-sysusers, or useradd --system --no-create-home --shell "
                    "/usr/sbin/nologin " CONFIRM_KEYS_USER,
                    "there is no user \"%.64s\", as which sshd is to ask for the keys of members",
                    name);
    else if (!split(command, user, &r))
        doctor_note(d, CHECK, FOUND_SKIPPED, "",
                    "AuthorizedKeysCommand has quotes or tokens that are not known here");
    else if (is_unsafe(r.argv[0], part))
        doctor_note(d, CHECK, FOUND_FAILURE, "chown root, chmod go-w; or make install",
                    "sshd does not run %.400s: %.400s is not there, not root's, or others may "
                    "write to it",
                    r.argv[0], part);
    else
        judge_run(d, &r, user);
}

/* TEXT are the settings of USER, who has keys if HAS. */
static void check_organizations_keys(struct doctor *d, const char *text,
                                     const struct snapshot_user *user, bool has)
{
    char command[SSHD_VALUE_SIZE];
    sshd_value(text, "authorizedkeyscommand", command);
    bool ours = strstr(command, "/orglogin-keys") != NULL;
    if (!has)
        doctor_note(d, CHECK, FOUND_OK, "", "the organization has none of a member%s",
                    ours ? "" : ", and sshd does not ask for them");
    else if (!ours)
        doctor_note(d, CHECK, FOUND_WARNING, "the lines with AuthorizedKeysCommand of " EXAMPLE,
                    "sshd does not ask for them: those that the organization has of %s and others "
                    "open nothing",
                    user->name);
    else if (doctor_decide(d, user, "sshd", true) != doctor_decide(d, user, "sshd", false))
        doctor_note(d, CHECK, FOUND_SKIPPED, "",
                    "the organization was not heard from within offline_grace");
    else
        check_command(d, text, command, user);
}

/* True if every user can read the snapshot. */
static bool is_open_to_all(void)
{
    struct stat st;
    return stat(ORG_STATEDIR, &st) == 0 && (st.st_mode & S_IXOTH) != 0 &&
           stat(PATH_SNAPSHOT, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

void doctor_keys(struct doctor *d)
{
    static struct child c;
    struct snapshot_user user = d->member;
    if (access(SSHD_PROGRAM, X_OK) < 0)
        return;
    bool has = d->snapshot.base && find_member(d, &user);
    if (!has)
        user = d->member;
    const char *lacks = !user.name                 ? "there is no member in a snapshot"
                        : !d->lookup               ? "glibc does not find members"
                        : !is_open_to_all()        ? "others than root cannot read the snapshot"
                        : !sshd_ask(&c, user.name) ? "sshd does not say what it does for members"
                                                   : NULL;
    if (lacks) {
        doctor_note(d, CHECK, FOUND_SKIPPED, "", "%s", lacks);
        return;
    }
    check_organizations_keys(d, c.out, &user, has);
    check_own_keys(d, c.out);
}

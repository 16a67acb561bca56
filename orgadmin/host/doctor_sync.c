/* host doctor: the configuration, the files, the snapshot and orgsyncd. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/confirm.h"
#include "common/file.h"
#include "common/local.h"
#include "common/paths.h"
#include "orgadmin/host/child.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/span.h"

#define CHECK_LIMIT_MS  60000 /* orgsyncd --check lists every organization */
#define ANSWER_SLACK_MS 1000
#define WAIT_MAX_MS     30000 /* the longest that anybody can configure */
#define FETCHER_USER    HOST_FETCHER_USER
#define ORGD_USER       "orgd"
#define ORGD_DIR        "/var/lib/orgd" /* its unit's state directory */
#define MAKE_USERS      "systemd-sysusers --root=/ orglogin.conf"
#define NOT_FOUND       127 /* child.h's */
#define BAD_CONFIG      3   /* orgsyncd(8) */

/* The time to wait for an answer while no snapshot tells it. */
#define MAX_AGE_MS 10000
#define WAIT_MS    2000

/* --- configuration --- */

/* The first line of what a program said, without its own name in front. */
static const char *first_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    return strncmp(text, "orgsyncd: ", 10) == 0 ? text + 10 : text;
}

static void check_configuration(struct doctor *d, struct child *check)
{
    static const char *const argv[] = {PATH_ORGSYNCD, "--check", NULL};
    static const char name[] = "configuration";
    const char *why;
    child_start_program(check, argv, CHECK_LIMIT_MS);
    bool ended = child_end(check);
    if (ended && check->status == BAD_CONFIG && access(PATH_CONFIG, F_OK) < 0)
        doctor_note(d, name, FOUND_FAILURE, "orgadmin host enroll makes one",
                    "there is no " PATH_CONFIG);
    else if (ended && check->status == BAD_CONFIG)
        doctor_note(d, name, FOUND_FAILURE,
                    "correct it; orgsyncd --check says whether it is right, systemctl reload "
                    "orgsyncd makes it count",
                    "%s", first_line(check->err));
    else if (!ended || check->status == NOT_FOUND)
        doctor_note(d, name, FOUND_FAILURE, "reinstall the package", PATH_ORGSYNCD " --check %s",
                    ended ? first_line(check->err) : check->fate);
    else if (host_config_read(PATH_CONFIG, &d->config, &why) < 0)
        doctor_note(d, name, FOUND_FAILURE, "orgsyncd --check", PATH_CONFIG " %s", why);
    else
        doctor_note(d, name, FOUND_OK, "", PATH_CONFIG " is sound");
}

/* --- files --- */

/* The fault of the directory PATH, or NULL. Another check reports a missing one.
 */
static const char *directory_fault(const char *path, bool public)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISDIR(st.st_mode))
        return "is not a directory";
    if (st.st_uid != 0)
        return "is not root's";
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return "is writable by group or others";
    if (public && !(st.st_mode & S_IXOTH))
        return "is closed to others: programs that are not root's find no names";
    return NULL;
}

static void check_files(struct doctor *d)
{
    static const struct {
        const char *path;
        bool public;
    } dirs[] = {{ORG_SYSCONFDIR, false}, {ORG_STATEDIR, true}, {ORG_RUNDIR, true}};
    static const char name[] = "directories";
    const char *fault;
    struct stat st;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        if ((fault = directory_fault(dirs[i].path, dirs[i].public)) != NULL) {
            doctor_note(d, name, FOUND_FAILURE, "chown root, chmod 755", "%s %s", dirs[i].path,
                        fault);
            return;
        }
    int fd = file_open_trusted(PATH_LEDGER, FILE_SECRET, &st, &fault);
    if (fd >= 0)
        close(fd);
    if (fd < 0 && errno != ENOENT)
        doctor_note(d, name, FOUND_FAILURE, "chown root, chmod 600", PATH_LEDGER " %s", fault);
    else
        doctor_note(d, name, FOUND_OK, "", "what orglogin keeps is root's");
}

/* Checks that there is room for the next snapshot beside this one, kept or free. Without it a
 * change cannot count. */
static void check_space(struct doctor *d)
{
    struct statvfs fs;
    struct stat st;
    if (statvfs(ORG_STATEDIR, &fs) < 0)
        return;
    uint64_t room = (uint64_t)fs.f_bfree * fs.f_frsize, needed = RESERVE_LEDGER;
    if (stat(PATH_RESERVE, &st) == 0)
        room += (uint64_t)st.st_blocks * 512;
    if (stat(PATH_SNAPSHOT, &st) == 0)
        needed += (uint64_t)st.st_size;
    bool inodes = fs.f_files == 0 || fs.f_ffree > 2;
    if (room >= needed && inodes)
        doctor_note(d, "space", FOUND_OK, "", ORG_STATEDIR " has room for the next snapshot");
    else
        doctor_note(d, "space", FOUND_FAILURE,
                    "make room on its file system: a member who leaves meanwhile can log in as "
                    "long as the grace lasts",
                    ORG_STATEDIR " has room for %" PRIu64 " kB%s, the next snapshot needs %" PRIu64,
                    room / 1000, inodes ? "" : " and no more files", needed / 1000);
}

/* True when every organization that wants a token has a sound file with it. */
static bool check_tokens(struct doctor *d)
{
    static const char name[] = "token files";
    unsigned files = 0;
    for (size_t i = 0; i < d->config.orgs; i++) {
        const char *path = d->config.org[i].token_file, *why;
        struct stat st;
        if (*path == '\0')
            continue;
        int fd = file_open_trusted(path, FILE_SECRET, &st, &why);
        if (fd < 0) {
            doctor_note(d, name, FOUND_FAILURE,
                        errno == ENOENT
                            ? "orgadmin token create --role member --out FILE makes a new one"
                            : "chown root, chmod 600; whoever could read it may have it: a new "
                              "token is safer",
                        "%s %s", path, why);
            return false;
        }
        close(fd);
        files++;
    }
    if (d->config.orgs == 0)
        doctor_note(d, name, FOUND_SKIPPED, "", "there is no configuration to name them");
    else
        doctor_note(d, name, FOUND_OK, "", "%s", files ? "root's alone" : "none is wanted");
    return true;
}

static bool check_fetcher(struct doctor *d)
{
    uint32_t uid = 0, gid;
    bool there = local_user(FETCHER_USER, &uid, &gid) == LOCAL_YES;
    if (there && uid != 0)
        doctor_note(d, "fetcher's user", FOUND_OK, "", FETCHER_USER " is uid %" PRIu32, uid);
    else
        doctor_note(
            d, "fetcher's user", FOUND_FAILURE,
            MAKE_USERS
            ", or useradd --system --no-create-home --shell /usr/sbin/nologin " FETCHER_USER,
            there ? FETCHER_USER " is root" : "/etc/passwd has no " FETCHER_USER);
    return there;
}

/* True if orgd's data is still at the place of a unit with DynamicUser=. */
static bool orgd_of_before(void)
{
    char to[PATH_MAX];
    ssize_t len = readlink(ORGD_DIR, to, sizeof to - 1);
    to[len < 0 ? 0 : len] = '\0';
    return strstr(to, "private/orgd") != NULL;
}

/* Where orgd runs as a service, its user is in /etc/passwd: else it is whoever NSS finds by that
 * name, such as a member. Data that root owns is that of an orgd before its first start as a
 * service, or of one that is none. */
static void check_orgd_user(struct doctor *d)
{
    static const char name[] = "orgd's user";
    static const char restart[] = "systemctl daemon-reload && systemctl restart orgd";
    uint32_t uid = 0, gid;
    struct stat data;
    if (stat(ORGD_DIR, &data) < 0)
        return;
    bool local = local_user(ORGD_USER, &uid, &gid) == LOCAL_YES;
    if (!local && data.st_uid != 0)
        doctor_note(d, name, FOUND_FAILURE, MAKE_USERS " && systemctl restart orgd",
                    "/etc/passwd has no " ORGD_USER
                    ": the service runs as another user of that name");
    else if (orgd_of_before())
        doctor_note(d, name, FOUND_WARNING, restart, "its unit is that of a version before");
    else if (data.st_uid != uid && data.st_uid != 0)
        doctor_note(d, name, FOUND_FAILURE, restart,
                    ORGD_DIR " belongs to uid %" PRIu32 ", not to " ORGD_USER, data.st_uid);
    else if (local)
        doctor_note(d, name, FOUND_OK, "", ORGD_USER " is uid %" PRIu32, uid);
}

/* --- the snapshot --- */

static bool nobodys(const char *name)
{
    uint32_t uid, gid;
    return local_user(name, &uid, &gid) == LOCAL_NO;
}

/* Checks that USER's name and number lead to his record, and that his groups and keys are sound. */
static bool user_sound(const struct snapshot *s, const struct snapshot_user *user)
{
    struct snapshot_user named, numbered;
    struct snapshot_grants grants;
    struct key_list keys;
    return snapshot_user_by_name(s, user->name, strlen(user->name), &named) == SNAPSHOT_OK &&
           snapshot_user_by_uid(s, user->uid, &numbered) == SNAPSHOT_OK && named.uid == user->uid &&
           numbered.uid == user->uid &&
           snapshot_grants(s, user->grants_ref, &grants) == SNAPSHOT_OK &&
           snapshot_keys(s, user->uid, &keys) != SNAPSHOT_UNAVAILABLE && key_list_valid(&keys);
}

static bool group_sound(const struct snapshot *s, const struct snapshot_group *group)
{
    struct snapshot_group named, numbered;
    return snapshot_group_by_name(s, group->name, group->name_len, &named) == SNAPSHOT_OK &&
           snapshot_group_by_gid(s, group->gid, &numbered) == SNAPSHOT_OK &&
           named.gid == group->gid && numbered.gid == group->gid;
}

/* Looks at every record, and remembers whom the checks behind may ask about. False when one is
 * damaged. */
static bool walk(struct doctor *d)
{
    const struct snapshot *s = &d->snapshot;
    struct snapshot_user user;
    struct snapshot_group group;
    uint64_t cursor = 0;
    enum snapshot_result rc;
    while ((rc = snapshot_next_user(s, &cursor, &user)) == SNAPSHOT_OK && user_sound(s, &user)) {
        if (user.state == MEMBER_ACTIVE && !d->member.name && nobodys(user.name))
            d->member = user;
        if ((user.state == MEMBER_REMOVED || user.state == MEMBER_SUSPENDED) && !d->left.name &&
            nobodys(user.name))
            d->left = user;
    }
    if (rc != SNAPSHOT_ABSENT)
        return false;
    cursor = 0;
    while ((rc = snapshot_next_group(s, &cursor, &group)) == SNAPSHOT_OK && group_sound(s, &group))
        ;
    return rc == SNAPSHOT_ABSENT;
}

static void check_snapshot(struct doctor *d)
{
    static const char name[] = "snapshot";
    static const char renew[] = "systemctl restart orgsyncd writes a new one";
    const char *why;
    char age[SPAN_MAX];
    struct stat st;
    if (snapshot_open(&d->snapshot, PATH_SNAPSHOT, &why) != SNAPSHOT_OK) {
        doctor_note(d, name, FOUND_FAILURE, renew, PATH_SNAPSHOT " %s", why);
        return;
    }
    if (snapshot_policy(&d->snapshot, &d->policy) != SNAPSHOT_OK || !walk(d)) {
        doctor_note(d, name, FOUND_FAILURE, renew, PATH_SNAPSHOT " is damaged");
        snapshot_close(&d->snapshot);
        d->policy.org_count = 0;
        d->member.name = d->left.name = NULL;
        return;
    }
    if (stat(PATH_SNAPSHOT, &st) == 0 && !(st.st_mode & S_IROTH)) {
        doctor_note(d, name, FOUND_FAILURE, "chmod 644 " PATH_SNAPSHOT,
                    PATH_SNAPSHOT " is closed to others: programs that are not root's find no "
                                  "names");
        return;
    }
    int64_t made = clock_wall_ms() - (int64_t)snapshot_u64(&d->snapshot, SNAPSHOT_AT_CREATED);
    doctor_note(d, name, FOUND_OK, "", "generation %" PRIu64 ", %" PRIu32 " active, made %s ago",
                snapshot_u64(&d->snapshot, SNAPSHOT_AT_GENERATION),
                snapshot_u32(&d->snapshot, SNAPSHOT_AT_ACTIVE), span(made > 0 ? made : 0, age));
}

/* Names a group whose list is empty because no program could read it whole. */
static void check_lists(struct doctor *d)
{
    struct snapshot_group group, first = {0};
    uint64_t cursor = 0;
    uint32_t count = 0;
    if (!d->snapshot.base)
        return;
    while (snapshot_next_group(&d->snapshot, &cursor, &group) == SNAPSHOT_OK)
        if (group.left_out > 0 && count++ == 0)
            first = group;
    if (count > 0)
        doctor_note(d, "groups", FOUND_WARNING,
                    "nothing, unless a program decides by member lists: see libnss_org(8)",
                    "%s lists none of its %" PRIu32 " members, who are too many for a line"
                    "%s (%" PRIu32 " in all); id and initgroups know them",
                    first.name, first.left_out, count > 1 ? ", and other groups do the same" : "",
                    count);
}

static void check_clock(struct doctor *d)
{
    int64_t now = clock_wall_ms(), ahead = 0;
    char text[SPAN_MAX];
    if (!d->snapshot.base)
        return;
    for (uint32_t i = 0; i < d->policy.org_count; i++)
        if (snapshot_confirmed(&d->snapshot, i) - now > ahead)
            ahead = snapshot_confirmed(&d->snapshot, i) - now;
    if (ahead > CLOCK_SLACK_MS)
        doctor_note(d, "clock", FOUND_FAILURE, "timedatectl, or chronyc tracking: set the clock",
                    "the organization was last heard from %s in the future: the clock was set "
                    "back, and without a fresh word members are refused",
                    span(ahead, text));
    else
        doctor_note(d, "clock", FOUND_OK, "", "nothing lies in the future");
}

/* --- orgsyncd and the organizations --- */

static bool ask(const struct doctor *d, enum confirm_op op, const char *org,
                struct confirm_reply *reply)
{
    uint32_t age = MAX_AGE_MS, wait_ms = WAIT_MS;
    if (d->snapshot.base && op == CONFIRM_FRESH) { /* as pam_org does */
        age = snapshot_u32(&d->snapshot, SNAPSHOT_AT_MAX_AGE);
        wait_ms = snapshot_u32(&d->snapshot, SNAPSHOT_AT_TIMEOUT);
    }
    if (wait_ms > WAIT_MAX_MS)
        wait_ms = WAIT_MAX_MS;
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = op, .max_age_ms = age, .wait_ms = wait_ms};
    snprintf(request.org, sizeof request.org, "%s", org);
    return confirm_ask(confirm_path(), &request, (int)wait_ms + ANSWER_SLACK_MS, reply) == 0;
}

/* True if the next boot starts it. Only systemd is asked. */
static bool starts_at_boot(void)
{
    static const char *const argv[] = {"/usr/bin/systemctl", "--quiet", "is-enabled", "orgsyncd",
                                       NULL};
    struct child c;
    if (access("/run/systemd/system", F_OK) < 0)
        return true;
    child_start_program(&c, argv, CHECK_LIMIT_MS);
    return !child_end(&c) || c.status == 0 || c.status == NOT_FOUND;
}

static bool check_orgsyncd(struct doctor *d)
{
    struct confirm_reply reply;
    int64_t begun = clock_mono_ms();
    if (ask(d, CONFIRM_STATUS, "", &reply)) {
        int64_t took = clock_mono_ms() - begun + 1;
        if (starts_at_boot())
            doctor_note(d, "orgsyncd", FOUND_OK, "", "runs, answers within %" PRId64 " ms", took);
        else
            doctor_note(d, "orgsyncd", FOUND_WARNING, "systemctl enable orgsyncd",
                        "runs, and would not after a boot");
        return true;
    }
    const char *advice = "systemctl start orgsyncd; journalctl -u orgsyncd says why it ended";
    if (errno == ETIMEDOUT)
        advice = "systemctl restart orgsyncd";
    else if (errno == EPERM)
        advice = "the listener is not root: find out its user, then systemctl restart "
                 "orgsyncd";
    doctor_note(d, "orgsyncd", FOUND_FAILURE, advice, "does not answer at %s: %s", confirm_path(),
                strerror(errno));
    return false;
}

/* Copies the line of orgsyncd --check about ORG into OUT, "" when ORG was listed. False without a
 * line. */
static bool listed(const struct child *check, const char *org, char out[DOCTOR_TEXT_MAX])
{
    size_t len = strlen(org);
    for (const char *line = check->out; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, org, len) != 0 || strncmp(line + len, ": ", 2) != 0)
            continue;
        line += len + 2;
        snprintf(out, DOCTOR_TEXT_MAX, "%.*s", (int)strcspn(line, "\n"), line);
        if (strcmp(out, "listed") == 0)
            *out = '\0';
        return true;
    }
    return false;
}

/* The age of ORG's last confirmation by the snapshot, in ms; -1 for never. */
static int64_t heard(const struct doctor *d, const char *org)
{
    for (uint32_t i = 0; i < d->policy.org_count; i++) {
        int64_t when = snapshot_confirmed(&d->snapshot, i);
        if (strcmp(d->policy.org[i], org) == 0 && when > 0)
            return clock_wall_ms() > when ? clock_wall_ms() - when : 0;
    }
    return -1;
}

/* Tells what logins of ORG's members come to while ORG is not heard from. */
static const char *outlook(const struct doctor *d, const char *org, char out[128])
{
    char ago[SPAN_MAX], rest[SPAN_MAX];
    int64_t age = heard(d, org);
    int64_t grace =
        d->snapshot.base ? (int64_t)snapshot_u32(&d->snapshot, SNAPSHOT_AT_GRACE) * 1000 : 0;
    if (age < 0)
        snprintf(out, 128, "never heard from: nobody gets in");
    else if (age > grace)
        snprintf(out, 128, "last heard from %s ago, too long: members are refused", span(age, ago));
    else
        snprintf(out, 128, "last heard from %s ago: members get in for %s more", span(age, ago),
                 span(grace - age, rest));
    return out;
}

/* True if orgsyncd says that its brake holds something. */
static bool held_by_brake(const char *trouble)
{
    return strstr(trouble, "--accept") != NULL;
}

static const char *advice_for(const char *trouble)
{
    if (held_by_brake(trouble))
        return "if that is right: orgadmin host sync --accept";
    if (strstr(trouble, " 401 "))
        return "the token is no longer valid: orgadmin host enroll again, or a new one by orgadmin "
               "token create; then systemctl reload orgsyncd";
    return "check the network, the server, and url and id in orglogin.conf; then "
           "orgadmin host sync";
}

/* The facts about one organization. */
struct org_view {
    const char *org;
    char name[64]; /* of the check */
    bool answered; /* the running orgsyncd did, with REPLY: that counts for logins */
    struct confirm_reply reply;
    bool listed; /* a new orgsyncd has tried to list it: that counts after a restart */
    char found[DOCTOR_TEXT_MAX]; /* what the new one found wrong, or "" */
};

/* True if ORG's server reads it at another one, its source. */
static bool relayed(const char *org)
{
    char text[CONFIRM_ANSWER_MAX], line[CONFIRM_ORG_LEN + 64];
    const struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_METRICS};
    snprintf(line, sizeof line, "\norgsyncd_relayed{organization=\"%s\"} 1\n", org);
    return confirm_text(confirm_path(), &request, ANSWER_SLACK_MS, text) == 0 && strstr(text, line);
}

/* The running orgsyncd hears from the organization. */
static void note_heard(struct doctor *d, const struct org_view *v)
{
    char age[SPAN_MAX];
    const char *held = *v->found ? v->found : v->reply.text;
    if (held_by_brake(held))
        doctor_note(d, v->name, FOUND_FAILURE, advice_for("--accept"), "%s", held);
    else if (*v->found)
        doctor_note(d, v->name, FOUND_FAILURE, advice_for(v->found),
                    "orgsyncd hears from it, but a new orgsyncd would not: %s", v->found);
    else
        doctor_note(d, v->name, FOUND_OK, "", "%s %s ago%s",
                    relayed(v->org) ? "relayed, the source was read" : "heard from",
                    span(v->reply.age_ms > 0 ? v->reply.age_ms : 0, age),
                    v->reply.held ? "; a change arrives at once" : "");
}

/* No orgsyncd runs. */
static void note_alone(struct doctor *d, const struct org_view *v)
{
    char then[128];
    outlook(d, v->org, then);
    if (!v->listed)
        doctor_note(d, v->name, FOUND_SKIPPED, "", "nobody can be asked; %s", then);
    else if (*v->found)
        doctor_note(d, v->name, FOUND_FAILURE, advice_for(v->found), "%s; %s", v->found, then);
    else
        doctor_note(d, v->name, FOUND_OK, "", "can be listed; %s", then);
}

/* The running orgsyncd does not hear from it. */
static void note_unheard(struct doctor *d, const struct org_view *v)
{
    char then[128];
    const char *trouble = *v->found        ? v->found
                          : *v->reply.text ? v->reply.text
                                           : "no answer in time";
    if (v->answered && v->reply.status == CONFIRM_REFUSED)
        doctor_note(d, v->name, FOUND_FAILURE, "systemctl reload orgsyncd",
                    "the orgsyncd that runs does not know it: it has another configuration");
    else
        doctor_note(d, v->name, FOUND_FAILURE, advice_for(trouble), "%s; %s", trouble,
                    outlook(d, v->org, then));
}

/* RUNNING: orgsyncd answers. CHECK: what a new one says; NULL when it is known why that finds
 * nothing. True unless the new one found something wrong. */
static bool check_org(struct doctor *d, const char *org, bool running, const struct child *check)
{
    struct org_view v = {.org = org, .reply = {.status = CONFIRM_NO, .age_ms = -1}};
    snprintf(v.name, sizeof v.name, "organization %s", org);
    v.listed = check && listed(check, org, v.found);
    v.answered = running && ask(d, CONFIRM_FRESH, org, &v.reply);
    bool fresh = v.answered && v.reply.status == CONFIRM_YES;
    for (uint32_t i = 0; i < d->policy.org_count; i++)
        d->fresh[i] |= fresh && strcmp(d->policy.org[i], org) == 0;
    (fresh ? note_heard : running ? note_unheard : note_alone)(d, &v);
    return *v.found == '\0';
}

static bool check_orgs(struct doctor *d, bool running, const struct child *check)
{
    bool good = true;
    for (size_t i = 0; i < d->config.orgs; i++)
        good &= check_org(d, d->config.org[i].name, running, check);
    for (uint32_t i = 0; d->config.orgs == 0 && i < d->policy.org_count; i++)
        good &= check_org(d, d->policy.org[i], running, check);
    return good;
}

/* Notes the withheld members, and orgsyncd's other remarks. EXPLAINED: why --check fails has been
 * told by now. */
static void check_members(struct doctor *d, struct child *check, bool explained)
{
    unsigned lines = 0;
    char *publish = strstr(check->out, "would publish: ");
    if (check->status > 0 && !explained) {
        doctor_note(d, "members", FOUND_FAILURE, "orgsyncd --check; journalctl -u orgsyncd",
                    "orgsyncd --check fails: %s", first_line(check->err));
        return;
    }
    if (check->status != 0 || !publish) {
        doctor_note(d, "members", FOUND_SKIPPED, "", "orgsyncd --check did not come to them");
        return;
    }
    publish += strlen("would publish: ");
    publish[strcspn(publish, ";")] = '\0';
    for (const char *line = check->err; *line; line += strcspn(line, "\n"), line += *line == '\n')
        lines++;
    if (lines == 0)
        doctor_note(d, "members", FOUND_OK, "", "%s, nobody withheld", publish);
    else
        doctor_note(d, "members", FOUND_WARNING,
                    "orgsyncd --check shows all remarks; a name or number that is taken must be "
                    "changed on one side",
                    "%s; %u remark%s: %s", publish, lines, lines == 1 ? "" : "s",
                    first_line(check->err));
}

void doctor_sync(struct doctor *d)
{
    struct child check;
    check_configuration(d, &check);
    check_files(d);
    check_space(d);
    bool able = check_tokens(d);
    able &= check_fetcher(d);
    check_orgd_user(d);
    check_snapshot(d);
    check_lists(d);
    check_clock(d);
    bool running = check_orgsyncd(d);
    bool all = check_orgs(d, running, able ? &check : NULL);
    check_members(d, &check, d->config.orgs == 0 || !able || !all);
}

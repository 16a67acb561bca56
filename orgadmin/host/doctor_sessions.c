/* host doctor: what runs of those who left, and what they own and have planned. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/process.h"
#include "orgadmin/host/departed.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/rights.h"

#define DEPARTED_MAX 10000 /* of them what they own and have planned is looked for */
#define NAMED_MAX    5

static const char crontabs[] = "/var/spool/cron/crontabs", lingering[] = "/var/lib/systemd/linger";
static const char *const at_jobs[] = {"/var/spool/cron/atjobs", "/var/spool/at"};

/* People, some of whom are named. */
struct departed_names {
    unsigned people, things;
    char names[NAMED_MAX * (NAME_MAX_LEN + 16)];
    char last[NAME_MAX_LEN + 1];
};

/* NAME has one more thing; those of one person come one after the other, or are named twice. */
static void add_name(struct departed_names *n, const char *name)
{
    size_t used = strlen(n->names);
    n->things++;
    if (strcmp(n->last, name) == 0)
        return;
    snprintf(n->last, sizeof n->last, "%s", name);
    char marked[NAME_MAX_LEN + 3];
    snprintf(marked, sizeof marked, "%s,", name);
    if (strstr(n->names, marked))
        return;
    if (n->people++ < NAMED_MAX)
        snprintf(n->names + used, sizeof n->names - used, "%s%s,", used ? " " : "", name);
}

/* The names without the last comma. */
static const char *names_of(struct departed_names *n)
{
    size_t used = strlen(n->names);
    if (used > 0 && n->names[used - 1] == ',')
        n->names[used - 1] = '\0';
    return n->names;
}

struct departed_remains {
    const struct snapshot *snapshot;
    const struct snapshot_policy *policy;
    struct departed_names running, begun, outlived, homes, planned;
};

static bool find_process(const struct process *p, const struct snapshot_user *member,
                         enum process_tie tie, void *arg)
{
    struct departed_remains *r = arg;
    if (departed_is(member))
        add_name(tie == PROCESS_OWN ? &r->running : &r->begun, member->name);
    else if (rights_outlived(r->snapshot, r->policy, member, p, tie))
        add_name(&r->outlived, member->name);
    return true;
}

static bool is_there(const char *directory, const char *name)
{
    char path[sizeof lingering + NAME_MAX_LEN + 16];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static void find_files(struct departed_remains *r)
{
    struct snapshot_user user;
    uint64_t cursor = 0;
    for (unsigned n = 0; n < DEPARTED_MAX;) {
        if (snapshot_next_user(r->snapshot, &cursor, &user) != SNAPSHOT_OK)
            return;
        if (!departed_is(&user))
            continue;
        n++;
        if (access(user.home, F_OK) == 0)
            add_name(&r->homes, user.name);
        if (is_there(crontabs, user.name))
            add_name(&r->planned, user.name);
        if (is_there(lingering, user.name))
            add_name(&r->planned, user.name);
    }
}

static void find_at_jobs(struct departed_remains *r, const char *directory)
{
    DIR *dir = opendir(directory);
    const struct dirent *entry;
    struct snapshot_user user;
    struct stat st;
    while (dir && (entry = readdir(dir)))
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) &&
            snapshot_user_by_uid(r->snapshot, st.st_uid, &user) == SNAPSHOT_OK &&
            departed_is(&user))
            add_name(&r->planned, user.name);
    if (dir)
        closedir(dir);
}

static void check_running(struct doctor *d, struct departed_remains *r)
{
    if (r->running.things)
        doctor_note(d, "sessions", FOUND_WARNING,
                    "orgadmin host sessions shows them, orgadmin host evict NAME ends them",
                    "%u processes of %u who left go on: %s", r->running.things, r->running.people,
                    names_of(&r->running));
    else if (r->begun.things)
        doctor_note(d, "sessions", FOUND_WARNING,
                    "orgadmin host sessions shows them, orgadmin host evict NAME --loginuid ends "
                    "them; a service can be started anew instead",
                    "%u processes that were begun by %u who left go on as other users: %s",
                    r->begun.things, r->begun.people, names_of(&r->begun));
    else if (d->config.orgs > 0 && !*d->config.on_removal)
        doctor_note(d, "sessions", FOUND_WARNING,
                    "sessions = { on_removal = \"end\"; }; in orglogin.conf ends them, \"keep\" "
                    "silences this warning",
                    "what is open of a member goes on when the member is removed");
    else
        doctor_note(d, "sessions", FOUND_OK, "", "nothing runs of those who left");
}

static void check_outlived(struct doctor *d, struct departed_remains *r)
{
    if (r->outlived.things)
        doctor_note(d, "root shells", FOUND_WARNING,
                    "orgadmin host sessions shows them with ENDING outlived, kill ends them; "
                    "sessions = { on_role_loss = \"end\"; }; in orglogin.conf does, of whoever "
                    "loses a role from then on",
                    "%u processes go on as root that %u member%s began who may use sudo and su no "
                    "longer: %s",
                    r->outlived.things, r->outlived.people, r->outlived.people == 1 ? "" : "s",
                    names_of(&r->outlived));
    else
        doctor_note(d, "root shells", FOUND_OK, "",
                    "none is left of members who may use sudo and su no longer");
}

static void check_left_behind(struct doctor *d, struct departed_remains *r)
{
    if (r->planned.things)
        doctor_note(d, "left behind", FOUND_WARNING,
                    "crontab -r -u NAME; atrm; loginctl disable-linger NAME",
                    "%u crontabs, at jobs and lingering user managers of %u who left, which are "
                    "refused: %s",
                    r->planned.things, r->planned.people, names_of(&r->planned));
    else if (r->homes.people)
        doctor_note(d, "left behind", FOUND_OK, "", "home directories of %u who left: %s%s",
                    r->homes.people, names_of(&r->homes),
                    r->homes.people > NAMED_MAX ? ", and others" : "");
    else
        doctor_note(d, "left behind", FOUND_OK, "", "nothing of those who left");
}

void doctor_sessions(struct doctor *d)
{
    struct departed_remains r = {.snapshot = &d->snapshot, .policy = &d->policy};
    if (!d->snapshot.base) {
        doctor_note(d, "sessions", FOUND_SKIPPED, "", "there is no snapshot that says who left");
        return;
    }
    departed_each_process(&d->snapshot, find_process, &r);
    find_files(&r);
    for (size_t i = 0; i < sizeof at_jobs / sizeof *at_jobs; i++)
        find_at_jobs(&r, at_jobs[i]);
    check_running(d, &r);
    check_outlived(d, &r);
    check_left_behind(d, &r);
}

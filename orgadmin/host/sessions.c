/* The noun host: what runs of members, and the end of it. */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/confirm.h"
#include "common/name.h"
#include "common/paths.h"
#include "common/process.h"
#include "common/snapshot.h"
#include "orgadmin/host/commands.h"
#include "orgadmin/host/departed.h"
#include "orgadmin/host/rights.h"
#include "orgadmin/host/rows.h"
#include "orgadmin/output/output.h"

#define EVICT_TIMEOUT_MS 60000
#define COMMAND_MAX      256
#define ENDINGS_MAX      1000 /* departures whose standing is shown */

/* How departures stand, by local name. */
struct endings {
    struct {
        char name[NAME_MAX_LEN + 1], word[16];
    } row[ENDINGS_MAX];
    size_t count;
};

struct session_list {
    const struct snapshot *snapshot;
    struct snapshot_policy policy; /* of it */
    const char *who;               /* NULL: everybody */
    struct endings endings;
    cJSON *rows;
    bool failed;
};

static bool take_ending(const char *const *field, void *arg)
{
    struct endings *e = arg;
    snprintf(e->row[e->count].name, sizeof e->row->name, "%s", field[2]);
    snprintf(e->row[e->count].word, sizeof e->row->word, "%s", field[3]);
    return ++e->count < ENDINGS_MAX;
}

static const char *ending_of(const struct endings *e, const char *name)
{
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->row[i].name, name) == 0)
            return e->row[i].word;
    return "";
}

static const char *tie_word(enum process_tie tie)
{
    switch (tie) {
    case PROCESS_OWN:
        return "own";
    case PROCESS_SESSION:
        return "sudo";
    default:
        return "login";
    }
}

static bool add_text(cJSON *row, const char *key, const char *raw)
{
    char clean[COMMAND_MAX + PROCESS_CGROUP_MAX];
    return cJSON_AddStringToObject(row, key, text_clean(clean, sizeof clean, raw, false)) != NULL;
}

/* The name of the user that P runs as, or the number. */
static const char *user_of(const struct process *p, char text[NAME_MAX_LEN + 1])
{
    const struct passwd *user = getpwuid(p->uid[1]);
    if (user)
        snprintf(text, NAME_MAX_LEN + 1, "%.*s", NAME_MAX_LEN, user->pw_name);
    else
        snprintf(text, NAME_MAX_LEN + 1, "%" PRIu32, p->uid[1]);
    return text;
}

static bool fill_row(cJSON *row, const struct session_list *l, const struct process *p,
                     const struct snapshot_user *member, enum process_tie tie)
{
    char pid[16], user[NAME_MAX_LEN + 1], cgroup[PROCESS_CGROUP_MAX], command[COMMAND_MAX];
    char name[COMMAND_MAX];
    snprintf(pid, sizeof pid, "%d", (int)p->pid);
    process_cgroup(p->pid, cgroup);
    process_command(p->pid, command, sizeof command);
    snprintf(name, sizeof name, "[%s]", p->name);
    return add_text(row, "member", member->name) &&
           add_text(row, "state", departed_state_word(member->state)) &&
           add_text(row, "ending",
                    rights_outlived(l->snapshot, &l->policy, member, p, tie)
                        ? "outlived"
                        : ending_of(&l->endings, member->name)) &&
           add_text(row, "pid", pid) && add_text(row, "user", user_of(p, user)) &&
           add_text(row, "tie", tie_word(tie)) && add_text(row, "unit", cgroup) &&
           add_text(row, "command", *command ? command : name);
}

static bool list_process(const struct process *p, const struct snapshot_user *member,
                         enum process_tie tie, void *arg)
{
    struct session_list *l = arg;
    if (l->who && strcmp(l->who, member->name) != 0)
        return true;
    cJSON *row = cJSON_CreateObject();
    if (row && fill_row(row, l, p, member, tie) && cJSON_AddItemToArray(l->rows, row))
        return true;
    cJSON_Delete(row);
    l->failed = true;
    return false;
}

static enum exit_status list_sessions(const struct invocation *inv, struct session_list *l)
{
    struct snapshot_user user;
    if (l->who && snapshot_user_by_name(l->snapshot, l->who, strlen(l->who), &user) != SNAPSHOT_OK)
        return complain(EXIT_NO, "no member has or had the name %s on this host", l->who);
    rows_each(CONFIRM_SESSIONS, "", 4, take_ending, &l->endings);
    departed_each_process(l->snapshot, list_process, l);
    if (l->failed)
        return complain(EXIT_AWAY, "out of memory");
    return output(inv, l->rows);
}

enum exit_status host_sessions(const struct invocation *inv)
{
    static struct session_list l;
    struct snapshot snapshot;
    const char *why;
    if (geteuid() != 0)
        return complain(EXIT_NO, "host sessions requires root; try: sudo orgadmin host sessions");
    if (snapshot_open(&snapshot, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return complain(EXIT_SETUP, "the snapshot %s %s", PATH_SNAPSHOT, why);
    l = (struct session_list){
        .snapshot = &snapshot, .who = inv->arg[0], .rows = cJSON_CreateArray()};
    /* A policy that is damaged lets nobody become root. */
    if (snapshot_policy(&snapshot, &l.policy) != SNAPSHOT_OK)
        l.policy = (struct snapshot_policy){0};
    enum exit_status status =
        l.rows ? list_sessions(inv, &l) : complain(EXIT_AWAY, "out of memory");
    cJSON_Delete(l.rows);
    snapshot_close(&snapshot);
    return status;
}

/* Asks orgsyncd, and tells what became of it. */
static enum exit_status evict(enum confirm_op op, const char *name)
{
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = op, .wait_ms = EVICT_TIMEOUT_MS};
    struct confirm_reply reply;
    memcpy(request.org, name, strlen(name)); /* 32 characters fill it */
    if (confirm_ask(confirm_path(), &request, EVICT_TIMEOUT_MS + 1000, &reply) < 0)
        return complain(EXIT_AWAY, "orgsyncd does not answer at %s: %s", confirm_path(),
                        strerror(errno));
    if (reply.status != CONFIRM_YES)
        return complain(EXIT_NO, "%s", *reply.text ? reply.text : "orgsyncd refuses");
    note("%s.", reply.text);
    return EXIT_DONE;
}

enum exit_status host_evict(const struct invocation *inv)
{
    const char *name = inv->arg[0];
    bool all = inv->option[OPTION_ALL_REMOVED], login = inv->option[OPTION_LOGINUID];
    if ((name == NULL) != all)
        return complain(EXIT_USAGE, "host evict needs either MEMBER or --all-removed");
    if (all && login)
        return complain(EXIT_USAGE, "--loginuid is for one MEMBER");
    if (name && !name_valid(name))
        return complain(EXIT_USAGE, "\"%s\" is not a login name", name);
    if (all)
        return evict(CONFIRM_EVICT_REMOVED, "");
    return evict(login ? CONFIRM_EVICT_ALL : CONFIRM_EVICT, name);
}

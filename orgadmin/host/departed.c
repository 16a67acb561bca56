#include "orgadmin/host/departed.h"

const char *departed_state_word(enum member_state state)
{
    switch (state) {
    case MEMBER_ACTIVE:
        return "active";
    case MEMBER_PENDING:
        return "pending";
    case MEMBER_SUSPENDED:
        return "suspended";
    case MEMBER_REMOVED:
        return "removed";
    }
    return "unknown";
}

bool departed_is(const struct snapshot_user *user)
{
    return user->state == MEMBER_REMOVED || user->state == MEMBER_SUSPENDED;
}

struct departed_walk {
    const struct snapshot *snapshot;
    departed_process_visit *visit;
    void *arg;
};

/* Whoever a process runs as has it; failing that whoever logged in. */
static bool show(const struct process *p, void *arg)
{
    const struct departed_walk *w = arg;
    const uint32_t candidate[] = {p->uid[1], p->uid[0], p->uid[2], p->uid[3], p->loginuid};
    struct snapshot_user member;
    for (size_t i = 0; i < sizeof candidate / sizeof *candidate; i++)
        if (snapshot_user_by_uid(w->snapshot, candidate[i], &member) == SNAPSHOT_OK)
            return w->visit(p, &member, process_tie(p, candidate[i]), w->arg);
    return true;
}

void departed_each_process(const struct snapshot *snapshot, departed_process_visit *visit,
                           void *arg)
{
    struct departed_walk w = {snapshot, visit, arg};
    process_each(show, &w);
}

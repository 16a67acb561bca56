#include "common/lookup.h"

#include <errno.h>
#include <string.h>

#include "common/local.h"
#include "common/name.h"
#include "common/paths.h"

/* How much longer than orgsyncd may take we wait for its answer to arrive. */
#define ANSWER_SLACK_MS 250
/* The longest that anybody can configure. */
#define WAIT_MAX_MS 30000

static void forget(struct lookup *l)
{
    snapshot_close(&l->snapshot);
    l->question.snapshot = false;
    l->question.member = NULL;
}

/* Reads NAME's record and the rules; damage where they should be is as good as no snapshot. */
static void read_snapshot(struct lookup *l, const char *name)
{
    forget(l);
    if (snapshot_open(&l->snapshot, PATH_SNAPSHOT, &l->why) != SNAPSHOT_OK)
        return;
    enum snapshot_result rc = snapshot_policy(&l->snapshot, &l->policy);
    if (rc == SNAPSHOT_OK && name_valid(name))
        rc = snapshot_user_by_name(&l->snapshot, name, strlen(name), &l->user);
    else if (rc == SNAPSHOT_OK)
        rc = SNAPSHOT_ABSENT;
    if (rc == SNAPSHOT_OK) {
        rc = snapshot_class(&l->snapshot, l->user.class_ref, &l->class);
        if (rc != SNAPSHOT_OK || l->class.org >= l->policy.org_count)
            rc = SNAPSHOT_UNAVAILABLE;
    }
    if (rc == SNAPSHOT_UNAVAILABLE) {
        l->why = "is damaged";
        forget(l);
        return;
    }
    l->question.snapshot = true;
    if (rc == SNAPSHOT_OK) {
        l->member = (struct member){l->policy.org[l->class.org], l->user.state, l->class.roles,
                                    l->class.permissions};
        l->question.member = &l->member;
    }
}

/* Asks for ORG, or for all when that is empty. */
static void confirm(struct lookup *l, const char org[CONFIRM_ORG_LEN])
{
    uint32_t wait_ms = snapshot_u32(&l->snapshot, SNAPSHOT_AT_TIMEOUT);
    if (wait_ms > WAIT_MAX_MS) /* whatever the file says */
        wait_ms = WAIT_MAX_MS;
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC,
        .op = CONFIRM_FRESH,
        .max_age_ms = snapshot_u32(&l->snapshot, SNAPSHOT_AT_MAX_AGE),
        .wait_ms = wait_ms,
    };
    memcpy(request.org, org, sizeof request.org);
    l->confirm_errno = 0;
    if (confirm_ask(PATH_CONFIRM, &request, (int)wait_ms + ANSWER_SLACK_MS, &l->reply) < 0) {
        l->confirm_errno = errno;
        l->reply = (struct confirm_reply){.status = CONFIRM_NO, .age_ms = -1};
    }
}

void lookup_user(struct lookup *l, const char *name, const char *service)
{
    uint32_t uid = 0, gid;
    char org[CONFIRM_ORG_LEN] = "";
    *l = (struct lookup){.question = {.service = service, .rules = &l->policy.rules}};
    enum local_answer local = local_user(name, &uid, &gid);
    l->question.root = strcmp(name, "root") == 0 || (local == LOCAL_YES && uid == 0);
    l->question.local = local == LOCAL_YES;
    if (l->question.root || l->question.local)
        return;
    if (local == LOCAL_UNKNOWN) { /* a member of that name may not be let in in his place */
        l->why = "is of no use while /etc/passwd cannot be read";
        return;
    }
    read_snapshot(l, name);
    if (!l->question.snapshot)
        return;
    if (l->question.member)
        memcpy(org, l->member.org, strnlen(l->member.org, sizeof org - 1));
    confirm(l, org);
    /* What was heard meanwhile counts, whether or not it was confirmed in the end. */
    if (snapshot_superseded(&l->snapshot) ||
        (l->reply.status == CONFIRM_YES &&
         l->reply.generation != snapshot_u64(&l->snapshot, SNAPSHOT_AT_GENERATION)))
        read_snapshot(l, name);
    if (!l->question.snapshot)
        return;
    /* What was confirmed counts only for the very snapshot that we read, and for who was asked. */
    l->question.freshness.confirmed =
        l->reply.status == CONFIRM_YES &&
        l->reply.generation <= snapshot_u64(&l->snapshot, SNAPSHOT_AT_GENERATION) &&
        (!org[0] || !l->question.member || strcmp(org, l->member.org) == 0);
    l->question.freshness.confirmed_ms = snapshot_confirmed(&l->snapshot, l->class.org);
    l->question.freshness.grace_ms = (int64_t)snapshot_u32(&l->snapshot, SNAPSHOT_AT_GRACE) * 1000;
}

void lookup_close(struct lookup *l)
{
    snapshot_close(&l->snapshot);
}

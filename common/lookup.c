#include "common/lookup.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/local.h"
#include "common/name.h"
#include "common/paths.h"

/* We wait so much longer for orgsyncd's answer than orgsyncd may take. */
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
    l->why = NULL;
    if (snapshot_open(&l->snapshot, PATH_SNAPSHOT, &l->why) != SNAPSHOT_OK)
        return;
    enum snapshot_result rc = snapshot_policy(&l->snapshot, &l->policy);
    if (rc == SNAPSHOT_OK && name_valid(name))
        rc = snapshot_user_by_name(&l->snapshot, name, strlen(name), &l->user);
    else if (rc == SNAPSHOT_OK)
        rc = SNAPSHOT_ABSENT;
    if (rc == SNAPSHOT_OK) {
        rc = snapshot_grants(&l->snapshot, l->user.grants_ref, &l->grants);
        if (rc != SNAPSHOT_OK || l->grants.org >= l->policy.org_count)
            rc = SNAPSHOT_UNAVAILABLE;
    }
    if (rc == SNAPSHOT_UNAVAILABLE) {
        l->why = "is damaged";
        forget(l);
        return;
    }
    l->question.snapshot = true;
    if (rc == SNAPSHOT_OK) {
        l->member = (struct member){l->policy.org[l->grants.org], l->user.state, l->grants.roles,
                                    l->grants.permissions};
        l->question.member = &l->member;
    }
}

/* Texts of an account that are longer are nobody's. */
#define ACCOUNT_BUFFER_MAX ((size_t)1 << 20)

/* The number that the name services give for NAME, into *UID. 0, ENOENT when there is no such
 * account, or why they cannot say. */
static int account_number(const char *name, uint32_t *uid)
{
    int rc = ERANGE;
    char *buffer = NULL;
    for (size_t size = 2048; rc == ERANGE && size <= ACCOUNT_BUFFER_MAX; size *= 4) {
        struct passwd pw, *found = NULL;
        free(buffer);
        buffer = malloc(size);
        if (!buffer)
            return ENOMEM;
        rc = getpwnam_r(name, &pw, buffer, size, &found);
        if (rc == 0 && !found)
            rc = ENOENT;
        else if (rc == ENOENT) /* a name service that lacks its data, which is no answer */
            rc = EIO;
        else if (rc == 0)
            *uid = found->pw_uid;
    }
    free(buffer);
    return rc;
}

/* The snapshot's facts about the account's number. */
static struct number number_facts(struct lookup *l)
{
    struct number n = {.uid = l->account_uid, .snapshot = l->question.snapshot};
    struct snapshot_user holder;
    if (!n.snapshot)
        return n;
    n.members = l->question.member && l->user.uid == n.uid;
    if (n.members) /* as with most logins: who else has the number is not asked */
        return n;
    enum snapshot_result rc = snapshot_user_by_uid(&l->snapshot, n.uid, &holder);
    n.somebodys = rc == SNAPSHOT_OK;
    n.snapshot = rc != SNAPSHOT_UNAVAILABLE;
    for (uint32_t i = 0; i < l->policy.org_count; i++) {
        const struct snapshot_range *range = &l->policy.range[i];
        n.range_unknown |= range->last == 0;
        n.in_range |= n.uid >= range->first && n.uid <= range->last;
    }
    return n;
}

/* Sets the account's owner. With a snapshot that would tell, WHY says what keeps it from that. */
static void judge_account(struct lookup *l)
{
    l->question.account = ACCOUNT_UNKNOWN;
    if (l->account_errno == ENOENT) {
        l->question.account = ACCOUNT_NONE;
    } else if (l->account_errno == 0) {
        struct number n = number_facts(l);
        l->question.account = account_of(&n);
    }
    if (l->question.account == ACCOUNT_UNKNOWN && l->question.snapshot)
        l->why = l->account_errno ? "is of no use while the name services do not answer"
                                  : "does not tell whose the account's number is";
}

/* Asks for ORG, or for all when that is empty. Returns how many ms may be waited in all. */
static int64_t confirm(struct lookup *l, const char org[CONFIRM_ORG_LEN])
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
    return (int64_t)wait_ms + ANSWER_SLACK_MS;
}

/* True if the snapshot that we have read is known not to be the newest. Orgsyncd's word counts
 * whatever else it answers. */
static bool outdated(const struct lookup *l)
{
    return l->question.snapshot &&
           (snapshot_superseded(&l->snapshot) ||
            l->reply.generation > snapshot_u64(&l->snapshot, SNAPSHOT_AT_GENERATION));
}

/* Reads the snapshot again while it is outdated, until UNTIL_MS: a moment passes between the mark
 * and the new file's name. */
static void read_newest(struct lookup *l, const char *name, int64_t until_ms)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    while (outdated(l)) {
        read_snapshot(l, name);
        if (!outdated(l) || clock_mono_ms() >= until_ms)
            break;
        nanosleep(&pause, NULL);
    }
    l->question.outdated = outdated(l);
    if (l->question.outdated)
        l->why = "is superseded, and the new one cannot be read";
}

/* Takes what orgsyncd said of ORG, for the very snapshot that we read and for who was asked for. */
static void take_freshness(struct lookup *l, const char *org)
{
    l->question.freshness.confirmed =
        l->reply.status == CONFIRM_YES && !l->question.outdated &&
        (!org[0] || !l->question.member || strcmp(org, l->member.org) == 0);
    l->question.freshness.confirmed_ms = snapshot_confirmed(&l->snapshot, l->grants.org);
    l->question.freshness.grace_ms = (int64_t)snapshot_u32(&l->snapshot, SNAPSHOT_AT_GRACE) * 1000;
}

/* True when NAME is the machine's own, or when nobody can tell: nothing else is asked then. */
static bool local_or_unknown(struct lookup *l, const char *name)
{
    uint32_t uid = 0, gid;
    enum local_answer local = local_user(name, &uid, &gid);
    l->question.root = strcmp(name, "root") == 0 || (local == LOCAL_YES && uid == 0);
    l->question.local = local == LOCAL_YES;
    if (local == LOCAL_UNKNOWN) /* a member of that name may not be let in in his place */
        l->why = "is of no use while /etc/passwd cannot be read";
    return l->question.root || local != LOCAL_NO;
}

void lookup_user(struct lookup *l, const char *name, const char *service)
{
    char org[CONFIRM_ORG_LEN] = "";
    *l = (struct lookup){.question = {.service = service, .rules = &l->policy.rules}};
    if (local_or_unknown(l, name))
        return;
    int64_t begun = clock_mono_ms();
    read_snapshot(l, name);
    l->account_errno = account_number(name, &l->account_uid);
    judge_account(l);
    if (!l->question.snapshot || l->question.account == ACCOUNT_FOREIGN)
        return;
    if (l->question.member)
        memcpy(org, l->member.org, strnlen(l->member.org, sizeof org - 1));
    int64_t until = begun + confirm(l, org), least = clock_mono_ms() + ANSWER_SLACK_MS;
    /* News that arrived meanwhile count even if the confirmation failed. */
    read_newest(l, name, until > least ? until : least);
    if (l->account_errno == ENOENT && l->question.member) /* who came only now */
        l->account_errno = account_number(name, &l->account_uid);
    judge_account(l);
    if (l->question.snapshot)
        take_freshness(l, org);
}

void lookup_close(struct lookup *l)
{
    snapshot_close(&l->snapshot);
}

#include "common/evidence.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/break_glass.h"
#include "common/clock.h"
#include "common/local.h"
#include "common/name.h"
#include "common/paths.h"

/* We wait so much longer for orgsyncd's answer than orgsyncd may take. */
#define ANSWER_SLACK_MS 250
/* The longest that anybody can configure. */
#define WAIT_MAX_MS 30000

static void forget(struct evidence *e)
{
    snapshot_close(&e->snapshot);
    e->question.snapshot = false;
    e->question.member = NULL;
    e->question.org_rules = NULL;
}

/* The member's organization and what it allows here; damage leaves nothing. */
static enum snapshot_result read_grants(struct evidence *e)
{
    if (snapshot_grants(&e->snapshot, e->user.grants_ref, &e->grants) != SNAPSHOT_OK ||
        e->grants.org >= e->policy.org_count)
        return SNAPSHOT_UNAVAILABLE;
    const char *org = e->policy.org[e->grants.org];
    const struct org_rules *own = &e->policy.org_rules[e->grants.org];
    if (own->narrowed)
        e->question.org_rules = &e->org_rules;
    return org_rules_decode(own, org, &e->org_rules) ? SNAPSHOT_OK : SNAPSHOT_UNAVAILABLE;
}

/* Reads NAME's record and the rules; damage where they should be is as good as no snapshot. */
static void read_snapshot(struct evidence *e, const char *name)
{
    forget(e);
    e->why = NULL;
    if (snapshot_open(&e->snapshot, PATH_SNAPSHOT, &e->why) != SNAPSHOT_OK)
        return;
    enum snapshot_result rc = snapshot_policy(&e->snapshot, &e->policy);
    if (rc == SNAPSHOT_OK && name_valid(name))
        rc = snapshot_user_by_name(&e->snapshot, name, strlen(name), &e->user);
    else if (rc == SNAPSHOT_OK)
        rc = SNAPSHOT_ABSENT;
    if (rc == SNAPSHOT_OK)
        rc = read_grants(e);
    if (rc == SNAPSHOT_UNAVAILABLE) {
        e->why = "is damaged";
        forget(e);
        return;
    }
    e->question.snapshot = true;
    if (rc == SNAPSHOT_OK) {
        e->member = (struct membership){e->policy.org[e->grants.org], e->user.state,
                                        e->grants.roles, e->grants.permissions, e->grants.term};
        e->question.member = &e->member;
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
static struct number number_facts(struct evidence *e)
{
    struct number n = {.uid = e->account_uid, .snapshot = e->question.snapshot};
    struct snapshot_user holder;
    if (!n.snapshot)
        return n;
    n.members = e->question.member && e->user.uid == n.uid;
    if (n.members) /* as with most logins: who else has the number is not asked */
        return n;
    enum snapshot_result rc = snapshot_user_by_uid(&e->snapshot, n.uid, &holder);
    n.somebodys = rc == SNAPSHOT_OK;
    n.snapshot = rc != SNAPSHOT_UNAVAILABLE;
    for (uint32_t i = 0; i < e->policy.org_count; i++) {
        const struct snapshot_range *range = &e->policy.range[i];
        n.range_unknown |= range->last == 0;
        n.in_range |= n.uid >= range->first && n.uid <= range->last;
    }
    return n;
}

/* Sets the account's owner. With a snapshot that would tell, WHY says what keeps it from that. */
static void judge_account(struct evidence *e)
{
    e->question.account = ACCOUNT_UNKNOWN;
    if (e->account_errno == ENOENT) {
        e->question.account = ACCOUNT_NONE;
    } else if (e->account_errno == 0) {
        struct number n = number_facts(e);
        e->question.account = account_of(&n);
    }
    if (e->question.account == ACCOUNT_UNKNOWN && e->question.snapshot)
        e->why = e->account_errno ? "is of no use while the name services do not answer"
                                  : "does not tell whose the account's number is";
}

/* Asks for ORG, or for all when that is empty. Returns how many ms may be waited in all. */
static int64_t ask_orgsyncd(struct evidence *e, const char org[CONFIRM_ORG_LEN])
{
    uint32_t wait_ms = snapshot_u32(&e->snapshot, SNAPSHOT_AT_TIMEOUT);
    if (wait_ms > WAIT_MAX_MS) /* whatever the file says */
        wait_ms = WAIT_MAX_MS;
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC,
        .op = CONFIRM_FRESH,
        .max_age_ms = snapshot_u32(&e->snapshot, SNAPSHOT_AT_MAX_AGE),
        .wait_ms = wait_ms,
    };
    memcpy(request.org, org, sizeof request.org);
    e->confirm_errno = 0;
    if (confirm_ask(confirm_path(), &request, (int)wait_ms + ANSWER_SLACK_MS, &e->reply) < 0) {
        e->confirm_errno = errno;
        e->reply = (struct confirm_reply){.status = CONFIRM_NO, .age_ms = -1};
    }
    return (int64_t)wait_ms + ANSWER_SLACK_MS;
}

/* True if the snapshot that we have read is known not to be the newest. Orgsyncd's word counts
 * whatever else it answers. */
static bool outdated(const struct evidence *e)
{
    return e->question.snapshot &&
           (snapshot_superseded(&e->snapshot) ||
            e->reply.generation > snapshot_u64(&e->snapshot, SNAPSHOT_AT_GENERATION));
}

/* Reads the snapshot again while it is outdated, until UNTIL_MS: a moment passes between the mark
 * and the new file's name. */
static void read_newest(struct evidence *e, const char *name, int64_t until_ms)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    while (outdated(e)) {
        read_snapshot(e, name);
        if (!outdated(e) || clock_mono_ms() >= until_ms)
            break;
        nanosleep(&pause, NULL);
    }
    e->question.outdated = outdated(e);
    if (e->question.outdated)
        e->why = "is superseded, and the new one cannot be read";
}

static bool is_granted(const struct evidence *e, gid_t gid)
{
    gid_t own;
    for (uint32_t i = 0; i < e->grants.gid_count; i++)
        if (snapshot_gid(&e->grants, i, &own) && own == gid)
            return true;
    return gid == e->user.gid;
}

/* True if GID is a group of an organization's that the member is not in. */
static bool is_lost(const struct evidence *e, gid_t gid)
{
    struct snapshot_group group;
    return !is_granted(e, gid) &&
           snapshot_group_by_gid(&e->snapshot, gid, &group) != SNAPSHOT_ABSENT;
}

/*
 * Sudo believes the groups of the process that calls it, which are as old as the session. Where
 * this process is the member's own, as sudo is by its real uid, they are compared with today's.
 * Also true if they cannot be read.
 */
static bool has_lost_groups(const struct evidence *e)
{
    if (!e->question.member || strcmp(service_name(e->question.service), "sudo") != 0 ||
        getuid() != e->user.uid)
        return false;
    int count = getgroups(0, NULL);
    gid_t *gid = count >= 0 ? calloc((size_t)count + 1, sizeof *gid) : NULL;
    bool lost = !gid || getgroups(count, gid) != count || is_lost(e, getgid());
    for (int i = 0; i < count && !lost; i++)
        lost = is_lost(e, gid[i]);
    free(gid);
    return lost;
}

/* Takes what orgsyncd said of ORG, for the very snapshot that we read and for who was asked for. */
static void take_freshness(struct evidence *e, const char *org)
{
    e->question.freshness.confirmed =
        e->reply.status == CONFIRM_YES && !e->question.outdated &&
        (!org[0] || !e->question.member || strcmp(org, e->member.org) == 0);
    e->question.freshness.confirmed_ms = snapshot_confirmed(&e->snapshot, e->grants.org);
    e->question.freshness.grace_ms = (int64_t)snapshot_u32(&e->snapshot, SNAPSHOT_AT_GRACE) * 1000;
    bool glass = snapshot_u32(&e->snapshot, SNAPSHOT_AT_FLAGS) & SNAPSHOT_BREAK_GLASS;
    if (!e->question.freshness.confirmed && glass) /* else no rule asks for it */
        break_glass_take(&e->question.freshness);
}

/* True when NAME is the machine's own, or when nobody can tell: nothing else is asked then. */
static bool local_or_unknown(struct evidence *e, const char *name)
{
    uint32_t uid = 0, gid;
    enum local_answer local = local_user(name, &uid, &gid);
    e->question.root = strcmp(name, "root") == 0 || (local == LOCAL_YES && uid == 0);
    e->question.local = local == LOCAL_YES;
    if (local == LOCAL_UNKNOWN) /* a member of that name may not be let in in his place */
        e->why = "is of no use while /etc/passwd cannot be read";
    return e->question.root || local != LOCAL_NO;
}

void evidence_gather(struct evidence *e, const char *name, const uint32_t *uid, const char *service)
{
    char org[CONFIRM_ORG_LEN] = "";
    *e = (struct evidence){.question = {.service = service, .rules = &e->policy.rules}};
    if (local_or_unknown(e, name))
        return;
    int64_t begun = clock_mono_ms();
    read_snapshot(e, name);
    if (uid)
        e->account_uid = *uid;
    else
        e->account_errno = account_number(name, &e->account_uid);
    judge_account(e);
    if (!e->question.snapshot || e->question.account == ACCOUNT_FOREIGN)
        return;
    if (e->question.member)
        memcpy(org, e->member.org, strnlen(e->member.org, sizeof org - 1));
    int64_t until = begun + ask_orgsyncd(e, org), least = clock_mono_ms() + ANSWER_SLACK_MS;
    /* News that arrived meanwhile count even if the confirmation failed. */
    read_newest(e, name, until > least ? until : least);
    if (e->account_errno == ENOENT && e->question.member) /* who came only now */
        e->account_errno = account_number(name, &e->account_uid);
    judge_account(e);
    if (e->question.snapshot)
        take_freshness(e, org);
    e->question.lost_groups = e->question.snapshot && has_lost_groups(e);
}

void evidence_close(struct evidence *e)
{
    snapshot_close(&e->snapshot);
}

bool evidence_is_member(const char *name)
{
    struct evidence *e = calloc(1, sizeof *e);
    if (!e)
        return false;
    if (!local_or_unknown(e, name)) {
        read_snapshot(e, name);
        e->account_errno = account_number(name, &e->account_uid);
        judge_account(e);
    }
    bool member = e->question.member && e->question.account == ACCOUNT_MEMBER;
    evidence_close(e);
    free(e);
    return member;
}

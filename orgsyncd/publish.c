#include "orgsyncd/publish.h"

#include "common/clock.h"
#include "common/paths.h"
#include "common/snapshot_writer.h"
#include "orgsyncd/reserve.h"

/* In a service an organization without an answer counts as unreachable after this time. */
#define FIRST_ANSWER_MS 15000
/* From this number of members on a child makes the snapshot. */
#define DETACH_LEAST 20000
/* The time that snapshots for one organization may take beyond half of all time. */
#define DEBT_MAX_MS 3000
/* The number of newcomers that get a name and an id before other work is done. */
#define NEWCOMERS_AT_ONCE 8000
/* Every member's name and number is looked at again after this time, when a snapshot is made. */
#define EPOCH_MS 600000
/* The confirmations in the snapshot are written at most this often. */
#define RECORD_MS 1000

/* True if a snapshot is so much work that a child makes it. */
static bool is_large(const struct publisher *p)
{
    size_t members = 0;
    for (uint32_t i = 0; i < p->orgs->count; i++)
        members += p->orgs->org[i].roster.count;
    return p->mode == KEEPER_SERVE && members >= DETACH_LEAST;
}

/* True while an answer is merged in part: members that want the same name may be in the other part,
 * and must be seen together. */
static bool is_partial(const struct publisher *p)
{
    for (uint32_t i = 0; i < p->orgs->count; i++)
        if (p->orgs->org[i].merge.phase == MERGE_TAKE)
            return true;
    return false;
}

/* --- when --- */

/* When the organizations without an answer count as unreachable. --once and --check wait for them.
 */
static int64_t patience_end(const struct publisher *p)
{
    return p->mode == KEEPER_SERVE ? p->begun_ms + FIRST_ANSWER_MS : INT64_MAX;
}

static bool all_tried(const struct publisher *p)
{
    for (uint32_t i = 0; i < p->orgs->count; i++)
        if (!organization_tried(&p->orgs->org[i]))
            return false;
    return true;
}

static bool is_unnamed(const struct publisher *p)
{
    return p->newcomers.next < p->newcomers.count;
}

static void check_names_due(struct publisher *p)
{
    if (p->names_due)
        return;
    p->names_due = all_tried(p) || clock_mono_ms() >= patience_end(p);
    p->owed |= p->names_due && is_unnamed(p);
}

/* True if newcomers can be named now. A list of newcomers from a partial answer is not used. */
static bool can_name(const struct publisher *p)
{
    return p->names_due && is_unnamed(p) && !p->partial && !is_partial(p);
}

/* When the next snapshot is to be published, INT64_MAX = not before an event. */
static int64_t snapshot_due(const struct publisher *p)
{
    int64_t due = p->owed ? 0 : INT64_MAX;
    if (p->child || (!p->names_due && p->generation == 0))
        return INT64_MAX;
    for (uint32_t i = 0; i < p->orgs->count; i++)
        if (p->orgs->org[i].waiting.since_ms && p->pace[i].due_ms < due)
            due = p->pace[i].due_ms;
    return due;
}

int64_t publisher_due(const struct publisher *p)
{
    int64_t due = snapshot_due(p), first = patience_end(p);
    if (can_name(p))
        return 0;
    return !p->names_due && first < due ? first : due;
}

/* A snapshot took MS for the news of the organization with PACE. Half of the time since then pays
 * for it. */
static void charge(struct pace *pace, int64_t now, int64_t ms)
{
    int64_t paid = (now - pace->debt_at_ms) / 2;
    pace->debt_ms = (pace->debt_ms > paid ? pace->debt_ms - paid : 0) + ms;
    pace->debt_at_ms = now;
    pace->due_ms = pace->debt_ms > DEBT_MAX_MS ? now + 2 * (pace->debt_ms - DEBT_MAX_MS) : 0;
}

/* Charges each organization in proportion to its changed members. */
static void charge_all(struct publisher *p, int64_t now)
{
    size_t members = 0;
    for (uint32_t i = 0; i < p->orgs->count; i++)
        members += p->orgs->org[i].carried.members;
    for (uint32_t i = 0; i < p->orgs->count; i++) {
        size_t part = p->orgs->org[i].carried.members;
        if (part > 0)
            charge(&p->pace[i], now, (now - p->begin_ms) * (int64_t)part / (int64_t)members);
    }
}

/* --- the snapshot --- */

/* What every compilation has in common; ROSTERS is filled. */
static struct compile_input input_of(struct publisher *p, struct roster *rosters)
{
    for (uint32_t i = 0; i < p->orgs->count; i++) {
        rosters[i] = p->orgs->org[i].roster;
        p->teams[i] = &p->orgs->org[i].teams;
        p->roles[i] = &p->orgs->org[i].roles;
    }
    return (struct compile_input){
        .config = p->orgs->config,
        .ledger = p->orgs->ledger,
        .roster = rosters,
        .group_note = p->group_note,
        .teams = p->teams,
        .roles = p->roles,
        .newcomers = &p->newcomers,
        .now_ms = clock_wall_ms(),
    };
}

/* Begins a new epoch when the machine's users have changed. The stamp does not see a file of
 * sysusers.d that is overwritten in place, so that an epoch also ends after a while. */
static uint32_t begin_epoch(struct publisher *p)
{
    const struct local_stamp before = p->local;
    int64_t now = clock_mono_ms();
    local_stamp_take(&p->local);
    if (!local_stamp_same(&before, &p->local) || now - p->epoch_ms >= EPOCH_MS || p->epoch == 0) {
        p->epoch++;
        p->epoch_ms = now;
    }
    return p->epoch;
}

/* Notes the organizations without unnamed newcomers in the snapshot that is being made. */
static void note_named(struct publisher *p)
{
    for (uint32_t i = 0; i < p->orgs->count; i++)
        p->orgs->org[i].carried.heard.named = p->newcomers.left[i] == 0;
}

/* The snapshot is in force, and so is all that it carries. */
static void note_published(struct publisher *p)
{
    int64_t now = clock_mono_ms();
    if (is_large(p))
        charge_all(p, now);
    for (uint32_t i = 0; i < p->orgs->count; i++)
        organization_carried(&p->orgs->org[i]);
    if (p->mode != KEEPER_CHECK && stat(PATH_SNAPSHOT, &p->snapshot) < 0)
        p->snapshot = (struct stat){0};
    p->generation++;
    p->made_ms = p->begin_ms;
    p->publish_ms = now - p->begin_ms;
}

static int publish_detached(struct publisher *p, struct compile_input *input)
{
    input->newcomers_max = NEWCOMERS_AT_ONCE;
    p->child = compile_detached(input, &p->child_fd);
    note_named(p);
    return p->child < 0 ? -1 : 0;
}

static int publish_here(struct publisher *p, const struct compile_input *input)
{
    int rc = compile(input, &p->result);
    if (input->path)
        reserve_take();
    note_named(p);
    if (rc == 0)
        note_published(p);
    return rc;
}

int publisher_publish(struct publisher *p)
{
    struct roster rosters[SNAPSHOT_ORGS_MAX];
    struct compile_input input = input_of(p, rosters);
    p->partial = is_partial(p);
    p->owed = false;
    input.names = p->names_due && !p->partial ? COMPILE_ALL_NAMES : COMPILE_BOUND_NAMES;
    input.generation = p->generation + 1;
    input.path = p->mode == KEEPER_CHECK ? NULL : PATH_SNAPSHOT;
    for (uint32_t i = 0; i < p->orgs->count; i++) {
        input.org_rules[i] = p->orgs->org[i].rules.rules;
        input.confirmed_ms[i] = p->recorded_ms[i] = organization_carry(&p->orgs->org[i]);
    }
    input.epoch = begin_epoch(p);
    p->begin_ms = clock_mono_ms();
    if (input.path)
        reserve_release();
    return is_large(p) ? publish_detached(p, &input) : publish_here(p, &input);
}

int publisher_join(struct publisher *p)
{
    pid_t child = p->child;
    p->child = 0;
    int rc = compile_join(child, p->child_fd, &p->result);
    reserve_take();
    if (rc == 0)
        note_published(p);
    return rc;
}

/* --- what is due --- */

static int publish_due(struct publisher *p)
{
    check_names_due(p);
    return snapshot_due(p) <= clock_mono_ms() ? publisher_publish(p) : 0;
}

static int name_newcomers(struct publisher *p)
{
    struct roster rosters[SNAPSHOT_ORGS_MAX];
    if (!can_name(p))
        return 0;
    struct compile_input input = input_of(p, rosters);
    input.newcomers_max = NEWCOMERS_AT_ONCE;
    int rc = compile_names(&input);
    p->owed |= !is_unnamed(p);
    return rc;
}

int publisher_run(struct publisher *p)
{
    return publish_due(p) < 0 ? -1 : name_newcomers(p);
}

int publisher_request(struct publisher *p)
{
    p->owed = true;
    return publish_due(p);
}

int publisher_take(struct publisher *p, const struct org_state *o, enum merge_result result)
{
    p->owed |= p->generation == 0 || p->partial;
    return result == MERGE_CHANGED || p->owed ? publish_due(p) : publisher_confirm(p, o);
}

int publisher_finish(struct publisher *p)
{
    if (p->child && publisher_join(p) < 0)
        return -1;
    while (can_name(p))
        if (name_newcomers(p) < 0)
            return -1;
    bool owed = p->owed;
    for (uint32_t i = 0; i < p->orgs->count; i++)
        owed |= p->orgs->org[i].waiting.since_ms > 0;
    if (!owed || (!p->names_due && p->generation == 0))
        return 0;
    return publisher_publish(p) < 0 || (p->child && publisher_join(p) < 0) ? -1 : 0;
}

/* --- confirmations --- */

static bool same_machine(const struct publisher *p)
{
    struct local_stamp now;
    local_stamp_take(&now);
    return local_stamp_same(&now, &p->local);
}

/* True if the file is the published one. An older file that was put back would have members that
 * have left since. The file's times prove nothing, since confirmations change them. */
static bool same_snapshot(const struct publisher *p)
{
    struct stat now;
    return stat(PATH_SNAPSHOT, &now) == 0 && now.st_dev == p->snapshot.st_dev &&
           now.st_ino == p->snapshot.st_ino && now.st_size == p->snapshot.st_size;
}

int publisher_confirm(struct publisher *p, const struct org_state *o)
{
    uint32_t i = (uint32_t)(o - p->orgs->org);
    int64_t confirmed = o->in_force.confirmed_ms, recorded = p->recorded_ms[i];
    if (p->mode == KEEPER_CHECK || p->generation == 0 || p->child)
        return 0;
    if (!same_machine(p) || !same_snapshot(p))
        return publisher_request(p);
    if (confirmed >= recorded && confirmed - recorded < RECORD_MS)
        return 0;
    p->recorded_ms[i] = confirmed;
    return snapshot_mark_confirmed(PATH_SNAPSHOT, i, confirmed) == 0 ? 0 : publisher_request(p);
}

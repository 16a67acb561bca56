#include "orgsyncd/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/log.h"
#include "common/snapshot_writer.h"
#include "orgsyncd/grouping.h"
#include "orgsyncd/home_pattern.h"
#include "orgsyncd/naming.h"
#include "orgsyncd/numbers.h"
#include "orgsyncd/teams.h"
#include "orgsyncd/text_map.h"

#define NOLOGIN "/usr/sbin/nologin"

#define GRANTS_PROBES 32

/* What all members like LIKE (NULL: a free place of the table) are granted, by its index in the
 * snapshot; NAMED: that one alone. */
struct member_grants {
    const struct pipe_member *like;
    uint64_t hash; /* of LIKE's roles and permissions */
    uint32_t org, index;
    bool named;
};

struct work {
    const struct compile_input *in;
    struct local_ids *local;
    struct snapshot_writer *writer;
    struct compile_result result;
    uint32_t org; /* the one whose roster is walked */
    struct grouping grouping;
    struct text_map named;        /* the teams that a rule names, by organization */
    char kept[2][PIPE_TEXTS_MAX]; /* roles for the snapshot */
    struct member_grants *grants; /* a hash table of GRANTS_SIZE places, a power of two */
    size_t grants_count, grants_size;
    const struct member_grants *last_grants;
    struct id_pool pool[SNAPSHOT_ORGS_MAX]; /* each organization's, for its users and groups */
    struct naming naming;
    struct newcomers own; /* where the caller wants none */
    int failed;
};

static const char *key(const struct work *w)
{
    return config_org_key(&w->in->config->org[w->org]);
}

static void complain(struct work *w, struct roster_member *m, const char *complaint)
{
    naming_complain(&w->naming, w->org, m, complaint);
}

/* --- names --- */

static bool is_settled(const struct work *w, const struct roster_member *m)
{
    return w->in->epoch && m->settled == w->in->epoch && !m->changed;
}

static void settle_name(struct roster_member *m, void *arg)
{
    struct work *w = arg;
    if (!is_settled(w, m))
        naming_visit(&w->naming, w->org, m);
}

/* --- ids --- */

static bool allocate(struct work *w, struct roster_member *m)
{
    int rc = ledger_id(w->in->ledger, key(w), m->remote.id, &w->pool[w->org], w->local, &m->uid);
    w->failed |= rc < 0;
    m->changed |= rc == 0;
    if (rc == LEDGER_FULL)
        complain(w, m, "no number is free for it in the organization's range");
    return rc == 0;
}

/* Where somebody else's home has M's name, because he had that name before, M's has his number too.
 */
static bool settle_home(struct work *w, struct roster_member *m)
{
    char home[NAME_MAX_LEN + 12];
    if (m->home)
        return true;
    int taken = ledger_home_taken(w->in->ledger, m->name, key(w), m->remote.id);
    if (taken <= 0)
        return taken == 0;
    snprintf(home, sizeof home, "%s-%" PRIu32, m->name, m->uid);
    m->home = strdup(home);
    return m->home != NULL;
}

static const char *service_fault(const struct work *w, const struct roster_member *m)
{
    if (local_ids_id(w->local, m->uid))
        return "the machine has a user or group of that number";
    return naming_forbidden(&w->naming, m->name);
}

/* Gives the member an id and stores what changed. True when he can be served. */
static bool settle_id(struct work *w, struct roster_member *m)
{
    if (w->failed || !*m->name || (!m->uid && !allocate(w, m)))
        return false;
    if (m->changed && (!settle_home(w, m) || ledger_store(w->in->ledger, key(w), m) < 0))
        w->failed = 1;
    m->changed = m->brake_changed = false;
    const char *fault = service_fault(w, m);
    if (fault)
        complain(w, m, fault);
    return !fault;
}

/* --- grants --- */

static bool same_grants(const struct member_grants *a, const struct member_grants *b)
{
    bool active = a->like->state == MEMBER_ACTIVE;
    return a->hash == b->hash && a->org == b->org && a->named == b->named &&
           active == (b->like->state == MEMBER_ACTIVE) &&
           (!a->named || strcmp(a->like->id, b->like->id) == 0) &&
           roster_same_list(&a->like->roles, &b->like->roles) &&
           roster_same_list(&a->like->permissions, &b->like->permissions) &&
           roster_same_term(&a->like->term, &b->like->term);
}

static uint64_t hash_lists(const struct pipe_member *m)
{
    const struct text_list *roles = &m->roles, *permissions = &m->permissions;
    return hash64(roles->first, text_list_size(roles)) +
           3 * hash64(permissions->first, text_list_size(permissions));
}

/* The place of grants like WANTED, or a free one for them; NULL when neither is near. Whoever makes
 * the hashes of many equal gains nothing but records that are not shared. */
static struct member_grants *find_place(const struct work *w, const struct member_grants *wanted)
{
    for (size_t i = 0; i < GRANTS_PROBES && w->grants_size > 0; i++) {
        struct member_grants *place = &w->grants[(wanted->hash + i) & (w->grants_size - 1)];
        if (!place->like || same_grants(place, wanted))
            return place;
    }
    return NULL;
}

/* Makes room for one more. What finds no place near in the larger table is shared no longer. */
static bool grow_grants(struct work *w)
{
    size_t size = w->grants_size;
    struct member_grants *old = w->grants;
    if (w->grants_count < size / 2)
        return true;
    w->grants_size = size ? 2 * size : 64;
    w->grants = calloc(w->grants_size, sizeof *w->grants);
    for (size_t i = 0; i < size && w->grants; i++) {
        struct member_grants *place = old[i].like ? find_place(w, &old[i]) : NULL;
        if (place)
            *place = old[i];
    }
    free(old);
    return w->grants != NULL;
}

/* M, of the organization whose roster is walked, with what counts now. */
static struct pipe_member held_now(const struct work *w, const struct pipe_member *m)
{
    return roster_now(m, w->in->confirmed_ms[w->org], w->in->now_ms);
}

/* Notes the teams in RULES, of organization ORG or of those that they name. */
static void name_teams(struct work *w, uint32_t org, const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rule[i];
        const char *role = rule->roles.first;
        bool about = strcmp(rule->org, w->in->config->org[org].name) == 0;
        for (uint32_t n = 0; n < rule->roles.count && about; n++, role = text_list_next(role))
            if (team_is_role(role) && !text_map_find(&w->named, org, role))
                w->failed |= !text_map_add(&w->named, org, role, 0);
    }
}

static void find_named(struct work *w)
{
    const struct config *c = w->in->config;
    struct rules *rules = malloc(sizeof *rules);
    w->failed |= !rules;
    for (uint32_t i = 0; i < c->org_count && !w->failed; i++) {
        name_teams(w, i, &c->rules);
        if (org_rules_decode(&w->in->org_rules[i], c->org[i].name, rules))
            name_teams(w, i, rules);
    }
    free(rules);
}

/* LIST without the teams that no rule names: somebody may be in a thousand, and each login reads
 * what is left. */
static struct text_list keep_named(const struct work *w, const struct text_list *list, char *kept)
{
    struct text_list out = {kept, 0};
    const char *role = list->first;
    for (uint32_t i = 0; i < list->count; i++, role = text_list_next(role)) {
        if (team_is_role(role) && !text_map_find(&w->named, w->org, role))
            continue;
        kept = stpcpy(kept, role) + 1;
        out.count++;
    }
    return out;
}

/* Only an active member has groups. */
static uint32_t make_grants(struct work *w, const struct pipe_member *m)
{
    const struct pipe_member held = held_now(w, m);
    struct snapshot_grants_spec spec = {.org = w->org,
                                        .roles = keep_named(w, &m->roles, w->kept[0]),
                                        .permissions = m->permissions,
                                        .term = held.term};
    spec.term.roles = keep_named(w, &held.term.roles, w->kept[1]);
    if (m->state == MEMBER_ACTIVE)
        grouping_of(&w->grouping, w->org, &held, &spec);
    return snapshot_writer_grants(w->writer, &spec);
}

/* The index of the grants of M. Most members are as the one before them. */
static uint32_t grants_of(struct work *w, const struct pipe_member *m)
{
    struct member_grants wanted = {.like = m,
                                   .hash = hash_lists(m),
                                   .org = w->org,
                                   .named = grouping_names(&w->grouping, w->org, m->id)};
    if (!w->failed && w->last_grants && same_grants(w->last_grants, &wanted))
        return w->last_grants->index;
    w->failed |= !w->failed && !grow_grants(w);
    if (w->failed)
        return 0;
    struct member_grants *place = find_place(w, &wanted);
    if (place && place->like) {
        w->last_grants = place;
        return place->index;
    }
    wanted.index = make_grants(w, m);
    if (place) {
        *place = wanted;
        w->grants_count++;
    }
    w->last_grants = place;
    return wanted.index;
}

/* --- users --- */

/* The entry of "accounts" that counts for M, NULL when none does. A role for a while moves no home.
 */
static const struct config_account *account_of_member(const struct work *w,
                                                      const struct pipe_member *m)
{
    const struct config *c = w->in->config;
    for (uint32_t i = 0; i < c->account_count; i++) {
        const struct config_account *a = &c->account[i];
        if (a->org == c->org[w->org].name &&
            (a->everyone || text_lists_meet(&a->roles, &m->roles) ||
             text_lists_meet(&a->permissions, &m->permissions) ||
             text_list_has(&a->members, m->id)))
            return a;
    }
    return NULL;
}

/* A group of his own, or the one that all share; where that cannot be served, his own number, which
 * then has no name. */
static uint32_t primary_group(const struct work *w, const struct roster_member *m, bool private)
{
    uint32_t shared = private ? 0 : w->grouping.primary[w->org];
    return shared ? shared : m->uid;
}

/* Those who may not log in keep name and number, so that files still have an owner, but no shell.
 */
static void add_user(struct work *w, const struct roster_member *m, uint32_t grants_index)
{
    const struct config *c = w->in->config;
    bool active = m->remote.state == MEMBER_ACTIVE;
    bool private = naming_private_group(&w->naming, m);
    const struct config_account *account = account_of_member(w, &m->remote);
    char home[HOME_SIZE];
    home_expand(home, account && account->home ? account->home : c->home,
                m->home ? m->home : m->name);
    struct snapshot_user_spec spec = {
        .uid = m->uid,
        .gid = primary_group(w, m, private),
        .private_group = private,
        .grants_index = grants_index,
        .state = m->remote.state,
        .name = m->name,
        .gecos = *m->remote.display ? m->remote.display : m->name,
        .home = home,
        .shell = !active                     ? NOLOGIN
                 : account && account->shell ? account->shell
                                             : c->shell,
        .identity = owner_identity(key(w), m->remote.id),
    };
    snapshot_writer_user(w->writer, &spec);
    if (active)
        snapshot_writer_keys(w->writer, m->uid, &m->remote.keys);
    w->result.users++;
    w->result.active += active;
}

static void settle_member(struct roster_member *m, void *arg)
{
    struct work *w = arg;
    if (is_settled(w, m))
        return;
    m->served = settle_id(w, m);
    bool good = m->served && !m->reserved && strcmp(m->name, m->wanted) == 0;
    m->settled = good && !m->lent ? w->in->epoch : 0;
    if (good)
        m->complaint = NULL;
}

static void serve(struct roster_member *m, void *arg)
{
    struct work *w = arg;
    if (m->served)
        add_user(w, m, grants_of(w, &m->remote));
    else
        w->result.withheld += m->remote.state != MEMBER_REMOVED;
}

static void each_org(struct work *w, void (*visit)(struct roster_member *, void *))
{
    for (w->org = 0; w->org < w->in->config->org_count && !w->failed; w->org++)
        roster_each(&w->in->roster[w->org], visit, w);
}

/* Where the ids of each organization are looked for: as the ledger says, or the
 * configuration, which is then recorded. */
static int settle_pools(struct work *w)
{
    const struct config *c = w->in->config;
    struct numbers numbers;
    if (numbers_read(c, w->in->ledger, &numbers) < 0 ||
        numbers_record(c, w->in->ledger, &numbers) < 0)
        return -1;
    for (uint32_t i = 0; i < c->org_count; i++)
        w->pool[i] = (struct id_pool){.placement = numbers.placement, .range = numbers.range[i]};
    return 0;
}

static void add_orgs(struct work *w)
{
    for (uint32_t i = 0; i < w->in->config->org_count; i++) {
        snapshot_writer_org(w->writer, w->in->config->org[i].name, w->in->confirmed_ms[i],
                            w->pool[i].range.first, w->pool[i].range.last);
        snapshot_writer_org_rules(w->writer, i, &w->in->org_rules[i]);
    }
}

/* Names first, then ids in the order of remote ids: two hosts with empty ledgers come to the same
 * numbers. */
static int settle(struct work *w)
{
    if (ledger_begin(w->in->ledger) < 0 || settle_pools(w) < 0)
        return -1;
    add_orgs(w);
    find_named(w);
    w->failed |= w->failed || grouping_settle(&w->grouping) < 0;
    w->result.groups = w->grouping.served;
    each_org(w, settle_name);
    naming_settle_newcomers(&w->naming, w->in->names == COMPILE_BOUND_NAMES ? 0
                                        : w->in->newcomers_max              ? w->in->newcomers_max
                                                                            : UINT32_MAX);
    w->failed |= w->naming.failed;
    each_org(w, settle_member);
    return w->failed ? -1 : ledger_commit(w->in->ledger);
}

/* The next newcomers alone. */
static int settle_newcomers(struct work *w)
{
    struct newcomers *c = w->in->newcomers;
    size_t first = c->next;
    if (ledger_begin(w->in->ledger) < 0 || settle_pools(w) < 0)
        return -1;
    naming_settle_newcomers(&w->naming, w->in->newcomers_max);
    w->failed |= w->naming.failed;
    for (size_t i = first; i < c->next; i++) {
        w->org = c->list[i].org;
        if (c->list[i].member)
            settle_member(c->list[i].member, w);
    }
    return w->failed ? -1 : ledger_commit(w->in->ledger);
}

static int publish(struct work *w)
{
    const struct config *c = w->in->config;
    each_org(w, serve);
    for (size_t i = 0; i < c->rules.count; i++)
        snapshot_writer_rule(w->writer, &c->rules.rule[i]);
    if (w->failed) {
        log_error("the snapshot cannot be made: %s", strerror(ENOMEM));
        return -1;
    }
    if (!w->in->path || snapshot_writer_publish(w->writer, w->in->path) == 0)
        return 0;
    log_error("%s cannot be written: %s", w->in->path, strerror(errno));
    return -1;
}

static int begin_naming(struct work *w)
{
    w->local = local_ids_read();
    w->naming = (struct naming){.config = w->in->config,
                                .ledger = w->in->ledger,
                                .local = w->local,
                                .roster = w->in->roster,
                                .newcomers = w->in->newcomers ? w->in->newcomers : &w->own};
    if (!w->local)
        log_error("the machine's own users cannot be read: %s", strerror(errno));
    return w->local && naming_begin(&w->naming) ? 0 : -1;
}

static int begin(struct work *w)
{
    const struct config *c = w->in->config;
    struct snapshot_settings settings = {
        .generation = w->in->generation,
        .grace_s = (uint32_t)c->offline_grace_s,
        .max_age_ms = (uint32_t)c->login_max_age_ms,
        .timeout_ms = (uint32_t)c->timeout_ms,
        .enumerate = c->enumerate,
        .group_members = c->group_members,
    };
    w->writer = snapshot_writer_new(&settings);
    if (begin_naming(w) < 0)
        return -1;
    if (!w->writer) {
        log_error("the snapshot cannot be made: %s", strerror(ENOMEM));
        return -1;
    }
    newcomers_free(w->naming.newcomers);
    w->grouping = (struct grouping){.config = c,
                                    .ledger = w->in->ledger,
                                    .local = w->local,
                                    .naming = &w->naming,
                                    .writer = w->writer,
                                    .pool = w->pool,
                                    .note = w->in->group_note,
                                    .roster = w->in->roster,
                                    .teams = w->in->teams,
                                    .roles = w->in->roles,
                                    .epoch = w->in->epoch};
    return settle(w);
}

static void end(struct work *w)
{
    naming_end(&w->naming);
    if (w->naming.newcomers->next == w->naming.newcomers->count)
        newcomers_free(w->naming.newcomers); /* a long list is not kept when all had their turn */
    newcomers_free(&w->own);
    free(w->grants);
    grouping_free(&w->grouping);
    text_map_free(&w->named);
    local_ids_free(w->local);
    snapshot_writer_free(w->writer);
}

int compile(const struct compile_input *input, struct compile_result *result)
{
    struct work w = {.in = input};
    int rc = begin(&w);
    if (rc == 0)
        rc = publish(&w);
    *result = w.result;
    end(&w);
    return rc;
}

/* --- in a child --- */

/* Publishes, and tells the result through FD. It ends with its parent. */
static _Noreturn void run_child(struct work *w, pid_t parent, int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || publish(w) < 0)
        _exit(1);
    _exit(write(fd, &w->result, sizeof w->result) == sizeof w->result ? 0 : 1);
}

int compile_names(const struct compile_input *input)
{
    struct work w = {.in = input};
    int rc = begin_naming(&w);
    if (rc == 0)
        rc = settle_newcomers(&w);
    end(&w);
    return rc;
}

pid_t compile_detached(const struct compile_input *input, int *fd)
{
    struct work w = {.in = input};
    int pair[2] = {-1, -1};
    pid_t parent = getpid(), pid = -1;
    if (begin(&w) == 0 && pipe2(pair, O_CLOEXEC) == 0 && (pid = fork()) == 0)
        run_child(&w, parent, pair[1]);
    if (pair[0] >= 0 && pid < 0)
        log_error("the snapshot's child cannot be started: %s", strerror(errno));
    end(&w);
    if (pair[1] >= 0)
        close(pair[1]);
    if (pair[0] >= 0 && pid < 0)
        close(pair[0]);
    *fd = pid < 0 ? -1 : pair[0];
    return pid;
}

int compile_join(pid_t pid, int fd, struct compile_result *result)
{
    int status = -1;
    ssize_t n;
    do
        n = read(fd, result, sizeof *result);
    while (n < 0 && errno == EINTR);
    close(fd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (n == sizeof *result && status == 0)
        return 0;
    if (WIFSIGNALED(status))
        log_error("the snapshot's child was killed by signal %d", WTERMSIG(status));
    return -1;
}

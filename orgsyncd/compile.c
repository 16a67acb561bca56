#include "orgsyncd/compile.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/snapshot_writer.h"
#include "orgsyncd/log.h"

#define NOLOGIN "/usr/sbin/nologin"

/* Groups are in the ledger beside the members, under an organization that cannot exist. */
#define GROUP_KEY ""

/* Distinct combinations of an organization's roles and permissions, all organizations together: a
 * few less than a snapshot takes. Each organization has its share, so that none can use up the
 * others'. */
#define CLASSES_MAX 16000

/* Of those who are not served so many have a line in the log at once. */
#define COMPLAINTS_LOGGED 100

struct newcomer {
    struct roster_member *member;
    uint32_t org;
};

/* What all members like LIKE share in the snapshot. */
struct member_class {
    const struct pipe_member *like;
    uint32_t org, index;
};

struct work {
    const struct compile_input *in;
    struct local_ids *local;
    struct snapshot_writer *writer;
    struct compile_result result;
    uint32_t org; /* the one whose roster is walked */
    uint32_t
        index[CONFIG_GROUPS_MAX]; /* of each configured group in the snapshot, or its local gid */
    bool usable[CONFIG_GROUPS_MAX];
    void *classes; /* of struct member_class, tsearch(3) */
    const struct member_class *last_class;
    uint32_t class_count[SNAPSHOT_ORGS_MAX];
    struct id_range range;
    const char *awaited[CONFIG_GROUPS_MAX]; /* mapped groups that /etc/group has not, or not yet */
    uint32_t awaited_count;
    uint32_t complaints;
    struct newcomer *newcomer; /* members who want a name that nobody has yet */
    size_t newcomers, room;
    int failed;
};

const char *compile_org_key(const struct config_org *org)
{
    return org->id ? org->id : org->name;
}

static const char *key(const struct work *w)
{
    return compile_org_key(&w->in->config->org[w->org]);
}

/* Reports what is wrong with a member once, until it is something else. */
static void complain(struct work *w, uint32_t org, struct roster_member *m, const char *complaint)
{
    bool news = !m->complaint || strcmp(m->complaint, complaint) != 0;
    if (news && w->complaints++ < COMPLAINTS_LOGGED) {
        const char *wanted = *m->remote.username ? m->remote.username : m->remote.email;
        log_line("%s: member %s (\"%s\") %s: %s", w->in->config->org[org].name, m->remote.id,
                 wanted, *m->name ? "keeps the name that he had" : "is not served", complaint);
    }
    m->complaint = complaint;
}

/* --- names --- */

static int remember_newcomer(struct work *w, struct roster_member *m)
{
    if (w->newcomers == w->room) {
        size_t room = w->room * 2 + 64;
        struct newcomer *list = realloc(w->newcomer, room * sizeof *list);
        if (!list)
            return -1;
        w->newcomer = list;
        w->room = room;
    }
    w->newcomer[w->newcomers++] = (struct newcomer){m, w->org};
    return 0;
}

/* The name of a group that is mapped is the machine's also while /etc/group does not have it: else
 * a member could call himself so, and be its group when a program asks for it. */
static bool local_name(const struct work *w, const char *name)
{
    for (uint32_t i = 0; i < w->awaited_count; i++)
        if (strcmp(w->awaited[i], name) == 0)
            return true;
    return local_ids_name(w->local, name);
}

/* Settles the name of a member who has none yet or asks for another one, as far as that does not
 * depend on other newcomers. */
static void settle_name(struct roster_member *m, void *arg)
{
    struct work *w = arg;
    if (m->lent)
        m->name[0] = '\0';
    m->lent = false;
    if (w->failed || m->remote.state == MEMBER_REMOVED ||
        (*m->name && strcmp(m->name, m->wanted) == 0))
        return;
    if (!*m->wanted) {
        complain(w, w->org, m, "that is no login name ([a-z_][a-z0-9_.-]*, at most 32)");
        return;
    }
    if (local_name(w, m->wanted)) {
        complain(w, w->org, m, "the machine has a user or group of that name");
        return;
    }
    switch (ledger_name(w->in->ledger, m->wanted, key(w), m->remote.id)) {
    case LEDGER_NAME_FREE:
        w->failed |= remember_newcomer(w, m) < 0;
        break;
    case LEDGER_NAME_OWN:
        memcpy(m->name, m->wanted, sizeof m->name);
        m->changed = true;
        break;
    case LEDGER_NAME_TAKEN:
        complain(w, w->org, m, "that name is, or was, somebody else's");
        break;
    case LEDGER_NAME_ERROR:
        w->failed = 1;
    }
}

static int by_wanted(const void *a, const void *b)
{
    return strcmp(((const struct newcomer *)a)->member->wanted,
                  ((const struct newcomer *)b)->member->wanted);
}

static bool is_pending(const struct newcomer *n)
{
    return n->member->remote.state == MEMBER_PENDING;
}

/* Gives N the name that he wants. Who is only invited does not keep it: invitations are mistyped,
 * and who accepts one may come under another id. */
static int give_name(struct work *w, const struct newcomer *n)
{
    struct roster_member *m = n->member;
    const char *org = compile_org_key(&w->in->config->org[n->org]);
    m->lent = is_pending(n);
    if (!m->lent && ledger_bind(w->in->ledger, m->wanted, org, m->remote.id) < 0)
        return -1;
    memcpy(m->name, m->wanted, sizeof m->name);
    m->changed |= !m->lent;
    return 0;
}

/* COUNT newcomers want the same name. Unless one of them alone is there already, all go without:
 * who came first is not for us to say. */
static int settle_rivals(struct work *w, const struct newcomer *rival, size_t count)
{
    const struct newcomer *winner = NULL;
    size_t there = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_pending(&rival[i])) {
            winner = &rival[i];
            there++;
        }
    if (count == 1)
        winner = rival;
    else if (there != 1)
        winner = NULL;
    for (size_t i = 0; i < count; i++)
        if (&rival[i] != winner)
            complain(w, rival[i].org, rival[i].member, "several members want that name");
    return winner ? give_name(w, winner) : 0;
}

static int settle_newcomers(struct work *w)
{
    if (w->newcomers)
        qsort(w->newcomer, w->newcomers, sizeof *w->newcomer, by_wanted);
    for (size_t i = 0, next; i < w->newcomers; i = next) {
        for (next = i + 1;
             next < w->newcomers && by_wanted(&w->newcomer[i], &w->newcomer[next]) == 0;)
            next++;
        if (settle_rivals(w, &w->newcomer[i], next - i) < 0)
            return -1;
    }
    return 0;
}

/* --- ids --- */

static bool allocate(struct work *w, struct roster_member *m)
{
    int rc = ledger_id(w->in->ledger, key(w), m->remote.id, &w->range, w->local, &m->uid);
    w->failed |= rc < 0;
    m->changed |= rc == 0;
    if (rc == LEDGER_FULL)
        complain(w, w->org, m, "no number is left in the range of users");
    return rc == 0;
}

/* Gives the member an id and stores what changed. True when he can be served. */
static bool settle_id(struct work *w, struct roster_member *m)
{
    bool served = false;
    if (w->failed || !*m->name || (!m->uid && !allocate(w, m)))
        return false;
    if (local_name(w, m->name))
        complain(w, w->org, m, "the machine has a user or group of that name");
    else if (local_ids_id(w->local, m->uid))
        complain(w, w->org, m, "the machine has a user or group of that number");
    else
        served = true;
    if (m->changed && ledger_store(w->in->ledger, key(w), m) < 0)
        w->failed = 1;
    m->changed = false;
    return served;
}

/* --- groups --- */

/* The number of a group of /etc/group; or what is wrong with mapping it. */
static const char *local_group(struct work *w, const struct config_group *g, uint32_t *gid)
{
    if (local_ids_group(w->local, g->name, gid))
        return *gid == 0 ? "it is root's: that is never mapped" : NULL;
    w->awaited[w->awaited_count++] = g->name;
    return "/etc/group has none of that name to be mapped";
}

/* The number of a group of our own, allocated when it has none; or why it cannot be served. */
static const char *own_group(struct work *w, const struct config_group *g, uint32_t *gid)
{
    if (local_name(w, g->name))
        return "the machine has a user or group of that name";
    enum ledger_name owner = ledger_name(w->in->ledger, g->name, GROUP_KEY, g->name);
    if (owner == LEDGER_NAME_TAKEN)
        return "a member has, or had, that name";
    int rc = ledger_id(w->in->ledger, GROUP_KEY, g->name, &w->range, w->local, gid);
    if (rc == LEDGER_FULL)
        return "no number is left in the range of users";
    w->failed |=
        rc < 0 || owner == LEDGER_NAME_ERROR ||
        (owner == LEDGER_NAME_FREE && ledger_bind(w->in->ledger, g->name, GROUP_KEY, g->name) < 0);
    return local_ids_id(w->local, *gid) ? "the machine has a user or group of its number" : NULL;
}

static void settle_group(struct work *w, uint32_t i)
{
    const struct config_group *g = &w->in->config->group[i];
    uint32_t gid = 0;
    const char *fault = g->local ? local_group(w, g, &gid) : own_group(w, g, &gid);
    if (fault && fault != w->in->group_fault[i])
        log_line("group \"%s\" is not served: %s", g->name, fault);
    w->in->group_fault[i] = fault;
    w->usable[i] = !fault && !w->failed;
    if (w->usable[i] && !g->local) {
        gid = snapshot_writer_group(w->writer, g->name, gid);
        w->result.groups++;
    }
    w->index[i] = gid;
}

static bool in_group(const struct config_group *g, const struct pipe_member *m)
{
    return g->everyone || text_lists_meet(&g->roles, &m->roles) ||
           text_lists_meet(&g->permissions, &m->permissions);
}

/* --- classes --- */

static int compare_lists(const struct text_list *a, const struct text_list *b)
{
    size_t size = text_list_size(a), other = text_list_size(b);
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    if (size != other)
        return size < other ? -1 : 1;
    return memcmp(a->first, b->first, size);
}

static int compare_classes(const void *a, const void *b)
{
    const struct member_class *x = a, *y = b;
    bool active = x->like->state == MEMBER_ACTIVE;
    if (x->org != y->org)
        return x->org < y->org ? -1 : 1;
    if (active != (y->like->state == MEMBER_ACTIVE))
        return active ? 1 : -1;
    int order = compare_lists(&x->like->roles, &y->like->roles);
    return order ? order : compare_lists(&x->like->permissions, &y->like->permissions);
}

/* Only an active member has groups. */
static uint32_t make_class(struct work *w, const struct pipe_member *m)
{
    const struct config *c = w->in->config;
    struct snapshot_class_spec spec = {
        .org = w->org, .roles = m->roles, .permissions = m->permissions};
    for (uint32_t i = 0; i < c->group_count && m->state == MEMBER_ACTIVE; i++) {
        const struct config_group *g = &c->group[i];
        if (!w->usable[i] || g->org != c->org[w->org].name || !in_group(g, m))
            continue;
        if (g->local)
            spec.local_gids[spec.local_count++] = w->index[i];
        else
            spec.groups[spec.group_count++] = w->index[i];
    }
    return snapshot_writer_class(w->writer, &spec);
}

static const struct member_class *new_class(struct work *w, const struct pipe_member *m)
{
    struct member_class *made = malloc(sizeof *made);
    if (!made) {
        w->failed = 1;
        return NULL;
    }
    *made = (struct member_class){m, w->org, make_class(w, m)};
    if (!tsearch(made, &w->classes, compare_classes)) {
        free(made);
        w->failed = 1;
        return NULL;
    }
    w->class_count[w->org]++;
    return made;
}

/* The class of M, NULL when there can be no more. Most members are as the one before them. */
static const struct member_class *class_of(struct work *w, const struct pipe_member *m)
{
    const struct member_class wanted = {m, w->org, 0};
    if (w->last_class && compare_classes(w->last_class, &wanted) == 0)
        return w->last_class;
    struct member_class *const *found = tfind(&wanted, &w->classes, compare_classes);
    if (found)
        return w->last_class = *found;
    /* Who left has no role, so that they are one class: they are never too many. */
    if (m->state != MEMBER_REMOVED &&
        w->class_count[w->org] >= CLASSES_MAX / w->in->config->org_count)
        return NULL;
    return w->last_class = new_class(w, m);
}

/* --- users --- */

/* HOME with every %u as NAME. */
static void expand_home(char *out, size_t size, const char *home, const char *name)
{
    size_t used = 0, len = strlen(name);
    while (*home && used + 1 < size) {
        if (home[0] == '%' && home[1] == 'u') {
            size_t n = len < size - 1 - used ? len : size - 1 - used;
            memcpy(out + used, name, n);
            used += n;
            home += 2;
        } else {
            out[used++] = *home++;
        }
    }
    out[used] = '\0';
}

/* Those who may not log in keep name and number, so that files still have an owner, but no shell.
 */
static void add_user(struct work *w, const struct roster_member *m, uint32_t class_index)
{
    const struct config *c = w->in->config;
    bool active = m->remote.state == MEMBER_ACTIVE;
    char home[1024];
    expand_home(home, sizeof home, c->home, m->name);
    struct snapshot_user_spec spec = {
        .uid = m->uid,
        .gid = m->uid,
        .class_index = class_index,
        .state = m->remote.state,
        .name = m->name,
        .gecos = *m->remote.display ? m->remote.display : m->name,
        .home = home,
        .shell = active ? c->shell : NOLOGIN,
        .identity = ledger_identity(key(w), m->remote.id),
        .private_group = true,
    };
    snapshot_writer_user(w->writer, &spec);
    w->result.users++;
    w->result.active += active;
}

/* Both at once: going through all members is what a change among many costs. */
static void serve(struct roster_member *m, void *arg)
{
    struct work *w = arg;
    bool served = settle_id(w, m);
    const struct member_class *class = served ? class_of(w, &m->remote) : NULL;
    if (class) {
        add_user(w, m, class->index);
        if (strcmp(m->name, m->wanted) == 0)
            m->complaint = NULL;
        return;
    }
    if (served && !w->failed)
        complain(w, w->org, m,
                 "its organization has too many different combinations of roles and permissions");
    w->result.withheld += m->remote.state != MEMBER_REMOVED;
}

static void each_org(struct work *w, void (*visit)(struct roster_member *, void *))
{
    for (w->org = 0; w->org < w->in->config->org_count && !w->failed; w->org++)
        roster_each(&w->in->roster[w->org], visit, w);
}

/* Names first, then ids in the order of remote ids: two hosts with empty ledgers come to the same
 * numbers. */
static int settle(struct work *w)
{
    if (ledger_begin(w->in->ledger) < 0)
        return -1;
    for (uint32_t i = 0; i < w->in->config->group_count; i++)
        settle_group(w, i);
    each_org(w, settle_name);
    if (w->failed || settle_newcomers(w) < 0)
        return -1;
    each_org(w, serve);
    if (w->complaints > COMPLAINTS_LOGGED)
        log_line("%u more members are not served as they would be",
                 w->complaints - COMPLAINTS_LOGGED);
    return w->failed ? -1 : ledger_commit(w->in->ledger);
}

static int publish(struct work *w)
{
    const struct config *c = w->in->config;
    for (size_t i = 0; i < c->rules.count; i++)
        snapshot_writer_rule(w->writer, &c->rules.rule[i]);
    if (!w->in->path || snapshot_writer_publish(w->writer, w->in->path) == 0)
        return 0;
    log_line("%s cannot be written: %s", w->in->path, strerror(errno));
    return -1;
}

int compile(const struct compile_input *input, struct compile_result *result)
{
    const struct config *c = input->config;
    struct snapshot_settings settings = {
        .generation = input->generation,
        .grace_s = (uint32_t)c->offline_grace_s,
        .max_age_ms = (uint32_t)c->login_max_age_ms,
        .timeout_ms = (uint32_t)c->timeout_ms,
        .enumerate = c->enumerate,
        .group_members = c->group_members,
    };
    int rc = -1;
    struct work w = {
        .in = input,
        .local = local_ids_read(),
        .writer = snapshot_writer_new(&settings),
        .range = {.first = c->range_first, .last = c->range_last},
    };
    if (!w.local || !w.writer) {
        log_line("the machine's own users cannot be read: %s", strerror(errno));
        goto out;
    }
    for (uint32_t i = 0; i < c->org_count; i++)
        snapshot_writer_org(w.writer, c->org[i].name, input->confirmed_ms[i], c->range_first,
                            c->range_last);
    if (settle(&w) == 0 && publish(&w) == 0)
        rc = 0;
    *result = w.result;
out:
    free(w.newcomer);
    tdestroy(w.classes, free);
    local_ids_free(w.local);
    snapshot_writer_free(w.writer);
    return rc;
}

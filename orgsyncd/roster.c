#include "orgsyncd/roster.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct roster_member *)a)->remote.id,
                  ((const struct roster_member *)b)->remote.id);
}

static const char *append(char **p, const char *text, size_t size)
{
    char *at = *p;
    if (size > 0)
        memcpy(at, text, size);
    *p += size;
    return at;
}

/* SIZE bytes of TEXT, cleaned once here rather than for each snapshot. */
static const char *append_clean(char **p, const char *text, size_t size)
{
    char *at = text_clean(*p, size, text, true);
    *p += size;
    return at;
}

struct roster_member *roster_member_new(const struct pipe_member *remote)
{
    size_t id = strlen(remote->id) + 1, email = strlen(remote->email) + 1,
           user = strlen(remote->username) + 1, display = strlen(remote->display) + 1,
           roles = text_list_size(&remote->roles),
           permissions = text_list_size(&remote->permissions),
           term_roles = text_list_size(&remote->term.roles),
           term_permissions = text_list_size(&remote->term.permissions);
    struct roster_member *m =
        calloc(1, sizeof *m + id + email + user + display + roles + permissions + term_roles +
                      term_permissions + remote->keys.size);
    if (!m)
        return NULL;
    char *p = (char *)(m + 1);
    m->remote = (struct pipe_member){
        .state = remote->state,
        .id = append(&p, remote->id, id),
        .email = append(&p, remote->email, email),
        .username = append(&p, remote->username, user),
        .display = append_clean(&p, remote->display, display),
        .roles = {append(&p, remote->roles.first, roles), remote->roles.count},
        .permissions = {append(&p, remote->permissions.first, permissions),
                        remote->permissions.count},
        .term = {remote->term.ends_ms,
                 {append(&p, remote->term.roles.first, term_roles), remote->term.roles.count},
                 {append(&p, remote->term.permissions.first, term_permissions),
                  remote->term.permissions.count}},
        .keys = {(const uint8_t *)append(&p, (const char *)remote->keys.first, remote->keys.size),
                 remote->keys.size},
        .keys_unread = remote->keys_unread,
    };
    return m;
}

void roster_member_free(struct roster_member *member)
{
    if (member)
        free(member->home);
    free(member);
}

struct roster_member *roster_find(const struct roster *roster, const char *id)
{
    struct roster_member key = {.remote = {.id = id}};
    struct roster_member *const *found = tfind(&key, &roster->tree, compare);
    return found ? *found : NULL;
}

bool roster_same_list(const struct text_list *a, const struct text_list *b)
{
    size_t size = text_list_size(a);
    return a->count == b->count && size == text_list_size(b) &&
           (size == 0 || memcmp(a->first, b->first, size) == 0);
}

bool roster_same_term(const struct term *a, const struct term *b)
{
    return a->ends_ms == b->ends_ms && roster_same_list(&a->roles, &b->roles) &&
           roster_same_list(&a->permissions, &b->permissions);
}

struct pipe_member roster_now(const struct pipe_member *member, int64_t confirmed_ms,
                              int64_t now_ms)
{
    struct pipe_member held = *member;
    if (term_counts(&member->term, confirmed_ms, now_ms)) {
        held.roles = member->term.roles;
        held.permissions = member->term.permissions;
    }
    if (member->term.ends_ms <= now_ms)
        held.term = (struct term){0};
    return held;
}

static bool same_keys(const struct key_list *a, const struct key_list *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->first, b->first, a->size) == 0);
}

static bool same(const struct pipe_member *a, const struct pipe_member *b)
{
    return a->state == b->state && strcmp(a->email, b->email) == 0 &&
           strcmp(a->username, b->username) == 0 && strcmp(a->display, b->display) == 0 &&
           roster_same_list(&a->roles, &b->roles) &&
           roster_same_list(&a->permissions, &b->permissions) &&
           roster_same_term(&a->term, &b->term) && same_keys(&a->keys, &b->keys);
}

/* Nothing has changed on which the member's name depends. */
static void keep_settled(const struct roster_member *old, struct roster_member *member)
{
    const struct pipe_member *a = &old->remote, *b = &member->remote;
    if (a->state != b->state || strcmp(a->username, b->username) != 0 ||
        strcmp(a->email, b->email) != 0)
        return;
    member->settled = old->settled;
    memcpy(member->wanted, old->wanted, sizeof member->wanted);
}

int roster_put(struct roster *roster, struct roster_member *member)
{
    struct roster_member **slot = tsearch(member, &roster->tree, compare);
    if (!slot) {
        roster_member_free(member);
        return -1;
    }
    struct roster_member *old = *slot;
    if (old == member) {
        member->changed = true;
        roster->count++;
    } else {
        memcpy(member->name, old->name, sizeof member->name);
        member->home = old->home;
        old->home = NULL;
        member->lent = old->lent;
        member->reserved = old->reserved;
        member->served = old->served;
        keep_settled(old, member);
        member->uid = old->uid;
        member->complaint = old->complaint;
        member->held = old->held;
        member->lost_ms = old->lost_ms;
        member->brake_changed = old->brake_changed;
        member->term_seen_ms = old->term_seen_ms;
        member->role_lost_ms = old->role_lost_ms;
        member->departure = old->departure;
        member->departure_changed = old->departure_changed;
        member->warned = old->warned;
        member->again_ms = old->again_ms;
        member->changed = old->changed || !same(&old->remote, &member->remote);
        roster->present -= old->remote.state != MEMBER_REMOVED;
        roster->terms -= old->remote.term.ends_ms > 0;
        *slot = member;
        roster_member_free(old);
    }
    roster->present += member->remote.state != MEMBER_REMOVED;
    roster->terms += member->remote.term.ends_ms > 0;
    return 0;
}

struct visitor {
    void (*visit)(struct roster_member *member, void *arg);
    void *arg;
};

static void visit_node(const void *node, VISIT which, void *closure)
{
    const struct visitor *v = closure;
    if (which == postorder || which == leaf)
        v->visit(*(struct roster_member *const *)node, v->arg);
}

void roster_each(const struct roster *roster,
                 void (*visit)(struct roster_member *member, void *arg), void *arg)
{
    struct visitor v = {visit, arg};
    twalk_r(roster->tree, visit_node, &v);
}

struct drain {
    struct roster_member **member;
    size_t count;
};

static void take_out(struct roster_member *m, void *arg)
{
    struct drain *d = arg;
    d->member[d->count++] = m;
}

static void keep(void *member)
{
    (void)member;
}

struct roster_member **roster_drain(struct roster *roster, size_t *count)
{
    struct drain d = {.member = malloc((roster->count + 1) * sizeof(struct roster_member *))};
    if (!d.member)
        return NULL;
    roster_each(roster, take_out, &d);
    tdestroy(roster->tree, keep);
    *roster = (struct roster){0};
    *count = d.count;
    return d.member;
}

void roster_remove(struct roster *roster, struct roster_member *member)
{
    if (member->remote.state == MEMBER_REMOVED)
        return;
    member->remote.state = MEMBER_REMOVED;
    member->remote.roles.count = member->remote.permissions.count = 0;
    roster->terms -= member->remote.term.ends_ms > 0;
    member->remote.term = (struct term){0};
    member->role_lost_ms = 0;
    member->remote.keys.size = 0;
    member->changed = true;
    roster->present--;
}

static void free_node(void *member)
{
    roster_member_free(member);
}

void roster_free(struct roster *roster)
{
    tdestroy(roster->tree, free_node);
    *roster = (struct roster){0};
}

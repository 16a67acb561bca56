#include "orgadmin/nouns/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/rfc3339.h"
#include "orgadmin/nouns/vocabulary.h"

#define FAULTS_SHOWN 20
#define PLACE_SIZE   128

/* Somebody who is in the organization, or invited. */
struct known {
    const cJSON *person;
    const char *roles;   /* of now: PLANNING's memory */
    bool member;         /* of the list of members */
    bool stays_owner;    /* a member who has the owner's role then */
    const char *section; /* of the file, where he is wanted; or NULL */
    size_t index;
};

struct planning {
    const struct plan_input *in;
    struct plan *plan;
    struct known *known, **by_email, **by_id;
    size_t count;
    const char *owner;
    size_t owners, faults;
    bool out_of_memory;
};

/* Complains of the entry INDEX of the file's SECTION. */
__attribute__((format(printf, 5, 6))) static void fault(struct planning *p, const char *section,
                                                        size_t index, const char *field,
                                                        const char *format, ...)
{
    char what[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    if (++p->faults <= FAULTS_SHOWN)
        complain(EXIT_NO, "%s: %s[%zu]%s%s: %s", p->in->from, section, index, *field ? "." : "",
                 field, what);
}

static const cJSON *list_of(const cJSON *state, const char *section)
{
    return cJSON_GetObjectItemCaseSensitive(state, section);
}

static const cJSON *field_of(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* True when the list WORDS has WORD. */
static bool has_word(const char *words, const char *word)
{
    size_t len = word ? strlen(word) : 0;
    for (const char *w = words; len > 0 && *w; w += strcspn(w, ","), w += *w == ',')
        if (strcspn(w, ",") == len && strncmp(w, word, len) == 0)
            return true;
    return false;
}

static bool is_suspended(const cJSON *person)
{
    return strcmp(record_text(person, "state"), "suspended") == 0;
}

static bool is_me(const struct planning *p, const cJSON *person)
{
    const char *id = record_text(p->in->me, "id"), *email = record_text(p->in->me, "email");
    return (*id && strcmp(id, record_text(person, "id")) == 0) ||
           (*email && strcasecmp(email, record_text(person, "email")) == 0);
}

/* --- who is there --- */

static int compare_known(const void *a, const void *b)
{
    struct known *const *x = a, *const *y = b;
    int order = strcasecmp(record_text((*x)->person, "email"), record_text((*y)->person, "email"));
    return order != 0 ? order : (int)(*y)->member - (int)(*x)->member;
}

static int compare_ids(const void *a, const void *b)
{
    struct known *const *x = a, *const *y = b;
    return strcmp(record_text((*x)->person, "id"), record_text((*y)->person, "id"));
}

static bool add_known(struct planning *p, const char *section)
{
    for (const cJSON *person = list_first(list_of(p->in->now, section)); person;
         person = person->next) {
        char *roles = state_words(person, "roles");
        if (!roles)
            return false;
        p->known[p->count++] = (struct known){
            .person = person, .roles = roles, .member = strcmp(section, STATE_MEMBERS) == 0};
    }
    return true;
}

static bool index_known(struct planning *p)
{
    const cJSON *members = list_of(p->in->now, STATE_MEMBERS);
    const cJSON *invitations = list_of(p->in->now, STATE_INVITATIONS);
    size_t size = (size_t)cJSON_GetArraySize(members) + (size_t)cJSON_GetArraySize(invitations) + 1;
    p->known = calloc(size, sizeof *p->known);
    p->by_email = calloc(size, sizeof(struct known *));
    p->by_id = calloc(size, sizeof(struct known *));
    if (!p->known || !p->by_email || !p->by_id || !add_known(p, STATE_MEMBERS) ||
        !add_known(p, STATE_INVITATIONS))
        return false;
    for (size_t i = 0; i < p->count; i++) {
        struct known *k = &p->known[i];
        k->stays_owner = k->member && !is_suspended(k->person) && has_word(k->roles, p->owner);
        p->owners += k->stays_owner;
        p->by_email[i] = p->by_id[i] = k;
    }
    if (p->count > 0) {
        qsort(p->by_email, p->count, sizeof *p->by_email, compare_known);
        qsort(p->by_id, p->count, sizeof *p->by_id, compare_ids);
    }
    return true;
}

/* True when who is at I by address has EMAIL, and is a MEMBER if that is wanted. */
static bool has_email(const struct planning *p, size_t i, const char *email, bool member)
{
    const struct known *k = i < p->count ? p->by_email[i] : NULL;
    return k && (k->member || !member) && strcasecmp(record_text(k->person, "email"), email) == 0;
}

/* Who has EMAIL, a member rather than an invited one; or NULL. *TWO: two members have it. */
static struct known *find_email(const struct planning *p, const char *email, bool *two)
{
    size_t low = 0, high = p->count;
    while (*email && low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcasecmp(record_text(p->by_email[middle]->person, "email"), email) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = *email && has_email(p, low, email, false);
    *two = found && has_email(p, low, email, true) && has_email(p, low + 1, email, true);
    return found ? p->by_email[low] : NULL;
}

/* The member with ID, or NULL. */
static struct known *find_id(const struct planning *p, const char *id)
{
    size_t low = 0, high = p->count;
    while (*id && low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(record_text(p->by_id[middle]->person, "id"), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = *id && low < p->count && p->by_id[low]->member &&
                 strcmp(record_text(p->by_id[low]->person, "id"), id) == 0;
    return found ? p->by_id[low] : NULL;
}

/* --- steps --- */

/* "admin; billing,plans": for a person. NULL: out of memory. */
static char *rights_text(const char *roles, const char *permissions)
{
    char *text = NULL;
    bool both = roles && *roles && permissions && *permissions;
    if (asprintf(&text, "%s%s%s", roles ? roles : "", both ? "; " : "",
                 permissions ? permissions : "") < 0)
        return NULL;
    return text;
}

static struct step *add_step(struct planning *p, enum step_kind kind, const char *name,
                             const char *id)
{
    struct plan *plan = p->plan;
    if (plan->count == plan->size) {
        size_t size = plan->size ? plan->size * 2 : 64;
        struct step *step = reallocarray(plan->step, size, sizeof *step);
        if (!step) {
            p->out_of_memory = true;
            return NULL;
        }
        plan->step = step;
        plan->size = size;
    }
    plan->step[plan->count] = (struct step){.kind = kind, .name = name, .id = id};
    return &plan->step[plan->count++];
}

/* The rights that an entry of the file wants, and those that somebody has. */
struct person_rights {
    char *roles, *permissions; /* NULL: it does not say */
    char *now_roles, *now_permissions;
};

static void rights_free(struct person_rights *r)
{
    free(r->roles);
    free(r->permissions);
    free(r->now_roles);
    free(r->now_permissions);
}

/* Leaves in R what is to change. */
static bool rights_differ(struct planning *p, const cJSON *want, const cJSON *now,
                          struct person_rights *r)
{
    *r = (struct person_rights){
        .roles = field_of(want, "roles") ? state_words(want, "roles") : NULL,
        .permissions = field_of(want, "permissions") ? state_words(want, "permissions") : NULL,
        .now_roles = state_words(now, "roles"),
        .now_permissions = state_words(now, "permissions")};
    p->out_of_memory = p->out_of_memory || !r->now_roles || !r->now_permissions;
    if (p->out_of_memory)
        return false;
    bool roles = r->roles && strcmp(r->roles, r->now_roles) != 0;
    bool permissions = r->permissions && strcmp(r->permissions, r->now_permissions) != 0;
    return roles || permissions;
}

/* Adds a step that gives the rights in R, which it takes over. */
static void add_rights(struct planning *p, enum step_kind kind, const struct known *k,
                       struct person_rights *r, const char *username)
{
    struct step *s = add_step(p, kind, state_name(k->person), record_text(k->person, "id"));
    bool permissions = r->permissions && r->now_permissions;
    if (!s)
        return;
    s->own = is_me(p, k->person);
    s->username = username;
    s->was = rights_text(r->now_roles, permissions ? r->now_permissions : NULL);
    s->roles = r->roles;
    s->permissions = r->permissions;
    r->roles = r->permissions = NULL;
}

/* The role that an entry, or a member, has for a while; "" for none, or one whose end has come. */
static const char *temporary_role(const cJSON *person)
{
    int64_t end = 0;
    return rfc3339_parse(record_text(person, STATE_UNTIL), &end) && end > clock_wall_ms()
               ? record_text(person, STATE_TEMPORARY)
               : "";
}

static bool same_end(const cJSON *a, const cJSON *b)
{
    int64_t one = 0, other = 0;
    return rfc3339_parse(record_text(a, STATE_UNTIL), &one) &&
           rfc3339_parse(record_text(b, STATE_UNTIL), &other) && one == other;
}

/* The role that a member who is in the file is to have for a while. One of which the file says
 * nothing stays, also where the role behind it is set anew (RESET), which takes it. */
static void plan_term(struct planning *p, const cJSON *want, const struct known *k, bool reset)
{
    bool said = *temporary_role(want);
    const cJSON *from = said ? want : k->person;
    const char *role = temporary_role(from), *has = temporary_role(k->person);
    char *lasting = state_words(field_of(want, "roles") ? want : k->person, "roles");
    bool as_is = !said || (strcmp(role, has) == 0 && same_end(want, k->person));
    bool none = !*role || !lasting || strcmp(lasting, role) == 0;
    p->out_of_memory = p->out_of_memory || !lasting;
    free(lasting);
    if (none || (as_is && !reset))
        return;
    struct step *s = add_step(p, STEP_TERM, state_name(k->person), record_text(k->person, "id"));
    if (!s)
        return;
    s->own = is_me(p, k->person);
    s->roles = strdup(role);
    s->until = record_text(from, STATE_UNTIL);
    p->out_of_memory = p->out_of_memory || !s->roles;
}

/* The rights of a member who is in the file. True if they change. */
static bool plan_rights(struct planning *p, const char *section, size_t i, const cJSON *want,
                        struct known *k)
{
    struct person_rights r;
    bool differ = rights_differ(p, want, k->person, &r);
    if (differ) {
        bool was = has_word(r.now_roles, p->owner);
        bool is = r.roles ? has_word(r.roles, p->owner) : was;
        enum step_kind kind = is == was ? STEP_RIGHTS : is ? STEP_PROMOTE : STEP_DEMOTE;
        k->stays_owner = is && !is_suspended(k->person);
        if (r.roles && !*r.roles)
            fault(p, section, i, "roles",
                  "%s has the role %s, and the last role is taken from nobody; leave the person "
                  "out, for --prune",
                  state_name(k->person), r.now_roles);
        else
            add_rights(p, kind, k, &r, NULL);
    }
    rights_free(&r);
    return differ;
}

/* A member who is in the file. */
static void plan_member(struct planning *p, const char *section, size_t i, const cJSON *want,
                        struct known *k)
{
    const char *state = record_text(want, "state");
    bool out = is_suspended(want), was_out = is_suspended(k->person);
    bool reset = plan_rights(p, section, i, want, k);
    plan_term(p, want, k, reset);
    if (*state && out != was_out) {
        struct step *s = add_step(p, out ? STEP_SUSPEND : STEP_RESUME, state_name(k->person),
                                  record_text(k->person, "id"));
        if (s)
            s->own = is_me(p, k->person);
    }
    k->stays_owner = k->stays_owner && !out;
}

/* Somebody who is invited, and in the file. */
static void plan_invited(struct planning *p, const char *section, size_t i, const cJSON *want,
                         struct known *k)
{
    struct person_rights r;
    const char *username = record_text(want, "username"), *now = record_text(k->person, "username");
    bool differ = rights_differ(p, want, k->person, &r);
    bool renamed = *username && strcmp(username, now) != 0;
    if (is_suspended(want))
        fault(p, section, i, "state", "%s is only invited, and cannot be suspended",
              state_name(k->person));
    else if (differ || renamed) {
        if (!r.roles) { /* the new invitation gives what the old one gave */
            r.roles = r.now_roles;
            r.now_roles = NULL;
        }
        add_rights(p, STEP_INVITE_AGAIN, k, &r, *username ? username : *now ? now : NULL);
    }
    rights_free(&r);
}

static void plan_newcomer(struct planning *p, const char *section, size_t i, const cJSON *want)
{
    const char *email = record_text(want, "email"), *username = record_text(want, "username");
    struct step *s;
    if (!*email)
        fault(p, section, i, "id", "nobody has the id %s, and without an address nobody is invited",
              record_text(want, "id"));
    else if (is_suspended(want))
        fault(p, section, i, "state", "%s is no member, and cannot be suspended", email);
    else if ((s = add_step(p, STEP_ADD, email, "")) != NULL) {
        s->username = *username ? username : NULL;
        s->roles = field_of(want, "roles") ? state_words(want, "roles") : NULL;
        s->permissions = field_of(want, "permissions") ? state_words(want, "permissions") : NULL;
    }
}

/* The one whom the entry WANT names; NULL for nobody, or with *FAULTY after a complaint. */
static struct known *find_person(struct planning *p, const char *section, size_t i,
                                 const cJSON *want, bool *faulty)
{
    bool two = false;
    struct known *by_id = find_id(p, record_text(want, "id"));
    struct known *by_email = find_email(p, record_text(want, "email"), &two);
    struct known *k = by_id ? by_id : by_email;
    size_t before = p->faults;
    if (!by_id && two)
        fault(p, section, i, "email", "two members have this address: give the id");
    else if (by_id && by_email && !two && by_email->member && by_id != by_email)
        fault(p, section, i, "", "the id is %s's, and the address is another member's",
              state_name(by_id->person));
    else if (k && k->section)
        fault(p, section, i, "", "that is %s, who is at %s[%zu] already", state_name(k->person),
              k->section, k->index);
    *faulty = p->faults > before;
    return *faulty ? NULL : k;
}

/* The entry of the file is somebody who is there, or comes. */
static void plan_person(struct planning *p, const char *section, size_t i, const cJSON *want)
{
    bool faulty;
    struct known *k = find_person(p, section, i, want, &faulty);
    if (!k && !faulty)
        plan_newcomer(p, section, i, want);
    if (!k)
        return;
    k->section = section;
    k->index = i;
    if (k->member)
        plan_member(p, section, i, want, k);
    else
        plan_invited(p, section, i, want, k);
}

/* --- what the API can do --- */

static void need(struct planning *p, const char *section, size_t i, const cJSON *want,
                 const char *field, bool can)
{
    if (field_of(want, field) && !can)
        fault(p, section, i, field, "the provider \"%s\" cannot set that", p->in->c->now.provider);
}

/* A role for a while is one of the organization's, and has its end. */
static void check_temporary(struct planning *p, const char *section, size_t i, const cJSON *want,
                            const struct vocabulary *v)
{
    char place[PLACE_SIZE + 1024];
    const char *role = record_text(want, STATE_TEMPORARY), *end = record_text(want, STATE_UNTIL);
    if (!*role != !*end)
        fault(p, section, i, *role ? STATE_UNTIL : STATE_TEMPORARY, "it is missing");
    snprintf(place, sizeof place, "%s: %s[%zu]." STATE_TEMPORARY ": ", p->in->from, section, i);
    if (p->faults < FAULTS_SHOWN && *temporary_role(want) &&
        vocabulary_check_roles(v, p->in->c, place, role) != EXIT_DONE)
        p->faults++;
}

/* Looks at the fields of an entry, and at its roles. */
static void check_person(struct planning *p, const char *section, size_t i, const cJSON *want,
                         const struct vocabulary *v)
{
    struct connection *c = p->in->c;
    char place[PLACE_SIZE + 1024];
    char *roles = state_words(want, "roles");
    bool sets_roles = connection_takes(c, OP_MEMBER_ROLE, "role");
    need(p, section, i, want, "roles", sets_roles);
    need(p, section, i, want, "permissions", connection_takes(c, OP_MEMBER_ROLE, "permissions"));
    need(p, section, i, want, "username", connection_takes(c, OP_MEMBER_ADD, "username"));
    need(p, section, i, want, STATE_TEMPORARY, connection_takes(c, OP_MEMBER_ROLE, "until"));
    check_temporary(p, section, i, want, v);
    if (is_suspended(want))
        need(p, section, i, want, "state", connection_takes(c, OP_MEMBER_SUSPEND, NULL));
    if (roles && strchr(roles, ',') && !connection_takes(c, OP_MEMBER_GRANT, NULL))
        fault(p, section, i, "roles", "a person has one role here, not %s", roles);
    snprintf(place, sizeof place, "%s: %s[%zu].roles: ", p->in->from, section, i);
    if (p->faults < FAULTS_SHOWN && roles &&
        vocabulary_check_roles(v, c, place, roles) != EXIT_DONE)
        p->faults++;
    p->out_of_memory = p->out_of_memory || !roles;
    free(roles);
}

/* The role ID of STATE's own, or NULL. */
static const cJSON *find_role(const cJSON *state, const char *id)
{
    const cJSON *roles = list_of(state, STATE_ROLES);
    for (const cJSON *role = roles ? roles->child : NULL; role; role = role->next)
        if (strcmp(record_text(role, "id"), id) == 0)
            return role;
    return NULL;
}

/* The roles that there will be: those of V that stay, and those of the file. */
static bool set_roles_then(const struct planning *p, struct vocabulary *v)
{
    const struct plan_input *in = p->in;
    char *text = NULL;
    size_t size;
    bool prunes = in->prune && list_of(in->then, STATE_ROLES);
    FILE *stream = v->roles ? open_memstream(&text, &size) : NULL;
    if (!v->roles)
        return true;
    for (char *at = v->roles + 1; stream && *at; at += strcspn(at, " ") + 1) {
        char id[256];
        snprintf(id, sizeof id, "%.*s", (int)strcspn(at, " "), at);
        bool goes = prunes && find_role(in->now, id) != NULL;
        fprintf(stream, " %s", goes ? "" : id);
    }
    for (const cJSON *role = list_first(list_of(in->then, STATE_ROLES)); role; role = role->next)
        if (stream)
            fprintf(stream, " %s", record_text(role, "id"));
    if (!stream || fputc(' ', stream) < 0 || fclose(stream) != 0)
        return false;
    free(v->roles);
    v->roles = text;
    return true;
}

static void check_role(struct planning *p, size_t i, const cJSON *want, const struct vocabulary *v)
{
    char *permissions = state_words(want, "permissions");
    if (!connection_takes(p->in->c, OP_ROLE_CREATE, NULL))
        fault(p, STATE_ROLES, i, "", "the provider \"%s\" has no roles that could be made",
              p->in->c->now.provider);
    else if (permissions && vocabulary_check_permissions(v, p->in->c, permissions) != EXIT_DONE)
        fault(p, STATE_ROLES, i, "permissions", "there is no such permission");
    free(permissions);
}

static enum exit_status check_all(struct planning *p)
{
    static const char *const people[] = {STATE_MEMBERS, STATE_INVITATIONS};
    struct vocabulary v = {NULL, NULL};
    size_t i = 0;
    enum exit_status status =
        connection_takes(p->in->c, OP_ROLE_LIST, NULL) ? vocabulary_read(p->in->c, &v) : EXIT_DONE;
    p->out_of_memory = status == EXIT_DONE && !set_roles_then(p, &v);
    for (const cJSON *item = list_first(list_of(p->in->then, STATE_ROLES)); item; item = item->next)
        check_role(p, i++, item, &v);
    for (size_t s = 0; status == EXIT_DONE && s < sizeof people / sizeof *people; s++) {
        i = 0;
        for (const cJSON *item = list_first(list_of(p->in->then, people[s])); item;
             item = item->next)
            check_person(p, people[s], i++, item, &v);
    }
    vocabulary_free(&v);
    return status;
}

/* --- roles --- */

/* True when the caller has the role ID now. */
static bool have_role(const struct planning *p, const char *id)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->known[i].member && is_me(p, p->known[i].person) && has_word(p->known[i].roles, id))
            return true;
    return false;
}

static void plan_role(struct planning *p, const cJSON *want)
{
    struct person_rights r;
    const char *id = record_text(want, "id");
    const cJSON *now = find_role(p->in->now, id);
    struct step *s = NULL;
    if (rights_differ(p, want, now, &r) || !now)
        s = add_step(p, now ? STEP_ROLE_EDIT : STEP_ROLE_CREATE, id, "");
    if (s) {
        s->own = have_role(p, id);
        s->was = rights_text(NULL, r.now_permissions);
        s->permissions = r.permissions;
        r.permissions = NULL;
    }
    rights_free(&r);
}

/* --- what is not in the file --- */

static void prune_person(struct planning *p, struct known *k)
{
    bool listed =
        list_of(p->in->then, k->member && strcmp(record_text(k->person, "state"), "pending") != 0
                                 ? STATE_MEMBERS
                                 : STATE_INVITATIONS) != NULL;
    if (k->section || !listed)
        return;
    if (!p->in->prune) {
        p->plan->unlisted++;
        return;
    }
    struct step *s = add_step(p, k->member ? STEP_REMOVE : STEP_REVOKE, state_name(k->person),
                              record_text(k->person, "id"));
    k->stays_owner = false;
    if (s) {
        s->own = k->member && is_me(p, k->person);
        s->was = strdup(k->roles);
    }
}

static void prune_roles(struct planning *p)
{
    if (!list_of(p->in->then, STATE_ROLES))
        return;
    for (const cJSON *role = list_first(list_of(p->in->now, STATE_ROLES)); role;
         role = role->next) {
        const char *id = record_text(role, "id");
        if (find_role(p->in->then, id))
            continue;
        p->plan->unlisted += !p->in->prune;
        if (p->in->prune)
            add_step(p, STEP_ROLE_REMOVE, id, "");
    }
}

/* --- the whole --- */

static int compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->own != y->own)
        return (int)x->own - (int)y->own;
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    return strcasecmp(x->name, y->name);
}

/* Refuses what nobody could undo: who is left must be able to manage the organization. Who is only
 * invited to be an owner may never come. */
static enum exit_status keep_owner(const struct planning *p)
{
    size_t owners = 0, members = 0, removed = 0, nameless = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct known *k = &p->known[i];
        owners += k->stays_owner;
        members += k->member;
        nameless += k->member && !k->section && !*record_text(k->person, "email");
    }
    for (size_t i = 0; i < p->plan->count; i++)
        removed += p->plan->step[i].kind == STEP_REMOVE;
    if (p->owners > 0 && owners == 0)
        return complain(EXIT_NO, "%s: %s would have no %s any more: nothing is changed",
                        p->in->from, p->in->c->now.org_name, p->owner);
    if (removed > 0 && removed == members)
        return complain(EXIT_NO, "%s: %s would have no member any more: nothing is changed",
                        p->in->from, p->in->c->now.org_name);
    if (removed > 0 && nameless > 0)
        return complain(EXIT_NO,
                        "the API does not show the addresses of %zu members, who could be those "
                        "of %s: nothing is changed",
                        nameless, p->in->from);
    return EXIT_DONE;
}

static void plan_all(struct planning *p)
{
    static const char *const people[] = {STATE_MEMBERS, STATE_INVITATIONS};
    for (const cJSON *item = list_first(list_of(p->in->then, STATE_ROLES)); item; item = item->next)
        plan_role(p, item);
    for (size_t s = 0; s < sizeof people / sizeof *people; s++) {
        size_t i = 0;
        for (const cJSON *item = list_first(list_of(p->in->then, people[s])); item;
             item = item->next)
            plan_person(p, people[s], i++, item);
    }
    for (size_t i = 0; i < p->count; i++)
        prune_person(p, &p->known[i]);
    prune_roles(p);
}

static enum exit_status finish(struct planning *p, enum exit_status status)
{
    if (status == EXIT_DONE && p->faults > 0)
        status = complain(EXIT_NO, "%s: nothing is changed", p->in->from);
    if (status == EXIT_DONE && p->out_of_memory)
        status = complain(EXIT_AWAY, "out of memory");
    if (status == EXIT_DONE)
        status = keep_owner(p);
    if (p->plan->count > 0)
        qsort(p->plan->step, p->plan->count, sizeof *p->plan->step, compare_steps);
    for (size_t i = 0; i < p->count; i++)
        free((char *)p->known[i].roles);
    free(p->known);
    free(p->by_email);
    free(p->by_id);
    return status;
}

enum exit_status plan_make(const struct plan_input *input, struct plan *plan)
{
    struct planning p = {
        .in = input, .plan = plan, .owner = provider_owner_role(input->c->provider)};
    p.out_of_memory = !index_known(&p);
    enum exit_status status = p.out_of_memory ? EXIT_DONE : check_all(&p);
    if (status == EXIT_DONE && p.faults == 0 && !p.out_of_memory)
        plan_all(&p);
    return finish(&p, status);
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->step[i].was);
        free(plan->step[i].roles);
        free(plan->step[i].permissions);
    }
    free(plan->step);
    *plan = (struct plan){0};
}

/* TEXT, or "nothing". */
static const char *said(const char *text)
{
    return text && *text ? text : "nothing";
}

/* What becomes of the rights: "member -> admin". */
static void rights_change(const struct step *s, char *out, size_t size)
{
    char *rights = rights_text(s->roles, s->permissions);
    bool given = s->roles || s->permissions;
    if (s->kind == STEP_SUSPEND || s->kind == STEP_RESUME)
        snprintf(out, size, ": %s", s->kind == STEP_SUSPEND ? "suspended" : "active again");
    else if (s->until)
        snprintf(out, size, ": %s until %s", said(rights), s->until);
    else if (given && s->was)
        snprintf(out, size, ": %s -> %s", said(s->was), said(rights));
    else if (given || (s->was && *s->was))
        snprintf(out, size, ": %s", given ? said(rights) : s->was);
    free(rights);
}

const char *step_text(const struct step *s, char out[STEP_TEXT_MAX])
{
    static const char *const before[] = {[STEP_ROLE_CREATE] = "+ role ",
                                         [STEP_ROLE_EDIT] = "~ role ",
                                         [STEP_PROMOTE] = "~ ",
                                         [STEP_ADD] = "+ ",
                                         [STEP_INVITE_AGAIN] = "~ invitation of ",
                                         [STEP_RIGHTS] = "~ ",
                                         [STEP_RESUME] = "~ ",
                                         [STEP_REVOKE] = "- invitation of ",
                                         [STEP_SUSPEND] = "~ ",
                                         [STEP_DEMOTE] = "~ ",
                                         [STEP_TERM] = "~ ",
                                         [STEP_REMOVE] = "- ",
                                         [STEP_ROLE_REMOVE] = "- role "};
    const char *own = s->own && s->kind != STEP_ROLE_EDIT ? " (yourself)" : "";
    int used = snprintf(out, STEP_TEXT_MAX, "%s%s%s", before[s->kind], s->name, own);
    if (used > 0 && used < STEP_TEXT_MAX)
        rights_change(s, out + used, STEP_TEXT_MAX - (size_t)used);
    return out;
}

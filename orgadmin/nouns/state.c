#include "orgadmin/nouns/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool state_fixed_role(const char *role)
{
    static const char *const fixed[] = {"owner", "admin", "member"}; /* orgd/API.md */
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(role, fixed[i]) == 0)
            return true;
    return false;
}

const cJSON *list_first(const cJSON *list)
{
    return cJSON_IsArray(list) || cJSON_IsObject(list) ? list->child : NULL;
}

const char *state_name(const cJSON *person)
{
    const char *email = record_text(person, "email");
    return *email ? email : record_text(person, "id");
}

static int compare_texts(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* A role may be written with its path, "roles/admin". */
static const char *bare(const char *role)
{
    const char *slash = strrchr(role, '/');
    return slash ? slash + 1 : role;
}

char *state_words(const cJSON *object, const char *name)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name);
    size_t count = 0, size = 1;
    const char **text = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *text);
    for (const cJSON *item = list_first(list); item; item = item->next)
        if (text && cJSON_IsString(item)) {
            text[count] =
                strcmp(name, STATE_ROLES) == 0 ? bare(item->valuestring) : item->valuestring;
            size += strlen(text[count++]) + 1;
        }
    char *joined = text ? malloc(size) : NULL, *at = joined;
    if (joined)
        *at = '\0';
    if (joined && count > 0)
        qsort(text, count, sizeof *text, compare_texts);
    for (size_t i = 0; joined && i < count; i++)
        if (i == 0 || strcmp(text[i], text[i - 1]) != 0)
            at += snprintf(at, size - (size_t)(at - joined), "%s%s", i ? "," : "", text[i]);
    free(text);
    return joined;
}

/* --- from the API --- */

/* Of a member's record. */
#define STATE_ENDS "role_ends"

struct state_reading {
    cJSON *roles, *members, *invitations;
    bool lists_invitations; /* who is invited is among them, and not among the members that count */
};

/* Adds the texts of the list SOURCE in FROM to TO, as NAME, sorted. */
static bool copy_words(cJSON *to, const char *name, const cJSON *from, const char *source)
{
    char *words = state_words(from, source), *rest = words;
    cJSON *list = cJSON_AddArrayToObject(to, name);
    bool good = words && list;
    while (good && *rest) {
        size_t len = strcspn(rest, ",");
        bool more = rest[len] == ',';
        rest[len] = '\0';
        good = cJSON_AddItemToArray(list, cJSON_CreateString(rest));
        rest += len + more;
    }
    free(words);
    return good;
}

static bool copy_text(cJSON *to, const cJSON *from, const char *name)
{
    const char *text = record_text(from, name);
    return !*text || cJSON_AddStringToObject(to, name, text);
}

/* Adds what RECORD holds without an end, and beside it the role that ends. */
static bool copy_rights(cJSON *to, const cJSON *record)
{
    const char *end = record_text(record, STATE_ENDS);
    char *role = *end ? state_words(record, "roles") : NULL;
    bool good = copy_words(to, "roles", record, *end ? "roles_after" : "roles") &&
                copy_words(to, "permissions", record, *end ? "permissions_after" : "permissions") &&
                (!*end || (role && cJSON_AddStringToObject(to, STATE_TEMPORARY, role) &&
                           cJSON_AddStringToObject(to, STATE_UNTIL, end)));
    free(role);
    return good;
}

/* Adds RECORD with its texts NAMES and its lists to LIST. A provider_sink's result. */
static int keep(cJSON *list, const cJSON *record, const char *const names[])
{
    cJSON *kept = cJSON_CreateObject();
    bool good = kept != NULL;
    for (; *names && good; names++)
        good = copy_text(kept, record, *names);
    good = good && (list->string && strcmp(list->string, STATE_ROLES) == 0
                        ? copy_words(kept, "permissions", record, "permissions")
                        : copy_rights(kept, record));
    if (good && cJSON_AddItemToArray(list, kept))
        return 0;
    cJSON_Delete(kept);
    return -1;
}

static int take_role(void *arg, const cJSON *role)
{
    static const char *const names[] = {"id", NULL};
    const struct state_reading *r = arg;
    return state_fixed_role(record_text(role, "id")) ? 0 : keep(r->roles, role, names);
}

/* A pending member is told by the list of invitations, if there is one. */
static int take_member(void *arg, const cJSON *member)
{
    static const char *const names[] = {"id", "email", "state", NULL};
    const struct state_reading *r = arg;
    const char *state = record_text(member, "state");
    bool left_out =
        strcmp(state, "removed") == 0 || (strcmp(state, "pending") == 0 && r->lists_invitations);
    return left_out ? 0 : keep(r->members, member, names);
}

static int take_invitation(void *arg, const cJSON *invitation)
{
    static const char *const names[] = {"id", "email", "username", NULL};
    const struct state_reading *r = arg;
    return keep(r->invitations, invitation, names);
}

static bool add_organization(const struct connection *c, cJSON *state)
{
    cJSON *org = cJSON_AddObjectToObject(state, "organization");
    return org && cJSON_AddStringToObject(org, "id", c->now.org_id) &&
           cJSON_AddStringToObject(org, "name", c->now.org_name);
}

enum exit_status state_read(struct connection *c, cJSON **state)
{
    struct state_reading r = {.lists_invitations = connection_takes(c, OP_INVITATION_LIST, NULL)};
    bool roles = connection_takes(c, OP_ROLE_CREATE, NULL);
    *state = cJSON_CreateObject();
    bool good = *state && add_organization(c, *state) &&
                (!roles || (r.roles = cJSON_AddArrayToObject(*state, STATE_ROLES))) &&
                (r.members = cJSON_AddArrayToObject(*state, STATE_MEMBERS)) &&
                (r.invitations = cJSON_AddArrayToObject(*state, STATE_INVITATIONS));
    enum exit_status status = good ? EXIT_DONE : complain(EXIT_AWAY, "out of memory");
    if (status == EXIT_DONE && roles)
        status = connection_each(c, OP_ROLE_LIST, NULL, take_role, &r);
    if (status == EXIT_DONE)
        status = connection_each(c, OP_MEMBER_LIST, NULL, take_member, &r);
    if (status == EXIT_DONE && r.lists_invitations)
        status = connection_each(c, OP_INVITATION_LIST, NULL, take_invitation, &r);
    if (status == EXIT_DONE)
        return status;
    cJSON_Delete(*state);
    *state = NULL;
    return status;
}

/* --- for a file --- */

static int compare_names(const void *a, const void *b)
{
    cJSON *const *x = a, *const *y = b;
    int order = strcasecmp(state_name(*x), state_name(*y));
    return order != 0 ? order : strcmp(record_text(*x, "id"), record_text(*y, "id"));
}

/* Sorts LIST by what people are called, so that two exports can be compared line by line. */
static void sort(cJSON *list)
{
    size_t count = (size_t)cJSON_GetArraySize(list), i = 0;
    cJSON **items = calloc(count + 1, sizeof *items);
    for (cJSON *item = items && list ? list->child : NULL; item; item = item->next)
        items[i++] = item;
    if (i > 0)
        qsort(items, i, sizeof *items, compare_names);
    for (i = 0; items && i < count; i++)
        cJSON_AddItemToArray(list, cJSON_DetachItemViaPointer(list, items[i]));
    free(items);
}

static void drop(cJSON *person, const char *name)
{
    cJSON_DeleteItemFromObjectCaseSensitive(person, name);
}

/* Leaves of PERSON what OP, which gives roles, can set. */
static void strip_person(const struct connection *c, enum provider_op op, cJSON *person)
{
    if (!connection_takes(c, op, "role"))
        drop(person, "roles");
    if (!connection_takes(c, op, "permissions"))
        drop(person, "permissions");
    if (strcmp(record_text(person, "state"), "suspended") != 0)
        drop(person, "state");
}

/* Who is invited is in the list of members where there is no other list. */
static void move_pending(cJSON *members, cJSON *invitations)
{
    for (cJSON *member = members->child, *next; member; member = next) {
        next = member->next;
        if (strcmp(record_text(member, "state"), "pending") == 0)
            cJSON_AddItemToArray(invitations, cJSON_DetachItemViaPointer(members, member));
    }
}

void state_strip(const struct connection *c, cJSON *state)
{
    cJSON *members = cJSON_GetObjectItemCaseSensitive(state, STATE_MEMBERS);
    cJSON *invitations = cJSON_GetObjectItemCaseSensitive(state, STATE_INVITATIONS);
    move_pending(members, invitations);
    for (cJSON *person = members->child; person; person = person->next)
        strip_person(c, OP_MEMBER_ROLE, person);
    for (cJSON *person = invitations->child; person; person = person->next) {
        strip_person(c, OP_MEMBER_ADD, person);
        drop(person, "id");
        drop(person, "state");
    }
    sort(cJSON_GetObjectItemCaseSensitive(state, STATE_ROLES));
    sort(members);
    sort(invitations);
}

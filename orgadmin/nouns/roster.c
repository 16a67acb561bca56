#include "orgadmin/nouns/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROLES_SIZE 1024 /* of one person, as text */

struct roster_reading {
    struct person_roster *roster;
    const char *email; /* this one alone, or NULL */
    bool member;
};

/* The roles of RECORD with commas between, in OUT; what does not fit is left out. */
static void join_roles(const cJSON *record, char out[ROLES_SIZE])
{
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(record, "roles"), *role;
    size_t used = 0;
    out[0] = '\0';
    cJSON_ArrayForEach(role, roles)
    {
        const char *text = cJSON_GetStringValue(role);
        size_t len = text ? strlen(text) + (used > 0) : 0;
        if (!text || len >= ROLES_SIZE - used)
            continue;
        used += (size_t)snprintf(out + used, ROLES_SIZE - used, "%s%s", used ? "," : "", text);
    }
}

static bool grow(struct person_roster *r)
{
    size_t size = r->size ? r->size * 2 : 64;
    if (r->count < r->size)
        return true;
    struct roster_entry *entry = reallocarray(r->entry, size, sizeof *entry);
    if (!entry)
        return false;
    r->entry = entry;
    r->size = size;
    return true;
}

static int add(void *arg, const cJSON *record)
{
    struct roster_reading *reading = arg;
    struct person_roster *r = reading->roster;
    char roles[ROLES_SIZE], *text;
    const char *email = record_text(record, "email"), *username = record_text(record, "username");
    if (*email == '\0' || (reading->email && strcasecmp(email, reading->email) != 0))
        return 0;
    join_roles(record, roles);
    if (r->count == RECORDS_MAX || !grow(r) ||
        asprintf(&text, "%s%c%s%c%s", email, '\0', roles, '\0', username) < 0)
        return -1;
    const char *role = text + strlen(text) + 1;
    bool pending = strcmp(record_text(record, "state"), "pending") == 0;
    r->entry[r->count++] = (struct roster_entry){.email = text,
                                                 .role = role,
                                                 .username = role + strlen(role) + 1,
                                                 .member = reading->member && !pending};
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct roster_entry *x = a, *y = b;
    return strcasecmp(x->email, y->email);
}

/* Who may invite need not be allowed to see the members; then the API says who is one. */
static enum exit_status list_members(struct connection *c, struct roster_reading *members)
{
    struct api_error err;
    enum api_status status = connection_try(c, OP_MEMBER_LIST, NULL, add, members, &err);
    bool names = provider_add_changes(c->provider) & ADD_NAMES_MEMBERS;
    if (status == API_OK || (status == API_REFUSED && names))
        return EXIT_DONE;
    return connection_complain(c, "", OP_MEMBER_LIST, &err);
}

enum exit_status roster_read(struct connection *c, const char *email, struct person_roster *roster)
{
    unsigned changes = provider_add_changes(c->provider);
    struct roster_reading members = {roster, email, true}, invited = {roster, email, false};
    enum exit_status status = EXIT_DONE;
    roster->changes = changes;
    if (changes & ADD_CHANGES_MEMBERS || !email)
        status = list_members(c, &members);
    if (changes & ADD_CHANGES_INVITED || (!email && connection_takes(c, OP_INVITATION_LIST, NULL)))
        if (status == EXIT_DONE)
            status = connection_each(c, OP_INVITATION_LIST, NULL, add, &invited);
    if (roster->count > 0)
        qsort(roster->entry, roster->count, sizeof *roster->entry, compare);
    return status;
}

const struct roster_entry *roster_find(const struct person_roster *roster, const char *email)
{
    struct roster_entry key = {.email = (char *)email};
    return roster->count ? bsearch(&key, roster->entry, roster->count, sizeof key, compare) : NULL;
}

void roster_free(struct person_roster *roster)
{
    for (size_t i = 0; i < roster->count; i++)
        free(roster->entry[i].email);
    free(roster->entry);
    *roster = (struct person_roster){0};
}

/* What OP_MEMBER_ADD with another role does to ENTRY is a change. */
static bool can_change(const struct person_roster *roster, const struct roster_entry *entry)
{
    return roster->changes & (entry->member ? ADD_CHANGES_MEMBERS : ADD_CHANGES_INVITED);
}

bool roster_keeps(const struct person_roster *roster, const struct roster_entry *entry,
                  const char *role)
{
    return entry && (!role || strcmp(entry->role, role) == 0 || !can_change(roster, entry));
}

/* How the person gets other rights than he has. */
static const char *advice_of(const struct connection *c, const struct person_roster *roster,
                             const struct roster_entry *entry)
{
    if (can_change(roster, entry) && connection_takes(c, OP_MEMBER_ADD, "role"))
        return "--role gives another role";
    return "orgadmin member role changes that";
}

static enum exit_status refuse(const struct connection *c, const struct person_roster *roster,
                               const struct roster_entry *entry)
{
    const char *as = *entry->role ? " as " : "", *advice = advice_of(c, roster, entry);
    struct hint line = {.used = 0};
    hint_word(&line, entry->email);
    if (entry->member)
        return complain(EXIT_NO, "%s is a member of %s already%s%s, and nothing is changed; %s",
                        entry->email, c->now.org_name, as, entry->role, advice);
    return complain(EXIT_NO,
                    "%s is invited to %s already%s%s, and nothing is changed; %s, and the "
                    "invitation is sent again by: orgadmin invitation resend%s%s",
                    entry->email, c->now.org_name, as, entry->role, advice, line.text,
                    c->given.text);
}

enum exit_status roster_admits(struct connection *c, const char *email, const char *role,
                               struct person_roster *roster, const struct roster_entry **known)
{
    enum exit_status status = roster_read(c, email, roster);
    *known = roster_find(roster, email);
    return status == EXIT_DONE && roster_keeps(roster, *known, role) ? refuse(c, roster, *known)
                                                                     : status;
}

void roster_tell_change(const struct connection *c, const struct roster_entry *entry,
                        const char *role)
{
    if (entry->member)
        note("%s had the role %s in %s, and has %s now.", entry->email, entry->role,
             c->now.org_name, role);
    else
        note("%s was invited to %s as %s; that invitation is replaced by one as %s.", entry->email,
             c->now.org_name, entry->role, role);
}

const char *roster_username(const struct roster_entry *entry)
{
    return entry && !entry->member && *entry->username ? entry->username : NULL;
}

/* Finds the record with an id or name among those that the API lists. */
#include "orgadmin/remote/found.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/name.h"
#include "orgadmin/suggest.h"

#define NAMES_MAX 3

/* The kinds of records that can be named, with the operation that lists them. */
static const struct kind {
    enum provider_op list;
    const char *what;                 /* in complaints */
    const char *id;                   /* the record's field */
    const char *arg;                  /* the id, to an operation */
    const char *names[NAMES_MAX + 1]; /* other fields by which people call it */
} kinds[] = {
    {OP_ORG_LIST, "organization", "id", "org", {"name"}},
    {OP_MEMBER_LIST, "member", "id", "user", {"email", "username", "membership"}},
    {OP_INVITATION_LIST, "pending invitation", "id", "id", {"email"}},
    {OP_JOINCODE_LIST, "join code", "id", "id", {NULL}},
    {OP_MACHINE_LIST, "machine", "id", "id", {"name"}},
    {OP_ACCESS_LIST, "access rule", "id", "id", {NULL}},
    {OP_TOKEN_LIST, "token", "key", "key", {"name"}},
    {OP_OWN_TOKEN_LIST, "token", "key", "key", {"name"}},
    {OP_KEY_LIST, "key", "fingerprint", "fingerprint", {"comment"}},
    {OP_SECRET_LIST, "secret", "id", "id", {"name"}},
    {OP_TEAM_LIST, "team", "id", "team", {"slug", "name"}},
    {OP_FILE_LIST, "file", "id", "id", {"name"}},
};

static const struct kind *kind_of(enum provider_op list)
{
    size_t i = sizeof kinds / sizeof *kinds - 1;
    while (i > 0 && kinds[i].list != list)
        i--;
    return &kinds[i];
}

/* How well a text names a record: the better one is meant. */
enum match { MATCH_NONE, MATCH_FOLDED, MATCH_NAME, MATCH_ID };

struct record_search {
    const struct kind *kind;
    const char *text; /* NULL: everything matches */
    bool ids_only;
    cJSON *found; /* the first; the only one, if it has the id */
    size_t count;
    enum match how; /* the best so far; COUNT records have it */
    struct suggestion near;
};

/* What a host calls a member: the folded login name, or the folded address where there is none. */
static bool is_host_name(const struct record_search *s, const cJSON *record)
{
    char name[NAME_MAX_LEN + 1];
    const char *username = record_text(record, "username");
    return s->kind->list == OP_MEMBER_LIST &&
           name_fold(*username ? username : record_text(record, "email"), name) &&
           strcmp(name, s->text) == 0;
}

/* E-mail addresses have no capitals of their own. */
static enum match match_of(struct record_search *s, const cJSON *record)
{
    const char *const *names = s->kind->names;
    enum match how = MATCH_NONE;
    if (!s->text)
        return MATCH_NAME;
    if (strcmp(record_text(record, s->kind->id), s->text) == 0)
        return MATCH_ID;
    for (size_t i = 0; names[i] && !s->ids_only && how < MATCH_NAME; i++) {
        const char *name = record_text(record, names[i]);
        bool same = strcasecmp(name, s->text) == 0;
        if (same && (strcmp(names[i], "email") == 0 || strcmp(name, s->text) == 0))
            how = MATCH_NAME;
        else if (same)
            how = MATCH_FOLDED;
        suggestion_offer(&s->near, name);
    }
    return how == MATCH_NONE && !s->ids_only && is_host_name(s, record) ? MATCH_FOLDED : how;
}

static int look(void *arg, const cJSON *record)
{
    struct record_search *s = arg;
    enum match how = match_of(s, record);
    if (how == MATCH_NONE || how < s->how)
        return 0;
    if (how > s->how) {
        cJSON_Delete(s->found);
        s->found = NULL;
        s->count = 0;
        s->how = how;
    }
    s->count++;
    if (!s->found)
        s->found = cJSON_Duplicate(record, true);
    return s->found && how != MATCH_ID ? 0 : -1; /* behind an id nothing can be better */
}

/* Leaves in S->found the only one that was meant, or NULL. */
static enum exit_status search(struct connection *c, struct record_search *s)
{
    struct api_error err;
    enum provider_op op = s->kind->list;
    enum api_status listed = connection_try(c, op, NULL, look, s, &err);
    bool stopped = listed == API_STOPPED && s->how == MATCH_ID && s->found;
    enum exit_status status =
        listed == API_OK || stopped ? EXIT_DONE : connection_complain(c, "", op, &err);
    if (status != EXIT_DONE || s->count != 1) {
        cJSON_Delete(s->found);
        s->found = NULL;
    }
    return status;
}

static enum exit_status find(struct found *f, enum provider_op op, const char *text)
{
    char hint[SUGGESTION_MAX], see[64], list[HINT_LINE_MAX];
    const struct kind *kind = kind_of(op);
    struct record_search s = {.kind = kind, .text = text, .near = {.word = text}};
    enum exit_status status = search(&f->c, &s);
    f->record = s.found;
    f->id = found_text(f, kind->id);
    if (status != EXIT_DONE || s.count == 1)
        return status;
    snprintf(see, sizeof see, "; see orgadmin %s", provider_op_name(op));
    connection_hint(&f->c, see, list);
    if (s.count == 0)
        return complain(EXIT_NO, "%s has no %s \"%s\"%s", f->c.now.org_name, kind->what, text,
                        suggestion_text(&s.near, list, hint));
    return complain(EXIT_USAGE, "%zu %ss of %s are called \"%s\"; use the %s", s.count, kind->what,
                    f->c.now.org_name, text, kind->id);
}

enum exit_status found_other(struct found *f, const char *text, enum provider_op list,
                             cJSON **record)
{
    cJSON *first = f->record;
    const char *id = f->id;
    enum exit_status status = find(f, list, text);
    *record = f->record;
    f->record = first;
    f->id = id;
    return status;
}

/* True when TEXT can be nothing but the id of one of orgd's users (orgd/API.md). */
static bool is_user_id(const struct connection *c, const char *text)
{
    return strcmp(c->now.provider, "native") == 0 && strncmp(text, "usr_", 4) == 0 &&
           strlen(text) == 24 && strspn(text + 4, "abcdefghijklmnopqrstuvwxyz0123456789") == 20;
}

enum exit_status found_open(const struct invocation *inv, enum provider_op op,
                            const struct provider_arg *args, enum provider_op list, struct found *f)
{
    enum exit_status status = connection_open_for(inv, op, args, &f->c);
    if (status != EXIT_DONE)
        return status;
    f->record = NULL;
    f->id = inv->arg[0];
    f->arg = kind_of(list)->arg;
    if (op == OP_MEMBER_ROLE && is_user_id(&f->c, f->id)) /* nothing is asked, and orgd knows him */
        return EXIT_DONE;
    status = find(f, list, inv->arg[0]);
    if (status != EXIT_DONE)
        found_close(f);
    return status;
}

enum exit_status found_open_own(const struct invocation *inv, enum provider_op list,
                                struct found *f)
{
    enum exit_status status =
        connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &f->c);
    if (status != EXIT_DONE)
        return status;
    snprintf(f->c.now.org_name, sizeof f->c.now.org_name, "%s", "your account");
    f->record = NULL;
    f->arg = kind_of(list)->arg;
    status = find(f, list, inv->arg[0]);
    if (status != EXIT_DONE)
        found_close(f);
    return status;
}

enum exit_status found_run_reply(struct found *f, enum provider_op op, cJSON **reply)
{
    const struct provider_arg args[] = {{f->arg, f->id}, {0}};
    *reply = NULL;
    return connection_each(&f->c, op, args, connection_first, reply);
}

enum exit_status found_run(struct found *f, enum provider_op op)
{
    cJSON *reply;
    enum exit_status status = found_run_reply(f, op, &reply);
    if (status == EXIT_DONE && cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(reply, "revoked")))
        status = complain(EXIT_NO, "%s does not exist any more: nothing is revoked", f->id);
    cJSON_Delete(reply);
    return status;
}

void found_close(struct found *f)
{
    cJSON_Delete(f->record);
    connection_close(&f->c);
}

const char *found_text(const struct found *f, const char *field)
{
    return record_text(f->record, field);
}

/* Chooses the organization with the id TEXT, which the API shows although it does not list it.
 * False when it does not. */
static bool find_unlisted(struct connection *c, const char *text)
{
    struct api_error err;
    cJSON *org = NULL;
    char before[CONTEXT_TEXT_MAX];
    bool id = strlen(text) < sizeof before && !strpbrk(text, " /") &&
              connection_takes(c, OP_ORG_SHOW, NULL);
    if (!id)
        return false;
    memcpy(before, c->now.org_id, sizeof before);
    snprintf(c->now.org_id, sizeof c->now.org_id, "%s", text); /* it is what connection_try asks */
    bool shown = connection_try(c, OP_ORG_SHOW, NULL, connection_first, &org, &err) == API_OK &&
                 org && strcmp(record_text(org, "id"), text) == 0;
    memcpy(c->now.org_id, before, sizeof before);
    shown = shown && connection_set_org(c, org) == EXIT_DONE;
    cJSON_Delete(org);
    return shown;
}

/* Chooses among the organizations that the API lists. */
static enum exit_status find_listed(struct connection *c, const char *text)
{
    char hint[SUGGESTION_MAX], list[HINT_LINE_MAX];
    struct record_search s = {
        .kind = kind_of(OP_ORG_LIST), .text = text, .near = {.word = text ? text : ""}};
    enum exit_status status = search(c, &s);
    if (status == EXIT_DONE && s.count == 1)
        status = connection_set_org(c, s.found);
    else if (status == EXIT_DONE && !text)
        status = complain(EXIT_SETUP, "no organization is chosen: give --org ORG%s",
                          c->logged_in ? ", or run orgadmin org switch ORG" : "");
    else if (status == EXIT_DONE && s.count == 0 && !find_unlisted(c, text))
        status = complain(
            EXIT_NO, "you are in no organization \"%s\" at %s%s", text, c->now.url,
            suggestion_text(&s.near, connection_hint(c, "; see orgadmin org list", list), hint));
    else if (status == EXIT_DONE && s.count > 1)
        status =
            complain(EXIT_USAGE, "%zu organizations are called \"%s\"; use the id", s.count, text);
    cJSON_Delete(s.found);
    return status;
}

enum exit_status connection_only_org(struct connection *c, const char *id)
{
    struct record_search s = {.kind = kind_of(OP_ORG_LIST), .text = id, .ids_only = true};
    enum exit_status status = search(c, &s);
    if (s.found)
        status = connection_set_org(c, s.found);
    cJSON_Delete(s.found);
    return status;
}

/* The API's word that there is none of that name: it may look for ids alone. */
static bool is_absent(const struct api_error *err)
{
    return err->status == API_USAGE ||
           (err->status == API_REFUSED && (err->http == 404 || err->http == 400));
}

enum exit_status connection_find_org(struct connection *c, const char *text)
{
    const struct provider_arg args[] = {{"org", text}, {0}};
    cJSON *org = NULL;
    struct api_error err;
    enum exit_status status;
    if (!text || !connection_takes(c, OP_ORG_FIND, NULL))
        return find_listed(c, text);
    enum api_status found = connection_try(c, OP_ORG_FIND, args, connection_first, &org, &err);
    if (found == API_OK && org)
        status = connection_set_org(c, org);
    else if ((found == API_OK || is_absent(&err)) && connection_takes(c, OP_ORG_LIST, NULL))
        status = find_listed(c, text);
    else
        status = connection_complain(c, text, OP_ORG_FIND, &err);
    cJSON_Delete(org);
    return status;
}

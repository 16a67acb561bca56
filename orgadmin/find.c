/* What a person names by id or name, among the records that the API lists. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "orgadmin/connection.h"
#include "orgadmin/suggest.h"

struct search {
    const char *text;          /* NULL: everything matches */
    const char *const *fields; /* besides the id; ends with NULL */
    cJSON *found;              /* the first; the only one, if it has the id */
    size_t count;
    bool by_id;
    struct suggestion near;
};

/* E-mail addresses have no capitals of their own. */
static bool is_named(const cJSON *record, const char *field, const char *text)
{
    const char *name = record_text(record, field);
    return (strcmp(field, "email") == 0 ? strcasecmp(name, text) : strcmp(name, text)) == 0;
}

static int look(void *arg, const cJSON *record)
{
    struct search *s = arg;
    bool by_id = s->text && strcmp(record_text(record, "id"), s->text) == 0, hit = !s->text;
    for (size_t i = 0; s->fields[i] && s->text && !hit; i++) {
        hit = is_named(record, s->fields[i], s->text);
        suggestion_offer(&s->near, record_text(record, s->fields[i]));
    }
    if (!by_id && !hit)
        return 0;
    if (by_id) { /* an id beats every name */
        cJSON_Delete(s->found);
        s->found = NULL;
        s->count = 0;
        s->by_id = true;
    }
    s->count++;
    if (!s->found)
        s->found = cJSON_Duplicate(record, true);
    return s->found && !by_id ? 0 : -1; /* behind an id nothing can be better */
}

/* Leaves in S->found the only one that was meant, or NULL. */
static enum exit_status search(struct connection *c, enum provider_op op, struct search *s)
{
    struct api_error err;
    enum api_status listed = connection_try(c, op, NULL, look, s, &err);
    bool stopped = listed == API_STOPPED && s->by_id && s->found;
    enum exit_status status =
        listed == API_OK || stopped ? EXIT_DONE : connection_complain(c, "", op, &err);
    if (status != EXIT_DONE || s->count != 1) {
        cJSON_Delete(s->found);
        s->found = NULL;
    }
    return status;
}

enum exit_status connection_find(struct connection *c, enum provider_op op, const char *what,
                                 const char *const fields[], const char *text, cJSON **found)
{
    char hint[SUGGESTION_MAX], list[SUGGESTION_MAX];
    struct search s = {.text = text, .fields = fields, .near = {.word = text}};
    enum exit_status status = search(c, op, &s);
    *found = s.found;
    if (status != EXIT_DONE || s.count == 1)
        return status;
    snprintf(list, sizeof list, "; see orgadmin %s", provider_op_name(op));
    if (s.count == 0)
        return complain(EXIT_NO, "%s has no %s \"%s\"%s", c->now.org_name, what, text,
                        suggestion_text(&s.near, list, hint));
    return complain(EXIT_USAGE, "%zu %ss of %s are called \"%s\"; use the id", s.count, what,
                    c->now.org_name, text);
}

enum exit_status connection_find_member(struct connection *c, const char *text, cJSON **member)
{
    static const char *const fields[] = {"email", "username", NULL};
    return connection_find(c, OP_MEMBER_LIST, "member", fields, text, member);
}

/* Chooses among the organizations that the API lists. */
static enum exit_status find_listed(struct connection *c, const char *text)
{
    static const char *const fields[] = {"name", NULL};
    char hint[SUGGESTION_MAX];
    struct search s = {.text = text, .fields = fields, .near = {.word = text ? text : ""}};
    enum exit_status status = search(c, OP_ORG_LIST, &s);
    if (status == EXIT_DONE && s.count == 1)
        status = connection_set_org(c, s.found);
    else if (status == EXIT_DONE && !text)
        status = complain(EXIT_SETUP, "which organization? Give --org ORG, or orgadmin org switch "
                                      "ORG");
    else if (status == EXIT_DONE && s.count == 0)
        status = complain(EXIT_NO, "there is no organization \"%s\" that you are in at %s%s", text,
                          c->now.url, suggestion_text(&s.near, "; see orgadmin org list", hint));
    else if (status == EXIT_DONE)
        status =
            complain(EXIT_USAGE, "%zu organizations are called \"%s\"; use the id", s.count, text);
    cJSON_Delete(s.found);
    return status;
}

enum exit_status connection_only_org(struct connection *c, const char *id)
{
    static const char *const none[] = {NULL};
    struct search s = {.text = id, .fields = none};
    enum exit_status status = search(c, OP_ORG_LIST, &s);
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

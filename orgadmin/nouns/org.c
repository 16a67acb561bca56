/* The noun org. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/own_role.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/connection.h"

/* Stores the chosen organization as the current one. */
static enum exit_status make_current(const struct connection *c)
{
    struct private_file file;
    enum exit_status status = context_begin(&file, c->now.profile);
    if (status == EXIT_DONE)
        status = context_save(&file, &c->now);
    if (status == EXIT_DONE)
        note("The current organization is %s (%s).", c->now.org_name, c->now.org_id);
    return status;
}

/* Creating may take long. What was begun goes on at the API, and can be waited for again. */
static enum exit_status create_failed(const struct connection *c, const char *name,
                                      const struct api_error *err)
{
    enum exit_status status = connection_complain(c, "", OP_ORG_CREATE, err);
    const char *operation = strstr(err->message, "operations/");
    char id[HINT_WORD_MAX];
    struct hint line = {.used = 0};
    if (status != EXIT_AWAY || !operation)
        return status;
    snprintf(id, sizeof id, "%.*s", (int)strcspn(operation, " \"',;:()"), operation);
    hint_word(&line, name);
    hint_option(&line, "--operation", id);
    note("To go on: orgadmin org create%s%s", line.text, c->given.text);
    return status;
}

/* Prints what was created and, with a login, makes it the current organization. */
static enum exit_status show_created(const struct invocation *inv, struct connection *c,
                                     const cJSON *org)
{
    enum exit_status status = c->logged_in ? connection_set_org(c, org) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = output(inv, org);
    if (status == EXIT_DONE && c->logged_in)
        status = make_current(c);
    return status;
}

static enum exit_status create(const struct invocation *inv, struct connection *c, const char *name,
                               const struct args *args)
{
    struct api_error err;
    cJSON *org = NULL;
    enum exit_status status = c->logged_in ? context_check(c->now.profile) : EXIT_DONE;
    if (status != EXIT_DONE)
        return status;
    if (connection_try(c, OP_ORG_CREATE, args->arg, connection_first, &org, &err) != API_OK)
        status = create_failed(c, name, &err);
    else if (!org)
        status = complain(EXIT_AWAY, "org create: the API has told nothing of the organization");
    else
        status = show_created(inv, c, org);
    cJSON_Delete(org);
    return status;
}

enum exit_status org_create(const struct invocation *inv)
{
    struct connection c;
    struct args args = {0};
    const char *name = inv->arg[0] ? inv->arg[0] : inv->option[OPTION_NAME];
    if (!name || (inv->arg[0] && inv->option[OPTION_NAME]))
        return complain(EXIT_USAGE, name ? "give the name once: NAME or --name"
                                         : "NAME is missing; usage: orgadmin org create NAME");
    args_add(&args, "name", name);
    args_add(&args, "operation", inv->option[OPTION_OPERATION]);
    enum exit_status status = args_set(&args, inv);
    if (status == EXIT_DONE)
        status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    status = create(inv, &c, name, &args);
    connection_close(&c);
    return status;
}

struct org_gathering {
    struct collection orgs;
    const char *current; /* its id, or "" */
};

static int gather(void *arg, const cJSON *org)
{
    struct org_gathering *g = arg;
    bool current = *g->current && strcmp(record_text(org, "id"), g->current) == 0;
    cJSON *marked = current ? cJSON_Duplicate(org, true) : NULL;
    if (!current)
        return collection_sink(&g->orgs, org);
    int rc = cJSON_AddTrueToObject(marked, "current") ? collection_sink(&g->orgs, marked) : -1;
    cJSON_Delete(marked);
    return rc;
}

enum exit_status org_list(const struct invocation *inv)
{
    struct connection c;
    struct org_gathering g = {.current = ""};
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    g.current = c.now.org_id;
    status = connection_each(&c, OP_ORG_LIST, NULL, gather, &g);
    if (status == EXIT_DONE)
        status = output_list(inv, &g.orgs);
    collection_free(&g.orgs);
    connection_close(&c);
    return status;
}

/* The organization is the argument, or --org. */
static enum exit_status name_org(const struct invocation *inv, struct invocation *named)
{
    *named = *inv;
    if (inv->arg[0] && inv->option[OPTION_ORG])
        return complain(EXIT_USAGE, "give the organization once: \"%s\" or --org", inv->arg[0]);
    if (inv->arg[0])
        named->option[OPTION_ORG] = inv->arg[0];
    return EXIT_DONE;
}

enum exit_status org_show(const struct invocation *inv)
{
    struct invocation named;
    struct connection c;
    cJSON *org = NULL;
    enum exit_status status = name_org(inv, &named);
    if (status == EXIT_DONE)
        status = connection_open_for(&named, OP_ORG_SHOW, NULL, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_get(&c, OP_ORG_SHOW, NULL, &org);
    if (status == EXIT_DONE && org) {
        own_role_add(&c, org);
        status = output(inv, org);
    }
    cJSON_Delete(org);
    connection_close(&c);
    return status;
}

/* Stores the changed organization's NAME in the login, "" for a deleted one. */
static enum exit_status remember(const struct connection *c, const char *name)
{
    struct context stored;
    struct private_file file;
    if (!c->logged_in)
        return EXIT_DONE;
    enum exit_status status = context_load(c->now.profile, &stored);
    if (status == EXIT_DONE && strcmp(stored.org_id, c->now.org_id) == 0) {
        memcpy(stored.org_name, name, strlen(name) + 1);
        if (!*name)
            stored.org_id[0] = '\0';
        status = context_begin(&file, stored.profile);
        if (status == EXIT_DONE)
            status = context_save(&file, &stored);
    }
    explicit_bzero(&stored, sizeof stored);
    return status;
}

static enum exit_status remember_name(const struct connection *c, const char *name)
{
    enum exit_status status = remember(c, name);
    if (status == EXIT_DONE)
        note("%s is called %s now.", c->now.org_name, name);
    return status;
}

/* True when RECORD has VALUE for the argument NAME already, as far as it tells. */
static bool has_already(const cJSON *record, const char *name, const char *value)
{
    const char *field = strcmp(name, "plan_type") == 0 ? "plan" : name;
    const cJSON *now = cJSON_GetObjectItemCaseSensitive(record, field);
    if (cJSON_IsBool(now))
        return strcmp(value, cJSON_IsTrue(now) ? "yes" : "no") == 0;
    if (cJSON_IsNumber(now))
        return strtod(value, NULL) == now->valuedouble;
    return cJSON_IsString(now) && strcmp(value, now->valuestring) == 0;
}

/* *CHANGES is false when ARGS would leave the organization as it is. */
static enum exit_status find_changes(struct connection *c, const struct args *args, bool *changes)
{
    cJSON *now = NULL;
    *changes = true;
    if (!connection_takes(c, OP_ORG_SHOW, NULL))
        return EXIT_DONE;
    enum exit_status status = connection_get(c, OP_ORG_SHOW, NULL, &now);
    *changes = !now;
    for (size_t i = 0; i < args->count && !*changes; i++)
        *changes = args->arg[i].value && !has_already(now, args->arg[i].name, args->arg[i].value);
    cJSON_Delete(now);
    return status;
}

static enum exit_status edit(struct connection *c, const char *name, const struct args *args)
{
    bool changes = false;
    enum exit_status status = c->logged_in && name ? context_check(c->now.profile) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = find_changes(c, args, &changes);
    if (status == EXIT_DONE && changes)
        status = connection_run(c, OP_ORG_EDIT, args->arg);
    if (status == EXIT_DONE && !changes)
        note("%s is so already: nothing is sent.", c->now.org_name);
    else if (status == EXIT_DONE && name)
        status = remember_name(c, name);
    else if (status == EXIT_DONE)
        note("%s is changed.", c->now.org_name);
    return status;
}

enum exit_status org_edit(const struct invocation *inv)
{
    struct invocation named;
    struct connection c;
    struct args args = {0};
    const char *name = inv->option[OPTION_NAME];
    args_add(&args, "name", name);
    enum exit_status status = name_org(inv, &named);
    if (status == EXIT_DONE)
        status = args_set(&args, inv);
    if (status == EXIT_DONE &&
        (name ? !*name || strlen(name) >= sizeof c.now.org_name : args.count < 2))
        status = complain(EXIT_USAGE, "no change is given: give --name NAME, or --set FIELD=VALUE");
    if (status == EXIT_DONE)
        status = connection_open_for(&named, OP_ORG_EDIT, args.arg, &c);
    if (status != EXIT_DONE)
        return status;
    status = edit(&c, name, &args);
    connection_close(&c);
    return status;
}

enum exit_status org_delete(const struct invocation *inv)
{
    struct invocation named = *inv;
    struct connection c;
    named.option[OPTION_ORG] = inv->arg[0];
    enum exit_status status = connection_open_for(&named, OP_ORG_DELETE, NULL, &c);
    if (status != EXIT_DONE)
        return status;
    if (c.logged_in)
        status = context_check(c.now.profile);
    const struct provider_arg args[] = {
        {"name", connection_takes(&c, OP_ORG_DELETE, "name") ? c.now.org_name : NULL}, {0}};
    if (status == EXIT_DONE)
        status =
            ask_first(inv, c.now.org_name,
                      "Delete %s (%s) at %s with its members, invitations and tokens, for good?",
                      c.now.org_name, c.now.org_id, c.now.url);
    if (status == EXIT_DONE)
        status = connection_run(&c, OP_ORG_DELETE, args);
    if (status == EXIT_DONE)
        status = remember(&c, "");
    if (status == EXIT_DONE)
        note("%s (%s) is deleted.", c.now.org_name, c.now.org_id);
    connection_close(&c);
    return status;
}

enum exit_status org_switch(const struct invocation *inv)
{
    struct connection c;
    enum exit_status status = connection_open(inv, NULL, NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    if (!c.logged_in)
        status =
            complain(EXIT_USAGE, "ORGADMIN_TOKEN or ORGADMIN_TOKEN_FILE is set: only a login has a "
                                 "current organization");
    if (status == EXIT_DONE)
        status = connection_find_org(&c, inv->arg[0]);
    if (status == EXIT_DONE)
        status = make_current(&c);
    connection_close(&c);
    return status;
}

static enum exit_status print_current(const struct invocation *inv, const struct context *c)
{
    cJSON *org = cJSON_CreateObject();
    enum exit_status status;
    if (cJSON_AddStringToObject(org, "id", c->org_id) &&
        cJSON_AddStringToObject(org, "name", c->org_name) &&
        cJSON_AddStringToObject(org, "profile", c->profile) &&
        cJSON_AddStringToObject(org, "url", c->url))
        status = output(inv, org);
    else
        status = complain(EXIT_AWAY, "out of memory");
    cJSON_Delete(org);
    return status;
}

enum exit_status org_current(const struct invocation *inv)
{
    struct context stored;
    enum exit_status status = context_load(inv->option[OPTION_PROFILE], &stored);
    if (status == EXIT_DONE && *stored.org_id)
        status = print_current(inv, &stored);
    else if (status == EXIT_DONE)
        status =
            complain(EXIT_SETUP, *stored.url ? "no organization is chosen: orgadmin org switch ORG"
                                             : "not logged in: orgadmin login --url URL");
    explicit_bzero(&stored, sizeof stored);
    return status;
}

/* The noun context: several servers and accounts side by side. */
#include <string.h>

#include "orgadmin/nouns/nouns.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/connection.h"

/* The record of a stored login, which never has its token; NULL when out of memory. */
static cJSON *record_of(const struct context *c, const char *current)
{
    const char *const texts[][2] = {
        {"profile", c->profile},        {"account", c->account},   {"organization", c->org_name},
        {"organization_id", c->org_id}, {"provider", c->provider}, {"url", c->url},
    };
    cJSON *record = cJSON_CreateObject();
    bool good =
        record && cJSON_AddBoolToObject(record, "current", strcmp(c->profile, current) == 0);
    for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++)
        if (*texts[i][1])
            good = cJSON_AddStringToObject(record, texts[i][0], texts[i][1]) != NULL;
    if (good)
        return record;
    cJSON_Delete(record);
    return NULL;
}

struct context_gathering {
    cJSON *list;
    char current[PROFILE_MAX];
    enum exit_status status; /* of what could not be read; the others are listed all the same */
};

static enum exit_status gather(void *arg, const char *profile)
{
    struct context_gathering *g = arg;
    struct context c;
    enum exit_status status = context_load(profile, &c);
    if (status != EXIT_DONE)
        g->status = status;
    else if (!cJSON_AddItemToArray(g->list, record_of(&c, g->current)))
        g->status = complain(EXIT_AWAY, "out of memory");
    explicit_bzero(&c, sizeof c);
    return EXIT_DONE;
}

enum exit_status context_list(const struct invocation *inv)
{
    struct context_gathering g = {.list = cJSON_CreateArray()};
    enum exit_status status = context_profile(NULL, g.current);
    if (status == EXIT_DONE)
        status = context_each(gather, &g);
    if (status == EXIT_DONE)
        status = output(inv, g.list);
    cJSON_Delete(g.list);
    return status == EXIT_DONE ? g.status : status;
}

enum exit_status context_show(const struct invocation *inv)
{
    struct context c;
    char current[PROFILE_MAX];
    const char *profile = inv->arg[0] ? inv->arg[0] : inv->option[OPTION_PROFILE];
    enum exit_status status = context_profile(NULL, current);
    if (status == EXIT_DONE)
        status = context_load(profile, &c);
    if (status != EXIT_DONE)
        return status;
    if (*c.url) {
        cJSON *record = record_of(&c, current);
        status = record ? output(inv, record) : complain(EXIT_AWAY, "out of memory");
        cJSON_Delete(record);
    } else {
        status = complain(EXIT_SETUP, "the profile \"%s\" is not logged in", c.profile);
    }
    explicit_bzero(&c, sizeof c);
    return status;
}

/* Checks that there is a login of that name. */
static enum exit_status known(const char *given, char profile[PROFILE_MAX])
{
    enum exit_status status = context_profile(given, profile);
    if (status == EXIT_DONE && !context_stored(profile))
        status = complain(EXIT_SETUP, "there is no profile \"%s\": orgadmin context list", profile);
    return status;
}

enum exit_status context_switch(const struct invocation *inv)
{
    char profile[PROFILE_MAX];
    enum exit_status status = known(inv->arg[0], profile);
    if (status == EXIT_DONE)
        status = context_use(profile);
    if (status == EXIT_DONE)
        note("The profile in use is %s.", profile);
    return status;
}

enum exit_status context_forget(const struct invocation *inv)
{
    char profile[PROFILE_MAX];
    enum exit_status status = known(inv->arg[0], profile);
    if (status == EXIT_DONE)
        status = context_remove(profile);
    if (status == EXIT_DONE)
        note("The profile %s is forgotten here. Its token stays valid until it is revoked.",
             profile);
    return status;
}

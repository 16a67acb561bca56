#include "orgadmin/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ARGS_MAX 8

const char *record_text(const cJSON *record, const char *field)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, field));
    return text ? text : "";
}

static enum exit_status exit_of(enum api_status status)
{
    switch (status) {
    case API_OK:
        return EXIT_DONE;
    case API_REFUSED:
        return EXIT_NO;
    case API_USAGE:
    case API_UNSUPPORTED:
        return EXIT_USAGE;
    case API_UNREACHABLE:
    case API_BAD_ANSWER:
    case API_STOPPED:
        break;
    }
    return EXIT_AWAY;
}

static bool is_file(const char *provider)
{
    return provider && strcmp(provider, "file") == 0;
}

/* Copies TEXT, which NAME is for, if it fits. */
static enum exit_status keep(char *to, size_t size, const char *text, const char *name)
{
    size_t len = strlen(text);
    if (len >= size)
        return complain(EXIT_USAGE, "%s is too long", name);
    memmove(to, text, len + 1);
    return EXIT_DONE;
}

/* Where to go. The stored login stays in c->now when it is for there. */
static enum exit_status choose_server(const struct invocation *inv, const char *token_file,
                                      enum need need, struct connection *c)
{
    const char *url = inv->option[OPTION_URL], *name = inv->option[OPTION_PROVIDER];
    struct context *now = &c->now;
    enum exit_status status = EXIT_DONE;
    if (name && !url)
        return complain(EXIT_USAGE, "--provider needs --url");
    if (!url || (!token_file && !is_file(name) && need != NEED_LOGIN))
        status = context_load(now);
    if (status != EXIT_DONE || (!url && *now->url))
        return status;
    if (!url)
        return complain(EXIT_SETUP, "not logged in: orgadmin login --url URL, or give --url and "
                                    "--token-file");
    if (strcmp(url, now->url) == 0 && (!name || strcmp(name, now->provider) == 0))
        return EXIT_DONE;
    explicit_bzero(now, sizeof *now);
    status = keep(now->url, sizeof now->url, url, "the url");
    if (status == EXIT_DONE)
        status = keep(now->provider, sizeof now->provider, name ? name : "native", "the provider");
    return status;
}

static enum exit_status choose_token(const char *token_file, enum need need, struct connection *c)
{
    if (token_file || need == NEED_LOGIN)
        return secret_read(token_file, "Token", c->now.token);
    c->logged_in = *c->now.token != '\0';
    if (c->logged_in || need == NEED_URL || is_file(c->now.provider))
        return EXIT_DONE;
    return complain(EXIT_SETUP, "no token for %s: give --token-file FILE, or log in there",
                    c->now.url);
}

static enum exit_status choose_ca_file(const struct invocation *inv, struct connection *c)
{
    const char *given = inv->option[OPTION_CA_FILE];
    if (!given)
        return EXIT_DONE;
    char *absolute = realpath(given, NULL); /* it may be remembered */
    if (!absolute)
        return complain(EXIT_USAGE, "--ca-file %s: %s", given, strerror(errno));
    enum exit_status status =
        keep(c->now.ca_file, sizeof c->now.ca_file, absolute, "the path of --ca-file");
    free(absolute);
    return status;
}

enum exit_status connection_reopen(struct connection *c)
{
    struct api_error err;
    const struct context *now = &c->now;
    struct provider_settings settings = {.provider = now->provider,
                                         .url = now->url,
                                         .token = *now->token ? now->token : NULL,
                                         .ca_file = *now->ca_file ? now->ca_file : NULL};
    provider_close(c->provider);
    c->provider = provider_open(&settings, &err);
    return c->provider ? EXIT_DONE : complain(exit_of(err.status), "%s", err.message);
}

enum exit_status connection_open(const struct invocation *inv, const char *token_file,
                                 enum need need, struct connection *c)
{
    memset(c, 0, sizeof *c);
    if (!token_file)
        token_file = secure_getenv("ORGADMIN_TOKEN_FILE");
    enum exit_status status = choose_server(inv, token_file, need, c);
    if (status == EXIT_DONE)
        status = choose_token(token_file, need, c);
    if (status == EXIT_DONE)
        status = choose_ca_file(inv, c);
    if (status == EXIT_DONE)
        status = connection_reopen(c);
    if (status != EXIT_DONE)
        connection_close(c);
    return status;
}

void connection_close(struct connection *c)
{
    provider_close(c->provider);
    explicit_bzero(c, sizeof *c);
}

static int collect(void *arg, const cJSON *record)
{
    cJSON *copy = cJSON_Duplicate(record, true);
    if (copy && cJSON_AddItemToArray(arg, copy))
        return 0;
    cJSON_Delete(copy);
    return -1;
}

static enum api_status run(struct connection *c, enum provider_op op,
                           const struct provider_arg *args, cJSON **records, struct api_error *err)
{
    struct provider_arg all[ARGS_MAX + 2] = {{0}};
    size_t n = 0;
    for (; args && args->name && n < ARGS_MAX; args++)
        all[n++] = *args;
    all[n] = (struct provider_arg){"org", *c->now.org_id ? c->now.org_id : NULL};
    cJSON *list = cJSON_CreateArray();
    if (!list) {
        *err = (struct api_error){.status = API_UNREACHABLE, .message = "out of memory"};
        return err->status;
    }
    enum api_status status = provider_run(c->provider, op, all, collect, list, err);
    if (status == API_OK && records) {
        *records = list;
        return status;
    }
    cJSON_Delete(list);
    return status;
}

enum exit_status connection_run(struct connection *c, enum provider_op op,
                                const struct provider_arg *args, cJSON **records)
{
    struct api_error err;
    if (records)
        *records = NULL;
    if (run(c, op, args, records, &err) == API_OK)
        return EXIT_DONE;
    return complain(exit_of(err.status), "%s: %s", provider_op_name(op), err.message);
}

enum exit_status connection_get(struct connection *c, enum provider_op op,
                                const struct provider_arg *args, cJSON **record)
{
    cJSON *list = NULL;
    enum exit_status status = connection_run(c, op, args, &list);
    *record = status == EXIT_DONE ? cJSON_DetachItemFromArray(list, 0) : NULL;
    cJSON_Delete(list);
    return status;
}

enum exit_status connection_set_org(struct connection *c, const cJSON *org)
{
    struct context *now = &c->now;
    enum exit_status status =
        keep(now->org_id, sizeof now->org_id, record_text(org, "id"), "the id");
    if (status == EXIT_DONE)
        status = keep(now->org_name, sizeof now->org_name, record_text(org, "name"), "the name");
    return status;
}

/* The organization of LIST that TEXT names; *COUNT is how many do. An id beats every name. */
static const cJSON *pick_org(const cJSON *list, const char *text, size_t *count)
{
    const cJSON *found = NULL;
    *count = 0;
    for (const cJSON *org = list->child; org; org = org->next) {
        if (text && strcmp(record_text(org, "id"), text) == 0) {
            *count = 1;
            return org;
        }
        if (text && strcmp(record_text(org, "name"), text) != 0)
            continue;
        found = org;
        ++*count;
    }
    return found;
}

enum exit_status connection_find_org(struct connection *c, const char *text)
{
    cJSON *list;
    size_t count;
    enum exit_status status = connection_run(c, OP_ORG_LIST, NULL, &list);
    if (status != EXIT_DONE)
        return status;
    const cJSON *org = pick_org(list, text, &count);
    if (count == 1)
        status = connection_set_org(c, org);
    else if (!text)
        status = complain(EXIT_SETUP, "which organization? Give --org ORG, or orgadmin org switch "
                                      "ORG");
    else if (count == 0)
        status = complain(EXIT_NO, "there is no organization \"%s\" that you are in", text);
    else
        status =
            complain(EXIT_USAGE, "%zu organizations are called \"%s\"; use the id", count, text);
    cJSON_Delete(list);
    return status;
}

enum exit_status connection_open_org(const struct invocation *inv, struct connection *c)
{
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, c);
    if (status != EXIT_DONE)
        return status;
    const char *text = inv->option[OPTION_ORG];
    if (!text)
        text = secure_getenv("ORGADMIN_ORG");
    if (text || !*c->now.org_id)
        status = connection_find_org(c, text);
    if (status != EXIT_DONE)
        connection_close(c);
    return status;
}

static bool named(const cJSON *member, const char *text)
{
    return strcasecmp(record_text(member, "email"), text) == 0 ||
           strcmp(record_text(member, "username"), text) == 0;
}

enum exit_status connection_find_member(struct connection *c, const char *text, cJSON **member)
{
    cJSON *list;
    size_t count = 0;
    *member = NULL;
    enum exit_status status = connection_run(c, OP_MEMBER_LIST, NULL, &list);
    if (status != EXIT_DONE)
        return status;
    cJSON *found = NULL;
    for (cJSON *m = list->child; m; m = m->next) {
        bool by_id = strcmp(record_text(m, "id"), text) == 0;
        if (!by_id && !named(m, text))
            continue;
        found = m;
        count = by_id ? 1 : count + 1;
        if (by_id)
            break;
    }
    if (count == 1)
        *member = cJSON_DetachItemViaPointer(list, found);
    else if (count == 0)
        status = complain(EXIT_NO, "%s has no member \"%s\"", c->now.org_name, text);
    else
        status = complain(EXIT_USAGE, "%zu members of %s are called \"%s\"; use the id", count,
                          c->now.org_name, text);
    cJSON_Delete(list);
    return status;
}

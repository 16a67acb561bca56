#include "orgadmin/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "orgadmin/names.h"
#include "orgadmin/suggest.h"

#define ARGS_MAX    8
#define RECORDS_MAX 1000000

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
        status = context_load(inv->option[OPTION_PROFILE], now);
    if (status != EXIT_DONE || (!url && *now->url))
        return status;
    if (!url && strcmp(now->profile, PROFILE_DEFAULT) != 0)
        return complain(EXIT_SETUP,
                        "the profile \"%s\" is not logged in: orgadmin login --profile "
                        "%s --url URL, or see orgadmin context list",
                        now->profile, now->profile);
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

struct collection {
    cJSON *list;
    size_t count;
};

static int collect(void *arg, const cJSON *record)
{
    struct collection *got = arg;
    cJSON *copy = got->count < RECORDS_MAX ? cJSON_Duplicate(record, true) : NULL;
    if (!copy)
        return -1;
    cJSON_AddItemToArray(got->list, copy);
    got->count++;
    return 0;
}

/* What a person can do about it, by the API's word for what is wrong; "" when nobody knows. */
static const char *advice_for(const struct api_error *err)
{
    static const struct {
        const char *code, *advice;
    } table[] = {
        {"unauthorized", "log in again with a token that is valid: orgadmin login --url URL"},
        {"forbidden", "ask an owner of the organization; orgadmin role list shows who may what"},
        {"role_above_own", "ask somebody whose role can do as much"},
        {"organization_not_found", "orgadmin org list shows those that you are in"},
        {"member_not_found", "orgadmin member list"},
        {"role_not_found", "orgadmin role list"},
        {"last_owner", "make somebody else an owner first: orgadmin member role MEMBER owner"},
        {"role_in_use", "give those who have it another role first, and revoke what would give it"},
        {"builtin_role", "choose another name; owner, admin and member are fixed"},
        {"invitation_not_found", "ask for a new one; they expire and can be used once"},
        {"code_not_found", "ask for a new one"},
        {"email_mismatch", "log in as the person who is invited"},
        {"user_exists", "log in with the account of that address, then accept"},
        {"username_taken", "another --username"},
        {"name_mismatch", "type the name as orgadmin org show shows it"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].code, err->code) == 0)
            return table[i].advice;
    if (err->http == 401)
        return table[0].advice;
    if (err->status == API_UNREACHABLE && err->http == 0)
        return "is the server up, and is the url right? orgadmin context show";
    return err->retry_after_s > 0 ? "again later" : "";
}

/* Keeps what a whole listing showed for completion. */
static void keep_names(const struct connection *c, enum provider_op op, const cJSON *records)
{
    if (!c->logged_in)
        return;
    if (op == OP_ORG_LIST)
        names_keep(c->now.profile, NAMES_ORG, records);
    else if (op == OP_MEMBER_LIST)
        names_keep(c->now.profile, NAMES_MEMBER, records);
    else if (op == OP_ROLE_LIST)
        names_keep(c->now.profile, NAMES_ROLE, records);
}

enum api_status connection_try(struct connection *c, enum provider_op op,
                               const struct provider_arg *args, cJSON **records,
                               struct api_error *err)
{
    struct provider_arg all[ARGS_MAX + 2] = {{0}};
    size_t n = 0;
    for (; args && args->name && n < ARGS_MAX; args++)
        all[n++] = *args;
    all[n] = (struct provider_arg){"org", *c->now.org_id ? c->now.org_id : NULL};
    struct collection got = {.list = cJSON_CreateArray()};
    if (records)
        *records = NULL;
    if (!got.list) {
        *err = (struct api_error){.status = API_UNREACHABLE, .message = "out of memory"};
        return err->status;
    }
    enum api_status status = provider_run(c->provider, op, all, collect, &got, err);
    if (status == API_STOPPED)
        snprintf(err->message, sizeof err->message,
                 got.count == RECORDS_MAX ? "there are more than a million; ask for less"
                                          : "out of memory");
    if (status == API_OK)
        keep_names(c, op, got.list);
    if (status == API_OK && records)
        *records = got.list;
    else
        cJSON_Delete(got.list);
    return status;
}

enum exit_status connection_complain(const struct connection *c, const char *about,
                                     enum provider_op op, const struct api_error *err)
{
    const char *org = err->status == API_USAGE || err->status == API_UNSUPPORTED ||
                              op == OP_WHOAMI || op == OP_ORG_LIST || op == OP_ORG_CREATE ||
                              op == OP_INVITATION_ACCEPT || op == OP_JOINCODE_JOIN
                          ? ""
                          : c->now.org_name;
    const char *advice = advice_for(err);
    return complain(exit_of(err->status), "%s%s%s%s%s: %s%s%s", about, *about ? ": " : "",
                    provider_op_name(op), *org ? " in " : "", org, err->message,
                    *advice ? "; try: " : "", advice);
}

enum exit_status connection_run(struct connection *c, enum provider_op op,
                                const struct provider_arg *args, cJSON **records)
{
    struct api_error err;
    if (connection_try(c, op, args, records, &err) == API_OK)
        return EXIT_DONE;
    return connection_complain(c, "", op, &err);
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

static enum exit_status org_unknown(const struct connection *c, const cJSON *list, const char *text)
{
    char hint[SUGGESTION_MAX];
    struct suggestion s = {.word = text};
    for (const cJSON *org = list->child; org; org = org->next)
        suggestion_offer(&s, record_text(org, "name"));
    return complain(EXIT_NO, "there is no organization \"%s\" that you are in at %s%s", text,
                    c->now.url, suggestion_text(&s, "; see orgadmin org list", hint));
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
        status = org_unknown(c, list, text);
    else
        status =
            complain(EXIT_USAGE, "%zu organizations are called \"%s\"; use the id", count, text);
    cJSON_Delete(list);
    return status;
}

enum exit_status connection_prefer_org(const struct invocation *inv, struct connection *c)
{
    const char *text = inv->option[OPTION_ORG];
    if (!text)
        text = secure_getenv("ORGADMIN_ORG");
    return text ? connection_find_org(c, text) : EXIT_DONE;
}

enum exit_status connection_open_org(const struct invocation *inv, struct connection *c)
{
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, c);
    if (status != EXIT_DONE)
        return status;
    status = connection_prefer_org(inv, c);
    if (status == EXIT_DONE && !*c->now.org_id)
        status = connection_find_org(c, NULL);
    if (status != EXIT_DONE)
        connection_close(c);
    return status;
}

static bool named(const cJSON *member, const char *text)
{
    return strcasecmp(record_text(member, "email"), text) == 0 ||
           strcmp(record_text(member, "username"), text) == 0;
}

static enum exit_status member_unknown(const struct connection *c, const cJSON *list,
                                       const char *text)
{
    char hint[SUGGESTION_MAX];
    struct suggestion s = {.word = text};
    for (const cJSON *m = list->child; m; m = m->next) {
        suggestion_offer(&s, record_text(m, "username"));
        suggestion_offer(&s, record_text(m, "email"));
    }
    return complain(EXIT_NO, "%s has no member \"%s\"%s", c->now.org_name, text,
                    suggestion_text(&s, "; see orgadmin member list", hint));
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
        status = member_unknown(c, list, text);
    else
        status = complain(EXIT_USAGE, "%zu members of %s are called \"%s\"; use the id", count,
                          c->now.org_name, text);
    cJSON_Delete(list);
    return status;
}

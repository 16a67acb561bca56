#include "orgadmin/remote/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/name.h"
#include "orgadmin/remote/access.h"
#include "orgadmin/remote/proxy.h"
#include "orgadmin/suggest.h"

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

static enum exit_status provider_unknown(const char *name)
{
    char hint[SUGGESTION_MAX], all[SUGGESTION_MAX] = "; there are";
    struct suggestion s = {.word = name};
    size_t used = strlen(all);
    for (const char *const *known = provider_names(); *known && used < sizeof all; known++) {
        suggestion_offer(&s, *known);
        used += (size_t)snprintf(all + used, sizeof all - used, " %s", *known);
    }
    return complain(EXIT_USAGE, "unknown provider \"%s\"%s", name, suggestion_text(&s, all, hint));
}

/* The value of a variable of the environment that is not empty, or NULL. */
static const char *variable(const char *name)
{
    const char *value = secure_getenv(name);
    return value && *value ? value : NULL;
}

/* What --provider names, or ORGADMIN_PROVIDER. A --url alone is not that variable's. */
static const char *connection_provider(const struct invocation *inv)
{
    if (inv->option[OPTION_PROVIDER] || inv->option[OPTION_URL])
        return inv->option[OPTION_PROVIDER];
    return variable("ORGADMIN_PROVIDER");
}

enum exit_status connection_url(const struct invocation *inv, const char **url)
{
    const char *name = connection_provider(inv);
    *url = inv->option[OPTION_URL] ? inv->option[OPTION_URL] : variable("ORGADMIN_URL");
    if (name && !provider_known(name))
        return provider_unknown(name);
    if (name && !*url && (*url = provider_url(name)) == NULL)
        return complain(EXIT_USAGE, "--provider %s needs --url", name);
    return EXIT_DONE;
}

static enum exit_status not_logged_in(const char *profile)
{
    if (strcmp(profile, PROFILE_DEFAULT) != 0)
        return complain(EXIT_SETUP,
                        "the profile \"%s\" is not logged in: orgadmin login --profile "
                        "%s --url URL, or see orgadmin context list",
                        profile, profile);
    return complain(EXIT_SETUP, "not logged in: orgadmin login --url URL, or give --url and "
                                "--token-file");
}

/* Orgd's address is often written with the /v1 that its paths begin with: LEN bytes of URL are
 * without it. */
static size_t base_length(const char *url, const char *provider)
{
    size_t len = strlen(url);
    if (provider && strcmp(provider, "native") != 0)
        return len;
    while (len > 0 && url[len - 1] == '/')
        len--;
    return len > 3 && strncmp(url, "http", 4) == 0 && strncmp(url + len - 3, "/v1", 3) == 0
               ? len - 3
               : strlen(url);
}

/* Makes *NOW the server URL of the provider NAME, unless the login in it is for that. */
static enum exit_status become(struct context *now, const char *url, const char *name)
{
    char base[CONTEXT_TEXT_MAX];
    snprintf(base, sizeof base, "%.*s", (int)base_length(url, name), url);
    if (strlen(url) < sizeof base)
        url = base;
    if (strcmp(url, now->url) == 0 && (!name || strcmp(name, now->provider) == 0))
        return EXIT_DONE;
    explicit_bzero(now, sizeof *now);
    enum exit_status status = keep(now->url, sizeof now->url, url, "the url");
    if (status == EXIT_DONE)
        status = keep(now->provider, sizeof now->provider, name ? name : "native", "the provider");
    return status;
}

/* Chooses the server. The stored login stays in c->now if it is for that server. */
static enum exit_status choose_server(const struct invocation *inv, const char *token_file,
                                      enum need need, struct connection *c)
{
    const char *url, *name = connection_provider(inv);
    struct context *now = &c->now;
    enum exit_status status = connection_url(inv, &url);
    bool given = token_file || c->ambient_token;
    if (status == EXIT_DONE && (!url || (!given && !is_file(name) && need != NEED_LOGIN)))
        status = context_load(inv->option[OPTION_PROFILE], now);
    if (status != EXIT_DONE || (!url && *now->url))
        return status;
    return url ? become(now, url, name) : not_logged_in(now->profile);
}

/* The token of a login. With orgd's API a person may go without one. */
static enum exit_status ask_token(const char *token_file, struct connection *c)
{
    if (token_file || strcmp(c->now.provider, "native") != 0 || !isatty(STDIN_FILENO))
        return secret_read(token_file, "Token", c->now.token);
    note("Give a token, or press Enter to sign in with a browser.");
    return secret_ask("Token", c->now.token);
}

static enum exit_status choose_token(const char *token_file, enum need need, struct connection *c)
{
    if (c->ambient_token)
        return secret_take("ORGADMIN_TOKEN", variable("ORGADMIN_TOKEN"), c->now.token);
    if (token_file || need == NEED_LOGIN)
        return ask_token(token_file, c);
    c->logged_in = *c->now.token != '\0';
    if (c->logged_in || need == NEED_URL || is_file(c->now.provider))
        return EXIT_DONE;
    return complain(EXIT_SETUP, "no token for %s: give --token-file FILE, or log in there",
                    c->now.url);
}

/* True when the option PAIR is an address that the stored login does not have. */
static bool leads_away(const struct context *stored, const struct pair *pair)
{
    for (size_t i = 0; i < stored->options; i++)
        if (strcmp(stored->option[i].name, pair->name) == 0 &&
            strcmp(stored->option[i].value, pair->value) == 0)
            return false;
    return strstr(pair->value, "://") != NULL;
}

/* The options given are added to those of the login. */
static enum exit_status choose_options(const struct invocation *inv, struct connection *c)
{
    for (size_t i = 0; i < inv->pairs; i++) {
        const struct pair *pair = &inv->pair[i];
        if (pair->option != OPTION_PROVIDER_OPTION)
            continue;
        if (c->logged_in && leads_away(&c->now, pair))
            return complain(EXIT_USAGE,
                            "the stored token is sent only to the API that it was stored for: with "
                            "another %s give --token-file FILE, or log in again",
                            pair->name);
        if (!context_set_option(&c->now, pair->name, pair->value))
            return complain(EXIT_USAGE, "--provider-option %s: too long, or there are more than %d",
                            pair->name, CONTEXT_OPTIONS_MAX);
    }
    return EXIT_DONE;
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

static enum exit_status choose_proxy(const struct invocation *inv, struct connection *c)
{
    const char *given = inv->option[OPTION_PROXY], *timeout = inv->option[OPTION_TIMEOUT];
    char *end = NULL;
    long seconds = timeout ? strtol(timeout, &end, 10) : 0;
    if (timeout && (end == timeout || *end || seconds < 1 || seconds > 3600))
        return complain(EXIT_USAGE, "--timeout is a number of seconds, 1 to 3600, not \"%s\"",
                        timeout);
    c->timeout_ms = (int)seconds * 1000;
    if (!given)
        return EXIT_DONE;
    if (strcmp(given, "none") != 0 && strncasecmp(c->now.url, "https://", 8) != 0)
        return complain(EXIT_USAGE, "--proxy: only https:// goes through a proxy, not %s",
                        c->now.url);
    return keep(c->now.proxy, sizeof c->now.proxy, given, "the proxy");
}

/* The proxy in effect; NULL for none. */
static const char *proxy_of(const struct context *now)
{
    const char *proxy = *now->proxy ? now->proxy : proxy_from_environment(now->url);
    return *proxy && strcmp(proxy, "none") != 0 ? proxy : NULL;
}

static void trace(void *arg, const char *line)
{
    (void)arg;
    note("debug: %s", line);
}

/* For --dry-run: on standard output, as it is what the command yields. */
static void tell_unsent(void *arg, const char *request)
{
    size_t size = strlen(request) + 1;
    char *clean = malloc(size);
    (void)arg;
    if (clean)
        printf("Not sent: %s\n", text_clean(clean, size, request, false));
    free(clean);
}

static bool is_debug(const struct invocation *inv)
{
    const char *set = getenv("ORGADMIN_DEBUG");
    return inv->option[OPTION_DEBUG] || (set && *set && strcmp(set, "0") != 0);
}

enum exit_status connection_reopen(struct connection *c)
{
    struct api_error err;
    const struct context *now = &c->now;
    c->access = access_cache(now);
    for (size_t i = 0; i < now->options; i++)
        c->option[i] = (struct provider_arg){now->option[i].name, now->option[i].value};
    c->option[now->options] = (struct provider_arg){0};
    c->settings = (struct provider_settings){.provider = now->provider,
                                             .url = now->url,
                                             .token = *now->token ? now->token : NULL,
                                             .ca_file = *now->ca_file ? now->ca_file : NULL,
                                             .pin = c->pin,
                                             .learn_pin = c->learn_pin,
                                             .proxy = proxy_of(now),
                                             .timeout_ms = c->timeout_ms,
                                             .options = c->option,
                                             .trace = c->debug ? trace : NULL,
                                             .unsent = c->dry_run ? tell_unsent : NULL,
                                             .again = connection_again,
                                             .again_arg = c,
                                             .access = c->logged_in ? &c->access : NULL,
                                             .progress = progress_tell,
                                             .progress_arg = &c->progress};
    provider_close(c->provider);
    c->provider = provider_open(&c->settings, &err);
    return c->provider ? EXIT_DONE : complain(connection_exit(err.status), "%s", err.message);
}

enum exit_status connection_open(const struct invocation *inv, const char *token_file,
                                 enum need need, struct connection *c)
{
    memset(c, 0, sizeof *c);
    c->debug = is_debug(inv);
    c->dry_run = inv->option[OPTION_DRY_RUN] != NULL;
    hint_connection(&c->given, inv);
    if (!token_file)
        token_file = variable("ORGADMIN_TOKEN_FILE");
    c->ambient_token = !token_file && variable("ORGADMIN_TOKEN");
    enum exit_status status = choose_server(inv, token_file, need, c);
    if (status == EXIT_DONE)
        status = choose_token(token_file, need, c);
    if (status == EXIT_DONE)
        status = choose_options(inv, c);
    if (status == EXIT_DONE)
        status = choose_ca_file(inv, c);
    if (status == EXIT_DONE)
        status = choose_proxy(inv, c);
    if (status == EXIT_DONE)
        status = connection_reopen(c);
    if (status != EXIT_DONE)
        connection_close(c);
    return status;
}

bool connection_takes(const struct connection *c, enum provider_op op, const char *name)
{
    char takes[PROVIDER_TAKES_MAX];
    if (!provider_takes(c->provider, op, takes))
        return false;
    size_t len = name ? strlen(name) : 0;
    bool found = !name;
    for (const char *w = takes; !found && *w; w += strcspn(w, " "), w += *w == ' ')
        found = strcspn(w, " ") == len && strncmp(w, name, len) == 0;
    return found;
}

/* The credential that the API gave in the place of the login's; NULL for none. */
static const char *renewed_credential(const struct connection *c)
{
    const char *token = c->provider && c->logged_in ? provider_credential(c->provider) : NULL;
    return token && strcmp(token, c->now.token) != 0 && strlen(token) < sizeof c->now.token ? token
                                                                                            : NULL;
}

/* Changes the stored login, unless somebody has logged in meanwhile. */
static void keep_news(const struct connection *c)
{
    struct context stored;
    struct private_file file;
    const char *token = renewed_credential(c);
    if (!token && !c->renamed)
        return;
    if (context_load(c->now.profile, &stored) == EXIT_DONE &&
        strcmp(stored.token, c->now.token) == 0 &&
        context_begin(&file, c->now.profile) == EXIT_DONE) {
        if (token)
            memcpy(stored.token, token, strlen(token) + 1);
        if (c->renamed && strcmp(stored.org_id, c->now.org_id) == 0)
            memcpy(stored.org_name, c->now.org_name, sizeof stored.org_name);
        context_save(&file, &stored);
    }
    explicit_bzero(&stored, sizeof stored);
}

void connection_close(struct connection *c)
{
    keep_news(c);
    provider_close(c->provider);
    explicit_bzero(c, sizeof *c);
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

enum exit_status connection_prefer_org(const struct invocation *inv, struct connection *c)
{
    const char *text = inv->option[OPTION_ORG];
    if (!text)
        text = secure_getenv("ORGADMIN_ORG");
    return text ? connection_find_org(c, text) : EXIT_DONE;
}

enum exit_status connection_org_for(const struct invocation *inv, enum provider_op op,
                                    struct connection *c)
{
    if (connection_without_org(op))
        return EXIT_DONE;
    enum exit_status status = connection_prefer_org(inv, c);
    if (status == EXIT_DONE && !*c->now.org_id && op != OP_ROLE_LIST)
        status = connection_pick_org(c);
    return status;
}

/* Chooses the organization; what fails closes the connection. */
static enum exit_status choose_org(const struct invocation *inv, struct connection *c)
{
    enum exit_status status = connection_org_for(inv, OP_ORG_SHOW, c);
    if (status != EXIT_DONE)
        connection_close(c);
    return status;
}

enum exit_status connection_open_org(const struct invocation *inv, struct connection *c)
{
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, c);
    return status == EXIT_DONE ? choose_org(inv, c) : status;
}

static bool can_run(const struct connection *c, enum provider_op op,
                    const struct provider_arg *args)
{
    bool can = connection_takes(c, op, NULL);
    for (; can && args && args->name; args++)
        can = !args->value || connection_takes(c, op, args->name);
    return can;
}

enum exit_status connection_open_for(const struct invocation *inv, enum provider_op op,
                                     const struct provider_arg *args, struct connection *c)
{
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, c);
    if (status != EXIT_DONE)
        return status;
    if (can_run(c, op, args))
        return choose_org(inv, c);
    status = connection_run(c, op, args); /* refuses, and says what it would take */
    connection_close(c);
    return status;
}

#include "orgd/operator/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/name.h"
#include "common/paths.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/quota.h"
#include "orgd/endpoints/record.h"
#include "orgd/operator/settings.h"
#include "orgd/web/negotiate.h"

#define DEFAULT_DATA        "/var/lib/orgd/orgd.db"
#define DEFAULT_SOCKET      "/run/orgd/orgd.sock"
#define DEFAULT_CONNECTIONS 1024
#define DEFAULT_ATTEMPTS    60
#define MINUTE_MS           60000
#define URL_MAX             900 /* its line in a mail has 998 at most, and the token takes its place */

static const char usage[] =
    "Usage: orgd [OPTION]...\n"
    "       orgd COMMAND [ARGUMENT]... [--data FILE]\n"
    "\n"
    "Serves the organization API on a unix socket, and on the addresses asked for. The commands\n"
    "are the operator's, on the machine itself, for root and the server's user; the server may\n"
    "run meanwhile, but for restore, copy and vacuum:\n"
    "\n"
    "  init                        set the server up: ask, or take the options; make the first user\n"
    "  user list | show USER | token USER [--end-others]\n"
    "  user disable USER | enable USER | let-create USER yes|no\n"
    "  user rename USER NAME | set-email USER EMAIL\n"
    "  user erase USER [--yes]\n"
    "  org list | owner ORG USER | delete ORG [--yes]\n"
    "  mirror add ORG --provider NAME [--url URL] [--token-file FILE] [--ca-file FILE]\n"
    "         [--proxy URL] [--provider-option NAME=VALUE]... [--webhook-secret-file FILE]\n"
    "         [--poll SECONDS]     serve the members that another API lists\n"
    "  mirror list | token ORG | remove ORG [--yes]\n"
    "  events list [--org ORG] | prune TIME\n"
    "  backup FILE | restore FILE | copy FROM TO | check | vacuum\n"
    "  openapi                     print the API as a document of OpenAPI 3.1\n"
    "\n"
    "A list is a table, or with --json one object a line. The options of the server:\n"
    "\n"
    "  --config FILE               the options that the command line lacks (" SETTINGS_DEFAULT ")\n"
    "  --data FILE                 the data file, created if it is missing; or the\n"
    "                              postgresql://... URL of a database\n"
    "                              (" DEFAULT_DATA ")\n"
    "  --socket PATH               the unix socket (" DEFAULT_SOCKET ")\n"
    "  --listen ADDR:PORT          plain HTTP on 127.0.0.1:PORT or [::1]:PORT; port 0 picks one\n"
    "  --tls ADDR:PORT             HTTPS on any address\n"
    "  --metrics ADDR:PORT         GET /metrics for Prometheus, on a loopback address\n"
    "  --cert FILE, --key FILE     its certificate chain and key, PEM; read again on SIGHUP.\n"
    "                              Several pairs: the client's name for the server chooses\n"
    "  --owner EMAIL               the first user, on the first start\n"
    "  --owner-username NAME       the login name of that user, if not the address's\n"
    "  --connections N             most at a time from an address or unix user (1024)\n"
    "  --attempts N                most failed ones a minute from one of them (60)\n"
    "  --trusted-proxy ADDRESS[/BITS], --trusted-proxy unix:UID\n"
    "                              take the client's address from X-Forwarded-For of this proxy\n"
    "  --proxy-protocol ADDRESS[/BITS], --proxy-protocol unix:UID\n"
    "                              each connection of this proxy begins with a header of the PROXY\n"
    "                              protocol, version 2, with the client's address\n"
    "  --create-organizations WHO  who may create organizations: operator (the first user, and whom\n"
    "                              the operator lets), or anyone (operator)\n"
    "  --rsa-bits N                take RSA keys of N bits and more (2048, and no less)\n"
    "  --keep-events DAYS          remove audit events that are older (none is)\n"
    "  --quota NAME=N              another number for a quota; the names and numbers are below\n"
    "  --web-origin ORIGIN         serve the page for members, which browsers reach at\n"
    "                              https://HOST[:PORT] (there is no page)\n"
    "  --invitation-url URL        the link in an invitation, with {token} in it (to the page)\n"
    "  --smtp URL                  mail invitations: smtp://HOST[:PORT] or smtps://HOST[:PORT]\n"
    "  --smtp-from EMAIL           the sender's address\n"
    "  --smtp-user NAME, --smtp-password-file FILE\n"
    "                              log in to the mail server; the file is read again on SIGHUP\n"
    "  --access-log FILE           write a line of JSON for each request; reopened on SIGHUP\n"
    "  --debug                     log every request, not only changes\n"
    "  --help, --version           print this, or the version, and exit\n"
    "\n"
    "Quotas:\n";

static const char *option_where; /* of the file's setting that is taken; NULL: the command line */

static bool usage_wrong(const char *option, const char *value, const char *why)
{
    if (option_where)
        log_error("%s: %s = \"%s\": %s", option_where, option, value, why);
    else
        log_error("--%s %s: %s", option, value, why);
    return false;
}

enum transport { PLAIN_HTTP, HTTPS, METRICS };

static bool option_listen(struct options *o, const char *text, enum transport transport)
{
    bool tls = transport == HTTPS;
    const char *option = tls ? "tls" : transport == METRICS ? "metrics" : "listen";
    struct address *address = &o->listen[o->listens];
    if (o->listens == LISTENERS_MAX - 1)
        return usage_wrong(option, text, "too many addresses");
    if (!address_parse(text, address))
        return usage_wrong(option, text,
                           tls ? "must be ADDR:PORT, or [ADDR]:PORT for IPv6"
                               : "must be 127.0.0.1:PORT or [::1]:PORT");
    if (!tls && !address_loopback(address))
        return usage_wrong(option, text,
                           "plain HTTP is for loopback addresses and unix sockets only");
    o->metrics[o->listens] = transport == METRICS;
    o->tls[o->listens++] = tls;
    return true;
}

/* The Nth --cert belongs to the Nth --key. */
static bool option_pair(struct options *o, const char *option, const char *path)
{
    struct server_settings *s = &o->settings;
    bool cert = strcmp(option, "cert") == 0;
    size_t *count = cert ? &s->certs : &s->keys;
    if (*count == TLS_PAIRS_MAX)
        return usage_wrong(option, path, "too many certificates");
    struct tls_files *files = &s->tls[(*count)++];
    *(cert ? &files->cert : &files->key) = path;
    return true;
}

static bool option_owner(struct options *o, const char *email)
{
    char username[NAME_MAX_LEN + 1];
    o->owner = email;
    return (email_valid(email) && name_fold(email, username)) ||
           usage_wrong("owner", email, "must be an e-mail address that begins with a login name");
}

static bool option_owner_username(struct options *o, const char *username)
{
    o->owner_username = username;
    return name_valid(username) ||
           usage_wrong("owner-username", username,
                       "must be a login name: a-z or _, then up to 31 of a-z 0-9 _ . -");
}

static bool option_number(const char *option, const char *text, unsigned most, unsigned *number)
{
    char *end, why[48];
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    if (text[0] >= '0' && text[0] <= '9' && !errno && !*end && value >= 1 && value <= most)
        return true;
    snprintf(why, sizeof why, "must be 1-%u", most);
    return usage_wrong(option, text, why);
}

static bool option_proxy(struct proxies *proxies, const char *option, const char *text)
{
    return proxy_add(proxies, text) ||
           usage_wrong(option, text,
                       "must be an address, ADDRESS/BITS or unix:UID, at most 32 times");
}

static bool option_of_provider(struct options *o, const char *text)
{
    struct mirror_options *m = &o->mirror;
    if (m->option_count == MIRROR_OPTIONS_MAX || !strchr(text, '='))
        return usage_wrong("provider-option", text, "must be NAME=VALUE, at most 16 times");
    m->options[m->option_count++] = text;
    return true;
}

static bool option_url(struct options *o, const char *url)
{
    o->settings.letterhead.invitation_url = url;
    bool http = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    return (http && strlen(url) <= URL_MAX && strstr(url, "{token}") &&
            !strpbrk(url, " \"<>\r\n")) ||
           usage_wrong("invitation-url", url,
                       "must be an http or https URL of at most 900 characters with {token} in it");
}

static bool option_web_origin(struct options *o, const char *origin)
{
    o->settings.web_origin = origin;
    return web_origin_valid(origin) ||
           usage_wrong("web-origin", origin,
                       "must be https://HOST[:PORT], as a browser has it: in lower case, nothing "
                       "behind it (http://localhost:PORT for a trial)");
}

static bool option_quota(const char *setting)
{
    return quota_set(setting) ||
           usage_wrong("quota", setting, "must be NAME=N, a name of orgd --help and 1-1000000000");
}

static bool option_create(const char *who)
{
    bool anyone = strcmp(who, "anyone") == 0;
    if (anyone)
        organizations_by_anyone();
    return anyone || strcmp(who, "operator") == 0 ||
           usage_wrong("create-organizations", who, "must be operator or anyone");
}

/* Hosts take none of less than SSH_KEY_RSA_BITS_MIN. */
static bool option_rsa_bits(const char *text)
{
    unsigned bits;
    if (!option_number("rsa-bits", text, SSH_KEY_RSA_BITS_MAX, &bits))
        return false;
    keys_rsa_from(bits);
    return bits >= SSH_KEY_RSA_BITS_MIN ||
           usage_wrong("rsa-bits", text, "must be 2048 or more: hosts take no less");
}

static bool option_smtp(struct options *o, const char *url)
{
    const char *why;
    o->settings.mail.url = url;
    return mail_url_valid(url, &why) || usage_wrong("smtp", url, why);
}

static bool option_from(struct options *o, const char *email)
{
    o->settings.mail.from = email;
    return email_valid(email) || usage_wrong("smtp-from", email, "must be an e-mail address");
}

/* Where there is a page, invitations lead to it. */
static void letterhead_complete(struct options *o)
{
    struct letterhead *letterhead = &o->settings.letterhead;
    letterhead->from = o->settings.mail.from;
    if (!o->settings.web_origin || letterhead->invitation_url)
        return;
    snprintf(o->page_url, sizeof o->page_url, "%s/i#{token}", o->settings.web_origin);
    letterhead->invitation_url = o->page_url;
    letterhead->page = true;
}

bool options_complete(struct options *o)
{
    const struct server_settings *s = &o->settings;
    bool tls = false;
    for (size_t i = 0; i < o->listens; i++)
        tls |= o->tls[i];
    const char *why = NULL;
    if (tls != (s->certs > 0) || s->certs != s->keys)
        why = "--tls, --cert and --key go together, each --cert with its --key";
    else if (!s->mail.url != !s->mail.from)
        why = "--smtp and --smtp-from go together";
    else if ((s->mail.user || s->password_file) &&
             !(s->mail.user && s->password_file && s->mail.url))
        why = "--smtp-user and --smtp-password-file go together, with --smtp";
    if (why)
        log_error("%s", why);
    letterhead_complete(o);
    return !why;
}

enum option_id {
    OPTION_CONFIG = 1,
    OPTION_DATA,
    OPTION_SOCKET,
    OPTION_LISTEN,
    OPTION_TLS,
    OPTION_METRICS,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_OWNER,
    OPTION_OWNER_USERNAME,
    OPTION_CONNECTIONS,
    OPTION_ATTEMPTS,
    OPTION_PROXY,
    OPTION_SPEAKER,
    OPTION_CREATE,
    OPTION_RSA_BITS,
    OPTION_KEEP_EVENTS,
    OPTION_QUOTA,
    OPTION_URL,
    OPTION_WEB_ORIGIN,
    OPTION_SMTP,
    OPTION_FROM,
    OPTION_USER,
    OPTION_PASSWORD,
    OPTION_ACCESS_LOG,
    OPTION_DEBUG,
    OPTION_YES,
    OPTION_JSON,
    OPTION_END_OTHERS,
    OPTION_ORG,
    OPTION_PROVIDER,
    OPTION_SOURCE_URL,
    OPTION_TOKEN_FILE,
    OPTION_CA_FILE,
    OPTION_SOURCE_PROXY,
    OPTION_HOOK_FILE,
    OPTION_PROVIDER_OPTION,
    OPTION_POLL,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_UNKNOWN = '?' /* getopt_long has printed the reason */
};

static const struct option longs[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"data", required_argument, NULL, OPTION_DATA},
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"tls", required_argument, NULL, OPTION_TLS},
    {"metrics", required_argument, NULL, OPTION_METRICS},
    {"cert", required_argument, NULL, OPTION_CERT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"owner", required_argument, NULL, OPTION_OWNER},
    {"owner-username", required_argument, NULL, OPTION_OWNER_USERNAME},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"attempts", required_argument, NULL, OPTION_ATTEMPTS},
    {"trusted-proxy", required_argument, NULL, OPTION_PROXY},
    {"proxy-protocol", required_argument, NULL, OPTION_SPEAKER},
    {"create-organizations", required_argument, NULL, OPTION_CREATE},
    {"rsa-bits", required_argument, NULL, OPTION_RSA_BITS},
    {"keep-events", required_argument, NULL, OPTION_KEEP_EVENTS},
    {"quota", required_argument, NULL, OPTION_QUOTA},
    {"invitation-url", required_argument, NULL, OPTION_URL},
    {"web-origin", required_argument, NULL, OPTION_WEB_ORIGIN},
    {"smtp", required_argument, NULL, OPTION_SMTP},
    {"smtp-from", required_argument, NULL, OPTION_FROM},
    {"smtp-user", required_argument, NULL, OPTION_USER},
    {"smtp-password-file", required_argument, NULL, OPTION_PASSWORD},
    {"access-log", required_argument, NULL, OPTION_ACCESS_LOG},
    {"debug", no_argument, NULL, OPTION_DEBUG},
    {"yes", no_argument, NULL, OPTION_YES},
    {"json", no_argument, NULL, OPTION_JSON},
    {"end-others", no_argument, NULL, OPTION_END_OTHERS},
    {"org", required_argument, NULL, OPTION_ORG},
    {"provider", required_argument, NULL, OPTION_PROVIDER},
    {"url", required_argument, NULL, OPTION_SOURCE_URL},
    {"token-file", required_argument, NULL, OPTION_TOKEN_FILE},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"proxy", required_argument, NULL, OPTION_SOURCE_PROXY},
    {"webhook-secret-file", required_argument, NULL, OPTION_HOOK_FILE},
    {"provider-option", required_argument, NULL, OPTION_PROVIDER_OPTION},
    {"poll", required_argument, NULL, OPTION_POLL},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0}};

/* An option of the operator's commands. */
static bool command_take(struct options *o, int id)
{
    o->yes |= id == OPTION_YES;
    o->json |= id == OPTION_JSON;
    o->end_others |= id == OPTION_END_OTHERS;
    return true;
}

/* An option that limits callers. */
static bool limit_take(struct options *o, int id, const char *value)
{
    switch (id) {
    case OPTION_CONNECTIONS:
        return option_number("connections", value, 65536, &o->settings.peers.connections);
    case OPTION_ATTEMPTS:
        return option_number("attempts", value, MINUTE_MS, &o->settings.peers.attempts);
    case OPTION_PROXY:
        return option_proxy(&o->settings.proxies, "trusted-proxy", value);
    case OPTION_SPEAKER:
        return option_proxy(&o->settings.speakers, "proxy-protocol", value);
    case OPTION_KEEP_EVENTS:
        return option_number("keep-events", value, 36500, &o->settings.keep_events_days);
    case OPTION_CREATE:
        return option_create(value);
    case OPTION_RSA_BITS:
        return option_rsa_bits(value);
    default:
        return option_quota(value);
    }
}

/* A password in a URL must be seen by nobody; no message has it. */
bool options_data_good(const char *value)
{
    const char *why = NULL, *where = option_where ? option_where : "command line";
    bool secret = false;
    if (store_is_url(value) && !store_url_good(value, &secret))
        why = "libpq does not understand the URL";
    else if (secret && !option_where)
        why = "a password on a command line is seen by everybody; put the URL into a "
              "configuration file with mode 0600, or the password into a PGPASSFILE";
    else if (secret && !settings_private())
        why = "a file with a password must have mode 0600";
    if (why)
        log_error("%s: data: %s", where, why);
    return !why;
}

/* The place of an option that takes any text; NULL for the others. */
static const char **text_place(struct options *o, int id)
{
    switch (id) {
    case OPTION_CONFIG:
        return &o->config;
    case OPTION_SOCKET:
        return &o->socket;
    case OPTION_ACCESS_LOG:
        return &o->settings.access_log;
    case OPTION_USER:
        return &o->settings.mail.user;
    case OPTION_PASSWORD:
        return &o->settings.password_file;
    case OPTION_ORG:
        return &o->org;
    case OPTION_PROVIDER:
        return &o->mirror.provider;
    case OPTION_SOURCE_URL:
        return &o->mirror.url;
    case OPTION_TOKEN_FILE:
        return &o->mirror.token_file;
    case OPTION_CA_FILE:
        return &o->mirror.ca_file;
    case OPTION_SOURCE_PROXY:
        return &o->mirror.proxy;
    case OPTION_HOOK_FILE:
        return &o->mirror.hook_file;
    default:
        return NULL;
    }
}

/* False after one line on stderr. */
static bool option_take(struct options *o, int id, const char *value)
{
    const char **text = text_place(o, id);
    if (text) {
        *text = value;
        return true;
    }
    switch (id) {
    case OPTION_DATA:
        o->data = value;
        return options_data_good(value);
    case OPTION_LISTEN:
        return option_listen(o, value, PLAIN_HTTP);
    case OPTION_TLS:
        return option_listen(o, value, HTTPS);
    case OPTION_METRICS:
        return option_listen(o, value, METRICS);
    case OPTION_CERT:
        return option_pair(o, "cert", value);
    case OPTION_KEY:
        return option_pair(o, "key", value);
    case OPTION_OWNER:
        return option_owner(o, value);
    case OPTION_OWNER_USERNAME:
        return option_owner_username(o, value);
    case OPTION_DEBUG:
        log_debug_on();
        return true;
    case OPTION_YES:
    case OPTION_JSON:
    case OPTION_END_OTHERS:
        return command_take(o, id);
    case OPTION_CONNECTIONS:
    case OPTION_ATTEMPTS:
    case OPTION_PROXY:
    case OPTION_SPEAKER:
    case OPTION_CREATE:
    case OPTION_RSA_BITS:
    case OPTION_KEEP_EVENTS:
    case OPTION_QUOTA:
        return limit_take(o, id, value);
    case OPTION_URL:
        return option_url(o, value);
    case OPTION_WEB_ORIGIN:
        return option_web_origin(o, value);
    case OPTION_SMTP:
        return option_smtp(o, value);
    case OPTION_FROM:
        return option_from(o, value);
    case OPTION_PROVIDER_OPTION:
        return option_of_provider(o, value);
    case OPTION_POLL:
        return option_number("poll", value, 86400, &o->mirror.poll);
    default:
        break;
    }
    fputs("Try 'orgd --help'.\n", stderr);
    return false;
}

/* The words behind the options. */
static bool words_take(int argc, char **argv, struct options *o)
{
    o->word_count = argc - optind;
    if (o->word_count > WORDS_MAX) {
        log_error("unexpected argument %s", argv[optind + WORDS_MAX]);
        fputs("Try 'orgd --help'.\n", stderr);
        return false;
    }
    for (int i = 0; i < o->word_count; i++)
        o->words[i] = argv[optind + i];
    return true;
}

/* The options that the command line has, which win over the file's. */
struct option_source {
    struct options *options;
    bool given[OPTION_UNKNOWN + 1];
};

static const struct option *option_named(const char *name)
{
    const struct option *option = longs;
    while (option->name && strcmp(option->name, name) != 0)
        option++;
    return option;
}

/* True if OPTION can stand in the configuration file: it is not one of the operator's commands. */
static bool is_setting(const struct option *option)
{
    return option->name && option->val != OPTION_CONFIG && option->val < OPTION_YES;
}

/* A setting of the file is an option. */
static bool setting_option(const char *name, const char *value, const char *where, void *arg)
{
    struct option_source *source = arg;
    const struct option *option = option_named(name);
    if (!is_setting(option)) {
        log_error("%s: there is no setting %s", where, name);
        return false;
    }
    if (source->given[option->val])
        return true;
    if (option->has_arg == no_argument && strcmp(value, "false") == 0)
        return true;
    option_where = where;
    bool good = option_take(source->options, option->val, value);
    option_where = NULL;
    return good;
}

/* Takes OPTION of the command line, and notes it. */
static bool option_give(struct options *o, const struct option *option, const char *value)
{
    if (!option_take(o, option->val, value))
        return false;
    if (!is_setting(option))
        return true;
    if (o->given_count == SETTINGS_MAX)
        return usage_wrong(option->name, value, "too many options");
    o->given[o->given_count++] = (struct setting){option->name, value ? value : "true"};
    return true;
}

bool options_give(struct options *o, const char *name, const char *value)
{
    return option_give(o, option_named(name), value);
}

int options_parse(int argc, char **argv, struct options *o)
{
    struct option_source source = {.options = o};
    int id, index;
    *o = (struct options){.data = DEFAULT_DATA,
                          .socket = DEFAULT_SOCKET,
                          .settings.peers = {DEFAULT_CONNECTIONS, DEFAULT_ATTEMPTS}};
    while ((id = getopt_long(argc, argv, "", longs, &index)) != -1) {
        if (id == OPTION_HELP || id == OPTION_VERSION) {
            fputs(id == OPTION_HELP ? usage : "orgd " ORG_VERSION "\n", stdout);
            if (id == OPTION_HELP)
                quota_print(2);
            return EXIT_SUCCESS;
        }
        if (id == OPTION_UNKNOWN ? !option_take(o, id, NULL)
                                 : !option_give(o, &longs[index], optarg))
            return EXIT_USAGE;
        source.given[id] = true;
    }
    const char *file = o->config ? o->config : SETTINGS_DEFAULT;
    bool init = optind < argc && strcmp(argv[optind], "init") == 0; /* it makes the file */
    return settings_read(file, o->config && !init, setting_option, &source) &&
                   words_take(argc, argv, o) && options_complete(o)
               ? -1
               : EXIT_USAGE;
}

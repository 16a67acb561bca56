/* orgd, the embedded organization server: its command line, its first start, and nothing else. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/name.h"
#include "common/paths.h"
#include "common/reserved.h"
#include "orgd/buffer.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/usage.h"
#include "orgd/http/listen.h"
#include "orgd/http/server.h"
#include "orgd/http/tls.h"
#include "orgd/store/store.h"

#define EXIT_USAGE          2
#define DEFAULT_DATA        "/var/lib/orgd/orgd.db"
#define DEFAULT_SOCKET      "/run/orgd/orgd.sock"
#define DEFAULT_OWNER       "owner@localhost"
#define DEFAULT_CONNECTIONS 1024
#define DEFAULT_ATTEMPTS    60
#define MINUTE_MS           60000
#define URL_MAX             900 /* its line in a mail has 998 at most, and the token takes its place */

static const char usage[] =
    "Usage: orgd [OPTION]...\n"
    "       orgd backup FILE [--data FILE]\n"
    "       orgd check [--data FILE]\n"
    "\n"
    "Serves the organization API on a unix socket, and on the addresses asked for. With backup,\n"
    "copies the data file to a new one; with check, looks for what is wrong with it. Both may be\n"
    "done while a server uses it.\n"
    "\n"
    "  --data FILE                 the data file, created if it is missing\n"
    "                              (" DEFAULT_DATA ")\n"
    "  --socket PATH               the unix socket (" DEFAULT_SOCKET ")\n"
    "  --listen ADDR:PORT          plain HTTP on 127.0.0.1:PORT or [::1]:PORT; port 0 picks one\n"
    "  --tls ADDR:PORT             HTTPS on any address\n"
    "  --cert FILE, --key FILE     its certificate chain and key, PEM; reloaded on SIGHUP\n"
    "  --owner EMAIL               the first user, on the first start (" DEFAULT_OWNER ")\n"
    "  --owner-username NAME       the login name of that user, if not the address's\n"
    "  --connections N             most at a time from an address or unix user (1024)\n"
    "  --attempts N                most failed ones a minute from one of them (60)\n"
    "  --invitation-url URL        the link in an invitation, with {token} in it\n"
    "  --smtp URL                  mail invitations: smtp://HOST[:PORT] or smtps://HOST[:PORT]\n"
    "  --smtp-from EMAIL           the sender's address\n"
    "  --smtp-user NAME, --smtp-password-file FILE\n"
    "                              log in to the mail server\n"
    "  --debug                     log every request, not only changes\n"
    "  --help, --version           print this, or the version, and exit\n";

struct options {
    const char *verb, *copy; /* backup, check, or NULL to serve; backup's file */
    const char *data;
    const char *socket;
    const char *owner, *owner_username;
    struct address listen[LISTENERS_MAX - 1]; /* the unix socket is one more */
    bool tls[LISTENERS_MAX - 1];
    size_t listens;
    const char *password_file;
    struct server_settings settings;
};

/* --- command line --- */

static bool usage_wrong(const char *option, const char *value, const char *why)
{
    log_error("--%s %s: %s", option, value, why);
    return false;
}

enum transport { PLAIN_HTTP, HTTPS };

static bool option_listen(struct options *o, const char *text, enum transport transport)
{
    bool tls = transport == HTTPS;
    const char *option = tls ? "tls" : "listen";
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
    o->tls[o->listens++] = tls;
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

static bool option_url(struct options *o, const char *url)
{
    o->settings.letterhead.invitation_url = url;
    bool http = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    return (http && strlen(url) <= URL_MAX && strstr(url, "{token}") &&
            !strpbrk(url, " \"<>\r\n")) ||
           usage_wrong("invitation-url", url,
                       "must be an http or https URL of at most 900 characters with {token} in it");
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

/* Checks the options that need or exclude each other. */
static bool options_complete(struct options *o)
{
    const struct server_settings *s = &o->settings;
    bool tls = false;
    for (size_t i = 0; i < o->listens; i++)
        tls |= o->tls[i];
    const char *why = NULL;
    if (tls != (s->cert != NULL) || tls != (s->key != NULL))
        why = "--tls, --cert and --key go together";
    else if (!s->mail.url != !s->mail.from)
        why = "--smtp and --smtp-from go together";
    else if ((s->mail.user || o->password_file) &&
             !(s->mail.user && o->password_file && s->mail.url))
        why = "--smtp-user and --smtp-password-file go together, with --smtp";
    if (why)
        log_error("%s", why);
    o->settings.letterhead.from = s->mail.from;
    return !why;
}

enum option_id {
    OPTION_DATA = 1,
    OPTION_SOCKET,
    OPTION_LISTEN,
    OPTION_TLS,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_OWNER,
    OPTION_OWNER_USERNAME,
    OPTION_CONNECTIONS,
    OPTION_ATTEMPTS,
    OPTION_URL,
    OPTION_SMTP,
    OPTION_FROM,
    OPTION_USER,
    OPTION_PASSWORD,
    OPTION_DEBUG,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_UNKNOWN = '?' /* getopt_long has printed the reason */
};

/* False after one line on stderr. */
static bool option_take(struct options *o, int id, const char *value)
{
    switch ((enum option_id)id) {
    case OPTION_DATA:
        o->data = value;
        return true;
    case OPTION_SOCKET:
        o->socket = value;
        return true;
    case OPTION_LISTEN:
        return option_listen(o, value, PLAIN_HTTP);
    case OPTION_TLS:
        return option_listen(o, value, HTTPS);
    case OPTION_CERT:
        o->settings.cert = value;
        return true;
    case OPTION_KEY:
        o->settings.key = value;
        return true;
    case OPTION_OWNER:
        return option_owner(o, value);
    case OPTION_OWNER_USERNAME:
        return option_owner_username(o, value);
    case OPTION_CONNECTIONS:
        return option_number("connections", value, 65536, &o->settings.peers.connections);
    case OPTION_DEBUG:
        log_debug_on();
        return true;
    case OPTION_ATTEMPTS:
        return option_number("attempts", value, MINUTE_MS, &o->settings.peers.attempts);
    case OPTION_URL:
        return option_url(o, value);
    case OPTION_SMTP:
        return option_smtp(o, value);
    case OPTION_FROM:
        return option_from(o, value);
    case OPTION_USER:
        o->settings.mail.user = value;
        return true;
    case OPTION_PASSWORD:
        o->password_file = value;
        return true;
    case OPTION_HELP:
    case OPTION_VERSION:
    case OPTION_UNKNOWN:
        break;
    }
    fputs("Try 'orgd --help'.\n", stderr);
    return false;
}

/* The words behind the options. */
static bool verb_parse(int argc, char **argv, struct options *o)
{
    int left = argc - optind;
    if (left == 0)
        return true;
    o->verb = argv[optind];
    if (strcmp(o->verb, "check") == 0 && left == 1)
        return true;
    if (strcmp(o->verb, "backup") == 0 && left == 2) {
        o->copy = argv[optind + 1];
        return true;
    }
    if (strcmp(o->verb, "backup") == 0 && left == 1)
        log_error("backup: which FILE?");
    else
        log_error("unexpected argument %s", argv[argc - 1]);
    fputs("Try 'orgd --help'.\n", stderr);
    return false;
}

/* Returns -1 to go on, else the exit status. */
static int options_parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"data", required_argument, NULL, OPTION_DATA},
        {"socket", required_argument, NULL, OPTION_SOCKET},
        {"listen", required_argument, NULL, OPTION_LISTEN},
        {"tls", required_argument, NULL, OPTION_TLS},
        {"cert", required_argument, NULL, OPTION_CERT},
        {"key", required_argument, NULL, OPTION_KEY},
        {"owner", required_argument, NULL, OPTION_OWNER},
        {"owner-username", required_argument, NULL, OPTION_OWNER_USERNAME},
        {"connections", required_argument, NULL, OPTION_CONNECTIONS},
        {"attempts", required_argument, NULL, OPTION_ATTEMPTS},
        {"invitation-url", required_argument, NULL, OPTION_URL},
        {"smtp", required_argument, NULL, OPTION_SMTP},
        {"smtp-from", required_argument, NULL, OPTION_FROM},
        {"smtp-user", required_argument, NULL, OPTION_USER},
        {"smtp-password-file", required_argument, NULL, OPTION_PASSWORD},
        {"debug", no_argument, NULL, OPTION_DEBUG},
        {"help", no_argument, NULL, OPTION_HELP},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0}};
    int id;
    while ((id = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (id == OPTION_HELP || id == OPTION_VERSION) {
            fputs(id == OPTION_HELP ? usage : "orgd " ORG_VERSION "\n", stdout);
            return EXIT_SUCCESS;
        }
        if (!option_take(o, id, optarg))
            return EXIT_USAGE;
    }
    return verb_parse(argc, argv, o) && options_complete(o) ? -1 : EXIT_USAGE;
}

/* --- start --- */

/* Makes PATH's directory when it is missing. Any other fault of it shows when PATH is opened. */
static void directory_make(const char *path, mode_t mode)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    size_t len = (size_t)(slash - path);
    char *directory = memory_or_exit(strndup(path, len), len);
    if (mkdir(directory, mode) == 0)
        chmod(directory, mode); /* whatever the umask is */
    free(directory);
}

/* The unix socket is the first. */
static bool listen_all(struct options *o)
{
    struct listener *listeners = o->settings.listeners;
    listeners[0].fd = listen_unix(o->socket);
    for (size_t i = 0; i < o->listens && listeners[i].fd >= 0; i++) {
        listeners[i + 1].fd = listen_tcp(&o->listen[i]);
        listeners[i + 1].tls = o->tls[i];
    }
    o->settings.count = o->listens + 1;
    return listeners[o->listens].fd >= 0;
}

/* Fills the first user's names; false after one line on stderr. */
static bool owner_name(const struct options *o, struct user *user)
{
    name_fold(o->owner, user->username);
    if (o->owner_username)
        snprintf(user->username, sizeof user->username, "%s", o->owner_username);
    snprintf(user->email, sizeof user->email, "%s", o->owner);
    snprintf(user->name, sizeof user->name, "%s", user->username);
    const char *why = reserved_name(user->username);
    if (why)
        log_error("--owner %s: the username %s is reserved: %s; give --owner-username NAME",
                  o->owner, user->username, why);
    return !why;
}

/* Makes the first user and his token. The token is printed before it is committed, as it cannot be
 * read again. */
static bool first_start(struct store *store, const struct options *o)
{
    struct user user = {.created = clock_wall_ms()};
    struct token token = {.role = roles_builtin[ROLE_MEMBER]};
    struct secret secret;
    if (!owner_name(o, &user))
        return false;
    id_make("usr_", user.id);
    snprintf(token.user, sizeof token.user, "%s", user.id);
    store_user_add(store, &user);
    token_make(store, &token, &secret);
    printf("First start: this is the token of %s, and it is not shown again:\n%s:%s\n", o->owner,
           token.key, secret.text);
    sodium_memzero(&secret, sizeof secret);
    if (fflush(stdout) == 0)
        return true;
    log_error("standard output: %s; the first token could not be shown", strerror(errno));
    return false;
}

static bool store_prepare(struct store *store, const struct options *o)
{
    if (!store_begin(store, STORE_CHANGE))
        return false;
    if (store_empty(store) && !first_start(store, o)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store);
}

static bool serve(const struct options *o)
{
    char text[ADDRESS_TEXT_SIZE];
    struct server *server = server_start(&o->settings);
    if (!server)
        return false;
    printf("listening on %s\n", o->socket);
    for (size_t i = 0; i < o->listens; i++) {
        listen_name(o->settings.listeners[i + 1].fd, text);
        printf("listening on %s%s\n", o->tls[i] ? "https://" : "", text);
    }
    fflush(stdout);
    bool good = server_run(server);
    server_stop(server);
    return good;
}

/* Between opening the sockets and closing the store. */
static bool run(struct options *o)
{
    struct server_settings *settings = &o->settings;
    if ((settings->cert && !tls_load(settings->cert, settings->key)) ||
        (o->password_file && !mail_password_read(&settings->mail, o->password_file)))
        return false;
    settings->store = store_open(o->data);
    if (!settings->store)
        return false;
    bool good = store_prepare(settings->store, o) && serve(o);
    usage_store(settings->store);
    store_close(settings->store);
    return good;
}

/* Signals are taken by the server's loop, also those that come before it runs. */
static void signals_block(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static bool libraries_start(void)
{
    cJSON_Hooks hooks = {.malloc_fn = memory_get, .free_fn = free};
    cJSON_InitHooks(&hooks);
    if (sodium_init() >= 0)
        return true;
    log_error("no random numbers");
    return false;
}

static bool serve_all(struct options *o)
{
    signals_block();
    directory_make(o->data, 0700);
    directory_make(o->socket, 0755);
    for (size_t i = 0; i < LISTENERS_MAX; i++)
        o->settings.listeners[i].fd = -1;
    bool good = listen_all(o) && run(o);
    if (o->settings.listeners[0].fd >= 0)
        unlink(o->socket);
    sodium_memzero(o->settings.mail.password, sizeof o->settings.mail.password);
    tls_free();
    return good;
}

int main(int argc, char **argv)
{
    static struct options o = {.data = DEFAULT_DATA,
                               .socket = DEFAULT_SOCKET,
                               .owner = DEFAULT_OWNER,
                               .settings.peers = {DEFAULT_CONNECTIONS, DEFAULT_ATTEMPTS}};
    log_begin("orgd");
    int status = options_parse(argc, argv, &o);
    if (status >= 0)
        return status;
    bool warned = false;
    umask(0077);
    if (!libraries_start())
        return EXIT_FAILURE;
    bool good = o.copy   ? store_backup(o.data, o.copy)
                : o.verb ? store_check(o.data, &warned)
                         : serve_all(&o);
    if (good && o.verb && !o.copy)
        printf("%s: nothing is %s\n", o.data, warned ? "damaged" : "wrong");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

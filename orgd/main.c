/* orgd, the embedded organization server: its command line, its first start, and nothing else. */
#include "common/clock.h"
#include "common/name.h"
#include "common/paths.h"
#include "orgd/buffer.h"
#include "orgd/endpoints.h"
#include "orgd/listen.h"
#include "orgd/record.h"
#include "orgd/server.h"
#include "orgd/store.h"

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

#define EXIT_USAGE     2
#define DEFAULT_DATA   "/var/lib/orgd/orgd.db"
#define DEFAULT_SOCKET "/run/orgd/orgd.sock"
#define DEFAULT_OWNER  "owner@localhost"

static const char usage[] =
    "Usage: orgd [--data FILE] [--listen ADDR:PORT]... [--socket PATH] [--owner EMAIL]\n"
    "\n"
    "Serves the organization API on a unix socket, and on the loopback addresses asked for.\n"
    "\n"
    "  --data FILE          the data file, made when it is not there (" DEFAULT_DATA ")\n"
    "  --listen ADDR:PORT   listen there too: 127.0.0.1:PORT or [::1]:PORT; port 0 picks one\n"
    "  --socket PATH        the unix socket (" DEFAULT_SOCKET ")\n"
    "  --owner EMAIL        the first user, on the first start (" DEFAULT_OWNER ")\n"
    "  --help, --version    say so and exit\n";

struct options {
    const char *data;
    const char *socket;
    const char *owner;
    struct address listen[LISTENERS_MAX - 1]; /* the unix socket is one more */
    size_t listens;
};

/* --- command line --- */

static bool option_listen(struct options *o, const char *text)
{
    const char *why;
    if (o->listens == LISTENERS_MAX - 1) {
        fprintf(stderr, "orgd: --listen: at most %d addresses\n", LISTENERS_MAX - 1);
        return false;
    }
    if (!address_parse(text, &o->listen[o->listens], &why)) {
        fprintf(stderr, "orgd: --listen %s: %s\n", text, why);
        return false;
    }
    o->listens++;
    return true;
}

static bool option_owner(struct options *o, const char *email)
{
    char username[NAME_MAX_LEN + 1];
    o->owner = email;
    if (email_valid(email) && name_fold(email, username))
        return true;
    fprintf(stderr, "orgd: --owner %s: must be an e-mail address that begins with a login name\n",
            email);
    return false;
}

/* Returns -1 to go on, else the exit status. */
static int options_parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"data", required_argument, NULL, 'd'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"socket", required_argument, NULL, 's'},
                                          {"owner", required_argument, NULL, 'o'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->data = optarg;
            break;
        case 's':
            o->socket = optarg;
            break;
        case 'l':
            if (!option_listen(o, optarg))
                return EXIT_USAGE;
            break;
        case 'o':
            if (!option_owner(o, optarg))
                return EXIT_USAGE;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        case 'v':
            puts("orgd " ORG_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("Try 'orgd --help'.\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "orgd: unexpected argument %s\nTry 'orgd --help'.\n", argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

/* --- start --- */

/* Makes PATH's directory when it is missing; what is wrong with it otherwise shows when PATH is
 * opened. */
static void directory_make(const char *path, mode_t mode)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    char *directory = strndup(path, (size_t)(slash - path));
    if (directory && mkdir(directory, mode) == 0)
        chmod(directory, mode); /* whatever the umask is */
    free(directory);
}

/* The unix socket is the first. */
static bool listen_all(const struct options *o, int *sockets)
{
    sockets[0] = listen_unix(o->socket);
    for (size_t i = 0; i < o->listens && sockets[i] >= 0; i++)
        sockets[i + 1] = listen_tcp(&o->listen[i]);
    return sockets[o->listens] >= 0;
}

/* The first user and his token. It is printed before it is committed: nobody else will ever know
 * it. */
static bool first_start(struct store *store, const char *email)
{
    struct user user = {.created = clock_wall_ms()};
    struct token token = {.role = ROLE_MEMBER};
    struct secret secret;
    id_make("usr_", user.id);
    name_fold(email, user.username);
    snprintf(user.email, sizeof user.email, "%s", email);
    snprintf(user.name, sizeof user.name, "%s", user.username);
    snprintf(token.user, sizeof token.user, "%s", user.id);
    store_user_add(store, &user);
    token_make(store, &token, &secret);
    printf("First start: this is the token of %s, and it is not shown again:\n%s:%s\n", email,
           token.key, secret.text);
    sodium_memzero(&secret, sizeof secret);
    if (fflush(stdout) == 0)
        return true;
    fprintf(stderr, "orgd: standard output: %s; the first token could not be shown\n",
            strerror(errno));
    return false;
}

static bool store_prepare(struct store *store, const char *owner)
{
    if (!store_begin(store, true))
        return false;
    if (store_empty(store) && !first_start(store, owner)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store);
}

static bool serve(struct store *store, const struct options *o, const int *sockets)
{
    char text[ADDRESS_TEXT_SIZE];
    struct server *server = server_start(store, sockets, o->listens + 1);
    if (!server)
        return false;
    printf("listening on %s\n", o->socket);
    for (size_t i = 0; i < o->listens; i++) {
        listen_name(sockets[i + 1], text);
        printf("listening on %s\n", text);
    }
    fflush(stdout);
    bool good = server_run(server);
    server_stop(server);
    return good;
}

/* Between opening the sockets and closing the store. */
static bool run(const struct options *o, const int *sockets)
{
    struct store *store = store_open(o->data);
    if (!store)
        return false;
    bool good = store_prepare(store, o->owner) && serve(store, o, sockets);
    store_close(store);
    return good;
}

/* Signals are taken by the server's loop, also those that come before it runs. */
static void signals_block(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct options o = {.data = DEFAULT_DATA, .socket = DEFAULT_SOCKET, .owner = DEFAULT_OWNER};
    int status = options_parse(argc, argv, &o);
    if (status >= 0)
        return status;
    cJSON_Hooks hooks = {.malloc_fn = memory_get, .free_fn = free};
    cJSON_InitHooks(&hooks);
    if (sodium_init() < 0) {
        fputs("orgd: no random numbers\n", stderr);
        return EXIT_FAILURE;
    }
    umask(0077);
    signals_block();
    directory_make(o.data, 0700);
    directory_make(o.socket, 0755);

    int sockets[LISTENERS_MAX];
    for (size_t i = 0; i < LISTENERS_MAX; i++)
        sockets[i] = -1;
    status = listen_all(&o, sockets) && run(&o, sockets) ? EXIT_SUCCESS : EXIT_FAILURE;
    if (sockets[0] >= 0)
        unlink(o.socket);
    return status;
}

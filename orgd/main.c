/* orgd, the embedded organization server: its start, and its end. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/notify.h"
#include "orgd/buffer.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/usage.h"
#include "orgd/http/access_log.h"
#include "orgd/http/tls.h"
#include "orgd/operator/command.h"
#include "orgd/operator/directory.h"
#include "orgd/operator/first_user.h"
#include "orgd/operator/options.h"
#include "orgd/store/store.h"

/* The unix socket is the first. */
static bool listen_all(struct options *o)
{
    struct listener *listeners = o->settings.listeners;
    listeners[0].fd = listen_unix(o->socket);
    for (size_t i = 0; i < o->listens && listeners[i].fd >= 0; i++) {
        listeners[i + 1].fd = listen_tcp(&o->listen[i]);
        listeners[i + 1].tls = o->tls[i];
        listeners[i + 1].metrics = o->metrics[i];
    }
    o->settings.count = o->listens + 1;
    return listeners[o->listens].fd >= 0;
}

/* Makes the first user where the token can be shown. Without a user the server runs, and refuses
 * all callers until orgd init makes one. */
static bool first_start(struct store *store, const struct options *o)
{
    struct user user = {0};
    if (!o->owner || first_user_exposed()) {
        log_warning("%s has no user yet: run orgd init as root, which prints the first token",
                    store_name(o->data));
        return true;
    }
    if (!first_user_name(o, &user))
        return false;
    printf("First start: this is the token of %s, and it is not shown again:\n", user.email);
    return first_user_make(store, o, &user);
}

static bool store_prepare(struct store *store, const struct options *o)
{
    if (!store_begin_change(store, NULL)) {
        store_rollback(store);
        return false;
    }
    bool first = store_empty(store);
    if (first && !first_start(store, o)) {
        store_rollback(store);
        return false;
    }
    if (!first && (o->owner || o->owner_username))
        log_warning(
            "--owner does nothing: %s has users already; orgd user and orgd org change them",
            store_name(o->data));
    return store_commit(store) == STORE_DONE;
}

static bool serve(struct options *o)
{
    char text[ADDRESS_TEXT_SIZE];
    struct server *server = server_start(&o->settings);
    if (!server)
        return false;
    printf("listening on %s\n", o->socket);
    for (size_t i = 0; i < o->listens; i++) {
        listen_name(o->settings.listeners[i + 1].fd, text);
        printf("listening on %s%s%s\n", o->tls[i] ? "https://" : "", text,
               o->metrics[i] ? " for /metrics" : "");
    }
    fflush(stdout);
    notify("READY=1");
    bool good = server_run(server);
    server_stop(server);
    return good;
}

/* Between opening the sockets and closing the store. */
static bool run(struct options *o)
{
    struct server_settings *settings = &o->settings;
    if (!tls_load(settings->tls, settings->certs) ||
        (settings->access_log && !access_log_open(settings->access_log)) ||
        (settings->password_file && !mail_password_read(&settings->mail, settings->password_file)))
        return false;
    settings->store = store_open(o->data, STORE_SERVE);
    if (!settings->store)
        return false;
    bool good = store_prepare(settings->store, o) && serve(o);
    usage_store(settings->store);
    access_log_close();
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
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static bool libraries_start(void)
{
    cJSON_Hooks hooks = {.malloc_fn = memory_raw, .free_fn = free};
    cJSON_InitHooks(&hooks);
    if (sodium_init() >= 0)
        return true;
    log_error("no random numbers");
    return false;
}

static bool serve_all(struct options *o)
{
    signals_block();
    if (!store_is_url(o->data))
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
    static struct options o;
    log_begin("orgd");
    int status = options_parse(argc, argv, &o);
    if (status >= 0)
        return status;
    umask(0077);
    if (!libraries_start())
        return EXIT_FAILURE;
    if (o.word_count > 0)
        return command_run(&o);
    bool good = serve_all(&o);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

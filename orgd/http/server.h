/*
 * The HTTP server: one thread, one loop around libmicrohttpd's daemons, the signals and the timer
 * of the held polls. A change is committed, told to the polls that are held for it, and only then
 * answered.
 */
#ifndef ORGD_HTTP_SERVER_H
#define ORGD_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "orgd/endpoints/call.h"
#include "orgd/endpoints/mail.h"
#include "orgd/http/listen.h"
#include "orgd/http/proxy.h"
#include "orgd/http/tls.h"
#include "orgd/peer.h"
#include "orgd/store/store.h"

struct listener {
    int fd;
    bool tls;
    bool metrics; /* for /metrics alone */
};

struct server_settings {
    struct store *store;
    struct listener listeners[LISTENERS_MAX]; /* the server owns the sockets when it has started */
    size_t count;
    struct tls_files tls[TLS_PAIRS_MAX]; /* read again on SIGHUP; tls_load comes before */
    size_t certs, keys;                  /* in TLS; the same number */
    struct peer_limits peers;
    struct proxies proxies;  /* trusted */
    struct proxies speakers; /* of the PROXY protocol (gate.h) */
    struct letterhead letterhead;
    struct mail_settings mail; /* without URL no mail is sent */
    const char
        *access_log; /* the file, opened again on SIGHUP; or NULL. access_log_open comes before */
    unsigned keep_events_days; /* older audit events are removed; 0: none is */
    const char *web_origin;    /* of the page: https://HOST[:PORT]; NULL: the API alone is served */
    const char *password_file; /* mail's, read again on SIGHUP, or NULL */
};

struct server;

/* SETTINGS must stay, and the mail's password in it may change. NULL after one line on stderr. */
struct server *server_start(struct server_settings *settings);

/* Serves until SIGTERM or SIGINT, and then until the held polls have been answered, but for five
 * seconds at most. SIGUSR1 has them answered, too; SIGHUP has files read again. All four must be
 * blocked. False when the loop broke, after one line on stderr. */
bool server_run(struct server *server);

/* Ends all connections and frees the server. */
void server_stop(struct server *server);

#endif

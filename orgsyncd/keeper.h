/*
 * The keeper: root, without network. It takes records from the fetchers, keeps the rosters, the
 * ledger and the snapshot, and answers the confirm socket. This file has its beginning, its event
 * loop and its end. Its parts are organization.h (the state of each organization), intake.h (the
 * messages of the fetchers), publish.h (the snapshots) and confirm_server.h (the socket). One
 * thread.
 */
#ifndef ORGSYNCD_KEEPER_H
#define ORGSYNCD_KEEPER_H

#include <signal.h>

#include "common/snapshot.h"
#include "orgsyncd/config.h"
#include "orgsyncd/confirm_socket.h"
#include "orgsyncd/mode.h"

struct keeper_settings {
    const struct config *config;
    enum keeper_mode mode;
    int listen_fd[CONFIRM_SOCKETS]; /* listening, not blocking; -1 = none */
    int pipe[SNAPSHOT_ORGS_MAX];    /* to each organization's fetcher */
};

/* Runs until SIGTERM, or until the work of the mode is done. Returns the exit status: 0; 3 when
 * KEEPER_CHECK finds that the configuration contradicts the ledger; 1 when an organization could
 * not be listed or something cannot be kept (disk, ledger, the pipe to a fetcher): a new keeper can
 * then be started and begins with the state on disk. */
int keeper_run(const struct keeper_settings *settings);

/* The keeper's signal to its parent: once when the last snapshot is served, then as often as the
 * watchdog needs it. Only root could forge it. */
#define KEEPER_ALIVE SIGUSR1
/* The fetcher of an organization, whose place in the configuration is the signal's value, was
 * silent for too long: it is to be killed and started again. Queued, so that no signal is lost. */
#define KEEPER_SILENT       SIGRTMIN
#define KEEPER_SILENCE_TEXT "its fetcher was silent for too long"

#endif

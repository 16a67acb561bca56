/* The fetcher: one unprivileged process an organization, the only ones that have the network. */
#ifndef ORGSYNCD_FETCHER_H
#define ORGSYNCD_FETCHER_H

#include <stdbool.h>

#include "orgsyncd/config.h"

struct fetcher_settings {
    const struct config_org *org;
    const char *token; /* or NULL */
    int pipe;          /* to the keeper */
    int poll_ms;
    bool once; /* list once, then wait to be ended */
};

/* Runs until the keeper's end of the pipe closes; the process then ends with the result as its exit
 * status. */
int fetcher_run(const struct fetcher_settings *settings);

#endif

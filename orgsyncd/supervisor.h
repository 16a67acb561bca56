/* The parent of keeper and fetchers: starts them, a fetcher anew when it ends, all of them when the
 * keeper ends, and on SIGHUP with a new configuration. */
#ifndef ORGSYNCD_SUPERVISOR_H
#define ORGSYNCD_SUPERVISOR_H

#include "orgsyncd/config.h"
#include "orgsyncd/keeper.h"

/* Takes ownership of CONFIG, which was read from CONFIG_PATH. Returns the exit status. */
int supervise(struct config *config, const char *config_path, enum keeper_mode mode);

#endif

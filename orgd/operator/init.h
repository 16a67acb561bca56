/* orgd init: sets a server up, and makes its first user. */
#ifndef ORGD_OPERATOR_INIT_H
#define ORGD_OPERATOR_INIT_H

#include <stdbool.h>

#include "orgd/operator/options.h"

/* Asks on the terminal for what the options lack, writes the configuration file and the drop-in of
 * the unit unless they are there, and makes the first user unless there is a user. The token of the
 * user is the only line of standard output. False after one line on stderr. */
bool init_run(const struct options *o);

#endif

/* For orgsyncd --check: who may do what on this machine, by roles. One thread. */
#ifndef ORGSYNCD_PREVIEW_H
#define ORGSYNCD_PREVIEW_H

#include "orgsyncd/organization.h"

/*
 * Prints a line for the active, served members of the same roles and rights: how many there are,
 * the first of their names, the services that the access rules open to them, the commands that sudo
 * runs for them, and the local groups that they are put into. The rosters are compiled (compile.h).
 */
void preview_print(const struct organizations *orgs);

#endif

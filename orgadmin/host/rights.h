/* What pam_org would decide, by the snapshot alone. */
#ifndef ORGADMIN_HOST_RIGHTS_H
#define ORGADMIN_HOST_RIGHTS_H

#include <stdbool.h>

#include "common/process.h"
#include "common/snapshot.h"

/* pam_org's decision on USER of SNAPSHOT, whose account is his, at SERVICE; with FRESH as if his
 * organization had just been heard from. */
enum verdict rights_decide(const struct snapshot *snapshot, const struct snapshot_policy *policy,
                           const struct snapshot_user *user, const char *service, bool fresh);

/* True if P runs as root in a session of the present member USER, as TIE says, and USER may become
 * root no longer, by sudo or su: a root shell that is left of a role that ended or was taken away.
 */
bool rights_outlived(const struct snapshot *snapshot, const struct snapshot_policy *policy,
                     const struct snapshot_user *user, const struct process *p,
                     enum process_tie tie);

#endif

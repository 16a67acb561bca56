/* What a member can do no longer by other roles and permissions, as the configuration has it. */
#ifndef ORGSYNCD_ROLE_LOSS_H
#define ORGSYNCD_ROLE_LOSS_H

#include <stdbool.h>

#include "common/org_rules.h"
#include "orgsyncd/config.h"
#include "orgsyncd/pipe.h"

/* True if a rule of "access" about ORG is met by BEFORE and not by AFTER. */
bool role_loses_rule(const struct config *config, const char *org, const struct pipe_member *before,
                     const struct pipe_member *after);

/* The same of a group of ORG's. */
bool role_loses_group(const struct config *config, const char *org,
                      const struct pipe_member *before, const struct pipe_member *after);

/* True if AFTER may use a service no longer that BEFORE may use, by "access" and the rules OWN that
 * the organization makes for this machine; or is no longer in a group that "sudo" serves. Another
 * rule that lets him in just as well makes it no loss. */
bool role_loses_access(const struct config *config, const struct org_rules *own, const char *org,
                       const struct pipe_member *before, const struct pipe_member *after);

#endif

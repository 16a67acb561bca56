/* The built-in roles and what they permit (API.md, "Roles"). Pure functions, thread-safe. */
#ifndef ORGD_ROLE_H
#define ORGD_ROLE_H

#include <stdbool.h>

enum role { ROLE_MEMBER, ROLE_ADMIN, ROLE_OWNER, ROLE_COUNT };

enum permission {
    PERMISSION_NONE = 0,
    PERMISSION_ORG_VIEW = 1,
    PERMISSION_ORG_MANAGE = 2,
    PERMISSION_MEMBERS_VIEW = 4,
    PERMISSION_MEMBERS_MANAGE = 8
};

#define PERMISSION_LAST PERMISSION_MEMBERS_MANAGE

/* "owner" for ROLE_OWNER; static. */
const char *role_name(enum role role);

/* Fills *ROLE for one of the names above; false for any other text. */
bool role_parse(const char *name, enum role *role);

/* The bits of enum permission that ROLE holds. */
unsigned role_permissions(enum role role);

/* True when ROLE can do everything that OTHER can: who holds ROLE may give and take OTHER. */
bool role_covers(enum role role, enum role other);

/* "org:view" for PERMISSION_ORG_VIEW; static. */
const char *permission_name(enum permission permission);

#endif

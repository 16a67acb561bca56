#include "orgd/role.h"

#include <string.h>

#define MAY_VIEW (PERMISSION_ORG_VIEW | PERMISSION_MEMBERS_VIEW)

static const struct {
    const char *name;
    unsigned permissions;
} roles[ROLE_COUNT] = {
    [ROLE_MEMBER] = {"member", MAY_VIEW},
    [ROLE_ADMIN] = {"admin", MAY_VIEW | PERMISSION_MEMBERS_MANAGE},
    [ROLE_OWNER] = {"owner", MAY_VIEW | PERMISSION_MEMBERS_MANAGE | PERMISSION_ORG_MANAGE},
};

const char *role_name(enum role role)
{
    return roles[role].name;
}

bool role_parse(const char *name, enum role *role)
{
    for (enum role r = 0; r < ROLE_COUNT; r++) {
        if (strcmp(roles[r].name, name) == 0) {
            *role = r;
            return true;
        }
    }
    return false;
}

unsigned role_permissions(enum role role)
{
    return roles[role].permissions;
}

bool role_covers(enum role role, enum role other)
{
    return (roles[other].permissions & ~roles[role].permissions) == 0;
}

const char *permission_name(enum permission permission)
{
    switch (permission) {
    case PERMISSION_ORG_VIEW:
        return "org:view";
    case PERMISSION_ORG_MANAGE:
        return "org:manage";
    case PERMISSION_MEMBERS_VIEW:
        return "members:view";
    case PERMISSION_MEMBERS_MANAGE:
        return "members:manage";
    case PERMISSION_NONE:
        break;
    }
    return "none";
}

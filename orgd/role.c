#include "orgd/role.h"

#include <assert.h>
#include <string.h>

const struct role roles_builtin[ROLES_BUILTIN] = {
    [ROLE_OWNER] = {"owner", PERMISSIONS_ALL},
    [ROLE_ADMIN] = {"admin", PERMISSIONS_LOOK | PERMISSION_MEMBERS_MANAGE},
    [ROLE_MEMBER] = {"member", PERMISSIONS_LOOK},
};

static const struct {
    enum permission permission;
    const char *name;
} permissions[] = {
    {PERMISSION_ORG_VIEW, "org:view"},           {PERMISSION_ORG_MANAGE, "org:manage"},
    {PERMISSION_MEMBERS_VIEW, "members:view"},   {PERMISSION_MEMBERS_MANAGE, "members:manage"},
    {PERMISSION_ACCESS_MANAGE, "access:manage"},
};

#define PERMISSION_COUNT (sizeof permissions / sizeof *permissions)
static_assert(1U << PERMISSION_COUNT == 2 * PERMISSION_LAST, "each permission has its name");

bool role_builtin(const char *name, struct role *role)
{
    for (size_t i = 0; i < ROLES_BUILTIN; i++) {
        if (strcmp(roles_builtin[i].name, name) == 0) {
            *role = roles_builtin[i];
            return true;
        }
    }
    return false;
}

bool role_is_owner(const struct role *role)
{
    return strcmp(role->name, roles_builtin[ROLE_OWNER].name) == 0;
}

bool role_name_valid(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return name[0] >= 'a' && name[0] <= 'z' && name[len] == '\0' && len < ROLE_SIZE;
}

bool role_covers(const struct role *role, unsigned wanted)
{
    return (wanted & ~role->permissions) == 0;
}

unsigned role_reach(const struct role *role)
{
    return role->permissions | (role_is_owner(role) ? PERMISSIONS_ALL + 1U : 0);
}

bool role_may_give(const struct role *holder, const struct role *role)
{
    return (role_reach(role) & ~role_reach(holder)) == 0;
}

const char *permission_name(enum permission permission)
{
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (permissions[i].permission == permission)
            return permissions[i].name;
    return "none";
}

enum permission permission_parse(const char *name)
{
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (strcmp(permissions[i].name, name) == 0)
            return permissions[i].permission;
    return PERMISSION_NONE;
}

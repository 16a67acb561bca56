/* Roles and their permissions (API.md, "Roles"): three are built in, an organization may add its
 * own. Pure functions, thread-safe. */
#ifndef ORGD_ROLE_H
#define ORGD_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#define ROLE_SIZE 33 /* 32 characters and the NUL */

enum permission {
    PERMISSION_NONE = 0,
    PERMISSION_ORG_VIEW = 1,
    PERMISSION_ORG_MANAGE = 2,
    PERMISSION_MEMBERS_VIEW = 4,
    PERMISSION_MEMBERS_MANAGE = 8,
    PERMISSION_ACCESS_MANAGE = 16 /* who may log in where */
};

#define PERMISSION_LAST PERMISSION_ACCESS_MANAGE
#define PERMISSIONS_ALL (2 * PERMISSION_LAST - 1)

struct role {
    char name[ROLE_SIZE];
    unsigned permissions; /* bits of enum permission */
};

/* The end of a role that somebody holds for a while, and the role that he holds behind it. */
struct role_term {
    int64_t ends; /* wall clock in ms, 0: the role has no end */
    struct role after;
};

/* The built-in roles, the mightiest first. */
enum builtin_role { ROLE_OWNER, ROLE_ADMIN, ROLE_MEMBER, ROLES_BUILTIN };
extern const struct role roles_builtin[ROLES_BUILTIN];

/* Fills *ROLE for "owner", "admin" or "member"; false for any other text. */
bool role_builtin(const char *name, struct role *role);

/* True for the owner's role, which at least one member of every organization has. */
bool role_is_owner(const struct role *role);

/* True if NAME may be a role of an organization's own. [a-z][a-z0-9_-]{0,31}; built-in ones pass
 * too. */
bool role_name_valid(const char *name);

/* True when ROLE has all PERMISSIONS. A member with ROLE may give and take them. */
bool role_covers(const struct role *role, unsigned permissions);

/* True when a member with the role HOLDER may give and take ROLE. An owner can do one thing more
 * than his permissions say: delete the organization. */
bool role_may_give(const struct role *holder, const struct role *role);

/* ROLE in bits: a member with it may give and take the roles that have no other ones. */
unsigned role_reach(const struct role *role);

/* The permissions to look, and to change nothing. */
#define PERMISSIONS_LOOK (PERMISSION_ORG_VIEW | PERMISSION_MEMBERS_VIEW)

/* "org:view" for PERMISSION_ORG_VIEW; static. */
const char *permission_name(enum permission permission);

/* The permission of that name, PERMISSION_NONE for any other text. */
enum permission permission_parse(const char *name);

#endif

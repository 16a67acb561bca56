/*
 * orglogin.conf(5): parsed by libconfig, every key checked, a mistake reported with file, line and
 * what would be right. Not thread-safe.
 */
#ifndef ORGSYNCD_CONFIG_H
#define ORGSYNCD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/provider.h"
#include "common/decide.h"
#include "common/name.h"
#include "common/snapshot.h"
#include "orgsyncd/placement.h"

#define CONFIG_GROUPS_MAX   65536
#define CONFIG_OPTIONS_MAX  16 /* of a provider */
#define CONFIG_ACCOUNTS_MAX 64
#define CONFIG_SUDO_MAX     64

struct config_org {
    char *name; /* local name, as in rules and groups */
    char *provider;
    char *url;        /* NULL: the vendor's own address */
    char *id;         /* the organization's remote id; NULL when the provider needs none */
    char *token_file; /* NULL when the provider needs none */
    char *ca_file, *proxy;
    uint32_t range_first, range_last; /* of user and group ids; 0, 0: users.range */
    bool teams;                       /* a rule or group goes by its teams */
    /* The provider's own; ends with a NULL name. */
    struct provider_arg option[CONFIG_OPTIONS_MAX + 1];
};

/* Of what a pattern makes groups. */
enum group_each {
    EACH_NOTHING, /* it is one group, and its name no pattern */
    EACH_TEAM,
    EACH_ROLE,
};

struct config_group {
    char *name; /* of a pattern with "%t", which is the team's slug or the role's id */
    char *org;  /* owned by the organization */
    bool local, everyone;
    enum group_each each;
    struct text_list teams; /* as the file says; owned by config_teams */
    struct text_list roles, permissions;
    struct text_list members; /* remote ids: a name is what a member may choose */
};

/* The teams that a rule or group names, beside its roles. */
struct config_teams {
    const char *org;        /* owned by the organization */
    struct text_list teams; /* ids or slugs */
    struct text_list roles; /* as the file says */
    struct text_list *into; /* of the rule or group: what counts, those roles and, as far as they
                               are known, these teams (team_rules.h) */
};

/* Home and shell of some members, instead of those of all. */
struct config_account {
    char *org; /* owned by the organization */
    bool everyone;
    struct text_list roles, permissions, members;
    char *home, *shell; /* NULL: as of all */
    int line;           /* in the file */
};

/* Commands that sudo runs for some members. */
struct config_sudo {
    const struct config_group *group; /* has exactly these members */
    struct text_list commands;        /* as sudo_command.h has them */
    bool nopasswd;
};

/* What happens to a member's open sessions. */
enum sessions_ending {
    SESSIONS_UNSAID, /* the file does not say it: they go on */
    SESSIONS_KEEP,
    SESSIONS_END,
};

struct config_sessions {
    enum sessions_ending on_removal;   /* of a member who is removed or suspended */
    enum sessions_ending on_role_loss; /* of one who loses what let him in or let him use sudo */
    int64_t warn_ms;                   /* from the notice on the member's terminals to the end */
    struct text_list except_roles;     /* the sessions of whoever held one of these last go on */
};

struct config {
    struct config_org org[SNAPSHOT_ORGS_MAX];
    uint32_t org_count;
    struct config_group *group;
    uint32_t group_count;
    struct config_teams *teams;
    uint32_t team_count;
    struct rules rules;
    struct config_account account[CONFIG_ACCOUNTS_MAX]; /* the first that matches a member counts */
    uint32_t account_count;
    struct config_sudo sudo[CONFIG_SUDO_MAX];
    uint32_t sudo_count;
    struct config_sessions sessions;
    uint32_t range_first, range_last; /* of organizations without a range; 0, 0: nothing is said */
    enum placement placement;         /* PLACEMENT_UNKNOWN: it is not said */
    char *name;                       /* of a user; "%u" in it is the name that he has remotely */
    char *home, *shell;               /* "%u" in HOME is the user's name */
    int shell_line;                   /* in the file, 0 = it says no shell */
    struct text_list reserved;        /* names that no member has, beside common/reserved.h's */
    struct text_list allowed;         /* names of that list that a member may have */
    bool private_groups;              /* each user has a group of his own name */
    bool enumerate;
    enum group_members group_members;
    int login_max_age_ms, timeout_ms, poll_ms;
    int offline_grace_s;
};

/* The organization's key in the ledger: its remote id, or its name without one. */
const char *config_org_key(const struct config_org *org);

/* The range of ORG's ids: its own, or users.range, or ID_RANGE_FIRST to ID_RANGE_LAST. */
struct id_range config_org_range(const struct config *config, const struct config_org *org);

/* The settings of ORG's provider without its token; they borrow from ORG. */
struct provider_settings config_provider(const struct config_org *org);

/* The local name of the user who is REMOTE (folded) remotely, into OUT; "" when it would be too
 * long or no name. */
void config_user_name(const struct config *config, const char *remote, char out[NAME_MAX_LEN + 1]);

/* The name of the group that GROUP's pattern makes of TEXT, into OUT; "" when it would be too long
 * or no name. Capitals become small letters. */
void config_group_name(const struct config_group *group, const char *text,
                       char out[NAME_MAX_LEN + 1]);

/* The pattern of ORG's (its configured name) for EACH, or NULL. */
const struct config_group *config_pattern(const struct config *config, const char *org,
                                          enum group_each each);

/* Prints, for orgsyncd --check, what is in CONFIG that an administrator may not have meant:
 * reserved names that it gives to groups or frees for members. */
void config_print_notes(const struct config *config);

#define CONFIG_ERROR_LEN 512

/* True if /etc/shells has every shell of the file at PATH, that CONFIG was read from, or there is
 * no /etc/shells; else false with ERROR one line. */
bool config_shells_known(const struct config *config, const char *path,
                         char error[CONFIG_ERROR_LEN]);

/*
 * Reads the file at PATH, which must be trusted (common/file.h). Returns NULL and fills ERROR with
 * one line, "FILE:LINE: what is wrong", or a configuration that config_free frees.
 */
struct config *config_load(const char *path, char error[CONFIG_ERROR_LEN]);
void config_free(struct config *config);

#endif

/* Everything that orgadmin can do. */
#include "orgadmin/command.h"
#include "orgadmin/nouns.h"

#define OPT(name) (1U << OPTION_##name)
#define SERVER    (OPT(PROVIDER) | OPT(URL) | OPT(TOKEN_FILE) | OPT(CA_FILE) | OPT(OUTPUT))
#define IN_ORG    (SERVER | OPT(ORG))

const struct option_spec options[OPTION_COUNT] = {
    [OPTION_PROVIDER] = {"--provider", NULL, "NAME", "kind of API: native (default) or file"},
    [OPTION_URL] = {"--url", NULL, "URL", "the API: https://..., http://127.0.0.1:..., unix:/path"},
    [OPTION_TOKEN_FILE] = {"--token-file", NULL, "FILE",
                           "where the token stands; - is standard input"},
    [OPTION_ORG] = {"--org", NULL, "ORG", "organization, by id or name"},
    [OPTION_CA_FILE] = {"--ca-file", NULL, "FILE",
                        "certificate authorities to believe instead of the system's"},
    [OPTION_OUTPUT] = {"--output", "-o", "FORMAT", "table (default) or json"},
    [OPTION_ROLE] = {"--role", NULL, "ROLE", "role id; see orgadmin role list"},
    [OPTION_NAME] = {"--name", NULL, "NAME", "a name for people"},
    [OPTION_USERNAME] = {"--username", NULL, "USER", "login name of the new account"},
    [OPTION_OUT] = {"--out", NULL, "FILE",
                    "write the secret to FILE (mode 0600) instead of standard output"},
    [OPTION_ALL] = {"--all", NULL, NULL, "removed members too, where the API lists them"},
    [OPTION_YES] = {"--yes", "-y", NULL, "do not ask"},
    [OPTION_ACCEPT] = {"--accept", NULL, NULL,
                       "let through a listing that the shrink brake stopped"},
    [OPTION_HELP] = {"--help", "-h", NULL, "this help"},
    [OPTION_VERSION] = {"--version", NULL, NULL, "print the version"},
};

const struct command commands[] = {
    {"login",
     NULL,
     {0},
     "check a token with the API and store it for the commands after",
     SERVER,
     login},
    {"whoami", NULL, {0}, "show whom the token belongs to", SERVER, whoami},

    {"org", "create", {"NAME"}, "create an organization and switch to it", SERVER, org_create},
    {"org", "list", {0}, "list your organizations", SERVER, org_list},
    {"org", "show", {"[ORG]"}, "show an organization", IN_ORG, org_show},
    {"org", "switch", {"ORG"}, "make an organization the current one", OPT(OUTPUT), org_switch},
    {"org", "current", {0}, "show the current organization; asks nobody", OPT(OUTPUT), org_current},

    {"member",
     "list",
     {0},
     "list the members; -o json is what the provider \"file\" reads",
     IN_ORG | OPT(ALL),
     member_list},
    {"member", "show", {"MEMBER"}, "show a member, by id, e-mail or username", IN_ORG, member_show},
    {"member",
     "add",
     {"EMAIL"},
     "invite somebody; prints the invitation's token",
     IN_ORG | OPT(ROLE) | OPT(OUT),
     member_add},
    {"member", "role", {"MEMBER", "ROLE"}, "give a member another role", IN_ORG, member_role},
    {"member",
     "remove",
     {"MEMBER"},
     "remove a member from the organization",
     IN_ORG | OPT(YES),
     member_remove},

    {"invitation", "list", {0}, "list the pending invitations", IN_ORG, invitation_list},
    {"invitation",
     "create",
     {"EMAIL"},
     "invite somebody; prints the invitation's token",
     IN_ORG | OPT(ROLE) | OPT(OUT),
     invitation_create},
    {"invitation",
     "accept",
     {0},
     "accept an invitation, whose token --token-file names; without a login an account is made",
     SERVER | OPT(USERNAME) | OPT(NAME),
     invitation_accept},

    {"role", "list", {0}, "list the roles and what they permit", SERVER, role_list},

    {"token",
     "create",
     {0},
     "make a token of the organization, for a host; prints it once",
     IN_ORG | OPT(NAME) | OPT(ROLE) | OPT(OUT),
     token_create},

    {"host", "status", {0}, "show what this machine's orgsyncd knows", OPT(OUTPUT), host_status},
    {"host",
     "explain",
     {"USER", "SERVICE"},
     "show why a login is allowed or refused here",
     0,
     host_explain},
    {"host", "sync", {0}, "have orgsyncd list everything again now", OPT(ACCEPT), host_sync},
    {0},
};

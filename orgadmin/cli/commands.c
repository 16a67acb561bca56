/* Everything that orgadmin can do. tests/orgadmin/table.c says what every row must have. */
#include <limits.h>

#include "orgadmin/cli/command.h"
#include "orgadmin/host/commands.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/output/output.h"

#define OPT(name)    OPTION_##name
#define OPTIONS(...) ((const unsigned char[]){__VA_ARGS__, OPTION_HELP})
_Static_assert(OPTION_COUNT <= UCHAR_MAX, "an option is a byte of command.options");
#define PRINTS OPT(OUTPUT), OPT(COLUMNS), OPT(SORT), OPT(NO_HEADER), OPT(RAW)
#define REACHES                                                                                    \
    OPT(PROFILE), OPT(URL), OPT(PROVIDER), OPT(PROVIDER_OPTION), OPT(REGION), OPT(SUDO),           \
        OPT(TOKEN_FILE), OPT(CA_FILE), OPT(PROXY), OPT(TIMEOUT), OPT(DEBUG)
#define SERVER REACHES, PRINTS
#define IN_ORG SERVER, OPT(ORG)
#define ACTS   REACHES, OPT(ORG), OPT(DRY_RUN) /* prints nothing but a remark */
#define WAITS  IN_ORG, OPT(DRY_RUN), OPT(WAIT)

const struct command commands[] = {
    {.noun = "login",
     .brief = "check a token with the API and store it for later commands",
     .detail =
         "Asks for the token, or reads it from --token-file. "
         "Whoever has none presses Enter: then a person approves the login in a browser, with a "
         "passkey, by a code that is shown, and it ends after 30 days. "
         "--url or --provider names the API. "
         "If the token reaches exactly one organization, that organization becomes the "
         "current one. "
         "With --profile, several logins are kept side by side; the given profile becomes "
         "the one in use. "
         "With --web, the stored login makes a link to the server's page instead, which signs "
         "you in for five minutes, once: whoever has the link is you.",
     .options = OPTIONS(REACHES, OPT(WEB), OPT(DRY_RUN)),
     .run = login},
    {.noun = "logout",
     .brief = "forget the stored login",
     .detail = "The token stays valid until it is revoked.",
     .options = OPTIONS(OPT(PROFILE)),
     .run = logout},
    {.noun = "whoami",
     .brief = "show the user or the organization that the token belongs to",
     .options = OPTIONS(SERVER),
     .record = &record_user,
     .run = whoami},

    {.noun = "user",
     .verb = "show",
     .brief = "show the account that you are logged in with",
     .options = OPTIONS(SERVER),
     .record = &record_user,
     .run = user_show},
    {.noun = "user",
     .verb = "edit",
     .brief = "change the name or the login name of your account",
     .detail = "An organization may not let its members change their own login names.",
     .options = OPTIONS(SERVER, OPT(NAME), OPT(USERNAME), OPT(DRY_RUN)),
     .record = &record_user,
     .run = user_edit},
    {.noun = "user",
     .verb = "recover",
     .args = {"[EMAIL]"},
     .brief = "get back into your account when its tokens are lost or stolen",
     .detail = "With EMAIL, the server mails a code to that address. "
               "Without, asks for the code, or reads it from --token-file, and logs in with a new "
               "token; the other tokens of the account end unless --keep-tokens is given.",
     .options = OPTIONS(REACHES, OPT(KEEP_TOKENS), OPT(DRY_RUN)),
     .run = user_recover},

    {.noun = "context",
     .verb = "list",
     .brief = "list the stored logins",
     .options = OPTIONS(PRINTS),
     .record = &record_context,
     .run = context_list},
    {.noun = "context",
     .verb = "show",
     .args = {"[PROFILE]"},
     .brief = "show a stored login, by default the one in use",
     .detail = "The token is not shown.",
     .options = OPTIONS(PRINTS, OPT(PROFILE)),
     .record = &record_context,
     .run = context_show},
    {.noun = "context",
     .verb = "switch",
     .args = {"PROFILE"},
     .brief = "use this login from now on",
     .run = context_switch},
    {.noun = "context",
     .verb = "remove",
     .args = {"PROFILE"},
     .brief = "forget a stored login",
     .run = context_forget},

    {.noun = "org",
     .verb = "create",
     .args = {"[NAME]"},
     .brief = "create an organization and switch to it",
     .detail = "With --operation, waits for the organization that an interrupted org create began.",
     .options = OPTIONS(SERVER, OPT(NAME), OPT(SET), OPT(OPERATION), OPT(DRY_RUN)),
     .record = &record_organization,
     .run = org_create},
    {.noun = "org",
     .verb = "list",
     .brief = "list your organizations",
     .options = OPTIONS(SERVER),
     .record = &record_organization,
     .run = org_list},
    {.noun = "org",
     .verb = "show",
     .args = {"[ORG]"},
     .brief = "show an organization, by default the current one",
     .options = OPTIONS(IN_ORG),
     .record = &record_organization,
     .run = org_show},
    {.noun = "org",
     .verb = "edit",
     .args = {"[ORG]"},
     .brief = "change an organization, with --name or --set",
     .detail =
         "At orgd, --set self_rename=yes lets members change their own usernames; by default "
         "only members with the permission members:manage can. "
         "--set key_adders=admins lets only ssh keys count that administrators give (key add "
         "--member), --set key_days=90 only those that were added within so many days, "
         "and --set security_keys_only=yes only those of security keys. "
         "--set show_machines=yes shows each member, on the page, the machines on which the member may "
         "log in.",
     .options = OPTIONS(ACTS, OPT(NAME), OPT(SET)),
     .run = org_edit},
    {.noun = "org",
     .verb = "delete",
     .args = {"ORG"},
     .brief = "delete an organization for good",
     .detail = "Asks for the organization's name as confirmation. "
               "Without a terminal, --yes is required.",
     .options = OPTIONS(REACHES, OPT(YES), OPT(DRY_RUN)),
     .run = org_delete},
    {.noun = "org",
     .verb = "current",
     .brief = "show the current organization, without a request to the API",
     .options = OPTIONS(PRINTS, OPT(PROFILE)),
     .record = &record_current,
     .run = org_current},
    {.noun = "org",
     .verb = "switch",
     .args = {"ORG"},
     .brief = "make an organization the current one",
     .detail = "ORG is an id, or a name that only one of your organizations has.",
     .options = OPTIONS(OPT(PROFILE)),
     .run = org_switch},

    {.noun = "member",
     .verb = "list",
     .brief = "list the members",
     .detail = "With -o json, the output is the export that the provider file reads: an object "
               "with \"organization\" and \"members\". "
               "Removed members, which only the provider file can list, are left out unless --all "
               "is given.",
     .options = OPTIONS(IN_ORG, OPT(ALL)),
     .record = &record_member,
     .run = member_list},
    {.noun = "member",
     .verb = "show",
     .args = {"MEMBER"},
     .brief = "show a member, by id, e-mail address or username",
     .options = OPTIONS(IN_ORG),
     .record = &record_member,
     .run = member_show},
    {.noun = "member",
     .verb = "add",
     .args = {"[EMAIL]"},
     .brief = "add or invite one person, or many with --file",
     .detail = "A remark says whether the person was invited or added, and which role a person who "
               "was there before had. "
               "Without --role, nobody who is a member or invited already is changed. "
               "The token of an invitation stands alone on standard output. "
               "With --file, each line has an address, such as ann@example.org or \"Ann, B\" "
               "<ann@example.org>, and optionally a role behind it; text behind # is a comment. "
               "The file may also be CSV whose header has the column email, and what member list "
               "and invitation list print as a table, csv, json or jsonl; who is removed or "
               "suspended in it is left out. "
               "A person who is a member or invited already is not a failure; the roles that "
               "lines or --role change are shown first, and confirmed unless --yes is given. "
               "A line that fails is reported on standard error, and the exit status is 1. "
               "--remainder writes the lines that are left, also after an interrupt; --file takes "
               "them again.",
     .options = OPTIONS(IN_ORG, OPT(ROLE), OPT(PERMISSIONS), OPT(USERNAME), OPT(OUT), OPT(FILE),
                        OPT(YES), OPT(REMAINDER), OPT(DRY_RUN)),
     .record = &record_addition,
     .run = member_add},
    {.noun = "member",
     .verb = "role",
     .args = {"MEMBER", "[ROLE]"},
     .brief = "give a member another role",
     .detail =
         "Where the API has permissions of single members, --permissions replaces all "
         "permissions of the member. "
         "With --for or --until the role ends then, and the one that the member had without "
         "an end comes back; the same command with another time moves the end, without one "
         "the role has none any more. "
         "The end counts on each host by its own clock, also offline; what a member hands out "
         "does not outlast the role (orgd).",
     .options = OPTIONS(WAITS, OPT(PERMISSIONS), OPT(FOR), OPT(UNTIL)),
     .record = &record_applied,
     .run = member_role},
    {.noun = "member",
     .verb = "grant",
     .args = {"MEMBER", "ROLE"},
     .brief = "give a member one more role",
     .options = OPTIONS(ACTS),
     .run = member_grant},
    {.noun = "member",
     .verb = "revoke",
     .args = {"MEMBER", "ROLE"},
     .brief = "take one of several roles from a member",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = member_revoke},
    {.noun = "member",
     .verb = "suspend",
     .args = {"MEMBER"},
     .brief = "let a member do nothing until resumed",
     .detail = "The member keeps the role. Hosts refuse the member's logins. "
               "What the member handed out is withdrawn as by member remove. "
               "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(WAITS, OPT(YES)),
     .record = &record_applied,
     .run = member_suspend},
    {.noun = "member",
     .verb = "resume",
     .args = {"MEMBER"},
     .brief = "end the suspension of a member",
     .options = OPTIONS(WAITS),
     .record = &record_applied,
     .run = member_resume},
    {.noun = "member",
     .verb = "end-tokens",
     .args = {"MEMBER"},
     .brief = "end all tokens of a member, such as after a theft",
     .detail = "If the member is in other organizations, too, the tokens end for this organization "
               "alone. "
               "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = member_end_tokens},
    {.noun = "member",
     .verb = "where",
     .args = {"MEMBER"},
     .brief = "list the machines on which a member may log in, and by which access rules",
     .detail = "What a machine's own access refuses is refused all the same.",
     .options = OPTIONS(IN_ORG),
     .record = &record_reach,
     .run = member_where},
    {.noun = "member",
     .verb = "remove",
     .args = {"MEMBER"},
     .brief = "remove a member from the organization",
     .detail =
         "Asks for confirmation unless --yes is given. "
         "Reports how many invitations and join codes of the member were withdrawn, and names "
         "the tokens that the member made; such a token can read until it is revoked.",
     .options = OPTIONS(WAITS, OPT(YES)),
     .record = &record_applied,
     .run = member_remove},

    {.noun = "invitation",
     .verb = "list",
     .brief = "list the pending invitations",
     .options = OPTIONS(IN_ORG),
     .record = &record_invitation,
     .run = invitation_list},
    {.noun = "invitation",
     .verb = "create",
     .args = {"EMAIL"},
     .brief = "invite a person and print the invitation's token",
     .detail = "The token is shown only once. "
               "Give it to the invited person alone: whoever has the token can accept the "
               "invitation.",
     .options = OPTIONS(IN_ORG, OPT(ROLE), OPT(PERMISSIONS), OPT(USERNAME), OPT(OUT), OPT(DRY_RUN)),
     .record = &record_invited,
     .run = invitation_create},
    {.noun = "invitation",
     .verb = "revoke",
     .args = {"INVITATION"},
     .brief = "withdraw an invitation, by id or e-mail address",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = invitation_revoke},
    {.noun = "invitation",
     .verb = "resend",
     .args = {"INVITATION"},
     .brief = "send an invitation again",
     .detail =
         "Where the API shows tokens, the invitation gets a new token and the old one becomes "
         "invalid.",
     .options = OPTIONS(IN_ORG, OPT(OUT), OPT(DRY_RUN)),
     .record = &record_invited,
     .run = invitation_resend},
    {.noun = "invitation",
     .verb = "accept",
     .brief = "accept an invitation, with its token",
     .detail = "Asks for the token, or reads it from --token-file. "
               "A user who is logged in joins the organization. "
               "Without a login, --url names the API and --username the new account; the token of "
               "that account is stored as the login.",
     .options = OPTIONS(SERVER, OPT(USERNAME), OPT(NAME), OPT(KEY), OPT(DRY_RUN)),
     .record = &record_acceptance,
     .run = invitation_accept},

    {.noun = "joincode",
     .verb = "list",
     .brief = "list the join codes",
     .options = OPTIONS(IN_ORG),
     .record = &record_joincode,
     .run = joincode_list},
    {.noun = "joincode",
     .verb = "create",
     .brief = "create a code with which people can join, and print it once",
     .options = OPTIONS(IN_ORG, OPT(ROLE), OPT(MAX_USES), OPT(EXPIRES), OPT(OUT), OPT(DRY_RUN)),
     .record = &record_joincode,
     .run = joincode_create},
    {.noun = "joincode",
     .verb = "revoke",
     .args = {"ID"},
     .brief = "withdraw a join code",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = joincode_revoke},
    {.noun = "joincode",
     .verb = "join",
     .brief = "join an organization with a join code",
     .detail = "Asks for the code, or reads it from --code-file.",
     .options = OPTIONS(SERVER, OPT(CODE_FILE), OPT(DRY_RUN)),
     .record = &record_joining,
     .run = joincode_join},

    {.noun = "machine",
     .verb = "list",
     .brief = "list the machines that the organization knows",
     .options = OPTIONS(IN_ORG),
     .record = &record_machine,
     .run = machine_list},
    {.noun = "machine",
     .verb = "show",
     .args = {"MACHINE"},
     .brief = "show a machine",
     .options = OPTIONS(IN_ORG),
     .record = &record_machine,
     .run = machine_show},
    {.noun = "machine",
     .verb = "invite",
     .args = {"NAME"},
     .brief = "let a machine enroll, and print the line to run on it",
     .detail =
         "The line has a code that works once and for an hour. "
         "The machine gets a token of its own, which reads the members and their keys and "
         "nothing else. "
         "With a login that has a --ca-file, the line also has the SHA-256 of the server's "
         "public key, and the machine gets the certificates in that file. "
         "A machine that is known gets a new token, and the old one ends. "
         "Its labels count at once, with the access rules; machine label also tells whom those "
         "would lock out. "
         "Without --numbers the machine is told those of the newest machine that has some.",
     .options = OPTIONS(IN_ORG, OPT(LABELS), OPT(NUMBERS), OPT(OUT), OPT(DRY_RUN)),
     .record = &record_machine,
     .run = machine_invite},
    {.noun = "machine",
     .verb = "label",
     .args = {"MACHINE", "[LABELS]"},
     .brief = "give a machine other labels, such as env=prod,tier=web, or none",
     .detail = "Tells whom the access rules would lock out, and asks then unless --yes is given.",
     .options = OPTIONS(WAITS, OPT(YES)),
     .record = &record_applied,
     .run = machine_label},
    {.noun = "machine",
     .verb = "who",
     .args = {"MACHINE"},
     .brief = "list who may log in on a machine, and by which access rules",
     .detail = "Suspended, invited and removed members may not. "
               "What the machine's own access refuses is refused all the same; "
               "host explain on the machine shows both.",
     .options = OPTIONS(IN_ORG),
     .record = &record_reach,
     .run = machine_who},
    {.noun = "machine",
     .verb = "revoke",
     .args = {"MACHINE"},
     .brief = "forget a machine, and end its token",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = machine_revoke},

    {.noun = "access",
     .verb = "list",
     .brief = "list the access rules: who may log in where",
     .detail = "Without a rule the machines' own configurations decide.",
     .options = OPTIONS(IN_ORG),
     .record = &record_access_rule,
     .run = access_list},
    {.noun = "access",
     .verb = "add",
     .brief = "let a role or a team log in, on machines with some labels",
     .detail =
         "With the first rule, whom no rule lets in on a machine is refused there. "
         "Without --labels the rule is for all machines, without --services for all services; "
         "more than a machine's own access allows it never allows. "
         "Tells whom it would lock out and on how many machines, and asks then unless --yes is "
         "given.",
     .options = OPTIONS(WAITS, OPT(ROLE), OPT(TEAM), OPT(LABELS), OPT(SERVICES), OPT(YES)),
     .record = &record_applied,
     .run = access_add},
    {.noun = "access",
     .verb = "remove",
     .args = {"RULE"},
     .brief = "remove an access rule, by its id",
     .detail = "Tells whom that would lock out and on how many machines. "
               "Without the last one the machines' own configurations alone decide. "
               "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(WAITS, OPT(YES)),
     .record = &record_applied,
     .run = access_remove},

    {.noun = "team",
     .verb = "list",
     .brief = "list the teams",
     .options = OPTIONS(IN_ORG),
     .record = &record_team,
     .run = team_list},
    {.noun = "team",
     .verb = "show",
     .args = {"TEAM"},
     .brief = "list the members of a team, by id, slug or name",
     .options = OPTIONS(IN_ORG),
     .record = &record_teammate,
     .run = team_show},
    {.noun = "team",
     .verb = "add",
     .args = {"TEAM", "MEMBER"},
     .brief = "put a member into a team",
     .options = OPTIONS(ACTS, OPT(ROLE)),
     .run = team_add},
    {.noun = "team",
     .verb = "remove",
     .args = {"TEAM", "MEMBER"},
     .brief = "take a member out of a team",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = team_remove},

    {.noun = "role",
     .verb = "list",
     .brief = "list the roles and their permissions",
     .detail = "Without an organization, lists the roles that every organization has.",
     .options = OPTIONS(IN_ORG),
     .record = &record_role,
     .run = role_list},
    {.noun = "role",
     .verb = "create",
     .args = {"NAME"},
     .brief = "create a role of the organization, with --permissions",
     .options = OPTIONS(ACTS, OPT(PERMISSIONS)),
     .run = role_create},
    {.noun = "role",
     .verb = "edit",
     .args = {"ROLE"},
     .brief = "change the permissions of a role, with --permissions",
     .options = OPTIONS(ACTS, OPT(PERMISSIONS)),
     .run = role_edit},
    {.noun = "role",
     .verb = "remove",
     .args = {"ROLE"},
     .brief = "remove a role that is not in use",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = role_remove},

    {.noun = "export",
     .brief = "print the members, roles and invitations as a file for apply",
     .detail = "The format is below, under FILES. No secret is in it, and no access rule, team or "
               "machine.",
     .options = OPTIONS(REACHES, OPT(ORG)),
     .run = export_state},
    {.noun = "apply",
     .args = {"FILE"},
     .brief = "make the organization as FILE says: members, roles and invitations",
     .detail =
         "FILE is what export prints, or - for standard input. "
         "Shows the difference, and asks for confirmation unless --yes is given. "
         "Who is not in the organization is added or invited as by member add; the tokens of the "
         "invitations are handed out as there. "
         "Who or what is not in FILE stays, unless --prune is given. "
         "The last owner is never removed, demoted or suspended; everything is given before "
         "anything is taken away, your own rights last, and nothing is taken away when something "
         "could not be given. "
         "What was done and what was not is told when a change fails; the same command goes on. "
         "An organization that is as FILE says is not changed, and the exit status is 0.",
     .options = OPTIONS(IN_ORG, OPT(PRUNE), OPT(OUT), OPT(YES), OPT(DRY_RUN)),
     .record = &record_addition,
     .run = apply_state},

    {.noun = "key",
     .verb = "list",
     .brief = "list your public ssh keys, or with --member a member's",
     .detail = "Of a member's keys the list tells which of them count in the organization, and why "
               "others do not.",
     .options = OPTIONS(IN_ORG, OPT(MEMBER)),
     .record = &record_key,
     .run = key_list},
    {.noun = "key",
     .verb = "add",
     .args = {"[FILE]"},
     .brief = "add a public ssh key to your account, by which hosts let you in",
     .detail = "FILE is a .pub file, or - for standard input. "
               "Without FILE, asks about the public key in ~/.ssh if there is one only. "
               "With --member, gives the key to a member whose role yours covers, for this "
               "organization alone: whoever has the private key can log in as that member.",
     .options = OPTIONS(IN_ORG, OPT(EXPIRES), OPT(YES), OPT(MEMBER), OPT(DRY_RUN), OPT(WAIT)),
     .record = &record_key,
     .run = key_add},
    {.noun = "key",
     .verb = "remove",
     .args = {"KEY"},
     .brief = "remove an ssh key of your account, by fingerprint or comment",
     .detail = "Asks for confirmation unless --yes is given. "
               "With --member, the key counts in this organization no more, whoever added it, "
               "until key add --member gives it again.",
     .options = OPTIONS(WAITS, OPT(YES), OPT(MEMBER)),
     .record = &record_applied,
     .run = key_remove},

    {.noun = "token",
     .verb = "list",
     .brief = "list the organization's tokens, without their secrets",
     .options = OPTIONS(IN_ORG, OPT(MINE)),
     .record = &record_token,
     .run = token_list},
    {.noun = "token",
     .verb = "create",
     .brief = "create a token of the organization and print it once",
     .detail =
         "orgsyncd on a host uses such a token. On orgd, the role is member unless --role names another one.",
     .options = OPTIONS(IN_ORG, OPT(NAME), OPT(ROLE), OPT(ENV), OPT(EXPIRES), OPT(OUT), OPT(MINE),
                        OPT(DRY_RUN)),
     .record = &record_issued,
     .run = token_create},
    {.noun = "token",
     .verb = "revoke",
     .args = {"TOKEN"},
     .brief = "make a token invalid, by key or name",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES), OPT(MINE)),
     .run = token_revoke},

    {.noun = "audit",
     .verb = "list",
     .brief = "list the audit events, newest first",
     .options = OPTIONS(IN_ORG, OPT(ACTION), OPT(FROM), OPT(TO)),
     .record = &record_event,
     .run = audit_list},

    {.noun = "billing",
     .verb = "show",
     .brief = "show the billing details",
     .detail = "A table has a line for each field that is known.",
     .options = OPTIONS(IN_ORG),
     .record = &record_billing,
     .run = billing_show},
    {.noun = "billing",
     .verb = "edit",
     .brief = "change the billing details, with --set",
     .options = OPTIONS(ACTS, OPT(SET)),
     .run = billing_edit},

    {.noun = "subscription",
     .verb = "list",
     .brief = "list the subscriptions",
     .options = OPTIONS(IN_ORG),
     .record = &record_subscription,
     .run = subscription_list},

    {.noun = "credit",
     .verb = "list",
     .brief = "list the credits; with --all, expired credits too",
     .detail = "--state expired lists the expired credits alone.",
     .options = OPTIONS(IN_ORG, OPT(ALL)),
     .record = &record_credit,
     .run = credit_list},
    {.noun = "credit",
     .verb = "create",
     .brief = "give the organization a credit, with --amount and --expires",
     .options = OPTIONS(IN_ORG, OPT(AMOUNT), OPT(EXPIRES), OPT(COMMENT), OPT(DRY_RUN)),
     .record = &record_credit,
     .run = credit_create},
    {.noun = "credit",
     .verb = "edit",
     .args = {"ID"},
     .brief = "change a credit",
     .options = OPTIONS(IN_ORG, OPT(AMOUNT), OPT(EXPIRES), OPT(COMMENT), OPT(DRY_RUN)),
     .record = &record_credit,
     .run = credit_edit},
    {.noun = "credit",
     .verb = "expire",
     .args = {"ID"},
     .brief = "end a credit now",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = credit_expire},

    {.noun = "secret",
     .verb = "list",
     .brief = "list the secrets, without their values",
     .options = OPTIONS(IN_ORG),
     .record = &record_secret,
     .run = secret_list},
    {.noun = "secret",
     .verb = "create",
     .args = {"NAME"},
     .brief = "store a secret of the --type aws or azure",
     .detail = "Asks for the values of the secret one after the other, or reads them from "
               "--secret-file: access_key and secret_key for aws, connection_string for azure.",
     .options = OPTIONS(IN_ORG, OPT(TYPE), OPT(SECRET_FILE), OPT(DRY_RUN)),
     .record = &record_secret,
     .run = secret_create},
    {.noun = "secret",
     .verb = "remove",
     .args = {"SECRET"},
     .brief = "remove a secret, by id or name",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = secret_remove},

    {.noun = "file",
     .verb = "list",
     .brief = "list the files",
     .options = OPTIONS(IN_ORG),
     .record = &record_file,
     .run = file_list},
    {.noun = "file",
     .verb = "show",
     .args = {"FILE"},
     .brief = "show a file, by id or name",
     .options = OPTIONS(IN_ORG),
     .record = &record_file,
     .run = file_show},
    {.noun = "file",
     .verb = "upload",
     .args = {"PATH"},
     .brief = "upload a file, under its own name or --name",
     .detail = "A file that does not arrive completely is removed again.",
     .options = OPTIONS(IN_ORG, OPT(NAME), OPT(DRY_RUN)),
     .record = &record_file,
     .run = file_upload},
    {.noun = "file",
     .verb = "download",
     .args = {"FILE"},
     .brief = "download a file, to its own name or --out",
     .detail = "The file appears under that name when it has arrived completely. "
               "It replaces an existing file only with --yes.",
     .options = OPTIONS(REACHES, OPT(ORG), OPT(OUT), OPT(YES), OPT(SHOW_URL)),
     .run = file_download},
    {.noun = "file",
     .verb = "remove",
     .args = {"FILE"},
     .brief = "remove a file, by id or name",
     .detail = "Asks for confirmation unless --yes is given.",
     .options = OPTIONS(ACTS, OPT(YES)),
     .run = file_remove},

    {.noun = "api",
     .args = {"OPERATION", "[FIELD=VALUE...]"},
     .brief = "run one operation of the API, such as member.list, and print JSON",
     .detail = "The operation list shows all that the provider has, with their fields. "
               "Unknown operations and fields are refused before anything is sent, and what takes "
               "something away asks for confirmation unless --yes is given. "
               "A field that is a secret comes from --secret-file, and a secret that is shown only "
               "once goes to --out, if that is given.",
     .options = OPTIONS(ACTS, OPT(YES), OPT(OUT), OPT(SECRET_FILE)),
     .run = api},

    {.noun = "host",
     .verb = "status",
     .brief = "show the state of this machine's orgsyncd",
     .detail = "Below the plain table stand the lines of orglogin.conf with which another host "
               "gives the same numbers.",
     .options = OPTIONS(PRINTS),
     .record = &record_status,
     .run = host_status},
    {.noun = "host",
     .verb = "explain",
     .args = {"USER", "SERVICE"},
     .brief = "show why a login is allowed or refused on this machine",
     .detail =
         "Decides as pam_org(8) would now. "
         "For sshd it shows the fingerprints of the member's ssh keys. "
         "Root may also give the e-mail address or the remote id of a member; of one who is not "
         "served the output says why. "
         "The exit status is 1 when the login is refused, and 0 when it is allowed or "
         "when orglogin does not decide it.",
     .run = host_explain},
    {.noun = "host",
     .verb = "doctor",
     .brief = "check this machine and say how to repair it",
     .detail =
         "Requires root. "
         "Runs the real PAM stacks for an invented user, who must be refused, and for root and a "
         "local user, who must not be refused. "
         "The exit status is 0 when no check fails, and 1 otherwise.",
     .options = OPTIONS(PRINTS),
     .record = &record_check,
     .run = host_doctor},
    {.noun = "host",
     .verb = "enroll",
     .brief = "enroll this machine in the organization: its members can log in then",
     .detail =
         "Requires root. "
         "With --code and --url, as machine invite prints them, the machine gets its token by the "
         "code; otherwise by the login, or --token-file. "
         "Writes a token of this host's own where the API can make one, otherwise the given token, "
         "and writes orglogin.conf unless that file exists. "
         "Shows for each role which services and which sudo it has, and which members clash with "
         "local users and groups. "
         "Then asks, switches on the name service, the PAM stacks, sshd's settings and orgsyncd, "
         "and proves with the real PAM stacks that a stranger is refused while root and local "
         "users are not. "
         "If it fails or is interrupted at any moment, the machine is as it was before; what a code "
         "gave is kept in /var/lib/orglogin/kept, and the next host enroll goes on from there. "
         "With --print, prints these steps as a shell script: read it before you run it. "
         "--name is the name of the organization on this machine. "
         "--role is the role of the host's token, by default member. "
         "The command can be repeated.",
     .options = OPTIONS(REACHES, OPT(ORG), OPT(NAME), OPT(ROLE), OPT(CODE), OPT(PIN), OPT(PRINT),
                        OPT(PREPARE), OPT(NO_RESCUE), OPT(YES)),
     .run = host_enroll},
    {.noun = "host",
     .verb = "unenroll",
     .brief = "give this machine back: no member can log in then",
     .detail = "Requires root. "
               "Takes orglogin out of sshd's settings, the name service, the PAM stacks and sudo, "
               "stops orgsyncd, and removes the configuration and the tokens. "
               "Changes of others in the same files stay. "
               "Tells what is left: home directories, running processes, jobs, numbers. "
               "Asks for confirmation unless --yes is given, and can be repeated.",
     .options = OPTIONS(OPT(YES), OPT(UNFINISHED)),
     .run = host_unenroll},
    {.noun = "host",
     .verb = "sync",
     .brief = "make orgsyncd list every organization again now",
     .detail = "Requires root.",
     .options = OPTIONS(OPT(ACCEPT)),
     .run = host_sync},
    {.noun = "host",
     .verb = "free",
     .args = {"NAME"},
     .brief = "free the login name of a removed or renamed member for another member",
     .detail =
         "Requires root. "
         "A name stays bound to its member for ever unless root frees it; a number always does. "
         "The new member gets a new home directory. "
         "Asks for the name as confirmation.",
     .options = OPTIONS(OPT(YES)),
     .run = host_free},
    {.noun = "host",
     .verb = "sessions",
     .args = {"[MEMBER]"},
     .brief = "list what runs of members on this machine, and of those who left",
     .detail = "Requires root. MEMBER is a login name.",
     .options = OPTIONS(PRINTS),
     .record = &record_process,
     .run = host_sessions},
    {.noun = "host",
     .verb = "evict",
     .args = {"[MEMBER]"},
     .brief = "end what runs of a member who is removed or suspended",
     .detail = "Requires root. MEMBER is a login name. "
               "Ends all that runs as the member, and what sudo began in the member's sessions, "
               "whatever sessions in orglogin.conf says. "
               "The exit status is 1 when something is left.",
     .options = OPTIONS(OPT(LOGINUID), OPT(ALL_REMOVED)),
     .run = host_evict},
    {.noun = "host",
     .verb = "break-glass",
     .brief = "admit members for a time although the organization is away for too long",
     .detail =
         "Requires root. "
         "For that time, from 1m to 24h, the access rules with break_glass = true admit members "
         "beyond freshness.offline_grace as within it; who is removed, suspended or invited stays "
         "refused. "
         "The log has it at the priority alert, with each login by it; host status, doctor and "
         "explain show it; an organization server hears of it, with the reason, when it can be "
         "reached again. "
         "A second one takes the place of the first, which only the log keeps if the server has "
         "not heard of it.",
     .options = OPTIONS(OPT(FOR), OPT(REASON), OPT(END)),
     .run = host_break_glass},
    {.noun = "host",
     .verb = "metrics",
     .brief = "print the metrics of this machine's orgsyncd",
     .detail = "The output has the Prometheus text format.",
     .run = host_metrics},
    {0},
};

/* The fields of JSON and YAML, which are the columns of tables and CSV. */
#include "orgadmin/output/records.h"

#include <stddef.h>

#define PLAIN   0
#define SHORTEN COLUMN_SHORTEN
#define WIDE    COLUMN_WIDE
#define NUMBER  COLUMN_NUMBER
#define LIST    COLUMN_LIST
#define SWITCH  COLUMN_SWITCH
#define DOLLARS COLUMN_DOLLARS

/* The record that has kind##_columns. */
#define RECORD(kind)                                                                               \
    const struct record_kind record_##kind = {.name = #kind, .columns = kind##_columns}

static const struct column organization_columns[] = {
    {"id", PLAIN, "id of the organization"},
    {"name", SHORTEN, "name of the organization"},
    {"label", SHORTEN, "display name of the organization"},
    {"role", PLAIN, "your role in the organization"},
    {"created", PLAIN, "time of its creation"},
    {"state", PLAIN, "state, such as active or suspended"},
    {"plan", PLAIN, "plan that is paid for"},
    {"country", PLAIN, "country, two letters"},
    {"member", SWITCH, "you are a member of the organization"},
    {"current", SWITCH | COLUMN_MARK, "it is the current organization, in a table a star"},
    {"self_rename", WIDE | SWITCH, "members may change their own usernames"},
    {"key_adders", WIDE, "who may add ssh keys that count: members, for themselves, or admins"},
    {"key_days", WIDE | NUMBER, "days that an ssh key counts after it was added, 0: without limit"},
    {"security_keys_only", WIDE | SWITCH, "only ssh keys of security keys count"},
    {"show_machines", WIDE | SWITCH, "members are told the machines on which they may log in"},
    {"description", WIDE | SHORTEN, "purpose of the organization"},
    {"type", WIDE, "kind of organization"},
    {"owner", WIDE, "id of the user who owns the organization"},
    {"parent", WIDE, "id of the parent organization"},
    {"email", WIDE | SHORTEN, "contact e-mail address"},
    {"namespace", WIDE, "namespace of its workloads"},
    {"updated", WIDE, "time of the last change"},
    {0},
};
RECORD(organization);

static const struct column current_columns[] = {
    {"id", PLAIN, "id of the organization"},
    {"name", SHORTEN, "name of the organization"},
    {"profile", WIDE, "profile whose current organization it is"},
    {"url", WIDE | SHORTEN, "address of the API"},
    {0},
};
RECORD(current);

static const struct column member_columns[] = {
    {"id", PLAIN, "immutable id"},
    {"username", PLAIN, "login name"},
    {"email", SHORTEN, "e-mail address"},
    {"name", SHORTEN, "display name"},
    {"roles", LIST, "role ids"},
    {"permissions", WIDE | LIST | SHORTEN, "permissions that the roles give"},
    {"state", PLAIN, "active, pending, suspended or removed"},
    {"joined", SHORTEN, "time when the member joined"},
    {"token", PLAIN, "token of the invitation of a pending member, where the API shows it"},
    {"membership", WIDE, "id of the membership, where it is another one than the person's"},
    {"teams", WIDE | LIST | SHORTEN, "slugs of the teams; in JSON and YAML with ids and names"},
    {"role_ends", PLAIN, "time when the roles end"},
    {"roles_after", WIDE | LIST, "role ids behind that"},
    {"permissions_after", WIDE | LIST | SHORTEN, "permissions behind that"},
    {0},
};
RECORD(member);

static const struct column addition_columns[] = {
    {"outcome", PLAIN, "invited, added, or changed (already a member before)"},
    {"id", WIDE, "id of the member or of the invitation"},
    {"email", SHORTEN, "e-mail address of the person"},
    {"roles", LIST, "role ids that the person gets"},
    {"permissions", WIDE | LIST | SHORTEN, "permissions that the person gets"},
    {"expires", PLAIN, "time when the invitation expires"},
    {"mailed", SWITCH, "the API mailed the invitation"},
    {"token", PLAIN, "secret that accepts the invitation; not with --out"},
    {0},
};
RECORD(addition);

static const struct column invitation_columns[] = {
    {"id", PLAIN, "id of the invitation"},
    {"email", SHORTEN, "e-mail address of the invited person"},
    {"roles", LIST, "role ids that the invitation gives"},
    {"permissions", LIST | SHORTEN, "permissions that the invitation gives"},
    {"state", WIDE, "state, such as pending"},
    {"created", SHORTEN, "time of its creation"},
    {"expires", PLAIN, "time when it expires"},
    {"username", WIDE, "login name that the inviter fixed"},
    {"maker", WIDE | SHORTEN, "creator of the invitation"},
    {0},
};
RECORD(invitation);

static const struct column invited_columns[] = {
    {"id", WIDE, "id of the invitation"},
    {"email", SHORTEN, "e-mail address of the invited person"},
    {"roles", LIST, "role ids that the invitation gives"},
    {"permissions", WIDE | LIST | SHORTEN, "permissions that the invitation gives"},
    {"state", WIDE, "state, such as pending"},
    {"created", WIDE, "time of its creation"},
    {"expires", PLAIN, "time when it expires"},
    {"mailed", SWITCH, "the API mailed the invitation"},
    {"token", PLAIN, "secret that accepts the invitation; not with --out"},
    {0},
};
RECORD(invited);

static const struct column acceptance_columns[] = {
    {"organization", PLAIN, "id of the organization"},
    {"role", PLAIN, "your role in the organization"},
    {"username", PLAIN, "login name of the new account"},
    {"email", WIDE, "e-mail address of the new account"},
    {0},
};
RECORD(acceptance);

static const struct column joincode_columns[] = {
    {"id", PLAIN, "id of the join code"},
    {"role", PLAIN, "role that the code gives"},
    {"uses", NUMBER, "number of people who joined with the code"},
    {"max_uses", NUMBER, "highest number of uses; absent without a limit"},
    {"created", PLAIN, "time of its creation"},
    {"expires", PLAIN, "time when it expires"},
    {"maker", SHORTEN, "creator of the code"},
    {"last_used", WIDE, "time of the last use"},
    {"used_from", WIDE | SHORTEN, "address of the last use"},
    {"code", WIDE, "secret; only from joincode create without --out"},
    {0},
};
RECORD(joincode);

static const struct column machine_columns[] = {
    {"id", WIDE, "id of the machine"},
    {"name", PLAIN, "name of the machine"},
    {"labels", SHORTEN, "its labels, by administrators"},
    {"enrolled", PLAIN, "time when it came with its code; absent for one that is expected"},
    {"enrolled_from", WIDE | SHORTEN, "address that it came from"},
    {"last_used", PLAIN, "time of the last use of its token"},
    {"used_from", SHORTEN, "address of the last use"},
    {"refused", NUMBER, "how often a used code was presented once more"},
    {"refused_at", WIDE, "time of the last of these"},
    {"refused_from", WIDE | SHORTEN, "address of the last of these"},
    {"shared", PLAIN, "time when two machines were last seen to use its token"},
    {"shared_from", WIDE | SHORTEN, "address of one of these"},
    {"numbers", WIDE, "range and placement of its members' numbers, as it was told"},
    {"expires", PLAIN, "time when a code that was not used expires"},
    {"maker", SHORTEN, "who made the code"},
    {"created", WIDE, "time when the machine was invited first"},
    {"token", WIDE, "public half of its token"},
    {"behind", NUMBER, "changes that it has not applied, 0: none"},
    {"reported", WIDE, "time of its last report, which comes every five minutes at least"},
    {"snapshot", WIDE, "time at which it made the snapshot that its logins go by"},
    {"ended", WIDE | NUMBER, "people whose sessions it ended since its service began"},
    {"version", WIDE, "version of its orgsyncd"},
    {"code", WIDE, "secret; only from machine invite without --out"},
    {"command", WIDE, "the line for the machine; only from machine invite without --out"},
    {0},
};
RECORD(machine);

static const struct column access_rule_columns[] = {
    {"id", PLAIN, "id of the rule"},
    {"role", PLAIN, "role that it lets in"},
    {"slug", PLAIN, "team that it lets in, by slug"},
    {"labels", SHORTEN, "labels of the machines that it is for; absent: all"},
    {"services", LIST, "PAM services that it is for; none: all"},
    {"team", WIDE, "id of the team"},
    {"created", WIDE, "time when it was made"},
    {0},
};
RECORD(access_rule);

static const struct column teammate_columns[] = {
    {"id", PLAIN, "id of the member"},
    {"username", PLAIN, "login name"},
    {"email", SHORTEN, "e-mail address"},
    {"name", SHORTEN, "display name"},
    {"role", PLAIN, "role in the team, where the API has such roles"},
    {"inherited", WIDE | SWITCH, "a member of a part of the team only"},
    {0},
};
RECORD(teammate);

static const struct column team_columns[] = {
    {"id", PLAIN, "id of the team"},
    {"slug", PLAIN, "name for hosts"},
    {"name", SHORTEN, "name of the team"},
    {"parent", PLAIN, "slug of the team that it is a part of"},
    {"created", WIDE, "time of its creation"},
    {0},
};
RECORD(team);

static const struct column reach_columns[] = {
    {"id", WIDE, "id of the member or machine"},
    {"username", PLAIN, "login name of the member"},
    {"email", WIDE | SHORTEN, "e-mail address of the member"},
    {"name", PLAIN, "name of the member or machine"},
    {"labels", SHORTEN, "labels of the machine"},
    {"services", LIST, "PAM services that the access rules allow; *: all"},
    {"rules", LIST | SHORTEN, "ids of the access rules that do"},
    {0},
};
RECORD(reach);

static const struct column applied_columns[] = {
    {"machines", NUMBER, "machines of the organization that came with their code"},
    {"applied", NUMBER, "those that have applied the change"},
    {"ended", NUMBER, "those of them on which sessions were ended with it"},
    {"ending", NUMBER, "those of them on which sessions still end"},
    {"milliseconds", NUMBER, "time from the answer to the last look"},
    {"missing", LIST | SHORTEN, "names of up to 100 of the others"},
    {0},
};
RECORD(applied);

static const struct column joining_columns[] = {
    {"organization", PLAIN, "id of the organization"},
    {"role", PLAIN, "your role in the organization"},
    {"already", SWITCH, "you were a member before"},
    {0},
};
RECORD(joining);

static const struct column role_columns[] = {
    {"id", PLAIN, "role id"},
    {"name", SHORTEN, "display name"},
    {"permissions", LIST | SHORTEN, "permissions of the role"},
    {"description", WIDE | SHORTEN, "purpose of the role"},
    {0},
};
RECORD(role);

static const struct column key_columns[] = {
    {"fingerprint", PLAIN, "SHA256 fingerprint, as ssh-keygen -l prints it"},
    {"type", PLAIN, "kind of key"},
    {"comment", SHORTEN, "comment"},
    {"added", PLAIN, "time when it was added"},
    {"expires", PLAIN, "time when it expires"},
    {"counts", SWITCH, "hosts of the organization take it; of a member's"},
    {"reason", SHORTEN,
     "why it does not count: admins_only, above_giver, type, ended, withdrawn or "
     "unproved"},
    {"given", WIDE | SWITCH, "an administrator gave it; of a member's"},
    {"given_by", LIST, "ids of the organizations that gave it; of your own"},
    {"blob", WIDE | SHORTEN, "the key in base64"},
    {0},
};
RECORD(key);

static const struct column token_columns[] = {
    {"key", PLAIN, "public half of the token"},
    {"name", SHORTEN, "display name"},
    {"role", PLAIN, "role of the token"},
    {"kind", PLAIN, "how you came by a token of your own: token, session, link or device"},
    {"env", WIDE, "live or test"},
    {"last_four", PLAIN, "last four characters of the secret"},
    {"created", PLAIN, "time of its creation"},
    {"expires", PLAIN, "time when it expires"},
    {"maker", SHORTEN, "creator of the token"},
    {"maker_left", WIDE | SWITCH, "the creator is no longer in the organization"},
    {"last_used", PLAIN, "time of the last use"},
    {"used_from", WIDE | SHORTEN, "address of the last use"},
    {0},
};
RECORD(token);

static const struct column issued_columns[] = {
    {"key", PLAIN, "public half of the token"},
    {"name", SHORTEN, "display name"},
    {"role", PLAIN, "role of the token"},
    {"expires", WIDE, "time when it expires"},
    {"secret", WIDE, "secret half of the token; not with --out"},
    {"bearer", PLAIN, "both halves, as programs send them; not with --out"},
    {0},
};
RECORD(issued);

static const struct column event_columns[] = {
    {"id", WIDE, "id of the event"},
    {"at", PLAIN, "time of the event"},
    {"actor", WIDE, "id of the user, or key of the token, that acted"},
    {"actor_name", SHORTEN, "name of the user or token that acted"},
    {"actor_email", WIDE | SHORTEN, "e-mail address of the user that acted"},
    {"action", PLAIN, "action, such as member.set-role"},
    {"subject", WIDE, "id of the person or thing that the action changed"},
    {"subject_name", SHORTEN, "name of the person or thing that the action changed"},
    {"detail", SHORTEN, "details of the change: a text, or where the API has one an object"},
    {"from", SHORTEN, "address that the request came from"},
    {"request", WIDE, "id of the request, as in the server's log"},
    {0},
};
RECORD(event);

static const struct column user_columns[] = {
    {"id", PLAIN, "id of the person, or key of the token"},
    {"username", PLAIN, "login name"},
    {"email", SHORTEN, "e-mail address"},
    {"name", SHORTEN, "display name"},
    {"organization", PLAIN, "id of the organization that the token belongs to"},
    {"role", PLAIN, "role of the token"},
    {0},
};
RECORD(user);

static const struct column billing_columns[] = {
    {"name", SHORTEN, "name of the payer"},
    {"company_name", SHORTEN, "name of the company"},
    {"company_type", PLAIN, "type of the company"},
    {"email", SHORTEN, "e-mail address for bills"},
    {"phone", PLAIN, "telephone number"},
    {"country", PLAIN, "country, two letters"},
    {"city", SHORTEN, "town"},
    {"line1", SHORTEN, "street and number"},
    {"line2", SHORTEN, "second line of the address"},
    {"name_line", SHORTEN, "addressee"},
    {"thoroughfare", SHORTEN, "street and number"},
    {"premise", SHORTEN, "house"},
    {"sub_premise", SHORTEN, "part of the house"},
    {"locality", SHORTEN, "town"},
    {"dependent_locality", SHORTEN, "part of the town"},
    {"administrative_area", SHORTEN, "state or province"},
    {"sub_administrative_area", SHORTEN, "part of the state or province"},
    {"postal_code", PLAIN, "postal code"},
    {"tax_id", PLAIN, "tax number"},
    {"tax_id_type", PLAIN, "type of the tax number, such as eu_vat"},
    {"vat_number", PLAIN, "number for value added tax"},
    {"currency", PLAIN, "currency, three letters"},
    {"billing_contact", SHORTEN, "e-mail address for bills"},
    {"security_contact", SHORTEN, "e-mail address for security matters"},
    {"default_catalog", SHORTEN, "catalog from which new projects are chosen"},
    {"project_options_url", SHORTEN, "address of the options of new projects"},
    {0},
};
const struct record_kind record_billing = {
    .name = "billing", .columns = billing_columns, .upright = true};

static const struct column subscription_columns[] = {
    {"id", PLAIN, "id of the subscription"},
    {"state", PLAIN, "state, such as active or suspended"},
    {"plan", PLAIN, "plan that is paid for"},
    {"project", PLAIN, "id of the project"},
    {"title", SHORTEN, "name of the project"},
    {"region", SHORTEN, "region of the project"},
    {"owner", WIDE, "id of the user who owns the project"},
    {"created", SHORTEN, "time of its creation"},
    {"updated", WIDE, "time of the last change"},
    {0},
};
RECORD(subscription);

static const struct column credit_columns[] = {
    {"id", PLAIN, "id of the credit"},
    {"state", PLAIN, "active or expired"},
    {"original", DOLLARS, "US dollars at the beginning"},
    {"remaining", DOLLARS, "US dollars that are left"},
    {"starts", WIDE, "time when it starts"},
    {"expires", PLAIN, "time when it expires"},
    {"comment", SHORTEN, "comment"},
    {0},
};
RECORD(credit);

static const struct column secret_columns[] = {
    {"id", PLAIN, "id of the secret"},
    {"name", SHORTEN, "name of the secret"},
    {"type", PLAIN, "type, such as aws or azure"},
    {"description", SHORTEN, "part of the value that may be shown"},
    {"created", SHORTEN, "time of its creation"},
    {0},
};
RECORD(secret);

static const struct column file_columns[] = {
    {"id", PLAIN, "id of the file"},
    {"name", SHORTEN, "name of the file"},
    {"state", PLAIN, "state, such as uploaded"},
    {"size", NUMBER | COLUMN_BYTES, "size in bytes; in a table in KiB, MiB or GiB"},
    {"created", SHORTEN, "time of its creation"},
    {0},
};
RECORD(file);

static const struct column context_columns[] = {
    {"profile", PLAIN, "name of the profile"},
    {"current", SWITCH, "the profile is in use"},
    {"account", SHORTEN, "user or token that is logged in"},
    {"organization", SHORTEN, "name of the profile's current organization"},
    {"organization_id", WIDE, "id of that organization"},
    {"provider", WIDE, "kind of API"},
    {"url", SHORTEN, "address of the API"},
    {0},
};
RECORD(context);

static const struct column status_columns[] = {
    {"organization", PLAIN, "name of the organization on this machine"},
    {"heard", PLAIN,
     "time since the organization was last heard from, before a restart of orgsyncd too"},
    {"members", PLAIN, "number of active members"},
    {"withheld", PLAIN, "number of members who are withheld; shown to root only"},
    {"generation", PLAIN, "number of the snapshot"},
    {"held", PLAIN, "yes: a change arrives at once"},
    {"ended", PLAIN, "number of people whose sessions were ended since orgsyncd began"},
    {"trouble", SHORTEN, "last error"},
    {0},
};
RECORD(status);

static const struct column process_columns[] = {
    {"member", PLAIN, "login name"},
    {"state", PLAIN, "active, pending, suspended or removed"},
    {"ending", PLAIN,
     "of a member who left: ending, waiting (for host evict), noted (by an answer that ends "
     "nothing) or kept (by orglogin.conf); outlived: it runs as root in a session of a member who "
     "may use sudo and su no longer"},
    {"pid", PLAIN, "number of the process"},
    {"user", PLAIN, "the user that it runs as"},
    {"tie", PLAIN,
     "own: it runs as the member; sudo: it was begun in a session of the member's, and is there; "
     "login: the member began it as another user"},
    {"unit", SHORTEN, "the control group that it is in"},
    {"command", SHORTEN, "its command line"},
    {0},
};
RECORD(process);

static const struct column check_columns[] = {
    {"check", PLAIN, "name of the check"},
    {"result", PLAIN, "ok, warning, failure or skipped (the check was not possible)"},
    {"found", PLAIN, "finding; in a plain table with the advice"},
    {"advice", WIDE, "advice"},
    {0},
};
RECORD(check);

const struct record_kind *const record_kinds[] = {
    &record_organization,
    &record_current,
    &record_member,
    &record_addition,
    &record_invitation,
    &record_invited,
    &record_acceptance,
    &record_joincode,
    &record_machine,
    &record_applied,
    &record_joining,
    &record_role,
    &record_token,
    &record_key,
    &record_issued,
    &record_event,
    &record_user,
    &record_billing,
    &record_subscription,
    &record_credit,
    &record_secret,
    &record_file,
    &record_access_rule,
    &record_team,
    &record_teammate,
    &record_reach,
    &record_context,
    &record_status,
    &record_process,
    &record_check,
    NULL,
};

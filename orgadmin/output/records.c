/* The fields of JSON and YAML, which are the columns of tables and CSV. */
#include "orgadmin/output/records.h"

#include <stddef.h>

#define SHORTEN COLUMN_SHORTEN
#define WIDE    COLUMN_WIDE
#define NUMBER  COLUMN_NUMBER
#define LIST    COLUMN_LIST
#define SWITCH  COLUMN_SWITCH

#define RECORD(kind, ...)                                                                          \
    static const struct column kind##_columns[] = {__VA_ARGS__, {0}};                              \
    const struct record_kind record_##kind = {.name = #kind, .columns = kind##_columns}

RECORD(organization, {"id", 0, "its id"}, {"name", SHORTEN, "its name"},
       {"label", SHORTEN, "its name for people"}, {"role", 0, "your role in it"},
       {"created", 0, "when it was made"}, {"state", 0, "such as active or suspended"},
       {"plan", 0, "what is paid for"}, {"country", 0, "two letters"},
       {"member", SWITCH, "you are in it yourself"},
       {"self_rename", WIDE | SWITCH, "members may change their own usernames"},
       {"description", WIDE | SHORTEN, "what it is for"}, {"type", WIDE, "kind of organization"},
       {"owner", WIDE, "whose it is: the id of a user"},
       {"parent", WIDE, "id of the organization above it"},
       {"email", WIDE | SHORTEN, "where it is reached"},
       {"namespace", WIDE, "where its workloads run"}, {"updated", WIDE, "when it was changed"});

RECORD(current, {"id", 0, "the organization's id"}, {"name", SHORTEN, "its name"},
       {"profile", WIDE, "the profile whose organization it is"},
       {"url", WIDE | SHORTEN, "the API"});

RECORD(member, {"id", 0, "immutable id"}, {"username", 0, "login name"},
       {"email", SHORTEN, "e-mail address"}, {"name", SHORTEN, "name for people"},
       {"roles", LIST, "role ids"}, {"permissions", WIDE | LIST | SHORTEN, "what the roles permit"},
       {"state", 0, "active, pending, suspended or removed"},
       {"joined", SHORTEN, "when the member joined"},
       {"token", WIDE, "of the invitation of who is pending"});

RECORD(addition, {"outcome", 0, "invited, added, or changed: was a member before"},
       {"id", WIDE, "of the member or the invitation"}, {"email", SHORTEN, "who"},
       {"roles", LIST, "role ids that it gives"},
       {"permissions", WIDE | LIST | SHORTEN, "what it permits"},
       {"expires", 0, "until when the invitation can be accepted"},
       {"mailed", SWITCH, "the API has mailed it"},
       {"token", 0, "the secret with which it is accepted; not with --out"});

RECORD(invitation, {"id", 0, "its id"}, {"email", SHORTEN, "who is invited"},
       {"roles", LIST, "role ids that accepting gives"},
       {"permissions", LIST | SHORTEN, "what accepting permits"},
       {"state", WIDE, "such as pending"}, {"created", SHORTEN, "when it was made"},
       {"expires", 0, "until when it can be accepted"},
       {"username", WIDE, "the login name that the inviter fixed"},
       {"maker", WIDE | SHORTEN, "who made it"});

RECORD(invited, {"id", WIDE, "the invitation's id"}, {"email", SHORTEN, "who is invited"},
       {"roles", LIST, "role ids that accepting gives"},
       {"permissions", WIDE | LIST | SHORTEN, "what accepting permits"},
       {"state", WIDE, "such as pending"}, {"created", WIDE, "when it was made"},
       {"expires", 0, "until when it can be accepted"}, {"mailed", SWITCH, "the API has mailed it"},
       {"token", 0, "the secret with which it is accepted; not with --out"});

RECORD(acceptance, {"organization", 0, "the organization's id"}, {"role", 0, "your role in it"},
       {"username", 0, "the new account's login name"},
       {"email", COLUMN_WIDE, "its e-mail address"});

RECORD(joincode, {"id", 0, "its id"}, {"role", 0, "role that joining gives"},
       {"uses", NUMBER, "how many have joined with it"},
       {"max_uses", NUMBER, "how many may; absent when unlimited"},
       {"created", 0, "when it was made"}, {"expires", 0, "until when it counts"},
       {"maker", SHORTEN, "who made it"}, {"last_used", WIDE, "when it was last used"},
       {"used_from", WIDE | SHORTEN, "from where it was last used"},
       {"code", WIDE, "the secret; only from joincode create without --out"});

RECORD(joining, {"organization", 0, "the organization's id"}, {"role", 0, "your role in it"},
       {"already", SWITCH, "you were a member before"});

RECORD(role, {"id", 0, "role id"}, {"name", SHORTEN, "name for people"},
       {"permissions", LIST | SHORTEN, "what it permits"},
       {"description", WIDE | SHORTEN, "what it is for"});

RECORD(token, {"key", 0, "its public half"}, {"name", SHORTEN, "name for people"},
       {"role", 0, "what it may do"}, {"env", WIDE, "live or test"},
       {"last_four", 0, "the end of its secret"}, {"created", 0, "when it was made"},
       {"expires", 0, "until when it counts"}, {"maker", SHORTEN, "who made it"},
       {"maker_left", WIDE | SWITCH, "its maker is no longer in the organization"},
       {"last_used", 0, "when it was last used"},
       {"used_from", WIDE | SHORTEN, "from where it was last used"});

RECORD(issued, {"key", 0, "its public half"}, {"name", SHORTEN, "name for people"},
       {"role", 0, "what it may do"}, {"expires", WIDE, "until when it counts"},
       {"secret", WIDE, "its other half; not with --out"},
       {"bearer", 0, "both halves, as programs want them; not with --out"});

RECORD(event, {"id", WIDE, "its id"}, {"at", 0, "when"},
       {"actor", WIDE, "who: the id of a user, or the key of a token"},
       {"actor_name", SHORTEN, "who"}, {"action", 0, "what was done, such as member.set-role"},
       {"subject", WIDE, "on whom or what: an id"}, {"subject_name", SHORTEN, "on whom or what"},
       {"detail", SHORTEN, "what changed"}, {"from", SHORTEN, "where the request came from"},
       {"request", WIDE, "the request's id, as in the server's log"});

RECORD(user, {"id", 0, "the person's id, or the token's key"}, {"username", 0, "login name"},
       {"email", SHORTEN, "e-mail address"}, {"name", SHORTEN, "name for people"},
       {"organization", 0, "the organization's id, for a token of one"},
       {"role", 0, "the token's role"});

static const struct column billing_columns[] = {
    {"name", SHORTEN, "who pays"},
    {"company_name", SHORTEN, "the company"},
    {"company_type", 0, "its kind"},
    {"email", SHORTEN, "where bills go"},
    {"phone", 0, "telephone number"},
    {"country", 0, "two letters"},
    {"city", SHORTEN, "town"},
    {"line1", SHORTEN, "street and number"},
    {"line2", SHORTEN, "the rest of it"},
    {"name_line", SHORTEN, "the address: to whom"},
    {"thoroughfare", SHORTEN, "street and number"},
    {"premise", SHORTEN, "house"},
    {"sub_premise", SHORTEN, "part of it"},
    {"locality", SHORTEN, "town"},
    {"dependent_locality", SHORTEN, "part of it"},
    {"administrative_area", SHORTEN, "state or province"},
    {"sub_administrative_area", SHORTEN, "part of it"},
    {"postal_code", 0, "postal code"},
    {"tax_id", 0, "number for taxes"},
    {"tax_id_type", 0, "whose number, such as eu_vat"},
    {"vat_number", 0, "number for value added tax"},
    {"currency", 0, "three letters"},
    {"billing_contact", SHORTEN, "e-mail address for bills"},
    {"security_contact", SHORTEN, "e-mail address for matters of security"},
    {"default_catalog", SHORTEN, "where new projects are chosen from"},
    {"project_options_url", SHORTEN, "where their options come from"},
    {0},
};
const struct record_kind record_billing = {
    .name = "billing", .columns = billing_columns, .upright = true};

RECORD(subscription, {"id", 0, "its id"}, {"state", 0, "such as active or suspended"},
       {"plan", 0, "what is paid for"}, {"project", 0, "id of its project"},
       {"title", SHORTEN, "the project's name"}, {"region", SHORTEN, "where it runs"},
       {"owner", WIDE, "whose it is: the id of a user"}, {"created", SHORTEN, "when it was made"},
       {"updated", WIDE, "when it was changed"});

RECORD(credit, {"id", 0, "its id"}, {"state", 0, "active or expired"},
       {"original", 0, "US dollars at the beginning"}, {"remaining", 0, "US dollars that are left"},
       {"starts", WIDE, "from when it counts"}, {"expires", 0, "until when it counts"},
       {"comment", SHORTEN, "a remark"});

RECORD(secret, {"id", 0, "its id"}, {"name", SHORTEN, "its name"}, {"type", 0, "what it is for"},
       {"description", SHORTEN, "what can be told of its value"},
       {"created", SHORTEN, "when it was made"});

RECORD(file, {"id", 0, "its id"}, {"name", SHORTEN, "its name"}, {"state", 0, "such as uploaded"},
       {"size", NUMBER, "bytes"}, {"created", SHORTEN, "when it was made"},
       {"download_url", WIDE, "where its content is, for a while"});

RECORD(context, {"profile", 0, "the profile's name"}, {"current", SWITCH, "it is the one in use"},
       {"account", SHORTEN, "who is logged in"},
       {"organization", SHORTEN, "name of the profile's current organization"},
       {"organization_id", WIDE, "its id"}, {"provider", WIDE, "kind of API"},
       {"url", SHORTEN, "the API"});

RECORD(status, {"organization", 0, "the organization's name on this machine"},
       {"heard", 0, "how long ago it was last heard from"},
       {"members", 0, "how many active members are known"},
       {"withheld", 0, "how many are not served as they would be; root alone is told"},
       {"generation", 0, "number of the snapshot"}, {"held", 0, "yes: a change arrives at once"},
       {"trouble", SHORTEN, "what went wrong last"});

RECORD(check, {"check", 0, "what was looked at"},
       {"result", 0, "ok, warning, failure, or skipped: it could not be looked at"},
       {"found", 0, "what was found; in a plain table what to do, too"},
       {"advice", WIDE, "what to do"});

const struct record_kind *const record_kinds[] = {&record_organization,
                                                  &record_current,
                                                  &record_member,
                                                  &record_addition,
                                                  &record_invitation,
                                                  &record_invited,
                                                  &record_acceptance,
                                                  &record_joincode,
                                                  &record_joining,
                                                  &record_role,
                                                  &record_token,
                                                  &record_issued,
                                                  &record_event,
                                                  &record_user,
                                                  &record_billing,
                                                  &record_subscription,
                                                  &record_credit,
                                                  &record_secret,
                                                  &record_file,
                                                  &record_context,
                                                  &record_status,
                                                  &record_check,
                                                  NULL};

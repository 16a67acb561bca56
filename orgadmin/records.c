/* What the commands print: the fields of JSON and YAML, and the columns of tables and CSV. */
#include "orgadmin/output.h"

#define SHORTEN COLUMN_SHORTEN
#define WIDE    COLUMN_WIDE
#define NUMBER  COLUMN_NUMBER
#define LIST    COLUMN_LIST
#define SWITCH  COLUMN_SWITCH

#define RECORD(name, ...)                                                                          \
    static const struct column name##_columns[] = {__VA_ARGS__, {0}};                              \
    const struct record_kind record_##name = {#name, name##_columns}

RECORD(organization, {"id", 0, "its id"}, {"name", SHORTEN, "its name"},
       {"role", 0, "your role in it"}, {"created", 0, "when it was made"});

RECORD(current, {"id", 0, "the organization's id"}, {"name", SHORTEN, "its name"},
       {"profile", WIDE, "the profile whose organization it is"},
       {"url", WIDE | SHORTEN, "the API"});

RECORD(member, {"id", 0, "immutable id"}, {"username", 0, "login name"},
       {"email", SHORTEN, "e-mail address"}, {"name", SHORTEN, "name for people"},
       {"roles", LIST, "role ids"}, {"permissions", WIDE | LIST | SHORTEN, "what the roles permit"},
       {"state", 0, "active, pending, suspended or removed"},
       {"joined", SHORTEN, "when the member joined"});

RECORD(invitation, {"id", 0, "its id"}, {"email", SHORTEN, "who is invited"},
       {"roles", LIST, "role ids that accepting gives"}, {"state", WIDE, "pending"},
       {"created", SHORTEN, "when it was made"}, {"expires", 0, "until when it can be accepted"});

RECORD(invited, {"id", WIDE, "the invitation's id"}, {"email", SHORTEN, "who is invited"},
       {"roles", LIST, "role ids that accepting gives"}, {"state", WIDE, "pending"},
       {"created", WIDE, "when it was made"}, {"expires", 0, "until when it can be accepted"},
       {"mailed", SWITCH, "the API has mailed it"},
       {"token", 0, "the secret with which it is accepted; not with --out"});

RECORD(acceptance, {"organization", 0, "the organization's id"}, {"role", 0, "your role in it"},
       {"username", 0, "the new account's login name"},
       {"email", COLUMN_WIDE, "its e-mail address"});

RECORD(joincode, {"id", 0, "its id"}, {"role", 0, "role that joining gives"},
       {"uses", NUMBER, "how many have joined with it"},
       {"max_uses", NUMBER, "how many may; absent when unlimited"},
       {"created", 0, "when it was made"},
       {"code", WIDE, "the secret; only from joincode create without --out"});

RECORD(joining, {"organization", 0, "the organization's id"}, {"role", 0, "your role in it"},
       {"already", SWITCH, "you were a member before"});

RECORD(role, {"id", 0, "role id"}, {"permissions", LIST | SHORTEN, "what it permits"});

RECORD(token, {"key", 0, "its public half"}, {"name", SHORTEN, "name for people"},
       {"role", 0, "what it may do"}, {"env", WIDE, "live or test"},
       {"last_four", 0, "the end of its secret"}, {"created", 0, "when it was made"});

RECORD(issued, {"key", 0, "its public half"}, {"name", SHORTEN, "name for people"},
       {"role", 0, "what it may do"}, {"secret", WIDE, "its other half; not with --out"},
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

RECORD(context, {"profile", 0, "the profile's name"}, {"current", SWITCH, "it is the one in use"},
       {"account", SHORTEN, "who is logged in"},
       {"organization", SHORTEN, "name of the profile's current organization"},
       {"organization_id", WIDE, "its id"}, {"provider", WIDE, "kind of API"},
       {"url", SHORTEN, "the API"});

RECORD(status, {"organization", 0, "the organization's name on this machine"},
       {"heard", 0, "how long ago it was last heard from"},
       {"members", 0, "how many active members are known"},
       {"generation", 0, "number of the snapshot"}, {"held", 0, "yes: a change arrives at once"},
       {"trouble", SHORTEN, "what went wrong last"});

const struct record_kind *const record_kinds[] = {
    &record_organization, &record_current,    &record_member,   &record_invitation,
    &record_invited,      &record_acceptance, &record_joincode, &record_joining,
    &record_role,         &record_token,      &record_issued,   &record_event,
    &record_user,         &record_context,    &record_status,   NULL};

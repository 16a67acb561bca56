/* The API of orgd and the older one that it grew from (orgd/API.md); both spellings are taken. */
#include <stdio.h>
#include <string.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"
#include "api/once.h"
#include "api/record.h"
#include "common/org_rules.h"
#include "common/paths.h"
#include "common/rfc3339.h"

#define CHANGES_PATH "/v1/organizations/members/changes"
#define WAIT_MAX_MS  600000
#define PAGES_MAX    20000 /* of 5000 members: beyond that a server only wants to keep us busy */

static const struct field user_fields[] = {
    {.name = "id", .from = "user.id|organizationToken.key", .required = true},
    {.name = "email", .from = "user.email"},
    {.name = "username", .from = "user.username"},
    {.name = "name", .from = "user.name|organizationToken.name"},
    {.name = "organization", .from = "organizationToken.organizationId"},
    {.name = "role", .from = "organizationToken.role"},
    {0},
};

static const struct field organization_fields[] = {
    {.name = "id", .from = "organization.id|id", .required = true},
    {.name = "name", .from = "organization.name|name", .required = true},
    {.name = "role", .from = "role"},
    {.name = "created", .from = "organization.createdAt|createdAt"},
    {.name = "self_rename", .from = "organization.selfRename|selfRename", .kind = FIELD_BOOL},
    {.name = "key_adders", .from = "organization.keyAdders|keyAdders"},
    {.name = "key_days", .from = "organization.keyDays|keyDays", .kind = FIELD_NUMBER},
    {.name = "security_keys_only",
     .from = "organization.securityKeysOnly|securityKeysOnly",
     .kind = FIELD_BOOL},
    {.name = "show_machines", .from = "organization.showMachines|showMachines", .kind = FIELD_BOOL},
    {0},
};

static const struct field member_fields[] = {
    {.name = "id", .from = "userId", .required = true},
    {.name = "email", .from = "email"},
    {.name = "username", .from = "username"},
    {.name = "name", .from = "name"},
    {.name = "roles", .from = "roles|role", .kind = FIELD_LIST, .required = true},
    {.name = "teams", .from = "teams", .kind = FIELD_TEAMS},
    {.name = "permissions", .from = "permissions", .kind = FIELD_LIST},
    {.name = "state", .from = "state", .kind = FIELD_STATE, .otherwise = "active"},
    {.name = "role_ends", .from = "roleEnd.at"},
    {.name = "roles_after", .from = "roleEnd.role", .kind = FIELD_LIST},
    {.name = "permissions_after", .from = "roleEnd.permissions", .kind = FIELD_LIST},
    {.name = "joined", .from = "joinedAt"},
    {.name = "keys", .from = "keys", .kind = FIELD_KEYS},
    {.name = "keys_unread", .from = "keysUnread", .kind = FIELD_BOOL},
    {0},
};

static const struct field invitation_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "email", .from = "email", .required = true},
    {.name = "roles", .from = "roles|role", .kind = FIELD_LIST},
    {.name = "state", .from = "state", .otherwise = "pending"},
    {.name = "created", .from = "createdAt"},
    {.name = "expires", .from = "expiresAt"},
    {.name = "username", .from = "username"},
    {.name = "maker", .from = "makerName|maker"},
    {0},
};

static const struct field invited_fields[] = {
    {.name = "id", .from = "invitation.id|id", .required = true},
    {.name = "email", .from = "invitation.email|email"},
    {.name = "roles", .from = "invitation.role|role", .kind = FIELD_LIST},
    {.name = "state", .from = "invitation.state|state", .otherwise = "pending"},
    {.name = "created", .from = "invitation.createdAt|createdAt"},
    {.name = "expires", .from = "invitation.expiresAt|expiresAt"},
    {.name = "token", .from = "token|invitation.token"},
    {.name = "mailed", .from = "mailed", .kind = FIELD_BOOL},
    {.name = "keys", .from = "keys"},
    {0},
};

static const struct field addition_fields[] = {
    {.name = "outcome", .from = "outcome", .otherwise = "invited"},
    {.name = "id", .from = "invitation.id|id", .required = true},
    {.name = "email", .from = "invitation.email|email"},
    {.name = "roles", .from = "invitation.role|role", .kind = FIELD_LIST},
    {.name = "expires", .from = "invitation.expiresAt|expiresAt"},
    {.name = "token", .from = "token|invitation.token"},
    {.name = "mailed", .from = "mailed", .kind = FIELD_BOOL},
    {.name = "keys", .from = "keys"},
    {0},
};

static const struct field acceptance_fields[] = {
    {.name = "organization", .from = "organizationId", .required = true},
    {.name = "role", .from = "role"},
    {.name = "username", .from = "user.username"},
    {.name = "email", .from = "user.email"},
    {.name = "bearer", .from = "apiToken.bearer"},
    {0},
};

static const struct field role_fields[] = {
    {.name = "id", .from = "@key"},
    {.name = "permissions", .from = ".", .kind = FIELD_LIST, .required = true},
    {0},
};

static const struct field key_fields[] = {
    {.name = "fingerprint", .from = "fingerprint|key.fingerprint", .required = true},
    {.name = "type", .from = "type|key.type"},
    {.name = "comment", .from = "comment|key.comment"},
    {.name = "added", .from = "addedAt|key.addedAt"},
    {.name = "expires", .from = "expiresAt|key.expiresAt"},
    {.name = "blob", .from = "blob|key.blob"},
    {.name = "given", .from = "given|key.given", .kind = FIELD_BOOL},
    {.name = "given_by", .from = "givenBy|key.givenBy", .kind = FIELD_LIST},
    {.name = "counts", .from = "counts|key.counts", .kind = FIELD_BOOL},
    {.name = "reason", .from = "reason|key.reason"},
    {.name = "notes", .from = "notes|key.notes", .kind = FIELD_LIST},
    {.name = "revision", .from = "revision", .kind = FIELD_NUMBER},
    {0},
};

static const struct field token_fields[] = {
    {.name = "key", .from = "key", .required = true},
    {.name = "name", .from = "name"},
    {.name = "role", .from = "role"},
    {.name = "env", .from = "env"},
    {.name = "kind", .from = "kind"},
    {.name = "last_four", .from = "lastFour"},
    {.name = "created", .from = "createdAt"},
    {.name = "expires", .from = "expiresAt"},
    {.name = "maker", .from = "makerName|maker"},
    {.name = "maker_left", .from = "makerLeft", .kind = FIELD_BOOL},
    {.name = "last_used", .from = "lastUsedAt"},
    {.name = "used_from", .from = "lastUsedFrom"},
    {0},
};

static const struct field issued_fields[] = {
    {.name = "key", .from = "key", .required = true},
    {.name = "name", .from = "name"},
    {.name = "role", .from = "role"},
    {.name = "expires", .from = "expiresAt"},
    {.name = "secret", .from = "secret", .required = true},
    {.name = "bearer", .from = "bearer", .required = true},
    {0},
};

static const struct field device_fields[] = {
    {.name = "device_code", .from = "device_code", .required = true},
    {.name = "user_code", .from = "user_code", .required = true},
    {.name = "url", .from = "verification_uri", .kind = FIELD_URL, .required = true},
    {.name = "url_complete", .from = "verification_uri_complete", .kind = FIELD_URL},
    {.name = "expires_in", .from = "expires_in", .kind = FIELD_NUMBER},
    {.name = "interval", .from = "interval", .kind = FIELD_NUMBER},
    {0},
};

static const struct field device_token_fields[] = {
    {.name = "token", .from = "access_token", .required = true},
    {.name = "expires_in", .from = "expires_in", .kind = FIELD_NUMBER},
    {0},
};

static const struct field sign_in_fields[] = {
    {.name = "url", .from = "link", .kind = FIELD_URL, .required = true},
    {.name = "expires", .from = "expiresAt"},
    {0},
};

static const struct field joincode_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "role", .from = "role"},
    {.name = "max_uses", .from = "maxUses", .kind = FIELD_NUMBER},
    {.name = "uses", .from = "uses", .kind = FIELD_NUMBER},
    {.name = "created", .from = "createdAt"},
    {.name = "expires", .from = "expiresAt"},
    {.name = "maker", .from = "makerName|maker"},
    {.name = "last_used", .from = "lastUsedAt"},
    {.name = "used_from", .from = "lastUsedFrom"},
    {.name = "code", .from = "code"},
    {0},
};

static const struct field machine_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "labels", .from = "labels"},
    {.name = "maker", .from = "makerName|maker"},
    {.name = "created", .from = "createdAt"},
    {.name = "expires", .from = "expiresAt"},
    {.name = "enrolled", .from = "enrolledAt"},
    {.name = "enrolled_from", .from = "enrolledFrom"},
    {.name = "token", .from = "token"},
    {.name = "last_used", .from = "lastUsedAt"},
    {.name = "used_from", .from = "lastUsedFrom"},
    {.name = "refused", .from = "refused", .kind = FIELD_NUMBER},
    {.name = "refused_at", .from = "refusedAt"},
    {.name = "refused_from", .from = "refusedFrom"},
    {.name = "shared", .from = "sharedAt"},
    {.name = "shared_from", .from = "sharedFrom"},
    {.name = "numbers", .from = "numbers"},
    {.name = "code", .from = "code"},
    {.name = "version", .from = "report.version"},
    {.name = "behind", .from = "report.behind", .kind = FIELD_NUMBER},
    {.name = "reported", .from = "report.at"},
    {.name = "snapshot", .from = "report.snapshotAt"},
    {.name = "ended", .from = "report.ended", .kind = FIELD_NUMBER},
    {0},
};

static const struct field applied_fields[] = {
    {.name = "machines", .from = "machines", .kind = FIELD_NUMBER, .required = true},
    {.name = "applied", .from = "applied", .kind = FIELD_NUMBER, .required = true},
    {.name = "ended", .from = "ended", .kind = FIELD_NUMBER, .required = true},
    {.name = "ending", .from = "ending", .kind = FIELD_NUMBER, .required = true},
    {0},
};

static const struct field access_fields[] = {
    {.name = "id", .from = "rule.id|id", .required = true},
    {.name = "role", .from = "rule.role|role"},
    {.name = "team", .from = "rule.team|team"},
    {.name = "slug", .from = "rule.teamSlug|teamSlug"},
    {.name = "labels", .from = "rule.labels|labels"},
    {.name = "services", .from = "rule.services|services", .kind = FIELD_LIST},
    {.name = "created", .from = "rule.createdAt|createdAt"},
    {.name = "revision", .from = "revision", .kind = FIELD_NUMBER},
    {0},
};

static const struct field team_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "slug", .from = "slug", .required = true},
    {.name = "name", .from = "name"},
    {.name = "created", .from = "createdAt"},
    {0},
};

static const struct field teammate_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "username", .from = "username"},
    {.name = "email", .from = "email"},
    {.name = "name", .from = "name"},
    {0},
};

static const struct field relabel_fields[] = {
    {.name = "id", .from = "machine.id", .required = true},
    {.name = "labels", .from = "machine.labels"},
    {.name = "revision", .from = "revision", .kind = FIELD_NUMBER},
    {0},
};

static const struct field missing_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "heard", .from = "heardAt"},
    {0},
};

static const struct field enrollment_fields[] = {
    {.name = "organization", .from = "organizationId", .required = true},
    {.name = "organization_name", .from = "organizationName", .required = true},
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "labels", .from = "labels"},
    {.name = "ca", .from = "ca", .kind = FIELD_PEM},
    {.name = "numbers", .from = "numbers"},
    {.name = "key", .from = "apiToken.key", .required = true},
    {.name = "bearer", .from = "apiToken.bearer", .required = true},
    {0},
};

static const struct field joining_fields[] = {
    {.name = "organization", .from = "organizationId", .required = true},
    {.name = "role", .from = "role"},
    {.name = "already", .from = "alreadyMember", .kind = FIELD_BOOL},
    {0},
};

static const struct field event_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "at", .from = "at", .required = true},
    {.name = "actor", .from = "actor"},
    {.name = "actor_name", .from = "actorName"},
    {.name = "action", .from = "action", .required = true},
    {.name = "subject", .from = "subject"},
    {.name = "subject_name", .from = "subjectName"},
    {.name = "detail", .from = "detail"},
    {.name = "from", .from = "from"},
    {.name = "request", .from = "requestId"},
    {0},
};

/* Of a version before: "ok" alone. */
static const struct field revocation_fields[] = {
    {.name = "ok", .from = "ok", .kind = FIELD_BOOL, .required = true},
    {.name = "revoked", .from = "revoked", .kind = FIELD_BOOL},
    {0},
};

static const struct field withdrawal_fields[] = {
    {.name = "ok", .from = "ok", .kind = FIELD_BOOL, .required = true},
    {.name = "invitations", .from = "withdrawn.invitations", .kind = FIELD_NUMBER},
    {.name = "join_codes", .from = "withdrawn.joinCodes", .kind = FIELD_NUMBER},
    {.name = "tokens", .from = "tokenCount", .kind = FIELD_NUMBER},
    {.name = "keys", .from = "keyCount", .kind = FIELD_NUMBER},
    {.name = "until", .from = "until"},
    {.name = "revision", .from = "revision", .kind = FIELD_NUMBER},
    {0},
};

/* What has nothing to say but that it is done. */
static const struct field change_fields[] = {
    {.name = "ok", .from = "ok", .kind = FIELD_BOOL, .required = true},
    {.name = "revision", .from = "revision", .kind = FIELD_NUMBER},
    {0},
};

static const struct field ending_fields[] = {
    {.name = "scope", .from = "scope", .required = true},
    {.name = "ended", .from = "ended", .kind = FIELD_NUMBER},
    {.name = "revision", .from = "revision", .kind = FIELD_NUMBER},
    {0},
};

static const struct field recovery_fields[] = {
    {.name = "id", .from = "user.id", .required = true},
    {.name = "email", .from = "user.email"},
    {.name = "username", .from = "user.username"},
    {.name = "name", .from = "user.name"},
    {.name = "ended", .from = "ended", .kind = FIELD_NUMBER},
    {.name = "bearer", .from = "apiToken.bearer", .required = true},
    {0},
};

/* Every call is a POST below the same path. The arguments are the template's inside. */
#define POST(below, body_text) .method = "POST", .path = "/v1" below, .body = "{" body_text "}"
#define CALL(below, body_text) .run = engine_run, POST(below, body_text)
#define ORG                    "\"organizationId\":\"$org\""
#define DONE                   .shape = ITEMS_OK, .items = "ok"
#define ONE(at, what)          .shape = ITEMS_ONE, .items = at, .fields = what
#define LIST(at, what)                                                                             \
    .shape = ITEMS_LIST, .items = at, .fields = what, .paging = PAGING_CURSOR, .next = "next"
#define AFTER ",\"after\":\"$after?\""
#define PAGE  ",\"limit\":1000" /* as many as orgd gives in one */
#define MEMBERS(page)                                                                              \
    POST("/organizations/members/list", ORG page AFTER), LIST("members", member_fields),           \
        .nonempty = true, /* it always has an owner */                                             \
        .reply_max = ENGINE_LIST_MAX
#define INVITE                                                                                     \
    CALL("/organizations/invitations/create",                                                      \
         ORG ",\"email\":\"$email\",\"role\":\"$role?\",\"username\":\"$username?\"")
#define ROLE_SET                                                                                   \
    {                                                                                              \
        CALL("/organizations/roles/set",                                                           \
             ORG ",\"role\":\"$role\",\"permissions\":\"$permissions,\""),                         \
            ONE("", withdrawal_fields)                                                             \
    }

/* Members on their way. */
struct passage {
    provider_sink *sink;
    void *arg;
    bool begun;
};

static int pass(void *arg, const cJSON *member)
{
    struct passage *p = arg;
    p->begun = true;
    return p->sink ? p->sink(p->arg, member) : 0;
}

/* A page at a time, so that no reply is as large as the organization. The older API has no "limit":
 * what refuses that is asked for everybody at once. */
static enum api_status list_members(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, provider_sink *sink, void *arg,
                                    struct api_error *err)
{
    static const struct operation whole = {MEMBERS("")};
    struct passage passage = {.sink = sink, .arg = arg};
    enum api_status status = engine_run(p, o, args, pass, &passage, err);
    if (status == API_REFUSED && err->http == 400 && !passage.begun)
        status = engine_run(p, &whole, args, sink, arg, err);
    return status;
}

static const struct operation operations[OP_COUNT] = {
    [OP_WHOAMI] = {CALL("/users/whoami", ""), ONE("", user_fields)},
    [OP_USER_EDIT] = {CALL("/users/update", "\"name\":\"$name?\",\"username\":\"$username?\""),
                      ONE("", user_fields)},
    [OP_USER_RECOVER] = {CALL("/users/recover", "\"email\":\"$email\""), DONE},
    [OP_USER_CONFIRM] = {CALL("/users/recover/confirm",
                              "\"code\":\"$code\",\"keepTokens\":\"$keep!?\""),
                         ONE("", recovery_fields)},
    [OP_ORG_LIST] = {CALL("/organizations/list", ""), LIST("organizations", organization_fields)},
    [OP_ORG_SHOW] = {CALL("/organizations/get", ORG), ONE("organization", organization_fields)},
    [OP_ORG_CREATE] = {CALL("/organizations/create", "\"name\":\"$name\""),
                       ONE("organization", organization_fields)},
    [OP_ORG_EDIT] = {CALL("/organizations/update",
                          ORG ",\"name\":\"$name?\",\"selfRename\":\"$self_rename!?\","
                              "\"keyAdders\":\"$key_adders?\",\"keyDays\":\"$key_days#?\","
                              "\"securityKeysOnly\":\"$security_keys_only!?\","
                              "\"showMachines\":\"$show_machines!?\""),
                     DONE},
    [OP_ORG_DELETE] = {CALL("/organizations/delete", ORG ",\"name\":\"$name\""), DONE},
    [OP_MEMBER_LIST] = {MEMBERS(PAGE), .run = list_members},
    [OP_MEMBER_ADD] = {INVITE, ONE("", addition_fields)},
    [OP_MEMBER_ROLE] = {CALL("/organizations/members/set-role",
                             ORG ",\"userId\":\"$user\",\"role\":\"$role\",\"until\":\"$until?\""),
                        ONE("", withdrawal_fields)},
    [OP_MEMBER_REMOVE] = {CALL("/organizations/members/remove", ORG ",\"userId\":\"$user\""),
                          ONE("", withdrawal_fields)},
    [OP_MEMBER_SUSPEND] = {CALL("/organizations/members/suspend", ORG ",\"userId\":\"$user\""),
                           ONE("", withdrawal_fields)},
    [OP_MEMBER_RESUME] = {CALL("/organizations/members/resume", ORG ",\"userId\":\"$user\""),
                          ONE("", change_fields)},
    [OP_MEMBER_END_TOKENS] = {CALL("/organizations/members/revoke-tokens",
                                   ORG ",\"userId\":\"$user\""),
                              ONE("", ending_fields)},
    [OP_INVITATION_LIST] = {CALL("/organizations/invitations/list", ORG AFTER),
                            LIST("invitations", invitation_fields)},
    [OP_INVITATION_CREATE] = {INVITE, ONE("", invited_fields)},
    [OP_INVITATION_REVOKE] = {CALL("/organizations/invitations/revoke", ORG ",\"id\":\"$id\""),
                              ONE("", revocation_fields)},
    [OP_INVITATION_RESEND] = {CALL("/organizations/invitations/resend", ORG ",\"id\":\"$id\""),
                              ONE("", invited_fields)},
    [OP_INVITATION_ACCEPT] = {CALL("/organizations/invitations/accept",
                                   "\"token\":\"$token\",\"username\":\"$username?\","
                                   "\"name\":\"$name?\",\"key\":\"$key?\""),
                              ONE("", acceptance_fields)},
    [OP_JOINCODE_LIST] = {CALL("/organizations/join-codes/list", ORG AFTER),
                          LIST("joinCodes", joincode_fields)},
    [OP_JOINCODE_CREATE] = {CALL("/organizations/join-codes/create",
                                 ORG ",\"role\":\"$role?\",\"maxUses\":\"$max_uses#?\","
                                     "\"expiresAt\":\"$expires?\""),
                            ONE("", joincode_fields)},
    [OP_JOINCODE_REVOKE] = {CALL("/organizations/join-codes/revoke", ORG ",\"id\":\"$id\""),
                            ONE("", revocation_fields)},
    [OP_JOINCODE_JOIN] = {CALL("/organizations/join-codes/join", "\"code\":\"$code\""),
                          ONE("", joining_fields)},
    [OP_MACHINE_LIST] = {CALL("/organizations/machines/list", ORG AFTER),
                         LIST("machines", machine_fields)},
    [OP_MACHINE_INVITE] = {CALL("/organizations/machines/invite",
                                ORG ",\"name\":\"$name\",\"labels\":\"$labels?\","
                                    "\"ca\":\"$ca?\",\"numbers\":\"$numbers?\""),
                           ONE("", machine_fields)},
    [OP_MACHINE_APPLIED] = {CALL("/organizations/machines/applied",
                                 ORG ",\"revision\":\"$revision#\""),
                            ONE("", applied_fields)},
    [OP_MACHINE_MISSING] = {CALL("/organizations/machines/applied",
                                 ORG ",\"revision\":\"$revision#\""),
                            .shape = ITEMS_LIST, .items = "missing", .fields = missing_fields},
    [OP_MACHINE_LABEL] = {CALL("/organizations/machines/set-labels",
                               ORG ",\"id\":\"$id\",\"labels\":\"$labels\""),
                          ONE("", relabel_fields)},
    [OP_ACCESS_LIST] = {CALL("/organizations/access/list", ORG AFTER),
                        LIST("rules", access_fields)},
    [OP_ACCESS_ADD] = {CALL("/organizations/access/add",
                            ORG ",\"role\":\"$role?\",\"team\":\"$team?\","
                                "\"labels\":\"$labels?\",\"services\":\"$services,?\""),
                       ONE("", access_fields)},
    [OP_ACCESS_REMOVE] = {CALL("/organizations/access/remove", ORG ",\"id\":\"$id\""),
                          ONE("", change_fields)},
    [OP_TEAM_LIST] = {CALL("/organizations/teams/list", ORG AFTER), LIST("teams", team_fields)},
    [OP_TEAM_SHOW] = {CALL("/organizations/teams/members", ORG ",\"id\":\"$team\"" AFTER),
                      LIST("users", teammate_fields)},
    [OP_TEAM_ADD] = {CALL("/organizations/teams/add", ORG ",\"id\":\"$team\",\"userId\":\"$user\""),
                     DONE},
    [OP_TEAM_REMOVE] = {CALL("/organizations/teams/remove",
                             ORG ",\"id\":\"$team\",\"userId\":\"$user\""),
                        DONE},
    [OP_MACHINE_REVOKE] = {CALL("/organizations/machines/revoke", ORG ",\"id\":\"$id\""),
                           ONE("", revocation_fields)},
    [OP_MACHINE_ENROLL] = {CALL("/organizations/machines/enroll", "\"code\":\"$code\""),
                           ONE("", enrollment_fields)},
    [OP_ROLE_LIST] = {CALL("/organizations/roles", "\"organizationId\":\"$org?\""),
                      .shape = ITEMS_MAP, .items = "roles", .nonempty = true,
                      .fields = role_fields},
    [OP_ROLE_CREATE] = ROLE_SET,
    [OP_ROLE_EDIT] = ROLE_SET,
    [OP_ROLE_REMOVE] = {CALL("/organizations/roles/remove", ORG ",\"role\":\"$role\""), DONE},
    [OP_TOKEN_LIST] = {CALL("/organizations/tokens/list", ORG AFTER), LIST("tokens", token_fields)},
    [OP_TOKEN_CREATE] = {CALL("/organizations/tokens/create",
                              ORG ",\"name\":\"$name?\",\"role\":\"$role?\","
                                  "\"env\":\"$env?\","
                                  "\"expiresAt\":\"$expires?\""),
                         ONE("apiToken", issued_fields)},
    [OP_TOKEN_REVOKE] = {CALL("/organizations/tokens/revoke", ORG ",\"key\":\"$key\""),
                         ONE("", revocation_fields)},
    [OP_OWN_TOKEN_LIST] = {CALL("/users/tokens/list", "\"after\":\"$after?\""),
                           LIST("tokens", token_fields)},
    [OP_OWN_TOKEN_CREATE] = {CALL("/users/tokens/create",
                                  "\"name\":\"$name?\",\"expiresAt\":\"$expires?\""),
                             ONE("apiToken", issued_fields)},
    [OP_OWN_TOKEN_REVOKE] = {CALL("/users/tokens/revoke", "\"key\":\"$key\""),
                             ONE("", revocation_fields)},
    [OP_SIGN_IN_LINK] = {CALL("/users/sign-in/link", ""), ONE("", sign_in_fields)},
    [OP_DEVICE_BEGIN] = {CALL("/users/device/authorize",
                              "\"client_id\":\"orgadmin\",\"host\":\"$host?\""),
                         ONE("", device_fields)},
    [OP_DEVICE_TOKEN] = {CALL("/users/device/token",
                              "\"grant_type\":\"urn:ietf:params:oauth:grant-type:device_code\","
                              "\"client_id\":\"orgadmin\",\"device_code\":\"$code\""),
                         ONE("", device_token_fields)},
    [OP_KEY_LIST] = {CALL("/users/keys/list", ""), LIST("keys", key_fields)},
    [OP_KEY_ADD] = {CALL("/users/keys/add", "\"key\":\"$line\",\"expiresAt\":\"$expires?\""),
                    ONE("", key_fields)},
    [OP_KEY_REMOVE] = {CALL("/users/keys/remove", "\"fingerprint\":\"$fingerprint\""), DONE},
    [OP_MEMBER_KEYS] = {CALL("/organizations/members/keys/list", ORG ",\"userId\":\"$user\""),
                        LIST("keys", key_fields)},
    [OP_MEMBER_KEY_ADD] = {CALL("/organizations/members/keys/add",
                                ORG ",\"userId\":\"$user\",\"key\":\"$line\","
                                    "\"expiresAt\":\"$expires?\""),
                           ONE("", key_fields)},
    [OP_MEMBER_KEY_REMOVE] = {CALL("/organizations/members/keys/remove",
                                   ORG ",\"userId\":\"$user\",\"fingerprint\":\"$fingerprint\""),
                              ONE("", change_fields)},
    [OP_AUDIT_LIST] = {CALL("/organizations/audit/list", ORG
                            ",\"action\":\"$action?\",\"from\":\"$from?\",\"to\":\"$to?\"" AFTER),
                       LIST("events", event_fields)},
};

/* A page of changes is a list of members that may well be empty. */
static const struct operation changes = {
    .shape = ITEMS_LIST, .items = "members", .fields = member_fields};

/* The state of one call of native_watch. */
struct watch {
    const struct provider_watcher *watcher;
    const struct watch_report *report; /* goes with the next request, or NULL */
    struct watch_position at;
    bool fresh;    /* the next request wants the source to be read before it is answered */
    bool complete; /* a listing of everything is under way */
    bool more;
    size_t listed; /* members since the listing began */
};

/* White space is the heartbeat of a poll that is held; a proxy's page of it is not. */
static int on_progress(void *arg, const struct http_reply *so_far)
{
    const struct provider_watcher *watcher = arg;
    bool beats = watcher->heard && so_far->status == 200 && so_far->json &&
                 strspn(so_far->body, " \t\r\n") == so_far->len;
    return beats ? watcher->heard(watcher->arg) : 0;
}

static int on_idle(void *arg)
{
    const struct provider_watcher *watcher = arg;
    return watcher->idle(watcher->arg);
}

static bool add_glass(cJSON *report, const struct break_glass *g)
{
    char at[RFC3339_SIZE], until[RFC3339_SIZE];
    cJSON *object = cJSON_AddObjectToObject(report, "breakGlass");
    return object && cJSON_AddStringToObject(object, "at", rfc3339_print(g->begin_ms, at)) &&
           cJSON_AddStringToObject(object, "until", rfc3339_print(g->end_ms, until)) &&
           cJSON_AddStringToObject(object, "reason", g->reason);
}

/* Without a place it is AT. */
static bool add_report(cJSON *body, const struct watch_position *at,
                       const struct watch_report *report)
{
    cJSON *object = cJSON_AddObjectToObject(body, "report");
    bool same = report->at.revision == at->revision && strcmp(report->at.cursor, at->cursor) == 0;
    return object &&
           (same || (cJSON_AddNumberToObject(object, "revision", (double)report->at.revision) &&
                     cJSON_AddStringToObject(object, "cursor", report->at.cursor))) &&
           cJSON_AddNumberToObject(object, "age", (double)report->age_s) &&
           (report->ended == 0 ||
            cJSON_AddNumberToObject(object, "ended", (double)report->ended)) &&
           (report->ending == 0 ||
            cJSON_AddNumberToObject(object, "ending", (double)report->ending)) &&
           cJSON_AddStringToObject(object, "version", ORG_VERSION) &&
           (!report->process || cJSON_AddStringToObject(object, "process", report->process)) &&
           (report->glass.end_ms == 0 || add_glass(object, &report->glass));
}

/* A server of a version without cursors, or reports, has given no cursor, and refuses them. */
static char *changes_body(const char *org, const struct watch *w, int wait_ms)
{
    const struct watch_position *at = &w->at;
    cJSON *body = cJSON_CreateObject();
    char *text = NULL;
    if (body && cJSON_AddStringToObject(body, "organizationId", org) &&
        cJSON_AddNumberToObject(body, "since", (double)at->revision) &&
        (!*at->cursor || cJSON_AddStringToObject(body, "cursor", at->cursor)) &&
        cJSON_AddNumberToObject(body, "wait", wait_ms) &&
        (!w->fresh || cJSON_AddTrueToObject(body, "fresh")) &&
        (!w->report || add_report(body, at, w->report)))
        text = cJSON_PrintUnformatted(body);
    cJSON_Delete(body);
    return text;
}

static enum api_status ask(struct provider *p, const struct watch *w, int wait_ms,
                           struct answer *answer, struct api_error *err)
{
    struct http_stream stream = {.arg = (void *)w->watcher,
                                 .hold_ms = wait_ms,
                                 .progress = on_progress,
                                 .idle = on_idle,
                                 .idle_fd = w->watcher->idle ? w->watcher->idle_fd : -1};
    answer->json = NULL;
    char *body = changes_body(p->settings.org, w, wait_ms);
    if (!body)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    struct http_request request = {.method = "POST",
                                   .path = CHANGES_PATH,
                                   .body = body,
                                   .stream = &stream,
                                   .reply_max = ENGINE_LIST_MAX}; /* members may have many keys */
    enum api_status status = engine_exchange(p, &request, false, answer, err);
    cJSON_free(body);
    return status;
}

/* Copies the reply's cursor, "" without one; false when it is none that we could send again. */
static bool take_cursor(const cJSON *json, char cursor[WATCH_CURSOR_MAX])
{
    const cJSON *item = json_at(json, "cursor");
    const char *text = cJSON_GetStringValue(item);
    if (item && !cJSON_IsNull(item) && !text)
        return false;
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    if (len >= WATCH_CURSOR_MAX)
        return false;
    memcpy(cursor, text ? text : "", len + 1);
    return true;
}

/* --- the organization's rules --- */

static const char *text_at(const cJSON *item, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, name));
    return text && *text ? text : NULL;
}

/* ITEM's role or team, as it stands in the rules. */
static bool add_subject(struct org_rules_kept *kept, const cJSON *item)
{
    char text[RECORD_TEXT_MAX + 1];
    const char *role = text_at(item, "role"), *team = text_at(item, "team");
    if (!role == !team) /* neither, or both */
        return false;
    int n = snprintf(text, sizeof text, "%s%s", team ? ORG_RULES_TEAM : "", team ? team : role);
    return n > 0 && (size_t)n < sizeof text && org_rules_add(kept, text);
}

static bool add_rule(struct org_rules_kept *kept, const cJSON *item)
{
    const cJSON *services = cJSON_GetObjectItemCaseSensitive(item, "services"), *service;
    if (!cJSON_IsArray(services) || !add_subject(kept, item))
        return false;
    if (!services->child && !org_rules_add(kept, "*"))
        return false;
    cJSON_ArrayForEach(service, services)
    {
        if (!cJSON_IsString(service) || !org_rules_add(kept, service->valuestring))
            return false;
    }
    return org_rules_add(kept, "");
}

/* Passes on what the reply JSON says of the rules, if anything. Returns NULL, or the fault. */
static const char *take_rules(const struct watch *w, const cJSON *json)
{
    const cJSON *access = cJSON_GetObjectItemCaseSensitive(json, "access"), *item;
    struct org_rules_kept kept;
    struct rules decoded;
    if (!access)
        return NULL;
    kept.rules = (struct org_rules){.narrowed = !cJSON_IsNull(access), .text = kept.text};
    bool good = cJSON_IsNull(access) || cJSON_IsArray(access);
    for (item = good ? access->child : NULL; item && good; item = item->next)
        good = add_rule(&kept, item);
    if (!good || !org_rules_decode(&kept.rules, "", &decoded))
        return "\"access\" is neither null nor rules of a role or a team and services, or they are "
               "too many";
    return w->watcher->rules(w->watcher->arg, &kept.rules) == 0 ? NULL
                                                                : "\"access\" cannot be passed on";
}

/* --- the organization's source --- */

/* Passes on what the reply JSON says of the source that it relays, if anything. A relay stays one.
 * Returns NULL, or the fault. */
static const char *take_source(struct watch *w, const cJSON *json)
{
    const cJSON *source = cJSON_GetObjectItemCaseSensitive(json, "source");
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(source, "age");
    const cJSON *fresh = cJSON_GetObjectItemCaseSensitive(source, "fresh");
    int64_t age = -1;
    if (!source)
        return w->at.relayed ? "it has no \"source\", and is a relay's" : NULL;
    if (!cJSON_IsNull(item) && !json_integer(item, &age))
        return "\"source.age\" is neither null nor an integer from 0 to 2^53 - 1";
    if (!cJSON_IsBool(fresh))
        return "\"source.fresh\" is neither true nor false";
    w->at.relayed = true;
    if (w->watcher->source)
        w->watcher->source(w->watcher->arg, age, age >= 0 && cJSON_IsTrue(fresh));
    return NULL;
}

/* A reply's fields beside its members. */
struct members_page {
    bool begins; /* a complete listing */
    bool more, news;
    struct watch_position next;
};

/* Reads JSON into PAGE. Returns NULL, or the fault. */
static const char *read_page(const cJSON *json, struct members_page *page)
{
    const cJSON *complete = json_at(json, "complete"), *more = json_at(json, "more");
    const cJSON *members = json_at(json, "members");
    *page = (struct members_page){.begins = cJSON_IsTrue(complete), .more = cJSON_IsTrue(more)};
    page->news = page->more || (members && members->child);
    if (!cJSON_IsBool(complete) || !cJSON_IsBool(more))
        return "\"complete\" and \"more\" are not both true or false";
    if (!json_integer(json_at(json, "revision"), &page->next.revision) || page->next.revision == 0)
        return "\"revision\" is not an integer from 1 to 2^53 - 1";
    return take_cursor(json, page->next.cursor)
               ? NULL
               : "\"cursor\" is not text, is too long or is not plain ASCII";
}

/* Returns the fault of a PAGE that would make us go round in circles, or NULL. */
static const char *order_fault(const struct watch *w, const struct members_page *page)
{
    if (w->at.revision == 0 && !page->begins && !w->complete)
        return "it is asked for everything and does not list it";
    if (page->begins && w->complete)
        return "the listing begins a second time";
    bool back = page->next.revision < w->at.revision;
    bool stuck = page->next.revision == w->at.revision && page->news;
    return !page->begins && (back || stuck) ? "\"revision\" does not advance" : NULL;
}

/* Takes the fields beside the members. Returns NULL, or the fault. */
static const char *page_fault(struct watch *w, const cJSON *json)
{
    struct members_page page;
    const char *fault = read_page(json, &page);
    if (!fault)
        fault = order_fault(w, &page);
    if (fault)
        return fault;
    if (page.begins) {
        w->watcher->reset(w->watcher->arg);
        w->complete = true;
        w->listed = 0;
    }
    page.next.relayed = w->at.relayed;
    w->at = page.next;
    w->more = page.more;
    fault = take_source(w, json);
    return fault ? fault : take_rules(w, json);
}

static enum api_status take_page(struct watch *w, const struct answer *answer,
                                 struct api_error *err)
{
    const char *fault = page_fault(w, answer->json);
    size_t count = 0;
    if (fault)
        return api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, fault);
    enum api_status status =
        engine_records(&changes, answer, w->watcher->member, w->watcher->arg, &count, err);
    w->listed += count;
    if (status == API_OK && w->complete && !w->more && w->listed == 0)
        return api_fail(err, API_BAD_ANSWER, "%s: the listing is empty, which is impossible",
                        answer->where);
    return status;
}

/* A server of the older API does not know the endpoint; one that does names what is not found. */
static bool endpoint_absent(const struct api_error *err)
{
    if (err->status != API_REFUSED)
        return false;
    return err->http == 405 ||
           (err->http == 404 && (*err->code == '\0' || strcmp(err->code, "unknown_endpoint") == 0));
}

static bool invalid(const struct api_error *err)
{
    return err->status == API_REFUSED && err->http == 400;
}

/* The first page. A server of a version without reports refuses one; one that was put back to a
 * version without cursors refuses those. */
static enum api_status ask_first(struct provider *p, struct watch *w, int wait_ms,
                                 struct answer *answer, struct api_error *err)
{
    const struct watch_report *report = w->watcher->report;
    w->report = report && *report->at.cursor ? report : NULL;
    enum api_status status = ask(p, w, wait_ms, answer, err);
    if (w->report && invalid(err)) {
        w->report = NULL;
        status = ask(p, w, wait_ms, answer, err);
    }
    w->report = NULL;
    w->fresh = false;
    if (!*w->at.cursor || !invalid(err))
        return status;
    w->at = (struct watch_position){0};
    return ask(p, w, 0, answer, err);
}

static enum api_status native_watch(struct provider *p, struct watch_position *position,
                                    int wait_ms, const struct provider_watcher *watcher,
                                    struct api_error *err)
{
    struct watch w = {.watcher = watcher,
                      .at = *position,
                      .more = true,
                      .fresh = watcher->want_fresh && position->relayed};
    if (!p->settings.org)
        return api_fail(err, API_USAGE, "no organization is chosen");
    int wait = w.at.revision == 0 || wait_ms < 0 ? 0
               : wait_ms < WAIT_MAX_MS           ? wait_ms
                                                 : WAIT_MAX_MS;
    for (int pages = 0; w.more; pages++) {
        struct answer answer;
        if (pages == PAGES_MAX)
            return api_fail(err, API_BAD_ANSWER, CHANGES_PATH ": it never ends");
        enum api_status status =
            pages == 0 ? ask_first(p, &w, wait, &answer, err) : ask(p, &w, wait, &answer, err);
        if (pages == 0 && endpoint_absent(err))
            return engine_watch(p, position, watcher, err);
        if (status == API_OK)
            status = take_page(&w, &answer, err);
        cJSON_Delete(answer.json);
        if (status != API_OK)
            return status;
        wait = 0;
    }
    *position = w.at;
    return API_OK;
}

static const struct error_shape errors = {
    .code = "reason|error|error.code|code", .text = "message|error.message", .no = "ok=false"};

const struct provider_kind provider_native = {.name = "native",
                                              .http = true,
                                              .operations = operations,
                                              .errors = &errors,
                                              .owner = "owner",
                                              .change = once_exchange,
                                              .keep = once_headers,
                                              .examine = once_examine,
                                              .add_changes =
                                                  ADD_CHANGES_INVITED | ADD_NAMES_MEMBERS,
                                              .watch = native_watch};

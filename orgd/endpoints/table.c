#include "orgd/endpoints/table.h"

#include <math.h>
#include <string.h>

#include "common/break_glass.h"
#include "common/rfc3339.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/watchers.h"
#include "orgd/text.h"

#define KEY_LINE_MAX 16384 /* what is longer is not even looked at */
#define PROOF_MAX    8192
#define KEY_DAYS_MAX 36500
#define NUMBER_MAX   9007199254740992.0 /* 2^53: up to here a double counts in whole numbers */

/* --- the fields of bodies --- */

static bool permissions_valid(const cJSON *array)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *text = cJSON_GetStringValue(item);
        if (!text || permission_parse(text) == PERMISSION_NONE)
            return false;
    }
    return cJSON_IsArray(array);
}

static bool service_valid(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t first = strspn(name, plain);
    size_t len = first + strspn(name + first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                              "0123456789._-");
    return first > 0 && len <= 64 && name[len] == '\0';
}

/* With commas between them they are stored. */
static bool services_valid(const cJSON *array)
{
    const cJSON *item, *other;
    size_t size = 0;
    cJSON_ArrayForEach(item, array)
    {
        const char *name = cJSON_GetStringValue(item);
        if (!name || !service_valid(name) || (size += strlen(name) + 1) > ACCESS_SERVICES_SIZE)
            return false;
        for (other = array->child; other != item; other = other->next)
            if (strcmp(other->valuestring, name) == 0)
                return false;
    }
    return cJSON_IsArray(array);
}

static bool is_text(const cJSON *item)
{
    return cJSON_IsString(item) && text_valid(item->valuestring);
}

static bool is_settings(const cJSON *array)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (!is_text(item) || !strchr(item->valuestring, '='))
            return false;
    }
    return cJSON_IsArray(array);
}

static bool is_key(const cJSON *item)
{
    return cJSON_IsString(item) && strlen(item->valuestring) <= KEY_LINE_MAX;
}

static bool is_proof(const cJSON *item)
{
    return cJSON_IsString(item) && strlen(item->valuestring) <= PROOF_MAX;
}

static bool is_display(const cJSON *item)
{
    return cJSON_IsString(item) && display_valid(item->valuestring);
}

static bool is_email(const cJSON *item)
{
    return cJSON_IsString(item) && email_valid(item->valuestring);
}

static bool is_username(const cJSON *item)
{
    return cJSON_IsString(item) && name_valid(item->valuestring);
}

static bool is_number(const cJSON *item)
{
    double number = cJSON_IsNumber(item) ? item->valuedouble : -1;
    return number >= 0 && number <= NUMBER_MAX && number == floor(number);
}

static bool is_days(const cJSON *item)
{
    return is_number(item) && item->valuedouble <= KEY_DAYS_MAX;
}

static bool is_adders(const cJSON *item)
{
    return cJSON_IsString(item) &&
           (strcmp(item->valuestring, "members") == 0 || strcmp(item->valuestring, "admins") == 0);
}

static bool is_machine(const cJSON *item)
{
    return cJSON_IsString(item) && machine_name_valid(item->valuestring);
}

/* A range of ids and a placement, of which the hosts know the words. */
static bool is_numbers(const cJSON *item)
{
    static const char digits[] = "0123456789", word[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    const char *text = cJSON_GetStringValue(item);
    size_t first = text ? strspn(text, digits) : 0;
    if (first == 0 || first > 10 || text[first] != '-')
        return false;
    text += first + 1;
    size_t last = strspn(text, digits), name = last ? strspn(text + last + 1, word) : 0;
    return last > 0 && last <= 10 && text[last] == ' ' && name > 0 && name <= 16 &&
           text[last + 1 + name] == '\0';
}

static bool is_labels(const cJSON *item)
{
    return cJSON_IsString(item) && labels_valid(item->valuestring);
}

static bool is_ca(const cJSON *item)
{
    return cJSON_IsString(item) && strlen(item->valuestring) < MACHINE_CA_SIZE &&
           strstr(item->valuestring, "-----BEGIN CERTIFICATE-----");
}

static bool is_version(const cJSON *item)
{
    return is_text(item) && strlen(item->valuestring) < REPORT_VERSION_SIZE;
}

/* Up to a hundred years, so that a time made of it is one. */
static bool is_age(const cJSON *item)
{
    return is_number(item) && item->valuedouble <= 36525.0 * 86400;
}

static const cJSON *part(const cJSON *item, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(item, name);
}

static bool is_time(const cJSON *item)
{
    int64_t ms;
    return cJSON_IsString(item) && rfc3339_parse(item->valuestring, &ms) && ms >= 0 &&
           ms < STORE_FOREVER;
}

static bool is_glass(const cJSON *item)
{
    const cJSON *reason = part(item, "reason");
    return cJSON_IsObject(item) && cJSON_GetArraySize(item) == 3 && is_time(part(item, "at")) &&
           is_time(part(item, "until")) && is_text(reason) && *reason->valuestring &&
           strlen(reason->valuestring) <= BREAK_GLASS_REASON_MAX;
}

static bool is_process(const cJSON *item)
{
    return is_text(item) && *item->valuestring && strlen(item->valuestring) <= PROCESS_MAX;
}

/* How many fields of ITEM the one called NAME is: 1, or 0 where there is none; -1: it does not
 * FIT. */
static int optional(const cJSON *item, const char *name, bool (*fits)(const cJSON *))
{
    const cJSON *field = part(item, name);
    return !field ? 0 : fits(field) ? 1 : -1;
}

/* Revision and cursor stand there together, or neither does. */
static bool is_report(const cJSON *item)
{
    static const struct {
        const char *name;
        bool (*fits)(const cJSON *);
    } fields[] = {{"ended", is_number},
                  {"ending", is_number},
                  {"process", is_process},
                  {"breakGlass", is_glass}};
    int cursor = optional(item, "cursor", is_text), count = 2 + 2 * cursor;
    if (!cJSON_IsObject(item) || cursor < 0 || optional(item, "revision", is_number) != cursor)
        return false;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int there = optional(item, fields[i].name, fields[i].fits);
        if (there < 0)
            return false;
        count += there;
    }
    return is_age(part(item, "age")) && is_version(part(item, "version")) &&
           cJSON_GetArraySize(item) == count;
}

static bool is_bool(const cJSON *item)
{
    return cJSON_IsBool(item);
}

#define MUST_BE_TEXT   "must be a text of at most 255 bytes without control characters"
#define TEXT_SCHEMA    "\"type\":\"string\",\"maxLength\":255"
#define NUMBER_SCHEMA  "\"type\":\"integer\",\"minimum\":0"
#define TIME_SCHEMA    "\"type\":\"string\",\"format\":\"date-time\""
#define MUST_BE_NUMBER "must be a non-negative integer"

static const struct field_type type_text = {is_text, .must = MUST_BE_TEXT, .schema = TEXT_SCHEMA};
static const struct field_type type_text_or_null = {is_text, true, MUST_BE_TEXT, TEXT_SCHEMA};
static const struct field_type type_display = {
    is_display,
    .must =
        "must be a name of 1-100 characters: with a letter, digit or sign, no invisible character, "
        "single blanks between words, and letters of one script in a word",
    .schema = "\"type\":\"string\",\"minLength\":1,\"maxLength\":100"};
static const struct field_type type_email = {
    is_email, .must = "must be an e-mail address, NAME@DOMAIN in ASCII",
    .schema = "\"type\":\"string\",\"format\":\"email\",\"maxLength\":254"};
static const struct field_type type_username = {
    is_username, .must = "must be a login name: a-z or _, then up to 31 of a-z 0-9 _ . -",
    .schema = "\"type\":\"string\",\"pattern\":\"^[a-z_][a-z0-9_.-]{0,31}$\""};
static const struct field_type type_number = {is_number, .must = MUST_BE_NUMBER,
                                              .schema = NUMBER_SCHEMA};
static const struct field_type type_number_or_null = {is_number, true, MUST_BE_NUMBER,
                                                      NUMBER_SCHEMA};
static const struct field_type type_boolean = {is_bool, .must = "must be true or false",
                                               .schema = "\"type\":\"boolean\""};
static const struct field_type type_settings = {
    is_settings, .must = "must be an array of texts, each NAME=VALUE",
    .schema = "\"type\":\"array\",\"items\":{\"type\":\"string\"}"};
static const struct field_type type_days = {
    is_days, .must = "must be 0, for no limit, or 1-36500",
    .schema = "\"type\":\"integer\",\"minimum\":0,\"maximum\":36500"};
static const struct field_type type_adders = {
    is_adders, .must = "must be members or admins",
    .schema = "\"type\":\"string\",\"enum\":[\"members\",\"admins\"]"};
static const struct field_type type_key = {
    is_key, .must = "must be a text: a public ssh key, as in an .pub file",
    .schema = "\"type\":\"string\",\"maxLength\":16384"};
static const struct field_type type_proof = {
    is_proof,
    .must = "must be a text of at most 8192 characters: what the browser gives, in base64url",
    .schema = "\"type\":\"string\",\"maxLength\":8192"};
static const struct field_type type_machine = {
    is_machine, .must = "must be a host's name: 1-63 of a-z 0-9 . -, a letter or digit first",
    .schema = "\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9.-]{0,62}$\""};
static const struct field_type type_labels = {
    is_labels,
    .must = "must be labels KEY=VALUE, of a-z 0-9 . _ -, with commas between them, each key once: "
            "at most 255 characters",
    .schema = "\"type\":\"string\",\"maxLength\":255"};
static const struct field_type type_numbers = {
    is_numbers, .must = "must be FIRST-LAST PLACEMENT, such as 2000400000-2147483645 blake2b",
    .schema = "\"type\":\"string\",\"pattern\":\"^[0-9]{1,10}-[0-9]{1,10} [a-z0-9]{1,16}$\""};
static const struct field_type type_ca = {
    is_ca, .must = "must be certificates in PEM, at most 16384 characters",
    .schema = "\"type\":\"string\",\"maxLength\":16384"};
static const struct field_type type_report = {
    is_report,
    .must = "must be an object of age (seconds), version, and perhaps ended, ending, revision and "
            "cursor, process (at most 64 bytes), and breakGlass (at, until, reason)",
    .schema = "\"type\":\"object\",\"additionalProperties\":false,"
              "\"required\":[\"age\",\"version\"],"
              "\"properties\":{\"revision\":{" NUMBER_SCHEMA "},\"cursor\":{" TEXT_SCHEMA
              "},\"age\":{" NUMBER_SCHEMA ",\"maximum\":3155760000},\"ended\":{" NUMBER_SCHEMA
              "},\"ending\":{" NUMBER_SCHEMA "},"
              "\"version\":{\"type\":\"string\",\"maxLength\":31},"
              "\"process\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
              "\"breakGlass\":{\"type\":\"object\",\"additionalProperties\":false,"
              "\"required\":[\"at\",\"until\",\"reason\"],\"properties\":{"
              "\"at\":{" TIME_SCHEMA "},\"until\":{" TIME_SCHEMA "},"
              "\"reason\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}}}}"};
static const struct field_type type_permissions = {
    permissions_valid,
    .must = "must be an array of org:view, org:manage, members:view, members:manage, access:manage",
    .schema =
        "\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"org:view\",\"org:manage\","
        "\"members:view\",\"members:manage\",\"access:manage\"]}"};
static const struct field_type type_services = {
    services_valid,
    .must = "must be an array of PAM services, each of A-Z a-z 0-9 . _ - and there once: at most "
            "255 characters with a comma between",
    .schema = "\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"string\","
              "\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$\"}"};

/* --- the table --- */

#define WANTS(name, type)                                                                          \
    {                                                                                              \
        name, &type_##type, true                                                                   \
    }
#define TAKES(name, type)                                                                          \
    {                                                                                              \
        name, &type_##type, false                                                                  \
    }
#define PAGE TAKES("after", text), TAKES("limit", number)

/* Of every endpoint with a permission. */
static const struct body_field organization_id = WANTS("organizationId", text);

static const struct endpoint endpoints[] = {
    {"/organizations/create", organization_create, .change = true,
     .fields = {WANTS("name", display)}},
    {"/organizations/get", organization_get, .permission = PERMISSION_ORG_VIEW, .machine = true},
    {"/organizations/list", .handler = organization_list},
    {"/organizations/update", organization_update, .permission = PERMISSION_ORG_MANAGE,
     .own_members = true, .change = true, .removal = true,
     .fields = {TAKES("name", display), TAKES("selfRename", boolean), TAKES("keyAdders", adders),
                TAKES("keyDays", days), TAKES("securityKeysOnly", boolean),
                TAKES("showMachines", boolean)}},
    {"/organizations/delete", organization_delete, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .removal = true, .frees = true, .lasts = true,
     .fields = {WANTS("name", display)}},
    {"/organizations/roles", .handler = role_list, .machine = true,
     .fields = {TAKES("organizationId", text)}},
    {"/organizations/roles/set", role_set, .permission = PERMISSION_ORG_MANAGE, .own_members = true,
     .change = true, .removal = true, .lasts = true,
     .fields = {WANTS("role", text), WANTS("permissions", permissions)}},
    {"/organizations/roles/remove", role_remove, .permission = PERMISSION_ORG_MANAGE,
     .own_members = true, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("role", text)}},
    {"/organizations/members/list", member_list, .permission = PERMISSION_MEMBERS_VIEW,
     .machine = true, .fields = {TAKES("match", text), PAGE}},
    {"/organizations/members/set-role", member_set_role, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .removal = true,
     .fields = {WANTS("userId", text), WANTS("role", text), TAKES("until", text_or_null)}},
    {"/organizations/members/remove", member_remove, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .removal = true, .frees = true, .uses = true,
     .fields = {WANTS("userId", text)}},
    {"/organizations/members/suspend", member_suspend, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .removal = true, .frees = true, .uses = true,
     .fields = {WANTS("userId", text)}},
    {"/organizations/members/resume", member_resume, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .fields = {WANTS("userId", text)}},
    {"/organizations/members/revoke-tokens", member_revoke_tokens,
     .permission = PERMISSION_ORG_MANAGE, .own_members = true, .change = true, .removal = true,
     .frees = true, .fields = {WANTS("userId", text)}},
    {"/organizations/members/changes", member_changes, .permission = PERMISSION_MEMBERS_VIEW,
     .machine = true,
     .fields = {WANTS("since", number), TAKES("cursor", text), TAKES("wait", number),
                TAKES("report", report), TAKES("fresh", boolean)}},
    {"/organizations/members/keys/list", member_key_list, .permission = PERMISSION_MEMBERS_VIEW,
     .own_members = true, .fields = {WANTS("userId", text)}},
    {"/organizations/members/keys/add", member_key_add, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .tries = true,
     .fields = {WANTS("userId", text), WANTS("key", key), TAKES("expiresAt", text_or_null)}},
    {"/organizations/members/keys/remove", member_key_remove,
     .permission = PERMISSION_MEMBERS_MANAGE, .own_members = true, .change = true, .removal = true,
     .frees = true, .fields = {WANTS("userId", text), WANTS("fingerprint", text)}},
    {"/organizations/teams/create", team_create, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true,
     .fields = {WANTS("name", display), TAKES("slug", username)}},
    {"/organizations/teams/update", team_update, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true,
     .fields = {WANTS("id", text), TAKES("name", display), TAKES("slug", username)}},
    {"/organizations/teams/delete", team_delete, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("id", text)}},
    {"/organizations/teams/list", team_list, .permission = PERMISSION_MEMBERS_VIEW,
     .own_members = true, .fields = {PAGE}},
    {"/organizations/teams/members", team_members, .permission = PERMISSION_MEMBERS_VIEW,
     .own_members = true, .fields = {WANTS("id", text), PAGE}},
    {"/organizations/teams/add", team_add, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .lasts = true,
     .fields = {WANTS("id", text), WANTS("userId", text)}},
    {"/organizations/teams/remove", team_take, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("id", text), WANTS("userId", text)}},
    {"/organizations/invitations/create", invitation_create,
     .permission = PERMISSION_MEMBERS_MANAGE, .own_members = true, .change = true,
     .fields = {WANTS("email", email), TAKES("role", text), TAKES("username", username)}},
    {"/organizations/invitations/resend", invitation_resend,
     .permission = PERMISSION_MEMBERS_MANAGE, .own_members = true, .change = true,
     .fields = {WANTS("id", text)}},
    {"/organizations/invitations/revoke", invitation_revoke,
     .permission = PERMISSION_MEMBERS_MANAGE, .own_members = true, .change = true, .removal = true,
     .frees = true, .fields = {WANTS("id", text)}},
    {"/organizations/invitations/list", invitation_list, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .fields = {PAGE}},
    {"/organizations/invitations/offer", invitation_offer, .open = true, .attempt = true,
     .fields = {WANTS("token", text), TAKES("username", text)}},
    {"/organizations/invitations/accept", invitation_accept, .change = true, .open = true,
     .attempt = true,
     .fields = {WANTS("token", text), TAKES("username", username), TAKES("name", display),
                TAKES("key", key)}},
    {"/organizations/join-codes/create", join_code_create, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true,
     .fields = {TAKES("role", text), TAKES("maxUses", number_or_null),
                TAKES("expiresAt", text_or_null)}},
    {"/organizations/join-codes/list", join_code_list, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .fields = {PAGE}},
    {"/organizations/join-codes/revoke", join_code_revoke, .permission = PERMISSION_MEMBERS_MANAGE,
     .own_members = true, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("id", text)}},
    {"/organizations/join-codes/join", join_code_join, .change = true, .attempt = true,
     .fields = {WANTS("code", text)}},
    {"/organizations/machines/invite", machine_invite, .permission = PERMISSION_ORG_MANAGE,
     .change = true,
     .fields = {WANTS("name", machine), TAKES("labels", labels), TAKES("ca", ca),
                TAKES("numbers", numbers)}},
    {"/organizations/machines/list", machine_list, .permission = PERMISSION_ORG_MANAGE,
     .uses = true, .fields = {PAGE}},
    {"/organizations/machines/set-labels", machine_set_labels, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .removal = true, .lasts = true,
     .fields = {WANTS("id", text), WANTS("labels", labels)}},
    {"/organizations/machines/revoke", machine_revoke, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .removal = true, .frees = true, .fields = {WANTS("id", text)}},
    {"/organizations/machines/applied", machine_applied, .permission = PERMISSION_MEMBERS_MANAGE,
     .fields = {WANTS("revision", number)}},
    {"/organizations/machines/usable", machine_usable, .permission = PERMISSION_ORG_VIEW},
    {"/organizations/machines/enroll", machine_enroll, .change = true, .open = true,
     .attempt = true, .fields = {WANTS("code", text)}},
    {"/organizations/access/list", access_list, .permission = PERMISSION_ORG_VIEW,
     .fields = {PAGE}},
    {"/organizations/access/add", access_add, .permission = PERMISSION_ACCESS_MANAGE,
     .change = true, .removal = true, .lasts = true,
     .fields = {TAKES("role", text), TAKES("team", text), TAKES("labels", labels),
                TAKES("services", services)}},
    {"/organizations/access/remove", access_remove, .permission = PERMISSION_ACCESS_MANAGE,
     .change = true, .removal = true, .frees = true, .lasts = true, .fields = {WANTS("id", text)}},
    {"/organizations/tokens/create", token_create, .permission = PERMISSION_ORG_MANAGE,
     .change = true,
     .fields = {TAKES("name", display), TAKES("env", text), TAKES("role", text),
                TAKES("expiresAt", text_or_null)}},
    {"/organizations/tokens/list", token_list, .permission = PERMISSION_ORG_MANAGE, .uses = true,
     .fields = {PAGE}},
    {"/organizations/tokens/rotate", token_rotate, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .lasts = true, .fields = {WANTS("key", text), TAKES("overlap", number)}},
    {"/organizations/tokens/revoke", token_revoke, .permission = PERMISSION_ORG_MANAGE,
     .change = true, .removal = true, .frees = true, .fields = {WANTS("key", text)}},
    /* and org:manage or members:manage, which the handler checks */
    {"/organizations/audit/list", event_list, .permission = PERMISSION_ORG_VIEW,
     .fields = {TAKES("action", text), TAKES("actor", text), TAKES("from", text), TAKES("to", text),
                PAGE}},
    {"/organizations/audit/export", event_export, .permission = PERMISSION_ORG_VIEW,
     .fields = {TAKES("since", number)}},
    {"/users/whoami", .handler = whoami, .machine = true},
    {"/users/account", account, .uses = true},
    {"/users/update", user_update, .change = true,
     .fields = {TAKES("username", username), TAKES("name", display)}},
    {"/users/keys/add", key_add, .change = true,
     .fields = {WANTS("key", key), TAKES("expiresAt", text_or_null)}},
    {"/users/keys/list", .handler = key_list},
    {"/users/keys/remove", key_remove, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("fingerprint", text)}},
    {"/users/tokens/create", user_token_create, .change = true,
     .fields = {TAKES("name", display), TAKES("expiresAt", text_or_null)}},
    {"/users/tokens/list", user_token_list, .uses = true, .fields = {PAGE}},
    {"/users/tokens/rotate", user_token_rotate, .change = true,
     .fields = {WANTS("key", text), TAKES("overlap", number)}},
    {"/users/tokens/revoke", user_token_revoke, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("key", text)}},
    {"/users/passkeys/begin", passkey_begin, .open = true},
    {"/users/passkeys/add", passkey_add, .change = true,
     .fields = {TAKES("name", display), WANTS("clientData", proof),
                WANTS("authenticatorData", proof)}},
    {"/users/passkeys/list", .handler = passkey_list},
    {"/users/passkeys/remove", passkey_remove, .change = true, .removal = true, .frees = true,
     .fields = {WANTS("id", text)}},
    {"/users/sign-in", sign_in, .change = true, .open = true, .attempt = true,
     .fields = {TAKES("name", display), WANTS("id", text), WANTS("clientData", proof),
                WANTS("authenticatorData", proof), WANTS("signature", proof)}},
    {"/users/sign-in/link", sign_in_link, .change = true},
    {"/users/sign-in/by-link", sign_in_by_link, .change = true, .open = true, .attempt = true,
     .fields = {TAKES("name", display), WANTS("code", text)}},
    {"/users/sign-out", sign_out, .change = true, .removal = true, .frees = true},
    {"/users/sign-in/by-mail", sign_in_by_mail, .change = true, .open = true, .counts = true,
     .fields = {WANTS("email", email)}},
    {"/users/device/authorize", device_authorize, .change = true, .open = true, .counts = true,
     .oauth = OAUTH_BEGIN, .fields = {WANTS("client_id", text), TAKES("host", display)}},
    {"/users/device/token", device_token, .change = true, .open = true, .attempt = true,
     .oauth = OAUTH_POLL,
     .fields = {WANTS("grant_type", text), WANTS("client_id", text), WANTS("device_code", text)}},
    {"/users/device/show", device_show, .attempt = true, .fields = {WANTS("userCode", text)}},
    {"/users/device/approve", device_approve, .change = true, .attempt = true, .proof = true,
     .fields = {WANTS("userCode", text), WANTS("id", text), WANTS("clientData", proof),
                WANTS("authenticatorData", proof), WANTS("signature", proof)}},
    {"/users/device/deny", device_deny, .change = true, .removal = true, .frees = true,
     .attempt = true, .fields = {WANTS("userCode", text)}},
    {"/users/recover", user_recover, .change = true, .open = true, .counts = true,
     .fields = {WANTS("email", email)}},
    {"/users/recover/confirm", user_recover_confirm, .change = true, .open = true, .attempt = true,
     .fields = {WANTS("code", text), TAKES("keepTokens", boolean)}},
    {"/operator/users/list", operator_user_list, .operator= true, .fields = {PAGE}},
    {"/operator/users/show", operator_user_show, .operator= true, .fields = {WANTS("user", text)}},
    {"/operator/users/token", operator_user_token, .operator= true, .change = true,
     .fields = {WANTS("user", text), TAKES("endOthers", boolean)}},
    {"/operator/users/disable", operator_user_disable, .operator= true, .change = true,
     .removal = true, .fields = {WANTS("user", text)}},
    {"/operator/users/enable", operator_user_enable, .operator= true, .change = true,
     .fields = {WANTS("user", text)}},
    {"/operator/users/let-create", operator_user_let_create, .operator= true, .change = true,
     .fields = {WANTS("user", text), WANTS("may", text)}},
    {"/operator/users/rename", operator_user_rename, .operator= true, .change = true,
     .fields = {WANTS("user", text), WANTS("username", username)}},
    {"/operator/users/set-email", operator_user_set_email, .operator= true, .change = true,
     .fields = {WANTS("user", text), WANTS("email", email)}},
    {"/operator/users/erase", operator_user_erase, .operator= true, .change = true, .removal = true,
     .fields = {WANTS("user", text)}},
    {"/operator/organizations/list", operator_organization_list, .operator= true, .fields = {PAGE}},
    {"/operator/organizations/owner", operator_organization_owner, .operator= true, .change = true,
     .fields = {WANTS("organization", text), WANTS("user", text)}},
    {"/operator/organizations/delete", operator_organization_delete, .operator= true,
     .change = true, .removal = true, .fields = {WANTS("organization", text)}},
    {"/operator/mirrors/list", operator_mirror_list, .operator= true, .fields = {PAGE}},
    {"/operator/mirrors/add", operator_mirror_add, .operator= true, .change = true,
     .fields = {WANTS("organization", text), WANTS("provider", text), TAKES("url", text),
                TAKES("tokenFile", text), TAKES("caFile", text), TAKES("proxy", text),
                TAKES("options", settings), TAKES("webhookSecretFile", text),
                TAKES("poll", number)}},
    {"/operator/mirrors/token", operator_mirror_token, .operator= true, .change = true,
     .fields = {WANTS("organization", text)}},
    {"/operator/events/list", operator_event_list, .operator= true,
     .fields = {TAKES("organization", text), PAGE}},
    {"/operator/events/prune", operator_event_prune, .operator= true, .change = true,
     .removal = true, .fields = {WANTS("before", text), TAKES("again", boolean)}},
};

const struct endpoint *endpoint_find(const char *path, bool operator)
{
    static const char prefix[] = "/v1";
    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        if (strcmp(endpoints[i].path, path + sizeof prefix - 1) == 0)
            return endpoints[i].operator== operator? &endpoints[i] : NULL;
    return NULL;
}

const struct endpoint *endpoint_at(size_t i)
{
    return i < sizeof endpoints / sizeof *endpoints ? &endpoints[i] : NULL;
}

const struct body_field *endpoint_field(const struct endpoint *e, size_t i)
{
    if (e->permission && i == 0)
        return &organization_id;
    i -= e->permission ? 1 : 0;
    return i < FIELDS_MAX && e->fields[i].name ? &e->fields[i] : NULL;
}

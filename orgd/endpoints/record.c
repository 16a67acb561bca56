#include "orgd/endpoints/record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DATE_FORMAT "%Y-%m-%dT%H:%M:%S"

void time_text(int64_t ms, char text[TIME_TEXT_SIZE])
{
    char date[32];
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, DATE_FORMAT, &tm);
    snprintf(text, TIME_TEXT_SIZE, "%s.%03dZ", date, (int)(ms % 1000));
}

static void add_time(cJSON *object, const char *name, int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    time_text(ms, text);
    cJSON_AddStringToObject(object, name, text);
}

void record_time_or_null(cJSON *object, const char *name, int64_t ms)
{
    if (ms)
        add_time(object, name, ms);
    else
        cJSON_AddNullToObject(object, name);
}

static void add_maker(cJSON *object, const struct maker *maker)
{
    if (maker->id[0])
        cJSON_AddStringToObject(object, "maker", maker->id);
    else
        cJSON_AddNullToObject(object, "maker");
    cJSON_AddStringToObject(object, "makerName", maker->name);
}

static void add_use(cJSON *object, const struct use *use)
{
    record_time_or_null(object, "lastUsedAt", use->at);
    cJSON_AddStringToObject(object, "lastUsedFrom", use->from);
}

const char *end_text(int64_t ms, char *text, size_t size)
{
    char end[TIME_TEXT_SIZE] = "";
    if (ms)
        time_text(ms, end);
    snprintf(text, size, "%s%s", ms ? ", until " : "", end);
    return text;
}

cJSON *permissions_json(unsigned permissions)
{
    cJSON *array = cJSON_CreateArray();
    for (enum permission p = 1; p <= PERMISSION_LAST; p <<= 1)
        if (permissions & p)
            cJSON_AddItemToArray(array, cJSON_CreateString(permission_name(p)));
    return array;
}

unsigned permissions_parse(const cJSON *array)
{
    unsigned permissions = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array) permissions |= permission_parse(cJSON_GetStringValue(item));
    return permissions;
}

cJSON *error_json(const char *reason, const char *message, const char *request)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddFalseToObject(object, "ok");
    cJSON_AddStringToObject(object, "reason", reason);
    cJSON_AddStringToObject(object, "message", message);
    cJSON_AddStringToObject(object, "requestId", request);
    return object;
}

cJSON *organization_json(const struct organization *organization)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", organization->id);
    cJSON_AddStringToObject(object, "name", organization->name);
    cJSON_AddBoolToObject(object, "selfRename", organization->self_rename);
    cJSON_AddStringToObject(object, "keyAdders", organization->keys.admins ? "admins" : "members");
    cJSON_AddNumberToObject(object, "keyDays", (double)organization->keys.days);
    cJSON_AddBoolToObject(object, "securityKeysOnly", organization->keys.security);
    cJSON_AddBoolToObject(object, "showMachines", organization->show_machines);
    add_time(object, "createdAt", organization->created);
    return object;
}

static cJSON *person_json(const struct user *user, const char *id_name)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, id_name, user->id);
    cJSON_AddStringToObject(object, "email", user->email);
    cJSON_AddStringToObject(object, "username", user->username);
    cJSON_AddStringToObject(object, "name", user->name);
    return object;
}

cJSON *user_json(const struct user *user)
{
    return person_json(user, "id");
}

cJSON *account_json(const struct user *user)
{
    cJSON *object = user_json(user);
    cJSON_AddStringToObject(object, "state", user->disabled ? "disabled" : "active");
    add_time(object, "createdAt", user->created);
    return object;
}

const char *state_name(const struct member *member)
{
    static const char *const names[] = {[MEMBERSHIP_REMOVED] = "removed",
                                        [MEMBERSHIP_SUSPENDED] = "suspended",
                                        [MEMBERSHIP_ACTIVE] = "active"};
    return names[membership_state(member)];
}

static cJSON *term_json(const struct role_term *term)
{
    cJSON *object = cJSON_CreateObject();
    add_time(object, "at", term->ends);
    cJSON_AddStringToObject(object, "role", term->after.name);
    cJSON_AddItemToObject(object, "permissions", permissions_json(term->after.permissions));
    return object;
}

void role_add_json(cJSON *object, const struct role *role, const struct role_term *term)
{
    cJSON_AddStringToObject(object, "role", role->name);
    cJSON_AddItemToObject(object, "permissions", permissions_json(role->permissions));
    if (term->ends)
        cJSON_AddItemToObject(object, "roleEnd", term_json(term));
}

cJSON *member_json(const struct member *member)
{
    cJSON *object = person_json(&member->user, "userId");
    role_add_json(object, &member->role, &member->term);
    cJSON_AddStringToObject(object, "state", state_name(member));
    if (member->teams)
        cJSON_AddRawToObject(object, "teams", member->teams);
    if (member->keys)
        cJSON_AddRawToObject(object, "keys", member->keys);
    add_time(object, "joinedAt", member->joined);
    return object;
}

cJSON *key_json(const struct user_key *key)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "type", key->type);
    cJSON_AddStringToObject(object, "blob", key->blob);
    cJSON_AddStringToObject(object, "fingerprint", key->fingerprint);
    cJSON_AddStringToObject(object, "comment", key->comment);
    add_time(object, "addedAt", key->created);
    record_time_or_null(object, "expiresAt", key->expires);
    return object;
}

cJSON *team_json(const struct team *team)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", team->id);
    cJSON_AddStringToObject(object, "slug", team->slug);
    cJSON_AddStringToObject(object, "name", team->name);
    add_time(object, "createdAt", team->created);
    return object;
}

cJSON *invitation_json(const struct invitation *invitation)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", invitation->id);
    cJSON_AddStringToObject(object, "email", invitation->email);
    cJSON_AddStringToObject(object, "role", invitation->role);
    if (invitation->username[0])
        cJSON_AddStringToObject(object, "username", invitation->username);
    add_maker(object, &invitation->maker);
    add_time(object, "createdAt", invitation->created);
    add_time(object, "expiresAt", invitation->expires);
    return object;
}

cJSON *token_json(const struct token *token, const struct secret *secret)
{
    char bearer[CREDENTIAL_SIZE];
    snprintf(bearer, sizeof bearer, "%s:%s", token->key, secret->text);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "key", token->key);
    cJSON_AddStringToObject(object, "secret", secret->text);
    cJSON_AddStringToObject(object, "lastFour", token->last_four);
    cJSON_AddStringToObject(object, "bearer", bearer);
    if (token->organization[0])
        cJSON_AddStringToObject(object, "role", token->role.name);
    record_time_or_null(object, "expiresAt", token->expires);
    return object;
}

/* How its user came by it. */
static const char *token_kind(const struct token *token)
{
    if (token->session)
        return "session";
    if (token->link)
        return "link";
    return token->device ? "device" : "token";
}

cJSON *token_list_json(const struct token *token)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "key", token->key);
    cJSON_AddStringToObject(object, "name", token->name);
    if (token->organization[0])
        cJSON_AddStringToObject(object, "role", token->role.name);
    cJSON_AddStringToObject(object, "env", token->test ? "test" : "live");
    cJSON_AddStringToObject(object, "lastFour", token->last_four);
    add_time(object, "createdAt", token->created);
    record_time_or_null(object, "expiresAt", token->expires);
    add_use(object, &token->last);
    if (!token->organization[0]) {
        cJSON_AddStringToObject(object, "kind", token_kind(token));
        return object;
    }
    add_maker(object, &token->maker);
    cJSON_AddBoolToObject(object, "makerLeft", token->maker_left);
    return object;
}

cJSON *join_code_json(const struct join_code *code)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", code->id);
    cJSON_AddStringToObject(object, "role", code->role);
    if (code->max_uses)
        cJSON_AddNumberToObject(object, "maxUses", (double)code->max_uses);
    else
        cJSON_AddNullToObject(object, "maxUses");
    cJSON_AddNumberToObject(object, "uses", (double)code->uses);
    add_maker(object, &code->maker);
    add_time(object, "createdAt", code->created);
    record_time_or_null(object, "expiresAt", code->expires);
    add_use(object, &code->last);
    return object;
}

cJSON *machine_json(const struct machine *machine)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", machine->id);
    cJSON_AddStringToObject(object, "name", machine->name);
    cJSON_AddStringToObject(object, "labels", machine->labels);
    add_maker(object, &machine->maker);
    add_time(object, "createdAt", machine->created);
    record_time_or_null(object, "expiresAt", machine->expires);
    record_time_or_null(object, "enrolledAt", machine->enrolled.at);
    cJSON_AddStringToObject(object, "enrolledFrom", machine->enrolled.from);
    if (machine->token[0])
        cJSON_AddStringToObject(object, "token", machine->token);
    else
        cJSON_AddNullToObject(object, "token");
    add_use(object, &machine->last);
    cJSON_AddNumberToObject(object, "refused", (double)machine->refused);
    record_time_or_null(object, "refusedAt", machine->refusal.at);
    cJSON_AddStringToObject(object, "refusedFrom", machine->refusal.from);
    record_time_or_null(object, "sharedAt", machine->shared.at);
    cJSON_AddStringToObject(object, "sharedFrom", machine->shared.from);
    cJSON_AddStringToObject(object, "numbers", machine->numbers);
    return object;
}

cJSON *report_json(const struct report *report, int64_t revision)
{
    cJSON *object = cJSON_CreateObject();
    add_time(object, "at", report->at);
    cJSON_AddStringToObject(object, "version", report->version);
    if (report->revision > 0)
        cJSON_AddNumberToObject(object, "behind", (double)(revision - report->revision));
    else
        cJSON_AddNullToObject(object, "behind");
    add_time(object, "snapshotAt", report->made);
    cJSON_AddNumberToObject(object, "ended", (double)report->ended);
    cJSON_AddNumberToObject(object, "ending", (double)report->ending);
    return object;
}

cJSON *event_json(const struct event *event)
{
    cJSON *object = cJSON_CreateObject();
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)event->id);
    cJSON_AddStringToObject(object, "id", id);
    add_time(object, "at", event->at);
    cJSON_AddStringToObject(object, "actor", event->actor);
    cJSON_AddStringToObject(object, "actorName", event->actor_name);
    cJSON_AddStringToObject(object, "action", event->action);
    cJSON_AddStringToObject(object, "subject", event->subject);
    cJSON_AddStringToObject(object, "subjectName", event->subject_name);
    cJSON_AddStringToObject(object, "detail", event->detail);
    cJSON_AddStringToObject(object, "from", event->from);
    cJSON_AddStringToObject(object, "requestId", event->request);
    return object;
}

void mail_date(int64_t ms, char *text, size_t size)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, size, "%a, %d %b %Y %H:%M:%S +0000", &tm); /* orgd never sets a locale */
}

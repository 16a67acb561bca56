#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define USES_MAX     1000000
#define CODE_LIFE_MS (30LL * 24 * 3600 * 1000)

/* The body's maxUses; 0, without limit, for null or none. */
static bool uses_wanted(struct call *call, int64_t *most)
{
    *most = 0;
    if (!cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(call->body, "maxUses")))
        return true;
    *most = call_number(call, "maxUses");
    if (*most >= 1 && *most <= USES_MAX)
        return true;
    call_fail(call, 400, "invalid", "maxUses: must be 1-%d, or null for no limit", USES_MAX);
    return false;
}

/* "admin, 1 uses, until 2026-01-02T03:04:05.000Z" */
static void code_event(struct call *call, const struct join_code *code)
{
    char uses[32] = "", end[TIME_TEXT_SIZE + 8];
    if (code->max_uses)
        snprintf(uses, sizeof uses, ", %lld uses", (long long)code->max_uses);
    call_event(call, code->organization, "join-code.create", code->id, "", "%s%s%s", code->role,
               uses, end_text(code->expires, end, sizeof end));
}

void join_code_create(struct call *call)
{
    struct join_code code = {.created = now_ms()};
    struct role role;
    if (!uses_wanted(call, &code.max_uses) ||
        !call_end(call, code.created + CODE_LIFE_MS, &code.expires) || !call_role(call, &role) ||
        !call_gives(call, &role, 0) ||
        !call_room(call, QUOTA_JOIN_CODES,
                   store_join_codes_left(call->store, call->organization.id, code.created)))
        return;
    struct secret secret;
    call_shorten(call, PERMISSION_MEMBERS_MANAGE, &code.expires);
    secret_make(&secret);
    id_make("code_", code.id);
    snprintf(code.organization, sizeof code.organization, "%s", call->organization.id);
    snprintf(code.role, sizeof code.role, "%s", role.name);
    memcpy(code.hash, secret.hash, sizeof code.hash);
    code.maker = call_maker(call);
    store_join_code_add(call->store, &code);
    code_event(call, &code);

    char credential[CREDENTIAL_SIZE];
    snprintf(credential, sizeof credential, "%s:%s", code.id, secret.text);
    cJSON *reply = join_code_json(&code);
    cJSON_AddStringToObject(reply, "code", credential);
    call_reply(call, reply);
    sodium_memzero(&secret, sizeof secret);
    sodium_memzero(credential, sizeof credential);
}

static void add_join_code(const struct join_code *code, void *arg)
{
    page_add(arg, code->created, code->id, join_code_json(code));
}

void join_code_list(struct call *call)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    store_join_codes(call->store, call->organization.id, &page.after, page.limit + 1, add_join_code,
                     &page);
    call_page_reply(call, &page, "joinCodes");
}

void join_code_revoke(struct call *call)
{
    struct join_code code;
    bool there = store_join_code(call->store, call_text(call, "id"), &code) &&
                 strcmp(code.organization, call->organization.id) == 0;
    if (there)
        join_code_remove(call, &code);
    call_revoked(call, there);
}

void join_code_remove(struct call *call, const struct join_code *code)
{
    store_join_code_remove(call->store, code->id);
    call_event(call, code->organization, "join-code.revoke", code->id, "", "%s", code->role);
}

static void code_absent(struct call *call)
{
    call_fail(call, 404, "code_not_found",
              "There is no such join code; it may be used up, expired or revoked.");
}

/* True if *CODE is now the one that the body names. */
static bool code_find(struct call *call, struct join_code *code)
{
    char id[ID_SIZE];
    unsigned char hash[SECRET_HASH_SIZE];
    return secret_split(call_text(call, "code"), id, hash) &&
           store_join_code(call->store, id, code) && secret_same(hash, code->hash) &&
           (code->expires == 0 || code->expires > now_ms());
}

/* The code that the body names, with its organization locked; fails the call without one. */
static bool code_open(struct call *call, struct join_code *code)
{
    if (code_find(call, code)) {
        store_lock(call->store, code->organization);
        if (code_find(call, code))
            return true;
    }
    code_absent(call);
    return false;
}

enum joining { JOINED, ALREADY_MEMBER };

static void join_reply(struct call *call, const char *organization, const char *role,
                       enum joining joining)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddStringToObject(reply, "organizationId", organization);
    cJSON_AddStringToObject(reply, "role", role);
    cJSON_AddBoolToObject(reply, "alreadyMember", joining == ALREADY_MEMBER);
    call_reply(call, reply);
}

/* Whether a use is left is decided in the transaction that counts it. */
void join_code_join(struct call *call)
{
    struct join_code code;
    struct user user;
    struct member member = {0};
    if (!call_by_user(call, "join an organization") || !code_open(call, &code) ||
        !store_user(call->store, call->caller.user, &user))
        return;
    bool known = store_member(call->store, code.organization, user.id, &member);
    if (known && member.active) {
        join_reply(call, code.organization, member.role.name, ALREADY_MEMBER);
        return;
    }
    if (known) {
        call_fail(call, 403, "removed",
                  "You were removed from the organization: ask for an invitation.");
        return;
    }
    if (code.max_uses && code.uses >= code.max_uses) {
        code_absent(call);
        return;
    }
    if (!call_member_room(call, code.organization, user.id))
        return;
    member = (struct member){.user = user, .active = true, .joined = now_ms()};
    snprintf(member.role.name, sizeof member.role.name, "%s", code.role);
    struct use use = {.at = member.joined};
    snprintf(use.from, sizeof use.from, "%s", call->request->from);
    store_join_code_use(call->store, code.id, &use);
    call_member_change(call, code.organization, &member, NEWS_GATHERED);
    call_event(call, code.organization, "join-code.join", user.id, user.username, "%s, %s",
               code.role, code.id);
    join_reply(call, code.organization, code.role, JOINED);
}

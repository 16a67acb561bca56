#include "orgd/endpoints/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/reserved.h"
#include "common/rfc3339.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define MESSAGE_MAX 512

/* --- the body --- */

static const cJSON *field(const struct call *call, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(call->body, name);
}

const char *call_text(const struct call *call, const char *name)
{
    return cJSON_GetStringValue(field(call, name));
}

int64_t call_number(const struct call *call, const char *name)
{
    const cJSON *item = field(call, name);
    return item ? (int64_t)item->valuedouble : 0; /* the dispatcher saw that it is a whole number */
}

bool call_flag(const struct call *call, const char *name)
{
    return cJSON_IsTrue(field(call, name));
}

/* --- authorization --- */

/* When TOKEN last proved its user in ORGANIZATION. */
static int64_t proved_for(const struct token *token, const char *organization)
{
    bool in = strcmp(token->proved_in, organization) == 0 && token->proved_in_at > token->proved;
    return in ? token->proved_in_at : token->proved;
}

static void enter_fail(struct call *call, const char *organization)
{
    struct member member = {0};
    if (caller_kind(&call->caller) == CALLER_USER)
        store_member(call->store, organization, call->caller.user, &member);
    if (member.active && !member_proved(&member, organization, &call->caller))
        call_fail(
            call, 403, "token_outlived",
            "This token is from before you were removed, or your tokens were revoked: use the "
            "one that accepting the invitation or recovering the account gave you.");
    else if (membership_state(&member) == MEMBERSHIP_SUSPENDED)
        call_fail(call, 403, "suspended", "You are suspended from this organization.");
    else
        call_fail(call, 404, "organization_not_found",
                  "You are not a member of such an organization.");
}

static void permission_fail(struct call *call, enum permission permission)
{
    const struct role *full = &call->caller.role;
    if (caller_kind(&call->caller) == CALLER_ORGANIZATION && role_covers(full, permission))
        call_fail(call, 403, "forbidden",
                  "The token's maker lacks the permission %s by now, so that the token lacks it, "
                  "too: make another one.",
                  permission_name(permission));
    else
        call_fail(call, 403, "forbidden", "Your role %s lacks the permission %s.", call->role.name,
                  permission_name(permission));
}

bool call_enter(struct call *call, const char *organization, enum permission permission)
{
    if (!caller_role(call->store, &call->caller, organization, &call->role, &call->term) ||
        !store_organization(call->store, organization, &call->organization)) {
        enter_fail(call, organization);
        return false;
    }
    if (!role_covers(&call->role, permission)) {
        permission_fail(call, permission);
        return false;
    }
    return true;
}

bool call_by_user(struct call *call, const char *what)
{
    if (caller_kind(&call->caller) != CALLER_ORGANIZATION)
        return true;
    call_fail(call, 403, "forbidden", "An organization's token cannot %s.", what);
    return false;
}

bool call_role_find(struct call *call, const char *name, struct role *role)
{
    return role_builtin(name, role) || store_role(call->store, call->organization.id, name, role);
}

bool call_role(struct call *call, struct role *role)
{
    const char *name = call_text(call, "role");
    if (call_role_find(call, name ? name : "member", role))
        return true;
    call_fail(call, 400, "invalid", "role: the organization has no such role");
    return false;
}

bool call_covers(struct call *call, const struct role *role)
{
    if (role_may_give(&call->role, role))
        return true;
    call_fail(call, 403, "role_above_own", "The role %s can do more than yours, %s.", role->name,
              call->role.name);
    return false;
}

/* True if the caller, whose role ends, can give ROLE behind that as well. */
static bool gives_then(const struct role *after, const struct role *role)
{
    return role_covers(after, PERMISSION_MEMBERS_MANAGE) ? role_may_give(after, role)
                                                         : strcmp(after->name, role->name) == 0;
}

bool call_gives(struct call *call, const struct role *role, int64_t until)
{
    const struct role_term *term = &call->term;
    char end[TIME_TEXT_SIZE];
    if (!call_covers(call, role))
        return false;
    if (!term->ends || (until && until <= term->ends) || gives_then(&term->after, role))
        return true;
    time_text(term->ends, end);
    call_fail(call, 403, "role_above_own",
              "Your role %s ends at %s: until then, and no longer, you can give the role %s.",
              call->role.name, end, role->name);
    return false;
}

bool call_gives_name(struct call *call, const char *name)
{
    struct role role;
    return !call_role_find(call, name, &role) || call_gives(call, &role, 0);
}

void call_shorten(const struct call *call, enum permission permission, int64_t *ends)
{
    const struct role_term *term = &call->term;
    if (term->ends && !role_covers(&term->after, permission) && (*ends == 0 || *ends > term->ends))
        *ends = term->ends;
}

struct maker call_maker(const struct call *call)
{
    struct maker maker = call->caller.maker;
    struct user user;
    if (caller_kind(&call->caller) == CALLER_USER)
        snprintf(maker.id, sizeof maker.id, "%s", call->caller.user);
    if (maker.id[0] && store_user(call->store, maker.id, &user))
        snprintf(maker.name, sizeof maker.name, "%s", user.username);
    return maker;
}

/* --- checked fields --- */

bool call_time(struct call *call, const char *name, int64_t otherwise, int64_t *ms)
{
    const char *text = call_text(call, name);
    *ms = otherwise;
    if (!text || rfc3339_parse(text, ms))
        return true;
    call_fail(call, 400, "invalid", "%s: must be a time like 2026-01-02T03:04:05Z", name);
    return false;
}

/* The body's time NAME, which is to come. */
static bool end_named(struct call *call, const char *name, int64_t otherwise, int64_t *ms)
{
    const cJSON *item = field(call, name);
    if (!call_time(call, name, cJSON_IsNull(item) ? 0 : otherwise, ms))
        return false;
    if (!cJSON_IsString(item) || (*ms > now_ms() && *ms < STORE_FOREVER))
        return true;
    call_fail(call, 400, "invalid", "%s: must be a time to come, or null for no end", name);
    return false;
}

bool call_end(struct call *call, int64_t otherwise, int64_t *ms)
{
    return end_named(call, "expiresAt", otherwise, ms);
}

bool call_until(struct call *call, int64_t *ms)
{
    return end_named(call, "until", 0, ms);
}

const char *call_username_fault(struct call *call, const char *username, const char *user)
{
    char holder[ID_SIZE];
    if (reserved_name(username))
        return "username_reserved";
    bool free = !store_username_holder(call->store, username, holder) || strcmp(holder, user) == 0;
    return free ? NULL : "username_taken";
}

bool call_username(struct call *call, const char *username, const char *user)
{
    const char *fault = call_username_fault(call, username, user), *why = reserved_name(username);
    if (why)
        call_fail(call, 409, fault, "The username %s is reserved: %s.", username, why);
    else if (fault)
        call_fail(call, 409, fault, "The username %s is or was another user's.", username);
    return !fault;
}

/* --- answers --- */

static void answer_json(struct call_answer *answer, unsigned status, cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    answer->status = status;
    buffer_add(&answer->body, text, strlen(text), REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}

void call_reply(struct call *call, cJSON *object)
{
    answer_json(call->answer, 200, object);
}

void answer_fail(struct call_answer *answer, const char *request, unsigned status,
                 const char *reason, const char *message)
{
    buffer_free(&answer->body);
    answer_json(answer, status, error_json(reason, message, request));
}

void call_ok(struct call *call)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddTrueToObject(object, "ok");
    call_reply(call, object);
}

void call_revoked(struct call *call, bool revoked)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddTrueToObject(object, "ok");
    cJSON_AddBoolToObject(object, "revoked", revoked);
    call_reply(call, object);
}

void call_fail(struct call *call, unsigned status, const char *reason, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    answer_fail(call->answer, call->request->id, status, reason, message);
}

/* --- pages --- */

/* NUMBER.ID, as page_add's cursors are written. */
static bool cursor_parse(const char *text, struct cursor *cursor)
{
    char *end;
    cursor->number = strtoll(text, &end, 10);
    if (end == text || *end != '.' || strlen(end + 1) >= sizeof cursor->id)
        return false;
    snprintf(cursor->id, sizeof cursor->id, "%s", end + 1);
    return true;
}

bool call_page(struct call *call, struct page *page)
{
    const char *after = call_text(call, "after");
    int64_t limit = field(call, "limit") ? call_number(call, "limit") : LIST_MAX;
    *page = (struct page){.limit = (int)limit};
    if (limit < 1 || limit > LIST_MAX) {
        call_fail(call, 400, "invalid", "limit: must be 1-%d", LIST_MAX);
        return false;
    }
    if (after && !cursor_parse(after, &page->after)) {
        call_fail(call, 400, "invalid", "after: must be the \"next\" of a listing");
        return false;
    }
    return true;
}

static cJSON *page_list(struct page *page)
{
    if (!page->list)
        page->list = cJSON_CreateArray();
    return page->list;
}

bool page_add(struct page *page, int64_t number, const char *id, cJSON *item)
{
    if (page->count == page->limit) {
        page->more = true;
        cJSON_Delete(item);
        return false;
    }
    page->count++;
    page->after.number = number;
    snprintf(page->after.id, sizeof page->after.id, "%s", id);
    cJSON_AddItemToArray(page_list(page), item);
    return true;
}

void call_page_reply(struct call *call, struct page *page, const char *name)
{
    char next[ID_SIZE + 24];
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, name, page_list(page));
    snprintf(next, sizeof next, "%lld.%s", (long long)page->after.number, page->after.id);
    if (page->more)
        cJSON_AddStringToObject(reply, "next", next);
    else
        cJSON_AddNullToObject(reply, "next");
    call_reply(call, reply);
}

/* --- changes --- */

void call_changed(struct call *call, const char *id, enum news_kind news)
{
    struct changed entry = {.news = news};
    snprintf(entry.id, sizeof entry.id, "%s", id);
    buffer_add(&call->answer->changed, &entry, sizeof entry, REPLY_MAX);
}

bool call_room(struct call *call, enum quota quota, int64_t count)
{
    char text[QUOTA_TEXT_SIZE];
    if (count < quota_most(quota))
        return true;
    call_fail(call, 409, "quota", "%s", quota_text(quota, text));
    return false;
}

bool call_rate(struct call *call, enum quota quota, const char *who)
{
    char text[QUOTA_TEXT_SIZE];
    unsigned wait = call->run > 0 || call->request->again ? 0 : quota_take(quota, who);
    if (wait == 0)
        return true;
    call_fail(call, 429, "quota", "%s", quota_text(quota, text));
    call->answer->retry_s = wait;
    return false;
}

bool call_member_room(struct call *call, const char *organization, const char *user)
{
    unsigned most = quota_most(QUOTA_MEMBERS);
    return call_rate(call, QUOTA_CHANGES, organization) &&
           call_room(call, QUOTA_MEMBERS, store_member_count(call->store, organization, most)) &&
           call_room(call, QUOTA_MEMBERSHIPS, store_membership_count(call->store, user));
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

void call_lock_all(struct call *call, struct buffer *ids)
{
    if (ids->len > 0)
        qsort(ids->data, ids->len / ID_SIZE, ID_SIZE, compare_ids);
    for (size_t at = 0; at < ids->len; at += ID_SIZE)
        store_lock(call->store, ids->data + at);
}

void call_member_change(struct call *call, const char *organization, struct member *member,
                        enum news_kind news)
{
    member->revision = store_revision_next(call->store, organization);
    if (strcmp(organization, call->organization.id) == 0)
        call->organization.revision = member->revision;
    store_member_put(call->store, organization, member);
    call_changed(call, organization, news);
}

/* The actor's id and his name for people. */
static void event_actor(struct call *call, struct event *event)
{
    const struct token *token = &call->caller;
    struct user user;
    const char *id = token->user[0] ? token->user : token->key, *name = token->name;
    if (call->request->operator)
        name = "operator";
    if (token->user[0] && store_user(call->store, token->user, &user))
        name = user.username;
    snprintf(event->actor, sizeof event->actor, "%s", id);
    snprintf(event->actor_name, sizeof event->actor_name, "%s", name);
}

void call_event(struct call *call, const char *organization, const char *action,
                const char *subject, const char *subject_name, const char *format, ...)
{
    struct event event = {.at = now_ms()};
    va_list args;
    va_start(args, format);
    vsnprintf(event.detail, sizeof event.detail, format, args);
    va_end(args);
    event_actor(call, &event);
    snprintf(event.organization, sizeof event.organization, "%s", organization);
    snprintf(event.action, sizeof event.action, "%s", action);
    snprintf(event.subject, sizeof event.subject, "%s", subject);
    snprintf(event.subject_name, sizeof event.subject_name, "%s", subject_name);
    snprintf(event.from, sizeof event.from, "%s", call->request->from);
    snprintf(event.request, sizeof event.request, "%s", call->request->id);
    store_event_add(call->store, &event);
}

/* --- callers --- */

enum caller_kind caller_kind(const struct token *caller)
{
    if (caller->user[0])
        return CALLER_USER;
    return caller->organization[0] ? CALLER_ORGANIZATION : CALLER_NOBODY;
}

bool member_proved(const struct member *member, const char *organization, const struct token *token)
{
    return proved_for(token, organization) > member->removed;
}

bool member_opens(const struct member *member, const char *organization, const struct token *token)
{
    return membership_state(member) == MEMBERSHIP_ACTIVE &&
           member_proved(member, organization, token);
}

bool caller_find(struct store *store, const char *key, struct token *caller)
{
    return store_token(store, key, caller) && !caller->disabled &&
           (!caller->expires || caller->expires > now_ms());
}

/* The ROLE of an organization's token without the permissions that its maker lacks, who has HELD.
 */
static struct role role_limit(const struct role *held, const struct role *role)
{
    struct role limited = *held;
    if (role_may_give(held, role))
        return *role;
    limited.permissions = role->permissions & (held->permissions | PERMISSIONS_LOOK);
    return limited;
}

/* What an organization's token can do now. One whose maker is not known is from before makers were
 * written down, and keeps its role. */
static void token_role(struct store *store, const struct token *token, struct role *role,
                       struct role_term *term)
{
    static const struct role none = {.name = "none"};
    struct member member;
    *role = token->role;
    if (!token->maker.id[0])
        return;
    if (token->maker_left || !store_member(store, token->organization, token->maker.id, &member) ||
        membership_state(&member) != MEMBERSHIP_ACTIVE) {
        *role = role_limit(&none, &token->role);
        return;
    }
    *role = role_limit(&member.role, &token->role);
    term->ends = member.term.ends;
    term->after = role_limit(&member.term.after, &token->role);
}

bool caller_role(struct store *store, const struct token *caller, const char *organization,
                 struct role *role, struct role_term *term)
{
    struct member member;
    *term = (struct role_term){0};
    switch (caller_kind(caller)) {
    case CALLER_USER:
        if (!store_member(store, organization, caller->user, &member) ||
            !member_opens(&member, organization, caller))
            return false;
        *role = member.role;
        *term = member.term;
        return true;
    case CALLER_ORGANIZATION:
        if (strcmp(caller->organization, organization) != 0)
            return false;
        token_role(store, caller, role, term);
        return true;
    case CALLER_NOBODY:
        break;
    }
    return false;
}

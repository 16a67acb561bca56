/* Public ssh keys: a user's own, by which hosts let him in. */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/ssh_key.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"

#define KEYS_MAX 32 /* of a user, as many as a host takes */

/* Reads LINE, "TYPE BASE64 COMMENT"; fails the call when it is no key that may be used. */
static bool key_read(struct call *call, const char *line, struct user_key *out)
{
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key key;
    const char *comment, *why = ssh_key_parse(line, blob, &key, &comment);
    char text[SSH_KEY_TEXT_SIZE];
    if (why) {
        call_fail(call, 400, "invalid_key", "key: %s", why);
        return false;
    }
    ssh_key_print(&key, text);
    ssh_key_fingerprint(&key, out->fingerprint);
    snprintf(out->type, sizeof out->type, "%s", key.type);
    snprintf(out->blob, sizeof out->blob, "%s", strchr(text, ' ') + 1);
    snprintf(out->comment, sizeof out->comment, "%s", display_valid(comment) ? comment : "");
    return true;
}

/* The keys that a user has, and whether one of them has a fingerprint. */
struct key_count {
    const char *fingerprint;
    int count;
    bool found;
};

static void count_key(const struct user_key *key, void *arg)
{
    struct key_count *c = arg;
    c->count++;
    c->found |= strcmp(key->fingerprint, c->fingerprint) == 0;
}

static struct key_count key_count(const struct call *call, const struct user *user,
                                  const struct user_key *key)
{
    struct key_count c = {.fingerprint = key->fingerprint};
    store_keys(call->store, user->id, count_key, &c);
    return c;
}

/* Gives USER, who has COUNT keys, KEY as well; false when the call has failed. */
static bool key_give(struct call *call, const struct user *user, int count,
                     const struct user_key *key)
{
    if (count >= KEYS_MAX) {
        call_fail(call, 409, "too_many", "An account has at most %d keys.", KEYS_MAX);
        return false;
    }
    if (!call_rate(call, QUOTA_KEYS, user->id))
        return false;
    store_key_add(call->store, user->id, key);
    user_changed(call, user, REACH_CURRENT, NEWS_GATHERED, "user.key-add", key->fingerprint);
    return true;
}

/* The account of the caller; fails the call for an organization's token. */
static bool own_account(struct call *call, struct user *user)
{
    return call_by_user(call, "have ssh keys") && store_user(call->store, call->caller.user, user);
}

bool key_accept(struct call *call, const struct user *user)
{
    struct user_key key = {.created = clock_wall_ms()};
    const char *line = call_text(call, "key");
    if (!line)
        return true;
    if (!key_read(call, line, &key))
        return false;
    struct key_count c = key_count(call, user, &key);
    return c.found || key_give(call, user, c.count, &key);
}

void key_add(struct call *call)
{
    struct user user;
    struct user_key key = {.created = clock_wall_ms()};
    if (!own_account(call, &user) || !key_read(call, call_text(call, "key"), &key) ||
        !call_end(call, 0, &key.expires))
        return;
    struct key_count c = key_count(call, &user, &key);
    if (c.found)
        call_fail(call, 409, "key_exists", "The account has the key %s.", key.fingerprint);
    if (c.found || !key_give(call, &user, c.count, &key))
        return;
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "key", key_json(&key));
    call_reply(call, reply);
}

void key_remove(struct call *call)
{
    struct user user;
    const char *fingerprint = call_text(call, "fingerprint");
    if (!own_account(call, &user))
        return;
    bool removed = store_key_remove(call->store, user.id, fingerprint);
    if (removed)
        user_changed(call, &user, REACH_CURRENT, NEWS_LOSS, "user.key-remove", fingerprint);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    cJSON_AddBoolToObject(reply, "removed", removed);
    call_reply(call, reply);
}

static void add_key(const struct user_key *key, void *arg)
{
    cJSON_AddItemToArray(arg, key_json(key));
}

static void reply_keys(struct call *call, const char *user)
{
    cJSON *reply = cJSON_CreateObject();
    store_keys(call->store, user, add_key, cJSON_AddArrayToObject(reply, "keys"));
    call_reply(call, reply);
}

void key_list(struct call *call)
{
    struct user user;
    if (own_account(call, &user))
        reply_keys(call, user.id);
}

void member_key_list(struct call *call)
{
    struct member member;
    if (store_member(call->store, call->organization.id, call_text(call, "userId"), &member) &&
        member.active)
        reply_keys(call, member.user.id);
    else
        call_fail(call, 404, "member_not_found", "The organization has no such member.");
}

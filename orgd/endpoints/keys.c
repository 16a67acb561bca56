/* Public ssh keys: a user's own, by which hosts let him in, and those that an administrator gives
 * to a member for one organization. */
#include <stdio.h>
#include <string.h>

#include "common/ssh_key.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define KEYS_MAX      32   /* of a user, and of a member, as many as a host takes */
#define KNOWN_MAX     1000 /* the same with those that are removed, and remembered for their age */
#define NOTES_MAX     20
#define SENTENCE_SIZE (DISPLAY_SIZE + 128)

static unsigned rsa_bits = SSH_KEY_RSA_BITS_MIN;

void keys_rsa_from(unsigned bits)
{
    rsa_bits = bits;
}

/* --- a key comes --- */

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
    if (strcmp(key.type, "ssh-rsa") == 0 && key.bits < rsa_bits) {
        call_fail(call, 400, "invalid_key",
                  "key: is an RSA key of %u bits; this server takes those of %u and more", key.bits,
                  rsa_bits);
        return false;
    }
    ssh_key_print(&key, text);
    ssh_key_fingerprint(&key, out->fingerprint);
    snprintf(out->type, sizeof out->type, "%s", key.type);
    snprintf(out->blob, sizeof out->blob, "%s", strchr(text, ' ') + 1);
    snprintf(out->comment, sizeof out->comment, "%s", display_valid(comment) ? comment : "");
    return true;
}

/* The keys of KEY's organization, or of the user's own, that a user has; and whether KEY is one. */
struct key_count {
    const struct user_key *key;
    int count;
    bool found;
};

static void count_key(const struct user_key *key, void *arg)
{
    struct key_count *c = arg;
    if (strcmp(key->organization, c->key->organization) != 0)
        return;
    c->count++;
    c->found |= strcmp(key->fingerprint, c->key->fingerprint) == 0;
}

static struct key_count key_count(const struct call *call, const struct user *user,
                                  const struct user_key *key)
{
    struct key_count c = {.key = key};
    store_keys(call->store, user->id, count_key, &c);
    return c;
}

/* True when USER, who has COUNT keys of KEY's organization, or his own, may have KEY as well; else
 * the call has failed. */
static bool key_room(struct call *call, const struct user *user, int count,
                     const struct user_key *key)
{
    if (count >= KEYS_MAX)
        call_fail(call, 409, "too_many", "%s at most %d keys.",
                  key->organization[0] ? "A member is given" : "An account has", KEYS_MAX);
    else if (store_key_count(call->store, user->id, key->organization) >= KNOWN_MAX &&
             !store_key_forget(call->store, user->id, key))
        call_fail(call, 409, "too_many",
                  "%s at most %d different keys, with those that were withdrawn.",
                  key->organization[0] ? "A member is given" : "An account has", KNOWN_MAX);
    else
        return true;
    return false;
}

/* The organizations that the caller's token proves him in, and those that it does not. */
struct proofs {
    const struct token *token;
    const char *joined;          /* the one whose invitation proves him; NULL: none does */
    struct buffer good, missing; /* their ids, ID_SIZE each */
};

static void sort_proof(const struct organization *organization, const struct member *member,
                       void *arg)
{
    struct proofs *p = arg;
    bool good = (p->joined && strcmp(p->joined, organization->id) == 0) ||
                member_proved(member, organization->id, p->token);
    buffer_add(good ? &p->good : &p->missing, organization->id, ID_SIZE, REPLY_MAX);
}

static void trust_in(struct call *call, struct buffer *ids, const char *user,
                     const struct user_key *key, bool trusted)
{
    call_lock_all(call, ids);
    for (size_t at = 0; at < ids->len; at += ID_SIZE)
        store_key_trust(call->store, ids->data + at, user, key->fingerprint, trusted);
    buffer_free(ids);
}

/* Whoever stole a token that an organization revoked does not get in there by a key of his; nor
 * when the member was removed, and comes back. */
static void key_judge(struct call *call, const char *user, const struct user_key *key,
                      const char *joined)
{
    struct proofs proofs = {.token = &call->caller, .joined = joined};
    store_memberships(call->store, user, sort_proof, &proofs);
    trust_in(call, &proofs.good, user, key, true);
    trust_in(call, &proofs.missing, user, key, false);
}

/* Gives USER, who has COUNT keys, and joins the organization JOINED or NULL, KEY as his own; false
 * when the call has failed. */
static bool key_give(struct call *call, const struct user *user, int count,
                     const struct user_key *key, const char *joined)
{
    if (!key_room(call, user, count, key) || !call_rate(call, QUOTA_KEYS, user->id))
        return false;
    store_key_put(call->store, user->id, key);
    user_changed(call, user, REACH_CURRENT, NEWS_GATHERED, "user.key-add", key->fingerprint);
    key_judge(call, user->id, key, joined);
    return true;
}

/* --- whether it counts --- */

/* Why a key does not count in its organization now, as API.md names it; NULL: it does. */
static const char *reason_of(const struct member_key *key)
{
    bool ended = key->key.expires && key->key.expires <= now_ms();
    return !key->reason && ended ? "ended" : key->reason;
}

static const struct {
    const char *reason, *sentence;
} sentences[] = {{"admins_only", "only keys that its administrators give count"},
                 {"above_giver", "a key counts only if its giver could do as much as the member"},
                 {"type", "only keys of security keys count, types that begin with sk-"},
                 {"withdrawn", "an administrator withdrew this key"},
                 {"unproved", "the token that added this key does not open the organization"},
                 {"ended", "this key has ended by its age, at "},
                 {NULL, "this key ends at "}};

/* A sentence for a person: KEY's REASON, or with NULL its end. */
static void sentence_write(const struct member_key *key, const char *reason,
                           char text[SENTENCE_SIZE])
{
    char end[TIME_TEXT_SIZE] = "";
    size_t i = 0;
    while (sentences[i].reason && (!reason || strcmp(sentences[i].reason, reason) != 0))
        i++;
    if (!reason || strcmp(reason, "ended") == 0)
        time_text(key->key.expires, end);
    snprintf(text, SENTENCE_SIZE, "%s: %s%s.", key->organization_name, sentences[i].sentence, end);
}

/* What the organizations of a user say to a key that came. */
struct key_verdict {
    const char *organization; /* the one that must take it; NULL: one of them must */
    int64_t end;              /* the key's own */
    int places, refused;
    char why[SENTENCE_SIZE]; /* of the first that refused it */
    cJSON *notes;            /* for the person */
};

static void hear_place(const struct member_key *key, void *arg)
{
    struct key_verdict *v = arg;
    const char *reason = reason_of(key);
    bool asked = !v->organization || strcmp(v->organization, key->key.organization) == 0;
    bool shorter = key->key.expires && (!v->end || key->key.expires < v->end);
    char text[SENTENCE_SIZE];
    v->places += asked;
    v->refused += asked && reason;
    if (!reason && !shorter)
        return;
    sentence_write(key, reason, text);
    if (cJSON_GetArraySize(v->notes) < NOTES_MAX)
        cJSON_AddItemToArray(v->notes, cJSON_CreateString(text));
    if (asked && reason && !v->why[0])
        memcpy(v->why, text, sizeof v->why);
}

/* KEY has come for USER. The notes upon it, which the caller owns; NULL when the call has failed,
 * because it counts nowhere, or not in ORGANIZATION unless that is NULL. */
static cJSON *key_notes(struct call *call, const char *user, const struct user_key *key,
                        const char *organization)
{
    struct key_verdict v = {.organization = organization, .end = key->expires};
    v.notes = cJSON_CreateArray();
    store_key_places(call->store, user, key->fingerprint, hear_place, &v);
    if (v.places == 0 || v.refused < v.places)
        return v.notes;
    call_fail(call, 409, "key_refused", "%s", v.why);
    cJSON_Delete(v.notes);
    return NULL;
}

static void reply_key(struct call *call, const struct user_key *key, cJSON *notes)
{
    cJSON *reply = cJSON_CreateObject(), *object = key_json(key);
    cJSON_AddItemToObject(object, "notes", notes);
    cJSON_AddItemToObject(reply, "key", object);
    member_reply_revision(call, reply);
    call_reply(call, reply);
}

static void reply_removed(struct call *call, bool removed)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    cJSON_AddBoolToObject(reply, "removed", removed);
    member_reply_revision(call, reply);
    call_reply(call, reply);
}

/* --- one's own --- */

/* The account of the caller; fails the call for an organization's token. */
static bool own_account(struct call *call, struct user *user)
{
    return call_by_user(call, "have ssh keys") && store_user(call->store, call->caller.user, user);
}

bool key_accept(struct call *call, const struct user *user, const char *organization)
{
    struct user_key key = {.created = now_ms()};
    const char *line = call_text(call, "key");
    if (!line)
        return true;
    if (!key_read(call, line, &key))
        return false;
    struct key_count c = key_count(call, user, &key);
    if (c.found) /* the invitation proves him */
        store_key_trust(call->store, organization, user->id, key.fingerprint, true);
    else if (!key_give(call, user, c.count, &key, organization))
        return false;
    cJSON *notes = key_notes(call, user->id, &key, organization);
    cJSON_Delete(notes);
    return notes;
}

void key_add(struct call *call)
{
    struct user user;
    struct user_key key = {.created = now_ms()};
    if (!own_account(call, &user) || !key_read(call, call_text(call, "key"), &key) ||
        !call_end(call, 0, &key.expires))
        return;
    struct key_count c = key_count(call, &user, &key);
    if (c.found)
        call_fail(call, 409, "key_exists", "The account has the key %s.", key.fingerprint);
    if (c.found || !key_give(call, &user, c.count, &key, NULL))
        return;
    cJSON *notes = key_notes(call, user.id, &key, NULL);
    if (notes)
        reply_key(call, &key, notes);
}

/* Who knows a key of a user. */
struct key_givers {
    const char *fingerprint;
    bool own;                    /* all of his organizations do */
    struct buffer organizations; /* ids of those that gave it, ID_SIZE each */
};

static void collect_giver(const struct user_key *key, void *arg)
{
    struct key_givers *g = arg;
    if (strcmp(key->fingerprint, g->fingerprint) != 0)
        return;
    g->own |= key->organization[0] == '\0';
    if (key->organization[0])
        buffer_add(&g->organizations, key->organization, ID_SIZE, REPLY_MAX);
}

/* USER has removed a key that was given: that is the givers' business alone. */
static void tell_givers(struct call *call, const struct user *user, struct key_givers *givers)
{
    struct member member;
    call_lock_all(call, &givers->organizations);
    for (size_t at = 0; at < givers->organizations.len; at += ID_SIZE) {
        const char *organization = givers->organizations.data + at;
        if (!store_member(call->store, organization, user->id, &member))
            continue;
        call_member_change(call, organization, &member, NEWS_LOSS);
        call_event(call, organization, "user.key-remove", user->id, user->username, "%s",
                   givers->fingerprint);
    }
}

void key_remove(struct call *call)
{
    struct user user;
    const char *fingerprint = call_text(call, "fingerprint");
    if (!own_account(call, &user))
        return;
    struct key_givers givers = {.fingerprint = fingerprint};
    store_keys(call->store, user.id, collect_giver, &givers);
    bool removed = store_key_remove(call->store, user.id, fingerprint, now_ms());
    if (removed && givers.own)
        user_changed(call, &user, REACH_CURRENT, NEWS_LOSS, "user.key-remove", fingerprint);
    else if (removed)
        tell_givers(call, &user, &givers);
    buffer_free(&givers.organizations);
    reply_removed(call, removed);
}

/* Of several rows of one key the user's own comes first. */
static void add_own_key(const struct user_key *key, void *arg)
{
    cJSON *list = arg, *last = cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1);
    const cJSON *before = cJSON_GetObjectItemCaseSensitive(last, "fingerprint");
    if (!before || strcmp(before->valuestring, key->fingerprint) != 0) {
        last = key_json(key);
        cJSON_AddBoolToObject(last, "own", key->organization[0] == '\0');
        cJSON_AddArrayToObject(last, "givenBy");
        cJSON_AddItemToArray(list, last);
    }
    if (key->organization[0])
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(last, "givenBy"),
                             cJSON_CreateString(key->organization));
}

void keys_add(struct call *call, cJSON *reply)
{
    store_keys(call->store, call->caller.user, add_own_key, cJSON_AddArrayToObject(reply, "keys"));
}

void key_list(struct call *call)
{
    struct user user;
    if (!own_account(call, &user))
        return;
    cJSON *reply = cJSON_CreateObject();
    keys_add(call, reply);
    call_reply(call, reply);
}

/* --- a member's, in an organization --- */

static void add_member_key(const struct member_key *key, void *arg)
{
    cJSON *object = key_json(&key->key);
    const char *reason = reason_of(key);
    cJSON_AddBoolToObject(object, "given", key->given);
    cJSON_AddBoolToObject(object, "counts", !reason);
    if (reason)
        cJSON_AddStringToObject(object, "reason", reason);
    else
        cJSON_AddNullToObject(object, "reason");
    cJSON_AddItemToArray(arg, object);
}

void member_key_list(struct call *call)
{
    struct member member;
    const char *organization = call->organization.id;
    if (!store_member(call->store, organization, call_text(call, "userId"), &member) ||
        !member.active) {
        call_fail(call, 404, "member_not_found", "The organization has no such member.");
        return;
    }
    cJSON *reply = cJSON_CreateObject();
    store_member_keys(call->store, organization, member.user.id, add_member_key,
                      cJSON_AddArrayToObject(reply, "keys"));
    call_reply(call, reply);
}

void member_key_add(struct call *call)
{
    struct member member;
    struct user_key key = {.created = now_ms(), .reach = role_reach(&call->role)};
    struct maker maker = call_maker(call);
    char end[64];
    snprintf(key.organization, sizeof key.organization, "%s", call->organization.id);
    snprintf(key.maker, sizeof key.maker, "%s", maker.id);
    if (!member_named(call, &member) || !key_read(call, call_text(call, "key"), &key) ||
        !call_end(call, 0, &key.expires))
        return;
    call_shorten(call, PERMISSION_MEMBERS_MANAGE, &key.expires);
    struct key_count c = key_count(call, &member.user, &key);
    if (!c.found && !key_room(call, &member.user, c.count, &key))
        return;
    store_key_put(call->store, member.user.id, &key);
    call_event(call, key.organization, "member.key-add", member.user.id, member.user.username,
               "%s%s", key.fingerprint, end_text(key.expires, end, sizeof end));
    call_member_change(call, key.organization, &member, NEWS_GATHERED);
    cJSON *notes = key_notes(call, member.user.id, &key, key.organization);
    if (notes)
        reply_key(call, &key, notes);
}

/* A search for a key by its fingerprint, that was not withdrawn before. */
struct key_match {
    const char *fingerprint;
    struct user_key found; /* its type is "" without one */
};

static void match_key(const struct member_key *key, void *arg)
{
    struct key_match *search = arg;
    bool gone = !key->given && key->reason && strcmp(key->reason, "withdrawn") == 0;
    if (!gone && strcmp(key->key.fingerprint, search->fingerprint) == 0)
        search->found = key->key;
}

/* Withdraws what was given, and the user's own as well, for this organization. */
void member_key_remove(struct call *call)
{
    struct member member;
    struct key_match search = {.fingerprint = call_text(call, "fingerprint")};
    struct user_key *key = &search.found;
    if (!member_named(call, &member))
        return;
    store_member_keys(call->store, call->organization.id, member.user.id, match_key, &search);
    bool there = key->type[0] != '\0';
    if (there) {
        *key->blob = *key->comment = '\0';
        key->state = KEY_WITHDRAWN;
        key->created = now_ms();
        key->expires = 0;
        store_key_put(call->store, member.user.id, key);
        call_event(call, key->organization, "member.key-remove", member.user.id,
                   member.user.username, "%s", key->fingerprint);
        call_member_change(call, key->organization, &member, NEWS_LOSS);
    }
    reply_removed(call, there);
}

#include "orgd/endpoints/usage.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/buffer.h"

#define USES_MAX  1024
#define PERIOD_MS 60000
#define DAY_MS    (24LL * 3600 * 1000)
#define PLACES    (1U << 20) /* bytes: the organizations of a user */

static struct noted {
    char key[ID_SIZE];
    struct use use; /* AT is 0: it was not used */
    bool listed;
    unsigned mistakes;
    char mistaken[PEER_TEXT_SIZE]; /* the peer who made the latest one */
} noted[USES_MAX];
static size_t count;
static int64_t stored_ms; /* clock_mono_ms when they were stored last */

/* What is noted of the token KEY; NULL without room: usage_due was true, but could not be heeded.
 */
static struct noted *note_of(const char *key)
{
    size_t i = 0;
    while (i < count && strcmp(noted[i].key, key) != 0)
        i++;
    if (i == USES_MAX)
        return NULL;
    if (i == count) {
        noted[count++] = (struct noted){.mistakes = 0};
        snprintf(noted[i].key, sizeof noted[i].key, "%s", key);
    }
    return &noted[i];
}

void usage_note(const char *key, const char *from)
{
    struct noted *n = note_of(key);
    if (!n)
        return;
    snprintf(n->use.from, sizeof n->use.from, "%s", from);
    n->use.at = clock_wall_ms();
}

void usage_listed(const char *key)
{
    struct noted *n = note_of(key);
    if (n)
        n->listed = true;
}

void usage_mistaken(const char *key, const char *from)
{
    struct noted *n = note_of(key);
    if (!n)
        return;
    n->mistakes++;
    snprintf(n->mistaken, sizeof n->mistaken, "%s", from);
}

bool usage_due(void)
{
    return count == USES_MAX || (count > 0 && clock_mono_ms() - stored_ms >= PERIOD_MS);
}

/* --- events --- */

static void add_place(const struct organization *organization, const struct member *member,
                      void *arg)
{
    if (member->active)
        buffer_add(arg, organization->id, sizeof organization->id, PLACES);
}

/* Writes the event for the token's organization, or for each of its user's. */
static void event_write(struct store *store, const struct token *token, const char *action,
                        const char *from, const char *detail)
{
    struct event event = {.at = clock_wall_ms()};
    struct buffer places = {0};
    struct user user;
    bool own = token->user[0] != '\0';
    snprintf(event.actor, sizeof event.actor, "%s", own ? token->user : token->key);
    snprintf(event.actor_name, sizeof event.actor_name, "%s",
             own && store_user(store, token->user, &user) ? user.username : token->name);
    snprintf(event.action, sizeof event.action, "%s", action);
    snprintf(event.subject, sizeof event.subject, "%s", token->key);
    snprintf(event.subject_name, sizeof event.subject_name, "%s", token->name);
    snprintf(event.from, sizeof event.from, "%s", from);
    snprintf(event.detail, sizeof event.detail, "%s", detail);
    if (own)
        store_memberships(store, token->user, add_place, &places);
    else
        buffer_add(&places, token->organization, sizeof token->organization, PLACES);
    for (size_t at = 0; at < places.len; at += ID_SIZE) {
        snprintf(event.organization, sizeof event.organization, "%s", places.data + at);
        store_event_add(store, &event);
    }
    buffer_free(&places);
}

static void note_store(struct store *store, const struct noted *n)
{
    struct token token;
    char detail[64];
    if (!store_token(store, n->key, &token))
        return;
    if (n->use.at && strcmp(n->use.from, token.last.from) != 0) {
        snprintf(detail, sizeof detail, "%s%s", token.last.from[0] ? "before from " : "first use",
                 token.last.from);
        event_write(store, &token, "token.sign-in", n->use.from, detail);
    }
    if (n->use.at)
        store_token_use(store, n->key, &n->use);
    if (n->mistakes > 0) {
        snprintf(detail, sizeof detail, "%u attempts", n->mistakes);
        event_write(store, &token, "token.wrong-secret", n->mistaken, detail);
    }
    int64_t now = clock_wall_ms();
    if (n->listed && store_token_listed(store, n->key, now, now - DAY_MS))
        event_write(store, &token, "members.list", n->use.from, "");
}

void usage_store(struct store *store)
{
    if (count == 0)
        return;
    if (store_has_room(store) && store_begin(store, STORE_CHANGE)) {
        for (size_t i = 0; i < count; i++)
            note_store(store, &noted[i]);
        store_commit(store);
    }
    count = 0;
    stored_ms = clock_mono_ms();
}

#include "orgd/endpoints/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/labels.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/listing.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/source_age.h"

#define MEMBERS_TOGETHER 100 /* members in a reply of several organizations' look */

/* --- replies --- */

void reply_release(struct reply *reply)
{
    if (!reply || --reply->holders > 0)
        return;
    buffer_free(&reply->text);
    buffer_free(&reply->users);
    buffer_free(&reply->rules);
    free(reply);
}

static int compare_users(const void *a, const void *b)
{
    const struct changed_user *one = a, *other = b;
    return strcmp(one->id, other->id);
}

bool reply_concerns(const struct reply *reply, const struct poll *poll)
{
    struct changed_user user = {.revision = 0};
    if (reply->more && reply->revision > poll->revision)
        return true; /* who else was changed does not stand in it */
    if (reply->narrowed && reply->access_revision > poll->revision)
        return true;
    if (!poll->user[0] || reply->users.len == 0)
        return false;
    snprintf(user.id, sizeof user.id, "%s", poll->user);
    const struct changed_user *found = bsearch(
        &user, reply->users.data, reply->users.len / sizeof user, sizeof user, compare_users);
    return found && found->revision > poll->revision;
}

/* How old the reading of the source is that the hosts are told of, and whether POLL came before it
 * began. */
static void source_end(const struct poll *poll, struct buffer *out)
{
    char text[80], age[24] = "null";
    int64_t begun = source_begun(poll->organization), now = clock_mono_ms();
    if (begun > 0 && begun <= now)
        snprintf(age, sizeof age, "%lld", (long long)(now - begun));
    int len = snprintf(text, sizeof text, ",\"source\":{\"age\":%s,\"fresh\":%s}", age,
                       begun > 0 && begun >= poll->arrived_ms ? "true" : "false");
    buffer_add(out, text, (size_t)len, REPLY_MAX);
}

static const char unnarrowed[] = ",\"access\":null}";

/* True when all polls get the same end, so that TEXT has it. */
static bool reply_whole(const struct reply *reply)
{
    return !reply->mirrored && !reply->narrowed;
}

void reply_end(const struct reply *reply, const struct poll *poll, struct buffer *out)
{
    static const char begin[] = ",\"access\":[", end[] = "]}";
    const char *between = "";
    if (reply_whole(reply))
        return;
    if (reply->mirrored)
        source_end(poll, out);
    if (!reply->narrowed) {
        buffer_add(out, unnarrowed, sizeof unnarrowed - 1, REPLY_MAX);
        return;
    }
    buffer_add(out, begin, sizeof begin - 1, REPLY_MAX);
    for (size_t at = 0; at < reply->rules.len; at += sizeof(struct told_rule)) {
        const struct told_rule *rule = (const void *)(reply->rules.data + at);
        if (!labels_have(poll->labels, rule->labels))
            continue;
        buffer_add(out, between, strlen(between), REPLY_MAX);
        buffer_add(out, rule->json, strlen(rule->json), REPLY_MAX);
        between = ",";
    }
    buffer_add(out, end, sizeof end - 1, REPLY_MAX);
}

/* --- looks --- */

/* A reply that is being written: its place among the changes. */
struct entry {
    struct look *look;
    const struct organization *organization;
    struct reply *reply;
    struct member_list listing;
};

/* Looks that run together. */
struct looks {
    struct store *store;
    struct look *const *looks;
    size_t count;
    struct organization *organizations; /* of the looks */
    struct entry *entries;
    size_t entry_count;
    struct look_place *places; /* as many as there can be entries */
};

static void take_organization(size_t place, const struct organization *organization, void *arg)
{
    struct looks *t = arg;
    struct look *look = t->looks[place];
    t->organizations[place] = *organization;
    look->there = true;
    look->revision = organization->revision;
}

static void organizations_look(struct looks *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct look *look = t->looks[i];
        look->there = look->away = look->alone = false;
        look->revision = 0;
        memset(look->replies, 0, sizeof look->replies);
        t->places[i] = (struct look_place){.organization = look->organization};
    }
    store_each_organization(t->store, (struct look_places){t->places, t->count}, take_organization,
                            t);
}

/* Begins the reply to who knows SINCE. */
static void entry_begin(struct looks *t, struct look *look, const struct organization *organization,
                        int64_t since)
{
    struct entry *entry = &t->entries[t->entry_count];
    struct reply *reply = memory_get(sizeof *reply);
    *reply = (struct reply){.holders = 1,
                            .since = since,
                            .revision = organization->revision,
                            .mirrored = organization->mirrored,
                            .narrowed = organization->access_rules > 0,
                            .access_revision = organization->access_revision};
    snprintf(reply->organization, sizeof reply->organization, "%s", organization->id);
    *entry = (struct entry){.look = look, .organization = organization, .reply = reply};
    entry->listing = (struct member_list){.out = &reply->text,
                                          .most = t->count > 1 ? MEMBERS_TOGETHER : PAGE_MAX,
                                          .users = &reply->users,
                                          .let_in = look->let_in};
    listing_text(&entry->listing, "{\"members\":[");
    t->places[t->entry_count++] = (struct look_place){organization->id, since};
}

static void entry_end(struct entry *entry)
{
    const struct organization *organization = entry->organization;
    struct member_list *listing = &entry->listing;
    struct reply *reply = entry->reply;
    char tail[128 + HISTORY_CURSOR_SIZE], cursor[HISTORY_CURSOR_SIZE];
    history_cursor(&organization->commit, cursor);
    snprintf(tail, sizeof tail, "],\"revision\":%lld,\"cursor\":\"%s\",\"complete\":%s,\"more\":%s",
             (long long)(listing->more ? listing->revision : organization->revision), cursor,
             reply->since == 0 ? "true" : "false", listing->more ? "true" : "false");
    listing_text(listing, tail);
    if (reply_whole(reply))
        listing_text(listing, unnarrowed);
    reply->more = listing->more;
    if (listing->full)
        buffer_free(&reply->text);
    if (reply->users.len > 0)
        qsort(reply->users.data, reply->users.len / sizeof(struct changed_user),
              sizeof(struct changed_user), compare_users);
}

static void add_change(size_t place, const struct member *member, void *arg)
{
    struct looks *t = arg;
    listing_add(member, &t->entries[place].listing);
}

/* The members of a mirrored organization stand elsewhere. */
static void mirrored_look(struct looks *t, struct entry *entry)
{
    store_changes(t->store, entry->organization->id, entry->reply->since, entry->listing.most + 1,
                  listing_add, &entry->listing);
}

static void changes_look(struct looks *t)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t n = 0; t->looks[i]->there && n < t->looks[i]->count; n++) {
            entry_begin(t, t->looks[i], &t->organizations[i], t->looks[i]->since[n]);
            t->looks[i]->replies[n] = t->entries[t->entry_count - 1].reply;
        }
    store_each_change(t->store, (struct look_places){t->places, t->entry_count},
                      (t->count > 1 ? MEMBERS_TOGETHER : PAGE_MAX) + 1, add_change, t);
    for (size_t i = 0; i < t->entry_count; i++)
        if (t->entries[i].reply->mirrored)
            mirrored_look(t, &t->entries[i]);
    for (size_t i = 0; i < t->entry_count; i++) {
        t->entries[i].look->alone |= t->count > 1 && t->entries[i].listing.more;
        entry_end(&t->entries[i]);
    }
}

static void add_told(size_t place, const struct access_rule *rule, void *arg)
{
    struct looks *t = arg;
    struct told_rule told = {.json = ""};
    cJSON *object = access_told_json(rule);
    char *text = cJSON_PrintUnformatted(object);
    snprintf(told.labels, sizeof told.labels, "%s", rule->labels);
    snprintf(told.json, sizeof told.json, "%s", text);
    for (size_t i = 0; i < t->entry_count; i++)
        if (t->entries[i].organization->id == t->places[place].organization)
            buffer_add(&t->entries[i].reply->rules, &told, sizeof told, REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}

/* The organizations' access rules, of the same moment as the changes. */
static void rules_look(struct looks *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->looks[i]->there && t->organizations[i].access_rules > 0)
            t->places[count++] = (struct look_place){.organization = t->organizations[i].id};
    store_each_access(t->store, (struct look_places){t->places, count}, ACCESS_RULES_MAX, add_told,
                      t);
}

static void replies_drop(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        reply_release(look->replies[i]);
        look->replies[i] = NULL;
    }
}

static enum store_end looks_try(struct looks *t)
{
    t->entry_count = 0;
    if (store_begin_read(t->store)) {
        organizations_look(t);
        changes_look(t);
        rules_look(t);
    }
    enum store_end end = store_commit(t->store);
    for (size_t i = 0; i < t->count; i++) {
        struct look *look = t->looks[i];
        look->there = look->there && end == STORE_DONE;
        look->away = end == STORE_AWAY;
        if (end != STORE_DONE || look->alone)
            replies_drop(look);
    }
    return end;
}

void looks_run(struct store *store, struct look *const *looks, size_t count)
{
    struct looks t = {.store = store, .looks = looks, .count = count};
    t.organizations = memory_get(count * sizeof *t.organizations);
    t.entries = memory_get(count * LOOK_MOST * sizeof *t.entries);
    t.places = memory_get(count * LOOK_MOST * sizeof *t.places);
    for (int i = 0; i < READ_RUNS_MOST && looks_try(&t) == STORE_AGAIN; i++)
        ;
    free(t.organizations);
    free(t.entries);
    free(t.places);
}

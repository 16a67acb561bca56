#include "orgd/endpoints/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/break_glass.h"
#include "common/clock.h"
#include "common/labels.h"
#include "common/rfc3339.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/list_cache.h"
#include "orgd/endpoints/member_list.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/source_age.h"
#include "orgd/endpoints/usage.h"
#include "orgd/endpoints/watchers.h"
#include "orgd/now.h"
#include "orgd/text.h"

#define SOURCE_RETRY_S 2
#define FRESH_WAIT_MS  8000 /* for the source, less than a client waits for an answer */

/* --- list --- */

static void list_write(struct member_list *listing, struct store *store, const char *organization,
                       const struct cursor *after, int most)
{
    int passes = listing->match ? PASSED_MOST : 0;
    listing->most = most;
    store_members(store, organization, after, most + passes + 1, listing_add, listing);
}

/* Answers with PAGE, a page of members: of those who match the body's "match", if it has one. */
static void list_page(struct call *call, const struct page *page)
{
    const char *match = call_text(call, "match");
    char *folded = match ? text_fold(match) : NULL;
    struct member_list listing = {.out = &call->answer->body, .match = folded};
    char tail[ID_SIZE + 48] = "],\"next\":null}";
    listing_text(&listing, "{\"members\":[");
    list_write(&listing, call->store, call->organization.id, &page->after, page->limit);
    if (listing.more)
        snprintf(tail, sizeof tail, "],\"next\":\"%lld.%s\"}", (long long)listing.after.number,
                 listing.after.id);
    listing_text(&listing, tail);
    free(folded);
}

/* A token that is no machine's is one without labels. */
static void poll_labels(struct store *store, const struct token *caller,
                        const struct organization *organization, struct poll *poll)
{
    poll->labels[0] = '\0';
    if (organization->access_rules > 0 && caller->machine[0])
        store_machine_labels(store, caller->machine, poll->labels);
}

static void poll_of(const struct call *call, struct poll *poll)
{
    const struct token *caller = &call->caller;
    poll_labels(call->store, caller, &call->organization, poll);
    snprintf(poll->key, sizeof poll->key, "%s", caller->key);
    snprintf(poll->user, sizeof poll->user, "%s",
             caller->user[0] ? caller->user : caller->maker.id);
    snprintf(poll->organization, sizeof poll->organization, "%s", call->organization.id);
    snprintf(poll->request, sizeof poll->request, "%s", call->request->id);
    poll->revision = call->organization.revision;
}

/* Everybody: in one reply that is kept until the organization's next revision, or in pieces. */
static void list_whole(struct call *call)
{
    static const struct cursor beginning;
    const struct organization *organization = &call->organization;
    struct member_list listing = {.out = &call->answer->body};
    if (list_cache_get(organization, &call->answer->body))
        return;
    listing_text(&listing, "{\"members\":[");
    list_write(&listing, call->store, organization->id, &beginning, LIST_MAX);
    if (listing.more) {
        call->answer->rest = ANSWER_PIECES;
        poll_of(call, &call->answer->poll);
        call->answer->poll.after = listing.after;
        return;
    }
    listing_text(&listing, "],\"next\":null}");
    call->list_whole = true;
}

/* Nobody may believe that a mirrored organization has no members, or only those that were stored
 * first. */
static bool source_was_read(struct call *call)
{
    if (!call->organization.unread)
        return true;
    call_fail(call, 503, "source_unread",
              "The source of this organization was not read yet: try again.");
    call->answer->retry_s = SOURCE_RETRY_S;
    return false;
}

void member_list(struct call *call)
{
    struct page page;
    if (!source_was_read(call) || !call_page(call, &page))
        return;
    if (!call_text(call, "after") && !call_text(call, "match"))
        usage_listed(call->caller.key);
    call->answer->status = 200;
    if (call_text(call, "after") || call_number(call, "limit") || call_text(call, "match"))
        list_page(call, &page);
    else
        list_whole(call);
}

/* Within a transaction. */
static bool poll_may(struct store *store, struct poll *poll)
{
    struct token caller;
    struct role role;
    struct role_term term;
    struct organization organization;
    if (!caller_find(store, poll->key, &caller) ||
        !store_organization(store, poll->organization, &organization) ||
        !caller_role(store, &caller, poll->organization, &role, &term) ||
        !role_covers(&role, PERMISSION_MEMBERS_VIEW))
        return false;
    poll_labels(store, &caller, &organization, poll);
    return true;
}

enum store_end poll_allowed(struct store *store, struct poll *poll, bool *may)
{
    enum store_end end = STORE_AGAIN;
    for (int i = 0; i < READ_RUNS_MOST && end == STORE_AGAIN; i++) {
        *may = store_begin_read(store) && poll_may(store, poll);
        end = store_commit(store);
    }
    return end;
}

static enum store_end list_once(struct store *store, struct poll *poll, struct buffer *reply,
                                bool *end)
{
    struct member_list listing = {.out = reply};
    bool allowed = store_begin_read(store) && poll_may(store, poll);
    if (allowed) {
        listing_text(&listing, ",");
        list_write(&listing, store, poll->organization, &poll->after, LIST_MAX);
        if (!listing.more && listing.count == 0)
            buffer_free(reply); /* those that there were have left meanwhile */
        if (!listing.more)
            listing_text(&listing, "],\"next\":null}");
        poll->after = listing.after;
    }
    *end = !listing.more;
    enum store_end ended = store_commit(store);
    return ended == STORE_DONE && !allowed ? STORE_FAILED : ended;
}

bool member_list_again(struct store *store, struct poll *poll, struct buffer *reply, bool *end)
{
    const struct cursor after = poll->after;
    enum store_end ended = STORE_AGAIN;
    for (int i = 0; i < READ_RUNS_MOST && ended == STORE_AGAIN; i++) {
        poll->after = after;
        reply->len = 0;
        ended = list_once(store, poll, reply, end);
    }
    return ended == STORE_DONE;
}

/* --- changes --- */

/* REVISION, and 0 when it is of another history, as its CURSOR tells. Without one REVISION alone
 * tells. */
static int64_t revision_here(struct call *call, int64_t revision, const char *cursor)
{
    const struct organization *organization = &call->organization;
    struct commit commit;
    if (revision > organization->revision)
        return 0;
    if (revision == 0 || !cursor)
        return revision;
    if (!history_parse(cursor, &commit))
        return 0;
    return history_same(&commit, &organization->commit) ||
                   store_commit_known(call->store, organization->id, &commit)
               ? revision
               : 0;
}

static int64_t report_number(const cJSON *item, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(item, name);
    return number ? (int64_t)cJSON_GetNumberValue(number) : 0;
}

static const char *report_text(const cJSON *item, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, name));
}

static int64_t report_time(const cJSON *item, const char *name)
{
    int64_t ms = 0;
    rfc3339_parse(report_text(item, name), &ms);
    return ms;
}

/* The last break-glass of a machine, for as long as it reports that. */
static void glass_take(struct call *call, const cJSON *item)
{
    struct break_glass glass = {.begin_ms = report_time(item, "at"),
                                .end_ms = report_time(item, "until")};
    snprintf(glass.reason, sizeof glass.reason, "%s", report_text(item, "reason"));
    usage_glass(call->caller.key, &glass);
}

/* The revision that a machine has applied: as a rule all that its poll knows, SINCE. */
static int64_t report_revision(struct call *call, const cJSON *item, int64_t since)
{
    const char *cursor = report_text(item, "cursor");
    return cursor ? revision_here(call, report_number(item, "revision"), cursor) : since;
}

/* Fills REPORT with what the machine reports in ITEM. */
static void report_read(struct call *call, const cJSON *item, int64_t since, struct report *report)
{
    int64_t now = now_ms();
    *report = (struct report){.at = now,
                              .made = now - report_number(item, "age") * 1000,
                              .revision = report_revision(call, item, since),
                              .ended = report_number(item, "ended"),
                              .ending = report_number(item, "ending")};
    snprintf(report->version, sizeof report->version, "%s", report_text(item, "version"));
}

/* Keeps what a process reports with its poll; of what a machine has applied only a machine's. */
static void report_take(struct call *call, int64_t since)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->body, "report");
    const cJSON *glass = cJSON_GetObjectItemCaseSensitive(item, "breakGlass");
    bool machine = call->caller.machine[0] != '\0';
    struct report report;
    if (!item || !call->caller.key[0])
        return;
    if (machine)
        report_read(call, item, since, &report);
    if (watcher_note(call->caller.key, report_text(item, "process"), machine ? &report : NULL))
        usage_shared(call->caller.key);
    if (machine && glass)
        glass_take(call, glass);
}

void member_changes(struct call *call)
{
    int64_t wait = call_number(call, "wait"), end = call->caller.expires;
    struct poll *poll = &call->answer->poll;
    if (wait > WAIT_MAX) {
        call_fail(call, 400, "invalid", "wait: must be at most %d", WAIT_MAX);
        return;
    }
    if (!source_was_read(call))
        return;
    poll_of(call, poll);
    poll->since = revision_here(call, call_number(call, "since"), call_text(call, "cursor"));
    report_take(call, poll->since);
    poll->fresh = call->organization.mirrored && call_flag(call, "fresh");
    poll->arrived_ms = clock_mono_ms();
    if (poll->fresh && wait < FRESH_WAIT_MS)
        wait = FRESH_WAIT_MS;
    poll->wait_ms = end && end - now_ms() < wait ? end - now_ms() : wait;
    if (poll->since == 0)
        usage_listed(call->caller.key);
    call->answer->status = 200;
    call->answer->rest = ANSWER_HELD;
}

void poll_ended(const struct poll *poll, struct buffer *out)
{
    cJSON *object = error_json("unauthorized", "The token or the membership ended.", poll->request);
    char *text = cJSON_PrintUnformatted(object);
    buffer_add(out, text, strlen(text), REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}

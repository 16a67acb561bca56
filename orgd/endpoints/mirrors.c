/* Mirrored organizations, as the operator sees to them on the machine itself. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/endpoints/source_age.h"
#include "orgd/now.h"
#include "orgd/source/source.h"

#define POLL_S     60
#define POLL_MIN_S 1
#define POLL_MAX_S 86400

struct mirror_page {
    struct page page;
    struct store *store;
};

/* URLs may have a password, and are left out with it. */
static void add_mirror(const struct mirror *m, void *arg)
{
    struct mirror_page *list = arg;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "organization", m->organization);
    cJSON_AddStringToObject(object, "provider", m->provider);
    cJSON_AddStringToObject(object, "url", strchr(m->url, '@') ? "" : m->url);
    cJSON_AddNumberToObject(object, "poll", (double)(m->poll_ms / 1000));
    cJSON_AddNumberToObject(object, "members",
                            (double)store_mirrored_count(list->store, m->organization));
    record_time_or_null(object, "readAt", m->read);
    record_time_or_null(object, "failedAt", m->failed);
    cJSON_AddStringToObject(object, "failure", m->failure);
    page_add(&list->page, 0, m->organization, object);
}

void operator_mirror_list(struct call *call)
{
    struct mirror_page list = {.store = call->store};
    if (!call_page(call, &list.page))
        return;
    store_mirrors(call->store, list.page.after.id, list.page.limit + 1, add_mirror, &list);
    call_page_reply(call, &list.page, "mirrors");
}

/* An id as paths, labels and configurations have it. */
static bool id_good(const char *id)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strlen(id);
    return len > 0 && len < ID_SIZE && strspn(id, chars) == len && *id != '.' && *id != '-';
}

/* Copies the body's text NAME to OUT, "" without it; false when it is too long. */
static bool text_fits(const struct call *call, const char *name, char *out, size_t size)
{
    const char *text = call_text(call, name);
    return (size_t)snprintf(out, size, "%s", text ? text : "") < size;
}

static bool options_fit(const struct call *call, char out[MIRROR_TEXT_SIZE])
{
    const cJSON *item;
    size_t used = 0;
    out[0] = '\0';
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(call->body, "options"))
    {
        int n = snprintf(out + used, MIRROR_TEXT_SIZE - used, "%s\n", item->valuestring);
        if (n < 0 || (size_t)n >= MIRROR_TEXT_SIZE - used)
            return false;
        used += (size_t)n;
    }
    return true;
}

/* Files are named from the root: whoever reads them does not stand where the operator stood. */
static bool path_good(const char *path)
{
    return !*path || *path == '/';
}

/* Fills M with the body's texts; false when one is too long. */
static bool texts_fit(const struct call *call, struct mirror *m)
{
    return text_fits(call, "organization", m->organization, sizeof m->organization) &&
           text_fits(call, "provider", m->provider, sizeof m->provider) &&
           text_fits(call, "url", m->url, sizeof m->url) &&
           text_fits(call, "tokenFile", m->token_file, sizeof m->token_file) &&
           text_fits(call, "caFile", m->ca_file, sizeof m->ca_file) &&
           text_fits(call, "proxy", m->proxy, sizeof m->proxy) &&
           text_fits(call, "webhookSecretFile", m->hook_file, sizeof m->hook_file) &&
           options_fit(call, m->options);
}

/* Fills M with what the body says; else the call has failed. */
static bool mirror_read(struct call *call, struct mirror *m)
{
    int64_t poll = call_number(call, "poll") ? call_number(call, "poll") : POLL_S;
    const char *why = NULL;
    if (!texts_fit(call, m))
        why = "a text is too long";
    else if (!id_good(m->organization))
        why = "organization: must be the id that it has at the source, of A-Z a-z 0-9 . _ -, at "
              "most 63 characters";
    else if (!path_good(m->token_file) || !path_good(m->ca_file) || !path_good(m->hook_file))
        why = "files must be named from the root on, as /etc/orgd/acme.token";
    else if (poll < POLL_MIN_S || poll > POLL_MAX_S)
        why = "poll: must be 1-86400 seconds";
    m->poll_ms = poll * 1000;
    if (why)
        call_fail(call, 400, "invalid", "%s", why);
    return !why;
}

static void count_mirror(const struct mirror *m, void *arg)
{
    int *count = arg;
    (void)m;
    (*count)++;
}

/* True if there may be one more; else the call has failed. */
static bool room_for(struct call *call, const struct mirror *m)
{
    struct organization other;
    int count = 0;
    store_mirrors(call->store, "", MIRRORS_MAX, count_mirror, &count);
    if (count == MIRRORS_MAX)
        call_fail(call, 409, "quota", "A server mirrors at most %d organizations.", MIRRORS_MAX);
    else if (store_organization(call->store, m->organization, &other))
        call_fail(call, 409, "organization_exists",
                  "There is an organization with the id %s: remove it first.", m->organization);
    else
        return true;
    return false;
}

void operator_mirror_add(struct call *call)
{
    struct mirror mirror = {.turn = now_ms()};
    struct organization organization = {.created = now_ms()};
    char why[MIRROR_WHY_SIZE];
    if (!mirror_read(call, &mirror) || !room_for(call, &mirror))
        return;
    if (!source_good(&mirror, why)) {
        call_fail(call, 400, "invalid", "%s", why);
        return;
    }
    snprintf(organization.id, sizeof organization.id, "%s", mirror.organization);
    snprintf(organization.name, sizeof organization.name, "%s", mirror.organization);
    store_organization_add(call->store, &organization);
    store_mirror_add(call->store, &mirror);
    call_event(call, organization.id, "mirror.add", organization.id, organization.name, "%s",
               mirror.provider);
    call_ok(call);
}

/* A token of the organization's that may do what its owner can: invite machines, make rules and
 * further tokens. Its members are not the server's, and have none. */
void operator_mirror_token(struct call *call)
{
    const char *id = call_text(call, "organization");
    struct token token = {.role = roles_builtin[ROLE_OWNER], .name = "operator"};
    struct secret secret;
    struct mirror mirror;
    if (!store_mirror(call->store, id, &mirror)) {
        call_fail(call, 404, "organization_not_found", "No mirrored organization has the id %s.",
                  id);
        return;
    }
    store_lock(call->store, id);
    if (!token_room(call, (struct token_owner){id, .user = false}))
        return;
    snprintf(token.organization, sizeof token.organization, "%s", id);
    token_make(call->store, &token, &secret);
    call_event(call, id, "token.create", token.key, token.name, "%s", token.role.name);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "apiToken", token_json(&token, &secret));
    call_reply(call, reply);
    sodium_memzero(&secret, sizeof secret);
}

/* GitHub's API for organizations: api.github.com, GHE.com, and Enterprise Server below /api/v3. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"
#include "api/jwt.h"
#include "api/template.h"
#include "common/clock.h"
#include "common/name.h"
#include "common/rfc3339.h"

#define GITHUB_URL     "https://api.github.com"
#define SERVER_PREFIX  "/api/v3" /* the base of an Enterprise Server ends so */
#define API_VERSION    "2022-11-28"
#define LOGIN_SIZE     40    /* with its NUL */
#define PAGES_MAX      20000 /* of 100 members: beyond that a server only wants to keep us busy */
#define ARGS_MAX       24
#define WAIT_MAX_S     3600 /* a limit's window: who is told to wait longer asks again then */
#define WAIT_SECONDARY 60   /* seconds, where a limit does not say for how long */

/* What is read of single people, for each listing: who is new, and who is due again. A server of
 * one's own has no limits unless its owner set some. */
#define READ_NEW_MAX     300
#define READ_AGAIN_MAX   5
#define READ_AGAIN_MS    300000 /* nobody is read again sooner */
#define SERVER_AGAIN_MAX 100
#define SERVER_AGAIN_MS  60000

/* The token of an App's installation. */
#define JWT_DRIFT_S   30 /* clocks differ: a token that was issued in the future is refused */
#define JWT_LIFE_S    600
#define ACCESS_MARGIN 60 /* seconds: a token with no more left is not used */
#define ACCESS_LIFE   3600

enum kept_header { KEPT_LEFT, KEPT_LIMIT, KEPT_RESET, KEPT_SCOPES, KEPT_SSO };
static const char *const kept_headers[] = {
    [KEPT_LEFT] = "X-RateLimit-Remaining", [KEPT_LIMIT] = "X-RateLimit-Limit",
    [KEPT_RESET] = "X-RateLimit-Reset",    [KEPT_SCOPES] = "X-OAuth-Scopes",
    [KEPT_SSO] = "X-GitHub-SSO",           NULL};

/* A member as a page of a listing has him. */
struct github_entry {
    int64_t id;
    char login[LOGIN_SIZE];
};

struct github_page {
    char *etag; /* or NULL */
    char *next; /* path of the next page, NULL at the last one */
    struct github_entry *entries;
    size_t count;
    cJSON *teams; /* in the place of entries, of a listing of teams */
};

/* The pages of a listing as they were last; what has not changed is not sent again. */
struct github_listing {
    struct github_page *pages;
    size_t count, capacity;
    bool teams; /* they are no people */
};

struct github_team {
    int64_t id;
    cJSON *record; /* its page's */
    struct github_listing members;
};

struct github_membership {
    int64_t person;
    size_t team; /* its place among the teams */
};

/* What was read of one person by himself. */
struct github_details {
    char login[LOGIN_SIZE]; /* by which the keys were read */
    bool paired;            /* a listing after that has shown that the login was still his */
    bool suspended;
    char *keys_etag, *user_etag;
    cJSON *keys; /* array */
    int64_t read_ms;
};

struct github_person {
    int64_t id;
    const char *login;
    bool owner;
    bool ambiguous; /* the listing has him under two logins */
    struct github_details *details;
};

/* An organization's members; PEOPLE are in the order of their ids. */
struct github_roster {
    struct github_listing owners, all;
    struct github_person *people;
    size_t count;
    struct github_listing team_pages;
    struct github_team *teams; /* in the order of their ids */
    size_t team_count;
    struct github_membership *memberships; /* in the order of the people */
    size_t membership_count;
    int64_t turn;        /* the id up to which people were read again */
    uint64_t generation; /* counts changes */
    bool reread;         /* everything is asked for: people are read again, too */
    bool changed;
};

struct github_state {
    bool server;         /* an Enterprise Server */
    const char *app;     /* the App's id, NULL where the credential is a token */
    int64_t until;       /* clock_mono_ms: the installation's token serves; 0: there is none */
    int64_t org_id;      /* 0: not known yet */
    int64_t left, limit; /* requests of the hour, -1: not known */
    bool partial;        /* single sign-on has kept something from the last reply */
    bool scoped;         /* the last reply tells the token's scopes, */
    bool reads_org;      /* and reading the organization is one of them */
    char *probe_etag;    /* of the membership that proves what the token sees */
    char instance[17];   /* tells what this process has listed from what another one has */
    struct github_roster roster;
};

static const struct operation operations[OP_COUNT];
static const struct provider_kind github_app; /* its token ends, and is renewed */

/* --- limits --- */

static int64_t kept_number(const struct http_reply *r, enum kept_header which)
{
    const char *text = r->kept[which];
    size_t len = text ? strspn(text, "0123456789") : 0;
    return len > 0 && len < 16 && text[len] == '\0' ? strtoll(text, NULL, 10) : -1;
}

/* True when the words of SCOPES, with commas between, let a classic token see an organization. */
static bool scopes_suffice(const char *scopes)
{
    static const char *const word[] = {"read:org", "write:org", "admin:org"};
    for (; *scopes; scopes += strcspn(scopes, ", "), scopes += strspn(scopes, ", "))
        for (size_t i = 0; i < sizeof word / sizeof *word; i++)
            if (strcspn(scopes, ", ") == strlen(word[i]) &&
                strncmp(scopes, word[i], strlen(word[i])) == 0)
                return true;
    return false;
}

/* Seconds until the limit's window ends. */
static int64_t reset_in(const struct http_reply *r)
{
    int64_t wait = kept_number(r, KEPT_RESET) - (int64_t)time(NULL);
    return wait < 1 ? 1 : wait;
}

/* 403 means three things: a no, an hour's requests used up, and too many at once. Only the first
 * one says something about anybody. */
static void judge_limit(struct http_reply *r, int64_t left)
{
    if (r->retry_after_s > 0)
        r->later = true;
    else if (left == 0) {
        int64_t wait = reset_in(r);
        r->later = true;
        r->retry_after_s = (int)(wait < WAIT_MAX_S ? wait : WAIT_MAX_S);
    } else if (r->status == 429 || (r->body && strstr(r->body, "rate limit"))) {
        r->later = true;
        r->retry_after_s = WAIT_SECONDARY;
    }
}

static void examine(struct provider *p, struct http_reply *r)
{
    struct github_state *s = p->state;
    int64_t left = kept_number(r, KEPT_LEFT), limit = kept_number(r, KEPT_LIMIT);
    if (left >= 0 && limit >= 0) {
        s->left = left;
        s->limit = limit;
    }
    s->scoped = r->kept[KEPT_SCOPES] != NULL;
    s->reads_org = s->scoped && scopes_suffice(r->kept[KEPT_SCOPES]);
    s->partial = r->kept[KEPT_SSO] && strncmp(r->kept[KEPT_SSO], "partial", 7) == 0;
    if (r->status == 403 || r->status == 429)
        judge_limit(r, left);
    if (r->retry_after_s > WAIT_MAX_S)
        r->retry_after_s = WAIT_MAX_S;
}

/* --- an App's token --- */

static const char *organization(const struct provider *p, const struct provider_arg *args)
{
    const char *org = template_arg(args, "org");
    org = org ? org : template_arg(p->running, "org");
    return org ? org : p->settings.org;
}

static enum api_status check_org_id(struct provider *p, int64_t id, const char *where,
                                    struct api_error *err)
{
    struct github_state *s = p->state;
    const char *given = engine_option(p, "org_id");
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, id);
    if ((given && strcmp(given, text) != 0) || (!given && s->org_id && s->org_id != id))
        return api_fail(err, API_REFUSED,
                        "%s: the organization's name is another one's now: its id is %s", where,
                        text);
    s->org_id = id;
    return API_OK;
}

/* The App's own request, as what its key signs. */
static enum api_status ask_as_app(struct provider *p, const char *method, const char *path,
                                  const char *body, struct answer *answer, struct api_error *err)
{
    const struct github_state *s = p->state;
    char jwt[JWT_MAX], bearer[JWT_MAX + sizeof "Authorization: Bearer "];
    char *headers[] = {bearer, "X-GitHub-Api-Version: " API_VERSION, NULL};
    memset(answer, 0, sizeof *answer);
    if (jwt_make(p->settings.token, s->app, (int64_t)time(NULL) - JWT_DRIFT_S, JWT_LIFE_S, jwt,
                 err) != API_OK)
        return err->status;
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", jwt);
    const struct http_request request = {
        .method = method, .path = path, .headers = headers, .body = body};
    enum api_status status = engine_obtain(p, p->http, &request, answer, err);
    explicit_bzero(bearer, sizeof bearer);
    explicit_bzero(jwt, sizeof jwt);
    return status;
}

/* Finds the installation of the App in the organization, and writes the path of its tokens. */
static enum api_status find_installation(struct provider *p, char path[URL_PATH_MAX],
                                         struct api_error *err)
{
    const struct provider_arg args[] = {{"org", organization(p, NULL)}, {0}};
    struct answer answer;
    int64_t id = 0, account = 0;
    if (template_url("/orgs/{org}/installation", NULL, args, path, err) != API_OK)
        return err->status;
    enum api_status status = ask_as_app(p, "GET", path, NULL, &answer, err);
    const cJSON *json = answer.json;
    if (status == API_OK && (!json_integer(json_at(json, "id"), &id) || id == 0 ||
                             !json_integer(json_at(json, "account.id"), &account) || account == 0))
        status = api_fail(err, API_BAD_ANSWER, "%s: this is no installation", answer.where);
    if (status == API_OK && json_at(json, "suspended_at"))
        status =
            api_fail(err, API_REFUSED, "%s: the App's installation is suspended", answer.where);
    if (status == API_OK)
        status = check_org_id(p, account, answer.where, err);
    cJSON_Delete(answer.json);
    snprintf(path, URL_PATH_MAX, "/app/installations/%" PRId64 "/access_tokens", id);
    return status;
}

static enum api_status take_access(struct provider *p, const struct answer *answer,
                                   struct api_error *err)
{
    struct github_state *s = p->state;
    const char *token = json_text(answer->json, "token"), *may;
    const char *expires = json_text(answer->json, "expires_at");
    int64_t end_ms, now_ms = (int64_t)time(NULL) * 1000;
    char *value = NULL;
    if (!token || !word_valid(token) || !expires || !rfc3339_parse(expires, &end_ms))
        return api_fail(err, API_BAD_ANSWER, "%s: this is no installation's token", answer->where);
    may = json_text(answer->json, "permissions.members");
    if (!may || (strcmp(may, "read") != 0 && strcmp(may, "write") != 0))
        return api_fail(err, API_REFUSED,
                        "%s: the App lacks the organization permission \"Members\": it would see "
                        "public members only",
                        answer->where);
    if (asprintf(&value, "Bearer %s", token) < 0)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    enum api_status status = engine_header(p, "Authorization", value, err);
    explicit_bzero(value, strlen(value));
    free(value);
    int64_t life = (end_ms - now_ms) / 1000;
    life = life > ACCESS_LIFE ? ACCESS_LIFE : life;
    s->until = clock_mono_ms() + (life - ACCESS_MARGIN) * 1000;
    return status;
}

/* The token sees members and nothing else, whatever else the App may do. */
static enum api_status authorize(struct provider *p, bool again, struct api_error *err)
{
    struct github_state *s = p->state;
    char path[URL_PATH_MAX], body[64];
    const char *wanted = engine_option(p, "permission");
    struct answer answer;
    if (!again && clock_mono_ms() < s->until)
        return API_OK;
    s->until = 0;
    enum api_status status = find_installation(p, path, err);
    if (status != API_OK)
        return status;
    snprintf(body, sizeof body, "{\"permissions\":{\"members\":\"%s\"}}", wanted ? wanted : "read");
    status = ask_as_app(p, "POST", path, body, &answer, err);
    if (status == API_OK)
        status = take_access(p, &answer, err);
    if (answer.json) {
        cJSON *token = cJSON_GetObjectItemCaseSensitive(answer.json, "token");
        if (cJSON_IsString(token))
            explicit_bzero(token->valuestring, strlen(token->valuestring));
        cJSON_Delete(answer.json);
    }
    return status;
}

/* --- the pages of a listing --- */

static void page_free(struct github_page *page)
{
    free(page->etag);
    free(page->next);
    free(page->entries);
    cJSON_Delete(page->teams);
    *page = (struct github_page){0};
}

static void listing_end(struct github_listing *l, size_t count)
{
    while (l->count > count)
        page_free(&l->pages[--l->count]);
}

/* A page at place AT, which is the next one or one that is there. NULL: out of memory. */
static struct github_page *page_at(struct github_listing *l, size_t at)
{
    if (at == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 4;
        struct github_page *grown = reallocarray(l->pages, capacity, sizeof *grown);
        if (!grown)
            return NULL;
        l->pages = grown;
        l->capacity = capacity;
    }
    if (at == l->count)
        l->pages[l->count++] = (struct github_page){0};
    return &l->pages[at];
}

/* Reads ITEM; 1: a person, 0: something else that can be a member, -1: it cannot be read. */
static int entry_read(const cJSON *item, struct github_entry *entry)
{
    const char *login = json_text(item, "login"), *type = json_text(item, "type");
    *entry = (struct github_entry){0};
    if (!json_integer(json_at(item, "id"), &entry->id) || entry->id == 0 || !login ||
        !word_valid(login) || strlen(login) >= LOGIN_SIZE || !type)
        return -1;
    memcpy(entry->login, login, strlen(login) + 1);
    return strcmp(type, "User") == 0;
}

static const struct field team_fields[] = {
    {.name = "id", .from = "id", .kind = FIELD_WORD, .required = true},
    {.name = "slug", .from = "slug", .required = true},
    {.name = "name", .from = "name"},
    {.name = "parent", .from = "parent.slug"},
    {0},
};

static enum api_status entries_read(const struct answer *answer, struct github_page *page,
                                    struct api_error *err)
{
    const cJSON *item;
    if (!cJSON_IsArray(answer->json))
        return api_fail(err, API_BAD_ANSWER, "%s: the answer is no array", answer->where);
    size_t room = (size_t)cJSON_GetArraySize(answer->json);
    page->entries = calloc(room ? room : 1, sizeof *page->entries);
    if (!page->entries)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    cJSON_ArrayForEach(item, answer->json)
    {
        int kind = entry_read(item, &page->entries[page->count]);
        if (kind < 0)
            return api_fail(err, API_BAD_ANSWER,
                            "%s: a member has no \"id\", \"login\" or \"type\" that can be one",
                            answer->where);
        page->count += kind > 0;
    }
    return API_OK;
}

/* The records of a page of teams. */
static enum api_status teams_read(const struct answer *answer, struct github_page *page,
                                  struct api_error *err)
{
    const cJSON *item;
    enum api_status status = API_OK;
    if (!cJSON_IsArray(answer->json))
        return api_fail(err, API_BAD_ANSWER, "%s: the answer is no array", answer->where);
    page->teams = cJSON_CreateArray();
    if (!page->teams)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    cJSON_ArrayForEach(item, answer->json)
    {
        cJSON *record = record_make(team_fields, item, answer->where, err);
        if (!record || !cJSON_AddItemToArray(page->teams, record)) {
            status = record ? api_fail(err, API_UNREACHABLE, "out of memory") : err->status;
            cJSON_Delete(record);
            break;
        }
        page->count++;
    }
    return status;
}

/* True if the two pages of the listing L say the same. */
static bool same_page(const struct github_listing *l, const struct github_page *a,
                      const struct github_page *b)
{
    if (a->count != b->count)
        return false;
    if (l->teams)
        return a->teams && b->teams && cJSON_Compare(a->teams, b->teams, true);
    return b->entries && memcmp(a->entries, b->entries, a->count * sizeof *a->entries) == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Puts what ANSWER has into the listing's page AT; R is changed when it differs. */
static enum api_status page_take(struct provider *p, struct github_roster *r,
                                 struct github_listing *l, size_t at, const struct answer *answer,
                                 struct api_error *err)
{
    struct github_page fresh = {0}, *old = page_at(l, at);
    char next[ENGINE_NEXT_MAX];
    if (*answer->next && !engine_own_link(p, answer->next, next, sizeof next))
        return api_fail(err, API_BAD_ANSWER, "%s: " ENGINE_ELSEWHERE, answer->where);
    enum api_status status =
        l->teams ? teams_read(answer, &fresh, err) : entries_read(answer, &fresh, err);
    fresh.etag = *p->heard_etag ? strdup(p->heard_etag) : NULL;
    fresh.next = *answer->next ? strdup(next) : NULL;
    if (status == API_OK && (!old || (*answer->next && !fresh.next)))
        status = api_fail(err, API_UNREACHABLE, "out of memory");
    if (status != API_OK) {
        page_free(&fresh);
        return status;
    }
    bool moved = !same_text(fresh.next, old->next);
    r->changed |= moved || !same_page(l, &fresh, old);
    if (moved) /* the pages behind it are other ones */
        listing_end(l, at + 1);
    page_free(old);
    *old = fresh;
    return API_OK;
}

/* One page, whose place in the listing is AT. */
static enum api_status page_fetch(struct provider *p, struct github_roster *r,
                                  const struct operation *o, const struct provider_arg *args,
                                  struct github_listing *l, size_t at, struct api_error *err)
{
    const struct github_state *s = p->state;
    struct answer answer;
    p->etag = at < l->count ? l->pages[at].etag : NULL;
    enum api_status status =
        engine_request(p, o, args, at > 0 ? l->pages[at - 1].next : NULL, &answer, err);
    p->etag = NULL;
    if (status == API_OK && s->partial)
        status = api_fail(err, API_REFUSED,
                          "%s: single sign-on keeps a part from this token, which must be "
                          "authorized for the organization",
                          answer.where);
    if (status == API_OK && !answer.unchanged)
        status = page_take(p, r, l, at, &answer, err);
    cJSON_Delete(answer.json);
    return status;
}

/* Reads a listing to its end. A failure leaves pages that are as good as before. */
static enum api_status listing_read(struct provider *p, struct github_roster *r,
                                    const struct operation *o, const struct provider_arg *args,
                                    struct github_listing *l, struct api_error *err)
{
    enum api_status status;
    const char *next;
    size_t at = 0, seen = 0, seen_until = 1; /* Brent's algorithm finds circles */
    do {
        if (at == PAGES_MAX)
            return api_fail(err, API_BAD_ANSWER, "the listing never ends");
        status = page_fetch(p, r, o, args, l, at, err);
        next = status == API_OK ? l->pages[at].next : NULL;
        if (next && at > seen && same_text(next, l->pages[seen].next)) {
            listing_end(l, 0);
            return api_fail(err, API_BAD_ANSWER, "the listing goes round in circles");
        }
        if (at == seen_until) {
            seen = at;
            seen_until *= 2;
        }
        at++;
    } while (next);
    if (status == API_OK)
        listing_end(l, at);
    return status;
}

/* --- people --- */

static void details_free(struct github_details *d)
{
    if (!d)
        return;
    free(d->keys_etag);
    free(d->user_etag);
    cJSON_Delete(d->keys);
    free(d);
}

static void people_free(struct github_person *people, size_t count)
{
    for (size_t i = 0; i < count; i++)
        details_free(people[i].details);
    free(people);
}

static void teams_free(struct github_team *teams, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        listing_end(&teams[i].members, 0);
        free(teams[i].members.pages);
    }
    free(teams);
}

static void roster_clear(struct github_roster *r)
{
    teams_free(r->teams, r->team_count);
    free(r->memberships);
    listing_end(&r->team_pages, 0);
    free(r->team_pages.pages);
    people_free(r->people, r->count);
    listing_end(&r->owners, 0);
    listing_end(&r->all, 0);
    free(r->owners.pages);
    free(r->all.pages);
    *r = (struct github_roster){0};
}

static int by_id(const void *a, const void *b)
{
    const struct github_person *one = a, *two = b;
    return one->id < two->id ? -1 : one->id > two->id;
}

/* The people of a listing in the order of their ids, each once. NULL: out of memory. */
static struct github_person *people_of(const struct github_listing *l, size_t *count)
{
    size_t room = 0, n = 0;
    for (size_t i = 0; i < l->count; i++)
        room += l->pages[i].count;
    struct github_person *people = calloc(room ? room : 1, sizeof *people);
    for (size_t i = 0; people && i < l->count; i++)
        for (size_t k = 0; k < l->pages[i].count; k++, n++) {
            people[n].id = l->pages[i].entries[k].id;
            people[n].login = l->pages[i].entries[k].login;
        }
    if (people)
        qsort(people, n, sizeof *people, by_id);
    *count = 0;
    for (size_t i = 0; people && i < n; i++)
        if (*count > 0 && people[*count - 1].id == people[i].id)
            people[*count - 1].ambiguous |= strcmp(people[*count - 1].login, people[i].login) != 0;
        else
            people[(*count)++] = people[i];
    return people;
}

/* Makes PEOPLE of the listings, who keep what was read of them. *GONE: somebody has left. */
static enum api_status people_gather(struct github_roster *r, bool *gone, struct api_error *err)
{
    size_t owners_count, count, old = 0, owner = 0;
    struct github_person *owners = people_of(&r->owners, &owners_count);
    struct github_person *people = people_of(&r->all, &count);
    if (!owners || !people) {
        free(owners);
        free(people);
        return api_fail(err, API_UNREACHABLE, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        while (owner < owners_count && owners[owner].id < people[i].id)
            owner++;
        people[i].owner = owner < owners_count && owners[owner].id == people[i].id;
        for (; old < r->count && r->people[old].id < people[i].id; old++)
            *gone = true;
        if (old < r->count && r->people[old].id == people[i].id) {
            people[i].details = r->people[old].details;
            r->people[old++].details = NULL;
        }
    }
    *gone |= old < r->count;
    free(owners);
    people_free(r->people, r->count);
    r->people = people;
    r->count = count;
    return API_OK;
}

/* Reads both listings. The owners come first: whoever becomes one meanwhile is a member until the
 * next time, and nobody is missing in both. */
static enum api_status people_list(struct provider *p, struct github_roster *r, const char *org,
                                   bool *gone, struct api_error *err)
{
    static const struct operation listing = {.method = "GET",
                                             .path = "/orgs/{org}/members",
                                             .query = "role={role}&per_page=100",
                                             .shape = ITEMS_LIST};
    const struct provider_arg owners[] = {{"org", org}, {"role", "admin"}, {0}};
    const struct provider_arg all[] = {{"org", org}, {"role", "all"}, {0}};
    enum api_status status = listing_read(p, r, &listing, owners, &r->owners, err);
    if (status == API_OK)
        status = listing_read(p, r, &listing, all, &r->all, err);
    if (status == API_OK)
        status = people_gather(r, gone, err);
    if (status == API_OK && (r->count == 0 || r->owners.pages[0].count == 0))
        return api_fail(err, API_BAD_ANSWER,
                        "the organization \"%s\" has %s in the answer, which cannot be", org,
                        r->count == 0 ? "no member" : "no owner");
    return status;
}

/* --- who is in which team --- */

static int by_team(const void *a, const void *b)
{
    const struct github_team *one = a, *two = b;
    return one->id < two->id ? -1 : one->id > two->id;
}

static int by_person(const void *a, const void *b)
{
    const struct github_membership *one = a, *two = b;
    if (one->person != two->person)
        return one->person < two->person ? -1 : 1;
    return (one->team > two->team) - (one->team < two->team);
}

/* The teams of the listing in the order of their ids, each once. NULL: out of memory. */
static struct github_team *teams_of(const struct github_listing *l, size_t *count)
{
    size_t room = 0, n = 0;
    for (size_t i = 0; i < l->count; i++)
        room += l->pages[i].count;
    struct github_team *teams = calloc(room ? room : 1, sizeof *teams);
    for (size_t i = 0; teams && i < l->count; i++)
        for (cJSON *record = l->pages[i].teams->child; record; record = record->next) {
            const char *id = json_text(record, "id");
            teams[n++] = (struct github_team){.id = strtoll(id, NULL, 10), .record = record};
        }
    if (teams)
        qsort(teams, n, sizeof *teams, by_team);
    *count = 0;
    for (size_t i = 0; teams && i < n; i++)
        if (*count == 0 || teams[*count - 1].id != teams[i].id)
            teams[(*count)++] = teams[i];
    return teams;
}

/* Makes TEAMS of the listing, which keep what was read of their members. *GONE: one is missing. */
static enum api_status teams_gather(struct github_roster *r, bool *gone, struct api_error *err)
{
    size_t count, old = 0;
    struct github_team *teams = teams_of(&r->team_pages, &count);
    *gone = false;
    if (!teams)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    for (size_t i = 0; i < count; i++) {
        for (; old < r->team_count && r->teams[old].id < teams[i].id; old++)
            *gone = true;
        if (old < r->team_count && r->teams[old].id == teams[i].id) {
            teams[i].members = r->teams[old].members;
            r->teams[old++].members = (struct github_listing){0};
        }
    }
    *gone |= old < r->team_count;
    teams_free(r->teams, r->team_count);
    r->teams = teams;
    r->team_count = count;
    return API_OK;
}

static enum api_status memberships_gather(struct github_roster *r, struct api_error *err)
{
    size_t room = 0, n = 0;
    for (size_t i = 0; i < r->team_count; i++)
        for (size_t k = 0; k < r->teams[i].members.count; k++)
            room += r->teams[i].members.pages[k].count;
    free(r->memberships);
    r->membership_count = 0;
    r->memberships = calloc(room ? room : 1, sizeof *r->memberships);
    if (!r->memberships)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    for (size_t i = 0; i < r->team_count; i++)
        for (size_t k = 0; k < r->teams[i].members.count; k++) {
            const struct github_page *page = &r->teams[i].members.pages[k];
            for (size_t m = 0; m < page->count; m++)
                r->memberships[n++] = (struct github_membership){page->entries[m].id, i};
        }
    qsort(r->memberships, n, sizeof *r->memberships, by_person);
    r->membership_count = n;
    return API_OK;
}

/* Reads the teams, and who is in each: a team's own members and those of its parts. A team that is
 * missing is looked for once more, since teams move from page to page, too. */
static enum api_status teams_list(struct provider *p, struct github_roster *r, const char *org,
                                  struct api_error *err)
{
    static const struct operation teams = {
        .method = "GET", .path = "/orgs/{org}/teams", .query = "per_page=100", .shape = ITEMS_LIST};
    static const struct operation members = {.method = "GET",
                                             .path = "/orgs/{org}/teams/{slug}/members",
                                             .query = "role=all&per_page=100",
                                             .shape = ITEMS_LIST};
    const struct provider_arg args[] = {{"org", org}, {0}};
    bool gone = true;
    enum api_status status = API_OK;
    r->team_pages.teams = true;
    for (int i = 0; i < 2 && gone && status == API_OK; i++) {
        status = listing_read(p, r, &teams, args, &r->team_pages, err);
        if (status == API_OK)
            status = teams_gather(r, &gone, err);
    }
    for (size_t i = 0; i < r->team_count && status == API_OK; i++) {
        const struct provider_arg team[] = {
            {"org", org}, {"slug", json_text(r->teams[i].record, "slug")}, {0}};
        status = listing_read(p, r, &members, team, &r->teams[i].members, err);
    }
    return status == API_OK ? memberships_gather(r, err) : status;
}

/* --- what is read of each person --- */

static bool same_login(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* Makes "type" and "blob" of the text of each key, of which the array KEYS becomes the owner. */
static const char *key_read(const cJSON *item, cJSON *keys)
{
    const char *text = json_text(item, "key");
    size_t type = text ? strcspn(text, " ") : 0;
    char word[64];
    if (!text || strlen(text) > RECORD_PEM_MAX || type == 0 || type >= sizeof word ||
        text[type] != ' ')
        return "\"key\" is no ssh key";
    snprintf(word, sizeof word, "%.*s", (int)type, text);
    char *blob = strndup(text + type + 1, strcspn(text + type + 1, " "));
    cJSON *key = cJSON_CreateObject();
    bool made = blob && key && cJSON_AddStringToObject(key, "type", word) &&
                cJSON_AddStringToObject(key, "blob", blob) && cJSON_AddItemToArray(keys, key);
    free(blob);
    if (made)
        return NULL;
    cJSON_Delete(key);
    return "out of memory";
}

static enum api_status keys_take(struct github_roster *r, struct github_details *d,
                                 const struct answer *answer, struct api_error *err)
{
    const cJSON *item;
    const char *fault = cJSON_IsArray(answer->json) ? NULL : "the answer is no array";
    cJSON *keys = cJSON_CreateArray();
    if (!keys)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    for (item = fault ? NULL : answer->json->child; item && !fault; item = item->next)
        fault = key_read(item, keys);
    if (fault) {
        cJSON_Delete(keys);
        return api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, fault);
    }
    if (!d->keys || !cJSON_Compare(d->keys, keys, true)) {
        d->paired = false;
        r->changed = true;
    }
    cJSON_Delete(d->keys);
    d->keys = keys;
    return API_OK;
}

/* Sends O for ARGS unless what has the tag *ETAG is still what it was, which ANSWER->unchanged
 * says; *ETAG becomes the new one. */
static enum api_status fetch_tagged(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, char **etag,
                                    struct answer *answer, struct api_error *err)
{
    p->etag = *etag;
    enum api_status status = engine_request(p, o, args, NULL, answer, err);
    p->etag = NULL;
    if (status == API_OK && !answer->unchanged) {
        free(*etag);
        *etag = *p->heard_etag ? strdup(p->heard_etag) : NULL;
    }
    return status;
}

static enum api_status keys_fetch(struct provider *p, struct github_roster *r, const char *login,
                                  struct github_details *d, struct api_error *err)
{
    static const struct operation listing = {.method = "GET",
                                             .path = "/users/{login}/keys",
                                             .query = "per_page=100",
                                             .shape = ITEMS_LIST};
    const struct provider_arg args[] = {{"login", login}, {0}};
    struct answer answer;
    if (!same_login(d->login, login)) { /* keys are found by the login: these are another's now */
        free(d->keys_etag);
        d->keys_etag = NULL;
        cJSON_Delete(d->keys);
        d->keys = NULL;
    }
    snprintf(d->login, sizeof d->login, "%s", login);
    enum api_status status = fetch_tagged(p, &listing, args, &d->keys_etag, &answer, err);
    if (status == API_OK && !answer.unchanged)
        status = keys_take(r, d, &answer, err);
    cJSON_Delete(answer.json);
    return status;
}

/* The users of an Enterprise Server can be suspended, which no listing shows. */
static enum api_status suspension_fetch(struct provider *p, struct github_roster *r, int64_t id,
                                        struct github_details *d, struct api_error *err)
{
    static const struct operation show = {
        .method = "GET", .path = "/user/{id}", .shape = ITEMS_ONE};
    char text[24];
    const struct provider_arg args[] = {{"id", text}, {0}};
    struct answer answer;
    int64_t shown = 0;
    snprintf(text, sizeof text, "%" PRId64, id);
    enum api_status status = fetch_tagged(p, &show, args, &d->user_etag, &answer, err);
    if (status == API_OK && !answer.unchanged) {
        bool suspended = json_at(answer.json, "suspended_at") != NULL;
        if (!json_integer(json_at(answer.json, "id"), &shown) || shown != id)
            status = api_fail(err, API_BAD_ANSWER, "%s: this is another user", answer.where);
        r->changed |= suspended != d->suspended;
        d->suspended = suspended;
    }
    cJSON_Delete(answer.json);
    return status;
}

static bool reads_keys(const struct provider *p)
{
    const char *keys = engine_option(p, "keys");
    return !keys || strcmp(keys, "off") != 0;
}

/* Reads what there is of PERSON. Who has gone meanwhile has nothing, which is no failure. */
static enum api_status person_read(struct provider *p, struct github_roster *r,
                                   struct github_person *person, struct api_error *err)
{
    const struct github_state *s = p->state;
    struct github_details *d = person->details;
    enum api_status status = API_OK;
    if (!d && (d = person->details = calloc(1, sizeof *d)) == NULL)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    if (s->server)
        status = suspension_fetch(p, r, person->id, d, err);
    if (status == API_OK && reads_keys(p))
        status = keys_fetch(p, r, person->login, d, err);
    if (status == API_REFUSED && err->http == 404) {
        r->changed |= d->keys != NULL;
        cJSON_Delete(d->keys);
        d->keys = NULL;
        d->paired = false;
        status = API_OK;
    }
    if (status == API_OK)
        d->read_ms = clock_mono_ms();
    return status;
}

/* What is left of the hour's requests is for listings, when many hosts share it. */
static bool may_spend(const struct github_state *s)
{
    return s->limit <= 0 || s->left > s->limit / 2;
}

/* True when nothing was read of PERSON yet. */
static bool is_new(const struct github_person *person)
{
    return !person->details || person->details->read_ms == 0;
}

/* True when PERSON was read so long ago before NOW_MS, or by another login, that he is due again.
 */
static bool is_due(const struct github_state *s, const struct github_person *person, int64_t now_ms)
{
    const struct github_details *d = person->details;
    int64_t age = now_ms - d->read_ms;
    return !same_login(d->login, person->login) || age >= (s->roster.reread ? 1
                                                           : s->server      ? SERVER_AGAIN_MS
                                                                            : READ_AGAIN_MS);
}

/* Reads again those of whom something is known, each in turn. */
static enum api_status people_read_again(struct provider *p, struct github_roster *r,
                                         int64_t now_ms, struct api_error *err)
{
    const struct github_state *s = p->state;
    size_t left = r->reread ? READ_NEW_MAX : s->server ? SERVER_AGAIN_MAX : READ_AGAIN_MAX;
    enum api_status status = API_OK;
    for (size_t i = 0; i < r->count && left > 0 && status == API_OK; i++) {
        struct github_person *person = &r->people[i];
        if (person->id <= r->turn || is_new(person) || !is_due(s, person, now_ms))
            continue;
        status = person_read(p, r, person, err);
        r->turn = person->id;
        left--;
    }
    if (left > 0)
        r->turn = 0;
    return status;
}

/* Reads people of whom nothing is known, and some of the others. A server of one's own has all read
 * at once: nobody who is suspended there may seem active here. */
static enum api_status people_read(struct provider *p, struct github_roster *r,
                                   struct api_error *err)
{
    const struct github_state *s = p->state;
    size_t left = s->server ? r->count : READ_NEW_MAX;
    int64_t now_ms = clock_mono_ms();
    enum api_status status = API_OK;
    for (size_t i = 0; i < r->count && left > 0 && may_spend(s) && status == API_OK; i++)
        if (is_new(&r->people[i])) {
            status = person_read(p, r, &r->people[i], err);
            left--;
        }
    return status == API_OK ? people_read_again(p, r, now_ms, err) : status;
}

/* Notes whose login was his before and after his keys were read. True when somebody's is open. */
static bool people_pair(struct github_roster *r, bool listed_again)
{
    bool open = false;
    for (size_t i = 0; i < r->count; i++) {
        struct github_person *person = &r->people[i];
        struct github_details *d = person->details;
        if (!d || d->paired || !d->keys)
            continue;
        if (listed_again && !person->ambiguous && same_login(d->login, person->login))
            d->paired = r->changed = true;
        else
            open = true;
    }
    return open;
}

/* --- complete or nothing --- */

/* A token whose user is no member sees the public members only, and a status of 200. */
static enum api_status judge_membership(struct provider *p, const char *org,
                                        const struct answer *answer, struct api_error *err)
{
    const struct github_state *s = p->state;
    const char *state = json_text(answer->json, "state");
    int64_t id = 0;
    if (!state || strcmp(state, "active") != 0)
        return api_fail(err, API_REFUSED,
                        "%s: the token's user is no member of %s: only public members would be "
                        "listed",
                        answer->where, org);
    if (s->scoped && !s->reads_org)
        return api_fail(err, API_REFUSED,
                        "%s: the token lacks the scope read:org: only public members would be "
                        "listed",
                        answer->where);
    if (!json_integer(json_at(answer->json, "organization.id"), &id) || id == 0)
        return api_fail(err, API_BAD_ANSWER, "%s: \"organization.id\" is no number", answer->where);
    return check_org_id(p, id, answer->where, err);
}

static enum api_status probe(struct provider *p, const char *org, struct api_error *err)
{
    static const struct operation membership = {
        .method = "GET", .path = "/user/memberships/orgs/{org}", .shape = ITEMS_ONE};
    struct github_state *s = p->state;
    const struct provider_arg args[] = {{"org", org}, {0}};
    struct answer answer;
    if (s->app) /* its permission was looked at when its token was made */
        return API_OK;
    enum api_status status = fetch_tagged(p, &membership, args, &s->probe_etag, &answer, err);
    if (status == API_OK && !answer.unchanged)
        status = judge_membership(p, org, &answer, err);
    cJSON_Delete(answer.json);
    if (status == API_OK)
        return status;
    free(s->probe_etag);
    s->probe_etag = NULL;
    return status;
}

/* Reads what there is of single people. What a limit or an error keeps back is due the next time;
 * but who is suspended on a server of one's own must be known. */
static enum api_status details_read(struct provider *p, struct github_roster *r,
                                    struct api_error *err)
{
    const struct github_state *s = p->state;
    enum api_status status = people_read(p, r, err);
    if (status != API_OK && status != API_BAD_ANSWER && !s->server) {
        memset(err, 0, sizeof *err);
        status = API_OK;
    }
    return status;
}

/* Reads the organization: its members and, with DETAILS, what there is of each. Who is missing is
 * looked for once more, since people move from page to page when others leave. */
static enum api_status roster_read(struct provider *p, struct github_roster *r, const char *org,
                                   bool details, struct api_error *err)
{
    bool gone = false, still = false;
    details = details && (reads_keys(p) || ((struct github_state *)p->state)->server);
    enum api_status status = people_list(p, r, org, &gone, err);
    if (status == API_OK && details)
        status = details_read(p, r, err);
    if (status == API_OK && (people_pair(r, false) || gone)) {
        status = people_list(p, r, org, &still, err);
        people_pair(r, status == API_OK);
    }
    if (status == API_OK && p->settings.teams)
        status = teams_list(p, r, org, err);
    return status == API_OK ? probe(p, org, err) : status;
}

static bool add_roles(cJSON *record, bool owner)
{
    cJSON *roles = cJSON_AddArrayToObject(record, "roles");
    cJSON *role = cJSON_CreateString(owner ? "owner" : "member");
    if (roles && role && cJSON_AddItemToArray(roles, role))
        return true;
    cJSON_Delete(role);
    return false;
}

/* Adds the keys of PERSON. They are unread where a limit keeps them back; of who has got another
 * login, or two, they are none until they were read again. */
static bool add_keys(cJSON *record, const struct github_person *person)
{
    const struct github_details *d = person->details;
    if (!d || (d->read_ms == 0 && !d->keys))
        return cJSON_AddTrueToObject(record, "keys_unread") != NULL;
    bool own = d->keys && d->paired && same_login(d->login, person->login);
    return !own || cJSON_AddItemReferenceToObject(record, "keys", d->keys);
}

/* Adds the teams of the person with ID, whose records stay R's. */
static bool add_teams(cJSON *record, const struct github_roster *r, int64_t id)
{
    size_t low = 0, high = r->membership_count;
    cJSON *list = cJSON_AddArrayToObject(record, "teams");
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->memberships[middle].person < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool good = list != NULL;
    for (; good && low < r->membership_count && r->memberships[low].person == id; low++)
        good = cJSON_AddItemReferenceToArray(list, r->teams[r->memberships[low].team].record);
    return good;
}

/* The record of PERSON, with its keys if WITH_KEYS, to be freed; NULL: out of memory. */
static cJSON *person_record(const struct github_roster *r, const struct github_person *person,
                            bool with_keys)
{
    char id[24];
    const struct github_details *d = person->details;
    cJSON *record = cJSON_CreateObject();
    snprintf(id, sizeof id, "%" PRId64, person->id);
    bool made =
        record && cJSON_AddStringToObject(record, "id", id) &&
        cJSON_AddStringToObject(record, "username", person->login) &&
        add_roles(record, person->owner) &&
        cJSON_AddStringToObject(record, "state", d && d->suspended ? "suspended" : "active") &&
        (!r->teams || add_teams(record, r, person->id)) && (!with_keys || add_keys(record, person));
    if (made)
        return record;
    cJSON_Delete(record);
    return NULL;
}

static enum api_status people_give(const struct github_roster *r, bool with_keys,
                                   provider_sink *sink, void *arg, struct api_error *err)
{
    enum api_status status = API_OK;
    for (size_t i = 0; i < r->count && status == API_OK; i++) {
        cJSON *record = person_record(r, &r->people[i], with_keys);
        if (!record)
            status = api_fail(err, API_UNREACHABLE, "out of memory");
        else if (sink && sink(arg, record) != 0)
            status = api_fail(err, API_STOPPED, "stopped");
        cJSON_Delete(record);
    }
    return status;
}

/* For people to look at: without keys, which would take a request for each member. */
static enum api_status list_members(struct provider *p, const struct operation *o,
                                    const struct provider_arg *args, provider_sink *sink, void *arg,
                                    struct api_error *err)
{
    struct github_state *s = p->state;
    struct github_roster once = {0};
    const char *org = organization(p, args);
    (void)o;
    if (!org)
        return api_fail(err, API_USAGE, "no organization is chosen");
    free(s->probe_etag); /* of another organization, perhaps */
    s->probe_etag = NULL;
    enum api_status status = roster_read(p, &once, org, s->server, err);
    if (status == API_OK)
        status = people_give(&once, false, sink, arg, err);
    roster_clear(&once);
    return status;
}

/* What has not changed since the position is not given again. */
static enum api_status github_watch(struct provider *p, struct watch_position *position,
                                    int wait_ms, const struct provider_watcher *watcher,
                                    struct api_error *err)
{
    struct github_state *s = p->state;
    struct github_roster *r = &s->roster;
    char now[WATCH_ETAG_MAX];
    (void)wait_ms;
    if (!p->settings.org)
        return api_fail(err, API_USAGE, "no organization is chosen");
    r->reread = *position->etag == '\0';
    enum api_status status = roster_read(p, r, p->settings.org, true, err);
    if (status != API_OK)
        return status;
    r->generation += r->changed;
    r->changed = false;
    snprintf(now, sizeof now, "%s.%" PRIu64, s->instance, r->generation);
    if (strcmp(now, position->etag) == 0)
        return API_OK;
    watcher->reset(watcher->arg);
    status = people_give(r, reads_keys(p), watcher->member, watcher->arg, err);
    if (status == API_OK) {
        *position = (struct watch_position){0};
        memcpy(position->etag, now, strlen(now) + 1);
    }
    return status;
}

/* --- open and close --- */

static bool is_server(const struct provider *p)
{
    const char *base = http_base_path(p->http);
    size_t len = strlen(base), tail = strlen(SERVER_PREFIX);
    return len >= tail && strcmp(base + len - tail, SERVER_PREFIX) == 0;
}

static enum api_status github_open(struct provider *p, struct api_error *err)
{
    unsigned char bytes[8];
    const char *token = p->settings.token;
    bool pem = token && pem_valid(token);
    struct github_state *s = p->state = calloc(1, sizeof *s);
    if (!s || getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(s->instance + 2 * i, 3, "%02x", bytes[i]);
    s->left = s->limit = -1;
    s->server = is_server(p);
    s->app = engine_option(p, "app_id");
    if (pem != (s->app != NULL))
        return api_fail(
            err, API_USAGE,
            pem ? "the credential is an App's private key, and the option \"app_id\" is "
                  "missing"
                : "the option \"app_id\" is given, and the credential is no private key "
                  "in PEM");
    enum api_status status = engine_header(p, "X-GitHub-Api-Version", API_VERSION, err);
    if (s->app)
        p->kind = &github_app;
    return status == API_OK && !s->app ? engine_bearer(p, err) : status;
}

static void github_close(struct provider *p)
{
    struct github_state *s = p->state;
    if (!s)
        return;
    roster_clear(&s->roster);
    free(s->probe_etag);
    free(s);
}

/* --- what people ask for --- */

/* GitHub's word for the role ROLE of a member or, with INVITED, of who is invited; NULL when there
 * is none. */
static const char *role_word(const char *role, bool invited)
{
    if (strcmp(role, "owner") == 0)
        return "admin";
    return strcmp(role, "member") != 0 ? NULL : invited ? "direct_member" : "member";
}

static enum api_status role_unknown(const char *role, struct api_error *err)
{
    return api_fail(err, API_USAGE, "there is no role \"%.64s\"; it is one of: owner, member",
                    role);
}

/* The login of the member USER, an id, into LOGIN: paths have logins, which change hands. */
static enum api_status find_login(struct provider *p, const char *user, char login[LOGIN_SIZE],
                                  struct api_error *err)
{
    static const struct operation show = {
        .method = "GET", .path = "/user/{id}", .shape = ITEMS_ONE};
    const struct provider_arg args[] = {{"id", user}, {0}};
    struct answer answer;
    enum api_status status = engine_request(p, &show, args, NULL, &answer, err);
    const char *found = json_text(answer.json, "login");
    if (status == API_OK && (!found || strlen(found) >= LOGIN_SIZE || !word_valid(found)))
        status = api_fail(err, API_BAD_ANSWER, "%s: \"login\" is missing", answer.where);
    snprintf(login, LOGIN_SIZE, "%s", status == API_OK ? found : "");
    cJSON_Delete(answer.json);
    return status;
}

/* engine_run with the member's login for his id, and GitHub's word for the role. */
static enum api_status run_of_member(struct provider *p, const struct operation *o,
                                     const struct provider_arg *args, provider_sink *sink,
                                     void *arg, struct api_error *err)
{
    char login[LOGIN_SIZE] = "";
    const char *user = template_arg(args, "user"), *role = template_arg(args, "role");
    const char *word = role ? role_word(role, false) : NULL;
    struct provider_arg all[ARGS_MAX + 1] = {{"login", login}, {"word", word}};
    size_t n = 2;
    if (role && !word)
        return role_unknown(role, err);
    enum api_status status = user ? find_login(p, user, login, err) : API_OK;
    if (status != API_OK)
        return status;
    for (; args && args->name && n < ARGS_MAX; args++)
        all[n++] = *args;
    return engine_run(p, o, all, sink, arg, err);
}

/* As an App, which is no user, O by the path of an App's own. */
static enum api_status run_as_app(struct provider *p, const struct operation *o,
                                  provider_sink *sink, void *arg, struct api_error *err)
{
    struct answer answer;
    enum api_status status = ask_as_app(p, o->method, o->path, NULL, &answer, err);
    if (status == API_OK)
        status = engine_records(o, &answer, sink, arg, NULL, err);
    cJSON_Delete(answer.json);
    return status;
}

static enum api_status whoami(struct provider *p, const struct operation *o,
                              const struct provider_arg *args, provider_sink *sink, void *arg,
                              struct api_error *err)
{
    static const struct field fields[] = {
        {.name = "id", .from = "id", .kind = FIELD_WORD, .required = true},
        {.name = "username", .from = "slug"},
        {.name = "name", .from = "name"},
        {0},
    };
    static const struct operation app = {
        .method = "GET", .path = "/app", .shape = ITEMS_ONE, .fields = fields};
    const struct github_state *s = p->state;
    return s->app ? run_as_app(p, &app, sink, arg, err) : engine_run(p, o, args, sink, arg, err);
}

/* An App's organizations are those that it is installed in, at most 100. */
static enum api_status list_orgs(struct provider *p, const struct operation *o,
                                 const struct provider_arg *args, provider_sink *sink, void *arg,
                                 struct api_error *err)
{
    static const struct field fields[] = {
        {.name = "id", .from = "account.login", .required = true},
        {.name = "name", .from = "account.login", .required = true},
        {0},
    };
    static const struct operation app = {.method = "GET",
                                         .path = "/app/installations?per_page=100",
                                         .shape = ITEMS_LIST,
                                         .fields = fields};
    const struct github_state *s = p->state;
    return s->app ? run_as_app(p, &app, sink, arg, err) : engine_run(p, o, args, sink, arg, err);
}

static enum api_status invite(struct provider *p, const struct operation *o,
                              const struct provider_arg *args, provider_sink *sink, void *arg,
                              struct api_error *err)
{
    const char *role = template_arg(args, "role");
    const char *word = role_word(role ? role : "member", true);
    const struct provider_arg all[] = {{"org", template_arg(args, "org")},
                                       {"email", template_arg(args, "email")},
                                       {"word", word},
                                       {0}};
    return word ? engine_run(p, o, all, sink, arg, err) : role_unknown(role, err);
}

/* The two roles that every organization has. */
static enum api_status list_roles(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, provider_sink *sink, void *arg,
                                  struct api_error *err)
{
    static const char *const word[] = {"owner", "member"};
    enum api_status status = API_OK;
    (void)p, (void)o, (void)args;
    for (size_t i = 0; i < sizeof word / sizeof *word && status == API_OK; i++) {
        cJSON *record = cJSON_CreateObject();
        if (!record || !cJSON_AddStringToObject(record, "id", word[i]))
            status = api_fail(err, API_UNREACHABLE, "out of memory");
        else if (sink && sink(arg, record) != 0)
            status = api_fail(err, API_STOPPED, "stopped");
        cJSON_Delete(record);
    }
    return status;
}

/* --- teams: found by their ids, asked for by slugs, which change with their names --- */

struct slug_search {
    const char *id;
    char slug[RECORD_TEXT_MAX + 1]; /* "" until it is found */
};

static int look_at_team(void *arg, const cJSON *team)
{
    struct slug_search *s = arg;
    if (strcmp(json_text(team, "id"), s->id) == 0)
        snprintf(s->slug, sizeof s->slug, "%s", json_text(team, "slug"));
    return 0;
}

static enum api_status find_slug(struct provider *p, const struct provider_arg *args,
                                 struct slug_search *s, struct api_error *err)
{
    const struct provider_arg org[] = {{"org", template_arg(args, "org")}, {0}};
    s->slug[0] = '\0';
    s->id = template_arg(args, "team");
    if (!s->id)
        return api_fail(err, API_USAGE, "the argument \"team\" is missing");
    enum api_status status = engine_run(p, &operations[OP_TEAM_LIST], org, look_at_team, s, err);
    if (status == API_OK && !*s->slug)
        status = api_fail(err, API_REFUSED, "there is no team with the id %.64s", s->id);
    return status;
}

/* run_of_member, which sees to the member, for a team. */
static enum api_status run_of_team(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, provider_sink *sink, void *arg,
                                   struct api_error *err)
{
    struct slug_search s;
    char login[LOGIN_SIZE] = "";
    const char *role = template_arg(args, "role"), *user = template_arg(args, "user");
    if (role && strcmp(role, "maintainer") != 0 && strcmp(role, "member") != 0)
        return api_fail(err, API_USAGE,
                        "a team has no role \"%.64s\"; it is one of: maintainer, member", role);
    enum api_status status = find_slug(p, args, &s, err);
    if (status == API_OK && user)
        status = find_login(p, user, login, err);
    const struct provider_arg all[] = {{"org", template_arg(args, "org")},
                                       {"slug", s.slug},
                                       {"login", login},
                                       {"word", role ? role : "member"},
                                       {0}};
    return status == API_OK ? engine_run(p, o, all, sink, arg, err) : status;
}

#define TEAMMATE(word)                                                                             \
    {.name = "id", .from = "id", .kind = FIELD_WORD, .required = true},                            \
        {.name = "username", .from = "login", .required = true},                                   \
        {.name = "role", .from = "", .otherwise = (word)},                                         \
        {.name = "inherited", .from = "inherited", .kind = FIELD_BOOL}, {0},

static const struct field maintainer_fields[] = {TEAMMATE("maintainer")};
static const struct field teammate_fields[] = {TEAMMATE("member")};

/* The answer does not tell who is what: they are listed by their roles. */
static enum api_status list_team(struct provider *p, const struct operation *o,
                                 const struct provider_arg *args, provider_sink *sink, void *arg,
                                 struct api_error *err)
{
    struct slug_search s;
    struct operation members = *o;
    enum api_status status = find_slug(p, args, &s, err);
    for (int i = 0; i < 2 && status == API_OK; i++) {
        const struct provider_arg all[] = {{"org", template_arg(args, "org")},
                                           {"slug", s.slug},
                                           {"word", i == 0 ? "maintainer" : "member"},
                                           {0}};
        members.fields = i == 0 ? maintainer_fields : teammate_fields;
        status = engine_run(p, &members, all, sink, arg, err);
    }
    return status;
}

/* Our words for the roles of invitations. */
static enum api_status name_roles(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, struct answer *answer,
                                  struct api_error *err)
{
    cJSON *item = cJSON_IsArray(answer->json) ? answer->json->child : answer->json;
    (void)p, (void)o, (void)args;
    for (; cJSON_IsObject(item); item = item->next) {
        const char *role = json_text(item, "role");
        const char *word = !role                                ? NULL
                           : strcmp(role, "admin") == 0         ? "owner"
                           : strcmp(role, "direct_member") == 0 ? "member"
                                                                : role;
        cJSON *own = word ? cJSON_CreateString(word) : NULL;
        if (word && (!own || !cJSON_ReplaceItemInObjectCaseSensitive(item, "role", own))) {
            cJSON_Delete(own);
            return api_fail(err, API_UNREACHABLE, "out of memory");
        }
    }
    return API_OK;
}

/* Times are milliseconds since 1970. */
static enum api_status name_times(struct provider *p, const struct operation *o,
                                  const struct provider_arg *args, struct answer *answer,
                                  struct api_error *err)
{
    cJSON *item = cJSON_IsArray(answer->json) ? answer->json->child : NULL;
    (void)p, (void)o, (void)args;
    for (; cJSON_IsObject(item); item = item->next) {
        char text[RFC3339_SIZE];
        int64_t ms;
        if (!json_integer(json_at(item, "@timestamp"), &ms) || ms > INT64_C(253402300799999))
            return api_fail(err, API_BAD_ANSWER, "%s: \"@timestamp\" is no time", answer->where);
        if (!cJSON_AddStringToObject(item, "at", rfc3339_print(ms, text)))
            return api_fail(err, API_UNREACHABLE, "out of memory");
    }
    return API_OK;
}

/* What is looked for is one phrase. */
static enum api_status list_events(struct provider *p, const struct operation *o,
                                   const struct provider_arg *args, provider_sink *sink, void *arg,
                                   struct api_error *err)
{
    char phrase[512], created[128] = "";
    const char *action = template_arg(args, "action");
    const char *from = template_arg(args, "from"), *to = template_arg(args, "to");
    if (from || to)
        snprintf(created, sizeof created, "%screated:%.48s..%.48s", action ? " " : "",
                 from ? from : "*", to ? to : "*");
    int len = snprintf(phrase, sizeof phrase, "%s%s%s", action ? "action:" : "",
                       action ? action : "", created);
    const struct provider_arg all[] = {
        {"org", template_arg(args, "org")}, {"phrase", action || from || to ? phrase : NULL}, {0}};
    if (len < 0 || (size_t)len >= sizeof phrase)
        return api_fail(err, API_USAGE, "what is looked for is too long");
    return engine_run(p, o, all, sink, arg, err);
}

static const struct field user_fields[] = {
    {.name = "id", .from = "id", .kind = FIELD_WORD, .required = true},
    {.name = "email", .from = "email"},
    {.name = "username", .from = "login", .required = true},
    {.name = "name", .from = "name"},
    {0},
};

/* Paths have the login of an organization. */
static const struct field organization_fields[] = {
    {.name = "id", .from = "login", .required = true},
    {.name = "name", .from = "login", .required = true},
    {.name = "label", .from = "name"},
    {.name = "description", .from = "description"},
    {.name = "plan", .from = "plan.name"},
    {.name = "email", .from = "email"},
    {.name = "created", .from = "created_at"},
    {.name = "updated", .from = "updated_at"},
    {0},
};

static const struct field addition_fields[] = {
    {.name = "outcome", .from = "", .otherwise = "invited"},
    {.name = "id", .from = "id", .kind = FIELD_WORD, .required = true},
    {.name = "email", .from = "email|login"},
    {.name = "roles", .from = "role", .kind = FIELD_LIST},
    {0},
};

static const struct field invitation_fields[] = {
    {.name = "id", .from = "id", .kind = FIELD_WORD, .required = true},
    {.name = "email", .from = "email|login"},
    {.name = "roles", .from = "role", .kind = FIELD_LIST},
    {.name = "state", .from = "", .otherwise = "pending"},
    {.name = "created", .from = "created_at"},
    {.name = "username", .from = "login"},
    {.name = "maker", .from = "inviter.login"},
    {0},
};

static const struct field event_fields[] = {
    {.name = "id", .from = "_document_id", .required = true},
    {.name = "at", .from = "at", .required = true},
    {.name = "actor", .from = "actor_id", .kind = FIELD_WORD},
    {.name = "actor_name", .from = "actor"},
    {.name = "action", .from = "action", .required = true},
    {.name = "subject", .from = "user_id", .kind = FIELD_WORD},
    {.name = "subject_name", .from = "user"},
    {.name = "detail", .from = "data|team|repo", .kind = FIELD_JSON},
    {0},
};

#define ORG        "/orgs/{org}"
#define TEAM       ORG "/teams/{slug}"
#define PAGED      .paging = PAGING_HEADER
#define SIZE       "per_page=100"
#define ONE(what)  .shape = ITEMS_ONE, .fields = (what)
#define LIST(what) .shape = ITEMS_LIST, .fields = (what), PAGED
#define INVITE                                                                                     \
    .run = invite, .method = "POST", .path = ORG "/invitations",                                   \
    .body = "{\"email\":\"$email\",\"role\":\"$word\"}", .takes = "role", .page = name_roles

static const struct operation operations[OP_COUNT] = {
    [OP_WHOAMI] = {whoami, "GET", "/user", ONE(user_fields)},
    [OP_ORG_LIST] = {list_orgs, "GET", "/user/orgs", SIZE, LIST(organization_fields)},
    [OP_ORG_FIND] = {engine_run, "GET", ORG, ONE(organization_fields)},
    [OP_ORG_SHOW] = {engine_run, "GET", ORG, ONE(organization_fields)},
    [OP_MEMBER_LIST] = {.run = list_members,
                        .method = "GET",
                        .path = ORG "/members",
                        .query = SIZE},
    [OP_MEMBER_ADD] = {INVITE, ONE(addition_fields)},
    [OP_MEMBER_ROLE] = {run_of_member, "PUT", ORG "/memberships/{login}",
                        .body = "{\"role\":\"$word\"}", .takes = "user role", .shape = ITEMS_NONE},
    [OP_MEMBER_REMOVE] = {run_of_member, "DELETE", ORG "/memberships/{login}", .takes = "user",
                          .shape = ITEMS_NONE},
    [OP_INVITATION_LIST] = {engine_run, "GET", ORG "/invitations", SIZE, .page = name_roles,
                            LIST(invitation_fields)},
    [OP_INVITATION_CREATE] = {INVITE, ONE(invitation_fields)},
    [OP_INVITATION_REVOKE] = {engine_run, "DELETE", ORG "/invitations/{id}", .shape = ITEMS_NONE},
    [OP_ROLE_LIST] = {.run = list_roles},
    [OP_TEAM_LIST] = {engine_run, "GET", ORG "/teams", SIZE, LIST(team_fields)},
    [OP_TEAM_SHOW] = {list_team, "GET", TEAM "/members", "role={word}&" SIZE, .takes = "team",
                      LIST(teammate_fields)},
    [OP_TEAM_ADD] = {run_of_team, "PUT", TEAM "/memberships/{login}",
                     .body = "{\"role\":\"$word\"}", .takes = "team user role",
                     .shape = ITEMS_NONE},
    [OP_TEAM_REMOVE] = {run_of_team, "DELETE", TEAM "/memberships/{login}", .takes = "team user",
                        .shape = ITEMS_NONE},
    [OP_AUDIT_LIST] = {list_events, "GET", ORG "/audit-log", "phrase={phrase?}&" SIZE,
                       .takes = "action from to", .page = name_times, LIST(event_fields)},
};

static const struct error_shape errors = {.text = "message", .details = "errors"};

static const struct provider_option options[] = {
    {"app_id", "the id of the GitHub App whose private key the credential is", NULL},
    {"permission", "what the App's token may do with members: read (the default) or write",
     "read|write"},
    {"org_id", "the organization's number: its name can become another one's", NULL},
    {"keys", "whether a host reads the members' ssh keys: on (the default) or off", "on|off"},
    {0},
};

#define KIND(renewal)                                                                              \
    {                                                                                              \
        .name = "github", .url = GITHUB_URL, .http = true, .operations = operations,               \
        .options = options, .errors = &errors, .owner = "owner", .redirects = true, .pem = true,   \
        .keep = kept_headers, .examine = examine, .open = github_open, .authorize = (renewal),     \
        .close = github_close, .watch = github_watch                                               \
    }

const struct provider_kind provider_github = KIND(NULL);
static const struct provider_kind github_app = KIND(authorize);

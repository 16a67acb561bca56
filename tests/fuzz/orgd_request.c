/*
 * libFuzzer: a request through orgd's dispatcher, with a store in memory (/dev/shm), or in the
 * empty database $ORGD_FUZZ_DATA, a URL. The input is PATH|WHO|BODY; WHO is o (the owner's token),
 * t (an organization's), m (a member's), s (his browser's session), f (nobody, who sends a form as
 * OAuth has it), or the Authorization header itself, nothing for none; behind a # it has an
 * Idempotency-Key. In the body @o stands for the organization's id, @u for the owner's, @m for the
 * member's, @c and @d for the codes of a program that waits, @k and @g for what a browser says of a
 * new challenge when it makes a passkey or signs in. With the path /i the body is the
 * page's form, and WHO what a browser says of its languages. What must hold: an object comes back,
 * a failure has a reason and is not the server's, the organization has an owner, and the page has
 * no markup but its own.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "orgd/endpoints/dispatch.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/listing.h"
#include "orgd/endpoints/look.h"
#include "orgd/endpoints/oauth.h"
#include "orgd/web/invitation_form.h"
#include "orgd/web/negotiate.h"
#include "orgd/web/oauth_form.h"
#include "orgd/webauthn.h"

#define RUNS_A_STORE 5000
#define INPUT_MAX    4096
#define ORIGIN       "https://x.example"
#define CLIENT_SIZE  256

/* What an authenticator says of the member's passkey, with which seeds sign in. */
static const char passkey[] =
    "jXBEj8KEBm3GNC-6ouTQIDLMWOgWFPlhFG4dxpPWreVFAAAAAQAAAAAAAAAAAAAAAAAAAAAAIJcsXTqQKs0tSI"
    "onUHj1Oo_MIpHboyBTXsIRfMh2FTkhpAEBAycgBiFYICVFshbOkavvw0F7okQTLKzpczJ3Q9JMi_HVlOMZCe4_";

static struct store *store;
static char path[256], organization[ID_SIZE], owner[ID_SIZE], member[ID_SIZE];
static char user_code[USER_CODE_SIZE], device_code[CREDENTIAL_SIZE];
static char bearers[4][CREDENTIAL_SIZE + 8];

static void broken(const char *what)
{
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void answer_free(struct call_answer *answer)
{
    buffer_free(&answer->body);
    buffer_free(&answer->changed);
    buffer_free(&answer->letter.text);
}

/* Calls ENDPOINT and copies the text FIELD of the answer (or of its object WITHIN) to OUT. */
static void arrange(const char *endpoint, const char *authorization, const char *body,
                    const char *within, const char *field, char *out, size_t size)
{
    static const struct letterhead letterhead; /* tokens are in the replies */
    struct request request = {.method = "POST",
                              .content_type = "application/json",
                              .path = endpoint,
                              .authorization = authorization,
                              .body = body,
                              .len = strlen(body),
                              .id = "r",
                              .from = "fuzz",
                              .web_origin = ORIGIN,
                              .letterhead = &letterhead};
    struct call_answer answer;
    dispatch_needs(&request);
    dispatch(store, &request, &answer);
    cJSON *reply = cJSON_Parse(answer.body.data);
    const cJSON *object = within ? cJSON_GetObjectItem(reply, within) : reply;
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, field));
    if (answer.status != 200 || !text)
        broken(answer.body.data);
    snprintf(out, size, "%s", text);
    cJSON_Delete(reply);
    answer_free(&answer);
}

/* What a browser says of a new challenge, in base64url. */
static void client_make(const char *type, char out[2 * CLIENT_SIZE])
{
    char challenge[WEBAUTHN_CHALLENGE_SIZE], text[CLIENT_SIZE];
    webauthn_challenge(challenge);
    int len = snprintf(text, sizeof text,
                       "{\"type\":\"webauthn.%s\",\"challenge\":\"%s\",\"origin\":\"" ORIGIN "\"}",
                       type, challenge);
    sodium_bin2base64(out, 2 * CLIENT_SIZE, (const unsigned char *)text, (size_t)len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The member's passkey, a session of his browser, and a program that waits for him. */
static void page_make(void)
{
    char body[2 * CLIENT_SIZE + 400], client[2 * CLIENT_SIZE], text[WEBAUTHN_ID_SIZE];
    struct token token = {.role = roles_builtin[ROLE_MEMBER], .session = true};
    struct secret secret;
    client_make("create", client);
    snprintf(body, sizeof body, "{\"clientData\":\"%s\",\"authenticatorData\":\"%s\"}", client,
             passkey);
    arrange("/v1/users/passkeys/add", bearers[2], body, "passkey", "id", text, sizeof text);
    snprintf(token.user, sizeof token.user, "%s", member);
    if (!store_begin_change(store, NULL))
        abort();
    token_make(store, &token, &secret);
    if (store_commit(store) != STORE_DONE)
        abort();
    snprintf(bearers[3], sizeof bearers[3], "Bearer %s:%s", token.key, secret.text);
    arrange("/v1/users/device/authorize", NULL, "{\"client_id\":\"orgadmin\"}", NULL, "user_code",
            user_code, sizeof user_code);
    arrange("/v1/users/device/authorize", NULL, "{\"client_id\":\"orgadmin\"}", NULL, "device_code",
            device_code, sizeof device_code);
}

static void owner_make(void)
{
    struct user user = {.email = "owner@example.org", .username = "owner", .name = "Owner"};
    struct token token = {.role = roles_builtin[ROLE_MEMBER]};
    struct secret secret;
    id_make("usr_", user.id);
    snprintf(owner, sizeof owner, "%s", user.id);
    snprintf(token.user, sizeof token.user, "%s", user.id);
    if (!store_begin_change(store, NULL))
        abort();
    store_user_add(store, &user);
    store_user_let_create(store, user.id, true);
    token_make(store, &token, &secret);
    if (store_commit(store) != STORE_DONE)
        abort();
    snprintf(bearers[0], sizeof bearers[0], "Bearer %s:%s", token.key, secret.text);
}

static void scene_make(void)
{
    char body[300], text[CREDENTIAL_SIZE];
    if (!store_is_url(path))
        unlink(path);
    store = store_open(path, STORE_SERVE);
    if (!store)
        abort();
    owner_make();
    arrange("/v1/organizations/create", bearers[0], "{\"name\":\"Acme\"}", "organization", "id",
            organization, sizeof organization);
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"role\":\"admin\"}", organization);
    arrange("/v1/organizations/tokens/create", bearers[0], body, "apiToken", "bearer", text,
            sizeof text);
    snprintf(bearers[1], sizeof bearers[1], "Bearer %s", text);
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"email\":\"m@example.org\"}",
             organization);
    arrange("/v1/organizations/invitations/create", bearers[0], body, NULL, "token", text,
            sizeof text);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"username\":\"mia\"}", text);
    arrange("/v1/organizations/invitations/accept", NULL, body, "apiToken", "bearer", text,
            sizeof text);
    snprintf(bearers[2], sizeof bearers[2], "Bearer %s", text);
    arrange("/v1/users/whoami", bearers[2], "{}", "user", "id", member, sizeof member);
    page_make();
}

static void scene_end(void)
{
    static const char *const files[] = {"", "-wal", "-shm", "-lock", "-reserve"};
    char name[sizeof path + 16];
    store_close(store);
    if (store_is_url(path))
        return;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(name, sizeof name, "%s%s", path, files[i]);
        unlink(name);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    cJSON_Hooks hooks = {.malloc_fn = memory_raw, .free_fn = free};
    cJSON_InitHooks(&hooks);
    if (sodium_init() < 0)
        abort();
    const char *data = getenv("ORGD_FUZZ_DATA");
    if (data)
        snprintf(path, sizeof path, "%s", data);
    else
        snprintf(path, sizeof path, "/dev/shm/orgd-fuzz.%d", (int)getpid());
    scene_make();
    atexit(scene_end);
    return 0;
}

/* What @LETTER stands for; NULL for nothing. */
static const char *meant(char letter, char client[2 * CLIENT_SIZE])
{
    switch (letter) {
    case 'o':
        return organization;
    case 'u':
        return owner;
    case 'm':
        return member;
    case 'c':
        return user_code;
    case 'd':
        return device_code;
    case 'k':
    case 'g':
        client_make(letter == 'k' ? "create" : "get", client);
        return client;
    default:
        return NULL;
    }
}

/* The body with what stands for something in it. */
static void expand(const char *body, size_t len, struct buffer *out)
{
    char client[2 * CLIENT_SIZE];
    for (size_t i = 0; i < len; i++) {
        const char *text = body[i] == '@' && i + 1 < len ? meant(body[i + 1], client) : NULL;
        buffer_add(out, text ? text : body + i, text ? strlen(text) : 1, BODY_MAX);
        i += text != NULL;
    }
}

static const char *header(const char *who)
{
    static const char letters[] = "otms";
    const char *letter = strlen(who) == 1 ? strchr(letters, who[0]) : NULL;
    if (letter)
        return bearers[letter - letters];
    return who[0] && strcmp(who, "f") != 0 ? who : NULL;
}

/* What a members/changes is told now. */
static void held_check(const struct poll *asked)
{
    struct poll copy = *asked, *poll = &copy;
    struct look look = {.let_in = poll->revision, .count = 1, .since = {poll->since}};
    bool may;
    memcpy(look.organization, poll->organization, sizeof look.organization);
    looks_run(store, &(struct look *){&look}, 1);
    if (look.there)
        reply_end(look.replies[0], poll, &look.replies[0]->text);
    cJSON *reply = look.there ? cJSON_Parse(look.replies[0]->text.data) : NULL;
    if (!reply || poll_allowed(store, poll, &may) != STORE_DONE || !may ||
        reply_concerns(look.replies[0], poll))
        broken("a poll has no answer");
    cJSON_Delete(reply);
    reply_release(look.replies[0]);
}

static void answer_check(const struct call_answer *answer)
{
    cJSON *reply = NULL;
    if (answer->rest == ANSWER_HELD)
        held_check(&answer->poll);
    if (answer->rest != ANSWER_HELD && !(reply = cJSON_Parse(answer->body.data)))
        broken("the answer is not JSON");
    if (answer->status >= 500)
        broken("the server failed");
    if (answer->status >= 400 && !cJSON_GetStringValue(cJSON_GetObjectItem(reply, "reason")))
        broken("a failure without a reason");
    cJSON_Delete(reply);
}

/* True when the organization is there with its owner's token. */
static void invariants_check(void)
{
    struct organization there;
    if (!store_begin_read(store))
        abort();
    if (store_organization(store, organization, &there) && store_owners(store, organization) < 1)
        broken("no owner is left");
    if (store_commit(store) != STORE_DONE)
        broken("the store failed");
}

/* The number of tags in TEXT. */
static size_t tags(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += text[i] == '<';
    return count;
}

static void page_check(const struct invitation_form *form, const struct call_answer *answer)
{
    struct buffer page = {0};
    cJSON *reply = cJSON_Parse(answer->body.data);
    invitation_form_write(form, reply, "https://x.example", &page);
    struct web_bytes template = web_invitation(form->language);
    if (tags(page.data, page.len) != tags(template.data, template.len))
        broken("the page has other tags than its own");
    cJSON_Delete(reply);
    buffer_free(&page);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct letterhead letterhead = {.from = "orgd@example.org",
                                                 .invitation_url = "https://x.example/{token}"};
    static unsigned runs;
    char text[INPUT_MAX + 1];
    struct call_answer answer;
    struct buffer body = {0};
    if (size > INPUT_MAX)
        return -1;
    memcpy(text, data, size);
    text[size] = '\0';
    char *who = memchr(text, '|', size);
    char *rest = who ? memchr(who + 1, '|', size - (size_t)(who + 1 - text)) : NULL;
    if (!rest)
        return -1;
    *who++ = *rest++ = '\0';
    char *key = strchr(who, '#');
    if (key)
        *key++ = '\0';
    if (++runs % RUNS_A_STORE == 0 && !store_is_url(path)) {
        scene_end();
        scene_make();
    }
    expand(rest, size - (size_t)(rest - text), &body);
    struct request request = {.method = "POST",
                              .content_type = strcmp(who, "f") == 0
                                                  ? "application/x-www-form-urlencoded"
                                                  : "application/json",
                              .path = text,
                              .authorization = header(who),
                              .session = strcmp(who, "s") == 0,
                              .once = key,
                              .body = body.data,
                              .len = body.len,
                              .id = "r",
                              .from = "fuzz",
                              .web_origin = ORIGIN,
                              .same_site = true,
                              .letterhead = &letterhead};
    bool is_page = strcmp(text, "/i") == 0;
    struct invitation_form *form = is_page ? invitation_form_read(&request, who) : NULL;
    char *call = oauth_form_read(&request);
    etag_known(who, "\"x\"");
    dispatch_needs(&request);
    dispatch(store, &request, &answer);
    oauth_answer(&request, &answer);
    answer_check(&answer);
    invariants_check();
    if (form)
        page_check(form, &answer);
    invitation_form_free(form);
    free(call);
    answer_free(&answer);
    buffer_free(&body);
    return 0;
}

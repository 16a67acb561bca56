/* Who guesses learns nothing by how long it takes: a secret of what is not there costs the same
 * statements of the store and the same hashes as a wrong secret of what is, and an address without
 * an account the same as one with it. They are counted, by the linker's --wrap. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/dispatch.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/store/database.h"
#include "tests/lib/unit.h"
#include "tests/orgd/scratch.h"

#define ORIGIN  "https://x.example"
#define UNKNOWN "00000000000000000000"
#define WRONG   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct {
    int statements, hashes;
} count;

/* --- what counts --- */

struct rowset *__real_statement_begin(struct store *s, enum statement which,
                                      const struct bound_value *values);
struct rowset *__wrap_statement_begin(struct store *s, enum statement which,
                                      const struct bound_value *values);
struct rowset *__wrap_statement_begin(struct store *s, enum statement which,
                                      const struct bound_value *values)
{
    count.statements++;
    return __real_statement_begin(s, which, values);
}

void __real_statement_run(struct store *s, enum statement which, const struct bound_value *values);
void __wrap_statement_run(struct store *s, enum statement which, const struct bound_value *values);
void __wrap_statement_run(struct store *s, enum statement which, const struct bound_value *values)
{
    count.statements++;
    __real_statement_run(s, which, values);
}

int64_t __real_statement_number(struct store *s, enum statement which,
                                const struct bound_value *values);
int64_t __wrap_statement_number(struct store *s, enum statement which,
                                const struct bound_value *values);
int64_t __wrap_statement_number(struct store *s, enum statement which,
                                const struct bound_value *values)
{
    count.statements++;
    return __real_statement_number(s, which, values);
}

int __real_crypto_generichash(unsigned char *out, size_t outlen, const unsigned char *in,
                              unsigned long long inlen, const unsigned char *key, size_t keylen);
int __wrap_crypto_generichash(unsigned char *out, size_t outlen, const unsigned char *in,
                              unsigned long long inlen, const unsigned char *key, size_t keylen);
int __wrap_crypto_generichash(unsigned char *out, size_t outlen, const unsigned char *in,
                              unsigned long long inlen, const unsigned char *key, size_t keylen)
{
    count.hashes++;
    return __real_crypto_generichash(out, outlen, in, inlen, key, keylen);
}

/* --- the scene --- */

static struct store *store;
static char owner[CREDENTIAL_SIZE + 8];

static void call_make(const char *endpoint, const char *authorization, const char *body,
                      struct call_answer *answer)
{
    static const struct letterhead letterhead = {.from = "orgd@example.org",
                                                 .invitation_url = ORIGIN "/{token}"};
    static const struct letterhead none;
    bool by_mail = strstr(endpoint, "recover") || strstr(endpoint, "by-mail");
    struct request request = {.method = "POST",
                              .content_type = "application/json",
                              .path = endpoint,
                              .authorization = authorization,
                              .body = body,
                              .len = strlen(body),
                              .id = "r",
                              .from = "test",
                              .web_origin = ORIGIN,
                              .same_site = true,
                              .letterhead = by_mail ? &letterhead : &none};
    dispatch_needs(&request);
    count.statements = count.hashes = 0;
    assert_true(dispatch(store, &request, answer));
}

static void answer_free(struct call_answer *answer)
{
    buffer_free(&answer->body);
    buffer_free(&answer->changed);
    buffer_free(&answer->letter.text);
}

/* Calls ENDPOINT as the owner; the text FIELD of the answer, or of its object WITHIN, goes to OUT.
 */
static void arrange(const char *endpoint, const char *body, const char *within, const char *field,
                    char *out, size_t size)
{
    struct call_answer answer;
    call_make(endpoint, owner, body, &answer);
    cJSON *reply = cJSON_Parse(answer.body.data);
    const cJSON *object = within ? cJSON_GetObjectItem(reply, within) : reply;
    assert_int_equal(answer.status, 200);
    snprintf(out, size, "%s", cJSON_GetStringValue(cJSON_GetObjectItem(object, field)));
    cJSON_Delete(reply);
    answer_free(&answer);
}

static int begin(void **state)
{
    struct user user = {.email = "owner@example.org", .username = "owner", .name = "Owner"};
    struct token token = {.role = roles_builtin[ROLE_MEMBER]};
    struct secret secret;
    (void)state;
    assert_true(sodium_init() >= 0);
    store = scratch_open("unknown");
    assert_non_null(store);
    id_make("usr_", user.id);
    snprintf(token.user, sizeof token.user, "%s", user.id);
    assert_true(store_begin_change(store, NULL));
    store_user_add(store, &user);
    store_user_let_create(store, user.id, true);
    token_make(store, &token, &secret);
    assert_int_equal(store_commit(store), STORE_DONE);
    snprintf(owner, sizeof owner, "Bearer %s:%s", token.key, secret.text);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_close(store);
    return 0;
}

/* --- the comparisons --- */

/* FORMAT has a %s for a credential. That with CREDENTIAL's id and a wrong secret costs what one
 * with an id of its kind costs that is not there, and is answered in the same words. */
static void secret_tried(const char *endpoint, const char *format, const char *credential)
{
    char known[CREDENTIAL_SIZE + 8], unknown[CREDENTIAL_SIZE + 8], body[2][512];
    struct call_answer answers[2];
    int statements[2], hashes[2];
    size_t prefix = strcspn(credential, "_") + 1;
    snprintf(known, sizeof known, "%.*s:" WRONG, (int)strcspn(credential, ":"), credential);
    snprintf(unknown, sizeof unknown, "%.*s" UNKNOWN ":" WRONG, (int)prefix, credential);
    for (int i = 0; i < 2; i++) {
        char bearer[CREDENTIAL_SIZE + 16];
        const char *text = i == 0 ? known : unknown;
        snprintf(bearer, sizeof bearer, "Bearer %s", text);
        snprintf(body[i], sizeof body[i], "%s", "{}");
        if (format) {
            const char *place = strchr(format, '@');
            snprintf(body[i], sizeof body[i], "%.*s%s%s", (int)(place - format), format, text,
                     place + 1);
        }
        call_make(endpoint, format ? NULL : bearer, body[i], &answers[i]);
        statements[i] = count.statements, hashes[i] = count.hashes;
    }
    print_message("# %s: %d statements, %d hashes\n", endpoint, statements[0], hashes[0]);
    assert_int_equal(statements[0], statements[1]);
    assert_int_equal(hashes[0], hashes[1]);
    assert_true(hashes[0] > 0);
    assert_int_equal(answers[0].status, answers[1].status);
    assert_true(answers[0].status >= 400);
    assert_string_equal(answers[0].body.data, answers[1].body.data);
    for (int i = 0; i < 2; i++)
        answer_free(&answers[i]);
}

static void test_secrets(void **state)
{
    char text[CREDENTIAL_SIZE + 64], body[200], organization[ID_SIZE];
    (void)state;
    secret_tried("/v1/users/whoami", NULL, owner + strlen("Bearer "));
    arrange("/v1/organizations/create", "{\"name\":\"Acme\"}", "organization", "id", organization,
            sizeof organization);
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"email\":\"a@example.org\"}",
             organization);
    arrange("/v1/organizations/invitations/create", body, NULL, "token", text, sizeof text);
    secret_tried("/v1/organizations/invitations/offer", "{\"token\":\"@\"}", text);
    secret_tried("/v1/organizations/invitations/accept", "{\"token\":\"@\",\"username\":\"a\"}",
                 text);
    snprintf(body, sizeof body, "{\"organizationId\":\"%s\",\"name\":\"web01\"}", organization);
    arrange("/v1/organizations/machines/invite", body, NULL, "code", text, sizeof text);
    secret_tried("/v1/organizations/machines/enroll", "{\"code\":\"@\"}", text);
    arrange("/v1/users/sign-in/link", "{}", NULL, "link", text, sizeof text);
    secret_tried("/v1/users/sign-in/by-link", "{\"code\":\"@\"}", strchr(text, '#') + 1);
    arrange("/v1/users/device/authorize", "{\"client_id\":\"orgadmin\"}", NULL, "device_code", text,
            sizeof text);
    secret_tried("/v1/users/device/token",
                 "{\"grant_type\":\"urn:ietf:params:oauth:grant-type:device_code\","
                 "\"client_id\":\"orgadmin\",\"device_code\":\"@\"}",
                 text);
}

/* The code in the letter of ANSWER. */
static void code_of(const struct call_answer *answer, const char *prefix,
                    char code[CREDENTIAL_SIZE])
{
    const char *at = answer->letter.text.data ? strstr(answer->letter.text.data, prefix) : NULL;
    assert_non_null(at);
    snprintf(code, CREDENTIAL_SIZE, "%s", at);
}

/* An address with an account costs what one without it costs, and is answered in the same words. */
static void address_tried(const char *endpoint, const char *prefix, char code[CREDENTIAL_SIZE])
{
    struct call_answer known, unknown;
    call_make(endpoint, NULL, "{\"email\":\"nobody@example.org\"}", &unknown);
    int statements = count.statements, hashes = count.hashes;
    call_make(endpoint, NULL, "{\"email\":\"owner@example.org\"}", &known);
    print_message("# %s: %d statements, %d hashes\n", endpoint, statements, hashes);
    assert_int_equal(count.statements, statements);
    assert_int_equal(count.hashes, hashes);
    assert_string_equal(known.body.data, unknown.body.data);
    assert_int_equal(known.status, unknown.status);
    assert_true(known.letter.behind && !unknown.letter.to[0]);
    code_of(&known, prefix, code);
    answer_free(&known);
    answer_free(&unknown);
}

static void test_addresses(void **state)
{
    char code[CREDENTIAL_SIZE];
    (void)state;
    address_tried("/v1/users/recover", "rec_", code);
    secret_tried("/v1/users/recover/confirm", "{\"code\":\"@\"}", code);
    address_tried("/v1/users/sign-in/by-mail", "mail_", code);
    secret_tried("/v1/users/sign-in/by-link", "{\"code\":\"@\"}", code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_secrets),
                                       cmocka_unit_test(test_addresses)};
    return cmocka_run_group_tests(tests, begin, end);
}

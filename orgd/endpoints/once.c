#include "orgd/endpoints/once.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgd/endpoints/table.h"
#include "orgd/now.h"

#define PRINT_SIZE 32 /* of a request */
#define KEY_SIZE   crypto_secretbox_KEYBYTES
#define NONCE_SIZE crypto_secretbox_NONCEBYTES
#define MORE_SIZE  (NONCE_SIZE + crypto_secretbox_MACBYTES)
#define BASE64     sodium_base64_VARIANT_ORIGINAL

bool once_key_good(const char *key)
{
    size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return len > 0 && len <= ONCE_KEY_MAX && key[len] == '\0';
}

/* Where the call's key is unique. */
static const char *scope_of(const struct call *call)
{
    const char *organization =
        call->request->endpoint->permission ? call_text(call, "organizationId") : NULL;
    return organization ? organization : call->caller.key;
}

/* Of the secret in the header, which the caller was known by. */
static void seal_key(const struct call *call, unsigned char key[KEY_SIZE])
{
    const struct request *request = call->request;
    const char *secret = strchr(request->authorization, ':') + 1;
    crypto_generichash(key, KEY_SIZE, (const unsigned char *)request->once, strlen(request->once),
                       (const unsigned char *)secret, strlen(secret));
}

/* Of all that makes a request another one. */
static void request_print(const struct request *request, unsigned char print[PRINT_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, PRINT_SIZE);
    crypto_generichash_update(&state, (const unsigned char *)request->path,
                              strlen(request->path) + 1);
    crypto_generichash_update(&state, (const unsigned char *)request->body, request->len);
    crypto_generichash_final(&state, print, PRINT_SIZE);
}

/* SEALED as base64: a nonce, and in the box the request's print and the answer. */
static bool answer_open(const struct call *call, const struct buffer *sealed, struct buffer *plain)
{
    unsigned char key[KEY_SIZE], *box = memory_get(sealed->len), *opened = memory_get(sealed->len);
    size_t len = 0;
    seal_key(call, key);
    bool good =
        sodium_base642bin(box, sealed->len, sealed->data, sealed->len, NULL, &len, NULL, BASE64) ==
            0 &&
        len >= MORE_SIZE + PRINT_SIZE &&
        crypto_secretbox_open_easy(opened, box + NONCE_SIZE, len - NONCE_SIZE, box, key) == 0 &&
        buffer_add(plain, opened, len - MORE_SIZE, REPLY_MAX);
    sodium_memzero(key, sizeof key);
    sodium_memzero(opened, sealed->len);
    free(opened);
    free(box);
    return good;
}

static void answer_seal(const struct call *call, const struct buffer *plain, struct buffer *sealed)
{
    unsigned char key[KEY_SIZE], *box = memory_get(plain->len + MORE_SIZE);
    size_t size = sodium_base64_encoded_len(plain->len + MORE_SIZE, BASE64);
    char *text = memory_get(size);
    seal_key(call, key);
    randombytes_buf(box, NONCE_SIZE);
    crypto_secretbox_easy(box + NONCE_SIZE, (const unsigned char *)plain->data, plain->len, box,
                          key);
    sodium_bin2base64(text, size, box, plain->len + MORE_SIZE, BASE64);
    buffer_add(sealed, text, size - 1, KEPT_ANSWER_MOST);
    sodium_memzero(key, sizeof key);
    free(text);
    free(box);
}

static void key_fail(struct call *call, const char *whose)
{
    call_fail(call, 409, "idempotency_key_used",
              "Idempotency-Key: this key was used for another request%s; each takes a key of its "
              "own.",
              whose);
}

/* Answers with what was opened, if it is the answer to this request. */
static void answer_again(struct call *call, const struct buffer *plain)
{
    unsigned char print[PRINT_SIZE];
    request_print(call->request, print);
    if (sodium_memcmp(plain->data, print, sizeof print) != 0) {
        key_fail(call, "");
        return;
    }
    call->answer->status = 200;
    buffer_add(&call->answer->body, plain->data + sizeof print, plain->len - sizeof print,
               REPLY_MAX);
}

bool once_answered(struct call *call)
{
    struct kept_answer kept = {.token = ""};
    struct buffer plain = {0};
    call->key_taken = store_answer(call->store, scope_of(call), call->request->once, &kept);
    bool mine = call->key_taken && strcmp(kept.token, call->caller.key) == 0 &&
                answer_open(call, &kept.sealed, &plain);
    if (mine)
        answer_again(call, &plain);
    if (plain.data)
        sodium_memzero(plain.data, plain.len);
    buffer_free(&plain);
    buffer_free(&kept.sealed);
    return mine;
}

bool once_free(struct call *call)
{
    if (call->key_taken)
        key_fail(call, " by somebody else");
    return !call->key_taken;
}

void once_keep(struct call *call)
{
    struct kept_answer kept = {.token = ""};
    struct buffer plain = {0};
    const struct buffer *body = &call->answer->body;
    unsigned char print[PRINT_SIZE];
    request_print(call->request, print);
    snprintf(kept.token, sizeof kept.token, "%s", call->caller.key);
    buffer_add(&plain, print, sizeof print, REPLY_MAX);
    buffer_add(&plain, body->data, body->len, REPLY_MAX);
    answer_seal(call, &plain, &kept.sealed);
    if (kept.sealed.len > 0) /* no change has an answer as long as that */
        store_answer_add(call->store, scope_of(call), call->request->once, &kept, now_ms());
    sodium_memzero(plain.data, plain.len);
    buffer_free(&plain);
    buffer_free(&kept.sealed);
}

#include "orgd/webauthn.h"

#include <cjson/cJSON.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#define CLIENT_MAX    4096 /* bytes of clientDataJSON */
#define DATA_MAX      1024 /* of authenticatorData */
#define SIGNATURE_MAX 1024
#define ID_MAX        255

/* --- challenges: proved by a hash with the process's key, and remembered once they are used --- */

#define LIFE_MS    (5 * 60 * 1000)
#define NONCE_SIZE 16
#define MAC_SIZE   16
#define USED_MOST  4096

struct challenge {
    unsigned char nonce[NONCE_SIZE];
    int64_t until; /* clock_mono_ms */
    unsigned char mac[MAC_SIZE];
};
#define CHALLENGE_BYTES (offsetof(struct challenge, mac) + MAC_SIZE)

static struct {
    pthread_mutex_t lock;
    bool begun;
    unsigned char key[crypto_generichash_KEYBYTES];
    struct {
        struct challenge challenge;
        char request[WEBAUTHN_REQUEST_SIZE]; /* that used it */
    } used[USED_MOST];
} challenges = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void challenge_mac(const struct challenge *c, unsigned char mac[MAC_SIZE])
{
    pthread_mutex_lock(&challenges.lock);
    if (!challenges.begun)
        randombytes_buf(challenges.key, sizeof challenges.key);
    challenges.begun = true;
    pthread_mutex_unlock(&challenges.lock);
    crypto_generichash(mac, MAC_SIZE, (const unsigned char *)c, offsetof(struct challenge, mac),
                       challenges.key, sizeof challenges.key);
}

void webauthn_challenge(char text[WEBAUTHN_CHALLENGE_SIZE])
{
    struct challenge c = {.until = clock_mono_ms() + LIFE_MS};
    randombytes_buf(c.nonce, sizeof c.nonce);
    challenge_mac(&c, c.mac);
    sodium_bin2base64(text, WEBAUTHN_CHALLENGE_SIZE, (const unsigned char *)&c, CHALLENGE_BYTES,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* Decodes TEXT into at most MAX bytes; the number of them, 0 for anything else. */
static size_t decode(const char *text, unsigned char *out, size_t max)
{
    size_t len = 0;
    if (!text || sodium_base642bin(out, max, text, strlen(text), NULL, &len, NULL,
                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return 0;
    return len;
}

static bool challenge_good(const char *text, struct challenge *c)
{
    unsigned char mac[MAC_SIZE];
    if (decode(text, (unsigned char *)c, CHALLENGE_BYTES) != CHALLENGE_BYTES)
        return false;
    challenge_mac(c, mac);
    return sodium_memcmp(mac, c->mac, sizeof mac) == 0 && c->until > clock_mono_ms();
}

/* Notes that REQUEST uses C: false when another one did before, or too many were used just now. */
static bool challenge_use(const struct challenge *c, const char *request)
{
    int64_t now = clock_mono_ms();
    size_t place = USED_MOST, same = USED_MOST;
    pthread_mutex_lock(&challenges.lock);
    for (size_t i = 0; i < USED_MOST; i++) {
        if (memcmp(challenges.used[i].challenge.nonce, c->nonce, NONCE_SIZE) == 0)
            same = i;
        if (place == USED_MOST && challenges.used[i].challenge.until <= now)
            place = i;
    }
    bool good =
        same < USED_MOST ? strcmp(challenges.used[same].request, request) == 0 : place < USED_MOST;
    if (good && same == USED_MOST) {
        challenges.used[place].challenge = *c;
        snprintf(challenges.used[place].request, WEBAUTHN_REQUEST_SIZE, "%s", request);
    }
    pthread_mutex_unlock(&challenges.lock);
    return good;
}

/* --- the client data: what the browser says --- */

const char *webauthn_host(const char *origin, char host[WEBAUTHN_HOST_SIZE])
{
    const char *begin = strstr(origin, "://") + 3;
    snprintf(host, WEBAUTHN_HOST_SIZE, "%.*s", (int)strcspn(begin, ":"), begin);
    return host;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

/* The client data of a proof, and their hash. */
struct client {
    struct challenge challenge;
    unsigned char hash[crypto_hash_sha256_BYTES];
};

static const char *client_wrong(const cJSON *object, const char *type, const char *origin,
                                struct client *client)
{
    const cJSON *cross = cJSON_GetObjectItemCaseSensitive(object, "crossOrigin");
    if (strcmp(text_of(object, "type"), type) != 0)
        return "it is for another purpose";
    if (strcmp(text_of(object, "origin"), origin) != 0 || (cross && !cJSON_IsFalse(cross)))
        return "it is for another origin";
    if (!challenge_good(text_of(object, "challenge"), &client->challenge))
        return "its challenge is not one of this server's, or too old";
    return NULL;
}

/* Checks the CLIENT_DATA, which are for TYPE and ORIGIN. */
static const char *client_read(const char *client_data, const char *type, const char *origin,
                               struct client *client)
{
    unsigned char text[CLIENT_MAX + 1];
    size_t len = decode(client_data, text, CLIENT_MAX);
    text[len] = '\0';
    cJSON *object = len > 0 && !memchr(text, '\0', len)
                        ? cJSON_ParseWithOpts((const char *)text, NULL, true)
                        : NULL;
    const char *wrong = client_wrong(object, type, origin, client);
    cJSON_Delete(object);
    crypto_hash_sha256(client->hash, text, len);
    return wrong;
}

/* --- the authenticator data --- */

enum { USER_PRESENT = 1, USER_VERIFIED = 4, ELIGIBLE = 8, BACKED_UP = 16, CREDENTIAL = 64 };
#define HEAD_SIZE   37 /* the hash of the relying party's id, the flags and the counter */
#define ID_AT       55 /* behind the model and the length of the id */
#define EXACT_FLAGS (USER_PRESENT | USER_VERIFIED | ELIGIBLE | BACKED_UP | CREDENTIAL)

/* The head of DATA, LEN bytes, whose flags have CREDENTIAL or not. */
static const char *head_wrong(const unsigned char *data, size_t len, const char *origin,
                              int credential)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char host[WEBAUTHN_HOST_SIZE];
    webauthn_host(origin, host);
    crypto_hash_sha256(hash, (const unsigned char *)host, strlen(host));
    if (len < HEAD_SIZE || memcmp(data, hash, sizeof hash) != 0)
        return "it is for another server";
    int flags = data[32];
    if (!(flags & USER_PRESENT) || !(flags & USER_VERIFIED))
        return "the person was not verified: set a PIN or another lock first";
    if ((flags & ~EXACT_FLAGS) || (flags & CREDENTIAL) != credential ||
        ((flags & BACKED_UP) && !(flags & ELIGIBLE)))
        return "it has what was not asked for";
    return NULL;
}

static uint32_t counter_of(const unsigned char *data)
{
    return (uint32_t)data[33] << 24 | (uint32_t)data[34] << 16 | (uint32_t)data[35] << 8 | data[36];
}

/* --- keys --- */

/* The templates of the keys: each begins and goes on as written here, with the numbers between. */
static const unsigned char es256[] = {0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20},
                           es256_y[] = {0x22, 0x58, 0x20},
                           eddsa[] = {0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x20},
                           rs256[] = {0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0},
                           rs256_e[] = {0x21, 0x43, 1, 0, 1};
enum { ES256_SIZE = 77, EDDSA_SIZE = 42, RS256_SIZE = 272, POINT = 32, MODULUS = 256 };

#define AT(key, offset, template) (memcmp((key) + (offset), template, sizeof template) == 0)

/* Imports KEY, LEN bytes, and tells the algorithm; false when it is none of the three. */
static bool key_import(gnutls_pubkey_t public, const unsigned char *key, size_t len,
                       gnutls_sign_algorithm_t *algorithm)
{
    gnutls_datum_t x = {(unsigned char *)key + sizeof es256, POINT};
    gnutls_datum_t y = {(unsigned char *)key + sizeof es256 + POINT + sizeof es256_y, POINT};
    gnutls_datum_t n = {(unsigned char *)key + sizeof rs256, MODULUS};
    gnutls_datum_t e = {(unsigned char *)rs256_e + 2, 3};
    if (len == ES256_SIZE && AT(key, 0, es256) && AT(key, sizeof es256 + POINT, es256_y)) {
        *algorithm = GNUTLS_SIGN_ECDSA_SHA256;
        return gnutls_pubkey_import_ecc_raw(public, GNUTLS_ECC_CURVE_SECP256R1, &x, &y) == 0;
    }
    if (len == EDDSA_SIZE && AT(key, 0, eddsa)) {
        *algorithm = GNUTLS_SIGN_EDDSA_ED25519;
        return gnutls_pubkey_import_ecc_raw(public, GNUTLS_ECC_CURVE_ED25519, &x, NULL) == 0;
    }
    if (len == RS256_SIZE && AT(key, 0, rs256) && AT(key, sizeof rs256 + MODULUS, rs256_e)) {
        *algorithm = GNUTLS_SIGN_RSA_SHA256;
        return gnutls_pubkey_import_rsa_raw(public, &n, &e) == 0;
    }
    return false;
}

/* True if KEY can verify: with SIGNATURE, if it is KEY's of TEXT. */
static bool key_verifies(const unsigned char *key, size_t len, const gnutls_datum_t *text,
                         const gnutls_datum_t *signature)
{
    gnutls_pubkey_t public;
    gnutls_sign_algorithm_t algorithm;
    if (gnutls_pubkey_init(&public) != 0)
        return false;
    bool good = key_import(public, key, len, &algorithm);
    if (good && signature)
        good = gnutls_pubkey_verify_data2(public, algorithm, 0, text, signature) >= 0;
    else if (good) /* the import takes points that are not on the curve */
        good = gnutls_pubkey_verify_params(public) >= 0;
    gnutls_pubkey_deinit(public);
    return good;
}

/* --- registration and proof --- */

static void encode(const unsigned char *bytes, size_t len, char *out, size_t size)
{
    sodium_bin2base64(out, size, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The credential in DATA: nothing may stand behind its key. */
static const char *credential_read(const unsigned char *data, size_t len,
                                   struct webauthn_credential *credential)
{
    size_t id = len > ID_AT ? (size_t)data[ID_AT - 2] << 8 | data[ID_AT - 1] : 0;
    if (id == 0 || id > ID_MAX || id > len - ID_AT)
        return "it has no credential";
    const unsigned char *key = data + ID_AT + id;
    size_t key_len = len - ID_AT - id;
    if (!key_verifies(key, key_len, NULL, NULL))
        return "its key is none of ES256, EdDSA and RS256";
    encode(data + ID_AT, id, credential->id, sizeof credential->id);
    encode(key, key_len, credential->key, sizeof credential->key);
    credential->counter = counter_of(data);
    return NULL;
}

const char *webauthn_register(const struct webauthn_proof *proof, const char *origin,
                              struct webauthn_credential *credential)
{
    unsigned char data[DATA_MAX];
    struct client client;
    size_t len = decode(proof->authenticator_data, data, sizeof data);
    const char *wrong = head_wrong(data, len, origin, CREDENTIAL);
    if (!wrong)
        wrong = credential_read(data, len, credential);
    if (!wrong)
        wrong = client_read(proof->client_data, "webauthn.create", origin, &client);
    if (!wrong && !challenge_use(&client.challenge, proof->request))
        wrong = "its challenge was used before";
    return wrong;
}

/* True if the SIGNATURE is KEY's of the authenticator's DATA, HEAD_SIZE bytes, and the CLIENT's. */
static bool signature_good(const char *key, const unsigned char *data, const struct client *client,
                           const char *signature)
{
    unsigned char key_bytes[RS256_SIZE], bytes[SIGNATURE_MAX];
    unsigned char text[HEAD_SIZE + crypto_hash_sha256_BYTES];
    size_t key_len = decode(key, key_bytes, sizeof key_bytes);
    gnutls_datum_t signed_text = {text, sizeof text};
    gnutls_datum_t signature_bytes = {bytes, (unsigned)decode(signature, bytes, sizeof bytes)};
    memcpy(text, data, HEAD_SIZE);
    memcpy(text + HEAD_SIZE, client->hash, sizeof client->hash);
    return signature_bytes.size > 0 &&
           key_verifies(key_bytes, key_len, &signed_text, &signature_bytes);
}

const char *webauthn_verify(const struct webauthn_proof *proof, const char *origin,
                            struct webauthn_credential *credential)
{
    unsigned char data[DATA_MAX];
    struct client client;
    size_t len = decode(proof->authenticator_data, data, sizeof data);
    const char *wrong = client_read(proof->client_data, "webauthn.get", origin, &client);
    if (!wrong)
        wrong = head_wrong(data, len, origin, 0);
    if (wrong)
        return wrong;
    uint32_t counter = counter_of(data);
    if (len != HEAD_SIZE)
        return "it has what was not asked for";
    if (!signature_good(credential->key, data, &client, proof->signature))
        return "its signature is wrong";
    if (counter <= credential->counter && (counter > 0 || credential->counter > 0))
        return "its counter went back: somebody may have copied the passkey";
    if (!challenge_use(&client.challenge, proof->request))
        return "its challenge was used before";
    credential->counter = counter;
    return NULL;
}

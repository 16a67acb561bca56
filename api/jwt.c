#include "api/jwt.h"

#include <dlfcn.h>
#include <gnutls/abstract.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base64.h"
#include "common/name.h"

#define LIBRARY    "libgnutls.so.30"
#define HEADER     "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"
#define ISSUER_MAX 64
#define BITS_MIN   2048

#define GNUTLS_CALLS(CALL)                                                                         \
    CALL(free)                                                                                     \
    CALL(privkey_deinit)                                                                           \
    CALL(privkey_get_pk_algorithm)                                                                 \
    CALL(privkey_import_x509_raw)                                                                  \
    CALL(privkey_init)                                                                             \
    CALL(privkey_sign_data)                                                                        \
    CALL(strerror)

static struct gnutls_calls {
    __typeof__(gnutls_free) *free;
    __typeof__(gnutls_privkey_deinit) *privkey_deinit;
    __typeof__(gnutls_privkey_get_pk_algorithm) *privkey_get_pk_algorithm;
    __typeof__(gnutls_privkey_import_x509_raw) *privkey_import_x509_raw;
    __typeof__(gnutls_privkey_init) *privkey_init;
    __typeof__(gnutls_privkey_sign_data) *privkey_sign_data;
    __typeof__(gnutls_strerror) *strerror;
} gnutls;

/* Loads GnuTLS. NULL, or why that failed. */
static const char *load(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } calls[] = {
#define CALL(name) {"gnutls_" #name, offsetof(struct gnutls_calls, name)},
        GNUTLS_CALLS(CALL)
#undef CALL
    };
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < sizeof calls / sizeof *calls; i++) {
        void *call = dlsym(library, calls[i].name);
        if (!call)
            return dlerror();
        *(void **)(void *)((char *)&gnutls + calls[i].offset) = call;
    }
    return library ? NULL : dlerror();
}

/* Appends DATA in base64url to OUT. False when it does not fit. */
static bool append(char out[JWT_MAX], const void *data, size_t len)
{
    size_t used = strlen(out);
    if (!base64_encode(data, len, out + used, JWT_MAX - used))
        return false;
    for (char *c = out + used; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    return true;
}

/* Appends the signature of what is in OUT. Returns NULL, or the fault. */
static const char *sign(gnutls_privkey_t key, const char *pem, char out[JWT_MAX])
{
    unsigned bits = 0;
    gnutls_datum_t raw = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)}, signature = {0};
    const gnutls_datum_t data = {(unsigned char *)out, (unsigned)strlen(out)};
    int code = gnutls.privkey_import_x509_raw(key, &raw, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code < 0)
        return gnutls.strerror(code);
    if (gnutls.privkey_get_pk_algorithm(key, &bits) != GNUTLS_PK_RSA || bits < BITS_MIN)
        return "it is no RSA key of 2048 bits or more";
    code = gnutls.privkey_sign_data(key, GNUTLS_DIG_SHA256, 0, &data, &signature);
    if (code < 0)
        return gnutls.strerror(code);
    size_t used = strlen(out);
    snprintf(out + used, JWT_MAX - used, ".");
    bool fits = append(out, signature.data, signature.size);
    (*gnutls.free)(signature.data);
    return fits ? NULL : "its signature is too long";
}

enum api_status jwt_make(const char *pem, const char *issuer, int64_t issued_s, int64_t life_s,
                         char out[JWT_MAX], struct api_error *err)
{
    char claims[ISSUER_MAX + 128];
    gnutls_privkey_t key;
    size_t len = strlen(issuer);
    const char *quote = strspn(issuer, "0123456789") == len ? "" : "\"";
    if (len > ISSUER_MAX || !word_valid(issuer) || strpbrk(issuer, "\"\\"))
        return api_fail(err, API_USAGE, "\"%.64s\" is no id of an application", issuer);
    const char *fault = load();
    if (fault)
        return api_fail(err, API_UNREACHABLE, "GnuTLS cannot be loaded: %s", fault);
    snprintf(claims, sizeof claims, "{\"iat\":%" PRId64 ",\"exp\":%" PRId64 ",\"iss\":%s%s%s}",
             issued_s, issued_s + life_s, quote, issuer, quote);
    out[0] = '\0';
    append(out, HEADER, strlen(HEADER));
    snprintf(out + strlen(out), JWT_MAX - strlen(out), ".");
    append(out, claims, strlen(claims));
    if (gnutls.privkey_init(&key) < 0)
        return api_fail(err, API_UNREACHABLE, "out of memory");
    fault = sign(key, pem, out);
    gnutls.privkey_deinit(key);
    return fault ? api_fail(err, API_USAGE, "the private key cannot be used: %s", fault) : API_OK;
}

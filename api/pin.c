#include "api/pin.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base64.h"
#include "common/sha256.h"

#define PREFIX          "sha256//"
#define CERTIFICATE_MAX 16384 /* bytes of one */
#define BEFORE_KEY      5     /* serial, algorithm, issuer, validity, subject */
#define TAG_SEQUENCE    0x30
#define TAG_VERSION     0xa0

/* What is left of a DER encoding. */
struct der {
    const uint8_t *at;
    size_t left;
};

/* Takes the element at the front: its content to *INSIDE, and all of it to *WHOLE. Returns its tag,
 * -1 for what is none. */
static int der_next(struct der *d, struct der *inside, struct der *whole)
{
    if (d->left < 2)
        return -1;
    size_t head = 2, len = d->at[1];
    if (len & 0x80) {
        size_t bytes = len & 0x7f;
        if (bytes < 1 || bytes > 3 || d->left < 2 + bytes)
            return -1;
        len = 0;
        for (size_t i = 0; i < bytes; i++)
            len = len << 8 | d->at[2 + i];
        head += bytes;
    }
    if (len > d->left - head)
        return -1;
    int tag = d->at[0];
    *inside = (struct der){d->at + head, len};
    *whole = (struct der){d->at, head + len};
    d->at += head + len;
    d->left -= head + len;
    return tag;
}

/* Finds SubjectPublicKeyInfo (RFC 5280, 4.1) in the certificate D. */
static bool find_key(struct der d, struct der *key)
{
    struct der certificate, tbs, inside, whole;
    if (der_next(&d, &certificate, &whole) != TAG_SEQUENCE ||
        der_next(&certificate, &tbs, &whole) != TAG_SEQUENCE)
        return false;
    if (tbs.left > 0 && *tbs.at == TAG_VERSION && der_next(&tbs, &inside, &whole) < 0)
        return false;
    for (int i = 0; i < BEFORE_KEY; i++)
        if (der_next(&tbs, &inside, &whole) < 0)
            return false;
    return der_next(&tbs, &inside, key) == TAG_SEQUENCE;
}

/* Decodes the first certificate of PEM to OUT; its length, -1 when there is none. */
static long decode(const char *pem, uint8_t out[CERTIFICATE_MAX])
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    char text[CERTIFICATE_MAX];
    size_t len = 0;
    const char *c = strstr(pem, begin), *stop = c ? strstr(c, end) : NULL;
    if (!stop)
        return -1;
    for (c += sizeof begin - 1; c < stop && len < sizeof text; c++)
        if (*c > ' ')
            text[len++] = *c;
    return c < stop ? -1 : base64_decode(text, len, out, CERTIFICATE_MAX);
}

bool pin_of_certificate(const char *pem, char out[PIN_SIZE])
{
    uint8_t der[CERTIFICATE_MAX], hash[SHA256_SIZE];
    char text[PIN_SIZE];
    struct der key;
    long len = decode(pem, der);
    if (len < 0 || !find_key((struct der){der, (size_t)len}, &key))
        return false;
    sha256(key.at, key.left, hash);
    if (!base64_encode(hash, sizeof hash, text, sizeof text))
        return false;
    snprintf(out, PIN_SIZE, PREFIX "%.44s", text);
    return true;
}

bool pin_valid(const char *text)
{
    uint8_t hash[SHA256_SIZE];
    size_t prefix = sizeof PREFIX - 1;
    return strncmp(text, PREFIX, prefix) == 0 &&
           base64_decode(text + prefix, strlen(text + prefix), hash, sizeof hash) == SHA256_SIZE;
}

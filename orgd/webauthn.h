/*
 * Passkeys (W3C WebAuthn, level 2): what a browser brings of an authenticator is checked with fixed
 * templates, since authenticators write canonical CBOR, and GnuTLS; no parser of CBOR sees the
 * network. Texts are base64url without padding. Any thread.
 */
#ifndef ORGD_WEBAUTHN_H
#define ORGD_WEBAUTHN_H

#include <stdbool.h>
#include <stdint.h>

#define WEBAUTHN_CHALLENGE_SIZE 56  /* in base64url, and the NUL */
#define WEBAUTHN_HOST_SIZE      256 /* of an origin's host */
#define WEBAUTHN_ID_SIZE        344 /* a credential's id, 1-255 bytes, in base64url, and the NUL */
#define WEBAUTHN_KEY_SIZE       368 /* a credential's public key, at most 272 bytes, likewise */

/* What a browser brings; CLIENT_DATA is its JSON. A missing text is NULL. REQUEST is the id of the
 * request that brings it, which may be looked at again. */
#define WEBAUTHN_REQUEST_SIZE 24
struct webauthn_proof {
    const char *client_data, *authenticator_data, *signature;
    const char *request;
};

struct webauthn_credential {
    char id[WEBAUTHN_ID_SIZE];
    char key[WEBAUTHN_KEY_SIZE]; /* as the authenticator gave it (COSE) */
    uint32_t counter;
};

/* The host of ORIGIN, which is valid: the relying party's id. Returns HOST. */
const char *webauthn_host(const char *origin, char host[WEBAUTHN_HOST_SIZE]);

/* Makes a challenge, for one proof within five minutes, in this process. */
void webauthn_challenge(char challenge[WEBAUTHN_CHALLENGE_SIZE]);

/* Fills *CREDENTIAL with the one that PROOF registers with ORIGIN. NULL, or what is wrong, as a
 * part of a sentence. */
const char *webauthn_register(const struct webauthn_proof *proof, const char *origin,
                              struct webauthn_credential *credential);

/* NULL if PROOF is one of the holder of CREDENTIAL for ORIGIN, whose counter is then the new one;
 * else what is wrong. */
const char *webauthn_verify(const struct webauthn_proof *proof, const char *origin,
                            struct webauthn_credential *credential);

#endif

/* JSON Web Tokens (RFC 7519) that an application signs with its own key (RS256, RFC 7518). GnuTLS
 * is loaded when the first one is made, for the reasons that api/curl.h has. */
#ifndef API_JWT_H
#define API_JWT_H

#include <stdint.h>

#include "api/error.h"

#define JWT_MAX 2048 /* bytes of one, with its NUL */

/*
 * Writes to OUT a token of ISSUER (digits become a number) that counts from ISSUED_S, in seconds
 * since 1970, for LIFE_S seconds, signed with the RSA key in PEM (PKCS#1 or PKCS#8, 2048 bits or
 * more, no password). API_OK; API_USAGE: the key or ISSUER cannot be used; API_UNREACHABLE: GnuTLS
 * cannot be loaded.
 */
enum api_status jwt_make(const char *pem, const char *issuer, int64_t issued_s, int64_t life_s,
                         char out[JWT_MAX], struct api_error *err);

#endif

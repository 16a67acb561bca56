/* The certificates and their keys, which can be changed while connections are served; and the
 * sessions that clients may resume. One set a process; single-threaded. */
#ifndef ORGD_HTTP_TLS_H
#define ORGD_HTTP_TLS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>

/* TLS 1.2 and 1.3, with authenticated encryption and without SHA-1; a priority string of GnuTLS.
 * What costs a handshake least comes first: X25519, and AES-128, whose keys are made with SHA-256.
 */
#define TLS_PRIORITIES                                                                             \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305:"      \
    "+AES-256-GCM:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:"      \
    "+GROUP-SECP521R1:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE"

#define TLS_PAIRS_MAX 16

struct tls_files {
    const char *cert, *key; /* paths of a chain and its key, PEM */
};

/*
 * Reads the COUNT pairs in FILES, and uses those that can be used for connections from now on. A
 * client gets the first pair that is good for the name that it asks for, else the first of all.
 * False after one line on stderr for each pair that cannot be used; then its former one stays in
 * use. Else one line tells until when it is valid, and whether it is another one. FILES must be the
 * same each time. A key's file must not be open to everybody.
 */
bool tls_load(const struct tls_files *files, size_t count);
void tls_free(void);

/* Lets SESSION, of a server and before its handshake, be resumed by a ticket. */
void tls_begin(gnutls_session_t session);

/* What is sent on SESSION from now on waits for tls_push, which sends it in as few records and
 * system calls as there can be. False: not all of it could be sent, and the session is of no more
 * use. */
void tls_gather(gnutls_session_t session);
bool tls_push(gnutls_session_t session);

/* For libmicrohttpd's MHD_OPTION_HTTPS_CERT_CALLBACK: a gnutls_certificate_retrieve_function2. */
void *tls_callback(void);

#endif

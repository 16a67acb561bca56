/* The certificate and its key, which can be changed while connections are served. One pair a
 * process; single-threaded. */
#ifndef ORGD_HTTP_TLS_H
#define ORGD_HTTP_TLS_H

#include <stdbool.h>

/* TLS 1.2 and 1.3; a priority string of GnuTLS. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

/*
 * Reads the certificate chain and its key, PEM, and uses them for connections from now on. False
 * after one line on stderr; then the former pair stays in use. The key's file must not be open to
 * everybody.
 */
bool tls_load(const char *cert, const char *key);
void tls_free(void);

/* For libmicrohttpd's MHD_OPTION_HTTPS_CERT_CALLBACK: a gnutls_certificate_retrieve_function2. */
void *tls_callback(void);

#endif

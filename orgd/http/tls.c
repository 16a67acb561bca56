#include "orgd/http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"

#define CHAIN_MAX    16
#define FILE_MAX     (64 << 10)
#define HANDSHAKE_MS 120000 /* longer than any handshake may take: then a replaced pair can go */

struct key_pair {
    LIST_ENTRY(key_pair) link;
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
    int64_t replaced; /* clock_mono_ms */
};

/* GnuTLS calls back with a session alone, so there is one for the process: the first is in use, the
 * others may be in use by handshakes that have begun with them. */
static LIST_HEAD(, key_pair) pairs = LIST_HEAD_INITIALIZER(pairs);

static void pair_free(struct key_pair *pair)
{
    for (unsigned i = 0; i < pair->count; i++)
        gnutls_pcert_deinit(&pair->chain[i]);
    if (pair->key)
        gnutls_privkey_deinit(pair->key);
    free(pair);
}

static bool say(const char *path, const char *what)
{
    log_error("%s: %s", path, what);
    return false;
}

enum pem { PEM_CERTIFICATE, PEM_KEY };

/* The whole file at PATH, NUL-terminated. A key that everybody may open is refused. */
static bool file_take(const char *path, enum pem pem, char *text, gnutls_datum_t *datum)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = -1;
    bool open_to_all = false;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        open_to_all = pem == PEM_KEY && (st.st_mode & 007) != 0;
        n = read(fd, text, FILE_MAX);
    }
    int failed = errno;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return say(path, strerror(failed));
    if (open_to_all)
        return say(path, "every user can read the key; use mode 0600 or 0640");
    if (n == FILE_MAX)
        return say(path, "is too large for a certificate or a key");
    text[n] = '\0';
    *datum = (gnutls_datum_t){(unsigned char *)text, (unsigned)n};
    return true;
}

static bool good(int rc, const char *path)
{
    return rc >= 0 || say(path, gnutls_strerror(rc));
}

/* A key that is not the certificate's would break every handshake. */
static bool pair_matches(const gnutls_datum_t *cert, const gnutls_datum_t *key, const char *path)
{
    gnutls_certificate_credentials_t both;
    if (!good(gnutls_certificate_allocate_credentials(&both), path))
        return false;
    int rc = gnutls_certificate_set_x509_key_mem(both, cert, key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(both);
    return good(rc, path);
}

static bool pair_read(struct key_pair *pair, const char *cert_path, const char *key_path)
{
    static char cert_text[FILE_MAX + 1], key_text[FILE_MAX + 1];
    gnutls_datum_t cert, key;
    unsigned count = CHAIN_MAX;
    bool ok =
        file_take(cert_path, PEM_CERTIFICATE, cert_text, &cert) &&
        file_take(key_path, PEM_KEY, key_text, &key) && pair_matches(&cert, &key, cert_path) &&
        good(gnutls_pcert_list_import_x509_raw(pair->chain, &count, &cert, GNUTLS_X509_FMT_PEM, 0),
             cert_path);
    if (ok) {
        pair->count = count;
        ok = good(gnutls_privkey_init(&pair->key), key_path) &&
             good(gnutls_privkey_import_x509_raw(pair->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0),
                  key_path);
    }
    explicit_bzero(key_text, sizeof key_text);
    return ok;
}

bool tls_load(const char *cert, const char *key)
{
    struct key_pair *pair = memory_get(sizeof *pair), *old, *next;
    int64_t now = clock_mono_ms();
    if (!pair_read(pair, cert, key)) {
        pair_free(pair);
        return false;
    }
    for (old = LIST_FIRST(&pairs); old; old = next) {
        next = LIST_NEXT(old, link);
        if (!old->replaced) {
            old->replaced = now;
        } else if (now - old->replaced > HANDSHAKE_MS) {
            LIST_REMOVE(old, link);
            pair_free(old);
        }
    }
    LIST_INSERT_HEAD(&pairs, pair, link);
    return true;
}

void tls_free(void)
{
    struct key_pair *pair;
    while ((pair = LIST_FIRST(&pairs)) != NULL) {
        LIST_REMOVE(pair, link);
        pair_free(pair);
    }
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities,
                    int authority_count, const gnutls_pk_algorithm_t *algorithms,
                    int algorithm_count, gnutls_pcert_st **chain, unsigned *count,
                    gnutls_privkey_t *key)
{
    struct key_pair *pair = LIST_FIRST(&pairs);
    (void)session, (void)authorities, (void)authority_count, (void)algorithms;
    (void)algorithm_count;
    *chain = pair->chain;
    *count = pair->count;
    *key = pair->key;
    return 0;
}

void *tls_callback(void)
{
    return (void *)retrieve;
}

#include "orgd/http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"

#define CHAIN_MAX    16
#define NAME_SIZE    256 /* a DNS name has at most 253 characters */
#define FILE_MAX     (64 << 10)
#define HANDSHAKE_MS 120000 /* longer than any handshake may take: then a replaced pair can go */

struct key_pair {
    LIST_ENTRY(key_pair) link;
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_x509_crt_t leaf; /* the first of the chain */
    gnutls_privkey_t key;
    int64_t replaced; /* clock_mono_ms */
};

/* GnuTLS calls back with a session alone, so there is one set for the process. */
static struct key_pair *pairs[TLS_PAIRS_MAX];
/* Handshakes that have begun with these may still use them. */
static LIST_HEAD(, key_pair) former = LIST_HEAD_INITIALIZER(former);
/* GnuTLS derives keys from it that change every few hours, so that this one is for good. */
static gnutls_datum_t ticket_key;

static void pair_free(struct key_pair *pair)
{
    if (!pair)
        return;
    for (unsigned i = 0; i < pair->count; i++)
        gnutls_pcert_deinit(&pair->chain[i]);
    if (pair->leaf)
        gnutls_x509_crt_deinit(pair->leaf);
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
        ok = good(gnutls_pcert_export_x509(&pair->chain[0], &pair->leaf), cert_path) &&
             good(gnutls_privkey_init(&pair->key), key_path) &&
             good(gnutls_privkey_import_x509_raw(pair->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0),
                  key_path);
    }
    explicit_bzero(key_text, sizeof key_text);
    return ok;
}

static bool same_certificate(const struct key_pair *a, const struct key_pair *b)
{
    const gnutls_datum_t *one = &a->chain[0].cert, *other = &b->chain[0].cert;
    return one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
}

static void pair_log(const struct key_pair *pair, const struct key_pair *old, const char *path)
{
    time_t end = gnutls_x509_crt_get_expiration_time(pair->leaf);
    char text[sizeof "2026-01-02T03:04:05Z"] = "?";
    struct tm tm;
    const char *news = !old ? "" : same_certificate(pair, old) ? ", unchanged" : ", a new one";
    if (gmtime_r(&end, &tm))
        strftime(text, sizeof text, "%FT%TZ", &tm);
    if (end < clock_wall_ms() / 1000)
        log_warning("%s: the certificate expired at %s%s", path, text, news);
    else
        log_info("%s: the certificate is valid until %s%s", path, text, news);
}

/* Frees the former pairs that no handshake can use any more. */
static void former_sweep(int64_t now)
{
    struct key_pair *pair, *next;
    for (pair = LIST_FIRST(&former); pair; pair = next) {
        next = LIST_NEXT(pair, link);
        if (now - pair->replaced <= HANDSHAKE_MS)
            continue;
        LIST_REMOVE(pair, link);
        pair_free(pair);
    }
}

static bool pair_load(struct key_pair **place, const struct tls_files *files)
{
    struct key_pair *pair = memory_get(sizeof *pair), *old = *place;
    if (!pair_read(pair, files->cert, files->key)) {
        pair_free(pair);
        if (old)
            log_warning("%s: the previous certificate stays in use", files->cert);
        return false;
    }
    pair_log(pair, old, files->cert);
    if (old) {
        old->replaced = clock_mono_ms();
        LIST_INSERT_HEAD(&former, old, link);
    }
    *place = pair;
    return true;
}

bool tls_load(const struct tls_files *files, size_t count)
{
    bool all = ticket_key.data || gnutls_session_ticket_key_generate(&ticket_key) >= 0;
    former_sweep(clock_mono_ms());
    for (size_t i = 0; i < count && i < TLS_PAIRS_MAX; i++)
        all &= pair_load(&pairs[i], &files[i]);
    return all;
}

void tls_free(void)
{
    former_sweep(INT64_MAX);
    for (size_t i = 0; i < TLS_PAIRS_MAX; i++) {
        pair_free(pairs[i]);
        pairs[i] = NULL;
    }
    if (ticket_key.data)
        gnutls_memset(ticket_key.data, 0, ticket_key.size);
    gnutls_free(ticket_key.data);
    ticket_key = (gnutls_datum_t){0};
}

void tls_begin(gnutls_session_t session)
{
    gnutls_session_ticket_enable_server(session, &ticket_key);
}

void tls_gather(gnutls_session_t session)
{
    gnutls_record_cork(session);
}

bool tls_push(gnutls_session_t session)
{
    return gnutls_record_uncork(session, 0) >= 0;
}

static struct key_pair *pair_for(gnutls_session_t session)
{
    char name[NAME_SIZE];
    size_t len = sizeof name;
    unsigned type;
    if (gnutls_server_name_get(session, name, &len, &type, 0) != GNUTLS_E_SUCCESS ||
        type != GNUTLS_NAME_DNS)
        return pairs[0];
    for (size_t i = 0; i < TLS_PAIRS_MAX && pairs[i]; i++)
        if (gnutls_x509_crt_check_hostname(pairs[i]->leaf, name))
            return pairs[i];
    return pairs[0];
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities,
                    int authority_count, const gnutls_pk_algorithm_t *algorithms,
                    int algorithm_count, gnutls_pcert_st **chain, unsigned *count,
                    gnutls_privkey_t *key)
{
    struct key_pair *pair = pair_for(session);
    (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
    *chain = pair->chain;
    *count = pair->count;
    *key = pair->key;
    return 0;
}

void *tls_callback(void)
{
    return (void *)retrieve;
}

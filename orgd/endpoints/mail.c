#include "orgd/endpoints/mail.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/name.h"
#include "orgd/endpoints/record.h"

#define CONNECT_TIMEOUT_S 5
#define SHARE_SENDING     4  /* of one organization at a time */
#define SHARE             16 /* with those that wait */
#define WAITING_MOST      1024
#define START_LEAST_MS    1000 /* of the time that is left, to begin at all */
#define STACK_SIZE        (512U << 10)
#define PASSWORD_FILE_MAX 4096
#define HEADER_MAX        512

struct mail {
    TAILQ_ENTRY(mail) link;
    struct mailer *mailer;
    bool sending; /* in its thread; else it waits for its turn */
    int64_t end;  /* clock_mono_ms when it is given up */
    char organization[ID_SIZE];
    pthread_t thread;
    CURL *easy;
    struct curl_slist *to, *headers;
    curl_mime *mime;
    CURLcode result; /* the thread's, once it has ended */
    char error[CURL_ERROR_SIZE];
    char request[REQUEST_ID_SIZE];
    mail_done *done;
    void *arg;
};

struct mailer {
    const struct mail_settings *settings;
    int ended[2]; /* a pipe: threads that end write their mail's address */
    atomic_bool stopping;
    TAILQ_HEAD(, mail) mails; /* the oldest first */
    size_t count, sending;
};

/* --- settings --- */

bool mail_url_local(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t len = strcspn(host, "/");
    const char *colon = memchr(host, ':', len);
    if (host[0] == '[')
        return strncmp(host, "[::1]", 5) == 0;
    len = colon ? (size_t)(colon - host) : len;
    return (len == 9 && strncmp(host, "127.0.0.1", len) == 0) ||
           (len == 9 && strncmp(host, "localhost", len) == 0);
}

bool mail_url_valid(const char *url, const char **why)
{
    bool known = strncmp(url, "smtp://", 7) == 0 || strncmp(url, "smtps://", 8) == 0;
    *why = "must be smtp://HOST[:PORT] or smtps://HOST[:PORT], without user and password";
    return known && text_valid(url) && !strpbrk(url, "@ ?#") && strstr(url, "://")[3] != '\0';
}

bool mail_password_read(struct mail_settings *settings, const char *path)
{
    char text[PASSWORD_FILE_MAX];
    const char *why;
    if (file_read_trusted(path, FILE_SECRET, text, sizeof text, &why) < 0) {
        log_error("%s: %s", path, why);
        return false;
    }
    size_t len = strcspn(text, "\r\n");
    bool good = len > 0 && len <= PASSWORD_MAX;
    if (good)
        snprintf(settings->password, sizeof settings->password, "%.*s", (int)len, text);
    else
        log_error("%s: must hold a password of 1-%d bytes in one line", path, PASSWORD_MAX);
    explicit_bzero(text, sizeof text);
    return good;
}

struct mailer *mail_open(const struct mail_settings *settings)
{
    struct mailer *m = memory_get(sizeof *m);
    m->settings = settings;
    TAILQ_INIT(&m->mails);
    if (pipe2(m->ended, O_CLOEXEC) == 0) {
        if (fcntl(m->ended[0], F_SETFL, O_NONBLOCK) == 0 &&
            curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
            return m;
        close(m->ended[0]);
        close(m->ended[1]);
    }
    log_error("cannot prepare for mail");
    free(m);
    return NULL;
}

/* --- a letter --- */

static void log_unsent(const char *request, const char *why)
{
    char clean[CURL_ERROR_SIZE];
    log_warning("%s mail not sent: %s", request, text_clean(clean, sizeof clean, why, false));
}

static void mail_free(struct mail *mail)
{
    curl_easy_cleanup(mail->easy);
    curl_mime_free(mail->mime);
    curl_slist_free_all(mail->headers);
    curl_slist_free_all(mail->to);
    free(mail);
}

/* Its thread has ended, or is about to, or never began. */
static void mail_end(struct mail *mail)
{
    if (mail->sending)
        pthread_join(mail->thread, NULL);
    if (mail->result != CURLE_OK)
        log_unsent(mail->request, mail->error[0] ? mail->error : curl_easy_strerror(mail->result));
    mail->done(mail->result == CURLE_OK, mail->arg);
    TAILQ_REMOVE(&mail->mailer->mails, mail, link);
    mail->mailer->count--;
    mail->mailer->sending -= mail->sending;
    mail_free(mail);
}

void mail_close(struct mailer *m)
{
    struct mail *mail;
    atomic_store(&m->stopping, true);
    while ((mail = TAILQ_FIRST(&m->mails)) != NULL)
        mail_end(mail);
    close(m->ended[0]);
    close(m->ended[1]);
    curl_global_cleanup();
    free(m);
}

/* libcurl calls this at least once a second. */
static int mail_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                         curl_off_t up)
{
    const struct mail *mail = arg;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return atomic_load(&mail->mailer->stopping);
}

static void *mail_thread(void *arg)
{
    struct mail *mail = arg;
    mail->result = curl_easy_perform(mail->easy);
    curl_easy_cleanup(mail->easy); /* takes leave of the server */
    mail->easy = NULL;
    ssize_t n = write(mail->mailer->ended[1], &mail, sizeof mail);
    (void)n; /* there is room for all that there can be */
    return NULL;
}

static bool header_add(struct mail *mail, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool header_add(struct mail *mail, const char *format, ...)
{
    char line[HEADER_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    bool fits = len > 0 && (size_t)len < sizeof line;
    struct curl_slist *more = fits ? curl_slist_append(mail->headers, line) : NULL;
    if (more)
        mail->headers = more;
    return more != NULL;
}

/* Those about MIME are libcurl's. */
static bool headers_make(struct mail *mail, const char *from, const struct letter *letter)
{
    char date[40];
    mail_date(letter->date, date, sizeof date);
    return header_add(mail, "From: <%s>", from) && header_add(mail, "To: <%s>", letter->to) &&
           header_add(mail, "Date: %s", date) &&
           header_add(mail, "Message-ID: <%s.%s@orgd>", letter->about, mail->request) &&
           header_add(mail, "Subject: %s", letter->subject) &&
           header_add(mail, "Auto-Submitted: auto-generated");
}

/* In ASCII and short lines, which every mail server passes on. */
static bool text_make(struct mail *mail, const struct buffer *text)
{
    mail->mime = curl_mime_init(mail->easy);
    curl_mimepart *part = mail->mime ? curl_mime_addpart(mail->mime) : NULL;
    return part && curl_mime_data(part, text->data, text->len) == CURLE_OK &&
           curl_mime_type(part, "text/plain; charset=utf-8") == CURLE_OK &&
           curl_mime_encoder(part, "quoted-printable") == CURLE_OK;
}

/* Encrypted and checked, unless the server is on this machine; no proxy, nothing from the
 * environment. */
static bool mail_prepare(const struct mail_settings *settings, struct mail *mail)
{
    CURL *e = mail->easy;
    char from[EMAIL_SIZE + 2];
    snprintf(from, sizeof from, "<%s>", settings->from);
    bool ok = curl_easy_setopt(e, CURLOPT_URL, settings->url) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_USE_SSL,
                           mail_url_local(settings->url) ? CURLUSESSL_NONE : CURLUSESSL_ALL) ==
          CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_NETRC, CURL_NETRC_IGNORED) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_MAIL_FROM, from) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_MAIL_RCPT, mail->to) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_HTTPHEADER, mail->headers) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_MIMEPOST, mail->mime) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, mail->error) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, mail_progress) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_XFERINFODATA, mail) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)MAIL_TIMEOUT_S) == CURLE_OK;
    if (settings->user) {
        ok &= curl_easy_setopt(e, CURLOPT_USERNAME, settings->user) == CURLE_OK;
        ok &= curl_easy_setopt(e, CURLOPT_PASSWORD, settings->password) == CURLE_OK;
    }
    return ok;
}

static bool thread_start(struct mail *mail)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    bool good = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
                pthread_create(&mail->thread, &attributes, mail_thread, mail) == 0;
    pthread_attr_destroy(&attributes);
    return good;
}

/* --- whose turn it is --- */

/* The mails of ORGANIZATION, all or those that are being sent. */
static size_t share_of(const struct mailer *m, const char *organization, bool sending)
{
    const struct mail *mail;
    size_t count = 0;
    TAILQ_FOREACH(mail, &m->mails, link)
    count += (mail->sending || !sending) && strcmp(mail->organization, organization) == 0;
    return count;
}

/* Gives MAIL up before it began. */
static void mail_give_up(struct mail *mail, CURLcode result, const char *why)
{
    mail->result = result;
    snprintf(mail->error, sizeof mail->error, "%s", why);
    mail_end(mail);
}

static void mail_start(struct mail *mail, int64_t left_ms)
{
    if (curl_easy_setopt(mail->easy, CURLOPT_TIMEOUT_MS, (long)left_ms) != CURLE_OK ||
        !thread_start(mail)) {
        mail_give_up(mail, CURLE_OUT_OF_MEMORY, "out of memory or threads");
        return;
    }
    mail->sending = true;
    mail->mailer->sending++;
}

/* Begins with the waiting mails, the oldest first, as far as there is room for them and for their
 * organizations, and gives up those that have waited for too long. */
static void mails_start(struct mailer *m)
{
    struct mail *mail = TAILQ_FIRST(&m->mails), *next;
    int64_t now = clock_mono_ms();
    for (; mail; mail = next) {
        next = TAILQ_NEXT(mail, link);
        if (mail->sending)
            continue;
        if (mail->end - now < START_LEAST_MS)
            mail_give_up(mail, CURLE_OPERATION_TIMEDOUT, "the mail server is too slow");
        else if (m->sending < MAIL_MOST && share_of(m, mail->organization, true) < SHARE_SENDING)
            mail_start(mail, mail->end - now);
    }
}

/* A mail that waits; NULL when there is no memory. */
static struct mail *mail_make(struct mailer *m, const struct letter *letter, const char *request)
{
    struct mail *mail = memory_get(sizeof *mail);
    char to[EMAIL_SIZE + 2];
    snprintf(to, sizeof to, "<%s>", letter->to);
    mail->mailer = m;
    mail->result = CURLE_ABORTED_BY_CALLBACK; /* unless it is sent */
    mail->easy = curl_easy_init();
    mail->to = curl_slist_append(NULL, to);
    mail->end = clock_mono_ms() + MAIL_TIMEOUT_S * 1000;
    snprintf(mail->organization, sizeof mail->organization, "%s", letter->organization);
    snprintf(mail->request, sizeof mail->request, "%s", request);
    if (mail->easy && mail->to && headers_make(mail, m->settings->from, letter) &&
        text_make(mail, &letter->text) && mail_prepare(m->settings, mail))
        return mail;
    mail_free(mail);
    return NULL;
}

bool mail_send(struct mailer *m, const struct letter *letter, const char *request, mail_done *done,
               void *arg)
{
    if (m->count == WAITING_MOST || share_of(m, letter->organization, false) >= SHARE) {
        log_unsent(request, "too many mails are being sent");
        return false;
    }
    struct mail *mail = mail_make(m, letter, request);
    if (!mail) {
        log_unsent(request, "out of memory");
        return false;
    }
    mail->done = done;
    mail->arg = arg;
    TAILQ_INSERT_TAIL(&m->mails, mail, link);
    m->count++;
    mails_start(m);
    return true;
}

int mail_descriptor(const struct mailer *m)
{
    return m->ended[0];
}

void mail_run(struct mailer *m)
{
    struct mail *mail;
    while (read(m->ended[0], &mail, sizeof mail) == sizeof mail)
        mail_end(mail);
    mails_start(m);
}

/*
 * Mail by SMTP, beside the requests: up to MAIL_MOST letters are on their way at a time, a quarter
 * of them for one organization, each in a thread of its own, for libcurl waits for a mail server's
 * farewell whatever one does. Others wait for their turn, the oldest first. The functions are for
 * one thread; one mailer a process.
 */
#ifndef ORGD_ENDPOINTS_MAIL_H
#define ORGD_ENDPOINTS_MAIL_H

#include <stdbool.h>

#include "orgd/endpoints/call.h"

#define MAIL_MOST      16
#define MAIL_TIMEOUT_S 10 /* from mail_send to the server's last word */
#define PASSWORD_MAX   255

struct mail_settings {
    const char *url;  /* smtp://HOST[:PORT] or smtps://HOST[:PORT] */
    const char *from; /* sender's address */
    const char *user; /* or NULL */
    char password[PASSWORD_MAX + 1];
};

/* True if mail can be sent with URL; else *WHY says what it must be. */
bool mail_url_valid(const char *url, const char **why);

/* True if the server of URL, which is valid, is this machine: mail may go there without encryption.
 */
bool mail_url_local(const char *url);

/* Reads the password from the first line of the file at PATH, which must be ours alone. False after
 * one line on stderr. */
bool mail_password_read(struct mail_settings *settings, const char *path);

struct mailer;

/* SETTINGS must stay. NULL after one line on stderr. */
struct mailer *mail_open(const struct mail_settings *settings);
/* Gives up what is on its way, within a second or two: each is reported too. */
void mail_close(struct mailer *mailer);

/* A descriptor that is readable when mail_run is due. */
int mail_descriptor(const struct mailer *mailer);
void mail_run(struct mailer *mailer);

/*
 * Sends LETTER, which it copies. DONE is told once whether the server took it, also when it gave
 * up: from mail_send, mail_run or mail_close; why not stands in the log with REQUEST. False, after
 * one line on stderr, when it cannot even try; then DONE is not called.
 */
typedef void mail_done(bool sent, void *arg);
bool mail_send(struct mailer *mailer, const struct letter *letter, const char *request,
               mail_done *done, void *arg);

#endif

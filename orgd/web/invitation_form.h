/*
 * The page of invitations without JavaScript: its form stands for a call of the API, whose answer
 * becomes the page again.
 */
#ifndef ORGD_WEB_INVITATION_FORM_H
#define ORGD_WEB_INVITATION_FORM_H

#include <stdbool.h>

#include "orgd/buffer.h"
#include "orgd/endpoints/call.h"
#include "orgd/web/files.h"

struct invitation_form {
    enum web_language language;
    bool accepts, has_key; /* it accepts the invitation; else it asks what that offers */
    char *token;           /* as it was sent, for the page; or NULL */
    char *call;            /* the body of the call that it stands for */
};

/* Reads the form that REQUEST brings, and makes of REQUEST the call that it stands for. LANGUAGES
 * is the Accept-Language, or NULL. invitation_form_free frees it, and the call with it. */
struct invitation_form *invitation_form_read(struct request *request, const char *languages);

/* Writes the page that tells ANSWER, an object of the API; SERVER is our origin. */
void invitation_form_write(const struct invitation_form *form, const cJSON *answer,
                           const char *server, struct buffer *page);

/* The page is not to have what FORM brought. */
void invitation_form_forget(struct invitation_form *form);

/* FORM may be NULL. */
void invitation_form_free(struct invitation_form *form);

#endif

#include "orgd/web/invitation_form.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgd/web/form.h"
#include "orgd/web/template.h"

#define EXPIRES_SIZE 32

/* --- from the form to the call --- */

/* Cuts the token out of TEXT, which may be the whole link, as a gateway or a person left it. */
static void token_cut(char *text)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:";
    char *colon, *begin = strstr(text, "inv_");
    if (!begin)
        return;
    memmove(text, begin, strlen(begin) + 1);
    if ((colon = strcasestr(text, "%3A")) != NULL) {
        *colon = ':';
        memmove(colon + 1, colon + 3, strlen(colon + 3) + 1);
    }
    text[strspn(text, token)] = '\0';
}

static void add_field(cJSON *object, const char *name, const char *value)
{
    if (value)
        cJSON_AddStringToObject(object, name, value);
}

/* The body of the call; the caller frees it. */
static char *call_make(struct invitation_form *form, const char *username, const char *key)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "token", form->token ? form->token : "");
    if (form->accepts) {
        add_field(object, "username", username);
        add_field(object, "key", key);
    }
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

struct invitation_form *invitation_form_read(struct request *request, const char *languages)
{
    struct invitation_form *form = memory_get(sizeof *form);
    char *accept = form_value(request->body, request->len, "accept");
    char *username = form_value(request->body, request->len, "username");
    char *key = form_value(request->body, request->len, "key");
    form->language = web_language_of(languages);
    form->accepts = accept != NULL;
    form->has_key = key != NULL;
    form->token = form_value(request->body, request->len, "code");
    if (form->token)
        token_cut(form->token);
    form->call = call_make(form, username, key);
    free(accept);
    free(username);
    free(key);
    request->path = form->accepts ? "/v1/organizations/invitations/accept"
                                  : "/v1/organizations/invitations/offer";
    request->content_type = "application/json";
    request->authorization = NULL; /* a form is a stranger's */
    request->session = false;
    request->body = form->call;
    request->len = strlen(form->call);
    return form;
}

static void text_wipe(char *text)
{
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
}

void invitation_form_forget(struct invitation_form *form)
{
    text_wipe(form->token);
    form->token = NULL;
}

void invitation_form_free(struct invitation_form *form)
{
    if (!form)
        return;
    text_wipe(form->token);
    text_wipe(form->call);
    free(form);
}

/* --- from the answer to the page --- */

static const cJSON *part(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(part(object, name));
}

static void show_keys(struct template *t, const char *keys)
{
    bool none = keys && strcmp(keys, "none") == 0;
    template_show(t, none ? "key-none" : "key");
    if (keys && strcmp(keys, "security") == 0)
        template_show(t, "key-security");
}

static void show_offer(struct template *t, const cJSON *answer, char expires[EXPIRES_SIZE])
{
    const char *fixed = text_of(answer, "username"), *end = text_of(answer, "expiresAt");
    const char *inviter = text_of(part(answer, "inviter"), "name");
    if (end && strlen(end) > 16)
        snprintf(expires, EXPIRES_SIZE, "%.10s %.5s UTC", end, end + 11);
    template_show(t, cJSON_IsTrue(part(answer, "account")) ? "account" : "offer");
    template_show(t, inviter ? "by" : "by-nobody");
    template_show(t, fixed ? "name-fixed" : "name-free");
    show_keys(t, text_of(answer, "keys"));
    template_value(t, "inviter", inviter);
    template_value(t, "inviter-username", text_of(part(answer, "inviter"), "username"));
    template_value(t, "organization", text_of(part(answer, "organization"), "name"));
    template_value(t, "role", text_of(answer, "role"));
    template_value(t, "email", text_of(answer, "email"));
    template_value(t, "expires", expires);
    template_value(t, "username", fixed ? fixed : text_of(answer, "suggestion"));
}

static void show_joined(struct template *t, const cJSON *answer, bool has_key)
{
    template_show(t, "joined");
    template_show(t, has_key ? "with-key" : "no-key");
    template_value(t, "username", text_of(part(answer, "user"), "username"));
    template_value(t, "token", text_of(part(answer, "apiToken"), "bearer"));
}

/* The sentences that the page has; others are told as the API words them. */
static const char *fault_of(const char *reason)
{
    static const char *const told[] = {
        "invitation_not_found", "invitation_used",   "invitation_expired", "username_taken",
        "username_reserved",    "too_many_attempts", "other_site"};
    for (size_t i = 0; reason && i < sizeof told / sizeof *told; i++)
        if (strcmp(told[i], reason) == 0)
            return told[i];
    return "other";
}

static void show_fault(struct template *t, const cJSON *answer)
{
    const char *reason = text_of(answer, "reason");
    if (reason && strcmp(reason, "user_exists") == 0) {
        template_show(t, "account");
        return;
    }
    template_show(t, "code");
    template_show(t, fault_of(reason));
    template_value(t, "message", text_of(answer, "message"));
}

void invitation_form_write(const struct invitation_form *form, const cJSON *answer,
                           const char *server, struct buffer *page)
{
    struct web_bytes bytes = web_invitation(form->language);
    struct template t = {0};
    char expires[EXPIRES_SIZE] = "";
    template_value(&t, "server", server);
    template_value(&t, "code", form->token);
    if (cJSON_IsFalse(part(answer, "ok")))
        show_fault(&t, answer);
    else if (form->accepts)
        show_joined(&t, answer, form->has_key);
    else
        show_offer(&t, answer, expires);
    template_write(&t, bytes.data, bytes.len, page);
}

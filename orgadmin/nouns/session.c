/* login, logout and whoami. */
#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "orgadmin/nouns/device.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/connection.h"
#include "orgadmin/remote/interrupt.h"

static const char *who(const cJSON *user)
{
    const char *const fields[] = {"email", "username", "name", "id"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*record_text(user, fields[i]))
            return record_text(user, fields[i]);
    return "somebody";
}

/* Stores what is in C as PROFILE and makes that the one in use. */
static enum exit_status store(struct connection *c, const char *profile)
{
    struct private_file file;
    const char *credential = provider_credential(c->provider);
    if (credential && strlen(credential) < sizeof c->now.token)
        memmove(c->now.token, credential, strlen(credential) + 1);
    snprintf(c->now.profile, sizeof c->now.profile, "%s", profile);
    enum exit_status status = context_begin(&file, profile);
    if (status == EXIT_DONE)
        status = context_save(&file, &c->now);
    if (status == EXIT_DONE)
        status = context_use(profile);
    return status;
}

/* Asks whose the credential is; an API without such an operation must at least accept it. */
static enum exit_status check(struct connection *c, cJSON **user)
{
    *user = NULL;
    if (connection_takes(c, OP_WHOAMI, NULL))
        return connection_get(c, OP_WHOAMI, NULL, user);
    return connection_run(c, OP_ORG_LIST, NULL);
}

/* The organization that the credential belongs to, or the only one there is. */
static enum exit_status choose_org(struct connection *c, const cJSON *user)
{
    const char *own = record_text(user, "organization");
    if (!connection_takes(c, OP_ORG_LIST, NULL))
        return EXIT_DONE;
    return connection_only_org(c, *own ? own : NULL);
}

/* Keeps the address with the login, for an API that wants it with every request. */
static enum exit_status keep_email(struct connection *c, const cJSON *user)
{
    const char *email = record_text(user, "email");
    if (!*email || !provider_has_option(c->now.provider, "email"))
        return EXIT_DONE;
    for (size_t i = 0; i < c->now.options; i++)
        if (strcmp(c->now.option[i].name, "email") == 0)
            return EXIT_DONE;
    return context_set_option(&c->now, "email", email)
               ? EXIT_DONE
               : complain(EXIT_USAGE, "there are too many options");
}

/* Prints the link, which is as good as the token for a moment, and nothing else. */
static enum exit_status login_web(const struct invocation *inv)
{
    struct connection c;
    cJSON *link = NULL;
    enum exit_status status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_get(&c, OP_SIGN_IN_LINK, NULL, &link);
    const char *url = record_text(link, "url");
    if (status == EXIT_DONE && !word_valid(url))
        status = complain(EXIT_AWAY, "the answer has no usable link");
    if (status == EXIT_DONE) {
        puts(url);
        note("Open the link within five minutes: it signs you in to %s, once. Give it to nobody.",
             c.now.url);
    }
    cJSON_Delete(link);
    connection_close(&c);
    return status;
}

/* Stores the login in C, whose token is tried with the API first. */
static enum exit_status keep(const struct invocation *inv, const char *url, struct connection *c)
{
    char profile[PROFILE_MAX];
    cJSON *user;
    enum exit_status status = check(c, &user);
    if (status == EXIT_DONE)
        status = context_vacant(inv->option[OPTION_PROFILE], url, who(user), profile);
    if (status == EXIT_DONE)
        status = keep_email(c, user);
    if (status == EXIT_DONE)
        status = choose_org(c, user);
    if (status == EXIT_DONE) {
        snprintf(c->now.account, sizeof c->now.account, "%s", who(user));
        status = store(c, profile);
    }
    if (status == EXIT_DONE)
        note("Logged in to %s as %s. Organization: %s.", c->now.url, c->now.account,
             *c->now.org_name ? c->now.org_name : "none chosen");
    cJSON_Delete(user);
    return status;
}

/* The same for a person who has no token. */
static enum exit_status keep_by_browser(const struct invocation *inv, const char *url,
                                        struct connection *c)
{
    enum exit_status status = device_sign_in(c);
    if (status != EXIT_DONE)
        return status;
    status = keep(inv, url, c);
    if (status != EXIT_DONE)
        device_sign_out(c);
    interrupt_release();
    return status;
}

enum exit_status login(const struct invocation *inv)
{
    struct connection c;
    char profile[PROFILE_MAX];
    const char *url;
    if (inv->option[OPTION_WEB])
        return login_web(inv);
    enum exit_status status = connection_url(inv, &url);
    if (status == EXIT_DONE && !url)
        status = complain(EXIT_USAGE, "login needs --url URL, or a vendor's --provider");
    if (status == EXIT_DONE)
        status = context_vacant(inv->option[OPTION_PROFILE], url, NULL, profile);
    if (status == EXIT_DONE)
        status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_LOGIN, &c);
    if (status != EXIT_DONE)
        return status;
    status = *c.now.token ? keep(inv, url, &c) : keep_by_browser(inv, url, &c);
    connection_close(&c);
    return status;
}

enum exit_status logout(const struct invocation *inv)
{
    char profile[PROFILE_MAX];
    enum exit_status status = context_profile(inv->option[OPTION_PROFILE], profile);
    if (status == EXIT_DONE && !context_stored(profile))
        status = complain(EXIT_SETUP, "the profile \"%s\" is not logged in", profile);
    if (status == EXIT_DONE)
        status = context_remove(profile);
    if (status == EXIT_DONE)
        note("The login of the profile \"%s\" is forgotten here. Its token stays valid until it is "
             "revoked.",
             profile);
    return status;
}

enum exit_status whoami(const struct invocation *inv)
{
    return listing(inv, OP_WHOAMI, LISTING_ONE, NULL);
}

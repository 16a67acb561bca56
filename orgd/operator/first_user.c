#include "orgd/operator/first_user.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/name.h"
#include "common/reserved.h"
#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

bool first_user_exposed(void)
{
    return log_is_journal(STDOUT_FILENO);
}

bool first_user_name(const struct options *o, struct user *user)
{
    *user = (struct user){0};
    name_fold(o->owner, user->username);
    if (o->owner_username)
        snprintf(user->username, sizeof user->username, "%s", o->owner_username);
    snprintf(user->email, sizeof user->email, "%s", o->owner);
    snprintf(user->name, sizeof user->name, "%s", user->username);
    const char *why = reserved_name(user->username);
    if (why)
        log_error("--owner %s: the username %s is reserved: %s; give --owner-username NAME",
                  o->owner, user->username, why);
    return !why;
}

bool first_user_make(struct store *store, const struct options *o, struct user *user)
{
    struct token token = {.role = roles_builtin[ROLE_MEMBER]};
    struct secret secret;
    if (!first_user_name(o, user))
        return false;
    user->created = now_ms();
    id_make("usr_", user->id);
    snprintf(token.user, sizeof token.user, "%s", user->id);
    store_user_add(store, user);
    store_user_let_create(store, user->id, true);
    token_make(store, &token, &secret);
    printf("%s:%s\n", token.key, secret.text);
    sodium_memzero(&secret, sizeof secret);
    if (fflush(stdout) == 0)
        return true;
    log_error("standard output: %s; the first token could not be shown", strerror(errno));
    return false;
}

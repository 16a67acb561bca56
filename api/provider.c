#include "api/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "api/error.h"

#define TOKEN_LEN_MAX 2048

static const struct provider_kind *const kinds[] = {&provider_native, &provider_file};

static const struct provider_kind *kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

bool provider_known(const char *name)
{
    return kind_find(name) != NULL;
}

static bool token_sound(const char *token)
{
    size_t len = strnlen(token, TOKEN_LEN_MAX + 1);
    for (size_t i = 0; i < len; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    return len > 0 && len <= TOKEN_LEN_MAX;
}

static enum api_status set_up(struct provider *p, struct api_error *err)
{
    const struct provider_settings *s = &p->settings;
    if (s->token && !token_sound(s->token))
        return api_fail(err, API_USAGE, "the credential has characters that none can have");
    if (s->token && asprintf(&p->authorization, "Bearer %s", s->token) < 0) {
        p->authorization = NULL;
        return api_fail(err, API_UNREACHABLE, "out of memory");
    }
    if (p->kind->http && (p->http = http_open(s, err)) == NULL)
        return err->status;
    return API_OK;
}

struct provider *provider_open(const struct provider_settings *settings, struct api_error *err)
{
    memset(err, 0, sizeof *err);
    const struct provider_kind *kind = settings->provider ? kind_find(settings->provider) : NULL;
    if (!kind) {
        api_fail(err, API_USAGE, "unknown provider \"%s\"; there are \"native\" and \"file\"",
                 settings->provider ? settings->provider : "");
        return NULL;
    }
    if (!settings->url || !*settings->url) {
        api_fail(err, API_USAGE, "no url is given for the provider \"%s\"", kind->name);
        return NULL;
    }
    struct provider *p = calloc(1, sizeof *p);
    if (!p) {
        api_fail(err, API_UNREACHABLE, "out of memory");
        return NULL;
    }
    p->kind = kind;
    p->settings = *settings;
    if (set_up(p, err) == API_OK)
        return p;
    provider_close(p);
    return NULL;
}

void provider_close(struct provider *p)
{
    if (!p)
        return;
    http_close(p->http);
    if (p->authorization)
        explicit_bzero(p->authorization, strlen(p->authorization));
    free(p->authorization);
    free(p);
}

enum api_status provider_run(struct provider *p, enum provider_op op,
                             const struct provider_arg *args, provider_sink *sink, void *arg,
                             struct api_error *err)
{
    memset(err, 0, sizeof *err);
    const struct operation *o = &p->kind->operations[op];
    if (!o->run)
        return api_fail(err, API_UNSUPPORTED, "the provider \"%s\" has no \"%s\"", p->kind->name,
                        provider_op_name(op));
    return o->run(p, o, args, sink, arg, err);
}

enum api_status provider_watch(struct provider *p, int64_t *since, int wait_ms,
                               const struct provider_watcher *watcher, struct api_error *err)
{
    memset(err, 0, sizeof *err);
    if (p->kind->watch)
        return p->kind->watch(p, since, wait_ms, watcher, err);
    return engine_watch(p, since, watcher, err);
}

const char *provider_op_name(enum provider_op op)
{
    static const char *const name[OP_COUNT] = {
        [OP_WHOAMI] = "whoami",
        [OP_ORG_LIST] = "org list",
        [OP_ORG_SHOW] = "org show",
        [OP_ORG_CREATE] = "org create",
        [OP_ORG_EDIT] = "org edit",
        [OP_ORG_DELETE] = "org delete",
        [OP_MEMBER_LIST] = "member list",
        [OP_MEMBER_ADD] = "member add",
        [OP_MEMBER_ROLE] = "member role",
        [OP_MEMBER_REMOVE] = "member remove",
        [OP_INVITATION_LIST] = "invitation list",
        [OP_INVITATION_CREATE] = "invitation create",
        [OP_INVITATION_REVOKE] = "invitation revoke",
        [OP_INVITATION_RESEND] = "invitation resend",
        [OP_INVITATION_ACCEPT] = "invitation accept",
        [OP_JOINCODE_LIST] = "joincode list",
        [OP_JOINCODE_CREATE] = "joincode create",
        [OP_JOINCODE_REVOKE] = "joincode revoke",
        [OP_JOINCODE_JOIN] = "joincode join",
        [OP_ROLE_LIST] = "role list",
        [OP_ROLE_CREATE] = "role create",
        [OP_ROLE_EDIT] = "role edit",
        [OP_ROLE_REMOVE] = "role remove",
        [OP_TOKEN_LIST] = "token list",
        [OP_TOKEN_CREATE] = "token create",
        [OP_TOKEN_REVOKE] = "token revoke",
        [OP_AUDIT_LIST] = "audit list",
    };
    return (unsigned)op < OP_COUNT ? name[op] : "unknown";
}

#include "api/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/template.h"
#include "common/name.h"

#define NAMES_MAX      256
#define SECRET_LEN_MIN 6 /* of one that is looked for: a shorter one could be any word */

static const struct provider_kind *const kinds[] = {
    &provider_native, &provider_intrinsic,  &provider_satusky, &provider_cratedb,
    &provider_upsun,  &provider_platformsh, &provider_github,  &provider_file,
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const struct provider_kind *kind_find(const char *name)
{
    for (size_t i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

bool provider_known(const char *name)
{
    return kind_find(name) != NULL;
}

const char *const *provider_names(void)
{
    static const char *names[KINDS + 1];
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i]->name;
    return names;
}

const char *provider_url(const char *provider)
{
    const struct provider_kind *kind = kind_find(provider);
    return kind ? kind->url : NULL;
}

bool provider_has_option(const char *provider, const char *name)
{
    const struct provider_kind *kind = kind_find(provider);
    for (const struct provider_option *o = kind ? kind->options : NULL; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    return false;
}

unsigned provider_add_changes(const struct provider *p)
{
    return p->kind->add_changes;
}

const char *provider_owner_role(const struct provider *p)
{
    return p->kind->owner;
}

unsigned provider_invites(const struct provider *p)
{
    return p->kind->invites;
}

const char *provider_credential(const struct provider *p)
{
    return p->credential ? p->credential : p->settings.token;
}

/* One word or, where it may be, a private key. */
static bool token_sound(const struct provider_kind *kind, const char *token)
{
    return strnlen(token, TOKEN_MAX_LEN + 1) <= TOKEN_MAX_LEN &&
           (word_valid(token) || (kind->pem && pem_valid(token)));
}

/* The words of LIST, with '|' between, have WORD. */
static bool word_of(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *w = list; *w; w += strcspn(w, "|"), w += *w == '|')
        if (strcspn(w, "|") == len && strncmp(w, word, len) == 0)
            return true;
    return false;
}

/* The names of the options that KIND has, for a message. */
static const char *option_names(const struct provider_kind *kind, char out[NAMES_MAX])
{
    size_t used = 0;
    snprintf(out, NAMES_MAX, "it has none");
    for (const struct provider_option *o = kind->options; o && o->name; o++)
        used += (size_t)snprintf(out + used, used < NAMES_MAX ? NAMES_MAX - used : 0, "%s%s",
                                 used ? ", " : "there are ", o->name);
    return out;
}

static enum api_status check_option(const struct provider_kind *kind, const struct provider_arg *a,
                                    struct api_error *err)
{
    char names[NAMES_MAX];
    const struct provider_option *o = kind->options;
    while (o && o->name && strcmp(o->name, a->name) != 0)
        o++;
    if (!o || !o->name)
        return api_fail(err, API_USAGE, "the provider \"%s\" has no option \"%s\"; %s", kind->name,
                        a->name, option_names(kind, names));
    bool sound = strlen(a->value) <= RECORD_TEXT_MAX;
    for (const char *c = a->value; *c; c++)
        sound = sound && (unsigned char)*c >= ' ' && *c != 0x7f;
    if (!sound)
        return api_fail(err, API_USAGE, "the option \"%s\" is too long or has control characters",
                        a->name);
    if (o->values && !word_of(o->values, a->value))
        return api_fail(err, API_USAGE, "the option \"%s\" cannot be \"%s\"; it is one of: %s",
                        a->name, a->value, o->values);
    return API_OK;
}

static enum api_status set_up(struct provider *p, struct api_error *err)
{
    const struct provider_settings *s = &p->settings;
    for (const struct provider_arg *a = s->options; a && a->name; a++)
        if (a->value && check_option(p->kind, a, err) != API_OK)
            return err->status;
    if (s->token && !token_sound(p->kind, s->token))
        return api_fail(err, API_USAGE, "the credential has characters that none can have");
    if (p->kind->http && (p->http = http_open(s, err)) == NULL)
        return err->status;
    return p->kind->open ? p->kind->open(p, err) : engine_bearer(p, err);
}

static void unknown_provider(const char *name, struct api_error *err)
{
    char names[NAMES_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < KINDS; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                 kinds[i]->name);
    api_fail(err, API_USAGE, "unknown provider \"%s\"; there are %s", name ? name : "", names);
}

/* Arguments that are secrets. */
static const char *const secret_args[] = {"token", "code", "access_key", "secret_key",
                                          "connection_string"};
#define SECRET_ARGS (sizeof secret_args / sizeof *secret_args)

bool provider_arg_secret(const char *name)
{
    for (size_t i = 0; i < SECRET_ARGS; i++)
        if (strcmp(secret_args[i], name) == 0)
            return true;
    return false;
}

static void mask_secret(char *text, const char *secret)
{
    size_t len = secret ? strlen(secret) : 0;
    for (; len >= SECRET_LEN_MIN && (text = strstr(text, secret)) != NULL; text += len)
        memset(text, '*', len);
}

/* A remote may repeat what it was sent, and a path may have it: secrets in TEXT become stars. */
static void mask(const struct provider *p, char *text)
{
    mask_secret(text, provider_credential(p));
    for (size_t i = 0; i < SECRET_ARGS; i++)
        mask_secret(text, template_arg(p->running, secret_args[i]));
}

static enum api_status mask_error(const struct provider *p, enum api_status status,
                                  struct api_error *err)
{
    if (status != API_OK) {
        mask(p, err->message);
        mask(p, err->code);
    }
    return status;
}

/* Between the transport, which knows no secret, and the caller's trace. */
static void trace_masked(void *arg, const char *line)
{
    const struct provider *p = arg;
    char text[HTTP_WHERE_MAX + 96];
    snprintf(text, sizeof text, "%s", line);
    mask(p, text);
    p->trace(p->trace_arg, text);
}

struct provider *provider_open(const struct provider_settings *settings, struct api_error *err)
{
    memset(err, 0, sizeof *err);
    const struct provider_kind *kind = kind_find(settings->provider);
    if (!kind) {
        unknown_provider(settings->provider, err);
        return NULL;
    }
    struct provider *p = calloc(1, sizeof *p);
    if (!p) {
        api_fail(err, API_UNREACHABLE, "out of memory");
        return NULL;
    }
    p->kind = kind;
    p->operations = kind->operations;
    p->settings = *settings;
    p->trace = settings->trace;
    p->trace_arg = settings->trace_arg;
    p->settings.trace = settings->trace ? trace_masked : NULL;
    p->settings.trace_arg = p;
    if (!settings->url || !*settings->url)
        p->settings.url = kind->url;
    if (!p->settings.url)
        api_fail(err, API_USAGE, "no url is given for the provider \"%s\"", kind->name);
    else if (set_up(p, err) == API_OK)
        return p;
    provider_close(p);
    return NULL;
}

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void provider_close(struct provider *p)
{
    if (!p)
        return;
    if (p->kind->close)
        p->kind->close(p);
    http_close(p->http);
    for (size_t i = 0; i < HEADERS_MAX; i++)
        wipe(p->header[i]);
    wipe(p->credential);
    free(p);
}

/* Names that are gathered, each once. */
struct option_names {
    char *out;
    size_t used;
};

/* Adds the name at NAME, LEN bytes, unless it is there or the engine's own. */
static bool add_name(void *arg, const char *name, size_t len)
{
    struct option_names *n = arg;
    if ((len == 5 && strncmp(name, "after", 5) == 0) || (len == 4 && strncmp(name, "page", 4) == 0))
        return true;
    for (const char *w = n->out; *w; w += strcspn(w, " "), w += *w == ' ')
        if (strcspn(w, " ") == len && strncmp(w, name, len) == 0)
            return true;
    if (n->used + len + 2 > PROVIDER_TAKES_MAX)
        return false;
    n->used += (size_t)snprintf(n->out + n->used, PROVIDER_TAKES_MAX - n->used, "%s%.*s",
                                n->used ? " " : "", (int)len, name);
    return true;
}

static void names_of(const struct operation *o, char out[PROVIDER_TAKES_MAX])
{
    struct option_names n = {.out = out};
    out[0] = '\0';
    const char *const templates[] = {o->path, o->query, o->body};
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        template_names(templates[i], add_name, &n);
    for (const char *w = o->takes; w && *w; w += strcspn(w, " "), w += *w == ' ')
        add_name(&n, w, strcspn(w, " "));
}

bool provider_takes(const struct provider *p, enum provider_op op, char out[PROVIDER_TAKES_MAX])
{
    const struct operation *o = &p->operations[op];
    out[0] = '\0';
    if (o->run)
        names_of(o, out);
    return o->run != NULL;
}

/* Every argument that is given must be taken: none is dropped silently. */
static enum api_status check_args(const struct provider *p, enum provider_op op,
                                  const struct provider_arg *args, struct api_error *err)
{
    char takes[PROVIDER_TAKES_MAX];
    provider_takes(p, op, takes);
    for (; args && args->name; args++) {
        size_t len = strlen(args->name);
        bool taken = !args->value || strcmp(args->name, "org") == 0;
        for (const char *w = takes; !taken && *w; w += strcspn(w, " "), w += *w == ' ')
            taken = strcspn(w, " ") == len && strncmp(w, args->name, len) == 0;
        if (!taken)
            return api_fail(err, API_UNSUPPORTED,
                            "the provider \"%s\" takes no \"%s\" for \"%s\"; it takes: %s",
                            p->kind->name, args->name, provider_op_name(op),
                            *takes ? takes : "nothing");
    }
    return API_OK;
}

/* True when OP only reads. */
static bool is_reading(enum provider_op op)
{
    static const enum provider_op reading[] = {
        OP_WHOAMI,          OP_ORG_LIST,        OP_ORG_FIND,       OP_ORG_SHOW,
        OP_MEMBER_LIST,     OP_INVITATION_LIST, OP_JOINCODE_LIST,  OP_MACHINE_LIST,
        OP_ROLE_LIST,       OP_TOKEN_LIST,      OP_OWN_TOKEN_LIST, OP_KEY_LIST,
        OP_MEMBER_KEYS,     OP_AUDIT_LIST,      OP_BILLING_SHOW,   OP_SUBSCRIPTION_LIST,
        OP_CREDIT_LIST,     OP_SECRET_LIST,     OP_FILE_LIST,      OP_FILE_SHOW,
        OP_MACHINE_APPLIED, OP_MACHINE_MISSING, OP_ACCESS_LIST,    OP_TEAM_LIST,
        OP_TEAM_SHOW};
    size_t i = 0;
    while (i < sizeof reading / sizeof *reading && reading[i] != op)
        i++;
    return i < sizeof reading / sizeof *reading;
}

enum api_status provider_run(struct provider *p, enum provider_op op,
                             const struct provider_arg *args, provider_sink *sink, void *arg,
                             struct api_error *err)
{
    memset(err, 0, sizeof *err);
    const struct operation *o = &p->operations[op];
    if (!o->run)
        return api_fail(err, API_UNSUPPORTED, "the provider \"%s\" has no \"%s\"", p->kind->name,
                        provider_op_name(op));
    enum api_status status = check_args(p, op, args, err);
    if (status != API_OK)
        return status;
    p->running = args;
    p->changing = p->settings.unsent && !is_reading(op);
    p->unsent = false;
    status = mask_error(p, o->run(p, o, args, sink, arg, err), err);
    p->running = NULL;
    p->changing = false;
    return status == API_OK && p->unsent ? api_fail(err, API_UNSENT, "not sent") : status;
}

enum api_status provider_watch(struct provider *p, struct watch_position *position, int wait_ms,
                               const struct provider_watcher *watcher, struct api_error *err)
{
    memset(err, 0, sizeof *err);
    if (!p->kind->watch)
        return engine_watch(p, position, watcher, err);
    return mask_error(p, p->kind->watch(p, position, wait_ms, watcher, err), err);
}

static const char *const op_names[OP_COUNT] = {
    [OP_WHOAMI] = "whoami",
    [OP_USER_EDIT] = "user edit",
    [OP_USER_RECOVER] = "user recover",
    [OP_USER_CONFIRM] = "user recover",
    [OP_ORG_LIST] = "org list",
    [OP_ORG_FIND] = "org find",
    [OP_ORG_SHOW] = "org show",
    [OP_ORG_CREATE] = "org create",
    [OP_ORG_EDIT] = "org edit",
    [OP_ORG_DELETE] = "org delete",
    [OP_MEMBER_LIST] = "member list",
    [OP_MEMBER_ADD] = "member add",
    [OP_MEMBER_ROLE] = "member role",
    [OP_MEMBER_GRANT] = "member grant",
    [OP_MEMBER_REVOKE] = "member revoke",
    [OP_MEMBER_REMOVE] = "member remove",
    [OP_MEMBER_SUSPEND] = "member suspend",
    [OP_MEMBER_RESUME] = "member resume",
    [OP_MEMBER_END_TOKENS] = "member end-tokens",
    [OP_INVITATION_LIST] = "invitation list",
    [OP_INVITATION_CREATE] = "invitation create",
    [OP_INVITATION_REVOKE] = "invitation revoke",
    [OP_INVITATION_RESEND] = "invitation resend",
    [OP_INVITATION_ACCEPT] = "invitation accept",
    [OP_JOINCODE_LIST] = "joincode list",
    [OP_JOINCODE_CREATE] = "joincode create",
    [OP_JOINCODE_REVOKE] = "joincode revoke",
    [OP_JOINCODE_JOIN] = "joincode join",
    [OP_MACHINE_LIST] = "machine list",
    [OP_MACHINE_INVITE] = "machine invite",
    [OP_MACHINE_APPLIED] = "machine applied",
    [OP_MACHINE_MISSING] = "machine applied",
    [OP_MACHINE_LABEL] = "machine label",
    [OP_MACHINE_REVOKE] = "machine revoke",
    [OP_ACCESS_LIST] = "access list",
    [OP_ACCESS_ADD] = "access add",
    [OP_ACCESS_REMOVE] = "access remove",
    [OP_TEAM_LIST] = "team list",
    [OP_TEAM_SHOW] = "team show",
    [OP_TEAM_ADD] = "team add",
    [OP_TEAM_REMOVE] = "team remove",
    [OP_MACHINE_ENROLL] = "host enroll",
    [OP_ROLE_LIST] = "role list",
    [OP_ROLE_CREATE] = "role create",
    [OP_ROLE_EDIT] = "role edit",
    [OP_ROLE_REMOVE] = "role remove",
    [OP_TOKEN_LIST] = "token list",
    [OP_TOKEN_CREATE] = "token create",
    [OP_TOKEN_REVOKE] = "token revoke",
    [OP_OWN_TOKEN_LIST] = "token list --mine",
    [OP_OWN_TOKEN_CREATE] = "token create --mine",
    [OP_OWN_TOKEN_REVOKE] = "token revoke --mine",
    [OP_SIGN_IN_LINK] = "login --web",
    [OP_DEVICE_BEGIN] = "login",
    [OP_DEVICE_TOKEN] = "login by browser",
    [OP_KEY_LIST] = "key list",
    [OP_KEY_ADD] = "key add",
    [OP_KEY_REMOVE] = "key remove",
    [OP_MEMBER_KEYS] = "key list --member",
    [OP_MEMBER_KEY_ADD] = "key add --member",
    [OP_MEMBER_KEY_REMOVE] = "key remove --member",
    [OP_AUDIT_LIST] = "audit list",
    [OP_BILLING_SHOW] = "billing show",
    [OP_BILLING_EDIT] = "billing edit",
    [OP_SUBSCRIPTION_LIST] = "subscription list",
    [OP_CREDIT_LIST] = "credit list",
    [OP_CREDIT_CREATE] = "credit create",
    [OP_CREDIT_EDIT] = "credit edit",
    [OP_CREDIT_EXPIRE] = "credit expire",
    [OP_SECRET_LIST] = "secret list",
    [OP_SECRET_CREATE] = "secret create",
    [OP_SECRET_REMOVE] = "secret remove",
    [OP_FILE_LIST] = "file list",
    [OP_FILE_SHOW] = "file show",
    [OP_FILE_CREATE] = "file upload",
    [OP_FILE_REMOVE] = "file remove",
};

const char *provider_op_name(enum provider_op op)
{
    return (unsigned)op < OP_COUNT ? op_names[op] : "unknown";
}

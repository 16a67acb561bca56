/* Running an operation, and telling why it failed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "orgadmin/remote/connection.h"
#include "orgadmin/remote/interrupt.h"
#include "orgadmin/remote/name_cache.h"

const char *record_text(const cJSON *record, const char *field)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, field));
    return text ? text : "";
}

int64_t record_number(const cJSON *record, const char *field)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(record, field);
    return cJSON_IsNumber(number) ? (int64_t)number->valuedouble : 0;
}

enum exit_status connection_exit(enum api_status status)
{
    switch (status) {
    case API_OK:
        return EXIT_DONE;
    case API_UNSENT:
        return EXIT_UNSENT;
    case API_REFUSED:
        return EXIT_NO;
    case API_USAGE:
    case API_UNSUPPORTED:
        return EXIT_USAGE;
    case API_UNREACHABLE:
    case API_BAD_ANSWER:
    case API_STOPPED:
        break;
    }
    return EXIT_AWAY;
}

void args_add(struct args *args, const char *name, const char *value)
{
    if (args->count < ARGS_MAX)
        args->arg[args->count++] = (struct provider_arg){name, value};
}

enum exit_status args_set(struct args *args, const struct invocation *inv)
{
    for (size_t i = 0; i < inv->pairs; i++) {
        const struct pair *pair = &inv->pair[i];
        if (pair->option != OPTION_SET)
            continue;
        bool taken = strcmp(pair->name, "org") == 0;
        for (const struct provider_arg *a = args->arg; a->name && !taken; a++)
            taken = a->value && strcmp(a->name, pair->name) == 0;
        if (taken)
            return complain(EXIT_USAGE, "--set %s: that is given already", pair->name);
        args_add(args, pair->name, pair->value);
    }
    return EXIT_DONE;
}

#define PROGRESS_STEP    10000 /* records: a second or less */
#define WAIT_ONCE_MAX_S  120   /* a longer pause is told, and the command ends */
#define AGAIN_MOST       5     /* a change that had no answer */
#define AGAIN_ONCE_MAX_S 16
#define WAIT_ALL_MAX_S   900 /* the same for all pauses of a command */

/* Records on their way to a command. */
struct relay {
    provider_sink *sink;
    void *arg;
    struct progress *progress;
    struct names_list *names;        /* for completion, or NULL */
    struct connection *organization; /* its organization may be among the records, or NULL */
    size_t count;
    bool full; /* the command cannot take another one */
};

/* The organization may have another name than at the login: it was renamed, or the server's data
 * was restored. */
static void learn_name(struct connection *c, const cJSON *record)
{
    const char *name = record_text(record, "name");
    if (!*name || strcmp(record_text(record, "id"), c->now.org_id) != 0 ||
        strcmp(name, c->now.org_name) == 0 || strlen(name) >= sizeof c->now.org_name)
        return;
    snprintf(c->now.org_name, sizeof c->now.org_name, "%s", name);
    c->renamed = c->logged_in;
}

static int relay(void *arg, const cJSON *record)
{
    struct relay *r = arg;
    if (r->names)
        names_add(r->names, record);
    if (r->organization)
        learn_name(r->organization, record);
    if (++r->count % PROGRESS_STEP == 0)
        progress_show(r->progress, "%zu listed", r->count);
    r->full = r->sink && r->sink(r->arg, record) != 0;
    return r->full ? -1 : 0;
}

static bool gives_organizations(enum provider_op op)
{
    return op == OP_ORG_LIST || op == OP_ORG_FIND || op == OP_ORG_SHOW || op == OP_ORG_EDIT;
}

/* The kind of names that completion keeps from OP's listing; NAMES_NONE for none. */
static enum names names_of(enum provider_op op)
{
    switch (op) {
    case OP_ORG_LIST:
        return NAMES_ORG;
    case OP_MEMBER_LIST:
        return NAMES_MEMBER;
    case OP_ROLE_LIST:
        return NAMES_ROLE;
    default:
        return NAMES_NONE;
    }
}

/* Waits for SECONDS, and shows WHY. False: a signal came. */
static bool wait_for(struct connection *c, int seconds, const char *why)
{
    int64_t end = clock_mono_ms() + seconds * INT64_C(1000), left;
    while ((left = end - clock_mono_ms()) > 0 && !interrupt_pending()) {
        const struct timespec step = {.tv_nsec = (left < 200 ? left : 200) * 1000000};
        progress_show(&c->progress, "%s: %" PRId64 " s", why, (left + 999) / 1000);
        nanosleep(&step, NULL);
    }
    progress_end(&c->progress);
    return left <= 0;
}

/* Waits as long as the API has asked for. False: that is too long, or a signal came. */
static bool wait_for_turn(struct connection *c, const struct api_error *err)
{
    if (err->retry_after_s > WAIT_ONCE_MAX_S || c->waited_s + err->retry_after_s > WAIT_ALL_MAX_S)
        return false;
    c->waited_s += err->retry_after_s;
    if (!isatty(STDERR_FILENO))
        note("The API asks for a pause of %d s.", err->retry_after_s);
    return wait_for(c, err->retry_after_s, "the API asks for a pause");
}

bool connection_again(void *arg, const struct api_error *err, int times)
{
    struct connection *c = arg;
    int seconds = 1 << (times < AGAIN_MOST ? times - 1 : AGAIN_MOST - 1);
    if (err->retry_after_s > seconds)
        seconds = err->retry_after_s;
    if (times > AGAIN_MOST || seconds > AGAIN_ONCE_MAX_S)
        return false;
    interrupt_catch();
    if (times == 1)
        note("%s; it is sent again as the same request, which is carried out once.", err->message);
    return wait_for(c, seconds, "the request is sent again");
}

/* Runs the operation again while the API only asks for a pause: nothing was done then. */
static enum api_status run_in_turn(struct connection *c, enum provider_op op,
                                   const struct provider_arg *args, struct relay *r,
                                   struct api_error *err)
{
    enum api_status status;
    do {
        status = provider_run(c->provider, op, args, relay, r, err);
    } while (status == API_UNREACHABLE && c->patient && err->http == 429 &&
             err->retry_after_s > 0 && r->count == 0 && wait_for_turn(c, err));
    return status;
}

enum api_status connection_try(struct connection *c, enum provider_op op,
                               const struct provider_arg *args, provider_sink *sink, void *arg,
                               struct api_error *err)
{
    struct provider_arg all[ARGS_MAX + 2] = {{0}};
    bool of_org = op != OP_ORG_LIST;
    struct names_list names = {.kind = c->logged_in ? names_of(op) : NAMES_NONE,
                               .org_id = of_org ? c->now.org_id : "",
                               .org_name = of_org ? c->now.org_name : ""};
    struct relay r = {
        .sink = sink,
        .arg = arg,
        .progress = &c->progress,
        .names = names.kind ? &names : NULL,
        .organization = gives_organizations(op) ? c : NULL,
    };
    size_t n = 0;
    for (; args && args->name && n < ARGS_MAX; args++)
        all[n++] = *args;
    all[n] = (struct provider_arg){"org", *c->now.org_id ? c->now.org_id : NULL};
    enum api_status status = run_in_turn(c, op, all, &r, err);
    progress_end(&c->progress);
    interrupt_uncatch();
    if (status == API_STOPPED && r.full)
        snprintf(err->message, sizeof err->message,
                 r.count > RECORDS_MAX ? "there are more than a million; ask for less"
                                       : "out of memory");
    if (status == API_OK && names.kind)
        names_keep(c->now.profile, &names);
    names_free(&names);
    return status;
}

/* True when SAID, by OpenSSL or GnuTLS, is that nobody knows who signed the certificate. */
static bool is_unknown_authority(const char *said)
{
    static const char *const words[] = {"issuer", "self-signed", "self signed", "signer"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(said, words[i]))
            return true;
    return false;
}

/* Advice for a person, by the API's error code; "" without any. */
static const char *find_advice(const struct api_error *err)
{
    static const struct {
        const char *code, *advice;
    } table[] = {
        {"forbidden",
         "ask an owner of the organization; orgadmin role list shows the permissions of each role"},
        {"role_above_own", "ask a member whose role has these permissions"},
        {"organization_not_found", "orgadmin org list shows your organizations"},
        {"member_not_found", "orgadmin member list shows the members"},
        {"role_not_found", "orgadmin role list shows the roles"},
        {"last_owner", "first make another member an owner: orgadmin member role MEMBER owner"},
        {"role_in_use",
         "first give its members another role, and revoke the invitations, join codes and "
         "tokens of the role"},
        {"builtin_role", "choose another name; owner, admin and member are fixed"},
        {"invitation_not_found", "ask for a new invitation; each expires and can be used once"},
        {"code_not_found", "ask for a new code"},
        {"code_used",
         "ask who made the code: orgadmin machine show tells him from where it was used"},
        {"email_mismatch", "log in as the invited person"},
        {"user_exists", "log in with the account of that address, then accept"},
        {"username_taken", "another --username"},
        {"name_mismatch", "type the name as orgadmin org show shows it"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].code, err->code) == 0)
            return table[i].advice;
    if (err->status == API_UNREACHABLE && err->http == 0 && is_unknown_authority(err->message))
        return "--ca-file FILE with the certificate authority of the server, if it is not a public "
               "one";
    if (err->status == API_UNREACHABLE && err->http == 0 && strstr(err->message, "certificate"))
        return "check the time of this machine, and that the URL has the name in the certificate";
    if (err->status == API_UNREACHABLE && err->http == 0)
        return "check that the server runs and that the URL is right: orgadmin context show";
    return err->retry_after_s > 0 ? "repeat the command later" : "";
}

const char *connection_hint(const struct connection *c, const char *text, char out[HINT_LINE_MAX])
{
    const char *at = strstr(text, "orgadmin ");
    for (int words = 0; at && words < 3; words++)
        at += strcspn(at + (words > 0), " ,;") + (words > 0);
    int before = at ? (int)(at - text) : (int)strlen(text);
    snprintf(out, HINT_LINE_MAX, "%.*s%s%s", before, text, at ? c->given.text : "", text + before);
    return out;
}

/* The line that logs in again. */
static const char *login_hint(const struct connection *c, char out[HINT_LINE_MAX])
{
    struct hint line = {.used = 0};
    if (strcmp(c->now.profile, PROFILE_DEFAULT) != 0)
        hint_option(&line, options[OPTION_PROFILE].name, c->now.profile);
    hint_server(&line, &c->now);
    snprintf(out, HINT_LINE_MAX, "log in again with a token that is valid: orgadmin login%s",
             line.text);
    return out;
}

/* The same with the options that lead to C. */
static const char *advice_for(const struct connection *c, const struct api_error *err,
                              char out[HINT_LINE_MAX])
{
    if (err->http == 401 || strcmp(err->code, "unauthorized") == 0)
        return login_hint(c, out);
    return connection_hint(c, find_advice(err), out);
}

bool connection_without_org(enum provider_op op)
{
    static const enum provider_op ops[] = {
        OP_WHOAMI,         OP_USER_EDIT,         OP_USER_RECOVER,     OP_USER_CONFIRM,
        OP_OWN_TOKEN_LIST, OP_OWN_TOKEN_CREATE,  OP_OWN_TOKEN_REVOKE, OP_SIGN_IN_LINK,
        OP_DEVICE_BEGIN,   OP_DEVICE_TOKEN,      OP_ORG_LIST,         OP_ORG_FIND,
        OP_ORG_CREATE,     OP_INVITATION_ACCEPT, OP_JOINCODE_JOIN,    OP_MACHINE_ENROLL,
        OP_KEY_LIST,       OP_KEY_ADD,           OP_KEY_REMOVE};
    size_t i = 0;
    while (i < sizeof ops / sizeof *ops && ops[i] != op)
        i++;
    return i < sizeof ops / sizeof *ops;
}

enum exit_status connection_complain(const struct connection *c, const char *about,
                                     enum provider_op op, const struct api_error *err)
{
    if (err->status == API_UNSENT)
        return EXIT_UNSENT;
    bool nowhere =
        err->status == API_USAGE || err->status == API_UNSUPPORTED || connection_without_org(op);
    const char *org = nowhere ? "" : c->now.org_name;
    char text[HINT_LINE_MAX];
    const char *advice = advice_for(c, err, text);
    return complain(connection_exit(err->status), "%s%s%s%s%s: %s%s%s", about, *about ? ": " : "",
                    provider_op_name(op), *org ? " in " : "", org, err->message,
                    *advice ? "; try: " : "", advice);
}

enum exit_status connection_each(struct connection *c, enum provider_op op,
                                 const struct provider_arg *args, provider_sink *sink, void *arg)
{
    struct api_error err;
    if (connection_try(c, op, args, sink, arg, &err) == API_OK)
        return EXIT_DONE;
    return connection_complain(c, "", op, &err);
}

enum exit_status connection_run(struct connection *c, enum provider_op op,
                                const struct provider_arg *args)
{
    return connection_each(c, op, args, NULL, NULL);
}

int connection_first(void *arg, const cJSON *record)
{
    cJSON **first = arg;
    if (!*first)
        *first = cJSON_Duplicate(record, true);
    return *first ? 0 : -1;
}

enum exit_status connection_get(struct connection *c, enum provider_op op,
                                const struct provider_arg *args, cJSON **record)
{
    *record = NULL;
    enum exit_status status = connection_each(c, op, args, connection_first, record);
    if (status != EXIT_DONE) {
        cJSON_Delete(*record);
        *record = NULL;
    }
    return status;
}

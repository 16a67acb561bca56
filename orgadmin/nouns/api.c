/* The command api: one operation of the provider's table, as it stands there. */
#include <stdio.h>
#include <string.h>

#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/operation.h"
#include "orgadmin/nouns/secret_fields.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/interrupt.h"
#include "orgadmin/suggest.h"

#define MOMENTS_MAX 3 /* fields that are times */

/* One call on its way. */
struct raw_call {
    struct connection c;
    enum provider_op op;
    struct args args;
    char moment[MOMENTS_MAX][MOMENT_MAX];
    char secrets[SECRET_FILE_MAX];
};

static bool is_list(enum provider_op op)
{
    return op == OP_MACHINE_MISSING || strstr(provider_op_name(op), " list") != NULL;
}

/* True when OP takes something away from somebody. */
static bool takes_away(enum provider_op op)
{
    static const char *const verbs[] = {" remove",     " revoke",  " delete",
                                        " end-tokens", " suspend", " expire"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strstr(provider_op_name(op), verbs[i]))
            return true;
    return false;
}

/* OP_COUNT after a complaint. */
static enum provider_op find_operation(const struct connection *c, const char *word)
{
    char id[OPERATION_MAX], hint[SUGGESTION_MAX];
    struct suggestion s = {.word = word};
    for (unsigned op = 0; op < OP_COUNT; op++) {
        if (!connection_takes(c, op, NULL))
            continue;
        if (strcmp(operation_id(op, id), word) == 0)
            return op;
        suggestion_offer(&s, operation_id(op, id));
    }
    complain(EXIT_USAGE, "the provider \"%s\" has no operation \"%s\"%s", c->now.provider, word,
             suggestion_text(&s, "; see orgadmin api list", hint));
    return OP_COUNT;
}

/* The names with blanks between in NAMES as an array, but for those that no call gives. */
static cJSON *fields_of(const char *names)
{
    char name[PAIR_NAME_MAX];
    cJSON *fields = cJSON_CreateArray();
    for (const char *w = names; fields && *w; w += strcspn(w, " "), w += *w == ' ') {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(w, " "), w);
        if (strcmp(name, "org") != 0)
            cJSON_AddItemToArray(fields, cJSON_CreateString(name));
    }
    return fields;
}

static enum exit_status list_operations(const struct connection *c)
{
    char id[OPERATION_MAX], names[PROVIDER_TAKES_MAX];
    struct collection all = {0};
    bool good = true;
    for (unsigned op = 0; op < OP_COUNT && good; op++) {
        if (!provider_takes(c->provider, op, names))
            continue;
        cJSON *line = cJSON_CreateObject();
        good = cJSON_AddStringToObject(line, "operation", operation_id(op, id)) &&
               cJSON_AddItemToObject(line, "fields", fields_of(names)) &&
               collection_add(&all, line);
        cJSON_Delete(line);
    }
    if (good)
        output_json(false, &all);
    collection_free(&all);
    return good ? EXIT_DONE : complain(EXIT_AWAY, "out of memory");
}

static enum exit_status refuse_field(const struct raw_call *call, const char *field)
{
    char id[OPERATION_MAX], names[PROVIDER_TAKES_MAX], hint[SUGGESTION_MAX], all[SUGGESTION_MAX];
    struct suggestion s = {.word = field};
    provider_takes(call->c.provider, call->op, names);
    size_t used = (size_t)snprintf(all, sizeof all, "; it takes:");
    cJSON *fields = fields_of(names);
    for (const cJSON *f = fields ? fields->child : NULL; f; f = f->next) {
        suggestion_offer(&s, f->valuestring);
        int n = snprintf(all + used, sizeof all - used, " %s", f->valuestring);
        used += (size_t)n < sizeof all - used ? (size_t)n : 0;
    }
    bool none = !fields || !fields->child;
    cJSON_Delete(fields);
    return complain(EXIT_USAGE, "%s takes no field \"%s\"%s", operation_id(call->op, id), field,
                    suggestion_text(&s, none ? "; it takes none" : all, hint));
}

/* A day or time of a person as the API wants it; VALUE itself for other fields. */
static const char *value_of(struct raw_call *call, const char *field, const char *value)
{
    static const char *const times[MOMENTS_MAX] = {"from", "to", "expires"};
    size_t i = 0;
    while (i < MOMENTS_MAX && strcmp(times[i], field) != 0)
        i++;
    if (i == MOMENTS_MAX)
        return value;
    if (moment_check(field, value) != EXIT_DONE)
        return NULL;
    return i == 0 ? moment_begin(value, call->moment[i]) : moment_end(value, call->moment[i]);
}

static enum exit_status take_field(struct raw_call *call, const struct pair *pair)
{
    const char *field = pair->name;
    if (strcmp(field, "org") == 0 && call->op != OP_ORG_FIND)
        return complain(EXIT_USAGE, "org: --org names the organization");
    if (!connection_takes(&call->c, call->op, field))
        return refuse_field(call, field);
    if (provider_arg_secret(field))
        return complain(EXIT_USAGE,
                        "%s: others on this machine see a command line: give --secret-file FILE "
                        "with a line %s=VALUE",
                        field, field);
    const char *value = value_of(call, field, pair->value);
    if (value)
        args_add(&call->args, field, value);
    return value ? EXIT_DONE : EXIT_USAGE;
}

/* Without a role, some APIs give a member who is there the least one. */
static enum exit_status check_role(const struct raw_call *call)
{
    bool adds = call->op == OP_MEMBER_ADD || call->op == OP_INVITATION_CREATE;
    for (const struct provider_arg *a = call->args.arg; a->name; a++)
        if (strcmp(a->name, "role") == 0)
            return EXIT_DONE;
    unsigned changes = provider_add_changes(call->c.provider);
    if (!adds || (changes & (ADD_CHANGES_MEMBERS | ADD_CHANGES_INVITED)) == 0)
        return EXIT_DONE;
    return complain(EXIT_USAGE, "give role=ROLE: this API would change the role of a person who is "
                                "there already");
}

static enum exit_status take_fields(const struct invocation *inv, struct raw_call *call)
{
    const char *file = inv->option[OPTION_SECRET_FILE];
    enum exit_status status = EXIT_DONE;
    for (size_t i = 0; i < inv->pairs && status == EXIT_DONE; i++)
        if (inv->pair[i].option == OPTION_SET)
            status = take_field(call, &inv->pair[i]);
    if (status == EXIT_DONE)
        status = check_role(call);
    if (status == EXIT_DONE && file)
        status = secret_fields_read(&call->c, call->op, file, &call->args, call->secrets);
    return status;
}

/* The member of RECORD that is shown only once, or NULL. */
static const char *secret_of(const cJSON *record)
{
    static const char *const names[] = {"bearer", "token", "code"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (*record_text(record, names[i]))
            return names[i];
    return NULL;
}

/* A pre-signed address is a credential, which file download --show-url shows. */
static void strip_addresses(cJSON *record)
{
    cJSON_DeleteItemFromObjectCaseSensitive(record, "upload_url");
    cJSON_DeleteItemFromObjectCaseSensitive(record, "download_url");
}

static enum exit_status print_one(const struct invocation *inv, struct private_file *file,
                                  cJSON *record)
{
    struct collection one = {0};
    const char *secret = secret_of(record);
    enum exit_status status = EXIT_DONE;
    strip_addresses(record);
    if (inv->option[OPTION_OUT] && secret) {
        status = issue_write(file, record_text(record, secret));
        issue_strip(record);
    }
    if (status == EXIT_DONE && !collection_add(&one, record))
        status = complain(EXIT_AWAY, "out of memory");
    if (status == EXIT_DONE)
        output_json(true, &one);
    collection_free(&one);
    return status;
}

static enum exit_status run_one(const struct invocation *inv, struct raw_call *call)
{
    struct private_file file;
    cJSON *record = NULL;
    enum exit_status status = issue_begin(inv, &file);
    if (status != EXIT_DONE)
        return status;
    interrupt_hold(); /* what comes may be shown only once */
    status = connection_get(&call->c, call->op, call->args.arg, &record);
    if (status == EXIT_DONE && record)
        status = print_one(inv, &file, record);
    cJSON_Delete(record);
    private_file_abandon(&file);
    interrupt_release();
    return status;
}

static int gather(void *arg, const cJSON *record)
{
    cJSON *copy = cJSON_Duplicate(record, true);
    strip_addresses(copy);
    int rc = copy ? collection_sink(arg, copy) : -1;
    cJSON_Delete(copy);
    return rc;
}

static enum exit_status run_list(struct raw_call *call)
{
    struct collection records = {0};
    enum exit_status status = connection_each(&call->c, call->op, call->args.arg, gather, &records);
    if (status == EXIT_DONE)
        output_json(false, &records);
    collection_free(&records);
    return status;
}

static enum exit_status run(const struct invocation *inv, struct raw_call *call)
{
    char id[OPERATION_MAX];
    struct connection *c = &call->c;
    if (strcmp(inv->arg[0], "list") == 0)
        return list_operations(c);
    if ((call->op = find_operation(c, inv->arg[0])) == OP_COUNT)
        return EXIT_USAGE;
    enum exit_status status = take_fields(inv, call);
    if (status == EXIT_DONE && call->op != OP_ORG_FIND)
        status = connection_org_for(inv, call->op, c);
    if (status == EXIT_DONE && takes_away(call->op))
        status = ask_first(inv, "yes", "Run %s in %s at %s?", operation_id(call->op, id),
                           *c->now.org_name ? c->now.org_name : "no organization", c->now.url);
    if (status != EXIT_DONE)
        return status;
    return is_list(call->op) ? run_list(call) : run_one(inv, call);
}

enum exit_status api(const struct invocation *inv)
{
    struct raw_call call = {0};
    enum exit_status status =
        connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &call.c);
    if (status != EXIT_DONE)
        return status;
    status = run(inv, &call);
    explicit_bzero(call.secrets, sizeof call.secrets);
    connection_close(&call.c);
    return status;
}

#include "orgd/operator/command.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "orgd/endpoints/dispatch.h"
#include "orgd/endpoints/openapi.h"
#include "orgd/operator/init.h"
#include "orgd/operator/print.h"
#include "orgd/store/store.h"

#define ARGUMENTS_MAX 2
#define REQUEST_ID    "command"
#define ANSWER_MAX    256 /* typed by a person */

/* --- accounts, organizations, events --- */

struct operator_command {
    const char *noun, *verb;
    const char *path;                     /* of the dispatcher, below /v1/operator */
    const char *arguments[ARGUMENTS_MAX]; /* the fields that the words behind fill */
    const char *list;                     /* the reply's array, which has pages */
    const char *asks;                     /* what a person is asked first */
    bool mirror;                          /* it takes the options of a mirror */
    const char *counts;                   /* the reply's number: done in slices until it is 0 */
};

static const struct operator_command commands[] = {
    {"user", "list", .path = "/users/list", .list = "users"},
    {"user", "show", .path = "/users/show", .arguments = {"user"}},
    {"user", "token", .path = "/users/token", .arguments = {"user"}},
    {"user", "disable", .path = "/users/disable", .arguments = {"user"}},
    {"user", "enable", .path = "/users/enable", .arguments = {"user"}},
    {"user", "let-create", .path = "/users/let-create", .arguments = {"user", "may"}},
    {"user", "rename", .path = "/users/rename", .arguments = {"user", "username"}},
    {"user", "set-email", .path = "/users/set-email", .arguments = {"user", "email"}},
    {"user", "erase", .path = "/users/erase", .arguments = {"user"},
     .asks = "The account ends, and its names are taken out of everything."},
    {"org", "list", .path = "/organizations/list", .list = "organizations"},
    {"org", "owner", .path = "/organizations/owner", .arguments = {"organization", "user"}},
    {"org", "delete", .path = "/organizations/delete", .arguments = {"organization"},
     .asks = "The organization ends, with its members, tokens, invitations and join codes."},
    {"mirror", "list", .path = "/mirrors/list", .list = "mirrors"},
    {"mirror", "add", .path = "/mirrors/add", .arguments = {"organization"}, .mirror = true},
    {"mirror", "token", .path = "/mirrors/token", .arguments = {"organization"}},
    {"mirror", "remove", .path = "/organizations/delete", .arguments = {"organization"},
     .asks = "Its hosts hear of it no more; its members, machines and tokens here end."},
    {"events", "list", .path = "/events/list", .list = "events"},
    {"events", "prune", .path = "/events/prune", .arguments = {"before"}, .counts = "pruned"},
};

static int command_wrong(const char *why)
{
    log_error("%s", why);
    fputs("Try 'orgd --help'.\n", stderr);
    return EXIT_USAGE;
}

static int argument_count(const struct operator_command *c)
{
    int count = 0;
    while (count < ARGUMENTS_MAX && c->arguments[count])
        count++;
    return count;
}

static void add_given(cJSON *body, const char *name, const char *value)
{
    if (value)
        cJSON_AddStringToObject(body, name, value);
}

static void body_mirror(cJSON *body, const struct mirror_options *m)
{
    add_given(body, "provider", m->provider);
    add_given(body, "url", m->url);
    add_given(body, "tokenFile", m->token_file);
    add_given(body, "caFile", m->ca_file);
    add_given(body, "proxy", m->proxy);
    add_given(body, "webhookSecretFile", m->hook_file);
    if (m->poll)
        cJSON_AddNumberToObject(body, "poll", m->poll);
    cJSON *options = cJSON_AddArrayToObject(body, "options");
    for (size_t i = 0; i < m->option_count; i++)
        cJSON_AddItemToArray(options, cJSON_CreateString(m->options[i]));
}

/* The request's body. */
static cJSON *body_make(const struct operator_command *c, const struct options *o)
{
    cJSON *body = cJSON_CreateObject();
    for (int i = 0; i < argument_count(c); i++)
        cJSON_AddStringToObject(body, c->arguments[i], o->words[2 + i]);
    if (o->end_others)
        cJSON_AddTrueToObject(body, "endOthers");
    if (o->org)
        cJSON_AddStringToObject(body, "organization", o->org);
    if (c->mirror)
        body_mirror(body, &o->mirror);
    return body;
}

/* The answer to BODY, which the caller deletes; NULL after one line on stderr. */
static cJSON *ask(struct store *store, const struct operator_command *c, const cJSON *body)
{
    char path[64], from[PEER_TEXT_SIZE];
    char *text = cJSON_PrintUnformatted(body);
    struct letterhead no_mail = {0};
    snprintf(path, sizeof path, "/v1/operator%s", c->path);
    snprintf(from, sizeof from, "unix:%u", (unsigned)getuid());
    struct request request = {.method = "POST",
                              .content_type = "application/json",
                              .path = path,
                              .body = text,
                              .len = strlen(text),
                              .operator= true,
                              .id = REQUEST_ID,
                              .from = from,
                              .letterhead = &no_mail};
    struct call_answer answer;
    dispatch_needs(&request);
    dispatch(store, &request, &answer);
    cJSON *reply = cJSON_Parse(answer.body.data);
    if (answer.status != 200) {
        log_error("%s", cJSON_GetStringValue(cJSON_GetObjectItem(reply, "message")));
        cJSON_Delete(reply);
        reply = NULL;
    }
    buffer_free(&answer.body);
    buffer_free(&answer.changed);
    cJSON_free(text);
    return reply;
}

/* Asks for each page of C's list, and prints it. */
static bool run_list(struct store *store, const struct operator_command *c, const struct options *o,
                     cJSON *body)
{
    bool more = true;
    while (more) {
        cJSON *reply = ask(store, c, body);
        if (!reply)
            return false;
        print_list(cJSON_GetObjectItem(reply, c->list), o->json);
        const char *next = cJSON_GetStringValue(cJSON_GetObjectItem(reply, "next"));
        more = next != NULL;
        cJSON_DeleteItemFromObject(body, "after");
        if (more)
            cJSON_AddStringToObject(body, "after", next);
        cJSON_Delete(reply);
    }
    return true;
}

static bool run_one(struct store *store, const struct operator_command *c, const struct options *o,
                    const cJSON *body)
{
    cJSON *reply = ask(store, c, body);
    if (reply)
        print_reply(reply, o->json);
    cJSON_Delete(reply);
    return reply != NULL;
}

/* Asks again until a reply counts nothing, so that a server beside us can write meanwhile. */
static bool run_slices(struct store *store, const struct operator_command *c, cJSON *body)
{
    double total = 0, count;
    do {
        cJSON *reply = ask(store, c, body);
        if (!reply)
            return false;
        count = cJSON_GetNumberValue(cJSON_GetObjectItem(reply, c->counts));
        total += count;
        cJSON_Delete(reply);
        if (total == count)
            cJSON_AddTrueToObject(body, "again");
    } while (count > 0);
    printf("%s: %.0f\n", c->counts, total);
    return true;
}

/* True if the person at the terminal, or --yes, agrees to what C does to the first argument. */
static bool agreed(const struct operator_command *c, const struct options *o)
{
    char typed[ANSWER_MAX];
    if (!c->asks || o->yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        log_error("%s %s %s: without a terminal it needs --yes", c->noun, c->verb, o->words[2]);
        return false;
    }
    fprintf(stderr, "%s\nType %s to go on: ", c->asks, o->words[2]);
    if (!fgets(typed, sizeof typed, stdin))
        return false;
    typed[strcspn(typed, "\n")] = '\0';
    if (strcmp(typed, o->words[2]) == 0)
        return true;
    log_error("nothing was done");
    return false;
}

/* Does the rest of what goes through many rows; a server beside us does, too. */
static bool finish_chores(struct store *store)
{
    char organization[ID_SIZE];
    bool more = true;
    while (more) {
        more = store_begin_change(store, NULL) && store_chore(store, organization);
        if (more && organization[0])
            store_tell(store, organization, NEWS_GATHERED);
        if (store_commit(store) != STORE_DONE) {
            log_error("the rest is left to the server");
            return false;
        }
    }
    return true;
}

static bool run_command(const struct operator_command *c, const struct options *o)
{
    struct store *store = agreed(c, o) ? store_open(o->data, STORE_OPERATE) : NULL;
    if (!store)
        return false;
    cJSON *body = body_make(c, o);
    bool good = c->list     ? run_list(store, c, o, body)
                : c->counts ? run_slices(store, c, body)
                            : run_one(store, c, o, body);
    good = good && finish_chores(store);
    cJSON_Delete(body);
    store_close(store);
    return good;
}

/* --- the data file --- */

static bool file_check(const struct options *o)
{
    bool warned;
    if (!store_check(o->data, &warned))
        return false;
    printf("%s: nothing is %s\n", store_name(o->data), warned ? "damaged" : "wrong");
    return true;
}

/* True if the data are a file. */
static bool is_file(const struct options *o)
{
    if (store_is_url(o->data))
        log_error("%s: %s is for a data file; a database has PostgreSQL's own tools: see orgd(8)",
                  store_name(o->data), o->words[0]);
    return !store_is_url(o->data);
}

static bool file_backup(const struct options *o)
{
    return is_file(o) && store_backup(o->data, o->words[1]);
}

static bool file_restore(const struct options *o)
{
    return is_file(o) && store_restore(o->data, o->words[1]);
}

static bool file_vacuum(const struct options *o)
{
    return is_file(o) && store_vacuum(o->data);
}

static bool data_copy(const struct options *o)
{
    char from[PATH_MAX];
    if (!options_data_good(o->words[1]) || !options_data_good(o->words[2]) ||
        !store_transfer(o->words[1], o->words[2]))
        return false;
    snprintf(from, sizeof from, "%s", store_name(o->words[1]));
    printf("%s: has all of %s\n", store_name(o->words[2]), from);
    return true;
}

static bool print_openapi(const struct options *o)
{
    (void)o;
    cJSON *document = openapi_json();
    char *text = cJSON_Print(document);
    bool good = puts(text) != EOF && fflush(stdout) == 0;
    cJSON_free(text);
    cJSON_Delete(document);
    return good;
}

static const struct file_command {
    const char *verb;
    int words; /* behind it: other files */
    const char *asks;
    bool (*run)(const struct options *o);
} file_commands[] = {
    {"init", 0, NULL, init_run},
    {"backup", 1, "which FILE?", file_backup},
    {"restore", 1, "which FILE?", file_restore},
    {"copy", 2, "FROM which data, TO which?", data_copy},
    {"check", 0, NULL, file_check},
    {"vacuum", 0, NULL, file_vacuum},
    {"openapi", 0, NULL, print_openapi},
};

/* --- the choice --- */

static int run_file_command(const struct file_command *c, const struct options *o)
{
    if (o->word_count < c->words + 1) {
        char why[64];
        snprintf(why, sizeof why, "%s: %s", c->verb, c->asks);
        return command_wrong(why);
    }
    if (o->word_count > c->words + 1)
        return command_wrong("unexpected argument");
    return c->run(o) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_run(const struct options *o)
{
    const char *verb = o->word_count > 1 ? o->words[1] : "";
    for (size_t i = 0; i < sizeof file_commands / sizeof *file_commands; i++)
        if (strcmp(o->words[0], file_commands[i].verb) == 0)
            return run_file_command(&file_commands[i], o);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct operator_command *c = &commands[i];
        if (strcmp(c->noun, o->words[0]) != 0 || strcmp(c->verb, verb) != 0)
            continue;
        if (o->word_count != 2 + argument_count(c))
            return command_wrong(o->word_count > 2 + argument_count(c) ? "unexpected argument"
                                                                       : "an argument is missing");
        return run_command(c, o) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    return command_wrong("unknown command");
}

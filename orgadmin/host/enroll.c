/*
 * host enroll: makes this machine one of an organization's. Here are orglogin's own files, its
 * token and configuration; enroll_switch.c has the machine's. Everything is tried before it counts,
 * and what fails half-way is taken back.
 */
#include "orgadmin/host/enroll.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/confirm.h"
#include "common/paths.h"
#include "orgadmin/host/child.h"
#include "orgadmin/host/commands.h"
#include "orgadmin/host/journal.h"
#include "orgadmin/host/kept.h"
#include "orgadmin/host/prepared.h"
#include "orgadmin/nouns/issue.h"
#include "orgadmin/remote/credential.h"
#include "orgadmin/remote/interrupt.h"

#define CHECK_LIMIT_MS 60000
#define HOST_ROLE      "member" /* may look and do nothing, where the API has such roles */
#define NAME_ROOM      (NAME_MAX_LEN - 7) /* so that "-admins" fits behind it */
#define TOKENS_MAX     100                /* files of one name */

/* --- which organization, and what there is of it --- */

static enum exit_status check_name(const char *name)
{
    if (name_valid(name) && strlen(name) <= NAME_ROOM)
        return EXIT_DONE;
    return complain(
        EXIT_USAGE,
        "\"%s\" cannot be the name of an organization on this machine: [a-z_][a-z0-9_.-]*, "
        "at most %d; give --name NAME",
        name, NAME_ROOM);
}

/* The organization's own name as a group's could be: "Acme Corp." becomes "acme-corp". */
static void derive_name(const char *remote, char name[NAME_MAX_LEN + 1])
{
    size_t n = 0;
    for (; *remote && n < NAME_ROOM; remote++) {
        char c = (char)(*remote >= 'A' && *remote <= 'Z' ? *remote + 32 : *remote);
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (good || (n > 0 && name[n - 1] != '-'))
            name[n++] = good ? c : '-';
    }
    while (n > 0 && name[n - 1] == '-')
        n--;
    name[n] = '\0';
}

/* A code is spent by now: no name is no reason to end. */
static void make_valid(char name[NAME_MAX_LEN + 1])
{
    char rest[NAME_MAX_LEN + 1];
    if (name_valid(name))
        return;
    snprintf(rest, sizeof rest, "%s", name);
    snprintf(name, NAME_MAX_LEN + 1, "org%s%.*s", *rest ? "-" : "", NAME_ROOM - 4, rest);
}

static bool is_taken(const struct enrollment *e, const char *name)
{
    for (size_t i = 0; i < e->config.orgs; i++)
        if (strcmp(e->config.org[i].name, name) == 0)
            return true;
    return false;
}

/* Puts a number behind a derived name that another organization here has. */
static void free_name(struct enrollment *e)
{
    char base[NAME_MAX_LEN + 1];
    snprintf(base, sizeof base, "%s", e->name);
    for (unsigned i = 2; i <= SNAPSHOT_ORGS_MAX && is_taken(e, e->name); i++)
        snprintf(e->name, sizeof e->name, "%.*s-%u", NAME_ROOM - 3, base, i);
}

/* An export's path is meant from where we are; orgsyncd is elsewhere. */
static void make_absolute(struct context *now)
{
    char *path = strcmp(now->provider, "file") == 0 ? realpath(now->url, NULL) : NULL;
    if (path && strlen(path) < sizeof now->url)
        snprintf(now->url, sizeof now->url, "%s", path);
    free(path);
}

static bool same_org(const struct host_org *o, const struct context *now)
{
    const char *url = *o->url ? o->url : provider_url(o->provider);
    return strcmp(o->provider, now->provider) == 0 && strcmp(o->id, now->org_id) == 0 && url &&
           strcmp(url, now->url) == 0;
}

static enum exit_status read_config(struct enrollment *e)
{
    const char *why;
    e->configured = access(PATH_CONFIG, F_OK) == 0;
    if (e->configured && host_config_read(PATH_CONFIG, &e->config, &why) < 0)
        return complain(EXIT_SETUP, PATH_CONFIG " %s", why);
    for (size_t i = 0; i < e->config.orgs; i++)
        if (same_org(&e->config.org[i], &e->c.now))
            e->org = &e->config.org[i];
    return EXIT_DONE;
}

static enum exit_status choose_name(struct enrollment *e)
{
    const char *given = e->inv->option[OPTION_NAME];
    if (e->org && given && strcmp(given, e->org->name) != 0)
        return complain(EXIT_USAGE, "%s is called \"%s\" in " PATH_CONFIG, e->c.now.org_name,
                        e->org->name);
    if (e->org || given)
        snprintf(e->name, sizeof e->name, "%.*s", NAME_MAX_LEN, e->org ? e->org->name : given);
    else
        derive_name(e->c.now.org_name, e->name);
    if (!e->org && !given) {
        make_valid(e->name);
        free_name(e);
    }
    if (!e->org && is_taken(e, e->name))
        return complain(EXIT_USAGE,
                        PATH_CONFIG " has another organization \"%s\": give --name NAME", e->name);
    return e->org ? EXIT_DONE : check_name(given ? given : e->name);
}

/* --- the credential --- */

static int count_member(void *arg, const cJSON *record)
{
    (void)record;
    ++*(size_t *)arg;
    return 0;
}

static enum exit_status list_members(struct connection *c, size_t *count)
{
    *count = 0;
    enum exit_status status = connection_each(c, OP_MEMBER_LIST, NULL, count_member, count);
    if (status == EXIT_DONE && *count == 0)
        return complain(EXIT_NO, "%s lists no member: orgsyncd would refuse the list",
                        c->now.org_name);
    return status;
}

/* A connection as this one with another token; to be closed in any case. */
static enum exit_status connect_with(const struct enrollment *e, const char *token,
                                     struct connection *c)
{
    *c = (struct connection){.now = e->c.now};
    snprintf(c->now.token, sizeof c->now.token, "%s", token);
    return connection_reopen(c);
}

/* True when the file that orglogin.conf names holds a token that lists the members. */
static bool keeps_token(struct enrollment *e)
{
    struct connection c;
    struct api_error err;
    char token[SECRET_MAX];
    if (!e->org || access(e->token_path, F_OK) < 0 ||
        secret_read(e->token_path, "", token) != EXIT_DONE)
        return false;
    bool good = connect_with(e, token, &c) == EXIT_DONE &&
                connection_try(&c, OP_MEMBER_LIST, NULL, NULL, NULL, &err) == API_OK;
    connection_close(&c);
    explicit_bzero(token, sizeof token);
    return good;
}

/* True if the credential is the organization's own, and permits no more than a host needs. */
static bool is_host_token(struct enrollment *e, const char *role)
{
    struct api_error err;
    cJSON *who = NULL;
    bool found = false;
    if (connection_takes(&e->c, OP_WHOAMI, NULL) &&
        connection_try(&e->c, OP_WHOAMI, NULL, connection_first, &who, &err) == API_OK)
        found = *record_text(who, "organization") && strcmp(record_text(who, "role"), role) == 0;
    cJSON_Delete(who);
    return found;
}

static enum exit_status create_token(struct enrollment *e, const char *role)
{
    char host[65] = "", name[80];
    cJSON *record = NULL;
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "host %s", host);
    const struct provider_arg args[] = {
        {"name", connection_takes(&e->c, OP_TOKEN_CREATE, "name") ? name : NULL},
        {"role", connection_takes(&e->c, OP_TOKEN_CREATE, "role") ? role : NULL},
        {0}};
    enum exit_status status = connection_get(&e->c, OP_TOKEN_CREATE, args, &record);
    if (status == EXIT_DONE) {
        snprintf(e->token, sizeof e->token, "%s", record_text(record, "bearer"));
        snprintf(e->token_key, sizeof e->token_key, "%s", record_text(record, "key"));
        if (!*e->token)
            status = complain(EXIT_AWAY, "the API made a token, but did not show it");
    }
    cJSON_Delete(record);
    return status;
}

/* Fills e->token: with one made for this host where the API can, else with the one given. */
static enum exit_status make_token(struct enrollment *e)
{
    const char *given = e->inv->option[OPTION_ROLE], *role = given ? given : HOST_ROLE;
    if (e->inv->option[OPTION_CODE])
        ; /* it is of this machine alone */
    else if (is_host_token(e, role))
        note("The given token belongs to the organization and has the role %s: it is stored as "
             "it is.",
             role);
    else if (connection_takes(&e->c, OP_TOKEN_CREATE, NULL))
        return create_token(e, role);
    else
        note("The API has no tokens for hosts: the given token is stored. Root on this machine can "
             "do with it all that its owner can.");
    snprintf(e->token, sizeof e->token, "%s", e->c.now.token);
    return EXIT_DONE;
}

static void take_back_token(struct enrollment *e)
{
    const struct provider_arg args[] = {{"key", e->token_key}, {0}};
    if (*e->token_key && connection_run(&e->c, OP_TOKEN_REVOKE, args) != EXIT_DONE)
        note("The token %s is no longer needed: orgadmin token revoke %s.", e->token_key,
             e->token_key);
}

/* Writes the token once it has proved good. */
static enum exit_status store_token(struct enrollment *e)
{
    struct private_file file;
    struct connection c;
    size_t members;
    if (!journal_note(e->token_path))
        return EXIT_SETUP;
    if (private_file_begin(&file, e->token_path) < 0)
        return complain(EXIT_SETUP, "%s: %s", e->token_path, strerror(errno));
    enum exit_status status = make_token(e);
    if (status == EXIT_DONE) {
        status = connect_with(e, e->token, &c);
        if (status == EXIT_DONE)
            status = list_members(&c, &members);
        connection_close(&c);
    }
    if (status == EXIT_DONE)
        status = issue_write(&file, e->token);
    private_file_abandon(&file);
    return status;
}

/* Chooses the token's file. A token that is there, for an unknown server, is sent to none. */
static enum exit_status place_token(struct enrollment *e)
{
    if (!*e->c.now.token) /* the provider wants none */
        return EXIT_DONE;
    if (e->org)
        snprintf(e->token_path, sizeof e->token_path, "%s", e->org->token_file);
    if (!*e->token_path)
        snprintf(e->token_path, sizeof e->token_path, ORG_SYSCONFDIR "/%s.token", e->name);
    for (unsigned i = 2; e->inv->option[OPTION_CODE] && !e->org && i < TOKENS_MAX; i++)
        if (access(e->token_path, F_OK) == 0) /* the code is spent: there must be a place */
            snprintf(e->token_path, sizeof e->token_path, ORG_SYSCONFDIR "/%s-%u.token", e->name,
                     i);
    if (!e->org && access(e->token_path, F_OK) == 0)
        return complain(EXIT_SETUP,
                        "%s exists already, and " PATH_CONFIG " does not name it: remove it, or "
                        "give --name NAME",
                        e->token_path);
    return EXIT_DONE;
}

/* --- the configuration --- */

static int note_role(void *arg, const cJSON *record)
{
    unsigned *found = arg;
    *found |= strcmp(record_text(record, "id"), "owner") == 0;
    *found |= (unsigned)(strcmp(record_text(record, "id"), "admin") == 0) << 1;
    return 0;
}

static void look_at_roles(struct enrollment *e)
{
    struct api_error err;
    unsigned found = 0;
    e->admins = connection_takes(&e->c, OP_ROLE_LIST, NULL) &&
                connection_try(&e->c, OP_ROLE_LIST, NULL, note_role, &found, &err) == API_OK &&
                found == 3;
}

/* Runs orgsyncd --check with the configuration at PATH. */
static enum exit_status try_config(const char *path)
{
    const char *const argv[] = {PATH_ORGSYNCD, "--check", "--config", path, NULL};
    struct child c;
    child_start_program(&c, argv, CHECK_LIMIT_MS);
    bool ended = child_end(&c);
    fputs(c.err, stderr);
    fputs(c.out, stderr);
    if (ended && c.status == 0)
        return EXIT_DONE;
    return complain(EXIT_SETUP, "orgsyncd --check %s", ended ? "refuses it" : c.fate);
}

/* A configuration of somebody's own is never touched. */
static enum exit_status write_config(struct enrollment *e)
{
    struct private_file file;
    if (!journal_note(PATH_CONFIG))
        return EXIT_SETUP;
    if (private_file_begin(&file, PATH_CONFIG) < 0)
        return complain(EXIT_SETUP, PATH_CONFIG ": %s", strerror(errno));
    FILE *f = fdopen(dup(file.fd), "w");
    if (f)
        enroll_write_config(e, f);
    bool good = f && !(ferror(f) | (fclose(f) != 0)) && private_file_finish(&file, false) == 0;
    enum exit_status status =
        good ? EXIT_DONE : complain(EXIT_SETUP, PATH_CONFIG ": %s", strerror(errno));
    private_file_abandon(&file);
    return status;
}

/* --- the command --- */

/* Makes and writes what is not there: the configuration first, without which a token is lost. */
static enum exit_status set_up(struct enrollment *e)
{
    enum exit_status status = EXIT_DONE;
    bool keeps = keeps_token(e);
    interrupt_hold(); /* no half of it stays */
    if (!e->configured) {
        look_at_roles(e);
        status = write_config(e);
    }
    if (status == EXIT_DONE && *e->token_path && !keeps)
        status = store_token(e);
    interrupt_release();
    if (status == EXIT_DONE && (!e->configured || e->org))
        status = try_config(PATH_CONFIG);
    return status;
}

static void tell(const struct enrollment *e, size_t members)
{
    if (*e->token)
        note("%s holds %s.", e->token_path,
             *e->token_key || e->inv->option[OPTION_CODE] ? "a token of this host's own"
                                                          : "the given token");
    else if (*e->token_path)
        note("%s holds a valid token and is not changed.", e->token_path);
    if (!e->configured)
        note("%s is written.", PATH_CONFIG);
    else
        note(PATH_CONFIG " exists and is not changed.");
    note("%s has %zu member%s. To undo all of this: orgadmin host unenroll", e->c.now.org_name,
         members, members == 1 ? "" : "s");
}

enum exit_status enroll_choose_name(struct enrollment *e)
{
    enum exit_status status = read_config(e);
    return status == EXIT_DONE ? choose_name(e) : status;
}

/* Once the token is stored, a person may interrupt. */
static void let_go(struct enrollment *e)
{
    if (e->held)
        interrupt_release();
    e->held = false;
}

/* What a person is to do needs what is there by now: it stays. */
static enum exit_status finish(struct enrollment *e)
{
    e->stays = e->inv->option[OPTION_PRINT] || !e->org;
    if (e->stays)
        enroll_print_steps(e);
    if (e->inv->option[OPTION_PRINT])
        return EXIT_DONE;
    if (!e->org)
        return complain(EXIT_SETUP,
                        PATH_CONFIG " is yours, and lacks %s: change it, then try again",
                        e->c.now.org_name);
    enum exit_status status = enroll_switch(e);
    e->stays = status == EXIT_DONE;
    return status;
}

static enum exit_status enroll(struct enrollment *e)
{
    size_t members;
    enum exit_status status = list_members(&e->c, &members);
    if (status == EXIT_DONE)
        status = enroll_choose_name(e);
    if (status == EXIT_DONE)
        status = place_token(e);
    if (status == EXIT_DONE)
        status = set_up(e);
    let_go(e);
    if (status != EXIT_DONE)
        return status;
    tell(e, members);
    if (!e->configured)
        status = read_config(e);
    return status == EXIT_DONE ? finish(e) : status;
}

/* True if the command line names a server or a login. */
static bool server_named(const struct invocation *inv)
{
    static const enum option names[] = {OPTION_URL, OPTION_PROVIDER, OPTION_TOKEN_FILE,
                                        OPTION_PROFILE, OPTION_ORG};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (inv->option[names[i]])
            return true;
    return false;
}

static bool login_stored(void)
{
    char profile[PROFILE_MAX];
    return context_profile(NULL, profile) != EXIT_DONE || context_stored(profile);
}

/* What an enrollment before has got, when this one is to go on from there. */
static enum exit_status resume(struct enrollment *e)
{
    const char *code = e->inv->option[OPTION_CODE];
    if (!kept_there() || (code ? !kept_is_of(code) : server_named(e->inv)))
        return EXIT_DONE;
    e->resumed = true;
    note("This goes on from " PATH_KEPT ", which an enrollment that was undone has left.");
    return kept_put_back(journal_note) ? EXIT_DONE : EXIT_SETUP;
}

static enum exit_status connect(struct enrollment *e)
{
    enum exit_status status = resume(e);
    if (status != EXIT_DONE)
        return status;
    if (e->inv->option[OPTION_CODE] && !e->resumed)
        return enroll_by_code(e);
    if (e->resumed || (!server_named(e->inv) && !login_stored() && access(PATH_CONFIG, F_OK) == 0))
        return enroll_as_configured(e);
    status = connection_open_org(e->inv, &e->c);
    if (status == EXIT_DONE)
        kept_forget();
    return status;
}

/* One that did not end is undone first; then the machine must be ready, before a code is used. */
static enum exit_status prepare(const struct invocation *inv)
{
    umask(022);
    if (!journal_lock())
        return EXIT_SETUP;
    if (journal_pending())
        note("An enrollment that did not end is undone first.");
    if (!journal_undo())
        return EXIT_SETUP;
    enum exit_status status = inv->option[OPTION_PRINT] ? EXIT_DONE : enroll_ready(inv);
    return status == EXIT_DONE && !journal_begin() ? EXIT_SETUP : status;
}

/* Between the beginning and the end of the journal. */
static enum exit_status try_all(struct enrollment *e)
{
    if (mkdir(ORG_SYSCONFDIR, 0755) < 0 && errno != EEXIST)
        return complain(EXIT_SETUP, ORG_SYSCONFDIR ": %s", strerror(errno));
    const char *given = e->inv->option[OPTION_CODE] ? e->inv->option[OPTION_NAME] : NULL;
    enum exit_status status = given ? check_name(given) : EXIT_DONE; /* before a code is spent */
    if (status == EXIT_DONE)
        status = connect(e);
    if (status != EXIT_DONE)
        return status;
    make_absolute(&e->c.now);
    return enroll(e);
}

/* A token that was made with somebody's login is ended, and made again by the next enrollment; that
 * of a code is kept for it. */
static void tell_what_is_kept(struct enrollment *e)
{
    if (*e->token_key) {
        take_back_token(e);
        kept_forget();
    }
    if (kept_there())
        note("What the organization gave is kept in " PATH_KEPT
             ": when that is repaired, orgadmin host enroll goes on from there, without another "
             "code.");
}

/* Keeps what was done, or goes back to the machine as it was. */
static enum exit_status settle(struct enrollment *e, enum exit_status status)
{
    bool good;
    interrupt_hold();
    if (e->stays) {
        good = journal_end();
        kept_forget();
        prepared_forget();
    } else {
        good = journal_undo();
        if (!good)
            complain(EXIT_SETUP, "not everything could be put back: run orgadmin host unenroll "
                                 "--unfinished when that is repaired");
        else if (e->switching)
            note("The machine is as it was before.");
        tell_what_is_kept(e);
    }
    interrupt_release();
    return status == EXIT_DONE && !good ? EXIT_SETUP : status;
}

enum exit_status host_enroll(const struct invocation *inv)
{
    static struct enrollment e;
    static struct invocation copy;
    if (geteuid() != 0)
        return complain(EXIT_NO, "host enroll requires root: it writes " PATH_CONFIG "; try: sudo "
                                 "orgadmin host enroll");
    if (inv->option[OPTION_PREPARE])
        return prepared_write(inv);
    e.inv = prepared_read(inv, &copy);
    enum exit_status status = e.inv ? prepare(e.inv) : EXIT_SETUP;
    if (status != EXIT_DONE)
        return status;
    status = try_all(&e);
    let_go(&e);
    status = settle(&e, status);
    explicit_bzero(e.token, sizeof e.token);
    if (e.c.provider)
        connection_close(&e.c);
    return status;
}

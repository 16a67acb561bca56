#include "orgd/operator/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/reserved.h"
#include "orgd/buffer.h"
#include "orgd/endpoints/mail.h"
#include "orgd/http/tls.h"
#include "orgd/operator/directory.h"
#include "orgd/operator/first_user.h"
#include "orgd/operator/init_files.h"
#include "orgd/operator/settings.h"
#include "orgd/store/store.h"

#define ANSWER_MAX 1024 /* typed by a person */

/* --- questions --- */

/* Asks for a text; an empty answer is FALLBACK. False at the end of the input. */
static bool ask(const char *question, const char *fallback, char answer[ANSWER_MAX])
{
    fprintf(stderr, "%s%s%s%s: ", question, *fallback ? " [" : "", fallback, *fallback ? "]" : "");
    if (!fgets(answer, ANSWER_MAX, stdin)) {
        fputs("\n", stderr);
        log_error("the answers ended; nothing was done");
        return false;
    }
    answer[strcspn(answer, "\n")] = '\0';
    if (!*answer)
        snprintf(answer, ANSWER_MAX, "%s", fallback);
    return true;
}

/* Asks until the option NAME takes the answer. */
static bool ask_option(struct options *o, const char *name, const char *question,
                       const char *fallback)
{
    char answer[ANSWER_MAX];
    do {
        if (!ask(question, fallback, answer))
            return false;
    } while (!*answer ||
             !options_give(o, name, memory_or_exit(strdup(answer), strlen(answer) + 1)));
    return true;
}

static bool ask_owner(struct options *o)
{
    struct user user;
    if (!o->owner && !ask_option(o, "owner", "E-mail address of the first user", ""))
        return false;
    while (!first_user_name(o, &user))
        if (!ask_option(o, "owner-username", "Username of the first user", ""))
            return false;
    return true;
}

static bool ask_network(struct options *o)
{
    char answer[ANSWER_MAX];
    if (o->listens > 0)
        return true;
    do {
        if (!ask("How do other machines reach orgd: tls (HTTPS by orgd itself),\n"
                 "proxy (a web server on this machine) or none",
                 "none", answer))
            return false;
        if (strcmp(answer, "tls") == 0)
            return ask_option(o, "tls", "Address and port", "0.0.0.0:443") &&
                   ask_option(o, "cert", "File of the certificate with its chain, PEM", "") &&
                   ask_option(o, "key", "File of its key, PEM", "");
        if (strcmp(answer, "proxy") == 0)
            return ask_option(o, "listen", "Address and port for the proxy", "127.0.0.1:8080") &&
                   ask_option(o, "trusted-proxy", "Address of the proxy", "127.0.0.1");
    } while (strcmp(answer, "none") != 0);
    return true;
}

static bool ask_login(struct options *o)
{
    char answer[ANSWER_MAX];
    if (!ask("Name to log in with at the mail server, empty for none", "", answer))
        return false;
    return !*answer ||
           (options_give(o, "smtp-user", memory_or_exit(strdup(answer), strlen(answer) + 1)) &&
            ask_option(o, "smtp-password-file", "File of the password", ""));
}

static bool ask_mail(struct options *o)
{
    char answer[ANSWER_MAX];
    if (o->settings.mail.url)
        return true;
    do {
        if (!ask("Mail server for invitations, such as smtps://mail.example.com, empty for none",
                 "", answer))
            return false;
        if (!*answer)
            return true;
    } while (!options_give(o, "smtp", memory_or_exit(strdup(answer), strlen(answer) + 1)));
    return ask_option(o, "smtp-from", "Address of the sender", "") && ask_login(o);
}

/* Asks for what the options lack: the settings, unless there is a file of them, and the first user,
 * unless there are users. */
static bool ask_all(struct options *o, bool settings, bool first)
{
    if (isatty(STDIN_FILENO) && !o->yes)
        return (!first || ask_owner(o)) && (!settings || (ask_network(o) && ask_mail(o)));
    if (first && !o->owner)
        log_error("--owner EMAIL is missing: the address of the first user");
    return !first || o->owner;
}

/* --- the data file --- */

/* Finds out whether the data file has no user yet. False after one line on stderr. */
static bool find_first(const char *path, bool *first)
{
    bool url = store_is_url(path);
    *first = !url && access(path, F_OK) != 0;
    if (*first)
        return true;
    struct store *store = store_open(path, url ? STORE_SERVE : STORE_OPERATE);
    bool good = store && store_begin_read(store);
    *first = good && store_empty(store);
    if (good)
        good = store_commit(store) == STORE_DONE;
    if (store)
        store_close(store);
    return good;
}

/* Makes the first user within a change of STORE. */
static bool user_add(struct store *store, const struct options *o, struct user *user)
{
    if (!store_empty(store)) {
        log_error("%s: somebody else has made the first user meanwhile", store_name(o->data));
        return false;
    }
    return first_user_make(store, o, user);
}

static bool user_make(const struct options *o, struct user *user)
{
    bool url = store_is_url(o->data), there = !url && access(o->data, F_OK) == 0;
    if (!url)
        directory_make(o->data, 0700);
    struct store *store = store_open(o->data, there ? STORE_OPERATE : STORE_SERVE);
    if (!store)
        return false;
    bool good = store_begin_change(store, NULL) && user_add(store, o, user);
    if (good)
        good = store_commit(store) == STORE_DONE;
    else
        store_rollback(store);
    store_close(store);
    return good;
}

/* --- what is told --- */

static void tell_file(enum written written, const char *path)
{
    fprintf(stderr, "%s: %s\n", path,
            written == WRITTEN ? "written" : "is there, and was not changed");
}

static void tell_start(const struct options *o, bool changed)
{
    bool runs = access(o->socket, F_OK) == 0;
    if (runs && !changed)
        return;
    if (init_for_service(o))
        fprintf(stderr, "Start the server:\n  systemctl daemon-reload && systemctl %s orgd\n",
                runs ? "restart" : "enable --now");
    else
        fprintf(stderr, "Start the server:\n  orgd%s%s\n", o->config ? " --config " : "",
                o->config ? o->config : "");
}

static void tell_user(const struct options *o, const struct user *user)
{
    fprintf(stderr,
            "The first user is %s, with the username %s. Log in with the token above, which is\n"
            "not shown again:\n  orgadmin login --url unix:%s\n",
            user->email, user->username, o->socket);
}

/* --- the command --- */

/* True if the server can read what the options name. */
static bool files_good(struct options *o)
{
    struct server_settings *s = &o->settings;
    bool good = init_paths_good(o) && tls_load(s->tls, s->certs) &&
                (!s->password_file || mail_password_read(&s->mail, s->password_file));
    explicit_bzero(s->mail.password, sizeof s->mail.password);
    tls_free();
    return good;
}

/* The drop-in first: where the settings are, all is written. */
static bool files_write(const struct options *o, const char *path, bool *changed)
{
    bool new = access(path, F_OK) != 0;
    enum written drop_in = new &&init_for_service(o) ? init_write_drop_in(o) : THERE_ALREADY;
    enum written settings = drop_in == NOT_WRITTEN ? NOT_WRITTEN : init_write_settings(o, path);
    if (settings == NOT_WRITTEN)
        return false;
    if (drop_in == WRITTEN)
        tell_file(drop_in, DROP_IN);
    tell_file(settings, path);
    *changed = settings == WRITTEN;
    return true;
}

bool init_run(const struct options *given)
{
    struct options o = *given;
    struct user user;
    const char *path = o.config ? o.config : SETTINGS_DEFAULT;
    bool changed = false, first;
    if (first_user_exposed()) {
        log_error("standard output is the journal, which must not have the first token");
        return false;
    }
    if (!find_first(o.data, &first) || !ask_all(&o, access(path, F_OK) != 0, first) ||
        !options_complete(&o))
        return false;
    if (first && !first_user_name(&o, &user))
        return false;
    if ((access(path, F_OK) != 0 && !files_good(&o)) || !files_write(&o, path, &changed))
        return false;
    if (first && !user_make(&o, &user))
        return false;
    tell_start(&o, changed);
    if (first)
        tell_user(&o, &user);
    else
        fprintf(stderr, "%s has users already; orgd user token EMAIL prints a token\n",
                store_name(o.data));
    return true;
}

/* The noun key: public ssh keys, one's own and a member's. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ssh_key.h"
#include "orgadmin/nouns/applied.h"
#include "orgadmin/nouns/key.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

/* Connects for OP and finds the member of --member. */
static enum exit_status member_open(const struct invocation *inv, enum provider_op op,
                                    struct found *f)
{
    struct invocation named = *inv;
    named.arg[0] = inv->option[OPTION_MEMBER];
    return found_open(&named, op, NULL, OP_MEMBER_LIST, f);
}

static enum exit_status list_of_member(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = member_open(inv, OP_MEMBER_KEYS, &f);
    if (status != EXIT_DONE)
        return status;
    const struct provider_arg args[] = {{"user", f.id}, {0}};
    status = listing_all(inv, &f.c, OP_MEMBER_KEYS, args);
    found_close(&f);
    return status;
}

enum exit_status key_list(const struct invocation *inv)
{
    return inv->option[OPTION_MEMBER] ? list_of_member(inv)
                                      : listing(inv, OP_KEY_LIST, LISTING_PLAIN, NULL);
}

/* --- add --- */

/* Judges K->line here, so that a private key never leaves the machine. */
static enum exit_status key_judge(struct key_file *k)
{
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key key;
    k->line[strcspn(k->line, "\r\n")] = '\0';
    const char *why = ssh_key_parse(k->line, blob, &key, &k->comment);
    if (why)
        return complain(EXIT_USAGE, "%s: the key %s", k->path, why);
    ssh_key_fingerprint(&key, k->fingerprint);
    return EXIT_DONE;
}

/* The first line that is neither empty nor a remark. */
static enum exit_status key_take(struct key_file *k, FILE *f)
{
    k->line[0] = '\0';
    while (fgets(k->line, sizeof k->line, f) && strchr("#\r\n", k->line[0]))
        k->line[0] = '\0';
    return ferror(f) ? complain(EXIT_USAGE, "%s: %s", k->path, strerror(errno)) : key_judge(k);
}

static enum exit_status key_read(struct key_file *k)
{
    if (strcmp(k->path, "-") == 0)
        return key_take(k, stdin);
    FILE *f = fopen(k->path, "re");
    if (!f)
        return complain(EXIT_USAGE, "%s: %s", k->path, strerror(errno));
    enum exit_status status = key_take(k, f);
    fclose(f);
    return status;
}

enum exit_status key_read_from(const char *path, struct key_file *k)
{
    if (strlen(path) >= sizeof k->path)
        return complain(EXIT_USAGE, "the name of the key's file is too long");
    snprintf(k->path, sizeof k->path, "%s", path);
    return key_read(k);
}

static enum exit_status complain_of(const glob_t *found, const char *home)
{
    if (found->gl_pathc == 0)
        return complain(EXIT_USAGE,
                        "which FILE? %s/.ssh has no public key; ssh-keygen -t ed25519 makes one",
                        home);
    return complain(EXIT_USAGE, "which FILE? %s/.ssh has %zu public keys, such as %s", home,
                    found->gl_pathc, found->gl_pathv[0]);
}

/* The only public key in ~/.ssh. */
static enum exit_status key_find(struct key_file *k)
{
    glob_t found = {0};
    char pattern[KEY_PATH_SIZE];
    const char *home = getenv("HOME");
    if (!home)
        home = "";
    snprintf(pattern, sizeof pattern, "%s/.ssh/*.pub", home);
    bool one = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1 &&
               strlen(found.gl_pathv[0]) < sizeof k->path;
    if (one)
        snprintf(k->path, sizeof k->path, "%s", found.gl_pathv[0]);
    enum exit_status status = one ? key_read(k) : complain_of(&found, home);
    globfree(&found);
    return status;
}

/* Runs OP with ARGS; shows what the API says of the key, to begin with what a person must know. */
static enum exit_status key_send(const struct invocation *inv, struct connection *c,
                                 enum provider_op op, const struct provider_arg *args)
{
    cJSON *record, *revision;
    const cJSON *sentence;
    enum exit_status status = connection_get(c, op, args, &record);
    cJSON_ArrayForEach(sentence, cJSON_GetObjectItemCaseSensitive(record, "notes"))
    {
        note("%s", cJSON_GetStringValue(sentence));
    }
    revision = cJSON_DetachItemFromObjectCaseSensitive(record, "revision");
    if (status == EXIT_DONE && record)
        status = output(inv, record);
    cJSON_AddItemToObject(record, "revision", revision);
    if (status == EXIT_DONE)
        status = applied_wait(inv, c, record);
    cJSON_Delete(record);
    return status;
}

static enum exit_status add_to_member(const struct invocation *inv)
{
    struct found f;
    struct key_file k = {.path = ""};
    char expires[MOMENT_MAX];
    if (!inv->arg[0])
        return complain(EXIT_USAGE, "which FILE? --member adds the key of another person");
    enum exit_status status = key_read_from(inv->arg[0], &k);
    if (status == EXIT_DONE)
        status = member_open(inv, OP_MEMBER_KEY_ADD, &f);
    if (status != EXIT_DONE)
        return status;
    status = applied_check(inv, &f.c);
    const struct provider_arg args[] = {
        {"user", f.id},
        {"line", k.line},
        {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)},
        {0}};
    if (status == EXIT_DONE)
        status = key_send(inv, &f.c, OP_MEMBER_KEY_ADD, args);
    found_close(&f);
    return status;
}

static enum exit_status add_own(const struct invocation *inv)
{
    struct connection c;
    struct key_file k = {.path = ""};
    char expires[MOMENT_MAX];
    enum exit_status status = inv->arg[0] ? key_read_from(inv->arg[0], &k) : key_find(&k);
    if (status == EXIT_DONE && !inv->arg[0])
        status = ask_first(inv, "yes", "Add %s (%s %s) to your account?", k.path, k.fingerprint,
                           k.comment);
    if (status == EXIT_DONE)
        status = connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    const struct provider_arg args[] = {
        {"line", k.line}, {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)}, {0}};
    status = key_send(inv, &c, OP_KEY_ADD, args);
    connection_close(&c);
    return status;
}

/* One's own keys are no organization's. */
static enum exit_status wait_check(const struct invocation *inv)
{
    return inv->option[OPTION_WAIT] && !inv->option[OPTION_MEMBER]
               ? complain(EXIT_USAGE, "--wait goes with --member")
               : EXIT_DONE;
}

enum exit_status key_add(const struct invocation *inv)
{
    if (wait_check(inv) != EXIT_DONE)
        return EXIT_USAGE;
    return inv->option[OPTION_MEMBER] ? add_to_member(inv) : add_own(inv);
}

/* --- remove --- */

static enum exit_status remove_own(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open_own(inv, OP_KEY_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "Remove the key %s (%s) from your account?", f.id,
                       found_text(&f, "comment"));
    if (status == EXIT_DONE)
        status = found_run(&f, OP_KEY_REMOVE);
    if (status == EXIT_DONE)
        note("The key %s opens nothing any more.", f.id);
    found_close(&f);
    return status;
}

/* The fingerprint of the key that TEXT names, by that or by its comment. */
struct key_search {
    const char *text;
    char fingerprint[SSH_KEY_FINGERPRINT_SIZE];
    unsigned count;
    bool exact; /* the fingerprint is TEXT: no comment counts beside it */
};

static int key_look(void *arg, const cJSON *record)
{
    struct key_search *s = arg;
    const char *fingerprint = record_text(record, "fingerprint");
    bool same = strcmp(fingerprint, s->text) == 0;
    if (s->exact || (!same && strcmp(record_text(record, "comment"), s->text) != 0))
        return 0;
    s->exact = same;
    s->count = same ? 1 : s->count + 1;
    snprintf(s->fingerprint, sizeof s->fingerprint, "%s", fingerprint);
    return 0;
}

/* Finds the key among those of the member F. */
static enum exit_status key_search(struct found *f, struct key_search *s)
{
    const struct provider_arg args[] = {{"user", f->id}, {0}};
    enum exit_status status = connection_each(&f->c, OP_MEMBER_KEYS, args, key_look, s);
    const char *name = found_text(f, "username");
    if (status == EXIT_DONE && s->count == 0)
        status = complain(EXIT_NO, "%s has no key \"%s\"; see orgadmin key list --member %s", name,
                          s->text, name);
    else if (status == EXIT_DONE && s->count > 1)
        status = complain(EXIT_USAGE, "%u keys of %s are called \"%s\"; use the fingerprint",
                          s->count, name, s->text);
    return status;
}

static enum exit_status remove_of_member(const struct invocation *inv)
{
    struct found f;
    struct key_search key = {.text = inv->arg[0]};
    cJSON *reply = NULL;
    enum exit_status status = member_open(inv, OP_MEMBER_KEY_REMOVE, &f);
    if (status != EXIT_DONE)
        return status;
    const struct provider_arg args[] = {{"user", f.id}, {"fingerprint", key.fingerprint}, {0}};
    const char *name = found_text(&f, "username"), *org = f.c.now.org_name;
    status = applied_check(inv, &f.c);
    if (status == EXIT_DONE)
        status = key_search(&f, &key);
    if (status == EXIT_DONE)
        status =
            ask_first(inv, "yes", "Withdraw the key %s of %s from %s?", key.fingerprint, name, org);
    if (status == EXIT_DONE)
        status = connection_get(&f.c, OP_MEMBER_KEY_REMOVE, args, &reply);
    if (status == EXIT_DONE) {
        note("The key %s of %s opens nothing in %s any more.", key.fingerprint, name, org);
        status = applied_wait(inv, &f.c, reply);
    }
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

enum exit_status key_remove(const struct invocation *inv)
{
    if (wait_check(inv) != EXIT_DONE)
        return EXIT_USAGE;
    return inv->option[OPTION_MEMBER] ? remove_of_member(inv) : remove_own(inv);
}

/* The noun key: public ssh keys, one's own, and a look at a member's. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ssh_key.h"
#include "orgadmin/nouns/key.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/moment.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

static enum exit_status list_of_member(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_MEMBER_KEYS, NULL, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const struct provider_arg args[] = {{"user", f.id}, {0}};
    status = listing_all(inv, &f.c, OP_MEMBER_KEYS, args);
    found_close(&f);
    return status;
}

enum exit_status key_list(const struct invocation *inv)
{
    return inv->arg[0] ? list_of_member(inv) : listing(inv, OP_KEY_LIST, LISTING_PLAIN, NULL);
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

enum exit_status key_add(const struct invocation *inv)
{
    struct key_file k = {.path = ""};
    char expires[MOMENT_MAX];
    enum exit_status status;
    status = inv->arg[0] ? key_read_from(inv->arg[0], &k) : key_find(&k);
    if (status == EXIT_DONE && !inv->arg[0])
        status = ask_first(inv, "yes", "Add %s (%s %s) to your account?", k.path, k.fingerprint,
                           k.comment);
    if (status != EXIT_DONE)
        return status;
    const struct provider_arg args[] = {
        {"line", k.line}, {"expires", moment_end(inv->option[OPTION_EXPIRES], expires)}, {0}};
    return listing(inv, OP_KEY_ADD, LISTING_ONE, args);
}

/* --- remove --- */

enum exit_status key_remove(const struct invocation *inv)
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

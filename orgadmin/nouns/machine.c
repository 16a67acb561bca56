/* The noun machine: the hosts that the organization knows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/record.h"
#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"
#include "orgadmin/remote/hint.h"
#include "orgadmin/remote/interrupt.h"

enum exit_status machine_list(const struct invocation *inv)
{
    return listing(inv, OP_MACHINE_LIST, LISTING_ORG, NULL);
}

enum exit_status machine_show(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_MACHINE_LIST, NULL, OP_MACHINE_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = output(inv, f.record);
    found_close(&f);
    return status;
}

enum exit_status machine_revoke(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_MACHINE_REVOKE, NULL, OP_MACHINE_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const char *name = found_text(&f, "name");
    status = ask_first(inv, "yes", "End the token of %s (%s) in %s?", name, f.id, f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run(&f, OP_MACHINE_REVOKE);
    if (status == EXIT_DONE)
        note("%s hears of no change in %s any more, and admits members as long as offline_grace in "
             "its orglogin.conf says. On %s: orgadmin host unenroll",
             name, f.c.now.org_name, name);
    found_close(&f);
    return status;
}

/* --- the line for a machine --- */

/* The certificates that the login trusts, for the machine; "" for the system's. */
static enum exit_status read_ca(const struct connection *c, char pem[RECORD_PEM_MAX + 1])
{
    const char *path = c->now.ca_file;
    pem[0] = '\0';
    if (!*path)
        return EXIT_DONE;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, pem, RECORD_PEM_MAX + 1);
    int cause = errno;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return complain(EXIT_SETUP, "%s: %s", path, strerror(cause));
    if (n > RECORD_PEM_MAX)
        return complain(EXIT_USAGE,
                        "%s: has more than %d bytes; give --ca-file FILE with the server's "
                        "authority alone",
                        path, RECORD_PEM_MAX);
    pem[n] = '\0';
    return EXIT_DONE;
}

/* Adds to the machine RECORD what is to be run there. */
static bool add_command(const struct connection *c, const char *pin, cJSON *record)
{
    char line[HINT_WORD_MAX + 512], url[HINT_WORD_MAX];
    snprintf(line, sizeof line, "orgadmin host enroll --url %s --code %.128s%s%s",
             shell_word(c->now.url, url), record_text(record, "code"), *pin ? " --pin " : "", pin);
    bool added = cJSON_AddStringToObject(record, "command", line);
    explicit_bzero(line, sizeof line);
    return added;
}

static void tell(const struct invocation *inv, const struct connection *c)
{
    char place[PLACE_MAX];
    const char *url = c->now.url;
    note("The line for %s is %s: it works once, as root on %s, within an hour.", inv->arg[0],
         issue_place(inv, place), inv->arg[0]);
    if (strncmp(url, "https:", 6) != 0)
        note("%s leads nowhere from another machine: put the address there under which %s reaches "
             "the server.",
             url, inv->arg[0]);
}

/* Invites, with PEM, and hands out the line. */
static enum exit_status invite(const struct invocation *inv, struct connection *c, const char *pem)
{
    char pin[PIN_SIZE] = "";
    struct private_file file = {.fd = -1};
    cJSON *record = NULL;
    const struct provider_arg args[] = {{"name", inv->arg[0]},
                                        {"labels", inv->option[OPTION_LABELS]},
                                        {"ca", *pem ? pem : NULL},
                                        {"numbers", inv->option[OPTION_NUMBERS]},
                                        {0}};
    enum exit_status status = issue_begin(inv, &file);
    if (status != EXIT_DONE)
        return status;
    interrupt_hold(); /* what comes is shown only once */
    c->learn_pin = *pem ? pin : NULL;
    status = connection_reopen(c);
    if (status == EXIT_DONE)
        status = connection_get(c, OP_MACHINE_INVITE, args, &record);
    if (status == EXIT_DONE && *pem && !*pin)
        status = complain(EXIT_AWAY, "the public key of the server cannot be told");
    if (status == EXIT_DONE && !add_command(c, pin, record))
        status = complain(EXIT_AWAY, "out of memory");
    if (status == EXIT_DONE)
        status = issue_made(inv, &file, record, "command");
    cJSON_Delete(record);
    private_file_abandon(&file);
    interrupt_release();
    c->learn_pin = NULL;
    return status;
}

enum exit_status machine_invite(const struct invocation *inv)
{
    static char pem[RECORD_PEM_MAX + 2];
    struct connection c;
    const struct provider_arg args[] = {
        {"labels", inv->option[OPTION_LABELS]}, {"numbers", inv->option[OPTION_NUMBERS]}, {0}};
    enum exit_status status = connection_open_for(inv, OP_MACHINE_INVITE, args, &c);
    if (status != EXIT_DONE)
        return status;
    if (strncmp(c.now.url, "https:", 6) == 0)
        status = read_ca(&c, pem);
    if (status == EXIT_DONE)
        status = invite(inv, &c, pem);
    if (status == EXIT_DONE)
        tell(inv, &c);
    connection_close(&c);
    return status;
}

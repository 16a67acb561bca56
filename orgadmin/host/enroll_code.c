/* host enroll: the connection by a code for one machine, and that of orglogin.conf. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/pin.h"
#include "common/paths.h"
#include "orgadmin/host/enroll.h"
#include "orgadmin/host/journal.h"
#include "orgadmin/host/kept.h"
#include "orgadmin/remote/credential.h"
#include "orgadmin/remote/interrupt.h"

static enum exit_status keep(char *to, size_t size, const char *text, const char *what)
{
    if (strlen(text) >= size)
        return complain(EXIT_USAGE, "%s is too long", what);
    snprintf(to, size, "%s", text);
    return EXIT_DONE;
}

/* --- by a code --- */

static enum exit_status take_ca_file(struct context *now, const char *given)
{
    char *absolute = given ? realpath(given, NULL) : NULL;
    if (given && !absolute)
        return complain(EXIT_USAGE, "--ca-file %s: %s", given, strerror(errno));
    enum exit_status status =
        keep(now->ca_file, sizeof now->ca_file, absolute ? absolute : "", "the path of --ca-file");
    free(absolute);
    return status;
}

/* The server, as nobody. */
static enum exit_status take_server(struct enrollment *e)
{
    const struct invocation *inv = e->inv;
    const char *url = inv->option[OPTION_URL], *pin = inv->option[OPTION_PIN];
    const char *provider = inv->option[OPTION_PROVIDER];
    struct context *now = &e->c.now;
    if (!url || (provider && strcmp(provider, "native") != 0))
        return complain(EXIT_USAGE, "--code is for orgd, and needs its --url");
    if (inv->option[OPTION_TOKEN_FILE])
        return complain(EXIT_USAGE, "give either --code or --token-file");
    if (pin && !pin_valid(pin))
        return complain(EXIT_USAGE, "--pin %s: must be sha256// and a hash in base64", pin);
    if (pin && strncmp(url, "https://", 8) != 0)
        return complain(EXIT_USAGE, "--pin goes with a --url of https://");
    enum exit_status status = keep(now->url, sizeof now->url, url, "the url");
    snprintf(now->provider, sizeof now->provider, "native");
    if (status == EXIT_DONE)
        status = take_ca_file(now, inv->option[OPTION_CA_FILE]);
    e->c.pin = pin;
    return status == EXIT_DONE ? connection_reopen(&e->c) : status;
}

/* The certificates that came over the pinned connection. */
static enum exit_status write_ca(struct enrollment *e, const char *pem)
{
    struct private_file file;
    struct context *now = &e->c.now;
    snprintf(now->ca_file, sizeof now->ca_file, ORG_SYSCONFDIR "/%s.ca.pem", e->name);
    if (!journal_note(now->ca_file))
        return EXIT_SETUP;
    if (private_file_begin(&file, now->ca_file) < 0 ||
        dprintf(file.fd, "%s", pem) != (int)strlen(pem) || private_file_finish(&file, true) < 0) {
        int cause = errno;
        private_file_abandon(&file);
        return complain(EXIT_SETUP, "%s: %s", now->ca_file, strerror(cause));
    }
    return EXIT_DONE;
}

/* "FIRST-LAST PLACEMENT", if that is told. Whether it is right, orgsyncd --check says. */
static void take_numbers(struct enrollment *e, const char *numbers)
{
    unsigned long long first, last;
    if (sscanf(numbers, "%10llu-%10llu %16[a-z0-9]", &first, &last, e->placement) != 3 ||
        first > UINT32_MAX || last > UINT32_MAX) {
        e->placement[0] = '\0';
        return;
    }
    e->first = (uint32_t)first;
    e->last = (uint32_t)last;
    note("The members' numbers are those of its fleet: %s.", numbers);
}

/* Takes what the code gave, and connects with it: from here on the server is verified as orgsyncd
 * will do it. */
static enum exit_status take_enrollment(struct enrollment *e, const cJSON *record)
{
    struct context *now = &e->c.now;
    const char *pem = record_text(record, "ca");
    enum exit_status status =
        keep(now->org_id, sizeof now->org_id, record_text(record, "organization"), "the id");
    if (status == EXIT_DONE)
        status = keep(now->org_name, sizeof now->org_name, record_text(record, "organization_name"),
                      "the name");
    if (status == EXIT_DONE)
        status = keep(now->token, sizeof now->token, record_text(record, "bearer"), "the token");
    take_numbers(e, record_text(record, "numbers"));
    if (status == EXIT_DONE)
        status = enroll_choose_name(e);
    if (status == EXIT_DONE && *pem && !e->inv->option[OPTION_CA_FILE])
        status = write_ca(e, pem);
    e->c.pin = NULL;
    if (status == EXIT_DONE)
        status = connection_reopen(&e->c);
    if (status == EXIT_DONE)
        note("This machine is %s in %s%s%s.", record_text(record, "name"), now->org_name,
             *record_text(record, "labels") ? ", with " : "", record_text(record, "labels"));
    return status;
}

enum exit_status enroll_by_code(struct enrollment *e)
{
    const struct provider_arg args[] = {{"code", e->inv->option[OPTION_CODE]}, {0}};
    cJSON *record = NULL;
    enum exit_status status = take_server(e);
    if (status == EXIT_DONE && !journal_note_code(e->inv->option[OPTION_CODE]))
        status = EXIT_SETUP;
    if (status != EXIT_DONE)
        return status;
    interrupt_hold(); /* the code works once */
    e->held = true;
    status = connection_get(&e->c, OP_MACHINE_ENROLL, args, &record);
    if (status == EXIT_AWAY && strncmp(e->c.now.url, "https:", 6) == 0 && !e->c.pin)
        note("If the server's certificate is from a private authority, the line of machine invite "
             "has a --pin when the login of who makes it has a --ca-file.");
    if (status == EXIT_DONE) {
        kept_forget();
        status = take_enrollment(e, record);
    }
    cJSON_Delete(record);
    if (status != EXIT_DONE)
        connection_close(&e->c);
    return status;
}

/* --- as orglogin.conf says --- */

static const struct host_org *choose(const struct enrollment *e)
{
    const char *name = e->inv->option[OPTION_NAME];
    if (!name)
        return e->config.orgs == 1 ? &e->config.org[0] : NULL;
    for (size_t i = 0; i < e->config.orgs; i++)
        if (strcmp(e->config.org[i].name, name) == 0)
            return &e->config.org[i];
    return NULL;
}

static enum exit_status take_org(struct context *now, const struct host_org *org)
{
    const char *url = *org->url ? org->url : provider_url(org->provider);
    enum exit_status status = keep(now->url, sizeof now->url, url ? url : "", "the url");
    if (status == EXIT_DONE)
        status = keep(now->provider, sizeof now->provider, org->provider, "the provider");
    snprintf(now->org_id, sizeof now->org_id, "%s", org->id);
    snprintf(now->org_name, sizeof now->org_name, "%s", org->name);
    snprintf(now->ca_file, sizeof now->ca_file, "%s", org->ca_file);
    for (size_t i = 0; i < org->options && status == EXIT_DONE; i++)
        if (!context_set_option(now, org->option[i].name, org->option[i].value))
            status = complain(EXIT_SETUP, PATH_CONFIG ": too many options of %s", org->name);
    if (status == EXIT_DONE && *org->token_file)
        status = secret_read(org->token_file, "", now->token);
    return status;
}

enum exit_status enroll_as_configured(struct enrollment *e)
{
    const char *why;
    if (host_config_read(PATH_CONFIG, &e->config, &why) < 0)
        return complain(EXIT_SETUP, PATH_CONFIG " %s", why);
    const struct host_org *org = choose(e);
    if (!org)
        return complain(EXIT_USAGE, "which organization of " PATH_CONFIG "? Give --name NAME");
    enum exit_status status = take_org(&e->c.now, org);
    return status == EXIT_DONE ? connection_reopen(&e->c) : status;
}

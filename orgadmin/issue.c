#include "orgadmin/issue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "orgadmin/connection.h"
#include "orgadmin/output.h"

static enum exit_status write_secret(struct private_file *file, const char *secret)
{
    char line[SECRET_MAX];
    int n = snprintf(line, sizeof line, "%s\n", secret);
    int rc = -1;
    errno = EMSGSIZE;
    if (n > 0 && (size_t)n < sizeof line)
        rc = private_file_commit(file, line, (size_t)n);
    explicit_bzero(line, sizeof line);
    return rc == 0 ? EXIT_DONE : complain(EXIT_SETUP, "%s: %s", file->path, strerror(errno));
}

static void drop_secrets(cJSON *record)
{
    static const char *const secrets[] = {"token", "secret", "bearer"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(record, secrets[i]);
}

static enum exit_status hand_out(const struct invocation *inv, struct private_file *file,
                                 cJSON *record, const char *field)
{
    const struct column column[] = {{"", field, false}, {0}};
    const char *secret = record_text(record, field);
    enum exit_status status = EXIT_DONE;
    if (inv->option[OPTION_OUT]) {
        status = write_secret(file, secret);
        drop_secrets(record);
    } else if (!output_json(inv)) {
        puts(secret);
    }
    if (status == EXIT_DONE && output_json(inv))
        status = output(inv, column, record);
    return status;
}

enum exit_status issue(const struct invocation *inv, enum provider_op op,
                       const struct provider_arg *args, const char *field)
{
    struct connection c;
    struct private_file file = {.fd = -1};
    const char *out = inv->option[OPTION_OUT];
    cJSON *record;
    enum exit_status status = connection_open_org(inv, &c);
    if (status != EXIT_DONE)
        return status;
    if (out && private_file_begin(&file, out) < 0) {
        status = complain(EXIT_USAGE, "--out %s: %s", out, strerror(errno));
    } else {
        status = connection_get(&c, op, args, &record);
        if (status == EXIT_DONE)
            status = hand_out(inv, &file, record, field);
        cJSON_Delete(record);
    }
    private_file_abandon(&file);
    connection_close(&c);
    return status;
}

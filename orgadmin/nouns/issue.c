#include "orgadmin/nouns/issue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgadmin/output/output.h"
#include "orgadmin/remote/interrupt.h"

enum exit_status issue_begin(const struct invocation *inv, struct private_file *file)
{
    const char *out = inv->option[OPTION_OUT];
    file->fd = -1;
    if (!out || private_file_begin_new(file, out) == 0)
        return EXIT_DONE;
    if (errno == EEXIST)
        return complain(EXIT_USAGE, "--out %s: it exists already, and a secret in it would be lost",
                        out);
    return complain(EXIT_USAGE, "--out %s: %s", out, strerror(errno));
}

enum exit_status issue_write(struct private_file *file, const char *secret)
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

const char *issue_place(const struct invocation *inv, char out[PLACE_MAX])
{
    const char *file = inv->option[OPTION_OUT];
    snprintf(out, PLACE_MAX, "%s%s", file ? "in " : "shown only now", file ? file : "");
    return out;
}

void issue_strip(cJSON *record)
{
    static const char *const secrets[] = {"token", "secret", "bearer", "code", "command"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(record, secrets[i]);
}

enum exit_status issue_text(struct private_file *file, char *text, size_t len)
{
    int rc = text ? private_file_commit(file, text, len) : -1;
    if (text)
        explicit_bzero(text, len);
    free(text);
    return rc == 0 ? EXIT_DONE : complain(EXIT_SETUP, "%s: %s", file->path, strerror(errno));
}

/* Writes the tokens of RECORDS to FILE, and takes them out. */
static enum exit_status write_tokens(struct private_file *file, cJSON *records)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    for (cJSON *i = records->child; i; i = i->next) {
        if (stream)
            fprintf(stream, "%s %s\n", record_text(i, "email"), record_text(i, "token"));
        issue_strip(i);
    }
    if (stream)
        fclose(stream);
    return issue_text(file, text, len);
}

enum exit_status issue_many(const struct invocation *inv, struct private_file *file, cJSON *records)
{
    enum exit_status status = file->fd < 0 ? EXIT_DONE : write_tokens(file, records);
    if (output_plain(inv) && (inv->option[OPTION_OUT] || !records->child))
        return status;
    enum exit_status printed = output(inv, records);
    return status == EXIT_DONE ? printed : status;
}

static enum exit_status hand_out(const struct invocation *inv, struct private_file *file,
                                 cJSON *record, const char *field)
{
    const char *secret = record_text(record, field), *out = inv->option[OPTION_OUT];
    enum exit_status status = EXIT_DONE;
    if (out && *secret) {
        status = issue_write(file, secret);
        issue_strip(record);
    } else if (out) {
        note("The API gave no %s: nothing is written to %s.", field, out);
    } else if (*secret && output_plain(inv)) {
        puts(secret);
    }
    if (status == EXIT_DONE && record && !output_plain(inv))
        status = output(inv, record);
    return status;
}

/* The invitation or token exists, even if its secret could not be handed out. */
enum exit_status issue_made(const struct invocation *inv, struct private_file *file, cJSON *record,
                            const char *field)
{
    bool secret = *record_text(record, field);
    enum exit_status status = hand_out(inv, file, record, field);
    if (status == EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout)))
        status = complain(EXIT_AWAY, "standard output: %s", strerror(errno));
    if (status != EXIT_DONE && secret)
        note("It is made, but its secret is lost: revoke it, and make another one.");
    return status;
}

enum exit_status issue(const struct invocation *inv, struct connection *c, enum provider_op op,
                       const struct provider_arg *args, const char *field, cJSON **record)
{
    struct private_file file;
    cJSON *issued = NULL;
    if (record)
        *record = NULL;
    enum exit_status status = issue_begin(inv, &file);
    if (status != EXIT_DONE)
        return status;
    interrupt_hold(); /* what comes is shown only once */
    status = connection_get(c, op, args, &issued);
    if (status == EXIT_DONE && record && issued)
        *record = cJSON_Duplicate(issued, true);
    if (status == EXIT_DONE)
        status = issue_made(inv, &file, issued, field);
    cJSON_Delete(issued);
    private_file_abandon(&file);
    interrupt_release();
    return status;
}

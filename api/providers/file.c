/* An export in a file, for machines without a network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/engine.h"
#include "api/error.h"
#include "api/json.h"
#include "api/template.h"
#include "common/file.h"

#define FILE_SIZE_MAX (512LL << 20)

/* The whole of FD, SIZE bytes and a NUL; NULL with errno set. A file that changes is refused. */
static char *read_all(int fd, size_t size)
{
    char *text = malloc(size + 1);
    size_t used = 0;
    while (text && used <= size) {
        ssize_t n = read(fd, text + used, size + 1 - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 && used == size) {
            text[used] = '\0';
            return text;
        }
        if (n >= 0)
            errno = EBUSY;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    free(text);
    return NULL;
}

static enum api_status load(const char *path, struct answer *answer, struct api_error *err)
{
    struct stat st;
    const char *fault = NULL;
    char why[JSON_WHY_MAX];
    int fd = file_open_trusted(path, FILE_ROOTS, &st, &fault);
    if (fd < 0)
        return api_fail(err, API_UNREACHABLE, "%s: it %s", answer->where, fault);
    char *text = st.st_size > FILE_SIZE_MAX ? NULL : read_all(fd, (size_t)st.st_size);
    if (!text)
        api_fail(err, API_UNREACHABLE, "%s: %s", answer->where,
                 st.st_size > FILE_SIZE_MAX ? "it is larger than 512 MiB" : strerror(errno));
    close(fd);
    if (!text)
        return API_UNREACHABLE;
    answer->json = json_parse(text, (size_t)st.st_size, why);
    free(text);
    if (!answer->json)
        return api_fail(err, API_BAD_ANSWER, "%s: %s", answer->where, why);
    return API_OK;
}

static int organization_check(void *arg, const cJSON *record)
{
    return strcmp(arg, json_text(record, "id")) != 0;
}

static const struct field organization_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "name", .from = "name", .required = true},
    {.name = "created", .from = "created"},
    {.name = "self_rename", .from = "self_rename", .kind = FIELD_BOOL},
    {.name = "key_adders", .from = "key_adders"},
    {.name = "key_days", .from = "key_days", .kind = FIELD_NUMBER},
    {.name = "security_keys_only", .from = "security_keys_only", .kind = FIELD_BOOL},
    {.name = "show_machines", .from = "show_machines", .kind = FIELD_BOOL},
    {0},
};

static const struct operation organization = {
    .shape = ITEMS_ONE, .items = "organization", .fields = organization_fields};

/* The file of another organization must not stand in for the one that is wanted. */
static enum api_status check_organization(const char *org, const struct answer *answer,
                                          struct api_error *err)
{
    enum api_status status = engine_records(&organization, answer, org ? organization_check : NULL,
                                            (void *)org, NULL, err);
    if (status != API_STOPPED)
        return status;
    return api_fail(err, API_BAD_ANSWER, "%s: it is not the organization \"%s\"", answer->where,
                    org);
}

static enum api_status file_run(struct provider *p, const struct operation *o,
                                const struct provider_arg *args, provider_sink *sink, void *arg,
                                struct api_error *err)
{
    struct answer answer = {0};
    const char *org = template_arg(args, "org");
    snprintf(answer.where, sizeof answer.where, "the file %s", p->settings.url);
    enum api_status status = load(p->settings.url, &answer, err);
    if (status == API_OK)
        status = check_organization(org ? org : p->settings.org, &answer, err);
    if (status == API_OK)
        status = engine_records(o, &answer, sink, arg, NULL, err);
    cJSON_Delete(answer.json);
    return status;
}

static const struct field member_fields[] = {
    {.name = "id", .from = "id", .required = true},
    {.name = "email", .from = "email"},
    {.name = "username", .from = "username"},
    {.name = "name", .from = "name"},
    {.name = "roles", .from = "roles", .kind = FIELD_LIST, .required = true},
    {.name = "teams", .from = "teams", .kind = FIELD_TEAMS},
    {.name = "permissions", .from = "permissions", .kind = FIELD_LIST},
    {.name = "state", .from = "state", .kind = FIELD_STATE, .otherwise = "active"},
    {.name = "role_ends", .from = "role_ends"},
    {.name = "roles_after", .from = "roles_after", .kind = FIELD_LIST},
    {.name = "permissions_after", .from = "permissions_after", .kind = FIELD_LIST},
    {.name = "joined", .from = "joined"},
    {.name = "keys", .from = "keys", .kind = FIELD_KEYS},
    {0},
};

static const struct operation operations[OP_COUNT] = {
    [OP_ORG_LIST] = {.run = file_run,
                     .shape = ITEMS_ONE,
                     .items = "organization",
                     .fields = organization_fields},
    [OP_ORG_SHOW] = {.run = file_run,
                     .shape = ITEMS_ONE,
                     .items = "organization",
                     .fields = organization_fields},
    [OP_MEMBER_LIST] = {.run = file_run,
                        .shape = ITEMS_LIST,
                        .items = "members",
                        .nonempty = true,
                        .fields = member_fields},
};

const struct provider_kind provider_file = {.name = "file", .operations = operations};

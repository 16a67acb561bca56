/* The noun file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/transfer.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"
#include "orgadmin/remote/interrupt.h"

/* Takes the addresses out of FILE: each of them is a credential. */
static void strip(cJSON *file)
{
    cJSON_DeleteItemFromObjectCaseSensitive(file, "download_url");
    cJSON_DeleteItemFromObjectCaseSensitive(file, "upload_url");
}

static enum exit_status print(const struct invocation *inv, cJSON *file)
{
    strip(file);
    return output(inv, file);
}

static int gather(void *arg, const cJSON *file)
{
    struct collection *files = arg;
    cJSON *plain = cJSON_Duplicate(file, true);
    strip(plain);
    int rc = plain ? collection_sink(files, plain) : -1;
    cJSON_Delete(plain);
    return rc;
}

enum exit_status file_list(const struct invocation *inv)
{
    struct connection c;
    struct collection files = {0};
    enum exit_status status = connection_open_for(inv, OP_FILE_LIST, NULL, &c);
    if (status != EXIT_DONE)
        return status;
    status = connection_each(&c, OP_FILE_LIST, NULL, gather, &files);
    if (status == EXIT_DONE)
        status = output_list(inv, &files);
    collection_free(&files);
    connection_close(&c);
    return status;
}

/* The file ID as the API shows it alone: with an address that is fresh. */
static enum exit_status show(struct connection *c, const char *id, cJSON **file)
{
    const struct provider_arg args[] = {{"id", id}, {0}};
    enum exit_status status = connection_get(c, OP_FILE_SHOW, args, file);
    return status == EXIT_DONE && !*file
               ? complain(EXIT_AWAY, "file show: there is no file in the answer")
               : status;
}

/* So shows the file that the first argument names. */
static enum exit_status find(const struct invocation *inv, struct found *f)
{
    cJSON *alone = NULL;
    enum exit_status status = found_open(inv, OP_FILE_SHOW, NULL, OP_FILE_LIST, f);
    if (status != EXIT_DONE)
        return status;
    status = show(&f->c, f->id, &alone);
    cJSON_Delete(f->record);
    f->record = alone;
    if (status != EXIT_DONE)
        found_close(f);
    return status;
}

enum exit_status file_show(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = find(inv, &f);
    if (status != EXIT_DONE)
        return status;
    status = print(inv, f.record);
    found_close(&f);
    return status;
}

/* Runs TRANSFER of FD; NAME is for a complaint. */
static enum exit_status transfer(struct connection *c, const char *name, const char *url, int fd,
                                 enum api_status (*run)(const struct provider_settings *settings,
                                                        const char *url, int fd,
                                                        struct api_error *err))
{
    struct api_error err;
    c->progress.bytes = true;
    enum api_status status = run(&c->settings, url, fd, &err);
    progress_end(&c->progress);
    interrupt_uncatch();
    c->progress.bytes = false;
    return status == API_OK ? EXIT_DONE
                            : complain(connection_exit(status), "%s: %s", name, err.message);
}

/* Sends FD as the content of FILE, which is gone again when that fails. */
static enum exit_status send_content(struct connection *c, const char *path, int fd,
                                     const cJSON *file)
{
    const char *url = record_text(file, "upload_url");
    const struct provider_arg args[] = {{"id", record_text(file, "id")}, {0}};
    enum exit_status status =
        *url ? transfer(c, path, url, fd, transfer_upload)
             : complain(EXIT_AWAY, "%s: the API gave no address to upload it to", path);
    if (status != EXIT_DONE && connection_run(c, OP_FILE_REMOVE, args) == EXIT_DONE)
        note("%s is not uploaded; its empty entry is removed again.", record_text(file, "name"));
    return status;
}

/* Nothing may come between the entry, its content, and what takes the entry away again. */
static enum exit_status upload(struct connection *c, const char *path, const char *name, int fd,
                               cJSON **file)
{
    const struct provider_arg args[] = {{"name", name}, {0}};
    interrupt_hold();
    enum exit_status status = connection_get(c, OP_FILE_CREATE, args, file);
    if (status == EXIT_DONE && !*file)
        status = complain(EXIT_AWAY, "file upload: there is no file in the answer");
    if (status == EXIT_DONE)
        status = send_content(c, path, fd, *file);
    interrupt_release();
    return status;
}

static enum exit_status show_uploaded(const struct invocation *inv, struct connection *c,
                                      const char *id)
{
    cJSON *file;
    enum exit_status status = show(c, id, &file);
    if (status == EXIT_DONE)
        status = print(inv, file);
    cJSON_Delete(file);
    return status;
}

enum exit_status file_upload(const struct invocation *inv)
{
    struct connection c;
    const char *path = inv->arg[0], *slash = strrchr(path, '/');
    const char *name = inv->option[OPTION_NAME] ? inv->option[OPTION_NAME]
                       : slash                  ? slash + 1
                                                : path;
    cJSON *file = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return complain(EXIT_USAGE, "%s: %s", path, strerror(errno));
    enum exit_status status = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
                                  ? connection_open_for(inv, OP_FILE_CREATE, NULL, &c)
                                  : complain(EXIT_USAGE, "%s: not a regular file", path);
    if (status == EXIT_DONE) {
        status = upload(&c, path, name, fd, &file);
        if (status == EXIT_DONE)
            status = show_uploaded(inv, &c, record_text(file, "id"));
        connection_close(&c);
    }
    cJSON_Delete(file);
    close(fd);
    return status;
}

static enum exit_status no_content(const cJSON *file)
{
    return complain(EXIT_NO, "%s: the API gives no address of its content (it is %s)",
                    record_text(file, "name"), record_text(file, "state"));
}

/* The name that FILE has is the API's: it must not lead anywhere else. */
static enum exit_status place_of(const struct invocation *inv, const cJSON *file, const char **path)
{
    const char *name = record_text(file, "name");
    *path = inv->option[OPTION_OUT];
    if (*path)
        return EXIT_DONE;
    *path = name;
    if (*name == '\0' || *name == '.' || strchr(name, '/'))
        return complain(EXIT_USAGE, "\"%s\" cannot be the name of a local file: give --out PATH",
                        name);
    return EXIT_DONE;
}

static enum exit_status fetch(const struct invocation *inv, struct connection *c, const cJSON *file)
{
    struct private_file to = {.fd = -1};
    const char *path, *url = record_text(file, "download_url");
    bool replace = inv->option[OPTION_YES] != NULL;
    enum exit_status status = place_of(inv, file, &path);
    if (status == EXIT_DONE && !*url)
        status = no_content(file);
    if (status == EXIT_DONE && !replace && access(path, F_OK) == 0)
        status = complain(EXIT_USAGE, "%s exists already; --yes replaces it", path);
    if (status == EXIT_DONE && private_file_begin(&to, path) < 0)
        status = complain(EXIT_USAGE, "%s: %s", path, strerror(errno));
    if (status == EXIT_DONE)
        status = transfer(c, path, url, to.fd, transfer_download);
    if (status == EXIT_DONE && private_file_finish(&to, replace) < 0)
        status =
            complain(errno == EEXIST ? EXIT_USAGE : EXIT_SETUP, "%s: %s", path, strerror(errno));
    private_file_abandon(&to);
    if (status == EXIT_DONE)
        note("%s is in %s.", record_text(file, "name"), path);
    return status;
}

enum exit_status file_download(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = find(inv, &f);
    if (status != EXIT_DONE)
        return status;
    const char *url = record_text(f.record, "download_url");
    if (!inv->option[OPTION_SHOW_URL])
        status = fetch(inv, &f.c, f.record);
    else if (*url)
        puts(url);
    else
        status = no_content(f.record);
    found_close(&f);
    return status;
}

enum exit_status file_remove(const struct invocation *inv)
{
    struct found f;
    enum exit_status status = found_open(inv, OP_FILE_REMOVE, NULL, OP_FILE_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = ask_first(inv, "yes", "Remove the file %s (%s) from %s?", found_text(&f, "name"), f.id,
                       f.c.now.org_name);
    if (status == EXIT_DONE)
        status = found_run(&f, OP_FILE_REMOVE);
    if (status == EXIT_DONE)
        note("%s has no file %s any more.", f.c.now.org_name, found_text(&f, "name"));
    found_close(&f);
    return status;
}

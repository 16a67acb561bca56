#include "orgd/operator/init_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"
#include "orgd/endpoints/mail.h"
#include "orgd/operator/directory.h"
#include "orgd/operator/orgd_conf.h"

#define NAME_SIZE   64   /* with sscanf's 63 */
#define PORT_USERS  1024 /* a port from here on needs no right */
#define COPIES_AT   "/run/orgd/"
#define PLAIN_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+@:=,-"

/* --- the files that the service gets copies of --- */

/* The name of a copy: "chain.pem", and "chain-2.pem" for the second one. NULL if NAME is no file of
 * root that the service reads. */
static const char *copy_name(const char *name, size_t nth, char path[PATH_MAX])
{
    static const char *const kinds[][3] = {{"cert", "chain", ".pem"},
                                           {"key", "key", ".pem"},
                                           {"smtp-password-file", "smtp", ".password"}};
    char number[24] = "";
    if (nth > 1)
        snprintf(number, sizeof number, "-%zu", nth);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(name, kinds[i][0]) == 0) {
            snprintf(path, PATH_MAX, COPIES_AT "%s%s%s", kinds[i][1], number, kinds[i][2]);
            return path;
        }
    return NULL;
}

/* How often O was given the setting at INDEX, up to there. */
static size_t nth_of(const struct options *o, size_t index)
{
    size_t nth = 1;
    for (size_t i = 0; i < index; i++)
        nth += strcmp(o->given[i].name, o->given[index].name) == 0;
    return nth;
}

static bool needs_copies(const struct options *o)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < o->given_count; i++)
        if (copy_name(o->given[i].name, 1, path))
            return true;
    return false;
}

bool init_for_service(const struct options *o)
{
    return !o->config && access("/run/systemd/system", F_OK) == 0;
}

bool init_paths_good(const struct options *o)
{
    char copy[PATH_MAX];
    bool good = true;
    for (size_t i = 0; i < o->given_count && init_for_service(o); i++) {
        const char *path = o->given[i].value;
        if (!copy_name(o->given[i].name, 1, copy) ||
            (*path == '/' && path[strspn(path, PLAIN_CHARS)] == '\0'))
            continue;
        log_error("--%s %s: must be an absolute path of letters, digits and /._+@:=,- because "
                  "systemd copies the file",
                  o->given[i].name, path);
        good = false;
    }
    return good;
}

/* --- a file, whole or not at all --- */

/* What writes the content of a file. */
typedef void content_write(const struct options *o, FILE *f);

/* Makes the file PATH, which everybody can read. */
static bool new_write(const char *path, content_write *content, const struct options *o)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        return false;
    content(o, f);
    bool good = fchmod(fd, 0644) == 0 && fflush(f) == 0 && !ferror(f) && fsync(fd) == 0;
    return fclose(f) == 0 && good;
}

/* Gives PATH its content, whole, unless PATH is there. */
static enum written write_whole(const char *path, content_write *content, const struct options *o)
{
    char new[PATH_MAX];
    enum written written = NOT_WRITTEN;
    if ((size_t)snprintf(new, sizeof new, "%s.new", path) >= sizeof new) {
        log_error("%s: the path is too long", path);
        return NOT_WRITTEN;
    }
    directory_make(path, 0755);
    if ((unlink(new) == 0 || errno == ENOENT) && new_write(new, content, o)) {
        if (link(new, path) == 0)
            written = file_sync_directory(path) == 0 ? WRITTEN : NOT_WRITTEN;
        else if (errno == EEXIST)
            written = THERE_ALREADY;
    }
    if (written == NOT_WRITTEN)
        log_error("%s: %s", path, strerror(errno));
    unlink(new);
    return written;
}

/* --- orgd.conf --- */

static void write_quoted(FILE *f, const char *text)
{
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', f);
        putc(*text, f);
    }
    putc('"', f);
}

static size_t count_of(const struct options *o, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < o->given_count; i++)
        count += strcmp(o->given[i].name, name) == 0;
    return count;
}

static void write_values(const struct options *o, const char *name, FILE *f)
{
    char copy[PATH_MAX];
    size_t nth = 0;
    for (size_t i = 0; i < o->given_count; i++) {
        if (strcmp(o->given[i].name, name) != 0)
            continue;
        if (nth++ > 0)
            fputs(", ", f);
        const char *there = init_for_service(o) ? copy_name(name, nth, copy) : NULL;
        write_quoted(f, there ? there : o->given[i].value);
    }
}

/* Writes "NAME = VALUE;" in the place of the example's LINE, if O was given that setting. The first
 * user is made once, and no setting. */
static bool write_setting(const struct options *o, const char *line, FILE *f)
{
    char key[NAME_SIZE], name[NAME_SIZE];
    if (sscanf(line, "# %63[a-z_]", key) != 1 || strncmp(line + 2 + strlen(key), " = ", 3) != 0)
        return false;
    snprintf(name, sizeof name, "%s", key);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    size_t count = count_of(o, name);
    if (count == 0 || strncmp(name, "owner", 5) == 0)
        return false;
    fprintf(f, "%s = %s", key, count > 1 ? "[ " : "");
    write_values(o, name, f);
    fputs(count > 1 ? " ];\n" : ";\n", f);
    return true;
}

/* orgd_conf is conf/orgd.conf: it has a line of comment for each setting, "# NAME = ...". */
static void write_example(const struct options *o, FILE *f)
{
    for (const char *line = orgd_conf; *line;) {
        size_t length = strcspn(line, "\n") + 1;
        if (!write_setting(o, line, f))
            fwrite(line, 1, length, f);
        line += length;
    }
}

enum written init_write_settings(const struct options *o, const char *path)
{
    return write_whole(path, write_example, o);
}

/* --- the drop-in of orgd.service --- */

/* A line for each copy, KEY=+/usr/bin/install ...: root copies, and only orgd can read the copy. */
static void write_copies(const struct options *o, const char *key, FILE *f)
{
    char copy[PATH_MAX];
    for (size_t i = 0; i < o->given_count; i++)
        if (copy_name(o->given[i].name, nth_of(o, i), copy))
            fprintf(f, "%s=+/usr/bin/install -T -m 600 -o orgd %s %s\n", key, o->given[i].value,
                    copy);
}

static bool needs_port_right(const struct options *o)
{
    for (size_t i = 0; i < o->listens; i++) {
        unsigned port = address_port(&o->listen[i]);
        if (port > 0 && port < PORT_USERS)
            return true;
    }
    return false;
}

static bool needs_network(const struct options *o)
{
    bool network =
        store_is_url(o->data) || (o->settings.mail.url && !mail_url_local(o->settings.mail.url));
    for (size_t i = 0; i < o->listens; i++)
        network |= o->tls[i];
    return network;
}

static void write_unit(const struct options *o, FILE *f)
{
    fputs("# Written by orgd init. Certificates in orgd(8) gives the reasons.\n[Service]\n", f);
    if (needs_copies(o)) {
        write_copies(o, "ExecStartPre", f);
        fputs("ExecReload=\n", f);
        write_copies(o, "ExecReload", f);
        fputs("ExecReload=/bin/kill -HUP $MAINPID\n", f);
    }
    if (needs_port_right(o))
        fputs("AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
              "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n",
              f);
    if (needs_network(o))
        fputs("IPAddressAllow=any\n", f);
}

enum written init_write_drop_in(const struct options *o)
{
    return needs_copies(o) || needs_port_right(o) || needs_network(o)
               ? write_whole(DROP_IN, write_unit, o)
               : THERE_ALREADY;
}

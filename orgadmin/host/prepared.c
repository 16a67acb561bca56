#include "orgadmin/host/prepared.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/paths.h"
#include "orgadmin/host/kept.h"
#include "orgadmin/remote/private_file.h"

#define PREPARED   ORG_STATEDIR "/prepared"
#define UNIT       ORG_UNITDIR "/orglogin-first-boot.service"
#define WANTS      "/etc/systemd/system/multi-user.target.wants"
#define LINK       WANTS "/orglogin-first-boot.service"
#define CREDENTIAL "orglogin.code"
#define TEXT_MAX   8192
#define FIRST_WORDS                                                                                \
    "# How this machine enrolls at its first boot: orgadmin(1), host enroll --prepare.\n"

/* What is remembered, one a line: "--url VALUE". */
static const enum option remembered[] = {OPTION_URL,  OPTION_PIN,     OPTION_NAME,
                                         OPTION_CODE, OPTION_CA_FILE, OPTION_NO_RESCUE};
#define REMEMBERED (sizeof remembered / sizeof *remembered)

static enum exit_status check(const struct invocation *inv)
{
    const char *ca = inv->option[OPTION_CA_FILE];
    if (!inv->option[OPTION_URL])
        return complain(EXIT_USAGE, "--prepare needs the --url of machine invite's line");
    if (inv->option[OPTION_TOKEN_FILE] || inv->option[OPTION_PROFILE] ||
        inv->option[OPTION_PROVIDER])
        return complain(EXIT_USAGE, "--prepare is for a code of machine invite; a token is for one "
                                    "machine, and not for an image");
    if (ca && *ca != '/')
        return complain(EXIT_USAGE, "--ca-file %s: must be an absolute path", ca);
    if (access(UNIT, F_OK) < 0)
        return complain(EXIT_SETUP, UNIT " is not there: install the package orglogin, or run make "
                                         "install");
    return EXIT_DONE;
}

static bool write_text(const struct invocation *inv, char text[TEXT_MAX])
{
    size_t used = (size_t)snprintf(text, TEXT_MAX, FIRST_WORDS);
    for (size_t i = 0; i < REMEMBERED && used < TEXT_MAX; i++) {
        const char *value = inv->option[remembered[i]];
        if (value && strchr(value, '\n'))
            return false;
        if (value)
            used += (size_t)snprintf(text + used, TEXT_MAX - used, "%s %s\n",
                                     options[remembered[i]].name, value);
    }
    return used < TEXT_MAX;
}

static bool put(const char *text)
{
    struct private_file file;
    if ((mkdir(ORG_STATEDIR, 0755) < 0 && errno != EEXIST) ||
        private_file_begin(&file, PREPARED) < 0)
        return false;
    return private_file_commit(&file, text, strlen(text)) == 0;
}

static bool let_boot_run(void)
{
    mkdir("/etc/systemd/system", 0755);
    mkdir(WANTS, 0755);
    return symlink(UNIT, LINK) == 0 || errno == EEXIST;
}

enum exit_status prepared_write(const struct invocation *inv)
{
    char text[TEXT_MAX];
    enum exit_status status = check(inv);
    if (status != EXIT_DONE)
        return status;
    if (!write_text(inv, text))
        return complain(EXIT_USAGE, "--prepare: an option is too long");
    bool good = put(text);
    explicit_bzero(text, sizeof text);
    if (!good || !let_boot_run())
        return complain(EXIT_SETUP, "%s: %s", good ? LINK : PREPARED, strerror(errno));
    if (inv->option[OPTION_CODE])
        note("The next boot enrolls this machine. The code is for one machine, and works for an "
             "hour.");
    else
        note("The next boot enrolls this machine, by the code in the credential " CREDENTIAL
             " of the service manager.");
    return EXIT_DONE;
}

/* Takes the line "--url VALUE", which it terminates. */
static void take_line(struct invocation *copy, char *line)
{
    char *value = strchr(line, ' ');
    if (!value)
        return;
    *value++ = '\0';
    for (size_t i = 0; i < REMEMBERED; i++)
        if (strcmp(line, options[remembered[i]].name) == 0 && !copy->option[remembered[i]])
            copy->option[remembered[i]] = value;
}

/* The code that came with this boot; false after a complaint. */
static bool take_credential(struct invocation *copy)
{
    static char code[256];
    char path[PRIVATE_PATH_MAX];
    const char *why = "there is none", *directory = getenv("CREDENTIALS_DIRECTORY");
    if (copy->option[OPTION_CODE])
        return true;
    snprintf(path, sizeof path, "%s/" CREDENTIAL, directory ? directory : "");
    if (directory && file_read_trusted(path, FILE_SECRET, code, sizeof code, &why) > 0) {
        code[strcspn(code, "\r\n")] = '\0';
        copy->option[OPTION_CODE] = code;
        return true;
    }
    complain(EXIT_SETUP, "the code of this machine, the credential " CREDENTIAL ": %s", why);
    return false;
}

const struct invocation *prepared_read(const struct invocation *inv, struct invocation *copy)
{
    static char text[TEXT_MAX];
    const char *why;
    if (inv->option[OPTION_URL] || inv->option[OPTION_CODE] || inv->option[OPTION_PROVIDER] ||
        inv->option[OPTION_TOKEN_FILE] || inv->option[OPTION_PROFILE] || inv->option[OPTION_ORG] ||
        access(PREPARED, F_OK) < 0)
        return inv;
    if (file_read_trusted(PREPARED, FILE_SECRET, text, sizeof text, &why) < 0) {
        complain(EXIT_SETUP, PREPARED ": %s", why);
        return NULL;
    }
    *copy = *inv;
    for (char *line = text, *end; line; line = end) {
        if ((end = strchr(line, '\n')) != NULL)
            *end++ = '\0';
        take_line(copy, line);
    }
    if (kept_there() && !copy->option[OPTION_CODE]) /* that boot had the code, and spent it */
        return inv;
    return take_credential(copy) ? copy : NULL;
}

void prepared_forget(void)
{
    unlink(PREPARED);
    unlink(LINK);
    rmdir(WANTS);
}

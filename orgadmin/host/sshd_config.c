#include "orgadmin/host/sshd_config.h"

#include <stdio.h>
#include <string.h>

#include "common/name.h"

#define ANSWER_MS 10000

const char *sshd_value(const char *text, const char *key, char out[SSHD_VALUE_SIZE])
{
    size_t len = strlen(key);
    *out = '\0';
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, len) == 0 && line[len] == ' ')
            snprintf(out, SSHD_VALUE_SIZE, "%.*s", (int)strcspn(line + len + 1, "\n"),
                     line + len + 1);
    }
    return out;
}

bool sshd_ask(struct child *c, const char *user)
{
    char who[NAME_MAX_LEN + 80];
    const char *const argv[] = {SSHD_PROGRAM, "-T", "-C", who, NULL};
    snprintf(who, sizeof who,
             "user=%.*s,host=host.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22,rdomain=",
             NAME_MAX_LEN, user);
    child_start_program(c, argv, ANSWER_MS);
    return child_end(c) && c->status == 0;
}

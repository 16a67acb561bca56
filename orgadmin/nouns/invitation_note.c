/* What is said of an invitation: where its token is, and how to accept with it. */
#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "orgadmin/nouns/issue.h"

#define WORD_SIZE HINT_WORD_MAX
#define ACCEPT    "/v1/organizations/invitations/accept" /* orgd/API.md */

/* The file with the key that is most likely the right one to bring along; NULL where none is taken.
 */
static const char *key_file(const struct connection *c, const cJSON *record)
{
    char takes[PROVIDER_TAKES_MAX];
    const char *keys = record_text(record, "keys");
    if (!provider_takes(c->provider, OP_KEY_ADD, takes) || strcmp(keys, "none") == 0)
        return NULL;
    return strcmp(keys, "security") == 0 ? "~/.ssh/id_ed25519_sk.pub" : "~/.ssh/id_ed25519.pub";
}

/* For whom has no orgadmin. The token is asked for, and is in no program's arguments. */
static void note_curl(const struct connection *c, const char *username, const char *key)
{
    char url[WORD_SIZE], socket[WORD_SIZE] = "", word[WORD_SIZE], has_key[128] = "",
                         get_key[128] = "";
    const char *base = c->now.url;
    if (strcmp(c->now.provider, "native") != 0)
        return;
    if (strncmp(base, "unix:", 5) == 0) {
        snprintf(socket, sizeof socket, " --unix-socket %.*s", WORD_SIZE - 32,
                 shell_word(base + 5, word));
        base = "http://localhost";
    }
    size_t len = strlen(base);
    snprintf(url, sizeof url, "%.*s" ACCEPT, (int)(len > 0 && base[len - 1] == '/' ? len - 1 : len),
             base);
    if (key) {
        snprintf(has_key, sizeof has_key, ",\"key\":\"%%s\"");
        snprintf(get_key, sizeof get_key, " \"$(cut -d' ' -f1,2 %s)\"", key);
    }
    note("Without orgadmin, the answer being the new account's token: printf 'Token: '; read -r t; "
         "printf '{\"token\":\"%%s\",\"username\":\"%s\"%s}' \"$t\"%s | curl -sS%s -H "
         "'Content-Type: application/json' --data-binary @- %s",
         username, has_key, get_key, socket, shell_word(url, word));
}

/* How the token is read again. */
static void note_again(const struct connection *c, const char *email)
{
    struct hint again = {.used = 0};
    hint_word(&again, email);
    hint_add(&again, "--columns");
    hint_add(&again, "token");
    note("Admins can read the token again: orgadmin member show%s%s", again.text, c->given.text);
}

void invitation_note(const struct invocation *inv, const struct connection *c, const char *email,
                     const cJSON *record)
{
    char place[PLACE_MAX], name[NAME_MAX_LEN + 1];
    struct hint line = {.used = 0};
    const char *username = inv->option[OPTION_USERNAME];
    const cJSON *mailed = cJSON_GetObjectItem(record, "mailed");
    bool native = strcmp(c->now.provider, "native") == 0;
    unsigned ways = provider_invites(c->provider);
    bool again = ways & INVITES_SHOWN_AGAIN;
    const char *how = cJSON_IsTrue(mailed) || ways & INVITES_BY_MAIL ? ", by mail" : "";
    bool token = *record_text(record, "token") != '\0';
    if (cJSON_IsFalse(mailed) && !token) {
        hint_word(&line, email);
        note("%s is invited to %s, but the mail could not be sent: orgadmin invitation resend%s%s",
             email, c->now.org_name, line.text, c->given.text);
        return;
    }
    if (cJSON_IsTrue(mailed) || !token) {
        note("%s is invited to %s%s.", email, c->now.org_name, how);
        return;
    }
    const char *key = key_file(c, record);
    if (!username)
        username = name_fold(email, name) ? name : "USER";
    hint_option(&line, "--provider", native ? NULL : c->now.provider);
    hint_option(&line, "--url", c->now.url);
    hint_option(&line, "--username", native ? username : NULL);
    if (key) {
        hint_add(&line, "--key");
        hint_add(&line, key); /* the shell expands it */
    }
    note("%s is invited to %s%s. The token is %s; whoever has it can accept: orgadmin invitation "
         "accept%s",
         email, c->now.org_name, how,
         again && !inv->option[OPTION_OUT] ? "shown above" : issue_place(inv, place), line.text);
    if (again)
        note_again(c, email);
    note_curl(c, username, key);
}

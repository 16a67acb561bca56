#include "orgadmin/invocation.h"

#include <stdio.h>
#include <string.h>

#include "api/provider.h"

const struct option_spec options[OPTION_COUNT] = {
    [OPTION_ROLE] = {.name = "--role",
                     .value = "ROLE",
                     .list = true,
                     .brief = "role id, as orgadmin role list shows it",
                     .detail = "Where the API can give several roles to one person, commas or "
                               "blanks separate their ids, and the option may be repeated."},
    [OPTION_TEAM] = {.name = "--team",
                     .value = "TEAM",
                     .brief = "team, by id, slug or name, as orgadmin team list shows it"},
    [OPTION_SERVICES] = {.name = "--services",
                         .value = "SERVICE,...",
                         .list = true,
                         .brief = "PAM services, such as sshd,sudo; all by default",
                         .detail = "The service sudo counts for sudo-i too, su for su-l."},
    [OPTION_NAME] = {.name = "--name",
                     .value = "NAME",
                     .brief = "name of the organization, account, token or file"},
    [OPTION_USERNAME] = {.name = "--username",
                         .value = "USER",
                         .brief = "login name of the new account"},
    [OPTION_PERMISSIONS] = {.name = "--permissions",
                            .value = "PERMISSION,...",
                            .list = true,
                            .brief = "permissions, separated by commas or blanks; may be repeated",
                            .detail = "An empty value gives none."},
    [OPTION_MAX_USES] = {.name = "--max-uses",
                         .value = "NUMBER",
                         .brief = "how many people may join with the code; no limit by default"},
    [OPTION_SET] = {.name = "--set",
                    .value = "FIELD=VALUE",
                    .brief = "set a field that only this API has; may be repeated",
                    .detail = "An unknown field is refused with a list of the known ones."},
    [OPTION_OPERATION] = {.name = "--operation",
                          .value = "OPERATION",
                          .brief = "wait for this unfinished operation"},
    [OPTION_ENV] = {.name = "--env",
                    .value = "ENV",
                    .brief = "kind of the token: live (default), or test",
                    .detail = "At orgd a test token reads, and changes nothing."},
    [OPTION_AMOUNT] = {.name = "--amount",
                       .value = "DOLLARS",
                       .brief = "amount in US dollars: 300 or 299.95"},
    [OPTION_EXPIRES] = {.name = "--expires",
                        .value = "TIME",
                        .moment = true,
                        .brief = "end of validity: 2026-01-02, or 2026-01-02T03:04:05Z",
                        .detail = "A day is a day in UTC, and its end counts."},
    [OPTION_COMMENT] = {.name = "--comment", .value = "TEXT", .brief = "a comment"},
    [OPTION_TYPE] = {.name = "--type",
                     .value = "TYPE",
                     .brief = "type of the secret: aws or azure"},
    [OPTION_SECRET_FILE] = {.name = "--secret-file",
                            .value = "FILE",
                            .brief = "file with the values, as lines FIELD=VALUE; - is standard "
                                     "input",
                            .detail = "The file must belong to root or to you, and nobody else may "
                                      "be able to read it."},
    [OPTION_FILE] =
        {.name = "--file",
         .value = "FILE",
         .brief = "file with many addresses, as lines, CSV or a listing; - is standard input"},
    [OPTION_REMAINDER] = {.name = "--remainder",
                          .value = "FILE",
                          .brief = "write the lines that are left to FILE, for another --file"},
    [OPTION_CODE_FILE] = {.name = "--code-file",
                          .value = "FILE",
                          .brief = "file with the join code; - is standard input"},
    [OPTION_NUMBERS] = {.name = "--numbers",
                        .value = "RANGE",
                        .brief = "\"FIRST-LAST PLACEMENT\" of the members' numbers in its fleet",
                        .detail = "Host status on another host of the fleet prints both."},
    [OPTION_LABELS] = {.name = "--labels",
                       .value = "KEY=VALUE,...",
                       .brief = "labels of the machine, or of a rule: env=prod,tier=web"},
    [OPTION_CODE] = {.name = "--code",
                     .value = "CODE",
                     .brief = "code from machine invite, which works once and for an hour"},
    [OPTION_PIN] = {.name = "--pin",
                    .value = "PIN",
                    .brief = "the server is the one with this public key (sha256//...)",
                    .detail = "The command machine invite prints it where the server's certificate "
                              "is from a private authority. "
                              "Nothing is sent to another server."},
    [OPTION_PRINT] = {.name = "--print",
                      .brief = "print the steps instead of doing them",
                      .detail = "The configuration and the token are written all the same."},
    [OPTION_PREPARE] = {.name = "--prepare",
                        .brief = "let the next boot enroll, for an image",
                        .detail = "Nothing is asked of the server before. "
                                  "Without --code that boot takes the code from the credential "
                                  "orglogin.code of the service manager."},
    [OPTION_NO_RESCUE] = {.name = "--no-rescue",
                          .brief = "enroll also without a local account that can become root"},
    [OPTION_UNFINISHED] = {.name = "--unfinished",
                           .brief = "only undo an enrollment that did not end, if there is one"},
    [OPTION_FOR] = {.name = "--for", .value = "DURATION", .brief = "how long: 30m, 1h"},
    [OPTION_UNTIL] = {.name = "--until", .value = "TIME", .brief = "until when: a day or a time"},
    [OPTION_REASON] = {.name = "--reason", .value = "TEXT", .brief = "why, in at most 200 bytes"},
    [OPTION_END] = {.name = "--end", .brief = "end it now"},
    [OPTION_OUT] = {.name = "--out",
                    .value = "FILE",
                    .brief = "write to FILE: a secret (mode 0600), or a download",
                    .detail = "A file that exists is kept, unless it is empty; a download replaces "
                              "it with --yes. "
                              "With member add --file, each line has an address and its token."},
    [OPTION_SHOW_URL] = {.name = "--show-url",
                         .brief = "print the temporary address of the content instead",
                         .detail = "Whoever has that address can read the file for a while."},
    [OPTION_ACTION] = {.name = "--action",
                       .value = "ACTION",
                       .brief = "only events of this action, such as member.set-role"},
    [OPTION_FROM] = {.name = "--from",
                     .value = "TIME",
                     .moment = true,
                     .brief = "only events from this time on: 2026-01-02, or 2026-01-02T03:04:05Z",
                     .detail = "A day is a day in UTC; today, yesterday and tomorrow are days, "
                               "too."},
    [OPTION_TO] = {.name = "--to",
                   .value = "TIME",
                   .moment = true,
                   .brief = "only events up to this time; a day in UTC includes all of it"},
    [OPTION_ALL] = {.name = "--all", .brief = "include removed members, or expired credits"},
    [OPTION_KEY] = {.name = "--key",
                    .value = "FILE",
                    .brief = "public ssh key for the account, by which hosts let you in"},
    [OPTION_MINE] = {.name = "--mine", .brief = "your own tokens instead of the organization's"},
    [OPTION_MEMBER] = {.name = "--member",
                       .value = "MEMBER",
                       .brief = "the ssh keys of this member, in the organization",
                       .detail = "MEMBER is an id, a login name or an e-mail address. A key that "
                                 "is added so counts in this organization alone."},
    [OPTION_KEEP_TOKENS] = {.name = "--keep-tokens",
                            .brief = "do not end the other tokens of the account"},
    [OPTION_WAIT] = {.name = "--wait",
                     .value = "DURATION",
                     .optional = true,
                     .brief = "wait until the machines have applied the change, 30 s by default",
                     .detail = "Tells on how many machines it is in force, on how many sessions "
                               "were ended, and which machines were not heard from. The exit "
                               "status is 4 when not all have applied it: the change stands."},
    [OPTION_PRUNE] = {.name = "--prune",
                      .brief = "remove the members, invitations and roles that are not in FILE",
                      .detail = "Only of the kinds that FILE has a list of."},
    [OPTION_DRY_RUN] = {.name = "--dry-run",
                        .brief = "show the requests that would change something; send none",
                        .detail = "What is only read is read all the same, so that mistakes are "
                                  "found. Each request is a line of method, path and body, with "
                                  "stars for secrets; it may lack what an earlier answer would "
                                  "have told. Nothing is asked."},
    [OPTION_YES] = {.name = "--yes", .letter = "-y", .brief = "do not ask for confirmation"},
    [OPTION_ACCEPT] = {.name = "--accept", .brief = "accept the losses that the brake holds"},
    [OPTION_LOGINUID] = {.name = "--loginuid",
                         .brief = "end also what the member began as another user, wherever it is",
                         .detail = "That may be a service that the member started anew by sudo."},
    [OPTION_ALL_REMOVED] = {.name = "--all-removed",
                            .brief = "all members who are removed or suspended"},
    [OPTION_ORG] = {.name = "--org",
                    .value = "ORG",
                    .brief = "organization, by id or name",
                    .detail = "The default is ORGADMIN_ORG, then the profile's current "
                              "organization, then the only organization there is."},
    [OPTION_PROFILE] = {.name = "--profile",
                        .value = "PROFILE",
                        .brief = "stored login to use",
                        .detail = "The default is ORGADMIN_PROFILE, then the profile that context "
                                  "switch or login chose, then \"default\"."},
    [OPTION_URL] = {.name = "--url",
                    .value = "URL",
                    .brief = "address of the API: https://..., http://127.0.0.1:..., unix:/path",
                    .detail = "With the provider file, URL is the path of an export. "
                              "A stored token is sent only to the URL that it was stored for."},
    [OPTION_PROVIDER] = {.name = "--provider",
                         .value = "PROVIDER",
                         .brief = "kind of API (native is the default)",
                         .detail = "A vendor's API is at the vendor's own address unless --url is "
                                   "given."},
    [OPTION_PROVIDER_OPTION] = {.name = "--provider-option",
                                .value = "KEY=VALUE",
                                .brief = "an option that only this provider has; may be repeated",
                                .detail = "The command login stores it with the login."},
    [OPTION_REGION] = {.name = "--region",
                       .value = "REGION",
                       .brief = "short for --provider-option region=REGION"},
    [OPTION_SUDO] = {.name = "--sudo", .brief = "short for --provider-option sudo=1"},
    [OPTION_TOKEN_FILE] = {.name = "--token-file",
                           .value = "FILE",
                           .brief = "file with the token; - is standard input",
                           .detail =
                               "The token stands alone on its line. "
                               "The file, or what a link leads to, must belong to root or to "
                               "you, and nobody else may be able to read it; a pipe is taken. "
                               "With invitation accept, the token is the invitation's."},
    [OPTION_CA_FILE] = {.name = "--ca-file",
                        .value = "FILE",
                        .brief = "certificate authorities to trust instead of the system's",
                        .detail = "The command login stores its path with the login."},
    [OPTION_PROXY] = {.name = "--proxy",
                      .value = "PROXY",
                      .brief = "proxy for https: http://HOST:PORT, socks5h://HOST:PORT, or none",
                      .detail = "The default is the login's, then HTTPS_PROXY unless NO_PROXY has "
                                "the host. The command login stores it with the login."},
    [OPTION_TIMEOUT] = {.name = "--timeout",
                        .value = "SECONDS",
                        .brief = "longest time that a request may take; 15 by default"},
    [OPTION_OUTPUT] = {.name = "--output",
                       .letter = "-o",
                       .value = "FORMAT",
                       .brief = "output format: table (default), wide, json, jsonl, yaml or csv",
                       .detail = "On a terminal, a table is cut to the width of the terminal, ids "
                                 "first, and times are ages. "
                                 "A wide table has every column and is never cut. "
                                 "CSV is as in RFC 4180; a value that a spreadsheet would take for "
                                 "a formula gets an apostrophe in front unless --raw is given. "
                                 "JSON and YAML are exact; jsonl has a record on each line."},
    [OPTION_COLUMNS] = {.name = "--columns",
                        .value = "COLUMN,...",
                        .list = true,
                        .brief = "show these columns in this order, separated by commas",
                        .detail = "In JSON and YAML, show these members of each object."},
    [OPTION_SORT] = {.name = "--sort", .value = "COLUMN", .brief = "sort by this column"},
    [OPTION_FILTER] = {.name = "--filter",
                       .value = "COLUMN=VALUE",
                       .brief = "of a listing, show what has VALUE in COLUMN; may be repeated",
                       .detail = "Capitals do not count. A list has VALUE when one item is VALUE."},
    [OPTION_STATE] = {.name = "--state",
                      .value = "STATE",
                      .brief = "short for --filter state=STATE"},
    [OPTION_LIMIT] = {.name = "--limit",
                      .value = "NUMBER",
                      .brief = "of a listing, show at most so many, after sorting"},
    [OPTION_NO_HEADER] = {.name = "--no-header", .brief = "omit the titles of a table or of CSV"},
    [OPTION_RAW] = {.name = "--raw", .brief = "CSV for a program: no apostrophe before a formula"},
    [OPTION_DEBUG] = {.name = "--debug",
                      .brief = "log each request: method, path, status, bytes and time",
                      .detail = "The log goes to standard error and has no secret in it. "
                                "ORGADMIN_DEBUG=1 does the same."},
    [OPTION_HELP] = {.name = "--help", .letter = "-h", .brief = "show this help"},
    [OPTION_VERSION] = {.name = "--version", .brief = "print the version"},
};

enum option option_find(const char *word, size_t len)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if ((strncmp(options[i].name, word, len) == 0 && options[i].name[len] == '\0') ||
            (options[i].letter && len == 2 && strncmp(options[i].letter, word, len) == 0))
            return (enum option)i;
    return OPTION_COUNT;
}

bool option_repeats(enum option o)
{
    const char *equals = options[o].value ? strchr(options[o].value, '=') : NULL;
    return options[o].list || (equals && !strchr(equals, ','));
}

/* The list of WHAT, a new one if there is none so far; NULL when there are too many. */
static struct word_list *list_of(struct invocation *inv, const char *what)
{
    size_t i = 0;
    while (i < inv->lists && strcmp(inv->list[i].what, what) != 0)
        i++;
    if (i == LISTS_MAX)
        return NULL;
    if (i == inv->lists)
        inv->list[inv->lists++].what = what;
    return &inv->list[i];
}

const char *invocation_list(struct invocation *inv, const char *what, const char *text)
{
    static const char between[] = ", \t\r\n";
    struct word_list *list = list_of(inv, what);
    size_t used = list ? strlen(list->words) : LIST_SIZE;
    const char *word = text + strspn(text, between);
    if (*text && !*word) {
        complain(EXIT_USAGE, "%s: there is nothing but commas and blanks", what);
        return NULL;
    }
    for (; *word && used < LIST_SIZE; word += strspn(word, between)) {
        size_t len = strcspn(word, between);
        used += (size_t)snprintf(list->words + used, LIST_SIZE - used, "%s%.*s", used ? "," : "",
                                 (int)len, word);
        word += len;
    }
    if (used < LIST_SIZE)
        return list->words;
    complain(EXIT_USAGE, "%s: that is too long", what);
    return NULL;
}

const char *option_help(enum option o, char out[HELP_MAX])
{
    if (o != OPTION_PROVIDER)
        return options[o].brief;
    int used = snprintf(out, HELP_MAX, "%s:", options[o].brief);
    for (const char *const *name = provider_names(); *name && used < HELP_MAX; name++)
        used += snprintf(out + used, HELP_MAX - (size_t)used, " %s%s", *name, name[1] ? "," : "");
    return out;
}

#include "orgadmin/invocation.h"

#include <stdio.h>
#include <string.h>

#include "api/provider.h"

const struct option_spec options[OPTION_COUNT] = {
    [OPTION_ROLE] = {"--role", NULL, "ROLE", "role id; see orgadmin role list",
                     "Where the API gives several to one person they stand with commas between."},
    [OPTION_NAME] = {"--name", NULL, "NAME", "a name for people", NULL},
    [OPTION_USERNAME] = {"--username", NULL, "USER", "login name of the new account", NULL},
    [OPTION_PERMISSIONS] = {"--permissions", NULL, "PERMISSION,...",
                            "what it permits, with commas between", NULL},
    [OPTION_MAX_USES] = {"--max-uses", NULL, "NUMBER",
                         "how many may join with the code; without it any number", NULL},
    [OPTION_SET] = {"--set", NULL, "FIELD=VALUE", "set a field of the API's own; may be repeated",
                    "Which there are is told when another one is set."},
    [OPTION_OPERATION] = {"--operation", NULL, "OPERATION",
                          "go on waiting for this unfinished operation", NULL},
    [OPTION_AMOUNT] = {"--amount", NULL, "DOLLARS", "US dollars: 300 or 299.95", NULL},
    [OPTION_EXPIRES] = {"--expires", NULL, "TIME",
                        "until when it counts: 2026-01-02, or 2026-01-02T03:04:05Z", NULL},
    [OPTION_COMMENT] = {"--comment", NULL, "TEXT", "a remark", NULL},
    [OPTION_TYPE] = {"--type", NULL, "TYPE", "aws or azure", NULL},
    [OPTION_SECRET_FILE] = {"--secret-file", NULL, "FILE",
                            "where the values stand, as lines FIELD=VALUE; - is standard input",
                            "The file belongs to root or to oneself and can be read by nobody "
                            "else."},
    [OPTION_FILE] = {"--file", NULL, "FILE", "many addresses, one a line; - is standard input",
                     NULL},
    [OPTION_REMAINDER] = {"--remainder", NULL, "FILE",
                          "write the lines that were not done to FILE, which --file takes again",
                          NULL},
    [OPTION_CODE_FILE] = {"--code-file", NULL, "FILE",
                          "where the join code stands; - is standard input", NULL},
    [OPTION_OUT] = {"--out", NULL, "FILE",
                    "write to FILE: a secret (mode 0600), or what is downloaded",
                    "With member add --file each line has an address and its token."},
    [OPTION_ACTION] = {"--action", NULL, "ACTION", "only this action, such as member.set-role",
                       NULL},
    [OPTION_FROM] = {"--from", NULL, "TIME",
                     "from this time on: 2026-01-02, or 2026-01-02T03:04:05Z", NULL},
    [OPTION_TO] = {"--to", NULL, "TIME", "up to this time; a day counts whole", NULL},
    [OPTION_ALL] = {"--all", NULL, NULL, "removed members, or expired credits, too", NULL},
    [OPTION_YES] = {"--yes", "-y", NULL, "do not ask", NULL},
    [OPTION_ACCEPT] = {"--accept", NULL, NULL, "take what the brake holds", NULL},
    [OPTION_ORG] = {"--org", NULL, "ORG", "organization, by id or name",
                    "Without it ORGADMIN_ORG counts, then the profile's current organization, then "
                    "the only one there is."},
    [OPTION_PROFILE] = {"--profile", NULL, "PROFILE", "which stored login",
                        "Without it ORGADMIN_PROFILE counts, then what context switch or login "
                        "chose, then \"default\"."},
    [OPTION_URL] = {"--url", NULL, "URL", "the API: https://..., http://127.0.0.1:..., unix:/path",
                    "With the provider file it is the path of an export. A stored token is sent to "
                    "the URL that it was stored for and nowhere else."},
    [OPTION_PROVIDER] = {"--provider", NULL, "PROVIDER", "kind of API (native is the default)",
                         "A vendor's is at its own address unless --url is given."},
    [OPTION_PROVIDER_OPTION] = {"--provider-option", NULL, "KEY=VALUE",
                                "an option that only this provider has; may be repeated",
                                "login remembers it."},
    [OPTION_REGION] = {"--region", NULL, "REGION", "short for --provider-option region=REGION",
                       NULL},
    [OPTION_SUDO] = {"--sudo", NULL, NULL, "short for --provider-option sudo=1", NULL},
    [OPTION_TOKEN_FILE] =
        {"--token-file", NULL, "FILE", "where the token stands; - is standard input",
         "It is alone on its line, and the file belongs to root or to oneself and can be read by "
         "nobody else. With invitation accept it is the invitation's token."},
    [OPTION_CA_FILE] = {"--ca-file", NULL, "FILE",
                        "certificate authorities to believe instead of the system's",
                        "login remembers it."},
    [OPTION_OUTPUT] =
        {"--output", "-o", "FORMAT", "table (default), wide, json, yaml or csv",
         "A table is cut to the terminal's width, on a terminal only; a wide one has every column "
         "and is never cut. CSV is that of RFC 4180; an apostrophe stands before what a "
         "spreadsheet would take for a formula. JSON and YAML are exact."},
    [OPTION_COLUMNS] = {"--columns", NULL, "COLUMN,...",
                        "these columns in this order, with commas between",
                        "In JSON and YAML these members of each object."},
    [OPTION_SORT] = {"--sort", NULL, "COLUMN", "sort by this column", NULL},
    [OPTION_NO_HEADER] = {"--no-header", NULL, NULL, "no titles above a table or CSV", NULL},
    [OPTION_DEBUG] = {"--debug", NULL, NULL, "tell each request: method, path, status, bytes, time",
                      "On standard error, without any secret; ORGADMIN_DEBUG=1 does the same."},
    [OPTION_HELP] = {"--help", "-h", NULL, "this help", NULL},
    [OPTION_VERSION] = {"--version", NULL, NULL, "print the version", NULL},
};

enum option option_find(const char *word, size_t len)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if ((strncmp(options[i].name, word, len) == 0 && options[i].name[len] == '\0') ||
            (options[i].brief && len == 2 && strncmp(options[i].brief, word, len) == 0))
            return (enum option)i;
    return OPTION_COUNT;
}

bool option_repeats(enum option o)
{
    return options[o].value && strchr(options[o].value, '=');
}

const char *option_help(enum option o, char out[HELP_MAX])
{
    if (o != OPTION_PROVIDER)
        return options[o].help;
    int used = snprintf(out, HELP_MAX, "%s:", options[o].help);
    for (const char *const *name = provider_names(); *name && used < HELP_MAX; name++)
        used += snprintf(out + used, HELP_MAX - (size_t)used, " %s%s", *name, name[1] ? "," : "");
    return out;
}

#include "orgadmin/cli/words.h"

#include <string.h>

#define VERBS_MAX 4
#define LINE_MAX  3 /* words of a beginning */

/* The one table. A verb has several meanings where nouns differ: the first one that the noun has
 * counts. "team" is no member. */
static const struct {
    const char *other, *noun;
} nouns[] = {
    {"organization", "org"},
    {"organizations", "org"},
    {"orgs", "org"},
    {"customer", "org"},
    {"customers", "org"},
    {"members", "member"},
    {"users", "member"},
    {"invitations", "invitation"},
    {"joincodes", "joincode"},
    {"join-code", "joincode"},
    {"join-codes", "joincode"},
    {"roles", "role"},
    {"keys", "key"},
    {"ssh-key", "key"},
    {"ssh-keys", "key"},
    {"tokens", "token"},
    {"api-token", "token"},
    {"api-tokens", "token"},
    {"audit-log", "audit"},
    {"auditlogs", "audit"},
    {"subscriptions", "subscription"},
    {"credits", "credit"},
    {"secrets", "secret"},
    {"files", "file"},
    {"contexts", "context"},
    {"profile", "context"},
    {"profiles", "context"},
    {"hosts", "host"},
};

static const struct {
    const char *other, *verb[VERBS_MAX];
} verbs[] = {
    {"ls", {"list"}},
    {"get", {"show"}},
    {"info", {"show"}},
    {"view", {"show"}},
    {"describe", {"show"}},
    {"rm", {"remove", "delete", "revoke", "forget"}},
    {"del", {"remove", "delete", "revoke", "forget"}},
    {"delete", {"remove", "revoke", "forget"}},
    {"remove", {"delete", "revoke", "forget"}},
    {"cancel", {"revoke"}},
    {"withdraw", {"revoke"}},
    {"invite", {"add", "create"}},
    {"new", {"create", "add"}},
    {"add", {"create"}},
    {"create", {"add"}},
    {"update", {"edit", "role"}},
    {"set", {"edit", "role"}},
    {"edit", {"role"}},
    {"set-role", {"role"}},
    {"use", {"switch"}},
    {"select", {"switch"}},
};

static const struct {
    const char *other, *option;
} options_of[] = {
    {"--format", "--output"},    {"--output-fmt", "--output"},
    {"--org-id", "--org"},       {"--org-name", "--org"},
    {"--organization", "--org"}, {"--permission", "--permissions"},
    {"--column", "--columns"},   {"--verbose", "--debug"},
    {"-v", "--debug"},           {"--no-headers", "--no-header"},
    {"--force", "--yes"},        {"--status", "--state"},
};

static const struct {
    const char *option, *instead;
} absent[] = {
    {"-q", "remarks go to standard error, and 2>/dev/null leaves them out"},
    {"--quiet", "remarks go to standard error, and 2>/dev/null leaves them out"},
    {"--json", "give -o json"},
    {"--token", "a token stands on no command line: give --token-file FILE (- is standard input)"},
    {"--no-interaction", "without a terminal nothing is asked; --yes confirms"},
};

static const struct {
    const char *before[LINE_MAX], *after[LINE_MAX];
} beginnings[] = {
    {{"auth", "login"}, {"login"}},
    {{"auth", "logout"}, {"logout"}},
    {{"auth", "status"}, {"whoami"}},
    {{"me"}, {"whoami"}},
    {{"invite"}, {"invitation", "create"}},
    {{"org", "user"}, {"member"}},
    {{"org", "member"}, {"member"}},
    {{"org", "invitation"}, {"invitation"}},
    {{"org", "audit"}, {"audit"}},
    {{"org", "subscription"}, {"subscription"}},
    {{"org", "billing"}, {"billing"}},
    {{"org", "credit"}, {"credit"}},
    {{"org", "secret"}, {"secret"}},
    {{"org", "file"}, {"file"}},
    {{"org", "list-users"}, {"member", "list"}},
    {{"org", "add-user"}, {"member", "add"}},
    {{"org", "remove-user"}, {"member", "remove"}},
    {{"config", "use-context"}, {"context", "switch"}},
    {{"config", "get-contexts"}, {"context", "list"}},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

const char *word_noun(const char *word)
{
    for (size_t i = 0; i < COUNT(nouns); i++)
        if (strcmp(nouns[i].other, word) == 0)
            return nouns[i].noun;
    return NULL;
}

const char *word_verb(const char *word, size_t i)
{
    for (size_t k = 0; k < COUNT(verbs); k++)
        if (strcmp(verbs[k].other, word) == 0)
            return i < VERBS_MAX ? verbs[k].verb[i] : NULL;
    return NULL;
}

static bool is_word(const char *known, const char *word, size_t len)
{
    return strncmp(known, word, len) == 0 && known[len] == '\0';
}

const char *word_option(const char *word, size_t len)
{
    for (size_t i = 0; i < COUNT(options_of); i++)
        if (is_word(options_of[i].other, word, len))
            return options_of[i].option;
    return NULL;
}

const char *word_instead(const char *word, size_t len)
{
    for (size_t i = 0; i < COUNT(absent); i++)
        if (is_word(absent[i].option, word, len))
            return absent[i].instead;
    return NULL;
}

/* The word that a beginning has for WORD: its noun. "user" is "users" here. */
static const char *plain(const char *word)
{
    const char *noun = word_noun(word);
    return noun ? noun : word;
}

/* How many of the COUNT words at WORD are BEFORE; 0: not all of it. */
static size_t begins(const char *const word[], size_t count, const char *const before[LINE_MAX])
{
    size_t n = 0;
    while (n < LINE_MAX && before[n]) {
        if (n >= count ||
            (strcmp(word[n], before[n]) != 0 && strcmp(plain(word[n]), before[n]) != 0))
            return 0;
        n++;
    }
    return n;
}

bool words_replace(const char *word[], size_t *count, size_t max)
{
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        const char *const *after = beginnings[i].after;
        size_t old = begins(word, *count, beginnings[i].before), new = 0;
        while (new < LINE_MAX && after[new])
            new ++;
        if (old == 0 || *count - old + new > max)
            continue;
        memmove(&word[new], &word[old], (*count - old) * sizeof *word);
        memcpy(word, after, new * sizeof *word);
        *count = *count - old + new;
        return true;
    }
    return false;
}

void words_split(const char *word[], size_t *count, size_t max, char buffer[WORDS_BUFFER])
{
    size_t more = 0, len = *count > 0 ? strlen(word[0]) : 0;
    for (size_t i = 0; i < len; i++)
        more += word[0][i] == ':';
    if (more == 0 || len >= WORDS_BUFFER || *count + more > max)
        return;
    memmove(&word[1 + more], &word[1], (*count - 1) * sizeof *word);
    memcpy(buffer, word[0], len + 1);
    word[0] = buffer;
    *count += more;
    char *at = buffer;
    for (size_t n = 1; n <= more; n++) {
        at = strchr(at, ':');
        *at++ = '\0';
        word[n] = at;
    }
}

void words_offer_nouns(struct suggestion *s)
{
    for (size_t i = 0; i < COUNT(nouns); i++)
        suggestion_offer(s, nouns[i].other);
}

void words_offer_options(struct suggestion *s)
{
    for (size_t i = 0; i < COUNT(options_of); i++)
        if (options_of[i].other[1] == '-') /* any letter is near to another one */
            suggestion_offer(s, options_of[i].other);
}

const char *word_other_verb(size_t i)
{
    return i < COUNT(verbs) ? verbs[i].other : NULL;
}

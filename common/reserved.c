#include "common/reserved.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum reserved_kind { USER, GROUP, BOTH, CLOUD_USER, ALIAS, ROOT_EQUIVALENT_GROUP };

static const char *const meaning[] = {
    [USER] = "that is the name of a package's system user",
    [GROUP] = "that is the name of a package's system group",
    [BOTH] = "that is the name of a package's system user and group",
    [CLOUD_USER] = "that is the name of a cloud image's first user, who may become root",
    [ALIAS] = "that is a mail address with a meaning of its own",
    [ROOT_EQUIVALENT_GROUP] = "that is the name of a group that is as good as root",
};

struct reserved_entry {
    const char *text; /* a pattern has one '*', at its beginning or end */
    enum reserved_kind kind;
};

#define RESERVED_NAME(text, kind) {text, kind},
#define RESERVED_PATTERN(text, kind)
static const struct reserved_entry names[] = {
/* sorted */
#include "common/reserved_names.h"
};
#undef RESERVED_NAME
#undef RESERVED_PATTERN
#define RESERVED_NAME(text, kind)
#define RESERVED_PATTERN(text, kind) {text, kind},
static const struct reserved_entry patterns[] = {
#include "common/reserved_names.h"
};

static int compare(const void *name, const void *entry)
{
    return strcmp(name, ((const struct reserved_entry *)entry)->text);
}

static const struct reserved_entry *find_name(const char *name)
{
    return bsearch(name, names, sizeof names / sizeof *names, sizeof *names, compare);
}

static bool begins(const char *name, const char *with, size_t len)
{
    return strncmp(name, with, len) == 0;
}

static bool ends(const char *name, const char *with)
{
    size_t len = strlen(name), tail = strlen(with);
    return len >= tail && strcmp(name + len - tail, with) == 0;
}

static bool matches(const char *name, const char *pattern)
{
    return *pattern == '*' ? ends(name, pattern + 1) : begins(name, pattern, strlen(pattern) - 1);
}

const char *reserved_form(const char *name)
{
    if (*name == '_')
        return "system users have names that begin with \"_\"";
    if (begins(name, "systemd-", 8))
        return "systemd makes users with names that begin with \"systemd-\"";
    if (ends(name, "."))
        return "chown takes a name that ends in \".\" for a user without a group";
    return NULL;
}

const char *reserved_name(const char *name)
{
    const char *form = reserved_form(name);
    const struct reserved_entry *entry = form ? NULL : find_name(name);
    if (entry)
        return meaning[entry->kind];
    for (size_t i = 0; !form && i < sizeof patterns / sizeof *patterns; i++)
        if (matches(name, patterns[i].text))
            return meaning[patterns[i].kind];
    return form;
}

bool reserved_mighty_group(const char *name)
{
    /* Their members read all logs, or run virtual machines and containers. */
    static const char *const others[] = {"adm", "incus", "kvm", "systemd-journal"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    const struct reserved_entry *entry = find_name(name);
    return entry && entry->kind == ROOT_EQUIVALENT_GROUP;
}

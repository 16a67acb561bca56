#include "orgadmin/host/withheld.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "orgadmin/host/rows.h"

struct withheld_walk {
    withheld_visit *visit;
    void *arg;
};

static bool show(const char *const *field, void *arg)
{
    const struct withheld_walk *w = arg;
    const struct withheld m = {field[0], field[1], field[2], field[3],
                               field[4], field[5], field[6]};
    return w->visit(&m, w->arg);
}

/* Of all members with PREFIX, NULL: those who are withheld. */
static int64_t ask_each(const char *prefix, withheld_visit *visit, void *arg)
{
    struct withheld_walk w = {visit, arg};
    return rows_each(prefix ? CONFIRM_MEMBERS : CONFIRM_WITHHELD, prefix ? prefix : "", 7, show,
                     &w);
}

int64_t withheld_each(withheld_visit *visit, void *arg)
{
    return ask_each(NULL, visit, arg);
}

/* The members that WHO names. */
struct member_search {
    const char *who;
    char *name;
    unsigned found;
};

static bool find_served(const struct withheld *m, void *arg)
{
    struct member_search *s = arg;
    bool is = strcmp(m->id, s->who) == 0 || strcasecmp(m->email, s->who) == 0;
    if (is && *m->name && strcmp(m->standing, WITHHELD_NOT_SERVED) != 0) {
        s->found++;
        snprintf(s->name, NAME_MAX_LEN + 1, "%s", m->name);
    }
    return true;
}

unsigned member_served(const char *who, char name[NAME_MAX_LEN + 1])
{
    struct member_search s = {.who = who, .name = name};
    name[0] = '\0';
    if (*who)
        ask_each(who, find_served, &s);
    return s.found;
}

bool withheld_is(const struct withheld *m, const char *who)
{
    return *who && (strcmp(m->id, who) == 0 || strcmp(m->email, who) == 0 ||
                    strcmp(m->name, who) == 0 || strcmp(m->wanted, who) == 0);
}

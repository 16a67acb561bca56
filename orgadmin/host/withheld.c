#include "orgadmin/host/withheld.h"

#include <string.h>

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

int64_t withheld_each(withheld_visit *visit, void *arg)
{
    struct withheld_walk w = {visit, arg};
    return rows_each(CONFIRM_WITHHELD, 7, show, &w);
}

bool withheld_is(const struct withheld *m, const char *who)
{
    return *who && (strcmp(m->id, who) == 0 || strcmp(m->email, who) == 0 ||
                    strcmp(m->name, who) == 0 || strcmp(m->wanted, who) == 0);
}

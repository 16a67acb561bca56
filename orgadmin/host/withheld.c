#include "orgadmin/host/withheld.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/confirm.h"
#include "common/paths.h"

#define TIMEOUT_MS 10000

struct withheld_walk {
    withheld_visit *visit;
    void *arg;
    int64_t count;
    uint32_t seen;
    bool ended;
};

/* The field at *AT, which a tab or the end of the line ends; it is terminated in place. */
static const char *next_field(char **at)
{
    char *field = *at;
    size_t len = strcspn(field, "\t");
    *at = field + len + (field[len] == '\t');
    field[len] = '\0';
    return field;
}

static void show_line(struct withheld_walk *l, char *line)
{
    struct withheld m = {0};
    const char **field[] = {&m.org, &m.id, &m.wanted, &m.name, &m.email, &m.standing, &m.why};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++)
        *field[i] = next_field(&line);
    l->seen++;
    l->ended = !l->visit(&m, l->arg);
}

/* Shows what is in TEXT, a page. False when it is none. */
static bool show_page(struct withheld_walk *l, char *text)
{
    if (sscanf(text, "%" SCNd64, &l->count) != 1 || l->count < 0)
        return false;
    char *line = strchr(text, '\n');
    while (line && *++line && !l->ended && l->seen < WITHHELD_SEEN_MAX) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        show_line(l, line);
        line = end;
    }
    return true;
}

/* Of all members with PREFIX, NULL: those who are withheld. */
static int64_t ask_each(const char *prefix, withheld_visit *visit, void *arg)
{
    char text[CONFIRM_ANSWER_MAX];
    struct withheld_walk l = {.visit = visit, .arg = arg};
    uint32_t before;
    do {
        struct confirm_request request = {.magic = CONFIRM_MAGIC,
                                          .op = prefix ? CONFIRM_MEMBERS : CONFIRM_WITHHELD,
                                          .skip = l.seen};
        snprintf(request.org, sizeof request.org, "%s", prefix ? prefix : "");
        before = l.seen;
        if (confirm_text(confirm_path(), &request, TIMEOUT_MS, text) < 0)
            return -1;
        if (!show_page(&l, text)) {
            errno = EPROTO;
            return -1;
        }
    } while (!l.ended && l.seen > before && l.seen < l.count && l.seen < WITHHELD_SEEN_MAX);
    return l.count;
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

#include "orgadmin/host/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/paths.h"

#define TIMEOUT_MS 10000

struct rows_walk {
    rows_visit *visit;
    void *arg;
    unsigned fields;
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

static void show_line(struct rows_walk *l, char *line)
{
    const char *field[ROWS_FIELDS_MAX];
    for (unsigned i = 0; i < l->fields; i++)
        field[i] = next_field(&line);
    l->seen++;
    l->ended = !l->visit(field, l->arg);
}

/* Shows what is in TEXT, a page. False when it is none. */
static bool show_page(struct rows_walk *l, char *text)
{
    if (sscanf(text, "%" SCNd64, &l->count) != 1 || l->count < 0)
        return false;
    char *line = strchr(text, '\n');
    while (line && *++line && !l->ended && l->seen < ROWS_SEEN_MAX) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        show_line(l, line);
        line = end;
    }
    return true;
}

int64_t rows_each(enum confirm_op op, const char *prefix, unsigned count, rows_visit *visit,
                  void *arg)
{
    char text[CONFIRM_ANSWER_MAX];
    struct rows_walk l = {.visit = visit, .arg = arg, .fields = count};
    uint32_t before;
    do {
        struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = op, .skip = l.seen};
        snprintf(request.org, sizeof request.org, "%s", prefix);
        before = l.seen;
        if (confirm_text(confirm_path(), &request, TIMEOUT_MS, text) < 0)
            return -1;
        if (!show_page(&l, text)) {
            errno = EPROTO;
            return -1;
        }
    } while (!l.ended && l.seen > before && l.seen < l.count && l.seen < ROWS_SEEN_MAX);
    return l.count;
}

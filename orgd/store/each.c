/* Many organizations in one look: by one statement where a round trip costs, else one by one. */
#include "orgd/store/each.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "orgd/store/column.h"

#define ARRAY_MOST  (1U << 20) /* bytes of an array's text */
#define ITEM_SIZE   (ID_SIZE + 8)
#define VALUES_MOST 4

/* A statement for places, and what becomes of its rows. */
struct each {
    enum statement statement;
    struct look_places places;
    bool since; /* it takes SINCE of each place */
    int limit;  /* 0: it takes none */
    void (*row)(struct store *s, struct rowset *stmt, int first, size_t place,
                const struct each *each);
    /* One of them: */
    each_organization_visit *organization;
    each_change_visit *change;
    each_access_visit *access;
    void *arg;
};

static void add(struct store *s, struct buffer *out, const char *text)
{
    if (!buffer_add(out, text, strlen(text), ARRAY_MOST))
        store_fail(s, "one look is for too many organizations");
}

/* {"org_a","org_b"}, or {4711,4712}; ids are letters, digits and '_'. */
static void add_array(struct store *s, struct look_places places, bool since, struct buffer *out)
{
    char item[ITEM_SIZE];
    for (size_t i = 0; i < places.count; i++) {
        const struct look_place *place = &places.place[i];
        const char *before = i > 0 ? "," : "{";
        if (since)
            snprintf(item, sizeof item, "%s%" PRId64, before, place->since);
        else
            snprintf(item, sizeof item, "%s\"%s\"", before, place->organization);
        add(s, out, item);
    }
    add(s, out, "}");
}

/* Runs the statement with IDS and SINCE, the values of one place or of all; its rows are of PLACE,
 * or tell theirs in the column before FIRST. */
static void run(struct store *s, const struct each *each, struct bound_value ids,
                struct bound_value since, int first, size_t place)
{
    struct bound_value values[VALUES_MOST];
    size_t n = 0;
    values[n++] = ids;
    if (each->since)
        values[n++] = since;
    if (each->limit > 0)
        values[n++] = value_number(each->limit);
    values[n].type = VALUE_END;
    struct rowset *stmt = statement_begin(s, each->statement, values);
    while (statement_row(s, stmt)) {
        int64_t number = first > 0 ? column_number(stmt, 0) : (int64_t)place + 1;
        if (number < 1 || (size_t)number > each->places.count)
            store_fail(s, "the database answers for what was not asked");
        else
            each->row(s, stmt, first, (size_t)number - 1, each);
    }
    statement_end(stmt);
}

static void run_each(struct store *s, const struct each *each)
{
    struct buffer ids = {0}, since = {0};
    const struct look_place *place = each->places.place;
    for (size_t i = 0; i < each->places.count && !s->engine->arrays; i++)
        run(s, each, value_text(place[i].organization), value_number(place[i].since), 0, i);
    if (!s->engine->arrays || each->places.count == 0)
        return;
    add_array(s, each->places, false, &ids);
    add_array(s, each->places, true, &since);
    run(s, each, value_text(ids.data), value_text(since.data), 1, 0);
    buffer_free(&ids);
    buffer_free(&since);
}

static void organization_row(struct store *s, struct rowset *stmt, int first, size_t place,
                             const struct each *each)
{
    struct organization organization;
    organization_read(s, stmt, first, &organization);
    each->organization(place, &organization, each->arg);
}

void store_each_organization(struct store *s, struct look_places places,
                             each_organization_visit *visit, void *arg)
{
    run_each(s, &(struct each){.statement = ORGANIZATION_EACH,
                               .places = places,
                               .row = organization_row,
                               .organization = visit,
                               .arg = arg});
}

static void change_row(struct store *s, struct rowset *stmt, int first, size_t place,
                       const struct each *each)
{
    struct member member;
    member_read(s, stmt, first, &member);
    each->change(place, &member, each->arg);
}

void store_each_change(struct store *s, struct look_places places, int limit,
                       each_change_visit *visit, void *arg)
{
    run_each(s, &(struct each){.statement = MEMBER_CHANGES_EACH,
                               .places = places,
                               .since = true,
                               .limit = limit,
                               .row = change_row,
                               .change = visit,
                               .arg = arg});
}

static void access_row(struct store *s, struct rowset *stmt, int first, size_t place,
                       const struct each *each)
{
    struct access_rule rule;
    access_read(s, stmt, first, &rule);
    each->access(place, &rule, each->arg);
}

void store_each_access(struct store *s, struct look_places places, int limit,
                       each_access_visit *visit, void *arg)
{
    run_each(s, &(struct each){.statement = ACCESS_EACH,
                               .places = places,
                               .limit = limit,
                               .row = access_row,
                               .access = visit,
                               .arg = arg});
}

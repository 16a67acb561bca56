/* Machines. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static void take_machine(struct store *s, struct rowset *stmt, struct machine *m)
{
    column_text(s, stmt, 0, m->id, sizeof m->id);
    column_text(s, stmt, 1, m->organization, sizeof m->organization);
    column_text(s, stmt, 2, m->name, sizeof m->name);
    column_text(s, stmt, 3, m->labels, sizeof m->labels);
    column_text(s, stmt, 4, m->ca, sizeof m->ca);
    column_hash(s, stmt, 5, m->hash);
    m->created = column_number(stmt, 6);
    m->expires = column_number(stmt, 7);
    column_use(s, stmt, 8, &m->enrolled);
    m->refused = column_number(stmt, 10);
    column_use(s, stmt, 11, &m->refusal);
    column_use(s, stmt, 13, &m->shared);
    column_text(s, stmt, 15, m->numbers, sizeof m->numbers);
    column_maker(s, stmt, 16, &m->maker);
    column_text(s, stmt, 18, m->token, sizeof m->token);
    column_use(s, stmt, 19, &m->last);
}

static bool one_machine(struct store *s, struct rowset *stmt, struct machine *m)
{
    bool found = statement_row(s, stmt);
    if (found)
        take_machine(s, stmt, m);
    statement_end(stmt);
    return found && !s->failed;
}

bool store_machine(struct store *s, const char *id, struct machine *m)
{
    return one_machine(s, statement_begin(s, MACHINE_BY_ID, VALUES(value_text(id))), m);
}

bool store_machine_named(struct store *s, const char *organization, const char *name,
                         struct machine *m)
{
    return one_machine(
        s, statement_begin(s, MACHINE_BY_NAME, VALUES(value_text(organization), value_text(name))),
        m);
}

void store_machines(struct store *s, const char *organization, const struct cursor *after,
                    int limit, machine_visit *each, void *arg)
{
    struct rowset *stmt =
        statement_begin(s, MACHINE_LIST,
                        VALUES(value_text(organization), value_number(after->number),
                               value_text(after->id), value_number(limit)));
    while (statement_row(s, stmt)) {
        struct machine machine;
        take_machine(s, stmt, &machine);
        each(&machine, arg);
    }
    statement_end(stmt);
}

void store_machines_enrolled(struct store *s, const char *organization, machine_visit *each,
                             void *arg)
{
    struct machine machine = {0};
    struct rowset *stmt =
        statement_begin(s, MACHINE_LIST_ENROLLED, VALUES(value_text(organization)));
    while (statement_row(s, stmt)) {
        column_text(s, stmt, 0, machine.id, sizeof machine.id);
        column_text(s, stmt, 1, machine.name, sizeof machine.name);
        column_text(s, stmt, 2, machine.token, sizeof machine.token);
        machine.last.at = column_number(stmt, 3);
        column_text(s, stmt, 4, machine.labels, sizeof machine.labels);
        each(&machine, arg);
    }
    statement_end(stmt);
}

int64_t store_machines_left(struct store *s, const char *organization, int64_t now)
{
    return statement_left(s, MACHINE_COUNT, MACHINE_PRUNE, organization, now);
}

void store_machine_put(struct store *s, const struct machine *m)
{
    need_lock(s, m->organization);
    statement_run(s, MACHINE_MORE, VALUES(value_text(m->organization), value_text(m->id)));
    statement_run(s, MACHINE_PUT,
                  VALUES(value_text(m->id), value_text(m->organization), value_text(m->name),
                         value_text(m->labels), value_text(m->ca), value_hash(m->hash),
                         value_number(m->created), value_number(m->expires),
                         value_text(m->maker.id), value_text(m->numbers)));
}

void store_machine_set_labels(struct store *s, const struct machine *m, const char *labels)
{
    need_lock(s, m->organization);
    statement_run(s, MACHINE_SET_LABELS, VALUES(value_text(m->id), value_text(labels)));
}

void store_machine_labels(struct store *s, const char *id, char labels[MACHINE_LABELS_SIZE])
{
    struct rowset *stmt = statement_begin(s, MACHINE_LABELS, VALUES(value_text(id)));
    labels[0] = '\0';
    if (statement_row(s, stmt))
        column_text(s, stmt, 0, labels, MACHINE_LABELS_SIZE);
    statement_end(stmt);
}

void store_machine_enrolled(struct store *s, const char *id, const struct use *use)
{
    statement_run(s, MACHINE_ENROLLED,
                  VALUES(value_text(id), value_number(use->at), value_text(use->from)));
}

void store_machine_refused(struct store *s, const char *id, const struct use *use)
{
    statement_run(s, MACHINE_REFUSED,
                  VALUES(value_text(id), value_number(use->at), value_text(use->from)));
}

void store_machine_shared(struct store *s, const char *id, const struct use *use)
{
    statement_run(s, MACHINE_SHARED,
                  VALUES(value_text(id), value_number(use->at), value_text(use->from)));
}

void store_machine_numbers(struct store *s, const char *organization,
                           char numbers[MACHINE_NUMBERS_SIZE])
{
    struct rowset *stmt = statement_begin(s, MACHINE_NUMBERS, VALUES(value_text(organization)));
    numbers[0] = '\0';
    if (statement_row(s, stmt))
        column_text(s, stmt, 0, numbers, MACHINE_NUMBERS_SIZE);
    statement_end(stmt);
}

bool store_machine_glass(struct store *s, const char *id, int64_t begin, int64_t now, int64_t since)
{
    statement_run(
        s, MACHINE_GLASS,
        VALUES(value_text(id), value_number(begin), value_number(now), value_number(since)));
    return statement_changes(s) > 0 && !s->failed;
}

void store_machine_remove(struct store *s, const char *id)
{
    statement_run(s, MACHINE_REMOVE, VALUES(value_text(id)));
}

/* Audit events. */
#include "orgd/store/column.h"
#include "orgd/store/database.h"

static void take_event(struct store *s, struct rowset *stmt, struct event *event)
{
    event->id = column_number(stmt, 0);
    event->at = column_number(stmt, 1);
    column_text(s, stmt, 2, event->organization, sizeof event->organization);
    column_text(s, stmt, 3, event->actor, sizeof event->actor);
    column_text(s, stmt, 4, event->actor_name, sizeof event->actor_name);
    column_text(s, stmt, 5, event->action, sizeof event->action);
    column_text(s, stmt, 6, event->subject, sizeof event->subject);
    column_text(s, stmt, 7, event->subject_name, sizeof event->subject_name);
    column_text(s, stmt, 8, event->detail, sizeof event->detail);
    column_text(s, stmt, 9, event->from, sizeof event->from);
    column_text(s, stmt, 10, event->request, sizeof event->request);
}

void store_event_add(struct store *s, const struct event *e)
{
    statement_run(s, EVENT_ADD,
                  VALUES(value_number(e->at), value_text(e->organization), value_text(e->actor),
                         value_text(e->actor_name), value_text(e->action), value_text(e->subject),
                         value_text(e->subject_name), value_text(e->detail), value_text(e->from),
                         value_text(e->request)));
}

static void each_event(struct store *s, struct rowset *stmt, event_visit *each, void *arg)
{
    while (statement_row(s, stmt)) {
        struct event event;
        take_event(s, stmt, &event);
        each(&event, arg);
    }
    statement_end(stmt);
}

void store_events(struct store *s, const char *organization, const struct event_filter *f,
                  int limit, event_visit *each, void *arg)
{
    const char *filter = f->action ? f->action : f->actor;
    struct bound_value values[] = {
        value_text(organization),   value_number(f->from),
        value_number(f->before_at), value_number(f->before_id),
        value_number(limit),        filter ? value_text(filter) : (struct bound_value){0},
        {.type = VALUE_END}};
    enum statement which = f->action ? EVENT_LIST_ACTION : f->actor ? EVENT_LIST_ACTOR : EVENT_LIST;
    each_event(s, statement_begin(s, which, values), each, arg);
}

void store_events_since(struct store *s, const char *organization, int64_t since, int limit,
                        event_visit *each, void *arg)
{
    each_event(
        s,
        statement_begin(s, EVENT_SINCE,
                        VALUES(value_text(organization), value_number(since), value_number(limit))),
        each, arg);
}

void store_all_events(struct store *s, const char *organization, int64_t before, int limit,
                      event_visit *each, void *arg)
{
    struct bound_value values[] = {value_number(before),
                                   value_number(limit),
                                   organization[0] ? value_text(organization)
                                                   : (struct bound_value){0},
                                   {.type = VALUE_END}};
    each_event(s, statement_begin(s, organization[0] ? EVENT_LIST_BEFORE : EVENT_LIST_ALL, values),
               each, arg);
}

int64_t store_event_latest(struct store *s)
{
    return statement_number(s, EVENT_LATEST, NO_VALUES);
}

int64_t store_events_prune(struct store *s, int64_t before, int limit)
{
    statement_run(s, EVENT_PRUNE, VALUES(value_number(before), value_number(limit)));
    return statement_changes(s);
}

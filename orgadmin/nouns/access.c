/* The noun access: the organization's rules who may log in where; and what they come to, for a
 * machine and for a member. */
#include <string.h>
#include <strings.h>

#include "orgadmin/nouns/applied.h"
#include "orgadmin/nouns/listing.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/reach.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/found.h"

enum exit_status access_list(const struct invocation *inv)
{
    return listing(inv, OP_ACCESS_LIST, LISTING_ORG, NULL);
}

/* --- a rule comes --- */

struct team_search {
    const char *text;
    size_t found;
    cJSON *team;
};

static int search_team(void *arg, const cJSON *team)
{
    struct team_search *s = arg;
    bool is = strcmp(record_text(team, "id"), s->text) == 0 ||
              strcmp(record_text(team, "slug"), s->text) == 0 ||
              strcasecmp(record_text(team, "name"), s->text) == 0;
    if (is && s->found++ == 0)
        s->team = cJSON_Duplicate(team, true);
    return 0;
}

/* *TEAM is the one that --team names, to be deleted, or NULL without the option. */
static enum exit_status find_team(const struct invocation *inv, struct connection *c, cJSON **team)
{
    struct team_search s = {.text = inv->option[OPTION_TEAM]};
    *team = NULL;
    if (!s.text)
        return EXIT_DONE;
    enum exit_status status = connection_each(c, OP_TEAM_LIST, NULL, search_team, &s);
    *team = s.team;
    if (status != EXIT_DONE || s.found == 1)
        return status;
    return s.found == 0
               ? complain(EXIT_NO, "%s has no team \"%s\"; see orgadmin team list", c->now.org_name,
                          s.text)
               : complain(EXIT_USAGE, "%zu teams are called \"%s\"; use the id", s.found, s.text);
}

/* Adds the rule that the options make to R, as one that is to come. */
static bool add_candidate(const struct invocation *inv, struct reach *r, const char *team)
{
    cJSON *rule = cJSON_CreateObject(), *services = cJSON_AddArrayToObject(rule, "services");
    const char *labels = inv->option[OPTION_LABELS], *name = inv->option[OPTION_SERVICES];
    bool good = cJSON_AddStringToObject(rule, "labels", labels ? labels : "") &&
                (team ? cJSON_AddStringToObject(rule, "team", team)
                      : cJSON_AddStringToObject(rule, "role", inv->option[OPTION_ROLE]));
    while (good && name && *name) {
        char word[LIST_SIZE];
        size_t len = strcspn(name, ",");
        memcpy(word, name, len);
        word[len] = '\0';
        good = cJSON_AddItemToArray(services, cJSON_CreateString(word));
        name += len + (name[len] == ',');
    }
    r->after = r->before | UINT64_C(1) << cJSON_GetArraySize(r->rules);
    return cJSON_AddItemToArray(r->rules, rule) && good;
}

/* Asks, unless nobody loses anything. */
static enum exit_status ask_add(const struct invocation *inv, struct connection *c,
                                const char *team)
{
    struct reach r;
    size_t loses = 0;
    enum exit_status status = reach_rules(c, &r);
    if (status == EXIT_DONE && !add_candidate(inv, &r, team))
        status = complain(EXIT_AWAY, "out of memory");
    if (status == EXIT_DONE)
        status = reach_tell(c, &r, &loses);
    if (status == EXIT_DONE && loses > 0)
        status = ask_first(inv, "yes", "Add the rule to %s?", c->now.org_name);
    reach_free(&r);
    return status;
}

static enum exit_status send_add(const struct invocation *inv, struct connection *c,
                                 const char *team)
{
    cJSON *reply = NULL;
    const struct provider_arg args[] = {{"role", inv->option[OPTION_ROLE]},
                                        {"team", team},
                                        {"labels", inv->option[OPTION_LABELS]},
                                        {"services", inv->option[OPTION_SERVICES]},
                                        {0}};
    enum exit_status status = connection_get(c, OP_ACCESS_ADD, args, &reply);
    if (status == EXIT_DONE && reply)
        note("%s has the access rule %s. It counts where a machine's own access allows the login, "
             "too.",
             c->now.org_name, record_text(reply, "id"));
    if (status == EXIT_DONE)
        status = applied_wait(inv, c, reply);
    cJSON_Delete(reply);
    return status;
}

enum exit_status access_add(const struct invocation *inv)
{
    struct connection c;
    cJSON *team = NULL;
    const char *role = inv->option[OPTION_ROLE];
    const struct provider_arg args[] = {{"role", role}, {0}};
    if (!role == !inv->option[OPTION_TEAM] || (role && strchr(role, ',')))
        return complain(EXIT_USAGE, "give --role ROLE or --team TEAM: one of them");
    enum exit_status status = connection_open_for(inv, OP_ACCESS_ADD, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = applied_check(inv, &c);
    if (status == EXIT_DONE)
        status = find_team(inv, &c, &team);
    const char *id = team ? record_text(team, "id") : NULL;
    if (status == EXIT_DONE)
        status = ask_add(inv, &c, id);
    if (status == EXIT_DONE)
        status = send_add(inv, &c, id);
    cJSON_Delete(team);
    connection_close(&c);
    return status;
}

/* --- a rule goes --- */

/* The bit of the rule ID. */
static uint64_t bit_of(const struct reach *r, const char *id)
{
    const cJSON *rule;
    uint64_t bit = 1;
    cJSON_ArrayForEach(rule, r->rules)
    {
        if (strcmp(record_text(rule, "id"), id) == 0)
            return bit;
        bit <<= 1;
    }
    return 0;
}

static enum exit_status ask_remove(const struct invocation *inv, struct found *f)
{
    struct reach r;
    size_t loses = 0;
    const char *org = f->c.now.org_name;
    enum exit_status status = reach_rules(&f->c, &r);
    if (status == EXIT_DONE) {
        r.after = r.before & ~bit_of(&r, f->id);
        status = reach_tell(&f->c, &r, &loses);
    }
    if (status == EXIT_DONE && r.after == 0)
        status = ask_first(inv, "yes",
                           "Remove the last access rule of %s? Its machines' own access alone "
                           "decides then.",
                           org);
    else if (status == EXIT_DONE)
        status = ask_first(inv, "yes", "Remove the access rule %s from %s?", f->id, org);
    reach_free(&r);
    return status;
}

enum exit_status access_remove(const struct invocation *inv)
{
    struct found f;
    cJSON *reply = NULL;
    enum exit_status status = found_open(inv, OP_ACCESS_REMOVE, NULL, OP_ACCESS_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = applied_check(inv, &f.c);
    if (status == EXIT_DONE)
        status = ask_remove(inv, &f);
    if (status == EXIT_DONE)
        status = found_run_reply(&f, OP_ACCESS_REMOVE, &reply);
    if (status == EXIT_DONE) {
        note("%s has no access rule %s any more.", f.c.now.org_name, f.id);
        status = applied_wait(inv, &f.c, reply);
    }
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

/* --- a machine gets other labels --- */

static const char *labels_of(const struct invocation *inv)
{
    return inv->arg[1] ? inv->arg[1] : "";
}

static enum exit_status ask_label(const struct invocation *inv, struct found *f)
{
    struct reach r;
    size_t loses = 0;
    enum exit_status status = reach_rules(&f->c, &r);
    r.machine = f->id;
    r.labels = labels_of(inv);
    if (status == EXIT_DONE)
        status = reach_tell(&f->c, &r, &loses);
    if (status == EXIT_DONE && loses > 0)
        status = ask_first(inv, "yes", "Give %s the labels \"%s\"?", found_text(f, "name"),
                           labels_of(inv));
    reach_free(&r);
    return status;
}

enum exit_status machine_label(const struct invocation *inv)
{
    struct found f;
    cJSON *reply = NULL;
    enum exit_status status = found_open(inv, OP_MACHINE_LABEL, NULL, OP_MACHINE_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    const struct provider_arg args[] = {{"id", f.id}, {"labels", labels_of(inv)}, {0}};
    status = applied_check(inv, &f.c);
    if (status == EXIT_DONE)
        status = ask_label(inv, &f);
    if (status == EXIT_DONE)
        status = connection_get(&f.c, OP_MACHINE_LABEL, args, &reply);
    if (status == EXIT_DONE) {
        note("%s has %s%s.", found_text(&f, "name"), *labels_of(inv) ? "the labels " : "no labels",
             labels_of(inv));
        status = applied_wait(inv, &f.c, reply);
    }
    cJSON_Delete(reply);
    found_close(&f);
    return status;
}

/* --- what the rules come to --- */

/* A listing of members on a machine, or of a member's machines. */
struct reach_rows {
    struct reach reach;
    uint64_t rules; /* of the one machine, or member */
    struct collection rows;
};

/* Adds a row for RECORD, for whom RULES are. */
static int add_row(struct reach_rows *r, const cJSON *record, uint64_t rules)
{
    static const char *const fields[] = {"id", "username", "email", "name", "labels"};
    bool free_for_all = r->reach.all == 0;
    if (!free_for_all && rules == 0)
        return 0;
    cJSON *row = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*record_text(record, fields[i]))
            cJSON_AddStringToObject(row, fields[i], record_text(record, fields[i]));
    cJSON *services = free_for_all ? cJSON_CreateArray() : reach_services(&r->reach, rules);
    if (free_for_all)
        cJSON_AddItemToArray(services, cJSON_CreateString("*"));
    cJSON_AddItemToObject(row, "services", services);
    cJSON_AddItemToObject(row, "rules", reach_ids(&r->reach, rules));
    bool added = collection_add(&r->rows, row);
    cJSON_Delete(row);
    return added ? 0 : -1;
}

static int row_member(void *arg, const cJSON *member)
{
    struct reach_rows *r = arg;
    return reach_is_active(member)
               ? add_row(r, member, r->rules & reach_of_member(&r->reach, member))
               : 0;
}

static int row_machine(void *arg, const cJSON *machine)
{
    struct reach_rows *r = arg;
    if (!*record_text(machine, "enrolled"))
        return 0;
    return add_row(r, machine,
                   r->rules & reach_of_labels(&r->reach, record_text(machine, "labels")));
}

static enum exit_status show_rows(const struct invocation *inv, struct found *f,
                                  struct reach_rows *r)
{
    enum exit_status status = output_list(inv, &r->rows);
    if (status == EXIT_DONE && output_plain(inv))
        note(r->reach.all
                 ? "%s: what a machine's own access does not allow is refused all the same."
                 : "%s has no access rules: a machine's own access alone decides.",
             f->c.now.org_name);
    return status;
}

enum exit_status machine_who(const struct invocation *inv)
{
    struct found f;
    struct reach_rows r = {.rules = 0};
    enum exit_status status = found_open(inv, OP_ACCESS_LIST, NULL, OP_MACHINE_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = reach_rules(&f.c, &r.reach);
    if (status == EXIT_DONE) {
        r.rules = reach_of_labels(&r.reach, found_text(&f, "labels"));
        status = connection_each(&f.c, OP_MEMBER_LIST, NULL, row_member, &r);
    }
    if (status == EXIT_DONE)
        status = show_rows(inv, &f, &r);
    collection_free(&r.rows);
    reach_free(&r.reach);
    found_close(&f);
    return status;
}

enum exit_status member_where(const struct invocation *inv)
{
    struct found f;
    struct reach_rows r = {.rules = 0};
    enum exit_status status = found_open(inv, OP_ACCESS_LIST, NULL, OP_MEMBER_LIST, &f);
    if (status != EXIT_DONE)
        return status;
    status = reach_rules(&f.c, &r.reach);
    if (status == EXIT_DONE && !reach_is_active(f.record))
        status = complain(EXIT_NO, "%s is %s in %s, and can log in on no machine", inv->arg[0],
                          found_text(&f, "state"), f.c.now.org_name);
    if (status == EXIT_DONE) {
        r.rules = reach_of_member(&r.reach, f.record);
        status = connection_each(&f.c, OP_MACHINE_LIST, NULL, row_machine, &r);
    }
    if (status == EXIT_DONE)
        status = show_rows(inv, &f, &r);
    collection_free(&r.rows);
    reach_free(&r.reach);
    found_close(&f);
    return status;
}

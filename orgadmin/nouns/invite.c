#include "orgadmin/nouns/invite.h"

#include <string.h>

#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/roster.h"
#include "orgadmin/nouns/vocabulary.h"

/* Tells what has become of EMAIL; an invitation has no outcome. */
static void tell(const struct invocation *inv, const struct connection *c, const char *email,
                 const cJSON *record)
{
    const char *outcome = record_text(record, "outcome");
    if (strcmp(outcome, "added") == 0)
        note("%s is added to %s.", email, c->now.org_name);
    else if (strcmp(outcome, "changed") == 0)
        note("%s was a member of %s before.", email, c->now.org_name);
    else
        invitation_note(inv, c, email, record);
}

enum exit_status invite_person(const struct invocation *inv, enum provider_op op)
{
    struct connection c;
    cJSON *record = NULL;
    struct person_roster roster = {0};
    const struct roster_entry *known = NULL;
    const char *email = inv->arg[0], *role = inv->option[OPTION_ROLE];
    struct provider_arg args[] = {{"email", email},
                                  {"role", role},
                                  {"permissions", inv->option[OPTION_PERMISSIONS]},
                                  {"username", inv->option[OPTION_USERNAME]},
                                  {0}};
    enum exit_status status = connection_open_for(inv, op, args, &c);
    if (status != EXIT_DONE)
        return status;
    status = vocabulary_check(&c, role, args[2].value);
    if (status == EXIT_DONE)
        status = roster_admits(&c, email, role, &roster, &known);
    if (status == EXIT_DONE && !args[3].value)
        args[3].value = roster_username(known);
    if (status == EXIT_DONE)
        status = issue(inv, &c, op, args, "token", &record);
    if (status == EXIT_DONE)
        tell(inv, &c, email, record);
    if (status == EXIT_DONE && known)
        roster_tell_change(&c, known, role);
    roster_free(&roster);
    cJSON_Delete(record);
    connection_close(&c);
    return status;
}

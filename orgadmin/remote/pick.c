/* Where no organization is chosen, a person on a terminal picks one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "orgadmin/remote/connection.h"

#define PICK_MAX   50 /* more organizations are no list to choose from */
#define ANSWER_MAX 256

/* The organizations that can be picked. */
struct choice {
    cJSON *org[PICK_MAX];
    size_t count; /* of all, also of those beyond PICK_MAX */
};

static int gather(void *arg, const cJSON *org)
{
    struct choice *choice = arg;
    size_t i = choice->count++;
    if (i < PICK_MAX)
        choice->org[i] = cJSON_Duplicate(org, true);
    return i < PICK_MAX && !choice->org[i] ? -1 : 0;
}

/* The organization that ANSWER names: its number in the list, its id, or a name that no other has;
 * NULL when there is none. */
static const cJSON *find(const struct choice *choice, const char *answer)
{
    char *end;
    const cJSON *found = NULL;
    unsigned long number = strtoul(answer, &end, 10);
    if (*answer >= '0' && *answer <= '9' && !*end && number >= 1 && number <= choice->count)
        return choice->org[number - 1];
    for (size_t i = 0; i < choice->count; i++) {
        if (strcmp(record_text(choice->org[i], "id"), answer) == 0)
            return choice->org[i];
        if (strcasecmp(record_text(choice->org[i], "name"), answer) != 0)
            continue;
        if (found)
            return NULL;
        found = choice->org[i];
    }
    return found;
}

static enum exit_status ask(struct connection *c, const struct choice *choice)
{
    char answer[ANSWER_MAX];
    note("No organization is chosen. There are:");
    for (size_t i = 0; i < choice->count; i++)
        note("%4zu  %s (%s)", i + 1, record_text(choice->org[i], "name"),
             record_text(choice->org[i], "id"));
    fprintf(stderr, "Number or name: ");
    if (!fgets(answer, sizeof answer, stdin))
        answer[0] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    const cJSON *org = *answer ? find(choice, answer) : NULL;
    if (!org && *answer)
        return complain(EXIT_SETUP, "there is no organization \"%s\", or several", answer);
    if (!org)
        return complain(EXIT_SETUP, "no organization is chosen: give --org ORG");
    enum exit_status status = connection_set_org(c, org);
    if (status == EXIT_DONE && c->logged_in)
        note("orgadmin org switch chooses one for good.");
    return status;
}

enum exit_status connection_pick_org(struct connection *c)
{
    struct choice choice = {.count = 0};
    bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    if (!terminal || !connection_takes(c, OP_ORG_LIST, NULL))
        return connection_find_org(c, NULL);
    enum exit_status status = connection_each(c, OP_ORG_LIST, NULL, gather, &choice);
    if (status == EXIT_DONE && choice.count == 1)
        status = connection_set_org(c, choice.org[0]);
    else if (status == EXIT_DONE && (choice.count == 0 || choice.count > PICK_MAX))
        status =
            complain(EXIT_SETUP, "no organization is chosen, and there are %zu: give --org ORG",
                     choice.count);
    else if (status == EXIT_DONE)
        status = ask(c, &choice);
    for (size_t i = 0; i < choice.count && i < PICK_MAX; i++)
        cJSON_Delete(choice.org[i]);
    return status;
}

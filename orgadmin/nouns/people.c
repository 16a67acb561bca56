#include "orgadmin/nouns/people.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "orgadmin/nouns/people_json.h"
#include "orgadmin/nouns/people_text.h"
#include "orgadmin/remote/input.h"

static int compare(const void *a, const void *b)
{
    const struct person *const *x = a, *const *y = b;
    int order = strcasecmp((*x)->email, (*y)->email);
    return order != 0 ? order : (*x)->number < (*y)->number ? -1 : 1;
}

/* Complains of each address that is there twice: the second one would change what the first one
 * did. */
static void find_repeated(struct people_reading *r)
{
    const struct people *p = r->to;
    const struct person **sorted = calloc(p->count + 1, sizeof *sorted);
    if (!sorted) {
        people_fault(r, 0, "out of memory");
        return;
    }
    for (size_t i = 0; i < p->count; i++)
        sorted[i] = &p->person[i];
    qsort(sorted, p->count, sizeof *sorted, compare);
    for (size_t i = 1; i < p->count; i++)
        if (strcasecmp(sorted[i - 1]->email, sorted[i]->email) == 0 &&
            ++r->faults <= PEOPLE_FAULTS_SHOWN)
            complain(EXIT_USAGE, "%s%s%zu: %s is %s%zu already", p->from, p->place,
                     sorted[i]->number, sorted[i]->email,
                     strcmp(p->place, ":") == 0 ? "on line " : "in #", sorted[i - 1]->number);
    free(sorted);
}

/* Chooses the format by how the text begins. */
static void read_text(struct people_reading *r, char *text)
{
    static const char bom[] = "\xef\xbb\xbf";
    struct people *p = r->to;
    if (strncmp(text, bom, strlen(bom)) == 0)
        text += strlen(bom);
    const char *first = text + strspn(text, " \t\r\n");
    char separator = people_csv_separator(text);
    p->plain = *first != '{' && *first != '[' && !separator && !people_is_table(text);
    p->place = *first == '{' || *first == '[' ? ":#" : ":";
    if (p->plain)
        people_read_lines(r, text);
    else if (separator)
        people_read_csv(r, text, separator);
    else if (people_is_table(text))
        people_read_table(r, text);
    else
        people_read_json(r, text);
}

enum exit_status people_read(const char *path, struct people *p)
{
    struct people_reading r = {.to = p};
    p->person = calloc(PEOPLE_MAX, sizeof *p->person);
    enum exit_status status =
        p->person ? input_read(path, &p->from, &p->text) : complain(EXIT_AWAY, "out of memory");
    if (status != EXIT_DONE)
        return status;
    read_text(&r, p->text);
    find_repeated(&r);
    if (r.faults > 0)
        return complain(EXIT_USAGE, "%s: nobody is invited", p->from);
    return p->count ? EXIT_DONE : complain(EXIT_USAGE, "%s: there is no address in it", p->from);
}

void people_free(struct people *p)
{
    free(p->person);
    free(p->text);
    cJSON_Delete(p->records);
    *p = (struct people){0};
}

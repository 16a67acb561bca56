#include "orgadmin/nouns/people_rows.h"

#include <string.h>
#include <strings.h>

#include "orgadmin/say.h"

#define EMAIL_LEN_MAX 254 /* RFC 5321 */

enum person_field person_field_of(const char *text, size_t len)
{
    static const struct {
        const char *name;
        enum person_field field;
    } names[] = {{"email", PERSON_EMAIL},
                 {"e-mail", PERSON_EMAIL},
                 {"mail", PERSON_EMAIL},
                 {"email address", PERSON_EMAIL},
                 {"role", PERSON_ROLE},
                 {"roles", PERSON_ROLE},
                 {"permissions", PERSON_PERMISSIONS},
                 {"state", PERSON_STATE},
                 {"status", PERSON_STATE}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncasecmp(names[i].name, text, len) == 0 && names[i].name[len] == '\0')
            return names[i].field;
    return PERSON_FIELDS;
}

void people_fault(struct people_reading *r, size_t number, const char *fault)
{
    if (++r->faults <= PEOPLE_FAULTS_SHOWN)
        complain(EXIT_USAGE, "%s%s%zu: %s", r->to->from, r->to->place, number, fault);
}

static const char *address_fault(const char *email)
{
    const char *at = strchr(email, '@');
    if (strlen(email) > EMAIL_LEN_MAX || !at || at == email || at[1] == '\0')
        return "it has no e-mail address";
    for (const char *c = email; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr(",;<>\"", *c))
            return "this is no e-mail address: a blank, a comma, a quote or an angle is in it";
    return strstr(email, "\u2026") ? "the address is cut: list with -o csv" : NULL;
}

/* The words of TEXT, which commas or blanks separate, with a comma between; NULL for none. */
static char *join_words(char *text)
{
    static const char between[] = ", \t";
    char *to = text;
    for (const char *from = text ? text + strspn(text, between) : ""; *from;) {
        size_t len = strcspn(from, between);
        if (to > text)
            *to++ = ',';
        memmove(to, from, len);
        to += len;
        from += len;
        from += strspn(from, between);
    }
    if (text)
        *to = '\0';
    return text && *text ? text : NULL;
}

/* True for who has lost his place where the listing was made. */
static bool is_out(const char *state)
{
    return state && (strcasecmp(state, "removed") == 0 || strcasecmp(state, "suspended") == 0);
}

void people_take(struct people_reading *r, size_t number, char *field[PERSON_FIELDS])
{
    struct people *to = r->to;
    const char *email = field[PERSON_EMAIL] ? field[PERSON_EMAIL] : "";
    const char *fault = address_fault(email);
    if (!fault && is_out(field[PERSON_STATE])) {
        note("%s%s%zu: %s is %s there, and is left out.", to->from, to->place, number, email,
             field[PERSON_STATE]);
        return;
    }
    if (!fault && to->count == PEOPLE_MAX)
        fault = "there are more than 100000 addresses";
    if (fault) {
        people_fault(r, number, fault);
        return;
    }
    to->person[to->count++] = (struct person){.number = number,
                                              .email = email,
                                              .role = join_words(field[PERSON_ROLE]),
                                              .permissions = join_words(field[PERSON_PERMISSIONS])};
}

/* A file with the state of an organization: read strictly, for a slip of the pen could remove
 * somebody. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/json.h"
#include "common/name.h"
#include "common/rfc3339.h"
#include "orgadmin/nouns/state.h"
#include "orgadmin/remote/input.h"
#include "orgadmin/suggest.h"

#define FAULTS_SHOWN 20
#define PLACE_SIZE   128

/* What a field may be. */
enum rule_kind { RULE_TEXT, RULE_WORD, RULE_WORDS, RULE_ADDRESS, RULE_STATE, RULE_TIME };

struct field_rule {
    const char *name;
    enum rule_kind kind;
    bool required;
};

static const struct field_rule organization_rules[] = {
    {"id", RULE_TEXT, false}, {"name", RULE_TEXT, false}, {0}};
static const struct field_rule role_rules[] = {
    {"id", RULE_WORD, true}, {"permissions", RULE_WORDS, true}, {0}};
static const struct field_rule member_rules[] = {
    {"id", RULE_TEXT, false},        {"email", RULE_ADDRESS, false},
    {"roles", RULE_WORDS, false},    {"permissions", RULE_WORDS, false},
    {"state", RULE_STATE, false},    {STATE_TEMPORARY, RULE_WORD, false},
    {STATE_UNTIL, RULE_TIME, false}, {0}};
static const struct field_rule invitation_rules[] = {{"email", RULE_ADDRESS, true},
                                                     {"roles", RULE_WORDS, false},
                                                     {"permissions", RULE_WORDS, false},
                                                     {"username", RULE_WORD, false},
                                                     {0}};

static const struct section {
    const char *name;
    const struct field_rule *rules;
    bool list;
} sections[] = {{"organization", organization_rules, false},
                {STATE_ROLES, role_rules, true},
                {STATE_MEMBERS, member_rules, true},
                {STATE_INVITATIONS, invitation_rules, true}};
#define SECTIONS (sizeof sections / sizeof *sections)

/* A file on its way. */
struct state_loading {
    const char *from;
    size_t faults;
};

/* Complains of the field NAME at PLACE ("members[2]"; either may be ""). */
static void fault(struct state_loading *l, const char *place, const char *name, const char *what)
{
    if (++l->faults <= FAULTS_SHOWN)
        complain(EXIT_USAGE, "%s: %s%s%s: %s", l->from, place, *place && *name ? "." : "", name,
                 what);
}

/* One word of a list, or alone: commas separate words elsewhere. */
static const char *word_fault(const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value);
    if (!text)
        return "it is no text";
    if (!*text || !text_valid(text) || strpbrk(text, ", \t"))
        return "it is no word: empty, too long, or with a comma, a blank or a control character";
    return NULL;
}

static const char *words_fault(const cJSON *value)
{
    const char *why = cJSON_IsArray(value) ? NULL : "it is no list of words";
    for (const cJSON *item = list_first(value); item; item = item->next)
        if (!why)
            why = word_fault(item);
    return why;
}

static const char *value_fault(const struct field_rule *rule, const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value);
    if (rule->kind == RULE_WORDS)
        return words_fault(value);
    if (rule->kind == RULE_WORD)
        return word_fault(value);
    if (!text || !*text || !text_valid(text))
        return "it is no text, or empty, too long or with control characters";
    if (rule->kind == RULE_ADDRESS)
        return strchr(text, '@') ? NULL : "it is no e-mail address";
    if (rule->kind == RULE_TIME)
        return rfc3339_parse(text, &(int64_t){0}) ? NULL : "it is no time: 2026-01-02T03:04:05Z";
    if (rule->kind == RULE_STATE && strcmp(text, "active") != 0 && strcmp(text, "suspended") != 0)
        return "it is neither \"active\" nor \"suspended\"";
    return NULL;
}

static void unknown_field(struct state_loading *l, const char *place, const char *name,
                          const struct field_rule *rules)
{
    char what[SUGGESTION_MAX + 32], hint[SUGGESTION_MAX];
    struct suggestion s = {.word = name};
    for (; rules && rules->name; rules++)
        suggestion_offer(&s, rules->name);
    for (size_t i = 0; !rules && i < SECTIONS; i++)
        suggestion_offer(&s, sections[i].name);
    snprintf(what, sizeof what, "there is no such field%s", suggestion_text(&s, "", hint));
    fault(l, place, name, what);
}

static void check_object(struct state_loading *l, const char *place, const cJSON *object,
                         const struct field_rule *rules)
{
    if (!cJSON_IsObject(object)) {
        fault(l, place, "", "it is no object");
        return;
    }
    for (const cJSON *member = list_first(object); member; member = member->next) {
        const struct field_rule *rule = rules;
        while (rule->name && strcmp(rule->name, member->string) != 0)
            rule++;
        const char *why = rule->name ? value_fault(rule, member) : NULL;
        if (!rule->name)
            unknown_field(l, place, member->string, rules);
        else if (why)
            fault(l, place, member->string, why);
    }
    for (; rules->name; rules++)
        if (rules->required && !cJSON_GetObjectItemCaseSensitive(object, rules->name))
            fault(l, place, rules->name, "it is missing");
}

static void check_section(struct state_loading *l, const struct section *section,
                          const cJSON *value)
{
    char place[PLACE_SIZE];
    size_t i = 0;
    if (!section->list)
        check_object(l, section->name, value, section->rules);
    else if (!cJSON_IsArray(value))
        fault(l, section->name, "", "it is no list");
    else
        for (const cJSON *item = list_first(value); item; item = item->next) {
            snprintf(place, sizeof place, "%s[%zu]", section->name, i++);
            check_object(l, place, item, section->rules);
        }
}

static void check_sections(struct state_loading *l, const cJSON *state)
{
    if (!cJSON_IsObject(state)) {
        fault(l, "", "", "it is no object in JSON");
        return;
    }
    for (const cJSON *member = list_first(state); member; member = member->next) {
        size_t i = 0;
        while (i < SECTIONS && strcmp(sections[i].name, member->string) != 0)
            i++;
        if (i < SECTIONS)
            check_section(l, &sections[i], member);
        else
            unknown_field(l, "", member->string, NULL);
    }
}

/* --- who is there twice --- */

/* Where something stands in the file. */
struct spot {
    const char *section, *text;
    size_t index;
};

static int compare_spots(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;
    int order = strcasecmp(x->text, y->text);
    return order != 0 ? order : strcmp(y->section, x->section);
}

/* Adds the field NAME of each item of the SECTION in STATE to SPOTS. Returns their new number. */
static size_t add_spots(const cJSON *state, const char *section, const char *name,
                        struct spot *spots, size_t count)
{
    size_t i = 0;
    for (const cJSON *item = list_first(cJSON_GetObjectItemCaseSensitive(state, section)); item;
         item = item->next) {
        const char *text = record_text(item, name);
        if (*text)
            spots[count++] = (struct spot){section, text, i};
        i++;
    }
    return count;
}

/* Complains of each value of the field NAME that stands twice, be it alike: which one counts? */
static void check_twice(struct state_loading *l, const cJSON *state, const char *const in[],
                        const char *name)
{
    size_t count = 0, size = 1;
    char place[PLACE_SIZE], what[PLACE_SIZE * 4];
    for (const char *const *s = in; *s; s++)
        size += (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(state, *s));
    struct spot *spots = calloc(size, sizeof *spots);
    for (; spots && *in; in++)
        count = add_spots(state, *in, name, spots, count);
    if (count > 0)
        qsort(spots, count, sizeof *spots, compare_spots);
    for (size_t i = 1; i < count; i++) {
        if (strcasecmp(spots[i - 1].text, spots[i].text) != 0)
            continue;
        snprintf(place, sizeof place, "%s[%zu]", spots[i].section, spots[i].index);
        snprintf(what, sizeof what, "%s is there already, at %s[%zu]", spots[i].text,
                 spots[i - 1].section, spots[i - 1].index);
        fault(l, place, name, what);
    }
    if (!spots)
        fault(l, "", "", "out of memory");
    free(spots);
}

static void check_people(struct state_loading *l, const cJSON *state)
{
    static const char *const both[] = {STATE_MEMBERS, STATE_INVITATIONS, NULL};
    char place[PLACE_SIZE];
    size_t i = 0;
    for (const cJSON *item = list_first(cJSON_GetObjectItemCaseSensitive(state, STATE_MEMBERS));
         item; item = item->next) {
        snprintf(place, sizeof place, STATE_MEMBERS "[%zu]", i++);
        if (!*state_name(item))
            fault(l, place, "", "it has neither \"email\" nor \"id\"");
    }
    check_twice(l, state, both, "email");
    check_twice(l, state, both, "id");
}

static void check_roles(struct state_loading *l, const cJSON *state)
{
    static const char *const roles[] = {STATE_ROLES, NULL};
    char place[PLACE_SIZE];
    size_t i = 0;
    for (const cJSON *item = list_first(cJSON_GetObjectItemCaseSensitive(state, STATE_ROLES)); item;
         item = item->next) {
        snprintf(place, sizeof place, STATE_ROLES "[%zu]", i++);
        if (state_fixed_role(record_text(item, "id")))
            fault(l, place, "id", "owner, admin and member are fixed");
    }
    check_twice(l, state, roles, "id");
}

/* --- the file --- */

enum exit_status state_load(const char *path, const char **from, cJSON **state)
{
    char why[JSON_WHY_MAX];
    struct state_loading l = {.faults = 0};
    char *text;
    if (input_read(path, &l.from, &text) != EXIT_DONE)
        return EXIT_USAGE;
    *state = json_parse(text, strlen(text), why);
    free(text);
    *from = l.from;
    if (!*state)
        return complain(EXIT_USAGE, "%s: %s", l.from, why);
    check_sections(&l, *state);
    if (l.faults == 0) {
        check_people(&l, *state);
        check_roles(&l, *state);
    }
    if (l.faults == 0)
        return EXIT_DONE;
    cJSON_Delete(*state);
    *state = NULL;
    return complain(EXIT_USAGE, "%s: nothing is changed", l.from);
}

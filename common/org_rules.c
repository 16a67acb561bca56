#include "common/org_rules.h"

#include <assert.h>
#include <string.h>

#include "common/name.h"

static_assert(ORG_RULES_MAX <= RULES_MAX, "they are decoded to rules");

void org_rules_keep(struct org_rules_kept *kept, const struct org_rules *rules)
{
    kept->rules = (struct org_rules){rules->narrowed, rules->size, kept->text};
    if (rules->size > 0)
        memcpy(kept->text, rules->text, rules->size);
}

bool org_rules_add(struct org_rules_kept *kept, const char *text)
{
    struct org_rules *r = &kept->rules;
    size_t size = strlen(text) + 1;
    r->text = kept->text;
    if (size > sizeof kept->text - r->size)
        return false;
    memcpy(kept->text + r->size, text, size);
    r->size += (uint32_t)size;
    return true;
}

bool org_rules_same(const struct org_rules *a, const struct org_rules *b)
{
    return a->narrowed == b->narrowed && a->size == b->size &&
           (a->size == 0 || memcmp(a->text, b->text, a->size) == 0);
}

/* The string at *P, which ends before END; NULL when it does not, or is nothing to print. */
static const char *take(const char **p, const char *end)
{
    const char *text = *p, *nul = memchr(text, '\0', (size_t)(end - text));
    if (!nul || !text_valid(text))
        return NULL;
    *p = nul + 1;
    return text;
}

/* The rule at *P, of which ORG and the flags are the caller's. */
static bool take_rule(const char **p, const char *end, struct rule *rule)
{
    const char *subject = take(p, end), *service;
    rule->roles = (struct text_list){subject, 1};
    rule->services = (struct text_list){*p, 0};
    if (!subject || !*subject)
        return false;
    while ((service = take(p, end)) && *service)
        rule->services.count++;
    return service && rule->services.count > 0;
}

bool org_rules_decode(const struct org_rules *o, const char *org, struct rules *rules)
{
    const char *p = o->text, *end = o->size ? p + o->size : p;
    rules->count = 0;
    if (o->size > ORG_RULES_SIZE_MAX || (o->size > 0 && !o->narrowed))
        return false;
    while (p < end) {
        if (rules->count == ORG_RULES_MAX)
            return false;
        struct rule *rule = &rules->rule[rules->count++];
        *rule = (struct rule){.org = org};
        if (!take_rule(&p, end, rule))
            return false;
    }
    return true;
}

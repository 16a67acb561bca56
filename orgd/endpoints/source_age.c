#include "orgd/endpoints/source_age.h"

#include <stdio.h>
#include <string.h>

#include "orgd/secret.h"

static struct source_age {
    char organization[ID_SIZE]; /* "": a free place */
    int64_t begun_ms;
} ages[MIRRORS_MAX];

static struct source_age *place_of(const char *organization)
{
    size_t i = 0;
    while (i < MIRRORS_MAX && strcmp(ages[i].organization, organization) != 0)
        i++;
    return i < MIRRORS_MAX ? &ages[i] : NULL;
}

void source_note(const char *organization, int64_t begun_ms)
{
    struct source_age *age = place_of(organization);
    if (!age)
        age = place_of("");
    if (!age)
        return;
    snprintf(age->organization, sizeof age->organization, "%s", begun_ms ? organization : "");
    age->begun_ms = begun_ms;
}

int64_t source_begun(const char *organization)
{
    const struct source_age *age = place_of(organization);
    return age ? age->begun_ms : 0;
}

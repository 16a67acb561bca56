/*
 * The names of organizations, members and roles that listings showed last, for completion:
 * PROFILE.names beside the login (mode 0600). It is a convenience: whatever goes wrong with it is
 * nobody's business, and nothing that must hold is read from it.
 */
#ifndef ORGADMIN_REMOTE_NAME_CACHE_H
#define ORGADMIN_REMOTE_NAME_CACHE_H

#include <cjson/cJSON.h>

enum names { NAMES_NONE, NAMES_ORG = 'o', NAMES_MEMBER = 'm', NAMES_ROLE = 'r' };

/* The names of one complete listing; begins as {.kind = KIND}. */
struct names_list {
    enum names kind;
    char *text;
    size_t used;
};

/* Adds what RECORD is called, as far as there is room. */
void names_add(struct names_list *list, const cJSON *record);

/* Keeps LIST in the place of the names of before. */
void names_keep(const char *profile, const struct names_list *list);
void names_free(struct names_list *list);

/* Calls EACH with every name of KIND. */
void names_each(const char *profile, enum names kind, void (*each)(void *arg, const char *name),
                void *arg);

#endif

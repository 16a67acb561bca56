/*
 * The names of organizations, members and roles that listings showed last, for completion:
 * PROFILE.names beside the login (mode 0600). It is a convenience: whatever goes wrong with it is
 * nobody's business, and nothing that must hold is read from it.
 */
#ifndef ORGADMIN_NAMES_H
#define ORGADMIN_NAMES_H

#include <cjson/cJSON.h>

enum names { NAMES_ORG = 'o', NAMES_MEMBER = 'm', NAMES_ROLE = 'r' };

/* Keeps the names in RECORDS, a complete listing, in the place of those of before. */
void names_keep(const char *profile, enum names kind, const cJSON *records);

/* Calls EACH with every name of KIND. */
void names_each(const char *profile, enum names kind, void (*each)(void *arg, const char *name),
                void *arg);

#endif

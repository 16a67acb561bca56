/*
 * The names of organizations, members and roles that listings showed last, for completion:
 * PROFILE.names beside the login (mode 0600). Of each kind it has the time of the listing and the
 * organization that was listed. It is a convenience: whatever goes wrong with it is nobody's
 * business, and nothing that must hold is read from it.
 */
#ifndef ORGADMIN_REMOTE_NAME_CACHE_H
#define ORGADMIN_REMOTE_NAME_CACHE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum names { NAMES_NONE, NAMES_ORG = 'o', NAMES_MEMBER = 'm', NAMES_ROLE = 'r' };

/* The names of one complete listing; begins as {.kind = KIND}, with the id and name of the
 * organization that is listed, "" where it is of none. */
struct names_list {
    enum names kind;
    const char *org_id, *org_name;
    char *text; /* a line each, a letter in front */
    size_t used;
};

/* Adds what RECORD is called, as far as there is room. */
void names_add(struct names_list *list, const cJSON *record);

/* Keeps LIST in the place of the names of before. */
void names_keep(const char *profile, const struct names_list *list);
void names_free(struct names_list *list);

/* Calls EACH with every name in LIST. */
typedef void names_visit(void *arg, const char *name);
void names_each(const struct names_list *list, names_visit *each, void *arg);

/* Calls EACH with every name of KIND that is kept of ORG, an organization's id or name ("" where
 * KIND is of none). */
void names_each_kept(const char *profile, enum names kind, const char *org, names_visit *each,
                     void *arg);

/* Makes those names fresh, or that there are none: nobody can be asked now. Names that are kept of
 * another organization stay. */
void names_defer(const char *profile, enum names kind, const char *org);

/* True when those names were listed within NAMES_FRESH_S. */
#define NAMES_FRESH_S 60
bool names_fresh(const char *profile, enum names kind, const char *org);

#endif

/* Looks for faults in a data file. Each prints one line on stderr for each, and returns false then.
 */
#ifndef ORGD_STORE_CHECK_H
#define ORGD_STORE_CHECK_H

#include <sqlite3.h>
#include <stdbool.h>

/* Damage to the file DB itself, quickly; PATH is its name. */
bool check_damage(sqlite3 *db, const char *path);

/* Damage, and contradictions between the rows, in a file of this version. */
bool check_all(sqlite3 *db, const char *path);

#endif

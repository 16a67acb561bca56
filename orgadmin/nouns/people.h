/*
 * A file of people: lines with an address and a role, CSV with a header, or what orgadmin itself
 * has listed, as a table, CSV, JSON or JSON lines.
 */
#ifndef ORGADMIN_NOUNS_PEOPLE_H
#define ORGADMIN_NOUNS_PEOPLE_H

#include "orgadmin/nouns/people_rows.h"
#include "orgadmin/say.h"

/*
 * Reads the people in the file PATH, "-" is standard input. Each line that is none is complained
 * about, and an address that is there twice. Who is removed or suspended in a listing is left out,
 * with a remark. EXIT_DONE; else EXIT_USAGE, or EXIT_AWAY when out of memory.
 */
enum exit_status people_read(const char *path, struct people *people);

void people_free(struct people *people);

#endif

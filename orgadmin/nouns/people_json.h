/* People in JSON: a list of records, what member list -o json prints, or a record a line. */
#ifndef ORGADMIN_NOUNS_PEOPLE_JSON_H
#define ORGADMIN_NOUNS_PEOPLE_JSON_H

#include "orgadmin/nouns/people_rows.h"

/* Reads TEXT. */
void people_read_json(struct people_reading *r, char *text);

#endif

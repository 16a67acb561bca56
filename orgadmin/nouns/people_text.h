/* People in lines, in CSV and in tables. */
#ifndef ORGADMIN_NOUNS_PEOPLE_TEXT_H
#define ORGADMIN_NOUNS_PEOPLE_TEXT_H

#include "orgadmin/nouns/people_rows.h"

/* What separates the cells of TEXT's first line, when that is the header of CSV with addresses;
 * '\0' when it is none. */
char people_csv_separator(const char *text);

/* True when the first line of TEXT is the header of a table with addresses. */
bool people_is_table(const char *text);

/* Each reads TEXT, which is cut. */
void people_read_csv(struct people_reading *r, char *text, char separator);
void people_read_table(struct people_reading *r, char *text);
void people_read_lines(struct people_reading *r, char *text);

#endif

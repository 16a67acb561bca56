/* The formats of a file of people, behind people.h. */
#ifndef ORGADMIN_NOUNS_PEOPLE_FORMAT_H
#define ORGADMIN_NOUNS_PEOPLE_FORMAT_H

#include "orgadmin/nouns/people.h"

/* What counts in a row. */
enum person_field { PERSON_EMAIL, PERSON_ROLE, PERSON_PERMISSIONS, PERSON_STATE, PERSON_FIELDS };

/* The field that a column of the name TEXT, LEN bytes without regard to case, is for, or
 * PERSON_FIELDS. */
enum person_field person_field_of(const char *text, size_t len);

/* A file on its way. */
struct people_reading {
    struct people *to;
    size_t faults;
};

/* Takes the row NUMBER, whose fields (in the text or the records of R->to; NULL or "" for none) are
 * changed, or complains of it. */
void people_take(struct people_reading *r, size_t number, char *field[PERSON_FIELDS]);

/* Complains of the row NUMBER. */
void people_fault(struct people_reading *r, size_t number, const char *fault);

/* What separates the cells of TEXT's first line, when that is the header of CSV with addresses;
 * '\0' when it is none. */
char people_csv_separator(const char *text);

/* True when the first line of TEXT is the header of a table with addresses. */
bool people_is_table(const char *text);

/* Each reads TEXT, which is cut. */
void people_read_csv(struct people_reading *r, char *text, char separator);
void people_read_table(struct people_reading *r, char *text);
void people_read_lines(struct people_reading *r, char *text);
void people_read_json(struct people_reading *r, char *text);

#endif

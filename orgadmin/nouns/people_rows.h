/* The rows of a file of people, behind people.h: what a format finds in a row becomes a person. */
#ifndef ORGADMIN_NOUNS_PEOPLE_ROWS_H
#define ORGADMIN_NOUNS_PEOPLE_ROWS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define PEOPLE_MAX 100000

struct person {
    size_t number; /* of the line, or of the record in JSON, from 1 on */
    const char *email;
    const char *role;        /* "a,b", or NULL */
    const char *permissions; /* the same */
    bool done;               /* the reader's own mark */
};

/* Begins as {0}; people_free frees what is in it. Its texts are the memory of the others. */
struct people {
    const char *from;  /* the file, for messages */
    const char *place; /* what stands between the file and the number: ":" or ":#" */
    bool plain;        /* the lines have nothing but addresses and roles */
    struct person *person;
    size_t count;
    char *text;
    cJSON *records;
};

/* What counts in a row. */
enum person_field { PERSON_EMAIL, PERSON_ROLE, PERSON_PERMISSIONS, PERSON_STATE, PERSON_FIELDS };

/* The field that a column of the name TEXT, LEN bytes without regard to case, is for, or
 * PERSON_FIELDS. */
enum person_field person_field_of(const char *text, size_t len);

/* A file on its way. */
#define PEOPLE_FAULTS_SHOWN 20
struct people_reading {
    struct people *to;
    size_t faults;
};

/* Takes the row NUMBER, whose fields (in the text or the records of R->to; NULL or "" for none) are
 * changed, or complains of it. */
void people_take(struct people_reading *r, size_t number, char *field[PERSON_FIELDS]);

/* Complains of the row NUMBER. */
void people_fault(struct people_reading *r, size_t number, const char *fault);

#endif

/*
 * A file of people: lines with an address and a role, CSV with a header, or what orgadmin itself
 * has listed, as a table, CSV, JSON or JSON lines.
 */
#ifndef ORGADMIN_NOUNS_PEOPLE_H
#define ORGADMIN_NOUNS_PEOPLE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "orgadmin/say.h"

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

/*
 * Reads the people in the file PATH, "-" is standard input. Each line that is none is complained
 * about, and an address that is there twice. Who is removed or suspended in a listing is left out,
 * with a remark. EXIT_DONE; else EXIT_USAGE, or EXIT_AWAY when out of memory.
 */
enum exit_status people_read(const char *path, struct people *people);

void people_free(struct people *people);

#endif

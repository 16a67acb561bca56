/* Data on standard output, as a table for people or as JSON for programs. */
#ifndef ORGADMIN_OUTPUT_H
#define ORGADMIN_OUTPUT_H

#include <cjson/cJSON.h>

#include "orgadmin/command.h"

struct column {
    const char *title;
    const char *field; /* of the record: a string or an array of strings */
    bool shorten;      /* may be cut to fit a terminal */
};

/* COLUMNS ends with a NULL title. With -o json RECORDS (an array, or one object) is printed as it
 * is. Everything is cleaned before it reaches a terminal. */
enum exit_status output(const struct invocation *inv, const struct column *columns,
                        const cJSON *records);

/* True with -o json. */
bool output_json(const struct invocation *inv);

#endif

/* The formats behind orgadmin/output.h. All return false when out of memory. */
#ifndef ORGADMIN_PRINT_H
#define ORGADMIN_PRINT_H

#include "orgadmin/output.h"

#define VIEW_MAX 16

/* What of a record is shown, in which order. */
struct view {
    const struct column *column[VIEW_MAX];
    size_t count;
    bool header;
    bool whole; /* nothing is cut */
};

#define CELL_MAX 4096

/* VALUE as one cleaned line: a list's items with commas between, "" for none. Returns OUT. */
const char *cell_text(const cJSON *value, char out[CELL_MAX]);

/* COLUMN's title. Returns OUT. */
#define TITLE_MAX 32
const char *column_title(const struct column *column, char out[TITLE_MAX]);

/* RECORDS is an array or one object. */
bool print_table(const struct view *view, const cJSON *records);
bool print_csv(const struct view *view, const cJSON *records);
bool print_json(const cJSON *value);
bool print_yaml(const cJSON *value);

#endif

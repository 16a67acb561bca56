/* The formats behind orgadmin/output/output.h. */
#ifndef ORGADMIN_OUTPUT_PRINT_H
#define ORGADMIN_OUTPUT_PRINT_H

#include "orgadmin/invocation.h"
#include "orgadmin/output/collection.h"
#include "orgadmin/output/records.h"

#define VIEW_MAX 40

/* Which columns of the records are shown, and how. */
struct view {
    const struct column *column[VIEW_MAX]; /* of tables and CSV, in their order */
    size_t count;
    bool chosen; /* by the person: JSON and YAML have these too, and no table leaves one out */
    bool header;
    bool ages;                             /* of a table: times are shown as ages */
    bool raw;                              /* CSV without apostrophes */
    bool whole;                            /* nothing is cut */
    bool clean;                            /* JSON and YAML are for a terminal */
    bool one;                              /* it is one record, which JSON and YAML show alone */
    const struct collection *organization; /* of an export, around its members; or NULL */
};

/* Goes through what JSON and YAML show of record I: as collection_next. */
bool view_next(const struct view *view, const struct collection *records, size_t i, size_t *at,
               struct value *value);

/* The values of record I for each of the view's columns; without a field where there is none. */
void view_row(const struct view *view, const struct collection *records, size_t i,
              struct value row[VIEW_MAX]);

/* The column of KIND that the first LEN characters of NAME name, or NULL after a complaint about
 * OPTION. */
const struct column *column_find(const struct record_kind *kind, const char *name, size_t len,
                                 enum option option);

#define CELL_MAX 4096

/* VALUE as one cleaned line: a list's items with commas between, "" for none. Returns OUT, or
 * VALUE's own text. */
const char *cell_text(const struct value *value, char out[CELL_MAX]);

/* TEXT, cleaned when the view wants that. Returns TEXT or OUT. */
const char *view_text(const struct view *view, const char *text, char out[CELL_MAX]);

/* COLUMN's title. Returns OUT. */
#define TITLE_MAX 32
const char *column_title(const struct column *column, char out[TITLE_MAX]);

/* False: out of memory. */
bool print_table(const struct view *view, const struct collection *records);
bool print_yaml(const struct view *view, const struct collection *records);
void print_csv(const struct view *view, const struct collection *records);
void print_json(const struct view *view, const struct collection *records);
void print_jsonl(const struct view *view, const struct collection *records);

#endif

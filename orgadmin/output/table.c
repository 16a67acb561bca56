/*
 * Tables for people. On a terminal libsmartcols cuts what does not fit; elsewhere every cell is
 * whole, so that it is enough to know how wide the columns are, and a long listing need not be in
 * memory a second time.
 */
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orgadmin/output/age.h"
#include "orgadmin/output/print.h"
#include "orgadmin/output/width.h"

/* NUMBER of bytes for a person. */
static const char *bytes_of(int64_t number, char out[CELL_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    double size = (double)number;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1024;
    snprintf(out, CELL_MAX, "%.*f %s", unit > 0 ? 2 : 0, size, units[unit]);
    return out;
}

static bool is_right(const struct column *column)
{
    return column->flags & (COLUMN_NUMBER | COLUMN_DOLLARS);
}

/* The cell of VALUE in column K: on a terminal a time is an age. */
static const char *shown(const struct view *v, size_t k, const struct value *value,
                         char out[CELL_MAX])
{
    char age[AGE_MAX];
    if (value->field && v->column[k]->flags & COLUMN_MARK)
        return value->number ? "*" : "";
    if (value->field && v->column[k]->flags & COLUMN_BYTES)
        return bytes_of(value->number, out);
    if (value->field && v->column[k]->flags & COLUMN_DOLLARS) {
        snprintf(out, CELL_MAX, "$%.32s", value->kind == VALUE_JSON ? value->text : "");
        return out;
    }
    const char *text = cell_text(value, out);
    if (!v->ages || value->kind != VALUE_TEXT || age_of(text, age) == text)
        return text;
    snprintf(out, CELL_MAX, "%s", age);
    return out;
}

/* The width of each column without its title; 0 for a column without values. */
static void measure(const struct view *v, const struct collection *records, size_t width[VIEW_MAX])
{
    char text[CELL_MAX];
    struct value row[VIEW_MAX];
    memset(width, 0, VIEW_MAX * sizeof *width);
    for (size_t i = 0; i < records->count; i++) {
        view_row(v, records, i, row);
        for (size_t k = 0; k < v->count; k++) {
            size_t cell = row[k].field ? text_width(shown(v, k, &row[k], text)) : 0;
            if (cell > width[k])
                width[k] = cell;
        }
    }
}

/* Leaves the columns out that are empty, unless a person has chosen them. */
static void prune(struct view *v, size_t width[VIEW_MAX])
{
    size_t kept = 0;
    for (size_t k = 0; k < v->count; k++) {
        if (width[k] == 0 && !v->chosen)
            continue;
        v->column[kept] = v->column[k];
        width[kept++] = width[k];
    }
    v->count = kept;
}

/* TEXT in at most WIDTH columns, with an ellipsis for what is cut; it is OUT or stays as it is. */
static const char *cut(const char *text, size_t width, char out[CELL_MAX])
{
    static const char ellipsis[] = "\u2026";
    const char *s = text;
    mbstate_t state = {0};
    size_t used = 0, len = 0;
    if (text_width(text) <= width)
        return text;
    while (*s && used + 1 < width && (size_t)(s - text) < CELL_MAX - 16) {
        const char *from = s;
        used += character_width(&s, &state);
        len = used < width ? (size_t)(s - text) : (size_t)(from - text);
    }
    memmove(out, text, len);
    snprintf(out + len, CELL_MAX - len, "%s", MB_CUR_MAX > 1 ? ellipsis : "~");
    return out;
}

static bool add_line(struct libscols_table *table, const struct view *v,
                     const struct value row[VIEW_MAX], const size_t width[VIEW_MAX])
{
    char text[CELL_MAX];
    struct libscols_line *line = scols_table_new_line(table, NULL);
    for (size_t k = 0; line && k < v->count; k++)
        if (scols_line_set_data(line, k, cut(shown(v, k, &row[k], text), width[k], text)) != 0)
            return false;
    return line != NULL;
}

/* The order in which columns lose width, and the width that each of them keeps. */
enum loss { LOSS_ID, LOSS_OTHER, LOSS_NAME, LOSSES };
static const size_t kept_width[LOSSES] = {9, 8, 16};

static enum loss loss_of(const struct column *column)
{
    static const char *const names[] = {"name", "email", "username", "title", "label"};
    size_t len = strlen(column->field);
    if (strcmp(column->field, "id") == 0 ||
        (len > 3 && strcmp(column->field + len - 3, "_id") == 0))
        return LOSS_ID;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column->field, names[i]) == 0)
            return LOSS_NAME;
    return column->flags & COLUMN_SHORTEN ? LOSS_OTHER : LOSSES;
}

/* Takes from the columns what SCREEN columns do not hold, from the widest of each kind first. */
static void fit(const struct view *v, size_t width[VIEW_MAX], size_t screen)
{
    char title[TITLE_MAX];
    size_t total = v->count - 1;
    for (size_t k = 0; k < v->count; k++) {
        size_t least = strlen(column_title(v->column[k], title));
        width[k] = width[k] < least ? least : width[k];
        total += width[k];
    }
    for (enum loss loss = LOSS_ID; loss < LOSSES && total > screen;) {
        size_t widest = VIEW_MAX;
        for (size_t k = 0; k < v->count; k++)
            if (loss_of(v->column[k]) == loss && width[k] > kept_width[loss] &&
                (widest == VIEW_MAX || width[k] > width[widest]))
                widest = k;
        if (widest == VIEW_MAX) {
            loss++;
        } else {
            width[widest]--;
            total--;
        }
    }
}

static bool fill(struct libscols_table *table, const struct view *v,
                 const struct collection *records, const size_t width[VIEW_MAX])
{
    char title[TITLE_MAX];
    struct value row[VIEW_MAX];
    for (size_t k = 0; k < v->count; k++) {
        unsigned flags = v->column[k]->flags;
        int how = flags & COLUMN_SHORTEN ? SCOLS_FL_TRUNC : 0;
        how |= is_right(v->column[k]) ? SCOLS_FL_RIGHT : 0;
        if (!scols_table_new_column(table, column_title(v->column[k], title), 0, how))
            return false;
    }
    for (size_t i = 0; i < records->count; i++) {
        view_row(v, records, i, row);
        if (!add_line(table, v, row, width))
            return false;
    }
    return true;
}

/* For a terminal: cut to its width. */
static bool print_cut(const struct view *v, const struct collection *records,
                      size_t width[VIEW_MAX])
{
    struct libscols_table *table = scols_new_table();
    if (table)
        fit(v, width, scols_table_get_termwidth(table));
    bool done = table && fill(table, v, records, width);
    done = done && scols_table_enable_noheadings(table, !v->header) == 0;
    done = done && scols_print_table(table) == 0;
    scols_unref_table(table);
    return done;
}

static void put_blanks(size_t count)
{
    while (count-- > 0)
        putchar_unlocked(' ');
}

/* Cell K of a line: filled up to its width, to the left of numbers, but not at the line's end. */
static void put_cell(const struct view *v, size_t k, const char *text, size_t width)
{
    bool right = is_right(v->column[k]), last = k + 1 == v->count;
    size_t used = text_width(text), blanks = used < width ? width - used : 0;
    put_blanks(right ? blanks : 0);
    fputs_unlocked(text, stdout);
    put_blanks(right || last ? 0 : blanks);
    putchar_unlocked(last ? '\n' : ' ');
}

static void print_whole(const struct view *v, const struct collection *records,
                        size_t width[VIEW_MAX])
{
    char text[CELL_MAX];
    struct value row[VIEW_MAX];
    for (size_t k = 0; v->header && k < v->count; k++) {
        size_t title = strlen(column_title(v->column[k], text));
        width[k] = title > width[k] ? title : width[k];
    }
    for (size_t k = 0; v->header && k < v->count; k++)
        put_cell(v, k, column_title(v->column[k], text), width[k]);
    for (size_t i = 0; i < records->count; i++) {
        view_row(v, records, i, row);
        for (size_t k = 0; k < v->count; k++)
            put_cell(v, k, shown(v, k, &row[k], text), width[k]);
    }
}

bool print_table(const struct view *given, const struct collection *records)
{
    struct view v = *given;
    v.ages = isatty(STDOUT_FILENO) && !v.whole;
    size_t width[VIEW_MAX];
    measure(&v, records, width);
    prune(&v, width);
    if (records->count == 0 || v.count == 0)
        return true;
    if (isatty(STDOUT_FILENO) && !v.whole)
        return print_cut(&v, records, width);
    print_whole(&v, records, width);
    return true;
}

#include "orgadmin/nouns/people_text.h"

#include <string.h>

#include "orgadmin/output/width.h"

#define COLUMNS_MAX 64
#define BLANKS      " \t\r"

/* Cuts the line at *TEXT off and returns it; *TEXT goes behind it, and is NULL at the end. */
static char *take_line(char **text)
{
    char *line = *text;
    size_t len = strcspn(line, "\n");
    *text = line[len] ? line + len + 1 : NULL;
    line[len] = '\0';
    return line;
}

/* TEXT without the blanks around it. */
static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t len = strlen(text);
    while (len > 0 && strchr(BLANKS, text[len - 1]))
        text[--len] = '\0';
    return text;
}

/* --- an address a line --- */

/* Cuts what is behind a # that begins a word, but in quotes. False: a quote is not closed. */
static bool cut_comment(char *line)
{
    bool quoted = false;
    for (char *c = line; *c; c++) {
        if (*c == '"')
            quoted = !quoted;
        else if (quoted && *c == '\\' && c[1])
            c++;
        else if (!quoted && *c == '#' && (c == line || strchr(BLANKS, c[-1])))
            *c = '\0';
        if (*c == '\0')
            break;
    }
    return !quoted;
}

/* The angle at LINE's address, which stands behind a name: Ann <a@b.c> or "Ann, B" <a@b.c>. */
static char *find_angle(char *line)
{
    bool quoted = false;
    for (; *line && (quoted || *line != '<'); line++) {
        if (*line == '"')
            quoted = !quoted;
        else if (quoted && *line == '\\' && line[1])
            line++;
    }
    return *line ? line : NULL;
}

/* Cuts the first word of *LINE off, which goes behind it; NULL when there is none. */
static char *take_word(char **line, const char *end)
{
    char *word = *line + strspn(*line, BLANKS);
    size_t len = strcspn(word, end);
    *line = word[len] ? word + len + 1 : word + len;
    word[len] = '\0';
    return len ? word : NULL;
}

static void read_line(struct people_reading *r, size_t number, char *line)
{
    char *field[PERSON_FIELDS] = {NULL};
    if (!cut_comment(line)) {
        people_fault(r, number, "a quote is not closed");
        return;
    }
    char *angle = find_angle(line), *end = angle ? strchr(angle, '>') : NULL;
    if (line[strspn(line, BLANKS)] == '\0')
        return;
    if (angle && end)
        line = angle + 1;
    field[PERSON_EMAIL] = take_word(&line, end ? ">" : BLANKS);
    field[PERSON_ROLE] = take_word(&line, BLANKS);
    if (!field[PERSON_EMAIL] || !strchr(field[PERSON_EMAIL], '@'))
        people_fault(r, number, "it does not begin with an e-mail address");
    else if (angle && !end)
        people_fault(r, number, "the angle before the address is not closed");
    else if (line[strspn(line, BLANKS)] != '\0')
        people_fault(r, number, "there is more than an address and a role");
    else
        people_take(r, number, field);
}

void people_read_lines(struct people_reading *r, char *text)
{
    for (size_t number = 1; text; number++)
        read_line(r, number, take_line(&text));
}

/* --- CSV, RFC 4180 --- */

/* The cells of a header, as fields. */
struct header {
    enum person_field field[COLUMNS_MAX];
    size_t start[COLUMNS_MAX]; /* of a table: the column of the terminal */
    size_t count;
};

char people_csv_separator(const char *text)
{
    static const char separators[] = ",;\t";
    size_t line = strcspn(text, "\r\n");
    for (const char *s = separators; *s; s++)
        for (size_t at = 0; at < line;) {
            size_t len = 0;
            while (at + len < line && text[at + len] != *s)
                len++;
            bool quoted = len > 1 && text[at] == '"' && text[at + len - 1] == '"';
            if (person_field_of(text + at + quoted, len - 2 * quoted) == PERSON_EMAIL)
                return *s;
            at += len + 1;
        }
    return '\0';
}

/* Takes the quotes off the cell at TEXT, which has one in front, and returns the place behind it;
 * NULL when it is not closed. Lines in it are counted in *LINES. */
static char *unquote(char *text, size_t *lines)
{
    char *from = text + 1, *to = text;
    for (; *from; from++) {
        if (*from == '"' && from[1] != '"')
            break;
        from += *from == '"';
        *lines += *from == '\n';
        *to++ = *from;
    }
    char *behind = *from ? from + 1 : NULL;
    *to = '\0';
    return behind;
}

/* Cuts the cell at *TEXT off. *MORE: another one of the row follows. NULL: a quote is not closed.
 */
static char *take_cell(char **text, char separator, size_t *lines, bool *more)
{
    const char ends[] = {separator, '\n', '\0'};
    char *cell = *text + strspn(*text, " "), *behind = cell;
    if (*cell == '"' && (behind = unquote(cell, lines)) == NULL)
        return NULL;
    char *end = behind + strcspn(behind, ends);
    *more = *end == separator;
    *text = *end ? end + 1 : end;
    *end = '\0';
    cell = trim(cell);
    /* as orgadmin's own CSV has it, for spreadsheets */
    return *cell == '\'' && cell[1] && strchr("=+-@", cell[1]) ? cell + 1 : cell;
}

/* Cuts the row at *TEXT into CELLS. False: a quote is not closed, or there are too many. */
static bool take_row(char **text, char separator, size_t *lines, char *cells[COLUMNS_MAX],
                     size_t *count)
{
    bool more = true;
    for (*count = 0; more && *count < COLUMNS_MAX; ++*count)
        if ((cells[*count] = take_cell(text, separator, lines, &more)) == NULL)
            return false;
    ++*lines;
    return !more;
}

void people_read_csv(struct people_reading *r, char *text, char separator)
{
    char *cells[COLUMNS_MAX];
    size_t count, lines = 0;
    struct header h = {.count = 0};
    if (!take_row(&text, separator, &lines, cells, &h.count)) {
        people_fault(r, 1, "the header has more than 64 cells, or a quote is not closed");
        return;
    }
    for (size_t k = 0; k < h.count; k++)
        h.field[k] = person_field_of(cells[k], strlen(cells[k]));
    while (*text) {
        size_t number = lines + 1;
        char *field[PERSON_FIELDS] = {NULL};
        if (!take_row(&text, separator, &lines, cells, &count)) {
            people_fault(r, number, "a quote is not closed, or there are more than 64 cells");
            return;
        }
        for (size_t k = 0; k < count && k < h.count; k++)
            if (h.field[k] != PERSON_FIELDS)
                field[h.field[k]] = cells[k];
        if (count > h.count)
            people_fault(r, number, "it has more cells than the header");
        else if (count > 1 || *cells[0])
            people_take(r, number, field);
    }
}

/* --- our own tables --- */

bool people_is_table(const char *text)
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    bool email = false;
    size_t line = strcspn(text, "\r\n");
    for (size_t at = 0; at < line;) {
        size_t len = strspn(text + at, capitals);
        if (at + len < line && text[at + len] != ' ')
            return false;
        email = email || person_field_of(text + at, len) == PERSON_EMAIL;
        at += len + 1;
    }
    return email;
}

/* The places of the titles in LINE. */
static void read_titles(const char *line, struct header *h)
{
    for (size_t at = strspn(line, " "); line[at] && h->count < COLUMNS_MAX;) {
        size_t len = strcspn(line + at, BLANKS);
        h->field[h->count] = person_field_of(line + at, len);
        h->start[h->count++] = at;
        at += len;
        at += strspn(line + at, BLANKS);
    }
}

/* The place in LINE that is WIDTH columns from its beginning, or its end; NULL when no column
 * begins there. */
static char *place_at(char *line, size_t width)
{
    const char *at = line;
    mbstate_t state = {0};
    for (size_t used = 0; *at && used < width;)
        used += character_width(&at, &state);
    char *place = line + (at - line);
    return width == 0 || *place == '\0' || place[-1] == ' ' ? place : NULL;
}

static void read_cells(struct people_reading *r, const struct header *h, size_t number, char *line)
{
    char *field[PERSON_FIELDS] = {NULL}, *cell[COLUMNS_MAX];
    for (size_t k = 0; k < h->count; k++)
        if ((cell[k] = place_at(line, h->start[k])) == NULL) {
            people_fault(r, number, "its columns are not below the titles: list with -o csv");
            return;
        }
    for (size_t k = 1; k < h->count; k++)
        if (*cell[k])
            *(cell[k] - 1) = '\0';
    for (size_t k = 0; k < h->count; k++)
        if (h->field[k] != PERSON_FIELDS)
            field[h->field[k]] = trim(cell[k]);
    people_take(r, number, field);
}

void people_read_table(struct people_reading *r, char *text)
{
    struct header h = {.count = 0};
    read_titles(take_line(&text), &h);
    for (size_t number = 2; text; number++) {
        char *line = take_line(&text);
        line[strcspn(line, "\r")] = '\0';
        if (*line)
            read_cells(r, &h, number, line);
    }
}

#include "orgadmin/nouns/people_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"

/* The text of RECORD's NAME; a list of texts becomes one text. NULL: there is none, or it has a
 * wrong type (*FAULT). */
static char *text_of(cJSON *record, const char *name, const char **fault)
{
    cJSON *value = cJSON_GetObjectItemCaseSensitive(record, name);
    char *text = NULL;
    size_t size;
    FILE *joined = cJSON_IsArray(value) ? open_memstream(&text, &size) : NULL;
    if (cJSON_IsString(value))
        return value->valuestring;
    if (value && !cJSON_IsArray(value) && !cJSON_IsNull(value))
        *fault = "a field has a wrong type";
    if (!joined)
        return NULL;
    for (const cJSON *item = value->child; item; item = item->next) {
        if (!cJSON_IsString(item))
            *fault = "a list has something else than texts";
        fprintf(joined, "%s,", cJSON_IsString(item) ? item->valuestring : "");
    }
    cJSON *kept =
        fclose(joined) == 0 ? cJSON_AddStringToObject(record, "joined words", text) : NULL;
    free(text);
    if (!kept)
        *fault = "out of memory";
    return kept ? kept->valuestring : NULL;
}

static void take_record(struct people_reading *r, size_t number, cJSON *record)
{
    const char *fault = cJSON_IsObject(record) ? NULL : "it is no object";
    char *field[PERSON_FIELDS] = {NULL};
    for (cJSON *member = fault ? NULL : record->child, *next; member && !fault; member = next) {
        next = member->next; /* text_of adds others behind it */
        enum person_field f = person_field_of(member->string, strlen(member->string));
        if (f != PERSON_FIELDS)
            field[f] = text_of(record, member->string, &fault);
    }
    if (fault)
        people_fault(r, number, fault);
    else
        people_take(r, number, field);
}

/* Takes what VALUE, which was read, has. Returns how many records that were. */
static size_t take_value(struct people_reading *r, size_t number, cJSON *value)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(value, "members");
    size_t count = 0;
    if (!cJSON_IsArray(list) && !cJSON_IsArray(value)) {
        take_record(r, number, value);
        return 1;
    }
    for (cJSON *one = list ? list->child : value->child; one; one = one->next)
        take_record(r, number + count++, one);
    return count;
}

/* Reads the LEN bytes at TEXT, which are kept. Returns NULL with a complaint in WHY. */
static cJSON *keep(struct people *p, const char *text, size_t len, char why[JSON_WHY_MAX])
{
    cJSON *value = json_parse(text, len, why);
    if (!p->records)
        p->records = cJSON_CreateArray();
    if (value && cJSON_AddItemToArray(p->records, value))
        return value;
    cJSON_Delete(value);
    return NULL;
}

void people_read_json(struct people_reading *r, char *text)
{
    char why[JSON_WHY_MAX] = "out of memory";
    text += strspn(text, " \t\r\n");
    char *line = text, *end = line + strcspn(line, "\n");
    char kept = *end;
    *end = '\0'; /* json_parse wants a NUL behind */
    cJSON *first = json_parse(line, (size_t)(end - line), why);
    *end = kept;
    bool lines = first != NULL;
    cJSON_Delete(first);
    for (size_t number = 1; *line; line = *end ? end + 1 : end) {
        end = lines ? line + strcspn(line, "\n") : line + strlen(line);
        kept = *end;
        *end = '\0';
        bool empty = line[strspn(line, " \t\r")] == '\0';
        cJSON *value = empty ? NULL : keep(r->to, line, (size_t)(end - line), why);
        *end = kept;
        if (value)
            number += take_value(r, number, value);
        else if (!empty)
            people_fault(r, number++, why);
    }
}

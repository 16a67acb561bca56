/*
 * Records kept compactly: 100 000 members are 20 MB, as cJSON they would be 140 MB. A record is
 * flat, as the provider contract says: its values are strings, integers, switches and lists of
 * strings; and a member's ssh keys.
 */
#ifndef ORGADMIN_OUTPUT_COLLECTION_H
#define ORGADMIN_OUTPUT_COLLECTION_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDS_MAX 1000000

/* Begins as {0}; what is in it is freed by collection_free. */
struct collection {
    char *data;
    size_t used, size;
    size_t *place; /* where in DATA each record begins, in the order to be shown */
    size_t count, places;
};

enum value_kind {
    VALUE_TEXT = 't',
    VALUE_NUMBER = 'n',
    VALUE_SWITCH = 's',
    VALUE_LIST = 'l',
    VALUE_JSON = 'j',   /* its text is JSON as it is to be printed */
    VALUE_OBJECTS = 'o' /* each is OBJECT_FIELDS texts, "" where it lacks one */
};

/* The fields of the objects in a member of a record: of "keys" type, blob and expiresAt, of "teams"
 * id, slug, name and parent. The others are "". */
#define OBJECT_FIELDS 4
typedef const char *const object_fields[OBJECT_FIELDS];

/* One member of a record. Texts are the collection's. */
struct value {
    const char *field;
    enum value_kind kind;
    const char *text; /* VALUE_TEXT, VALUE_JSON; the first of a list or of objects, behind whose NUL
                         the next begins */
    int64_t number;   /* VALUE_NUMBER; VALUE_SWITCH: 0 or 1; lists and objects: how many */
    const object_fields *fields; /* of objects */
};

/* Adds RECORD, an object; what in it is no such value is left out. False: out of memory, or there
 * are RECORDS_MAX. */
bool collection_add(struct collection *c, const cJSON *record);

/* The same as a provider_sink, for which ARG is the collection. */
int collection_sink(void *arg, const cJSON *record);

void collection_free(struct collection *c);

/*
 * Goes through the members of record I: *AT begins as 0. False when there are no more.
 * Returned texts stay valid until the next collection_add.
 */
bool collection_next(const struct collection *c, size_t i, size_t *at, struct value *value);

/* Fills *VALUE with FIELD of record I; false when it has none. */
bool collection_value(const struct collection *c, size_t i, const char *field, struct value *value);

#endif

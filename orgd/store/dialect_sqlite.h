/* What only SQLite writes like this, for statements.h; dialect_postgresql.h has the same names. */
#ifndef ORGD_STORE_DIALECT_H
#define ORGD_STORE_DIALECT_H

#include <stddef.h>

#define STATEMENTS statement_sql

#define SQL_BEGIN_READ   "BEGIN"
#define SQL_BEGIN_CHANGE "BEGIN IMMEDIATE"
#define SQL_DATA_VERSION "PRAGMA data_version"
#define SQL_EVENT_LATEST "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'"
/* The whole file is locked. */
#define SQL_LOCK_ORGANIZATION NULL
#define SQL_LOCK_REST         NULL
/* There is one server. */
#define SQL_TELL   NULL
#define SQL_NOTIFY NULL
/* A commit has an answer. */
#define SQL_OUTCOME_ADD   NULL
#define SQL_OUTCOME_CLAIM NULL

/* A statement costs no round trip: it is run for each place (each.c), which it takes instead of the
 * arrays. */
#define PLACE_ID                      "?1"
#define PLACE_SINCE                   "?2"
#define SQL_EACH(select, order)       select
#define SQL_EACH_SINCE(select, order) select

/* The greater and the lesser of two numbers that are not NULL. */
#define GREATER(a, b) "max(" a ", " b ")"
#define LESSER(a, b)  "min(" a ", " b ")"
/* Whether CONDITION holds for one of a group's rows. */
#define ANY(condition) "max(" condition ")"
/* TEXT without regard to the case of ASCII letters: on both sides of a comparison. */
#define NOCASE(text) text " COLLATE NOCASE"
/* TEXT up to the first END. */
#define BEFORE(text, end) "substr(" text ", 1, instr(" text ", '" end "') - 1)"
#define INDEXED_BY(index) " INDEXED BY " index
/* JSON of three members whose values are texts or NULL; and an array of the rows' values. */
#define JSON_OBJECT(name, value, name2, value2, name3, value3)                                     \
    "json_object('" name "', " value ", '" name2 "', " value2 ", '" name3 "', " value3 ")"
#define JSON_ARRAY(value) "json_group_array(" value ")"
/* Milliseconds as RFC 3339 has them, without a fraction. */
#define JSON_TIME(ms) "strftime('%Y-%m-%dT%H:%M:%SZ', " ms " / 1000, 'unixepoch')"

#endif

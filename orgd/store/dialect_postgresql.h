/* What only PostgreSQL writes like this, for statements.h; dialect_sqlite.h has the same names, and
 * says what they mean. */
#ifndef ORGD_STORE_DIALECT_H
#define ORGD_STORE_DIALECT_H

#include <stddef.h>

#include "orgd/store/postgresql_link.h"

#define STATEMENTS statement_postgresql

#define SQL_BEGIN_READ        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#define SQL_BEGIN_CHANGE      "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
#define SQL_DATA_VERSION      NULL
#define SQL_EVENT_LATEST      "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_id_seq"
#define SQL_LOCK_ORGANIZATION "SELECT 1 FROM organizations WHERE id = ?1 FOR NO KEY UPDATE"
/* What begins without an organization, users for example, is changed by one at a time. */
#define SQL_LOCK_REST "SELECT pg_advisory_xact_lock(" POSTGRESQL_LOCKS ", 1)"

#define SQL_TELL   "INSERT INTO changes (what, news, server) VALUES (?1, ?2, ?3)"
#define SQL_NOTIFY "SELECT set_config('synchronous_commit', 'off', true), pg_notify('orgd', '')"

#define SQL_OUTCOME_ADD "INSERT INTO outcomes (key) VALUES (?1)"
/* Whether the key was there. */
#define SQL_OUTCOME_CLAIM                                                                          \
    "INSERT INTO outcomes (key) VALUES (?1) ON CONFLICT (key) DO UPDATE SET at = now()"            \
    " RETURNING xmax <> 0"

/*
 * What SELECT answers for each organization PLACE_ID of the array ?1 (with PLACE_SINCE of the array
 * ?2), behind the number of its place from 1, and ordered by ORDER in each place. With LATERAL and
 * a LIMIT in it each place is looked up by an index; a plain join reads whole tables.
 */
#define PLACE_ID                "place.organization COLLATE \"C\""
#define PLACE_SINCE             "place.since"
#define SQL_EACH(select, order) SQL_OF_PLACES("unnest(?1::text[])", "organization", select, order)
#define SQL_EACH_SINCE(select, order)                                                              \
    SQL_OF_PLACES("unnest(?1::text[], ?2::bigint[])", "organization, since", select, order)
#define SQL_OF_PLACES(places, columns, select, order)                                              \
    "SELECT place.number, x.* FROM " places " WITH ORDINALITY place(" columns                      \
    ", number) CROSS JOIN LATERAL (" select ") x ORDER BY place.number" order

#define GREATER(a, b)     "greatest(" a ", " b ")"
#define LESSER(a, b)      "least(" a ", " b ")"
#define ANY(condition)    "bool_or(" condition ")"
#define NOCASE(text)      "lower((" text ")::text COLLATE \"C\")"
#define BEFORE(text, end) "split_part(" text ", '" end "', 1)"
#define INDEXED_BY(index) ""
#define JSON_TEXT(value)  "coalesce(to_json((" value ")::text)::text, 'null')"
#define JSON_OBJECT(name, value, name2, value2, name3, value3)                                     \
    "'{\"" name "\":' || " JSON_TEXT(value) " || ',\"" name2 "\":' || " JSON_TEXT(                 \
        value2) " || ',\"" name3 "\":' || " JSON_TEXT(value3) " || '}'"
#define JSON_ARRAY(value) "coalesce('[' || string_agg(" value ", ',') || ']', '[]')"
#define JSON_TIME(ms)                                                                              \
    "to_char(to_timestamp(" ms " / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

#endif

/* The tables in PostgreSQL: those of schema.h, whose text is translated. */
#ifndef ORGD_STORE_POSTGRESQL_SCHEMA_H
#define ORGD_STORE_POSTGRESQL_SCHEMA_H

#include <libpq-fe.h>
#include <stdbool.h>

/* Makes the tables in an empty database, if MAKE, and sees that they are of this version. One
 * server at a time does so. False after one line on stderr. */
bool postgresql_schema(PGconn *conn, const char *name, bool make);

/* True if the tables are of this version, or of a newer one that says that it is compatible with
 * this: then servers of both run side by side. False after link_lost. Asked of each connection. */
bool postgresql_current(PGconn *conn, const char *name);

/* A server shares the database with others, for as long as the session lasts; a copy has it alone.
 * False when somebody else's use excludes that. */
bool postgresql_share(PGconn *conn);
bool postgresql_claim(PGconn *conn);

#endif

/* The statements of sql.c, as PostgreSQL takes them. */
#define POSTGRESQL
#include "orgd/store/sql.c"

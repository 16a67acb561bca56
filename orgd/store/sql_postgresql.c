/* The statements as PostgreSQL takes them. */
#include "orgd/store/dialect_postgresql.h"
#include "orgd/store/statements.h"

/* The statements as SQLite takes them. */
#include "orgd/store/dialect_sqlite.h"
#include "orgd/store/statements.h"

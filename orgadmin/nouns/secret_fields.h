/* Fields of an operation that are secrets: they come from a file, never from the command line. */
#ifndef ORGADMIN_NOUNS_SECRET_FIELDS_H
#define ORGADMIN_NOUNS_SECRET_FIELDS_H

#include "orgadmin/remote/connection.h"

/*
 * Adds the lines FIELD=VALUE of FILE ("-" is standard input), which nobody else may be able to
 * read, to ARGS, whose values stay in TEXT. EXIT_DONE; or EXIT_USAGE or EXIT_SETUP after a
 * complaint about a line whose field is no secret that OP takes. No word of FILE is in a complaint.
 */
enum exit_status secret_fields_read(const struct connection *c, enum provider_op op,
                                    const char *file, struct args *args,
                                    char text[SECRET_FILE_MAX]);

#endif

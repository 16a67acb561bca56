/* Secrets come from files, standard input or a terminal, never from the command line. */
#ifndef ORGADMIN_REMOTE_CREDENTIAL_H
#define ORGADMIN_REMOTE_CREDENTIAL_H

#include "common/name.h"
#include "orgadmin/say.h"

#define SECRET_MAX (TOKEN_MAX_LEN + 1)

/*
 * Reads one line of printable ASCII from FILE ("-" is standard input), which nobody else may be
 * able to read; with FILE NULL from the terminal without echo, after PROMPT. EXIT_DONE; or
 * EXIT_USAGE or EXIT_SETUP after a complaint.
 */
enum exit_status secret_read(const char *file, const char *prompt, char out[SECRET_MAX]);

/* The same from the terminal, where Enter alone is no secret: OUT is "" then. */
enum exit_status secret_ask(const char *prompt, char out[SECRET_MAX]);

/* The same with TEXT, which FROM, such as a variable of the environment, has. */
enum exit_status secret_take(const char *from, const char *text, char out[SECRET_MAX]);

/* Reads the whole of FILE, as above, whatever lines it has. */
#define SECRET_FILE_MAX (8 * SECRET_MAX)
enum exit_status secret_read_lines(const char *file, char out[SECRET_FILE_MAX]);

#endif

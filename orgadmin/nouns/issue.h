/* Handing out a secret that the API shows only once: an invitation's token, an API token. */
#ifndef ORGADMIN_NOUNS_ISSUE_H
#define ORGADMIN_NOUNS_ISSUE_H

#include "api/provider.h"
#include "orgadmin/invocation.h"
#include "orgadmin/remote/connection.h"

/*
 * Runs OP in the chosen organization C and hands out the record's FIELD: into the file of --out
 * (mode 0600), whose place is made sure of before anything is asked for; else on standard output,
 * alone, or in the whole record when a format or columns are asked for. With --out what is left of
 * the record, without any secret, is printed when a format or columns are asked for. An API that
 * tells no such secret is no failure. RECORD, if not NULL, gets a copy that the caller deletes, or
 * NULL when there is no record.
 */
enum exit_status issue(const struct invocation *inv, struct connection *c, enum provider_op op,
                       const struct provider_arg *args, const char *field, cJSON **record);

/* The place of the secret: "in FILE", or "shown only now". Returns OUT. */
#define PLACE_MAX 512
const char *issue_place(const struct invocation *inv, char out[PLACE_MAX]);

/* Tells that EMAIL is invited, and what is to be done with the token if RECORD has one. */
void invitation_note(const struct invocation *inv, const struct connection *c, const char *email,
                     const cJSON *record);

/* Begins the file of --out, if that is given. EXIT_DONE; EXIT_USAGE after a complaint, also when
 * something stands there: a secret is never overwritten. */
enum exit_status issue_begin(const struct invocation *inv, struct private_file *file);

/* Puts SECRET, alone on its line, in the place of FILE, which was begun. EXIT_DONE; EXIT_SETUP
 * after a complaint. */
enum exit_status issue_write(struct private_file *file, const char *secret);

/* Hands out the secret FIELD of RECORD, which was made just now, as issue does; FILE was begun for
 * --out. */
enum exit_status issue_made(const struct invocation *inv, struct private_file *file, cJSON *record,
                            const char *field);

/* Hands out the tokens of the invitations RECORDS: into FILE, which was begun for --out, as lines
 * of address and token; else with the records, whose secrets are left out otherwise. */
enum exit_status issue_many(const struct invocation *inv, struct private_file *file,
                            cJSON *records);

/* Puts TEXT, LEN bytes, in the place of FILE, which was begun; TEXT (NULL: memory lacked) is wiped
 * and freed. EXIT_DONE; EXIT_SETUP after a complaint. */
enum exit_status issue_text(struct private_file *file, char *text, size_t len);

/* Takes the secrets out of RECORD. */
void issue_strip(cJSON *record);

#endif

/* What orgadmin remembers between two runs: $XDG_CONFIG_HOME/orgadmin/context.json, mode 0600. */
#ifndef ORGADMIN_CONTEXT_H
#define ORGADMIN_CONTEXT_H

#include "orgadmin/command.h"
#include "orgadmin/private_file.h"
#include "orgadmin/secret.h"

#define CONTEXT_TEXT_MAX 1100 /* RECORD_TEXT_MAX fits */

struct context {
    char provider[32];
    char url[CONTEXT_TEXT_MAX]; /* "" when nobody is logged in */
    char token[SECRET_MAX];
    char ca_file[CONTEXT_TEXT_MAX];
    char org_id[CONTEXT_TEXT_MAX]; /* "" when no organization is chosen */
    char org_name[CONTEXT_TEXT_MAX];
};

/* Fills *C, with empty strings when nothing is stored. EXIT_DONE, or EXIT_SETUP after a complaint
 * (unreadable, untrusted or damaged). */
enum exit_status context_load(struct context *c);

/* Makes the place for it (directories, mode 0700); to be followed by context_save or
 * private_file_abandon. EXIT_DONE, or EXIT_SETUP after a complaint. */
enum exit_status context_begin(struct private_file *f);
enum exit_status context_save(struct private_file *f, const struct context *c);

#endif

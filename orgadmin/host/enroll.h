/* host enroll: what its files share. */
#ifndef ORGADMIN_HOST_ENROLL_H
#define ORGADMIN_HOST_ENROLL_H

#include <stdio.h>

#include "orgadmin/host/host_config.h"
#include "orgadmin/remote/connection.h"
#include "orgadmin/remote/private_file.h"

struct enrollment {
    const struct invocation *inv;
    struct connection c;               /* as whom it is done */
    char name[NAME_MAX_LEN + 1];       /* this machine's word for the organization */
    bool configured;                   /* there is an orglogin.conf */
    struct host_config config;         /* what is in it */
    const struct host_org *org;        /* in it: this very organization, or NULL */
    char token_path[PRIVATE_PATH_MAX]; /* "" when the provider wants no token */
    char token[SECRET_MAX];            /* what goes there; "" when the file stays as it is */
    char token_key[CONTEXT_TEXT_MAX]; /* its public half when it was made now, for taking it back */
    bool admins;                      /* the API has the roles owner and admin */
};

/* Writes an organization of orglogin.conf(5), each line behind INDENT. */
void enroll_write_org(const struct enrollment *e, FILE *f, const char *indent);

/* The beginning of the entry of sudo in it, which gives nobody anything yet. */
#define ENROLL_SUDO     "sudo = "
#define ENROLL_SUDO_OFF "# " ENROLL_SUDO

/* Writes a whole orglogin.conf(5) with it. */
void enroll_write_config(const struct enrollment *e, FILE *f);

/* Prints what is left to be done here by a person, as a shell script; what needs a look or a hand
 * is a remark in it. */
void enroll_print_steps(const struct enrollment *e);

#endif

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
    bool resumed;                      /* it goes on from what another one has left (kept.h) */
    bool stays;                        /* what was done is not undone at the end */
    bool switching;                    /* the machine's own files are being changed */
    bool held;                         /* interrupts wait for the token to be stored */
    struct host_config config;         /* what is in it */
    const struct host_org *org;        /* in it: this very organization, or NULL */
    char token_path[PRIVATE_PATH_MAX]; /* "" when the provider wants no token */
    char token[SECRET_MAX];            /* what goes there; "" when the file stays as it is */
    char token_key[CONTEXT_TEXT_MAX]; /* its public half when it was made now, for taking it back */
    uint32_t first, last;             /* the range of its fleet, 0 = it is not told */
    char placement[20];               /* of its fleet, or "" */
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

/* Connects with what the code of --code gives: a token of the machine's own, and the certificates
 * to verify the server with, which are written beside orglogin.conf. */
enum exit_status enroll_by_code(struct enrollment *e);

/* Connects as orglogin.conf says, to the organization of --name or the only one in it. */
enum exit_status enroll_as_configured(struct enrollment *e);

/* Reads orglogin.conf, and chooses the name of the organization that is connected to. */
enum exit_status enroll_choose_name(struct enrollment *e);

/* True if the machine is one that enroll_switch knows, and has a way in beside it; else it has
 * complained. Asks nobody, and changes nothing. */
enum exit_status enroll_ready(const struct invocation *inv);

/* Asks, and switches everything on. The caller has begun the journal, and undoes by it what fails.
 */
enum exit_status enroll_switch(struct enrollment *e);

#endif

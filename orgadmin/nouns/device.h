/* Signing in without a token: a person approves it in a browser (RFC 8628). */
#ifndef ORGADMIN_NOUNS_DEVICE_H
#define ORGADMIN_NOUNS_DEVICE_H

#include "orgadmin/remote/connection.h"

/*
 * Shows the code and where to enter it, and waits for the approval. EXIT_DONE: the token is in C,
 * which is connected with it, and signals are held back (interrupt_release) until the caller has
 * stored it; otherwise it has complained.
 */
enum exit_status device_sign_in(struct connection *c);

/* Gives the token in C back: it was not stored. */
void device_sign_out(struct connection *c);

#endif

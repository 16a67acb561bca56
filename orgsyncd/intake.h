/*
 * Takes the messages of the fetchers (pipe.h): collects them into answers, merges complete answers
 * into the rosters, and hands the result to the publisher and to the clients that wait for it. One
 * thread. Functions that return an int return 0, or -1 when the fetcher has closed its pipe or
 * something cannot be kept (memory, disk, ledger); the keeper is then to end.
 */
#ifndef ORGSYNCD_INTAKE_H
#define ORGSYNCD_INTAKE_H

#include <stddef.h>

#include "orgsyncd/confirm_server.h"
#include "orgsyncd/organization.h"
#include "orgsyncd/publish.h"
#include "orgsyncd/sessions.h"

/* All are borrowed, and set by the caller. */
struct intake {
    struct organizations *orgs;
    struct publisher *publisher;
    struct confirm_server *server;
    struct sessions *sessions;
};

/* True while an answer of O is being merged: intake_merge is to be called, and no message is read.
 */
bool intake_is_merging(const struct org_state *o);

/* Merges a slice of the answer, so that a large answer does not delay the other organizations. */
int intake_merge(struct intake *in, struct org_state *o);

/* Takes the messages that lie in the pipe of O, up to a number of them or to an answer that is
 * merged in more than one slice. Does not block. */
int intake_read(struct intake *in, struct org_state *o);

/* Takes one message of SIZE bytes. Anything that pipe.h does not allow is ignored. */
int intake_take(struct intake *in, struct org_state *o, const void *message, size_t size);

/* O could not be reached because of TEXT; clients that wait for it get that answer. */
void intake_fail(struct intake *in, struct org_state *o, const char *text);

#endif

/*
 * The replies of members/changes, looked up for the polls that wait for them. Any thread may look,
 * with a store of its own; a reply's holders are the business of one thread.
 */
#ifndef ORGD_ENDPOINTS_LOOK_H
#define ORGD_ENDPOINTS_LOOK_H

#include "orgd/endpoints/member_list.h"

/* A rule of the organization, as JSON for the machines that have LABELS. */
struct told_rule {
    char labels[MACHINE_LABELS_SIZE];
    char json[3 * ACCESS_SERVICES_SIZE];
};

/* A reply of members/changes. All polls that know the same get the same, but for its end. */
struct reply {
    unsigned holders;
    char organization[ID_SIZE];
    int64_t since, revision; /* the latter of the organization */
    bool more;               /* the reply does not go up to it */
    bool mirrored;           /* the organization is */
    struct buffer text;      /* empty: the store failed; reply_end has what it lacks */
    bool narrowed;           /* the organization has access rules: */
    struct buffer rules;     /* of struct told_rule */
    int64_t access_revision; /* the latest change of those, or of a machine's labels */
    struct buffer users;     /* of struct changed_user, by id: those who were changed lately */
};

/* Frees REPLY, which may be NULL, with its last holder. */
void reply_release(struct reply *reply);

/* Adds to OUT the end of REPLY's text that is POLL's alone, if it has one: the rules that concern
 * its machine, and the age of the source. */
void reply_end(const struct reply *reply, const struct poll *poll, struct buffer *out);

/* True when the changes that REPLY tells may have taken from POLL's caller what let him ask, or
 * changed the machine's labels. */
bool reply_concerns(const struct reply *reply, const struct poll *poll);

#define LOOK_MOST 8

/* What several polls of one organization are told. */
struct look {
    char organization[ID_SIZE];
    int64_t let_in; /* the lowest of their callers' poll.revision */
    size_t count;
    int64_t since[LOOK_MOST];
    /* Filled by looks_run. Each reply has one holder, and is to be released. */
    struct reply *replies[LOOK_MOST];
    bool there;       /* else the organization is gone, or the store failed */
    bool away;        /* the store cannot be reached now */
    bool alone;       /* there is too much of it: nothing was looked up, it must be run alone */
    int64_t revision; /* the organization's */
};

/* Looks all of them up at once, in one transaction of a few statements (store_each_change). Of each
 * at most a hundred members are told; of one that is run alone a whole page. */
void looks_run(struct store *store, struct look *const *looks, size_t count);

#endif

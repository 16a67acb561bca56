/*
 * Listings of members that go on after their request was dispatched: the pieces of a long
 * members/list, and the replies of members/changes. Any thread may call these with a store of its
 * own; a reply's holders are the business of one thread.
 */
#ifndef ORGD_ENDPOINTS_LISTING_H
#define ORGD_ENDPOINTS_LISTING_H

#include "orgd/endpoints/call.h"

/* A user whose membership was changed in the revision. */
struct changed_user {
    char id[ID_SIZE];
    int64_t revision;
};

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
    struct buffer text;      /* empty: the store failed; reply_end has its end */
    bool narrowed;           /* the organization has access rules: */
    struct buffer rules;     /* of struct told_rule */
    int64_t access_revision; /* the latest change of those, or of a machine's labels */
    struct buffer users;     /* of struct changed_user, by id: those who were changed lately */
};

/* Frees REPLY, which may be NULL, with its last holder. */
void reply_release(struct reply *reply);

/* Adds the end of REPLY's text to OUT: the rules that concern POLL's machine. */
void reply_end(const struct reply *reply, const struct poll *poll, struct buffer *out);

/* True when the changes that REPLY tells may have taken from POLL's caller what let him ask, or
 * changed the machine's labels. */
bool reply_concerns(const struct reply *reply, const struct poll *poll);

#define LOOK_MOST 8

/* What several polls of one organization are told, looked up at once. */
struct look {
    char organization[ID_SIZE];
    int64_t let_in; /* the lowest of their callers' poll.revision */
    size_t count;
    int64_t since[LOOK_MOST];
    /* Filled by look_run. Each reply has one holder, and is to be released. */
    struct reply *replies[LOOK_MOST];
    bool there;       /* else the organization is gone, or the store failed */
    bool away;        /* the store cannot be reached now */
    int64_t revision; /* the organization's */
};
void look_run(struct store *store, struct look *look);

/* Finds out whether POLL's caller may still ask, and which labels his machine has; the store's end
 * of it. */
enum store_end poll_allowed(struct store *store, struct poll *poll, bool *may);

/* Writes what POLL is told whose caller may not. */
void poll_ended(const struct poll *poll, struct buffer *out);

/*
 * Writes the next piece of a members/list into REPLY and moves POLL->after; *END when it was the
 * last. False when the caller is not let in any more, or the store failed.
 */
bool member_list_again(struct store *store, struct poll *poll, struct buffer *reply, bool *end);

#endif

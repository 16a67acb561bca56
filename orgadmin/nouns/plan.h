/* The difference between an organization and a file with its state, as steps. */
#ifndef ORGADMIN_NOUNS_PLAN_H
#define ORGADMIN_NOUNS_PLAN_H

#include "orgadmin/nouns/state.h"

/* In the order in which they are done: nothing is taken away before everything is given. */
enum step_kind {
    STEP_ROLE_CREATE,
    STEP_ROLE_EDIT,
    STEP_PROMOTE, /* to the role without which nobody could go on */
    STEP_ADD,
    STEP_INVITE_AGAIN, /* with other rights */
    STEP_RIGHTS,
    STEP_RESUME,
    STEP_REVOKE, /* an invitation; from here on something is taken away */
    STEP_SUSPEND,
    STEP_DEMOTE,
    STEP_TERM, /* a role for a while, behind whatever becomes of the one without an end */
    STEP_REMOVE,
    STEP_ROLE_REMOVE
};

enum step_end { STEP_WAITS, STEP_DONE, STEP_FAILED };

struct step {
    enum step_kind kind;
    bool own;         /* of the caller: after it there may be no other one */
    const char *name; /* the person's address or id, or the role */
    const char *id;   /* the member's or the invitation's, "" for none */
    const char *username;
    const char *until;         /* when ROLES ends, NULL: it does not */
    char *was;                 /* roles and permissions before */
    char *roles, *permissions; /* "a,b"; NULL: as they are */
    enum step_end end;
};

/* Begins as {0}; plan_free frees what is in it. Its texts are those of the two states, too. */
struct plan {
    struct step *step; /* in their order */
    size_t count, size;
    size_t unlisted; /* what is there, not in the file, and stays */
};

/* What a plan is made of. */
struct plan_input {
    struct connection *c;
    const char *from;        /* the file */
    const cJSON *now, *then; /* the state of the organization, and the wanted one */
    const cJSON *me;         /* the caller's user, or NULL */
    bool prune;              /* what is not in the file goes */
};

/* Fills *PLAN. EXIT_DONE; else the status of complaints: the file wants what the API cannot do, or
 * what would leave nobody who could undo it. Sends no change. */
enum exit_status plan_make(const struct plan_input *input, struct plan *plan);

/* STEP for a person, in OUT, which is returned: "~ bob@b.c: member -> admin". */
#define STEP_TEXT_MAX 1024
const char *step_text(const struct step *step, char out[STEP_TEXT_MAX]);

void plan_free(struct plan *plan);

#endif

/* The handlers of the endpoints, one file per noun; dispatch.c has the table, call.h their
 * contract. */
#ifndef ORGD_ENDPOINTS_ENDPOINTS_H
#define ORGD_ENDPOINTS_ENDPOINTS_H

#include "orgd/endpoints/call.h"

/* organizations.c */
void organization_create(struct call *call);
void organization_get(struct call *call);
void organization_list(struct call *call);
void organization_update(struct call *call);
void organization_delete(struct call *call);

/* roles.c */
void role_list(struct call *call);
void role_set(struct call *call);
void role_remove(struct call *call);

/* members.c */
void member_list(struct call *call);
void member_set_role(struct call *call);
void member_suspend(struct call *call);
void member_resume(struct call *call);
void member_remove(struct call *call);
void member_changes(struct call *call);

/*
 * The answer to a held members/changes. Polls that wait for the same share one, for a change of a
 * role can concern many members, and many polls wait.
 */
struct reply {
    unsigned holders;
    char organization[ID_SIZE];
    int64_t since, revision;
    struct buffer text; /* empty: the store failed */
};

/*
 * Looks again for a held members/changes. NULL when there is still nothing to say; else a whole
 * answer, to be released: the changes; or, when LAST, that there are none; or that the caller is
 * not let in any more. It is OTHER, with one holder more, when that says the same; OTHER may be
 * NULL.
 */
struct reply *member_changes_again(struct store *store, const struct poll *poll, bool last,
                                   struct reply *other);

/* Frees REPLY, which may be NULL, with its last holder; true when it did. */
bool reply_release(struct reply *reply);

/*
 * Adds the next piece of a members/list to REPLY and moves POLL->after; *END when it was the last.
 * False when the caller is not let in any more, or the store failed.
 */
bool member_list_again(struct store *store, struct poll *poll, struct buffer *reply, bool *end);

/* invitations.c */
void invitation_create(struct call *call);
void invitation_resend(struct call *call);
void invitation_revoke(struct call *call);
void invitation_list(struct call *call);
void invitation_accept(struct call *call);

/* Revokes the pending invitation of the call's organization for EMAIL; false when there is none. */
bool invitation_withdraw(struct call *call, const char *email);
/* Revokes INVITATION. */
void invitation_remove(struct call *call, const struct invitation *invitation);

/* join_codes.c */
void join_code_create(struct call *call);
void join_code_list(struct call *call);
void join_code_revoke(struct call *call);
void join_code_join(struct call *call);
/* Revokes CODE. */
void join_code_remove(struct call *call, const struct join_code *code);

/* tokens.c */
void token_create(struct call *call);
void token_list(struct call *call);
void token_revoke(struct call *call);

/* users.c */
void whoami(struct call *call);
void user_update(struct call *call);
void user_token_create(struct call *call);
void user_token_list(struct call *call);
void user_token_revoke(struct call *call);

/* events.c */
void event_list(struct call *call);

/* Makes and stores a token for the user or the organization in *TOKEN, whose key, hash, last four
 * and time it fills; its PROVED, too, unless the caller did. */
void token_make(struct store *store, struct token *token, struct secret *secret);

#endif

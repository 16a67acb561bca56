/*
 * Things that a member has handed out to others: invitations, join codes, tokens of the
 * organization. Each counts while its maker could make it, so a member who leaves or is given a
 * lesser role, and a role that is changed, lead here. Each withdrawal writes its audit event.
 */
#ifndef ORGD_ENDPOINTS_HANDED_OUT_H
#define ORGD_ENDPOINTS_HANDED_OUT_H

#include "orgd/endpoints/call.h"

/* The number of withdrawn invitations and join codes, and in TOKENS of the tokens that were not,
 * for somebody to decide upon. */
struct withdrawn {
    int64_t invitations, join_codes;
    int64_t tokens; /* how many there are */
    int64_t keys;   /* ssh keys that were given to others, which are not withdrawn either */
    cJSON *list;    /* the first TOKENS_NAMED of them as they are listed */
};
#define TOKENS_NAMED 100

/*
 * Withdraws the join codes and pending invitations of the call's organization that the user MAKER
 * made and could not make with the role NOW (NULL: he has none any more). Names his tokens that are
 * of a role that he could not give, and counts the ssh keys that he gave. OUT begins zeroed;
 * handed_out_reply frees its list.
 */
void handed_out_by(struct call *call, const char *maker, const struct role *now,
                   struct withdrawn *out);

/*
 * The call's organization's role BEFORE becomes NOW, of the same name. Withdraws the join codes and
 * pending invitations that give it, when it permits more than it did: their makers meant less.
 * Withdraws those whose makers have it and could not make them now. Call it when NOW is stored.
 */
void handed_out_role_changed(struct call *call, const struct role *before, const struct role *now,
                             struct withdrawn *out);

/* Adds OUT to a reply as API.md says ("withdrawn", "tokens", "tokenCount", "keyCount"), and
 * frees it. */
void handed_out_reply(struct withdrawn *out, cJSON *reply);

#endif

/* The handlers of the endpoints, one file per noun; dispatch.c has the table, call.h their
 * contract. */
#ifndef ORGD_ENDPOINTS_ENDPOINTS_H
#define ORGD_ENDPOINTS_ENDPOINTS_H

#include "orgd/endpoints/call.h"

/* organizations.c */
void organization_create(struct call *call);
/* From now on every user may create organizations, not only those whom the operator lets
 * (store_user_let_create). */
void organizations_by_anyone(void);
void organization_get(struct call *call);
void organization_list(struct call *call);
/* Adds the organizations of the caller to REPLY. */
void organizations_add(struct call *call, cJSON *reply);
void organization_update(struct call *call);
void organization_delete(struct call *call);
/* Deletes the call's organization. */
void organization_end(struct call *call);

/* roles.c */
void role_list(struct call *call);
void role_set(struct call *call);
void role_remove(struct call *call);

/* listing.c; listing.h has the rest of it */
void member_list(struct call *call);
void member_changes(struct call *call);

/* members.c */
void member_set_role(struct call *call);
void member_suspend(struct call *call);
void member_resume(struct call *call);
void member_revoke_tokens(struct call *call);
void member_remove(struct call *call);

/* Ends the role of the member whose role has waited longest for it, in a change of its own. False
 * when there was none; true with its organization in CHANGED. */
bool member_term_end(struct store *store, struct changed *changed);

struct withdrawn;

/* Adds the revision of the call's organization, if it has one, to REPLY: machines/applied tells how
 * far it has come. */
void member_reply_revision(struct call *call, cJSON *reply);

/* The member that the body's userId names, whose role the caller covers; else the call has failed.
 */
bool member_named(struct call *call, struct member *member);

/* True if MEMBER of the call's organization may stop being an owner; else the call has failed. One
 * is always left who is not suspended: decided in the transaction that takes him away. */
bool member_spare(struct call *call, const struct member *member);

/* MEMBER leaves the call's organization: the invitations and join codes that he made go with him,
 * and his own tokens will not open this organization again. */
void member_leave(struct call *call, struct member *member, struct withdrawn *withdrawn);

/* keys.c */
void key_add(struct call *call);
void key_list(struct call *call);
/* Adds the ssh keys of the caller, a user, to REPLY. */
void keys_add(struct call *call, cJSON *reply);
void key_remove(struct call *call);
void member_key_list(struct call *call);
void member_key_add(struct call *call);
void member_key_remove(struct call *call);
/* USER, who accepts an invitation of ORGANIZATION, brings the key that the body may have; false
 * when the call has failed. */
bool key_accept(struct call *call, const struct user *user, const char *organization);
/* From now on the RSA keys that come must have as many bits, 2048 by default. */
void keys_rsa_from(unsigned bits);

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
/* The ssh keys that can be brought along to an organization with POLICY: none, security or any. */
const char *keys_taken(const struct key_policy *policy);

/* passkeys.c */
void passkey_begin(struct call *call);
void passkey_add(struct call *call);
void passkey_list(struct call *call);
/* Adds the passkeys of the caller, a user, to REPLY. */
void passkeys_add(struct call *call, cJSON *reply);
void passkey_remove(struct call *call);
void sign_in(struct call *call);
void sign_in_link(struct call *call);
void sign_in_by_link(struct call *call);
void sign_out(struct call *call);

/* True if there is a page, which the call is for; else it has failed. */
bool page_there(struct call *call);
/* True if a page of ours asks; else the call has failed. */
bool page_asks(struct call *call);
/* The passkey whose holder the body proves, which has now been used, and its account; fails the
 * call without one. */
bool passkey_proved(struct call *call, struct passkey *passkey, struct user *user);
/* Makes TOKEN, whose kind and proofs are filled, a USER's; it is named by the body's "name", or
 * NAME, and lives for LIFE_MS. CREDENTIAL gets its text. */
void user_token_make(struct call *call, struct token *token, const char *user, const char *name,
                     int64_t life_ms, char credential[CREDENTIAL_SIZE]);
/* What PASSKEY proves, for TOKEN. */
void passkey_proofs(const struct passkey *passkey, struct token *token);

/* devices.c */
void device_authorize(struct call *call);
void device_token(struct call *call);
void device_show(struct call *call);
void device_approve(struct call *call);
void device_deny(struct call *call);

/* offer.c */
void invitation_offer(struct call *call);

/* join_codes.c */
void join_code_create(struct call *call);
void join_code_list(struct call *call);
void join_code_revoke(struct call *call);
void join_code_join(struct call *call);
/* Revokes CODE. */
void join_code_remove(struct call *call, const struct join_code *code);

/* machines.c */
void machine_invite(struct call *call);
void machine_list(struct call *call);
void machine_applied(struct call *call);
void machine_usable(struct call *call);
void machine_set_labels(struct call *call);
void machine_revoke(struct call *call);
void machine_enroll(struct call *call);

/* access.c */
void access_list(struct call *call);
void access_add(struct call *call);
void access_remove(struct call *call);

/* RULE as a host is told it. */
cJSON *access_told_json(const struct access_rule *rule);

/* Rules of the call's organization have changed: its hosts are told. */
void access_moved(struct call *call);

/* The labels of one of its machines have changed from BEFORE to AFTER: the same, and who is in a
 * team that only now has a rule there. */
void access_labels_moved(struct call *call, const char *before, const char *after);

/* The role ROLE, or the team TEAM (an id), goes, the other one being "": the rules for it go as
 * well. False when there are no others, and the call has failed: who may do that may not end all
 * rules. */
bool access_subject_ends(struct call *call, const char *role, const char *team);

/* tokens.c */
void token_create(struct call *call);
void token_list(struct call *call);
void token_rotate(struct call *call);
void token_revoke(struct call *call);

/* teams.c */
void team_create(struct call *call);
void team_update(struct call *call);
void team_delete(struct call *call);
void team_list(struct call *call);
void team_members(struct call *call);
void team_add(struct call *call);
void team_take(struct call *call);

/* users.c */
void whoami(struct call *call);
void account(struct call *call);
void user_update(struct call *call);

/*
 * USER was stored with another name or state. Each of his memberships changes, so that the held
 * polls of the organizations are told, and each organization has the audit event ACTION with
 * DETAIL; without memberships one event belongs to none.
 */
enum membership_reach { REACH_CURRENT, REACH_FORMER_TOO /* of those who left, too */ };
void user_changed(struct call *call, const struct user *user, enum membership_reach reach,
                  enum news_kind news, const char *action, const char *detail);

/* Tells each organization of USER, by the audit event ACTION with DETAIL, what became of his
 * account; nothing of the memberships changes. */
void user_told(struct call *call, const struct user *user, const char *action, const char *detail);
void user_token_create(struct call *call);
void user_token_list(struct call *call);
/* Adds the tokens of the caller, a user, to REPLY: LIST_MAX of them at most. */
void user_tokens_add(struct call *call, cJSON *reply);
void user_token_rotate(struct call *call);
void user_token_revoke(struct call *call);

/*
 * Makes a token for USER and adds it to REPLY as "apiToken". It proves that he is the user, in
 * every organization; or, in ORGANIZATION alone, no more than CALLER does in the others.
 * ORGANIZATION may be NULL.
 */
void user_token_issue(struct call *call, const char *user, const char *organization, cJSON *reply,
                      char key[ID_SIZE]);

/* recovery.c */
void user_recover(struct call *call);
void user_recover_confirm(struct call *call);
void sign_in_by_mail(struct call *call);

/* The account that CODE, of a mailed link, opens; false when there is none. Then no other code that
 * was mailed to it opens it. */
bool mailed_link_open(struct call *call, const char *code, struct user *user);

/* A time later than every one at which USER left an organization: what has proved now that he is
 * the user has done so then. */
int64_t proof_time(struct call *call, const char *user);

/* Ends the tokens of USER but the one with the key KEPT ("": none is kept), and their held polls;
 * returns their number. */
int64_t user_tokens_end(struct call *call, const char *user, const char *kept);

/* events.c */
void event_list(struct call *call);
void event_export(struct call *call);

/*
 * operator_users.c, operator_organizations.c: what the operator does on the machine itself
 * (orgd(8), "The operator"). No request from a socket leads here.
 */
void operator_user_list(struct call *call);
void operator_user_show(struct call *call);
void operator_user_token(struct call *call);
void operator_user_disable(struct call *call);
void operator_user_enable(struct call *call);
void operator_user_let_create(struct call *call);
void operator_user_rename(struct call *call);
void operator_user_set_email(struct call *call);
void operator_user_erase(struct call *call);
void operator_organization_list(struct call *call);
void operator_organization_owner(struct call *call);
void operator_organization_delete(struct call *call);
void operator_mirror_list(struct call *call);
void operator_mirror_add(struct call *call);
void operator_mirror_token(struct call *call);
void operator_event_list(struct call *call);
void operator_event_prune(struct call *call);

/* The user that the body's field "user" names by id, address or username; fails the call without
 * one. */
bool operator_user(struct call *call, struct user *user);

/* True when OWNER may have one more token, those that have expired being dropped; else the call has
 * failed. */
bool token_room(struct call *call, struct token_owner owner);

/* Makes and stores a token for the user or the organization in *TOKEN, whose key, hash, last four
 * and time it fills; its PROVED, too, unless the caller did. */
void token_make(struct store *store, struct token *token, struct secret *secret);

#endif

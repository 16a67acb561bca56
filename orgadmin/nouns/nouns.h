/* The commands, one file per noun; cli/commands.c says what they are called with. */
#ifndef ORGADMIN_NOUNS_NOUNS_H
#define ORGADMIN_NOUNS_NOUNS_H

#include "orgadmin/invocation.h"

command_run login, logout, whoami;
command_run user_show, user_edit, user_recover;
command_run context_list, context_show, context_switch, context_forget;
command_run org_create, org_list, org_show, org_edit, org_delete, org_current, org_switch;
command_run member_list, member_show, member_add, member_role, member_grant, member_revoke,
    member_suspend, member_resume, member_end_tokens, member_remove, member_where;
command_run invitation_list, invitation_create, invitation_revoke, invitation_resend,
    invitation_accept;
command_run machine_list, machine_show, machine_invite, machine_label, machine_who, machine_revoke;
command_run access_list, access_add, access_remove;
command_run team_list, team_show, team_add, team_remove;
command_run joincode_list, joincode_create, joincode_revoke, joincode_join;
command_run role_list, role_create, role_edit, role_remove;
command_run token_list, token_create, token_revoke;
command_run key_list, key_add, key_remove;
command_run api, audit_list;
command_run billing_show, billing_edit, subscription_list;
command_run credit_list, credit_create, credit_edit, credit_expire;
command_run secret_list, secret_create, secret_remove;
command_run export_state, apply_state;
command_run file_list, file_show, file_upload, file_download, file_remove;

#endif

/* The commands, one file per noun; table.c says what they are called with. */
#ifndef ORGADMIN_NOUNS_H
#define ORGADMIN_NOUNS_H

#include "orgadmin/command.h"

enum exit_status login(const struct invocation *inv);
enum exit_status whoami(const struct invocation *inv);

enum exit_status org_create(const struct invocation *inv);
enum exit_status org_list(const struct invocation *inv);
enum exit_status org_show(const struct invocation *inv);
enum exit_status org_switch(const struct invocation *inv);
enum exit_status org_current(const struct invocation *inv);

enum exit_status member_list(const struct invocation *inv);
enum exit_status member_show(const struct invocation *inv);
enum exit_status member_add(const struct invocation *inv);
enum exit_status member_role(const struct invocation *inv);
enum exit_status member_remove(const struct invocation *inv);

enum exit_status invitation_list(const struct invocation *inv);
enum exit_status invitation_create(const struct invocation *inv);
enum exit_status invitation_accept(const struct invocation *inv);

enum exit_status role_list(const struct invocation *inv);
enum exit_status token_create(const struct invocation *inv);

enum exit_status host_status(const struct invocation *inv);
enum exit_status host_explain(const struct invocation *inv);
enum exit_status host_sync(const struct invocation *inv);

#endif

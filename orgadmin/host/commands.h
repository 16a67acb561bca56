/* The commands of the noun host; cli/commands.c says what they are called with. */
#ifndef ORGADMIN_HOST_COMMANDS_H
#define ORGADMIN_HOST_COMMANDS_H

#include "orgadmin/invocation.h"

command_run host_status, host_explain, host_sync, host_metrics, host_free, host_doctor, host_enroll,
    host_unenroll, host_sessions, host_evict, host_break_glass;

#endif

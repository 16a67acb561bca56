/*
 * sudoers(5) of orglogin.conf's "sudo": one file, PATH_SUDOERS, in which each entry is a line for
 * the number of its group. A file there that is not of our making is left alone. One thread.
 */
#ifndef ORGSYNCD_SUDOERS_H
#define ORGSYNCD_SUDOERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "orgsyncd/config.h"

/* True if visudo(8) accepts the rules of CONFIG, or cannot be asked because there is no sudo; else
 * false with ERROR one line. Takes at most 10 s. */
bool sudoers_accepted(const struct config *config, char error[CONFIG_ERROR_LEN]);

/* Prints, for orgsyncd --check, whom sudo serves by CONFIG, and what may keep it from that. */
void sudoers_print_notes(const struct config *config);

/* Removes the file if CONFIG has no rules: that needs no number. Logs what it does, and what keeps
 * it from that. */
void sudoers_clean(const struct config *config);

/*
 * Starts a child that makes the file of CONFIG's rules, if it is not there as it should be, with
 * the numbers of the groups in the snapshot. The new file has a name that sudo does not read until
 * visudo(8) has accepted it. When it cannot be made, the old one stays. To be called when a
 * snapshot of CONFIG is in force. The child logs, and ends within 15 s and with its parent. Returns
 * its pid, or -1 after logging.
 */
pid_t sudoers_start(const struct config *config);

#endif

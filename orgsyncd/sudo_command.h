/* Commands of "sudo" in orglogin.conf(5), and how sudoers(5) has them. Pure functions. */
#ifndef ORGSYNCD_SUDO_COMMAND_H
#define ORGSYNCD_SUDO_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

/* What keeps COMMAND, a text_valid() one, out of sudoers(5), a static text; NULL when nothing does.
 * It is "ALL", or the absolute path of a program, with its arguments behind it or without any. */
const char *sudo_command_fault(const char *command);

/* True if COMMAND is every command. */
bool sudo_command_is_all(const char *command);

/* Writes COMMAND, which has no fault, to F as sudoers(5) has it: what is special there stands for
 * itself, but * ? [ ] stay wildcards. */
void sudo_command_write(FILE *f, const char *command);

#endif

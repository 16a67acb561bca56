/* The command line. */
#ifndef ORGADMIN_CLI_RUN_H
#define ORGADMIN_CLI_RUN_H

#include "orgadmin/say.h"

/* Parses ARGV and runs the command in it, or prints help or a complaint. */
enum exit_status run(int argc, char *argv[]);

#endif

/*
 * The configuration file of orgd (libconfig): each setting has the name of an option of the command
 * line, with '_' for '-', and its value; what may be given several times may be a list.
 */
#ifndef ORGD_OPERATOR_SETTINGS_H
#define ORGD_OPERATOR_SETTINGS_H

#include <stdbool.h>

#define SETTINGS_DEFAULT "/etc/orgd/orgd.conf"

/* Takes a setting: NAME as the option is called ("smtp-from"), VALUE as it would be typed, for as
 * long as the program runs, and WHERE ("FILE:LINE"). False after one line on stderr. */
typedef bool setting_take(const char *name, const char *value, const char *where, void *arg);

/* Reads the file at PATH, which must belong to root or to the caller and be writable by no other
 * user. When it is not there, that is true if it need not be (MUST). False after one line on
 * stderr. */
bool settings_read(const char *path, bool must, setting_take *take, void *arg);

/* True when no other user can read the file that is being read. */
bool settings_private(void);

#endif

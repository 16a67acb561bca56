/*
 * The log of a service: one line at a time to standard error, "PROGRAM: TEXT". Where standard error
 * is the journal (JOURNAL_STREAM names it), each line begins with its priority as sd-daemon(3)
 * documents it, so that `journalctl -p warning` selects lines; elsewhere it does not. Control
 * characters are dropped, so that remote text in a line can neither begin another line nor give it
 * a priority. A line of more than 1023 bytes is cut. Thread-safe after log_begin.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

/* Sets the program's name (static), and finds out whether standard error is the journal. To be
 * called once, before the first thread or child; forked children log in the same way. */
void log_begin(const char *program);

/* The service cannot do its work, or a part of it, until somebody intervenes. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The service works on, but something is not as it should be. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An event of normal service. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For debugging: writes nothing before log_debug_on. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug_on(void);
bool log_is_debug(void);

#endif

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
#include <syslog.h>

/* Sets the program's name (static), and finds out whether standard error is the journal. To be
 * called once, before the first thread or child; forked children log in the same way. */
void log_begin(const char *program);

/* True if FD is the journal, which other users may be able to read. */
bool log_is_journal(int fd);

/* Writes a line of PRIORITY, one of the four below. */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The service cannot do its work, or a part of it, until somebody intervenes. */
#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)

/* The service works on, but something is not as it should be. */
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)

/* An event of normal service. */
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)

/* For debugging: writes nothing before log_debug_on. */
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
void log_debug_on(void);
bool log_is_debug(void);

#endif

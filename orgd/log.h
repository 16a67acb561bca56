/* The server's log: one line to standard error, which the service manager keeps. Thread-safe. */
#ifndef ORGD_LOG_H
#define ORGD_LOG_H

/*
 * Each writes the program's name, the text and a newline. An error: orgd cannot do what it was
 * started for. A warning: something failed, and orgd goes on. Information: what orgd did. Debug:
 * what --debug asks for.
 */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

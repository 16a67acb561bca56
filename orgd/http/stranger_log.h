/*
 * The log of what strangers do: lines that anybody can cause at will, without a token. After a few
 * lines at once there is one a second; the rest is counted, and the count is logged. The functions
 * are for one thread.
 */
#ifndef ORGD_HTTP_STRANGER_LOG_H
#define ORGD_HTTP_STRANGER_LOG_H

/* As log_line, within the limit. */
void stranger_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Logs the number of lines that were left out, when it is due. Returns the milliseconds until it is
 * due again, -1 for never. */
int stranger_log_count(void);

/* Logs it at once: no line follows. */
void stranger_log_end(void);

#endif

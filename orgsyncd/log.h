/* One line to standard error, which the service manager keeps. Remote text in it is cleaned of
 * control characters. */
#ifndef ORGSYNCD_LOG_H
#define ORGSYNCD_LOG_H

#include <stdbool.h>

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --debug: processes that are forked from now on tell each request. */
void log_debug_on(void);
bool log_is_debug(void);

#endif

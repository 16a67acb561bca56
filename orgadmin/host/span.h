/* Times for people. */
#ifndef ORGADMIN_HOST_SPAN_H
#define ORGADMIN_HOST_SPAN_H

#include <stdint.h>

#define SPAN_MAX 32

/* "3 s", "12 h": the largest unit that loses little. Returns OUT. */
const char *span(int64_t ms, char out[SPAN_MAX]);

#endif

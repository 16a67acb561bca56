/* The text of a mail, for the endpoints that send one. */
#ifndef ORGD_ENDPOINTS_LETTER_H
#define ORGD_ENDPOINTS_LETTER_H

#include "orgd/endpoints/call.h"

/* Begins the call's mail to TO, about the object with the id ABOUT. SUBJECT is static. */
void letter_begin(struct call *call, const char *to, const char *about, const char *subject);

/* Adds to its text, at most 1023 bytes at a time; lines end with CR LF. */
void letter_add(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

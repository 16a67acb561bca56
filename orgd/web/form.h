/* The body of a form, application/x-www-form-urlencoded. Pure functions. */
#ifndef ORGD_WEB_FORM_H
#define ORGD_WEB_FORM_H

#include <stdbool.h>
#include <stddef.h>

/* True if TYPE, a Content-Type or NULL, is that of a form. */
bool is_form(const char *type);

/* The value of the field NAME in the LEN bytes of BODY, without the blanks and line ends around it;
 * the caller frees it. NULL when the field is missing or empty, stands there twice, or is not
 * encoded as it must be. */
char *form_value(const char *body, size_t len, const char *name);

#endif

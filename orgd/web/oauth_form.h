/* Calls of programs that know OAuth, which send forms where orgd's API takes JSON. */
#ifndef ORGD_WEB_OAUTH_FORM_H
#define ORGD_WEB_OAUTH_FORM_H

#include "orgd/endpoints/call.h"

/* Makes the JSON body of the form that REQUEST brings, if its path is for such programs; the caller
 * frees it. What else stands in the form is ignored, as OAuth has it. NULL: it is no such form, and
 * REQUEST is as it was. */
char *oauth_form_read(struct request *request);

#endif

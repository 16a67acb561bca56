/* What a browser's headers say: what it takes, what it has, and from where it asks. Pure
 * functions; a header that is missing is NULL. */
#ifndef ORGD_WEB_NEGOTIATE_H
#define ORGD_WEB_NEGOTIATE_H

#include <stdbool.h>

/* How gladly an Accept-Encoding or Accept-Language takes NAME, in thousandths: 0 for not at all.
 * "de" also stands for "de-AT"; "*" for what is not named. */
int accept_quality(const char *header, const char *name);

/* True if the If-None-Match HEADER names ETAG, which has its quotation marks. */
bool etag_known(const char *header, const char *etag);

/* True if ORIGIN can be configured: https://HOST[:PORT], or http:// with a host that is this
 * machine; in lower case, and nothing behind it. */
bool web_origin_valid(const char *origin);

/* True if a form comes from a page of ours, whose origin is OURS: by SITE, the Sec-Fetch-Site, or
 * by ORIGIN. */
bool web_same_origin(const char *ours, const char *site, const char *origin);

#endif

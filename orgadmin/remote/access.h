/*
 * Access tokens that an API gave for the login, kept until they end: PROFILE.access beside the
 * login (mode 0600), one line with the SHA-256 of where and for which credential the token was
 * obtained, its end and the token itself. Another credential, or another place, never gets it. It
 * saves a request: whatever goes wrong with it is nobody's business, and nothing is kept then.
 */
#ifndef ORGADMIN_REMOTE_ACCESS_H
#define ORGADMIN_REMOTE_ACCESS_H

#include "api/settings.h"
#include "orgadmin/remote/context.h"

/* The access tokens of LOGIN, which must outlive it, for struct provider_settings. */
struct access_cache access_cache(const struct context *login);

#endif

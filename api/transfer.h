/*
 * A file to or from an address that the API has given out for just that (a presigned URL): another
 * host, to which no credential goes. Everything else is as in http.h.
 */
#ifndef API_TRANSFER_H
#define API_TRANSFER_H

#include "api/error.h"
#include "api/settings.h"

#define TRANSFER_MAX (1LL << 40) /* bytes of a file */

/*
 * Sends the file FD, a regular one, from its beginning by PUT to URL, which is not shown in
 * messages behind its '?'. SETTINGS gives ca_file, proxy and progress, and url: plain http is for
 * an API that is asked so itself. API_OK when the answer is 2xx; else *ERR: API_USAGE or
 * API_BAD_ANSWER (URL or FD cannot be used), API_REFUSED, API_UNREACHABLE, API_STOPPED.
 */
enum api_status transfer_upload(const struct provider_settings *settings, const char *url, int fd,
                                struct api_error *err);

/* Writes what a GET of URL yields to FD, at most TRANSFER_MAX bytes; what was written of an
 * unfinished one is the caller's to throw away. As above. */
enum api_status transfer_download(const struct provider_settings *settings, const char *url, int fd,
                                  struct api_error *err);

#endif

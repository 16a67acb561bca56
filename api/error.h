/* Filling struct api_error, for the files of this room. */
#ifndef API_ERROR_H
#define API_ERROR_H

#include "api/provider.h"

/*
 * Sets *ERR's status and message (cleaned, cut to its size) and leaves its other fields alone.
 * Returns STATUS, so that a function can end with it.
 */
__attribute__((format(printf, 3, 4))) enum api_status
api_fail(struct api_error *err, enum api_status status, const char *format, ...);

#endif

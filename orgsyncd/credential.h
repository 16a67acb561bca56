/* An organization's credential. */
#ifndef ORGSYNCD_CREDENTIAL_H
#define ORGSYNCD_CREDENTIAL_H

#include "orgsyncd/config.h"

/*
 * The credential in TOKEN_FILE (mode 0600; trailing white space is not part of it), at most 2048
 * bytes; to be freed. NULL with ERROR filled.
 */
char *credential_read(const char *token_file, char error[CONFIG_ERROR_LEN]);

#endif

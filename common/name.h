/*
 * What may be a name or an id here, decided in one place. Pure functions, thread-safe.
 */
#ifndef COMMON_NAME_H
#define COMMON_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest user or group name, without the NUL (utmp's limit). */
#define NAME_MAX_LEN 32
/* Longest display name, e-mail, remote id, role or permission, without the NUL. */
#define TEXT_MAX_LEN 255

/* Longest credential of an API, without the NUL: a private key of 8192 bits fits. */
#define TOKEN_MAX_LEN 8192

/* True for a user or group name that we serve: [a-z_][a-z0-9_.-]{0,31}, not "." or ".." by
 * construction. */
bool name_valid(const char *name);

/* The length of NAME when it is valid, 0 when it is not. Reads at most NAME_MAX_LEN + 1 bytes. */
size_t name_length(const char *name);

/* Same over a length; NAME need not end with NUL. */
bool name_valid_n(const char *name, size_t len);

/*
 * Folds a remote username, or the local part of an e-mail, into a local name: everything from '@'
 * on is dropped, ASCII letters become lower case, nothing else is changed. Returns true and fills
 * OUT when the result is a valid name.
 */
bool name_fold(const char *remote, char out[NAME_MAX_LEN + 1]);

/* True for a uid that may leave as a user's: >= 1000, not 61184-65519 (systemd's dynamic users),
 * 65534, 65535 or -1. */
bool id_valid(uint32_t id);

/* True for a uid that systemd hands out: its homed's users (60001-60513) and the greeters of
 * display managers (60514-60705). id_valid allows them, for who has long had them in his range. */
bool id_unlikely(uint32_t id);

/* Where members' and groups' numbers are when nothing is configured: beyond what systemd calls
 * containers' (524288-1879048191, systemd's UIDS-GIDS.md) and what SSSD takes for Active Directory
 * (200000-2000199999), up to the greatest that is positive in 32 bits and neither it nor the one
 * before, which some programs use for themselves. */
#define ID_RANGE_FIRST 2000400000U
#define ID_RANGE_LAST  2147483645U

/*
 * Copies SRC to DST (SIZE bytes, always terminated) as one harmless line: control characters, bidi
 * and other invisible format characters and invalid UTF-8 are dropped; so is ':' when GECOS. Cuts
 * at a character's border. Returns DST.
 */
char *text_clean(char *dst, size_t size, const char *src, bool gecos);

/* True when text_clean would change nothing, and at most TEXT_MAX_LEN bytes: an identifier that may
 * be compared and stored. */
bool text_valid(const char *text);

/* True for one or more printable ASCII characters without space, as a token must be that goes into
 * a header. */
bool word_valid(const char *text);

/* True for lines of printable ASCII that begin as PEM (RFC 7468) does, as a private key's do. */
bool pem_valid(const char *text);

/* Unreserved enough to be an opaque remote identifier: a word of at most TEXT_MAX_LEN characters.
 */
bool remote_id_valid(const char *id);

#endif

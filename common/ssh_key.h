/*
 * Public ssh keys, the one parser. A key is its blob: the bytes that stand in base64 in a line of
 * authorized_keys(5), as RFC 4253 (6.6), RFC 5656, RFC 8709 and OpenSSH's PROTOCOL.u2f define them.
 * Nothing else of such a line is a key's: no options, and the comment is a person's.
 *
 * Functions that judge return NULL, or a static text that goes on after "the key": "is of less than
 * 2048 bits". All are thread-safe and allocate nothing.
 */
#ifndef COMMON_SSH_KEY_H
#define COMMON_SSH_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "common/sha256.h"

#define SSH_KEY_RSA_BITS_MIN 2048
#define SSH_KEY_RSA_BITS_MAX 16384 /* OpenSSH reads no more */
/* Bytes of a blob; one of the longest RSA key has 2077. */
#define SSH_KEY_BLOB_MAX 2304
/* "TYPE BASE64" and a NUL. */
#define SSH_KEY_TEXT_SIZE (64 + SSH_KEY_BLOB_MAX / 3 * 4 + 1)
/* "SHA256:", 43 characters, the padding that goes, and a NUL. */
#define SSH_KEY_FINGERPRINT_SIZE 52

struct ssh_key {
    const uint8_t *blob;
    size_t size;
    const char *type; /* "ssh-ed25519"; static */
    unsigned bits;    /* as ssh-keygen -l tells them */
};

/* Judges the SIZE bytes at BLOB, and fills *KEY, which borrows them. The types are ssh-ed25519,
 * ecdsa-sha2-nistp256, -384 and -521, the sk- types of ed25519 and nistp256, and ssh-rsa; the type
 * inside, all lengths, the curve's name and an RSA modulus' bits must be right. A point is not
 * looked for on its curve: sshd does that. */
const char *ssh_key_check(const uint8_t *blob, size_t size, struct ssh_key *key);

/* The same of a key as its TYPE and the base64 of its blob, which is decoded to BLOB
 * (SSH_KEY_BLOB_MAX bytes). */
const char *ssh_key_decode(const char *type, const char *base64, uint8_t *blob,
                           struct ssh_key *key);

/* The same of a line "TYPE BASE64 COMMENT", as it is in an .pub file, without its end of line.
 * *COMMENT points into LINE, and is "" without one. A private key is told as such, however many
 * lines it has. */
const char *ssh_key_parse(const char *line, uint8_t *blob, struct ssh_key *key,
                          const char **comment);

/* Writes "TYPE BASE64" to TEXT, SSH_KEY_TEXT_SIZE bytes. Returns its length. */
size_t ssh_key_print(const struct ssh_key *key, char *text);

/* Writes "SHA256:...", as ssh-keygen -l has it, to TEXT, SSH_KEY_FINGERPRINT_SIZE bytes. Returns
 * TEXT. */
char *ssh_key_fingerprint(const struct ssh_key *key, char *text);

#endif

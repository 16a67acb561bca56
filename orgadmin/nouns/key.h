/* A public ssh key that a person names by its file. */
#ifndef ORGADMIN_NOUNS_KEY_H
#define ORGADMIN_NOUNS_KEY_H

#include "common/ssh_key.h"
#include "orgadmin/invocation.h"
#include "orgadmin/say.h"

#define KEY_LINE_SIZE 16384 /* no key is so long */
#define KEY_PATH_SIZE 1024

struct key_file {
    char path[KEY_PATH_SIZE];
    char line[KEY_LINE_SIZE];
    char fingerprint[SSH_KEY_FINGERPRINT_SIZE];
    const char *comment; /* in LINE */
};

/* Reads and judges the key in the file PATH, "-" for standard input: a private key never leaves the
 * machine. EXIT_DONE, or EXIT_USAGE after a complaint. */
enum exit_status key_read_from(const char *path, struct key_file *k);

#endif

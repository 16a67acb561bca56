/* Another program that also knows keys for sshd, run behind ours. */
#ifndef KEYS_CHAIN_H
#define KEYS_CHAIN_H

/* It may run so long, in ms, and print so many bytes. */
#define CHAIN_PATIENCE_MS 5000
#define CHAIN_OUTPUT_MAX  (16L << 20)

/*
 * Runs the program ARGV[0], a path, with ARGV (ends with NULL), the caller's rights and
 * environment, and passes on to standard output what it prints. Its standard output is a pipe: what
 * it leaves behind has nothing that sshd waits for. Returns when it has ended, or when it is over
 * its time or its bytes, and kills its process group. Returns NULL, or a static text that tells
 * what went wrong, to go on after "ARGV[0] ".
 */
const char *chain_run(char *const argv[]);

#endif

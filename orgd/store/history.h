/*
 * The history of an organization's members. Each commit that changes them has the next number, from
 * 1, and a tag: a hash over the tag before it, what the commit changed, and random bytes. So equal
 * tags mean equal histories up to there, also when a copy of the data file was put back, or the
 * machine was resumed from an image; numbers and revisions alone say nothing then. A host keeps the
 * cursor of the last commit that it has seen: NUMBER.TAG, the tag in hexadecimal. Single-threaded.
 */
#ifndef ORGD_STORE_HISTORY_H
#define ORGD_STORE_HISTORY_H

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

#define HISTORY_TAG_SIZE    16
#define HISTORY_CURSOR_SIZE 54    /* of the text, with its NUL */
#define HISTORY_KEPT        10000 /* commits of an organization whose tags are known */

struct commit {
    int64_t number;
    unsigned char tag[HISTORY_TAG_SIZE];
};

void history_cursor(const struct commit *commit, char out[HISTORY_CURSOR_SIZE]);

/* False when TEXT is no cursor. */
bool history_parse(const char *text, struct commit *commit);

bool history_same(const struct commit *a, const struct commit *b);

/* The next commit's tag: begun with the commit before it, given each thing that changed, and ended
 * with the next commit in place of the one before. */
struct history_hash {
    crypto_generichash_state state;
};
void history_begin(struct history_hash *hash, const struct commit *before);
void history_add_text(struct history_hash *hash, const char *text);
void history_add_number(struct history_hash *hash, int64_t number);
void history_end(struct history_hash *hash, struct commit *commit);

#endif

/* Other words for the commands and options, as people know them from other tools. They are
 * understood, and in no completion. */
#ifndef ORGADMIN_CLI_WORDS_H
#define ORGADMIN_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "orgadmin/suggest.h"

/* The noun that WORD is another word for, or NULL. */
const char *word_noun(const char *word);

/* The I-th verb that WORD may be another word for, from 0 on; NULL: there are no more. */
const char *word_verb(const char *word, size_t i);

/* The option that the LEN characters at WORD are another word for, "--org", or NULL. */
const char *word_option(const char *word, size_t len);

/* What stands in the place of an option that there is not, as a sentence's end, or NULL. */
const char *word_instead(const char *word, size_t len);

/* Replaces beginnings of several words, such as "auth login", in WORD, which has *COUNT of at most
 * MAX. True when one was replaced. */
bool words_replace(const char *word[], size_t *count, size_t max);

/* Cuts what one word joins with colons, "org:user:list", in BUFFER. */
#define WORDS_BUFFER 128
void words_split(const char *word[], size_t *count, size_t max, char buffer[WORDS_BUFFER]);

/* Offers all other words for nouns or options to S. */
void words_offer_nouns(struct suggestion *s);
void words_offer_options(struct suggestion *s);

/* The I-th other word for a verb, from 0 on; NULL: there are no more. */
const char *word_other_verb(size_t i);

#endif

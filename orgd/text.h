/*
 * Texts that people choose: names of people, of organizations, of tokens and of machines, labels,
 * and e-mail addresses.
 * Unicode's properties are libunistring's. Pure functions.
 */
#ifndef ORGD_TEXT_H
#define ORGD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define EMAIL_SIZE   255 /* 254 characters and the NUL */
#define DISPLAY_SIZE 401 /* 100 characters of UTF-8 and the NUL */

/*
 * A name for people: 1-100 characters of UTF-8 that text_clean leaves as they are. It has a letter,
 * digit or sign that is seen; no character that is not; no blanks but U+0020 and U+3000, each
 * between two other characters. The letters of a word, up to a blank or hyphen, are of one script;
 * Chinese, Japanese and Korean ones go together, and with Latin.
 */
bool display_valid(const char *name);

/*
 * LOCAL@DOMAIN in 254 characters of ASCII: LOCAL 1-64 of letters, digits and !#$%&'*+/=?^_`{|}~-,
 * in parts with a dot between each; DOMAIN labels of 1-63 letters, digits and hyphens that neither
 * begin nor end with a hyphen, with a dot between each (RFC 5321's Dot-string and Domain;
 * international domains as xn--).
 */
bool email_valid(const char *email);

/* TEXT without the difference of capital and small letters, for text_has; the caller frees it. ""
 * for what is no UTF-8. */
char *text_fold(const char *text);

/* True if TEXT, once folded, has FOLDED in it. */
bool text_has(const char *text, const char *folded);

/* A host's name: 1-63 of a-z, 0-9, '.' and '-', a letter or digit first. */
bool machine_name_valid(const char *name);

/* "env=prod,tier=web": keys and values of a-z, 0-9, '.', '_' and '-', 255 characters at most, each
 * key once; or "". */
bool labels_valid(const char *labels);

/*
 * NAME as it stands in a mail: at most MAIL_NAME_MAX characters, and nothing that a mail program
 * makes a link of. Compatible forms are folded (NFKC); quotation marks, '@', ':', slashes and dots
 * before a letter or digit become blanks. Returns OUT.
 */
#define MAIL_NAME_MAX  60
#define MAIL_NAME_SIZE (MAIL_NAME_MAX * 4 + 4)
char *mail_name(const char *name, char out[MAIL_NAME_SIZE]);

#endif

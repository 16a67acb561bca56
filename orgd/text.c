#include "orgd/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "common/name.h"
#include "common/utf8.h"
#include "orgd/buffer.h"

#define DISPLAY_MAX   100 /* characters */
#define LOCAL_MAX     64
#define LABEL_MAX     63
#define IDEOGRAPHIC   0x3000U /* the blank of Chinese and Japanese */
#define BRAILLE_BLANK 0x2800U /* signs without ink */
#define NULL_NOTEHEAD 0x1d159U
#define APOSTROPHE    0x2019U
#define CJK_DOT       0x3002U /* separates the labels of a host as '.' does */

/* --- names --- */

/* True for the scripts of which one word may have several. */
static bool script_joint(const uc_script_t *script)
{
    static const char *const joint[] = {"Latin",    "Han",    "Hiragana",
                                        "Katakana", "Hangul", "Bopomofo"};
    for (size_t i = 0; i < sizeof joint / sizeof *joint; i++)
        if (strcmp(script->name, joint[i]) == 0)
            return true;
    return false;
}

/* NULL for a character that belongs to no script in particular. */
static const uc_script_t *script_of(uint32_t c)
{
    const uc_script_t *script = uc_script(c);
    return script && strcmp(script->name, "Common") != 0 && strcmp(script->name, "Inherited") != 0
               ? script
               : NULL;
}

static bool blank(uint32_t c)
{
    return c == ' ' || c == IDEOGRAPHIC;
}

/* True for what a person sees. */
static bool seen(uint32_t c)
{
    return uc_is_general_category(
               c, uc_general_category_or(uc_general_category_or(UC_LETTER, UC_NUMBER),
                                         uc_general_category_or(UC_PUNCTUATION, UC_SYMBOL))) &&
           c != BRAILLE_BLANK && c != NULL_NOTEHEAD;
}

/* True for a character that no name has, whatever stands beside it. */
static bool refused(uint32_t c)
{
    return (uc_is_property_white_space(c) && !blank(c)) || c == BRAILLE_BLANK ||
           c == NULL_NOTEHEAD || uc_is_property_default_ignorable_code_point(c) ||
           uc_is_property_not_a_character(c) || uc_is_general_category(c, UC_PRIVATE_USE);
}

/* The part of a name that was read. */
struct reading {
    size_t count;              /* characters */
    uint32_t last;             /* the one before, a blank at the beginning */
    const uc_script_t *script; /* of the word, NULL as long as it has none */
    bool seen;
};

/* Reads one more; false when it cannot stand there. */
static bool reading_add(struct reading *r, uint32_t c)
{
    const uc_script_t *script = script_of(c);
    bool begins = blank(r->last);
    if (refused(c) || (begins && (blank(c) || uc_is_general_category(c, UC_MARK))))
        return false;
    if (script && r->script && script != r->script &&
        !(script_joint(script) && script_joint(r->script)))
        return false;
    if (script)
        r->script = script;
    if (blank(c) || c == '-')
        r->script = NULL;
    r->seen |= seen(c);
    r->last = c;
    return ++r->count <= DISPLAY_MAX;
}

bool display_valid(const char *name)
{
    char clean[DISPLAY_SIZE + 1]; /* one more than fits, so that a text that is too long differs */
    struct reading r = {.last = ' '};
    uint32_t c;
    if (strcmp(text_clean(clean, sizeof clean, name, false), name) != 0)
        return false;
    for (size_t n; *name; name += n)
        if ((n = utf8_decode(name, &c)) == 0 || !reading_add(&r, c))
            return false;
    return r.seen && !blank(r.last);
}

/* --- search --- */

char *text_fold(const char *text)
{
    size_t len = 0;
    uint8_t *folded =
        u8_casefold((const uint8_t *)text, strlen(text), NULL, UNINORM_NFC, NULL, &len);
    char *copy = memory_get(len + 1);
    if (folded)
        memcpy(copy, folded, len);
    free(folded);
    return copy;
}

bool text_has(const char *text, const char *folded)
{
    char *own = text_fold(text);
    bool has = strstr(own, folded) != NULL;
    free(own);
    return has;
}

/* --- addresses --- */

static bool alphanumeric(char c)
{
    return isalnum((unsigned char)c); /* orgd never sets a locale */
}

static bool local_valid(const char *local, size_t len)
{
    if (len < 1 || len > LOCAL_MAX || local[0] == '.' || local[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dot = local[i] == '.' && local[i + 1] != '.';
        if (!dot && !alphanumeric(local[i]) && !strchr("!#$%&'*+/=?^_`{|}~-", local[i]))
            return false;
    }
    return true;
}

static bool label_valid(const char *label, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!alphanumeric(label[i]) && label[i] != '-')
            return false;
    return len >= 1 && len <= LABEL_MAX && label[0] != '-' && label[len - 1] != '-';
}

bool email_valid(const char *email)
{
    const char *at = strchr(email, '@');
    if (!at || strnlen(email, EMAIL_SIZE) == EMAIL_SIZE ||
        !local_valid(email, (size_t)(at - email)))
        return false;
    for (const char *label = at + 1;;) {
        size_t len = strcspn(label, ".");
        if (!label_valid(label, len))
            return false;
        if (label[len] == '\0')
            return true;
        label += len + 1;
    }
}

/* --- in a mail --- */

/* True for a character that could end the quotation, or make a link of what is around it; NEXT
 * stands behind it. */
static bool leads_astray(uint32_t c, uint32_t next)
{
    if (c == '.' || c == CJK_DOT)
        return uc_is_general_category(next, uc_general_category_or(UC_LETTER, UC_NUMBER));
    return c == '@' || c == ':' || c == '/' || c == '\\' || (c < 0x80 && strchr("\"<>", (char)c)) ||
           (uc_is_property_quotation_mark(c) && c != '\'' && c != APOSTROPHE);
}

char *mail_name(const char *name, char out[MAIL_NAME_SIZE])
{
    char folded[4 * DISPLAY_SIZE], clean[sizeof folded];
    size_t len, used = 0, count = 0;
    uint32_t c, next;
    uint8_t *text = u8_normalize(UNINORM_NFKC, (const uint8_t *)name, strlen(name), NULL, &len);
    memory_or_exit(text, DISPLAY_SIZE);
    if (len >= sizeof folded)
        len = sizeof folded - 1;
    memcpy(folded, text, len);
    free(text);
    folded[len] = '\0';
    const char *s = text_clean(clean, sizeof clean, folded, false);
    for (size_t n; *s && count < MAIL_NAME_MAX && (n = utf8_decode(s, &c)) > 0; s += n) {
        utf8_decode(s + n, &next);
        if (refused(c))
            continue;
        bool gap = blank(c) || leads_astray(c, next);
        if (gap && (used == 0 || out[used - 1] == ' '))
            continue;
        memcpy(out + used, gap ? " " : s, gap ? 1 : n);
        used += gap ? 1 : n;
        count++;
    }
    used -= used > 0 && out[used - 1] == ' ';
    snprintf(out + used, MAIL_NAME_SIZE - used, "%s", *s ? "..." : "");
    return out;
}

#define LOWER      "abcdefghijklmnopqrstuvwxyz0123456789"
#define LABELS_MAX 255

bool machine_name_valid(const char *name)
{
    size_t len = strspn(name, LOWER ".-");
    return len >= 1 && len <= 63 && name[len] == '\0' && name[0] != '.' && name[0] != '-';
}

/* True if the first LEN characters of KEY stand in front of a '=' in LABELS, before END. */
static bool label_known(const char *labels, const char *end, const char *key, size_t len)
{
    while (labels < end) {
        if (strncmp(labels, key, len) == 0 && labels[len] == '=')
            return true;
        labels += strcspn(labels, ",") + 1;
    }
    return false;
}

bool labels_valid(const char *labels)
{
    const char *at = labels;
    if (strlen(labels) > LABELS_MAX)
        return false;
    while (*at) {
        size_t key = strspn(at, LOWER "._-"), value;
        if (key == 0 || at[key] != '=' || label_known(labels, at, at, key))
            return false;
        value = strspn(at + key + 1, LOWER "._-");
        const char *end = at + key + 1 + value;
        if (value == 0 || (*end != ',' && *end != '\0') || (*end == ',' && end[1] == '\0'))
            return false;
        at = *end ? end + 1 : end;
    }
    return true;
}

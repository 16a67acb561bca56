#include "common/name.h"

#include <string.h>

enum { FIRST = 1, REST = 2 };

/* What a character may be in a name; a table, because every lookup asks. */
static const unsigned char name_class[256] = {
    ['a' ... 'z'] = FIRST | REST,
    ['_'] = FIRST | REST,
    ['0' ... '9'] = REST,
    ['.'] = REST,
    ['-'] = REST,
};

bool name_valid_n(const char *name, size_t len)
{
    if (len < 1 || len > NAME_MAX_LEN || !(name_class[(unsigned char)name[0]] & FIRST))
        return false;
    unsigned every = REST;
    for (size_t i = 1; i < len; i++)
        every &= name_class[(unsigned char)name[i]];
    return every & REST;
}

size_t name_length(const char *name)
{
    unsigned every = REST;
    size_t len = 0;
    if (!(name_class[(unsigned char)name[0]] & FIRST))
        return 0;
    while (len <= NAME_MAX_LEN && name[len] != '\0')
        every &= name_class[(unsigned char)name[len++]];
    return (every & REST) && len <= NAME_MAX_LEN ? len : 0;
}

bool name_valid(const char *name)
{
    return name_length(name) > 0;
}

bool name_fold(const char *remote, char out[NAME_MAX_LEN + 1])
{
    size_t len = strcspn(remote, "@");
    out[0] = '\0';
    if (len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(remote[i] >= 'A' && remote[i] <= 'Z' ? remote[i] + ('a' - 'A') : remote[i]);
    out[len] = '\0';
    return name_valid(out);
}

bool id_valid(uint32_t id)
{
    if (id < 1000 || id == UINT32_MAX)
        return false;
    if (id >= 61184 && id <= 65519) /* systemd's DynamicUser= range */
        return false;
    return id != 65534 && id != 65535; /* nobody, and the 16-bit -1 */
}

bool id_unlikely(uint32_t id)
{
    return id >= 60001 && id <= 60705;
}

/* The length of the valid UTF-8 character (RFC 3629) at S and its code point, or 0. */
static size_t utf8_decode(const unsigned char *s, uint32_t *code)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } form[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t n = 0; n < 4; n++) {
        if ((s[0] & form[n].mask) != form[n].lead)
            continue;
        *code = s[0] & (unsigned char)~form[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return 0;
            *code = *code << 6 | (s[i] & 0x3f);
        }
        bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
        return *code < form[n].least || *code > 0x10ffff || surrogate ? 0 : n + 1;
    }
    return 0;
}

/* Control characters, and format characters that hide or reorder what a person reads. */
static bool harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

char *text_clean(char *dst, size_t size, const char *src, bool gecos)
{
    size_t used = 0;
    for (const unsigned char *s = (const unsigned char *)src; *s && used < size;) {
        uint32_t code;
        size_t n = utf8_decode(s, &code);
        if (n > 0 && !harmful(code) && !(gecos && code == ':')) {
            if (n > size - 1 - used)
                break;
            memcpy(dst + used, s, n);
            used += n;
        }
        s += n > 0 ? n : 1;
    }
    if (size > 0)
        dst[used] = '\0';
    return dst;
}

bool text_valid(const char *text)
{
    char clean[TEXT_MAX_LEN + 2];
    return strcmp(text_clean(clean, sizeof clean, text, false), text) == 0 &&
           strlen(clean) <= TEXT_MAX_LEN;
}

bool remote_id_valid(const char *id)
{
    size_t len = strnlen(id, TEXT_MAX_LEN + 1);
    if (len < 1 || len > TEXT_MAX_LEN)
        return false;
    for (size_t i = 0; i < len; i++)
        if (id[i] <= ' ' || id[i] > '~')
            return false;
    return true;
}

#include "common/name.h"

#include <string.h>

#include "common/utf8.h"

enum { FIRST = 1, REST = 2 };

/* Where in a name a character may stand. A table, because every lookup needs it. */
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

/* Control characters, and format characters that hide or reorder what a person reads. */
static bool harmful(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
        {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };
    if (c >= ' ' && c <= '~') /* nearly every character of a listing */
        return false;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

char *text_clean(char *dst, size_t size, const char *src, bool gecos)
{
    size_t used = 0;
    for (const char *s = src; *s && used < size;) {
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

bool word_valid(const char *text)
{
    const char *c = text;
    while (*c > ' ' && *c <= '~')
        c++;
    return c > text && *c == '\0';
}

bool pem_valid(const char *text)
{
    static const char begin[] = "-----BEGIN ";
    if (strncmp(text, begin, sizeof begin - 1) != 0)
        return false;
    while (*text == '\n' || *text == '\r' || (*text >= ' ' && *text <= '~'))
        text++;
    return *text == '\0';
}

bool remote_id_valid(const char *id)
{
    return strnlen(id, TEXT_MAX_LEN + 1) <= TEXT_MAX_LEN && word_valid(id);
}

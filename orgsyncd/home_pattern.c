#include "orgsyncd/home_pattern.h"

#include <string.h>

/* A part of a path between slashes; LEN is 0 behind the last one. */
struct component {
    const char *text;
    size_t len;
};

/* The component at *PATH, which moves behind it. */
static struct component next_component(const char **path)
{
    *path += strspn(*path, "/");
    struct component c = {*path, strcspn(*path, "/")};
    *path += c.len;
    return c;
}

static bool is_dots(struct component c)
{
    return (c.len == 1 || c.len == 2) && c.text[0] == '.' && c.text[c.len - 1] == '.';
}

/* The longest directory that PATTERN gives. */
static size_t longest(const char *pattern)
{
    size_t len = 0;
    for (; *pattern; pattern++)
        len += pattern[0] == '%' && pattern[1] == 'u' ? HOME_NAME_MAX : 1;
    return len;
}

const char *home_pattern_fault(const char *pattern)
{
    if (longest(pattern) >= HOME_SIZE)
        return "has %u too often";
    if (pattern[0] != '/' || !strstr(pattern, "%u") || strchr(pattern, ':'))
        return "must be an absolute path with %u for the name";
    for (struct component c = next_component(&pattern); c.len > 0; c = next_component(&pattern))
        if (is_dots(c))
            return "must not have . or .. between its slashes";
    return NULL;
}

/* The bytes of C in front of its first %u, all of them where it has none. */
static size_t prefix_length(struct component c)
{
    const char *at = memmem(c.text, c.len, "%u", 2);
    return at ? (size_t)(at - c.text) : c.len;
}

/* The bytes of C behind its last %u, all of them where it has none. */
static size_t suffix_length(struct component c)
{
    size_t len = 0;
    while (len < c.len && !(c.len - len >= 2 && memcmp(c.text + c.len - len - 2, "%u", 2) == 0))
        len++;
    return len;
}

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* True if A with one name and B with another can be the same text. */
static bool components_meet(struct component a, struct component b)
{
    size_t before = lesser(prefix_length(a), prefix_length(b));
    size_t behind = lesser(suffix_length(a), suffix_length(b));
    if (prefix_length(a) == a.len && prefix_length(b) == b.len)
        return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
    return memcmp(a.text, b.text, before) == 0 &&
           memcmp(a.text + a.len - behind, b.text + b.len - behind, behind) == 0;
}

bool home_patterns_meet(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return false;
    for (;;) {
        struct component x = next_component(&a), y = next_component(&b);
        if (x.len == 0 || y.len == 0)
            return x.len == y.len;
        if (!components_meet(x, y))
            return false;
    }
}

void home_expand(char out[HOME_SIZE], const char *pattern, const char *name)
{
    size_t used = 0, len = strlen(name);
    while (*pattern && used + 1 < HOME_SIZE) {
        if (pattern[0] == '%' && pattern[1] == 'u') {
            size_t n = lesser(len, HOME_SIZE - 1 - used);
            memcpy(out + used, name, n);
            used += n;
            pattern += 2;
        } else {
            out[used++] = *pattern++;
        }
    }
    out[used] = '\0';
}

#include "orgd/web/negotiate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define QUALITY_WHOLE 1000
#define ORIGIN_MAX    255

static const char blanks[] = " \t";

/* The weight of an element's parameters, "q=0.5" among them, in thousandths. */
static int weight_read(const char *text, size_t len)
{
    for (size_t i = 0; i + 3 <= len; i++) {
        if (strncasecmp(text + i, "q=", 2) != 0)
            continue;
        double weight = strtod(text + i + 2, NULL);
        return weight >= 0 && weight <= 1 ? (int)(weight * QUALITY_WHOLE) : 0;
    }
    return QUALITY_WHOLE;
}

/* True if the element's NAME_LEN characters at TEXT are NAME, or a language below it. */
static bool element_is(const char *text, size_t name_len, const char *name)
{
    size_t len = strlen(name);
    return name_len >= len && strncasecmp(text, name, len) == 0 &&
           (name_len == len || text[len] == '-');
}

int accept_quality(const char *header, const char *name)
{
    int others = 0;
    for (const char *at = header; at && *at;) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ","), name_len = strcspn(at, ",; \t");
        int weight = weight_read(at + name_len, len - name_len);
        if (element_is(at, name_len, name))
            return weight;
        if (name_len == 1 && *at == '*')
            others = weight;
        at += len;
    }
    return others;
}

bool etag_known(const char *header, const char *etag)
{
    size_t tag_len = strlen(etag);
    for (const char *at = header; at && *at;) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ",");
        if (strncmp(at, "W/", 2) == 0)
            at += 2, len -= 2;
        while (len > 0 && strchr(blanks, at[len - 1]))
            len--;
        if ((len == 1 && *at == '*') || (len == tag_len && strncmp(at, etag, len) == 0))
            return true;
        at += strcspn(at, ",");
    }
    return false;
}

/* The length of a host's name, or of an address in brackets. */
static size_t host_length(const char *host)
{
    if (*host != '[')
        return strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    size_t len = strspn(host + 1, "0123456789abcdef:.");
    return host[1 + len] == ']' ? len + 2 : 0;
}

static bool host_is_here(const char *host, size_t len)
{
    static const char *const here[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strlen(here[i]) == len && strncmp(host, here[i], len) == 0)
            return true;
    return false;
}

bool web_origin_valid(const char *origin)
{
    bool https = strncmp(origin, "https://", 8) == 0, http = strncmp(origin, "http://", 7) == 0;
    if ((!https && !http) || strlen(origin) > ORIGIN_MAX)
        return false;
    const char *host = origin + (https ? 8 : 7);
    size_t len = host_length(host);
    if (len == 0 || (http && !host_is_here(host, len)))
        return false;
    const char *port = host + len;
    size_t digits = *port == ':' ? strspn(port + 1, "0123456789") : 0;
    return *port == '\0' || (digits > 0 && digits <= 5 && port[1] != '0' && !port[1 + digits]);
}

bool web_same_origin(const char *ours, const char *site, const char *origin)
{
    if (site)
        return strcmp(site, "same-origin") == 0;
    return origin && strcmp(origin, ours) == 0;
}

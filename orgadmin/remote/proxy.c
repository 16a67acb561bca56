#include "orgadmin/remote/proxy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *variable(const char *lower, const char *upper)
{
    const char *value = secure_getenv(lower);
    return value && *value ? value : secure_getenv(upper);
}

/* True when the host, LEN bytes at HOST, is ENTRY (SIZE bytes) or below it: "example.org" and
 * ".example.org" have api.example.org in them. */
static bool is_below(const char *host, size_t len, const char *entry, size_t size)
{
    if (size > 0 && *entry == '.') {
        entry++;
        size--;
    }
    return size > 0 && len >= size && strncasecmp(host + len - size, entry, size) == 0 &&
           (len == size || host[len - size - 1] == '.');
}

/* True when the list NO_PROXY has the host. */
static bool is_excepted(const char *list, const char *host, size_t len)
{
    static const char between[] = ", \t";
    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        size_t size = strcspn(list, between), name = strcspn(list, ", \t:");
        if (size == 1 && *list == '*')
            return true;
        if (is_below(host, len, list, *list == '[' ? size : name))
            return true;
        list += size;
    }
    return false;
}

const char *proxy_from_environment(const char *url)
{
    const char *proxy = variable("https_proxy", "HTTPS_PROXY"),
               *list = variable("no_proxy", "NO_PROXY");
    if (!proxy || strncasecmp(url, "https://", 8) != 0)
        return "";
    const char *host = url + 8;
    size_t len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    return list && is_excepted(list, host, len) ? "" : proxy;
}

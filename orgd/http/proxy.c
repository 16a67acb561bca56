#include "orgd/http/proxy.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOPS_MAX      16
#define FORWARDED_MAX 1024 /* bytes of all X-Forwarded-For of a request */

/* A decimal number of at most MOST. */
static bool number_parse(const char *text, unsigned long most, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !errno && !*end && *number <= most;
}

static bool user_parse(const char *text, struct peer_address *address)
{
    unsigned long number;
    if (!number_parse(text, UINT32_MAX - 1, &number))
        return false;
    uid_t uid = (uid_t)number;
    *address = (struct peer_address){.family = AF_UNIX};
    memcpy(address->bytes, &uid, sizeof uid);
    return true;
}

static bool network_parse(const char *text, struct peer_address *address, unsigned *bits)
{
    char host[PEER_TEXT_SIZE];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof host)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    if (!peer_address_parse(host, address))
        return false;
    unsigned long most = address->family == AF_INET ? 32 : 128, number = most;
    if (slash && (!number_parse(slash + 1, most, &number) || number == 0))
        return false;
    *bits = (unsigned)number;
    return true;
}

bool proxy_add(struct proxies *proxies, const char *text)
{
    static const char user[] = "unix:";
    if (proxies->count == PROXIES_MAX)
        return false;
    struct peer_address *network = &proxies->list[proxies->count].network;
    unsigned *bits = &proxies->list[proxies->count].bits;
    bool is_user = strncmp(text, user, sizeof user - 1) == 0;
    *bits = 8 * sizeof(uid_t);
    if (is_user ? !user_parse(text + sizeof user - 1, network)
                : !network_parse(text, network, bits))
        return false;
    proxies->count++;
    return true;
}

bool proxy_trusted(const struct proxies *proxies, const struct peer_address *address)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (peer_address_within(address, &proxies->list[i].network, proxies->list[i].bits))
            return true;
    return false;
}

/* TEXT without the white space around it, which is cut. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        text[--len] = '\0';
    return text;
}

/* Fills CLIENT from LIST, the value of the header, which is changed. */
static bool list_client(const struct proxies *proxies, char *list, struct peer_address *client)
{
    for (int hops = 0; hops < HOPS_MAX; hops++) {
        char *comma = strrchr(list, ',');
        if (!peer_address_parse(trim(comma ? comma + 1 : list), client))
            return false;
        if (!comma || !proxy_trusted(proxies, client))
            return true;
        *comma = '\0';
    }
    return false;
}

struct list {
    char text[FORWARDED_MAX];
    size_t len;
    bool there, whole;
};

/* Several headers are one, in their order. */
static enum MHD_Result list_add(void *arg, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    struct list *list = arg;
    size_t left = sizeof list->text - list->len;
    (void)kind;
    if (strcasecmp(name, "X-Forwarded-For") != 0)
        return MHD_YES;
    int n = snprintf(list->text + list->len, left, "%s%s", list->there ? "," : "", value);
    list->there = true;
    list->whole = n >= 0 && (size_t)n < left;
    list->len += list->whole ? (size_t)n : 0;
    return list->whole ? MHD_YES : MHD_NO;
}

enum forwarded forwarded_find(const struct proxies *proxies, struct MHD_Connection *connection,
                              struct peer_address *client)
{
    struct list list = {.whole = true};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, list_add, &list);
    if (!list.there)
        return FORWARDED_NOT;
    return list.whole && list_client(proxies, list.text, client) ? FORWARDED : FORWARDED_WRONG;
}

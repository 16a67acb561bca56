#include "orgd/http/head.h"

#include <string.h>
#include <strings.h>

#include "orgd/http/connection.h"

/* Before 1.0, libmicrohttpd takes lines that end with LF alone, NULs, folded lines and white space
 * in wrong places, and does not tell. It leaves the texts where they were in the head: each must
 * begin where the one before it ends. Since 1.0 it refuses all that by itself. */
#define WHOLE_HEAD_IS_CHECKED (MHD_VERSION < 0x01000000)

#define CRLF       2
#define LENGTH_MAX 18 /* digits of Content-Length */

#define FAULT(name, message) static const struct head_fault name = {400, "invalid", message}

FAULT(fault_line, "The request line is not as in RFC 9112.");
FAULT(fault_path, "A path has no percent-encoded characters.");
FAULT(fault_header, "A header is not as in RFC 9112.");
FAULT(fault_host, "A request has one Host, HTTP/1.1 needs it.");
FAULT(fault_twice, "A header that may be there once is there twice.");
FAULT(fault_encoding, "Transfer-Encoding can be chunked, without Content-Length, in HTTP/1.1.");
FAULT(fault_length, "Content-Length: must be a number.");
static const struct head_fault fault_expect = {417, "expectation_failed",
                                               "Expect: can be 100-continue."};

/* The headers that may be there once. */
enum single { HOST, LENGTH, ENCODING, AUTHORIZATION, EXPECT, TYPE, ONCE, SINGLES };

static const char *const single_names[SINGLES] = {
    [HOST] = MHD_HTTP_HEADER_HOST,
    [LENGTH] = MHD_HTTP_HEADER_CONTENT_LENGTH,
    [ENCODING] = MHD_HTTP_HEADER_TRANSFER_ENCODING,
    [AUTHORIZATION] = MHD_HTTP_HEADER_AUTHORIZATION,
    [EXPECT] = MHD_HTTP_HEADER_EXPECT,
    [TYPE] = MHD_HTTP_HEADER_CONTENT_TYPE,
    [ONCE] = HEAD_IDEMPOTENCY_KEY,
};

struct head {
    const char *values[SINGLES]; /* or NULL */
    const char *end;             /* of the line that was read last, without CRLF */
    const struct head_fault *fault;
};

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", text[i]))
            return false;
    return len > 0;
}

static bool is_value(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

static enum MHD_Result header_check(void *arg, enum MHD_ValueKind kind, const char *name,
                                    size_t name_len, const char *value, size_t value_len)
{
    struct head *head = arg;
    (void)kind;
    if (!is_token(name, name_len) || !is_value(value, value_len) ||
        (WHOLE_HEAD_IS_CHECKED && name != head->end + CRLF))
        head->fault = &fault_header;
    head->end = value + value_len;
    for (enum single i = 0; i < SINGLES; i++) {
        if (strcasecmp(name, single_names[i]) != 0)
            continue;
        if (head->values[i])
            head->fault = &fault_twice;
        head->values[i] = value;
    }
    return head->fault ? MHD_NO : MHD_YES;
}

static bool is_length(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= LENGTH_MAX && text[digits] == '\0';
}

/* What is wrong with the headers that say where the request ends, and for whom it is. */
static const struct head_fault *singles_check(const struct head *head, bool old)
{
    const char *const *values = head->values;
    if (values[HOST] ? values[HOST][strcspn(values[HOST], " \t,/@?#\\")] != '\0' : !old)
        return &fault_host;
    if (values[ENCODING] && (old || values[LENGTH] || strcasecmp(values[ENCODING], "chunked") != 0))
        return &fault_encoding;
    if (values[LENGTH] && !is_length(values[LENGTH]))
        return &fault_length;
    if (values[EXPECT] && !old && strcasecmp(values[EXPECT], "100-continue") != 0)
        return &fault_expect;
    return NULL;
}

/* True if nothing in the head was left out when it was read. */
static bool head_whole(struct MHD_Connection *connection, const struct head *head,
                       const char *method)
{
    size_t size =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    return method + size == head->end + 2 * CRLF;
}

static bool line_good(struct MHD_Connection *connection, const char *method, const char *path,
                      const char *version)
{
    const struct client_connection *c = connection_of(connection);
    return is_token(method, strlen(method)) && c->target_good &&
           (!WHOLE_HEAD_IS_CHECKED ||
            (path == method + strlen(method) + 1 && version == c->target_end + 1));
}

/* True for a link to a page (page.c) whose '#' a mail gateway has encoded. */
static bool is_damaged_link(const char *path)
{
    return strncmp(path, "/i%23", 5) == 0 || strncmp(path, "/%23", 4) == 0;
}

const struct head_fault *head_check(struct MHD_Connection *connection, const char *method,
                                    const char *path, const char *version)
{
    struct head head = {.end = version + strlen(version)};
    if (!line_good(connection, method, path, version))
        return &fault_line;
    if (strchr(path, '%') && !is_damaged_link(path))
        return &fault_path;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, header_check, &head);
    if (head.fault)
        return head.fault;
    if (WHOLE_HEAD_IS_CHECKED && !head_whole(connection, &head, method))
        return &fault_header;
    return singles_check(&head, strcmp(version, MHD_HTTP_VERSION_1_0) == 0);
}

bool head_chunked(struct MHD_Connection *connection)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

const char *head_path(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], len) == 0)
            return target + len + strcspn(target + len, "/");
    }
    return target;
}

void *head_target(void *arg, const char *target, struct MHD_Connection *connection)
{
    struct client_connection *c = connection_of(connection);
    (void)arg;
    size_t len = target ? strlen(target) : 0, i = 0;
    while (i < len && target[i] > ' ' && target[i] <= '~')
        i++;
    c->target_end = target ? target + len : NULL;
    c->target_good = len > 0 && i == len;
    return NULL;
}

size_t head_unescape(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg, (void)connection;
    return strlen(text);
}

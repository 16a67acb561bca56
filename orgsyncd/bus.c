#include "orgsyncd/bus.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"

#define MESSAGE_MAX 1024  /* of a call */
#define REPLY_MAX   16384 /* of anything that the bus sends */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_MARK 'l'
#else
#define BYTE_ORDER_MARK 'B'
#endif

enum { TYPE_CALL = 1, TYPE_RETURN = 2, TYPE_ERROR = 3 };
enum { FLAG_NO_AUTO_START = 2 }; /* a service that does not run knows no session */
enum header_field {
    FIELD_PATH = 1,
    FIELD_INTERFACE = 2,
    FIELD_MEMBER = 3,
    FIELD_ERROR_NAME = 4,
    FIELD_REPLY_SERIAL = 5,
    FIELD_DESTINATION = 6,
    FIELD_SIGNATURE = 8,
};

/* --- bytes, in time --- */

static bool lose(struct bus *b, const char *why)
{
    snprintf(b->error, sizeof b->error, "%s", why);
    bus_close(b);
    return false;
}

void bus_close(struct bus *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}

/* Waits until the socket can be read or written. */
static bool wait_for(struct bus *b, short events)
{
    for (;;) {
        int64_t left = b->end_ms - clock_mono_ms();
        struct pollfd p = {.fd = b->fd, .events = events};
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n > 0)
            return true;
        if (n == 0)
            return lose(b, "the bus did not answer in time");
        if (errno != EINTR)
            return lose(b, strerror(errno));
    }
}

static bool send_all(struct bus *b, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = wait_for(b, POLLOUT) ? send(b->fd, at, size, MSG_NOSIGNAL) : -1;
        if (b->fd < 0)
            return false;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return lose(b, strerror(errno));
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool receive_all(struct bus *b, void *data, size_t size)
{
    char *at = data;
    while (size > 0) {
        ssize_t n = wait_for(b, POLLIN) ? recv(b->fd, at, size, 0) : -1;
        if (b->fd < 0)
            return false;
        if (n == 0)
            return lose(b, "the bus has closed the connection");
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return lose(b, strerror(errno));
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* --- messages --- */

struct bus_message {
    char byte[MESSAGE_MAX];
    size_t size;
    bool full; /* something did not fit */
};

static void put(struct bus_message *m, const void *data, size_t size)
{
    m->full |= size > sizeof m->byte - m->size;
    if (m->full)
        return;
    memcpy(m->byte + m->size, data, size);
    m->size += size;
}

static void put_number(struct bus_message *m, uint32_t number)
{
    put(m, &number, sizeof number);
}

static void align(struct bus_message *m, size_t to)
{
    static const char zeros[8];
    put(m, zeros, (to - m->size % to) % to);
}

/* A string has its length in 32 bits before it, a signature in 8. */
static void put_string(struct bus_message *m, const char *text)
{
    put_number(m, (uint32_t)strlen(text));
    put(m, text, strlen(text) + 1);
}

static void put_signature(struct bus_message *m, const char *text)
{
    uint8_t length = (uint8_t)strlen(text);
    put(m, &length, 1);
    put(m, text, (size_t)length + 1);
}

static void put_field(struct bus_message *m, enum header_field field, const char *type,
                      const char *value)
{
    uint8_t code = (uint8_t)field;
    align(m, 8);
    put(m, &code, 1);
    put_signature(m, type);
    if (*type == 'g') {
        put_signature(m, value);
    } else {
        align(m, 4);
        put_string(m, value);
    }
}

static void put_body(struct bus_message *m, const char *signature, const uint32_t *numbers,
                     const char *text)
{
    for (size_t i = 0; signature[i]; i++)
        if (signature[i] == 's')
            put_string(m, text);
        else
            put_number(m, numbers[i]);
}

/* The lengths of the body and of the fields, at 4 and 12, are known only in the end. */
static bool build(struct bus_message *m, uint32_t serial, const struct bus_method *method,
                  const uint32_t *numbers, const char *text)
{
    const uint8_t begin[4] = {BYTE_ORDER_MARK, TYPE_CALL, FLAG_NO_AUTO_START, 1};
    put(m, begin, sizeof begin);
    put_number(m, 0);
    put_number(m, serial);
    put_number(m, 0);
    put_field(m, FIELD_PATH, "o", method->path);
    put_field(m, FIELD_INTERFACE, "s", method->interface);
    put_field(m, FIELD_MEMBER, "s", method->member);
    put_field(m, FIELD_DESTINATION, "s", method->destination);
    if (*method->signature)
        put_field(m, FIELD_SIGNATURE, "g", method->signature);
    uint32_t fields = (uint32_t)m->size - 16;
    align(m, 8);
    size_t body = m->size;
    put_body(m, method->signature, numbers, text);
    uint32_t length = (uint32_t)(m->size - body);
    memcpy(m->byte + 4, &length, sizeof length);
    memcpy(m->byte + 12, &fields, sizeof fields);
    return !m->full;
}

/* --- replies --- */

/* The beginning of every message. */
struct bus_header {
    uint8_t order, type, flags, version;
    uint32_t body, serial, fields;
};

struct bus_reply {
    uint8_t type;
    uint32_t serial; /* of the call */
    char error[BUS_ERROR_MAX];
};

static uint32_t number_at(const char *p)
{
    uint32_t number;
    memcpy(&number, p, sizeof number);
    return number;
}

/* Takes the field at *AT of the SIZE bytes at P; *AT is behind it then. False when it is none that
 * the specification has: their types are u, and o, s and g, each a single character. */
static bool take_field(const char *p, size_t size, size_t *at, struct bus_reply *r)
{
    size_t n = (*at + 7) & ~(size_t)7;
    if (n > size || size - n < 8 || p[n + 1] != 1 || p[n + 3] != '\0')
        return false;
    uint8_t code = (uint8_t)p[n];
    char type = p[n + 2];
    n += 4;
    size_t length = type == 'g' ? (uint8_t)p[n] : number_at(p + n);
    size_t text = n + (type == 'g' ? 1 : 4);
    *at = text;
    if (type == 'u') {
        r->serial = code == FIELD_REPLY_SERIAL ? number_at(p + n) : r->serial;
        return true;
    }
    if (type == '\0' || !strchr("osg", type) || length >= size - text)
        return false;
    if (code == FIELD_ERROR_NAME)
        snprintf(r->error, sizeof r->error, "%.*s", (int)length, p + text);
    *at = text + length + 1;
    return true;
}

/* Takes one message from the bus. */
static bool receive(struct bus *b, struct bus_reply *r)
{
    char bytes[REPLY_MAX];
    struct bus_header fixed;
    *r = (struct bus_reply){0};
    if (!receive_all(b, &fixed, sizeof fixed))
        return false;
    if (fixed.order != BYTE_ORDER_MARK || fixed.version != 1 || fixed.fields > REPLY_MAX / 2 ||
        fixed.body > REPLY_MAX / 2 - 8)
        return lose(b, "the bus sent a message that cannot be read");
    size_t fields = fixed.fields, padded = (fields + 7) & ~(size_t)7;
    if (!receive_all(b, bytes, padded + fixed.body))
        return false;
    r->type = fixed.type;
    for (size_t at = 0; at < fields;)
        if (!take_field(bytes, fields, &at, r))
            return lose(b, "the bus sent a message that cannot be read");
    return true;
}

enum bus_result bus_call(struct bus *b, const struct bus_method *method, const uint32_t *numbers,
                         const char *text)
{
    struct bus_message m = {.size = 0};
    struct bus_reply r = {0};
    b->error[0] = '\0';
    if (b->fd < 0 || !build(&m, ++b->serial, method, numbers, text)) {
        lose(b, b->fd < 0 ? "the bus is not open" : "the call is too long");
        return BUS_LOST;
    }
    if (!send_all(b, m.byte, m.size))
        return BUS_LOST;
    do
        if (!receive(b, &r))
            return BUS_LOST;
    while ((r.type != TYPE_RETURN && r.type != TYPE_ERROR) || r.serial != b->serial);
    if (r.type == TYPE_RETURN)
        return BUS_DONE;
    snprintf(b->error, sizeof b->error, "%s", r.error);
    return BUS_REFUSED;
}

/* --- the beginning --- */

static bool connect_to(struct bus *b, const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof addr.sun_path)
        return lose(b, "the path of the bus is too long");
    memcpy(addr.sun_path, path, length + 1);
    b->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* EAGAIN: its queue is full, as that of a bus that hangs becomes. */
    if (b->fd < 0 || connect(b->fd, (const struct sockaddr *)&addr, sizeof addr) < 0)
        return lose(b, strerror(errno));
    return true;
}

/* One line of at most 511 characters, which ends with CR and LF. */
static bool receive_line(struct bus *b, char line[512])
{
    size_t n = 0;
    while (n < 511) {
        if (!receive_all(b, line + n, 1))
            return false;
        if (line[n++] == '\n')
            break;
    }
    line[n] = '\0';
    return true;
}

/* EXTERNAL: the bus asks the kernel for our uid, which is that of the name in hexadecimal. */
static bool authenticate(struct bus *b)
{
    char ask[64], uid[16], line[512];
    int digits = snprintf(uid, sizeof uid, "%u", (unsigned)geteuid());
    size_t n = (size_t)snprintf(ask, sizeof ask, "%cAUTH EXTERNAL ", '\0');
    for (int i = 0; i < digits; i++)
        n += (size_t)snprintf(ask + n, sizeof ask - n, "%02x", (unsigned)uid[i]);
    n += (size_t)snprintf(ask + n, sizeof ask - n, "\r\n");
    if (!send_all(b, ask, n) || !receive_line(b, line))
        return false;
    if (strncmp(line, "OK ", 3) != 0)
        return lose(b, "the bus does not know who we are");
    return send_all(b, "BEGIN\r\n", 7);
}

bool bus_open(struct bus *b, const char *path, int64_t end_ms)
{
    static const struct bus_method hello = {"org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "Hello", ""};
    *b = (struct bus){.fd = -1, .end_ms = end_ms};
    return connect_to(b, path) && authenticate(b) && bus_call(b, &hello, NULL, NULL) == BUS_DONE;
}

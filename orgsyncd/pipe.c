#include "orgsyncd/pipe.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/name.h"

/* A member's fields between the header and the strings: id, e-mail, username, display name, roles,
 * permissions, those of the term. */
struct member_fields {
    uint32_t state;
    uint16_t roles, permissions;
    uint16_t term_roles, term_permissions;
    uint32_t keys;   /* bytes of the list behind the strings */
    int64_t ends_ms; /* of the term */
};

#define END_MAX_MS 253402300800000 /* the year 10000 */

#define STRINGS_AT (sizeof(struct pipe_header) + sizeof(struct member_fields))

static bool list_valid(const struct text_list *list)
{
    const char *text = list->first;
    for (uint32_t i = 0; i < list->count; i++, text = text_list_next(text))
        if (!*text || !text_valid(text))
            return false;
    return true;
}

static const char *member_fault(const struct pipe_member *m)
{
    if (m->state < MEMBER_ACTIVE || m->state > MEMBER_REMOVED)
        return "state is unknown";
    if (!remote_id_valid(m->id))
        return "id is empty, too long or not plain ASCII";
    if (!text_valid(m->email))
        return "e-mail is too long or has control characters";
    if (!text_valid(m->username))
        return "username is too long or has control characters";
    if (!text_valid(m->display))
        return "display name is too long or has control characters";
    bool ends = m->term.ends_ms != 0, held = m->term.roles.count + m->term.permissions.count > 0;
    if (m->term.ends_ms < 0 || m->term.ends_ms > END_MAX_MS || ends != held)
        return "the end of a role is no time, or of no role";
    if (!list_valid(&m->roles) || !list_valid(&m->permissions) || !list_valid(&m->term.roles) ||
        !list_valid(&m->term.permissions))
        return "a role or permission is empty, too long or has control characters";
    if (!key_list_valid(&m->keys))
        return "keys are too many, too long or not sound";
    return NULL;
}

/* Copies a string with its NUL to *P, which ends at END. */
static bool put(char **p, const char *end, const char *text)
{
    size_t size = strlen(text) + 1;
    if (size > (size_t)(end - *p))
        return false;
    memcpy(*p, text, size);
    *p += size;
    return true;
}

static bool put_list(char **p, const char *end, const struct text_list *list)
{
    const char *text = list->first;
    for (uint32_t i = 0; i < list->count; i++, text = text_list_next(text))
        if (!put(p, end, text))
            return false;
    return true;
}

size_t pipe_encode_member(void *buffer, uint64_t request, const struct pipe_member *m,
                          const char **why)
{
    if (m->roles.count > PIPE_ROLES_MAX || m->permissions.count > PIPE_STRINGS_MAX ||
        m->term.roles.count > PIPE_ROLES_MAX || m->term.permissions.count > PIPE_STRINGS_MAX) {
        *why = "has too many roles or permissions";
        return 0;
    }
    if ((*why = member_fault(m)) != NULL)
        return 0;
    struct pipe_header header = {.type = PIPE_MEMBER,
                                 .flags = m->keys_unread * (unsigned)PIPE_KEYS_UNREAD,
                                 .request = request};
    struct member_fields fields = {.state = m->state,
                                   .roles = (uint16_t)m->roles.count,
                                   .permissions = (uint16_t)m->permissions.count,
                                   .term_roles = (uint16_t)m->term.roles.count,
                                   .term_permissions = (uint16_t)m->term.permissions.count,
                                   .keys = (uint32_t)m->keys.size,
                                   .ends_ms = m->term.ends_ms};
    char *p = (char *)buffer + STRINGS_AT, *end = (char *)buffer + PIPE_TEXTS_MAX;
    memcpy(buffer, &header, sizeof header);
    memcpy((char *)buffer + sizeof header, &fields, sizeof fields);
    if (!put(&p, end, m->id) || !put(&p, end, m->email) || !put(&p, end, m->username) ||
        !put(&p, end, m->display) || !put_list(&p, end, &m->roles) ||
        !put_list(&p, end, &m->permissions) || !put_list(&p, end, &m->term.roles) ||
        !put_list(&p, end, &m->term.permissions)) {
        *why = "is too large";
        return 0;
    }
    if (m->keys.size > 0)
        memcpy(p, m->keys.first, m->keys.size);
    return (size_t)(p - (char *)buffer) + m->keys.size;
}

/* The string at *P, which must end before END; NULL when it does not. */
static const char *take(const char **p, const char *end)
{
    const char *text = *p;
    const char *nul = text && text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;
    *p = nul ? nul + 1 : NULL;
    return nul ? text : NULL;
}

static bool take_list(const char **p, const char *end, uint32_t count, struct text_list *list)
{
    *list = (struct text_list){*p, count};
    for (uint32_t i = 0; i < count; i++)
        if (!take(p, end))
            return false;
    return true;
}

bool pipe_decode(const void *buffer, size_t size, struct pipe_header *header)
{
    if (size < sizeof *header || size > PIPE_MAX)
        return false;
    memcpy(header, buffer, sizeof *header);
    return header->type >= PIPE_RESET && header->type <= PIPE_TEAM;
}

bool pipe_decode_member(const void *buffer, size_t size, struct pipe_member *m, const char **why)
{
    struct member_fields fields;
    struct pipe_header header;
    *why = "message is malformed";
    if (size < STRINGS_AT)
        return false;
    memcpy(&header, buffer, sizeof header);
    memcpy(&fields, (const char *)buffer + sizeof header, sizeof fields);
    if (fields.roles > PIPE_ROLES_MAX || fields.permissions > PIPE_STRINGS_MAX ||
        fields.term_roles > PIPE_ROLES_MAX || fields.term_permissions > PIPE_STRINGS_MAX ||
        fields.state > MEMBER_REMOVED || fields.keys > size - STRINGS_AT ||
        size - fields.keys > PIPE_TEXTS_MAX)
        return false;
    const char *p = (const char *)buffer + STRINGS_AT;
    const char *end = (const char *)buffer + size - fields.keys;
    m->keys = (struct key_list){(const uint8_t *)end, fields.keys};
    m->keys_unread = (header.flags & PIPE_KEYS_UNREAD) != 0;
    m->state = (enum member_state)fields.state;
    m->id = take(&p, end);
    m->email = take(&p, end);
    m->username = take(&p, end);
    m->display = take(&p, end);
    if (!m->display || !take_list(&p, end, fields.roles, &m->roles) ||
        !take_list(&p, end, fields.permissions, &m->permissions) ||
        !take_list(&p, end, fields.term_roles, &m->term.roles) ||
        !take_list(&p, end, fields.term_permissions, &m->term.permissions) || p != end)
        return false;
    m->term.ends_ms = fields.ends_ms;
    *why = member_fault(m);
    return *why == NULL;
}

static bool team_valid(const struct pipe_team *t)
{
    return remote_id_valid(t->id) && text_valid(t->slug) && text_valid(t->name) &&
           text_valid(t->parent);
}

size_t pipe_encode_team(void *buffer, uint64_t request, const struct pipe_team *t)
{
    struct pipe_header header = {.type = PIPE_TEAM, .request = request};
    char *p = (char *)buffer + sizeof header, *end = (char *)buffer + PIPE_MAX;
    memcpy(buffer, &header, sizeof header);
    if (!team_valid(t) || !put(&p, end, t->id) || !put(&p, end, t->slug) ||
        !put(&p, end, t->name) || !put(&p, end, t->parent))
        return 0;
    return (size_t)(p - (char *)buffer);
}

bool pipe_decode_team(const void *buffer, size_t size, struct pipe_team *t)
{
    const char *p = (const char *)buffer + sizeof(struct pipe_header);
    const char *end = (const char *)buffer + size;
    t->id = take(&p, end);
    t->slug = take(&p, end);
    t->name = take(&p, end);
    t->parent = take(&p, end);
    return t->parent && p == end && team_valid(t);
}

#define RULES_AT (sizeof(struct pipe_header) + sizeof(uint32_t))

static_assert(RULES_AT + ORG_RULES_SIZE_MAX <= PIPE_MAX, "the rules fit in a message");

size_t pipe_encode_org_rules(void *buffer, uint64_t request, const struct org_rules *r)
{
    struct pipe_header header = {.type = PIPE_ORG_RULES, .request = request};
    uint32_t narrowed = r->narrowed;
    if (r->size > ORG_RULES_SIZE_MAX)
        return 0;
    memcpy(buffer, &header, sizeof header);
    memcpy((char *)buffer + sizeof header, &narrowed, sizeof narrowed);
    if (r->size > 0)
        memcpy((char *)buffer + RULES_AT, r->text, r->size);
    return RULES_AT + r->size;
}

bool pipe_decode_org_rules(const void *buffer, size_t size, struct org_rules *r)
{
    struct rules rules;
    uint32_t narrowed;
    if (size < RULES_AT || size - RULES_AT > ORG_RULES_SIZE_MAX)
        return false;
    memcpy(&narrowed, (const char *)buffer + sizeof(struct pipe_header), sizeof narrowed);
    *r = (struct org_rules){narrowed != 0, (uint32_t)(size - RULES_AT),
                            (const char *)buffer + RULES_AT};
    return org_rules_decode(r, "", &rules);
}

bool pipe_decode_applied(const void *buffer, size_t size, struct pipe_applied *applied)
{
    if (size != sizeof *applied)
        return false;
    memcpy(applied, buffer, size);
    return applied->header.type == PIPE_APPLIED;
}

bool pipe_decode_break_glass(const void *buffer, size_t size, struct pipe_break_glass *broken)
{
    const struct break_glass *g = &broken->glass;
    if (size != sizeof *broken)
        return false;
    memcpy(broken, buffer, size);
    return broken->header.type == PIPE_BREAK_GLASS && memchr(g->reason, '\0', sizeof g->reason) &&
           (g->end_ms == 0 || break_glass_valid(g));
}

const char *pipe_text(const void *buffer, size_t size)
{
    const char *text = (const char *)buffer + sizeof(struct pipe_header);
    size_t room = size - sizeof(struct pipe_header);
    return room > 0 && memchr(text, '\0', room) ? text : "";
}

static int send_text(int fd, const struct pipe_header *header, const char *text, int flags)
{
    struct iovec part[2] = {
        {.iov_base = (void *)(uintptr_t)header, .iov_len = sizeof *header},
        {.iov_base = (void *)(uintptr_t)text, .iov_len = text ? strnlen(text, 1000) + 1 : 0},
    };
    struct msghdr msg = {.msg_iov = part, .msg_iovlen = 2};
    ssize_t n;
    do
        n = sendmsg(fd, &msg, MSG_NOSIGNAL | flags);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

int pipe_send(int fd, const struct pipe_header *header, const char *text)
{
    return send_text(fd, header, text, 0);
}

int pipe_try_send(int fd, const struct pipe_header *header, const char *text)
{
    return send_text(fd, header, text, MSG_DONTWAIT);
}

static int try_send(int fd, const void *message, size_t size)
{
    ssize_t n;
    do
        n = send(fd, message, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

int pipe_try_send_applied(int fd, const struct pipe_applied *applied)
{
    return try_send(fd, applied, sizeof *applied);
}

int pipe_try_send_break_glass(int fd, const struct pipe_break_glass *broken)
{
    return try_send(fd, broken, sizeof *broken);
}

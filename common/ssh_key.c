#include "common/ssh_key.h"

#include <stdbool.h>
#include <string.h>

#include "common/base64.h"

#define WANTED                                                                                     \
    "want ssh-ed25519, ecdsa-sha2-nistp256, -nistp384 or -nistp521, ssh-rsa, or one of the sk- "   \
    "types"
/* Of the text that names an application, "ssh:" as a rule. */
#define APPLICATION_MAX 255
/* Of an RSA key's public exponent: libcrypto refuses more. */
#define EXPONENT_BITS_MAX 64

static const char is_malformed[] = "is malformed, or cut";
static const char is_private[] =
    "is a private key, which nobody else may have: the public one is in the file that ends in .pub";
static const char is_certificate[] = "is a certificate: want the public key alone";
static const char has_other_type[] = "is of another type inside than outside";

struct key_kind;
struct rest {
    const uint8_t *at;
    size_t left;
};

/* Reads the fields behind the type from R into KEY. */
typedef const char *read_fields(struct rest *r, const struct key_kind *kind, struct ssh_key *key);
static read_fields read_edwards, read_curve, read_rsa;

static const struct key_kind {
    const char *type;
    read_fields *read;
    const char *curve;
    unsigned bits;
    bool application; /* a text at the end, of a key that a device keeps */
} kinds[] = {
    {"ssh-ed25519", read_edwards, NULL, 256, false},
    {"sk-ssh-ed25519@openssh.com", read_edwards, NULL, 256, true},
    {"ecdsa-sha2-nistp256", read_curve, "nistp256", 256, false},
    {"ecdsa-sha2-nistp384", read_curve, "nistp384", 384, false},
    {"ecdsa-sha2-nistp521", read_curve, "nistp521", 521, false},
    {"sk-ecdsa-sha2-nistp256@openssh.com", read_curve, "nistp256", 256, true},
    {"ssh-rsa", read_rsa, NULL, 0, false},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const struct key_kind *kind_of(const char *type, size_t len)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strlen(kinds[i].type) == len && memcmp(kinds[i].type, type, len) == 0)
            return &kinds[i];
    return NULL;
}

/* Why TYPE, of LEN bytes, is none of the kinds. */
static const char *type_fault(const char *type, size_t len)
{
    static const char certificate[] = "-cert-v01@openssh.com";
    size_t tail = sizeof certificate - 1;
    if (len > tail && memcmp(type + len - tail, certificate, tail) == 0)
        return is_certificate;
    if (len == 7 && memcmp(type, "ssh-dss", len) == 0)
        return "is of the type ssh-dss, which is too weak: " WANTED;
    return "is of a type that is not taken: " WANTED;
}

/* --- the blob --- */

/* A length of 32 bits, big-endian, and as many bytes. */
static bool take(struct rest *r, const uint8_t **data, size_t *len)
{
    if (r->left < 4)
        return false;
    size_t n = (size_t)r->at[0] << 24 | (size_t)r->at[1] << 16 | (size_t)r->at[2] << 8 | r->at[3];
    if (n > r->left - 4)
        return false;
    *data = r->at + 4;
    *len = n;
    r->at += 4 + n;
    r->left -= 4 + n;
    return true;
}

static const char *read_edwards(struct rest *r, const struct key_kind *kind, struct ssh_key *key)
{
    const uint8_t *point;
    size_t len;
    key->bits = kind->bits;
    return take(r, &point, &len) && len == 32 ? NULL : is_malformed;
}

/* An uncompressed point is 4 and two numbers of the curve's size. */
static const char *read_curve(struct rest *r, const struct key_kind *kind, struct ssh_key *key)
{
    const uint8_t *curve, *point;
    size_t len;
    key->bits = kind->bits;
    if (!take(r, &curve, &len))
        return is_malformed;
    if (len != strlen(kind->curve) || memcmp(curve, kind->curve, len) != 0)
        return "is of another curve inside than outside";
    size_t size = 1 + 2 * ((kind->bits + 7) / 8);
    return take(r, &point, &len) && len == size && point[0] == 4 ? NULL : is_malformed;
}

/* A positive, odd number, as short as it can be: its bits, or 0. */
static unsigned take_odd(struct rest *r)
{
    const uint8_t *number;
    size_t len;
    if (!take(r, &number, &len) || len == 0 || number[0] >= 0x80 || number[len - 1] % 2 == 0)
        return 0;
    if (number[0] == 0 && (len == 1 || number[1] < 0x80))
        return 0;
    if (number[0] == 0) {
        number++;
        len--;
    }
    unsigned bits = 0;
    for (unsigned first = number[0]; first > 0; first /= 2)
        bits++;
    return (unsigned)(len - 1) * 8 + bits;
}

static const char *read_rsa(struct rest *r, const struct key_kind *kind, struct ssh_key *key)
{
    (void)kind;
    unsigned exponent = take_odd(r);
    key->bits = exponent ? take_odd(r) : 0;
    if (key->bits == 0 || exponent < 2 || exponent > EXPONENT_BITS_MAX)
        return is_malformed;
    if (key->bits < SSH_KEY_RSA_BITS_MIN)
        return "is an RSA key of less than 2048 bits, which is too weak";
    return key->bits <= SSH_KEY_RSA_BITS_MAX ? NULL : "is an RSA key of more than 16384 bits";
}

static const char *read_application(struct rest *r)
{
    const uint8_t *text;
    size_t len;
    if (!take(r, &text, &len) || len == 0 || len > APPLICATION_MAX)
        return is_malformed;
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return is_malformed;
    return NULL;
}

const char *ssh_key_check(const uint8_t *blob, size_t size, struct ssh_key *key)
{
    static const char private[] = "openssh-key-v1"; /* with its NUL */
    struct rest r = {blob, size};
    const uint8_t *type;
    size_t len;
    if (size >= sizeof private && memcmp(blob, private, sizeof private) == 0)
        return is_private;
    if (size > SSH_KEY_BLOB_MAX)
        return "is too long";
    if (!take(&r, &type, &len))
        return is_malformed;
    const struct key_kind *kind = kind_of((const char *)type, len);
    if (!kind)
        return type_fault((const char *)type, len);
    *key = (struct ssh_key){.blob = blob, .size = size, .type = kind->type};
    const char *fault = kind->read(&r, kind, key);
    if (!fault && kind->application)
        fault = read_application(&r);
    return !fault && r.left > 0 ? is_malformed : fault;
}

/* --- texts --- */

/* The same as ssh_key_decode of texts with lengths. */
static const char *decode(const char *type, size_t type_len, const char *base64, size_t base64_len,
                          uint8_t *blob, struct ssh_key *key)
{
    static const char private[] = "b3BlbnNzaC1rZXktdjE"; /* "openssh-key-v1" */
    if (!kind_of(type, type_len))
        return type_fault(type, type_len);
    if (base64_len >= sizeof private - 1 && memcmp(base64, private, sizeof private - 1) == 0)
        return is_private;
    if (base64_len > SSH_KEY_BLOB_MAX / 3 * 4)
        return "is too long";
    long size = base64_decode(base64, base64_len, blob, SSH_KEY_BLOB_MAX);
    if (size < 0)
        return "has no valid base64 behind its type";
    const char *fault = ssh_key_check(blob, (size_t)size, key);
    if (!fault && kind_of(type, type_len)->type != key->type)
        return has_other_type;
    return fault;
}

const char *ssh_key_decode(const char *type, const char *base64, uint8_t *blob, struct ssh_key *key)
{
    return decode(type, strlen(type), base64, strlen(base64), blob, key);
}

/* True if LINE has, behind its first word, the type of a key: so the first word is options. */
static bool has_options(const char *line)
{
    for (const char *word = strchr(line, ' '); word; word = strchr(word, ' ')) {
        word += strspn(word, " ");
        if (kind_of(word, strcspn(word, " ")) || strncmp(word, "ssh-", 4) == 0)
            return true;
    }
    return false;
}

/* Why TEXT is not one line of the right form. */
static const char *form_fault(const char *text)
{
    if (strstr(text, "PRIVATE KEY") || strncmp(text, "PuTTY-User-Key-File", 19) == 0)
        return is_private;
    if (strncmp(text, "----", 4) == 0)
        return "is in another format: ssh-keygen -i -f FILE prints it as OpenSSH has it";
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return "has more than one line, or a control character in it";
    return *text ? NULL : "is empty";
}

const char *ssh_key_parse(const char *line, uint8_t *blob, struct ssh_key *key,
                          const char **comment)
{
    const char *fault = form_fault(line);
    if (fault)
        return fault;
    size_t type_len = strcspn(line, " ");
    if (!kind_of(line, type_len) && has_options(line))
        return "has options in front, which are not taken: want TYPE BASE64 COMMENT";
    const char *base64 = line + type_len + strspn(line + type_len, " ");
    size_t base64_len = strcspn(base64, " ");
    *comment = base64 + base64_len + strspn(base64 + base64_len, " ");
    return decode(line, type_len, base64, base64_len, blob, key);
}

size_t ssh_key_print(const struct ssh_key *key, char *text)
{
    size_t len = strlen(key->type);
    memcpy(text, key->type, len);
    text[len++] = ' ';
    base64_encode(key->blob, key->size, text + len, SSH_KEY_TEXT_SIZE - len);
    return len + strlen(text + len);
}

char *ssh_key_fingerprint(const struct ssh_key *key, char *text)
{
    static const char name[] = "SHA256:";
    uint8_t hash[SHA256_SIZE];
    size_t len = sizeof name - 1;
    sha256(key->blob, key->size, hash);
    memcpy(text, name, len);
    base64_encode(hash, sizeof hash, text + len, SSH_KEY_FINGERPRINT_SIZE - len);
    text[strcspn(text, "=")] = '\0';
    return text;
}

/* Public keys: what ssh-keygen makes is taken and printed as ssh-keygen prints it; what is not a
 * sound public key is refused with its reason. */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "common/base64.h"
#include "common/key_list.h"
#include "common/sha256.h"
#include "common/ssh_key.h"
#include "tests/lib/unit.h"

static char directory[] = "/tmp/ssh_key.XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    static const char *const files[] = {"key", "key.pub", "line.pub", "out"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    return chdir("/") == 0 ? rmdir(directory) : -1;
}

/* Runs ssh-keygen with ARGUMENTS and puts what it prints, without its end of line, into OUT. */
static int keygen(char *const arguments[], char *out, size_t size)
{
    int status, fd;
    pid_t pid = fork();
    if (pid == 0) {
        fd = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        execvp("ssh-keygen", arguments);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    fd = open("out", O_RDONLY);
    ssize_t n = read(fd, out, size - 1);
    close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return status;
}

static void read_file(const char *name, char *text, size_t size)
{
    int fd = open(name, O_RDONLY);
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    assert_true(n > 0);
    text[n] = '\0';
}

/* "256 SHA256:... COMMENT (TYPE)", as ssh-keygen tells of LINE. */
static void fingerprint_of(const char *line, char *text, size_t size)
{
    int fd = open("line.pub", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, line, strlen(line)), strlen(line));
    assert_int_equal(write(fd, "\n", 1), 1);
    close(fd);
    assert_int_equal(keygen((char *[]){"ssh-keygen", "-lf", "line.pub", NULL}, text, size), 0);
}

/* LINE is taken, and printed as it came; the fingerprint and the bits are ssh-keygen's. */
static void check_line(const char *line)
{
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key key;
    const char *comment;
    char text[SSH_KEY_TEXT_SIZE], mine[SSH_KEY_FINGERPRINT_SIZE], theirs[200], want[200];
    const char *fault = ssh_key_parse(line, blob, &key, &comment);
    if (fault)
        fail_msg("%s: the key %s", line, fault);
    size_t len = ssh_key_print(&key, text);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(text, line, len);
    assert_string_equal(line + len, *comment ? comment - 1 : "");
    fingerprint_of(line, theirs, sizeof theirs);
    snprintf(want, sizeof want, "%u %s ", key.bits, ssh_key_fingerprint(&key, mine));
    assert_memory_equal(theirs, want, strlen(want));
    char *base64 = text + strcspn(text, " ");
    *base64++ = '\0';
    assert_null(ssh_key_decode(text, base64, blob, &key));
    assert_null(ssh_key_check(key.blob, key.size, &key));
}

static void make_key(char *type, char *bits, char *line, size_t size)
{
    char out[300];
    unlink("key");
    unlink("key.pub");
    assert_int_equal(keygen((char *[]){"ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-C",
                                       "ada@laptop of work", "-f", "key", NULL},
                            out, sizeof out),
                     0);
    read_file("key.pub", line, size);
    line[strcspn(line, "\n")] = '\0';
}

static void keys_of_ssh_keygen_are_taken(void **state)
{
    (void)state;
    static char *const rows[][2] = {{"ed25519", "256"}, {"ecdsa", "256"}, {"ecdsa", "384"},
                                    {"ecdsa", "521"},   {"rsa", "2048"},  {"rsa", "3071"},
                                    {"rsa", "4096"}};
    char line[4000];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_key(rows[i][0], rows[i][1], line, sizeof line);
        check_line(line);
        line[strcspn(line, " ") + strcspn(strchr(line, ' ') + 1, " ") + 1] = '\0';
        check_line(line); /* without a comment */
    }
}

/* --- blobs of our own making --- */

struct made {
    uint8_t data[4000];
    size_t size;
};

static void put(struct made *m, const void *data, size_t len)
{
    const uint8_t length[4] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};
    memcpy(m->data + m->size, length, 4);
    memcpy(m->data + m->size + 4, data, len);
    m->size += 4 + len;
}

static void put_text(struct made *m, const char *text)
{
    put(m, text, strlen(text));
}

static const char *fault_of(const struct made *m)
{
    struct ssh_key key;
    uint8_t *exact = malloc(m->size + (m->size == 0)); /* the sanitizer sees a byte too many */
    memcpy(exact, m->data, m->size);
    const char *fault = ssh_key_check(exact, m->size, &key);
    free(exact);
    return fault;
}

static struct made sk_ed25519(const char *application)
{
    struct made m = {0};
    put_text(&m, "sk-ssh-ed25519@openssh.com");
    put(&m, (uint8_t[32]){0x11, 0x22}, 32);
    put_text(&m, application);
    return m;
}

/* NIST's base point of P-256: on the curve, as ssh-keygen wants it. */
static const uint8_t p256[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc,
                                 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d,
                                 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
                                 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb,
                                 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31,
                                 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static void keys_of_devices_are_taken(void **state)
{
    (void)state;
    struct made rows[2] = {sk_ed25519("ssh:"), {.size = 0}};
    put_text(&rows[1], "sk-ecdsa-sha2-nistp256@openssh.com");
    put_text(&rows[1], "nistp256");
    put(&rows[1], p256, sizeof p256);
    put_text(&rows[1], "ssh:work");
    for (int i = 0; i < 2; i++) {
        struct ssh_key key;
        char text[SSH_KEY_TEXT_SIZE];
        assert_null(ssh_key_check(rows[i].data, rows[i].size, &key));
        ssh_key_print(&key, text);
        check_line(text);
    }
    char longest[257];
    memset(longest, 'a', 256);
    longest[256] = '\0';
    static const char *const bad[] = {"", "ssh: ", "ssh:\x1b", "ssh:\xc3\xa4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(fault_of(&(struct made[]){sk_ed25519(bad[i])}[0]),
                            "is malformed, or cut");
    struct made m = sk_ed25519(longest);
    assert_string_equal(fault_of(&m), "is malformed, or cut");
    m = sk_ed25519(longest + 1);
    assert_null(fault_of(&m));
}

/* An RSA key of E and BITS, odd, and with EXTRA in front of the modulus. */
static struct made rsa(const void *e, size_t e_len, size_t bits, bool zero, uint8_t last)
{
    struct made m = {0};
    uint8_t n[2100] = {0};
    size_t len = (bits + 7) / 8, at = bits % 8 == 0 && zero;
    n[at] = (uint8_t)(1 << (bits + 7) % 8);
    n[at + len - 1] |= last;
    put_text(&m, "ssh-rsa");
    put(&m, e, e_len);
    put(&m, n, at + len);
    return m;
}

static void rsa_keys_are_judged_by_their_numbers(void **state)
{
    (void)state;
    static const uint8_t f4[] = {1, 0, 1};
    static const struct {
        uint8_t e[10];
        size_t e_len, bits;
        bool zero;
        uint8_t last;
        const char *fault;
    } rows[] = {
        {{1, 0, 1}, 3, 2048, true, 1, NULL},
        {{3}, 1, 2049, true, 1, NULL},
        {{1, 0, 1}, 3, 16384, true, 1, NULL},
        {{1, 0, 1}, 3, 16385, true, 1, "more than 16384"},
        {{1, 0, 1}, 3, 2047, true, 1, "less than 2048"},
        {{1, 0, 1}, 3, 1024, true, 1, "less than 2048"},
        {{1, 0, 1}, 3, 2048, false, 1, "malformed"}, /* negative */
        {{1, 0, 1}, 3, 2048, true, 0, "malformed"},  /* even */
        {{1}, 1, 2048, true, 1, "malformed"},
        {{2}, 1, 2048, true, 1, "malformed"},
        {{0}, 0, 2048, true, 1, "malformed"},
        {{0, 3}, 2, 2048, true, 1, "malformed"}, /* longer than it need be */
        {{0, 0x81, 0, 0, 0, 0, 0, 0, 1}, 9, 2048, true, 1, NULL},
        {{1, 0, 0, 0, 0, 0, 0, 0, 1}, 9, 2048, true, 1, "malformed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m = rsa(rows[i].e, rows[i].e_len, rows[i].bits, rows[i].zero, rows[i].last);
        const char *fault = fault_of(&m);
        if (!rows[i].fault != !fault || (fault && !strstr(fault, rows[i].fault)))
            fail_msg("row %zu: %s", i, fault ? fault : "taken");
    }
    struct made m = rsa(f4, sizeof f4, 16384, true, 1);
    assert_true(m.size <= SSH_KEY_BLOB_MAX);
}

/* Every shorter blob, a longer one, and each byte of the types and lengths changed. */
static void cut_padded_and_changed_blobs_are_refused(void **state)
{
    (void)state;
    struct made rows[3] = {sk_ed25519("ssh:"), rsa("\1\0\1", 3, 2048, true, 1), {.size = 0}};
    put_text(&rows[2], "ecdsa-sha2-nistp256");
    put_text(&rows[2], "nistp256");
    put(&rows[2], p256, sizeof p256);
    for (int i = 0; i < 3; i++) {
        assert_null(fault_of(&rows[i]));
        struct made m = rows[i];
        for (m.size = 0; m.size < rows[i].size; m.size++)
            assert_non_null(fault_of(&m));
        m = rows[i];
        m.size++;
        assert_string_equal(fault_of(&m), "is malformed, or cut");
        for (size_t at = 0; at < 12; at++) {
            m = rows[i];
            m.data[at] ^= 0x40;
            assert_non_null(fault_of(&m));
        }
    }
    rows[2].data[4 + 19 + 4] ^= 1; /* the curve's name */
    assert_string_equal(fault_of(&rows[2]), "is of another curve inside than outside");
}

static void lines_that_are_no_public_keys_are_refused(void **state)
{
    (void)state;
#define ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAIBERERERERERERERERERERERERERERERERERERERERER"
    static const struct {
        const char *line, *fault;
    } rows[] = {
        {"ssh-ed25519 " ED25519, NULL},
        {"ssh-ed25519  " ED25519 "  a comment", NULL},
        {"", "is empty"},
        {" ssh-ed25519 " ED25519, "options"},
        {"ssh-ed25519", "no valid base64|malformed"},
        {"ssh-ed25519 " ED25519 "\n", "more than one line"},
        {"ssh-ed25519 " ED25519 " x\nssh-ed25519 " ED25519, "more than one line"},
        {"ssh-ed25519\t" ED25519, "control character"},
        {"command=\"sh\" ssh-ed25519 " ED25519, "options"},
        {"cert-authority ssh-ed25519 " ED25519, "options"},
        {"no-pty,command=\"echo a b\" ssh-rsa " ED25519, "options"},
        {"restrict ssh-dss " ED25519, "options"},
        {"ssh-dss " ED25519, "too weak"},
        {"ssh-rsa " ED25519, "another type inside"},
        {"ecdsa-sha2-nistp256 " ED25519, "another type inside"},
        {"ssh-ed25519-cert-v01@openssh.com " ED25519, "certificate"},
        {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com " ED25519, "certificate"},
        {"ssh-xmss@openssh.com " ED25519, "type that is not taken"},
        {"SSH-ED25519 " ED25519, "type that is not taken"},
        {"2048 35 1234567890", "type that is not taken"},
        {"ssh-ed25519 AAAA!", "no valid base64"},
        {"ssh-ed25519 AAAA", "malformed"},
        {"ssh-ed25519 b3BlbnNzaC1rZXktdjEAAAAABG5vbmU=", "private key"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n",
         "private key"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMII\n", "private key"},
        {"PuTTY-User-Key-File-3: ssh-ed25519\n", "private key"},
        {"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "another format"},
        {"-----BEGIN PUBLIC KEY-----\nMII\n", "another format"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t blob[SSH_KEY_BLOB_MAX];
        struct ssh_key key;
        const char *comment, *fault = ssh_key_parse(rows[i].line, blob, &key, &comment);
        const char *other = rows[i].fault ? strchr(rows[i].fault, '|') : NULL;
        char first[64] = "";
        if (rows[i].fault)
            snprintf(first, sizeof first, "%.*s", (int)strcspn(rows[i].fault, "|"), rows[i].fault);
        if (!rows[i].fault != !fault ||
            (fault && !strstr(fault, first) && !(other && strstr(fault, other + 1))))
            fail_msg("%s: %s", rows[i].line, fault ? fault : "taken");
    }
}

static void private_files_of_ssh_keygen_are_recognised(void **state)
{
    (void)state;
    char line[4000], text[8000];
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key key;
    const char *comment;
    make_key("ed25519", "256", line, sizeof line);
    read_file("key", text, sizeof text);
    assert_non_null(strstr(ssh_key_parse(text, blob, &key, &comment), "private key"));
    keygen((char *[]){"ssh-keygen", "-q", "-p", "-N", "", "-m", "PEM", "-f", "key", NULL}, line,
           sizeof line);
    read_file("key", text, sizeof text);
    assert_non_null(strstr(ssh_key_parse(text, blob, &key, &comment), "private key"));
}

/* A key of any length, up to what no room would hold. */
static void long_keys_are_refused(void **state)
{
    (void)state;
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key key;
    for (size_t len = 0; len <= 32768; len += 4) {
        char *base64 = malloc(len + 1);
        memset(base64, 'A', len);
        base64[len] = '\0';
        assert_non_null(ssh_key_decode("ssh-rsa", base64, blob, &key));
        free(base64);
    }
}

/* FIPS 180-4's examples, and the borders of a block against OpenSSL's answers. */
static void sha256_is_the_standards(void **state)
{
    (void)state;
    static const struct {
        size_t len; /* of so many 'a' */
        uint8_t first[4];
    } rows[] = {{0, {0xe3, 0xb0, 0xc4, 0x42}},   {1, {0xca, 0x97, 0x81, 0x12}},
                {55, {0x9f, 0x43, 0x90, 0xf8}},  {56, {0xb3, 0x54, 0x39, 0xa4}},
                {63, {0x7d, 0x3e, 0x74, 0xa0}},  {64, {0xff, 0xe0, 0x54, 0xfe}},
                {119, {0x31, 0xeb, 0xa5, 0x1c}}, {1000000, {0xcd, 0xc7, 0x6e, 0x5c}}};
    uint8_t hash[SHA256_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = malloc(rows[i].len + 1);
        memset(text, 'a', rows[i].len);
        sha256(text, rows[i].len, hash);
        assert_memory_equal(hash, rows[i].first, 4);
        free(text);
    }
}

/* --- lists --- */

static struct ssh_key number(uint8_t *blob, unsigned i)
{
    struct ssh_key key;
    assert_null(ssh_key_decode("ssh-ed25519", ED25519, blob, &key));
    memcpy(blob + 19, &i, sizeof i);
    return key;
}

static void keys_of_a_list_come_out_as_they_went_in(void **state)
{
    (void)state;
    static uint8_t list[KEY_LIST_SIZE_MAX];
    uint8_t blob[SSH_KEY_BLOB_MAX];
    static const int64_t ends[] = {1764000000999, 0, -5, INT64_MAX};
    static const uint32_t want[] = {1764000000, 1, 1, UINT32_MAX, 0};
    struct ssh_key key;
    uint32_t end;
    size_t size = 0;
    for (unsigned i = 0; i < 5; i++) {
        key = number(blob, i);
        size = key_list_add(list, size, &key, i < 4 ? &ends[i] : NULL);
        assert_int_equal(size, (i + 1) * (KEY_LIST_ENTRY + key.size));
    }
    struct key_list rest = {list, size};
    assert_true(key_list_valid(&rest));
    for (unsigned i = 0; i < 5; i++) {
        assert_true(key_list_take(&rest, &key, &end));
        assert_memory_equal(key.blob, number(blob, i).blob, key.size);
        assert_int_equal(end, want[i]);
    }
    assert_false(key_list_take(&rest, &key, &end));
    assert_int_equal(rest.size, 0);
}

static void lists_have_bounds(void **state)
{
    (void)state;
    static uint8_t list[KEY_LIST_SIZE_MAX + 100];
    uint8_t blob[SSH_KEY_BLOB_MAX];
    struct ssh_key key = number(blob, 1);
    size_t size = 0, next;
    int n = 0;
    for (; (next = key_list_add(list, size, &key, NULL)) > 0; n++)
        size = next;
    assert_int_equal(n, KEY_LIST_MAX);
    struct key_list all = {list, size};
    assert_true(key_list_valid(&all));
    memcpy(list + size, list, KEY_LIST_ENTRY + key.size); /* one too many */
    all.size = size + KEY_LIST_ENTRY + key.size;
    assert_false(key_list_valid(&all));
    for (all.size = 1; all.size < 2 * (KEY_LIST_ENTRY + key.size); all.size++)
        assert_true(key_list_valid(&all) == (all.size == KEY_LIST_ENTRY + key.size));
    struct made large = rsa("\1\0\1", 3, 16384, true, 1);
    assert_null(ssh_key_check(large.data, large.size, &key));
    for (size = 0; (next = key_list_add(list, size, &key, NULL)) > 0;)
        size = next;
    all.size = size;
    assert_true(size > KEY_LIST_SIZE_MAX - 2100 && key_list_valid(&all));
    all.size = 0;
    assert_true(key_list_valid(&all));
}

static void ends_are_kept_by_a_clock_that_can_be_right(void **state)
{
    (void)state;
    assert_false(key_list_ended(0, 5000, 9000));
    assert_false(key_list_ended(10, 9999, 9999));
    assert_true(key_list_ended(10, 10000, 9000));
    assert_true(key_list_ended(10, 8999, 9000)); /* earlier than the last confirmation */
    assert_true(key_list_ended(UINT32_MAX, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_ssh_keygen_are_taken),
        cmocka_unit_test(keys_of_devices_are_taken),
        cmocka_unit_test(rsa_keys_are_judged_by_their_numbers),
        cmocka_unit_test(cut_padded_and_changed_blobs_are_refused),
        cmocka_unit_test(lines_that_are_no_public_keys_are_refused),
        cmocka_unit_test(private_files_of_ssh_keygen_are_recognised),
        cmocka_unit_test(long_keys_are_refused),
        cmocka_unit_test(sha256_is_the_standards),
        cmocka_unit_test(keys_of_a_list_come_out_as_they_went_in),
        cmocka_unit_test(lists_have_bounds),
        cmocka_unit_test(ends_are_kept_by_a_clock_that_can_be_right),
    };
    return cmocka_run_group_tests_name("ssh_key", tests, make_directory, remove_directory);
}

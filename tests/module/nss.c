/* libnss_org.so.2 through the real glibc: getpwnam_r and the others, with "org" as the only
 * service. */
#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <nss.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <shadow.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/paths.h"
#include "common/snapshot_writer.h"
#include "nss_module/nss_module.h"
#include "tests/lib/unit.h"
#include "tests/module/notice.h"

#define MEMBERS 40

static void publish(uint64_t generation, bool enumerate, enum group_members group_members)
{
    struct snapshot_settings settings = {
        .generation = generation, .enumerate = enumerate, .group_members = group_members};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", 0, 0, 0);
    uint32_t all = snapshot_writer_group(w, "acme", 150000, 0),
             admins = snapshot_writer_group(w, "admins", 150001, 0);
    struct snapshot_grants_spec member = {
        .org = org, .groups = (const uint32_t[]){all}, .group_count = 1};
    struct snapshot_grants_spec admin = {.org = org,
                                         .groups = (const uint32_t[]){all, admins},
                                         .group_count = 2,
                                         .local_gids = (const uint32_t[]){44},
                                         .local_count = 1};
    uint32_t member_grants = snapshot_writer_grants(w, &member),
             admin_grants = snapshot_writer_grants(w, &admin);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        char name[16], gecos[32];
        snprintf(name, sizeof name, "user%u", i);
        snprintf(gecos, sizeof gecos, "Generation %llu", (unsigned long long)generation);
        struct snapshot_user_spec u = {
            200000 + i,    200000 + i,  i % 10 ? member_grants : admin_grants,
            MEMBER_ACTIVE, name,        gecos,
            "/home/x",     "/bin/bash", 0,
            true};
        snapshot_writer_user(w, &u);
    }
    struct snapshot_grants_spec none = {.org = org};
    struct snapshot_user_spec gone = {200100,
                                      200100,
                                      snapshot_writer_grants(w, &none),
                                      MEMBER_REMOVED,
                                      "gone",
                                      "Gone",
                                      "/home/gone",
                                      "/usr/sbin/nologin",
                                      0,
                                      true};
    struct snapshot_user_spec pending = {200101,
                                         200101,
                                         snapshot_writer_grants(w, &none),
                                         MEMBER_PENDING,
                                         "pending",
                                         "",
                                         "/home/p",
                                         "/bin/bash",
                                         0,
                                         true};
    /* A removed member whose grants, by somebody's mistake, still have groups. */
    struct snapshot_user_spec ghost = {
        200102, 150001, admin_grants, MEMBER_REMOVED, "ghost", "", "/home/g", "/bin/bash", 0, true};
    snapshot_writer_user(w, &gone);
    snapshot_writer_user(w, &pending);
    snapshot_writer_user(w, &ghost);
    assert_int_equal(snapshot_writer_publish(w, PATH_SNAPSHOT), 0);
    snapshot_writer_free(w);
}

static int by_name(const char *name, struct passwd **found)
{
    static struct passwd pw;
    static char buffer[1024];
    return getpwnam_r(name, &pw, buffer, sizeof buffer, found);
}

static void users_are_found_or_absent_by_name_and_number(void **state)
{
    (void)state;
    struct passwd *p;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(by_name("user7", &p), 0);
    assert_string_equal(p->pw_name, "user7");
    assert_string_equal(p->pw_passwd, "*");
    assert_int_equal(p->pw_uid, 200007);
    assert_int_equal(p->pw_gid, 200007);
    assert_string_equal(p->pw_gecos, "Generation 1");
    assert_string_equal(p->pw_dir, "/home/x");
    assert_string_equal(p->pw_shell, "/bin/bash");
    p = getpwuid(200039);
    assert_non_null(p);
    assert_string_equal(p->pw_name, "user39");
    const char *absent[] = {"user40",   "root",
                            "200007",   "",
                            "User7",    "user7 ",
                            "../user7", "us\ner",
                            "pending",  "a-name-that-is-longer-than-any-name-of-ours-may-be"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        assert_int_equal(by_name(absent[i], &p), 0);
        assert_null(p);
    }
    const uid_t nobody[] = {0,     1,      999,    1000,   65534,    65535,
                            61184, 199999, 200040, 200101, (uid_t)-1};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        assert_null(getpwuid(nobody[i]));
        assert_null(getgrgid(nobody[i]));
    }
}

/* The module's own, as glibc finds it. */
static void *entry_point(const char *name)
{
    static void *module;
    if (!module)
        module = dlopen(MODULE_DIR "/libnss_org.so.2", RTLD_NOW);
    assert_non_null(module);
    return dlsym(module, name);
}

#define ENTRY(name) ((__typeof__(&name))(uintptr_t)entry_point(#name))

/* Called as glibc does, but with an error variable that is not errno: errno is the program's. */
static void lookup_leaves_errno_alone(void **state)
{
    (void)state;
    __typeof__(&_nss_org_getpwnam_r) entry = ENTRY(_nss_org_getpwnam_r);
    struct passwd pw;
    char buffer[1024];
    int error = 0;
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        unlink(PATH_SNAPSHOT);
        let_names_notice();
        if (snapshot)
            publish(1, false, GROUP_MEMBERS_ALWAYS);
        const char *names[] = {"user7", "stranger", "7up"};
        for (int i = 0; i < 3; i++) {
            errno = 4711;
            error = 0;
            enum nss_status status = entry(names[i], &pw, buffer, sizeof buffer, &error);
            assert_int_equal(error, status == NSS_STATUS_SUCCESS    ? 0
                                    : status == NSS_STATUS_NOTFOUND ? ENOENT
                                                                    : EAGAIN);
            assert_int_equal(errno, 4711);
            assert_int_equal(status, i == 2      ? NSS_STATUS_NOTFOUND
                                     : !snapshot ? NSS_STATUS_UNAVAIL
                                     : i == 0    ? NSS_STATUS_SUCCESS
                                                 : NSS_STATUS_NOTFOUND);
        }
        assert_int_equal(entry("user7", &pw, buffer, 5, &error),
                         snapshot ? NSS_STATUS_TRYAGAIN : NSS_STATUS_UNAVAIL);
        assert_int_equal(error, snapshot ? ERANGE : EAGAIN);
    }
}

static void removed_members_keep_name_and_number_without_groups(void **state)
{
    (void)state;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    struct passwd *p = getpwuid(200100);
    assert_non_null(p);
    assert_string_equal(p->pw_name, "gone");
    assert_string_equal(p->pw_shell, "/usr/sbin/nologin");
    const char *names[] = {"gone", "ghost"};
    for (int i = 0; i < 2; i++) {
        gid_t gids[8];
        int n = 8;
        assert_int_equal(getgrouplist(names[i], 200100, gids, &n), 1);
    }
    assert_string_equal(getgrgid(200100)->gr_name, "gone");
    assert_int_equal(getpwnam("ghost")->pw_gid, 150001);
}

/* The memory behind the buffer must stay as it was, at every size, wherever the buffer begins. */
#define ROOM 8192
static char arena[ROOM + 64];

static void check_canary(size_t offset, size_t size)
{
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(arena[offset + size + i], 'x');
}

static void user_lookup_stays_within_every_buffer_size(void **state)
{
    (void)state;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    const size_t need =
        sizeof "user7" + sizeof "Generation 1" + sizeof "/home/x" + sizeof "/bin/bash" + sizeof "*";
    for (size_t offset = 0; offset < 8; offset++)
        for (size_t size = 0; size < need + 40; size++) {
            struct passwd pw, *p;
            memset(arena, 'x', sizeof arena);
            int rc = getpwnam_r("user7", &pw, arena + offset, size, &p);
            assert_int_equal(rc, size < need ? ERANGE : 0);
            assert_int_equal(p != NULL, size >= need);
            int rc2 = getpwuid_r(200007, &pw, arena + offset, size, &p);
            assert_int_equal(rc2, rc);
            check_canary(offset, size);
        }
}

static void group_lookup_stays_within_every_buffer_size(void **state)
{
    (void)state;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    size_t need = (MEMBERS + 1) * sizeof(char *) + sizeof "acme" + sizeof "*";
    for (int i = 0; i < MEMBERS; i++)
        need += i < 10 ? sizeof "user7" : sizeof "user10";
    for (size_t offset = 0; offset < 8; offset++) {
        size_t pad = -(uintptr_t)(arena + offset) % sizeof(char *);
        for (size_t size = 0; size < need + pad + 20; size += size + 60 < need ? 13 : 1) {
            struct group gr, *g;
            memset(arena, 'x', sizeof arena);
            int rc = getgrnam_r("acme", &gr, arena + offset, size, &g);
            assert_int_equal(rc, size < need + pad ? ERANGE : 0);
            assert_int_equal(getgrgid_r(150000, &gr, arena + offset, size, &g), rc);
            check_canary(offset, size);
            if (rc)
                continue;
            assert_int_equal((uintptr_t)g->gr_mem % sizeof(char *), 0);
            for (int i = 0; i < MEMBERS; i++) {
                char want[16];
                snprintf(want, sizeof want, "user%d", i);
                assert_string_equal(g->gr_mem[i], want);
            }
            assert_null(g->gr_mem[MEMBERS]);
        }
    }
}

static void groups_are_found_by_name_and_number(void **state)
{
    (void)state;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    struct group *g = getgrnam("admins");
    assert_int_equal(g->gr_gid, 150001);
    assert_string_equal(g->gr_passwd, "*");
    assert_string_equal(g->gr_mem[1], "user10");
    g = getgrnam("user7"); /* everybody's own */
    assert_int_equal(g->gr_gid, 200007);
    assert_null(g->gr_mem[0]);
    assert_string_equal(getgrgid(200007)->gr_name, "user7");
    assert_null(getgrnam("pending"));
    assert_null(getgrgid(44)); /* a mapped local group is never answered as a group */
    publish(2, false, GROUP_MEMBERS_NEVER);
    assert_null(getgrnam("admins")->gr_mem[0]);
}

static void getgrouplist_lists_the_groups_of_a_member(void **state)
{
    (void)state;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    gid_t gids[8];
    int n = 8;
    assert_int_equal(getgrouplist("user10", 200010, gids, &n), 4);
    assert_int_equal(gids[0], 200010);
    assert_int_equal(gids[1], 150000);
    assert_int_equal(gids[2], 150001);
    assert_int_equal(gids[3], 44);
    n = 8;
    assert_int_equal(getgrouplist("user10", 150000, gids, &n),
                     3); /* the primary group is not there twice */
    n = 2;
    assert_int_equal(getgrouplist("user10", 200010, gids, &n), -1);
    assert_int_equal(n, 4);
    n = 8;
    assert_int_equal(getgrouplist("user11", 200011, gids, &n), 2);
    n = 8;
    assert_int_equal(getgrouplist("stranger", 1234, gids, &n), 1);
}

/* The groups that initgroups adds for NAME with GID, or -1 with *STATUS not SUCCESS. */
static long groups_for(const char *name, gid_t gid, enum nss_status *status)
{
    __typeof__(&_nss_org_initgroups_dyn) entry = ENTRY(_nss_org_initgroups_dyn);
    long start = 0, size = 0;
    gid_t *gids = NULL;
    int error = 0;
    *status = entry(name, gid, &start, &size, &gids, -1, &error);
    free(gids);
    return *status == NSS_STATUS_SUCCESS ? start : -1;
}

/* The gid says whose the account is: her own, one of the organization's groups, or that it is not
 * known, when no local user may have the name. */
static void initgroups_answers_for_the_members_own_group_numbers_only(void **state)
{
    (void)state;
    enum nss_status status;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(groups_for("user10", 200010, &status), 3);
    assert_int_equal(groups_for("user10", 150000, &status), 2); /* without the one that is given */
    assert_int_equal(groups_for("user10", 150001, &status), 2);
    assert_int_equal(groups_for("user10", (gid_t)-1, &status), 3);
    /* A mapped local group, somebody else's, another member's, an organization's that is not hers.
     */
    static const gid_t others[] = {0, 44, 100, 1005, 65534, 200011, 199999};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(groups_for("user10", others[i], &status), -1);
        assert_int_equal(status, NSS_STATUS_NOTFOUND);
    }
    assert_int_equal(groups_for("user11", 150001, &status), -1);
    assert_int_equal(status, NSS_STATUS_NOTFOUND);
    /* Who is no member any more has none, whatever the gid. */
    assert_int_equal(groups_for("gone", 200100, &status), 0);
    assert_int_equal(groups_for("ghost", (gid_t)-1, &status), 0);
}

/* Local users with members' names, in a passwd file of the test's own: one of a line that two reads
 * share, one behind blanks, which glibc skips, one at the very end without a newline. */
static void initgroups_adds_no_groups_to_a_local_namesake(void **state)
{
    (void)state;
    enum nss_status status;
    char passwd[64] = "/tmp/orglogin-passwd.XXXXXX";
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        SKIP("no mount namespace can be made");
    int fd = mkstemp(passwd);
    assert_int_equal(fchmod(fd, 0644), 0);
    FILE *f = fdopen(fd, "w");
    fputs("root:x:0:0::/root:/bin/sh\nuser1:x:1001:1001::/:/bin/sh\nxuser2:x:1002:1002::/:/bin/sh\n"
          "other:x:1004:1004:user4:/user4:\nuser10x:x:1010:1010::/:/bin/sh\n"
          " \tuser7:x:1007:1007::/:/bin/sh\nus er8:x:1008:1008::/:/bin/sh\n",
          f);
    while (ftell(f) % 4096 != 4093) /* so that "use" is in the one read, "r3:" in the next */
        fputc(ftell(f) % 4096 == 4092 ? '\n' : '#', f);
    fputs("user3:x:1003:1003::/:/bin/sh\nuser5:x:1005:1005::/:/bin/sh", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(mount(passwd, "/etc/passwd", NULL, MS_BIND, NULL), 0);
    static const char *const namesakes[] = {"user1", "user3", "user5", "user7"};
    static const char *const nobodys[] = {"user2", "user4", "user6", "user8", "user10"};
    for (size_t i = 0; i < sizeof namesakes / sizeof *namesakes; i++) {
        assert_int_equal(groups_for(namesakes[i], (gid_t)-1, &status), -1);
        assert_int_equal(status, NSS_STATUS_NOTFOUND);
        assert_int_equal(groups_for(namesakes[i], 150000, &status), -1);
    }
    for (size_t i = 0; i < sizeof nobodys / sizeof *nobodys; i++)
        assert_true(groups_for(nobodys[i], (gid_t)-1, &status) > 0);
    assert_int_equal(groups_for("user1", 200001, &status), 1); /* the member all the same */
    /* Without the file nothing is known, of those alone for whom it counts. */
    assert_int_equal(umount("/etc/passwd"), 0);
    assert_int_equal(unlink(passwd), 0);
    assert_int_equal(mount("/dev", "/etc", NULL, MS_BIND, NULL), 0);
    errno = 0;
    assert_int_equal(groups_for("user10", (gid_t)-1, &status), -1);
    assert_int_equal(status, NSS_STATUS_UNAVAIL);
    assert_int_equal(errno, 0);
    assert_int_equal(groups_for("user10", 200010, &status), 3);
    assert_int_equal(umount("/etc"), 0);
}

/* Called as glibc does: the array grows from whatever it was, to no more than the limit, and has no
 * group twice. */
static void initgroups_extends_the_array_up_to_its_limit(void **state)
{
    (void)state;
    static const gid_t all[] = {200010, 150000, 150001, 44};
    static const struct {
        long start, size, limit, want;
    } rows[] = {{0, 0, -1, 3}, {0, 0, 0, 3}, {0, 0, 2, 2},  {1, 1, -1, 4}, {1, 2, -1, 4},
                {1, 4, -1, 4}, {1, 1, 1, 1}, {1, 1, 2, 2},  {1, 1, 3, 3},  {1, 2, 3, 3},
                {1, 1, 4, 4},  {1, 8, 2, 2}, {2, 2, -1, 4}, {3, 3, 3, 3}};
    __typeof__(&_nss_org_initgroups_dyn) entry = ENTRY(_nss_org_initgroups_dyn);
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        long start = rows[i].start, size = rows[i].size;
        gid_t *gids = size ? malloc((size_t)size * sizeof *gids) : NULL;
        int error = 0;
        for (long n = 0; n < start; n++)
            gids[n] = all[n];
        assert_int_equal(entry("user10", 200010, &start, &size, &gids, rows[i].limit, &error),
                         NSS_STATUS_SUCCESS);
        assert_int_equal(start, rows[i].want);
        assert_true(start <= size);
        assert_true(size <= rows[i].size || rows[i].limit <= 0 || size <= rows[i].limit);
        for (long n = 0; n < start; n++)
            assert_int_equal(gids[n], all[n + (rows[i].start == 0)]);
        free(gids);
    }
}

/* Nothing is known of a group whose members are damaged: neither a shorter list nor that there is
 * none. Other answers are as before, and so is this one when the file is whole again. */
static void group_with_damaged_members_is_an_error(void **state)
{
    (void)state;
    struct group gr, *g;
    struct passwd *p;
    publish(1, true, GROUP_MEMBERS_ALWAYS);
    FILE *f = fopen(PATH_SNAPSHOT, "r");
    char *content = malloc(1 << 20);
    size_t size = fread(content, 1, 1 << 20, f);
    fclose(f);
    char *names = memmem(content, size, "user0\0user1\0user2", 17);
    assert_non_null(names);
    for (int round = 0; round < 2; round++) {
        char byte = round == 0 ? 'Z' : names[4];
        int fd = open(PATH_SNAPSHOT, O_WRONLY);
        assert_int_equal(pwrite(fd, &byte, 1, names + 4 - content), 1);
        close(fd);
        assert_int_equal(getgrnam_r("acme", &gr, arena, sizeof arena, &g), round == 0 ? EIO : 0);
        assert_int_equal(getgrgid_r(150000, &gr, arena, sizeof arena, &g), round == 0 ? EIO : 0);
        assert_int_equal(getgrnam_r("admins", &gr, arena, sizeof arena, &g), 0);
        assert_string_equal(g->gr_mem[0], "user0");
        assert_int_equal(by_name("user0", &p), 0);
        assert_non_null(p);
    }
    free(content);
}

/* A group whose record is damaged is not one that there is not, by no path. */
static void group_with_a_damaged_record_is_an_error(void **state)
{
    (void)state;
    __typeof__(&_nss_org_getgrent_r) next = ENTRY(_nss_org_getgrent_r);
    struct group gr, *g;
    int error = 0;
    publish(1, true, GROUP_MEMBERS_ALWAYS);
    uint32_t ref;
    int fd = open(PATH_SNAPSHOT, O_RDWR);
    assert_int_equal(pread(fd, &ref, sizeof ref, SNAPSHOT_AT_GROUPS), sizeof ref);
    off_t name = 8 * (off_t)le32toh(ref) + SNAPSHOT_GROUP_NAME;
    char first[5];
    assert_int_equal(pread(fd, first, sizeof first, name), sizeof first);
    assert_string_equal(first, "acme");
    assert_int_equal(pwrite(fd, "x", 1, name + 1), 1);
    close(fd);
    assert_int_equal(getgrnam_r("acme", &gr, arena, sizeof arena, &g), EIO);
    assert_int_equal(getgrgid_r(150000, &gr, arena, sizeof arena, &g), EIO);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(next(&gr, arena, sizeof arena, &error), NSS_STATUS_UNAVAIL);
        assert_int_equal(error, EIO);
    }
    ENTRY(_nss_org_endgrent)();
}

/* Absent and unknown are different answers. */
static void missing_or_unreadable_snapshot_is_an_error(void **state)
{
    (void)state;
    struct passwd *p;
    unlink(PATH_SNAPSHOT);
    let_names_notice(); /* the longest that a removed file can go unnoticed */
    assert_int_equal(by_name("user7", &p), EAGAIN);
    assert_int_equal(by_name("7up", &p), 0); /* not a name of ours, whatever the file says */
    struct passwd pw;
    struct group gr, *g;
    assert_int_equal(getpwuid_r(27, &pw, arena, sizeof arena, &p), 0); /* nor a number */
    assert_null(p);
    assert_int_equal(getgrgid_r(27, &gr, arena, sizeof arena, &g), 0);
    assert_null(g);
    assert_int_equal(getpwuid_r(200007, &pw, arena, sizeof arena, &p), EAGAIN);
    assert_int_equal(getgrgid_r(200007, &gr, arena, sizeof arena, &g), EAGAIN);
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(by_name("user7", &p), 0);
    assert_non_null(p);
    assert_int_equal(rename(PATH_SNAPSHOT, PATH_SNAPSHOT ".away"), 0);
    FILE *f = fopen(PATH_SNAPSHOT, "w");
    fputs("rubbish\n", f);
    fclose(f);
    let_names_notice();
    assert_int_equal(by_name("user7", &p), EIO);
    assert_int_equal(rename(PATH_SNAPSHOT ".away", PATH_SNAPSHOT), 0);
    assert_int_equal(by_name("user7", &p), 0);
    assert_non_null(p);
}

/* Runs TEST in a child; its failed assertions end it with a status that is not 0. */
static void in_child(void (*test)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        test();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Ends the child unless what it was asked is so. */
static void must(bool fine, int line)
{
    if (!fine) {
        fprintf(stderr, "# line %d\n", line);
        _exit(1);
    }
}
#define MUST(fine) must(fine, __LINE__)

static char directory[256];

static void in_a_chroot(void)
{
    struct passwd *p;
    MUST(by_name("user7", &p) == 0 && p);
    MUST(chroot(directory) == 0 && chdir("/") == 0);
    MUST(by_name("user7", &p) == 0 && p && strcmp(p->pw_gecos, "Generation 1") == 0);
    let_names_notice(); /* it looks for the file again */
    MUST(by_name("user7", &p) == 0 && p && strcmp(p->pw_gecos, "Generation 1") == 0);
    MUST(by_name("nobody-there", &p) == 0 && !p);
}

/* The same with a file that says that there is a newer one. */
static void in_a_chroot_with_news(void)
{
    struct passwd *p;
    MUST(by_name("user7", &p) == 0 && p);
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(chroot(directory) == 0);
    pid_t writer = fork();
    if (writer == 0) {
        MUST(fchdir(root) == 0 && chroot(".") == 0);
        publish(2, false, GROUP_MEMBERS_ALWAYS);
        _exit(0);
    }
    waitpid(writer, NULL, 0);
    MUST(by_name("user7", &p) == 0 && p && strcmp(p->pw_gecos, "Generation 1") == 0);
    MUST(fchdir(root) == 0 && chroot(".") == 0);
    MUST(by_name("user7", &p) == 0 && p && strcmp(p->pw_gecos, "Generation 2") == 0);
}

/* A filter that lets no file be opened, as sandboxes have. */
static void below_a_filter(void)
{
    static const int errors[] = {EACCES, EPERM};
    struct passwd *p;
    MUST(by_name("user7", &p) == 0 && p);
    for (int i = 0; i < 2; i++) {
        struct sock_filter open_fails[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)errors[i]),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {4, open_fails};
        MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
        let_names_notice();
        MUST(by_name("user7", &p) == 0 && p);
    }
}

/* Who cannot open the file any more goes on with what he has; who can, and finds none, does not. */
static void process_that_cannot_open_the_snapshot_keeps_the_last_one(void **state)
{
    (void)state;
    struct passwd *p;
    snprintf(directory, sizeof directory, "/tmp/orglogin-chroot.XXXXXX");
    assert_non_null(mkdtemp(directory));
    void (*const tests[])(void) = {in_a_chroot, in_a_chroot_with_news, below_a_filter};
    for (int i = 0; i < 3; i++) {
        publish(1, false, GROUP_MEMBERS_ALWAYS);
        in_child(tests[i]);
    }
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(by_name("user7", &p), 0);
    unlink(PATH_SNAPSHOT);
    let_names_notice();
    assert_int_equal(by_name("user7", &p), EAGAIN);
}

/* Puts a file of format VERSION in place, as an orgsyncd of that version does. */
static void publish_version(uint32_t version, bool sound)
{
    static unsigned char header[SNAPSHOT_HEADER];
    publish(2, false, GROUP_MEMBERS_ALWAYS);
    int fd = open(PATH_SNAPSHOT, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, header, sizeof header, 0), sizeof header);
    version = htole32(version);
    memcpy(header + SNAPSHOT_AT_VERSION, &version, sizeof version);
    if (!sound)
        header[0] ^= 1;
    uint64_t check = htole64(hash64(header, SNAPSHOT_AT_CHECK));
    memcpy(header + SNAPSHOT_AT_CHECK, &check, sizeof check);
    assert_int_equal(pwrite(fd, header, sizeof header, 0), sizeof header);
    close(fd);
}

/* During an upgrade: a program that runs on with the module of before keeps the names that it has;
 * one that starts with that module has none, nor does anybody from a format before the oldest. */
static void snapshot_of_a_later_format_leaves_the_names(void **state)
{
    (void)state;
    struct passwd *p;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(by_name("user7", &p), 0);
    publish_version(SNAPSHOT_VERSION + 1, true);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(by_name("user7", &p), 0);
        assert_non_null(p);
        assert_string_equal(p->pw_gecos, "Generation 1");
        let_names_notice();
    }
    publish(3, false, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(by_name("user7", &p), 0);
    assert_string_equal(p->pw_gecos, "Generation 3");
    publish_version(SNAPSHOT_VERSION + 1, false);
    let_names_notice();
    assert_int_equal(by_name("user7", &p), EIO);
    publish_version(SNAPSHOT_VERSION + 1, true);
    assert_int_equal(by_name("user7", &p), EIO);
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(by_name("user7", &p), 0);
    publish_version(SNAPSHOT_VERSION_OLDEST - 1, true);
    let_names_notice();
    assert_int_equal(by_name("user7", &p), EIO);
}

/* Whose file the lookup in a user namespace meets, that NAMESPACE makes, and whether it answers. */
static bool answers_in_namespace(void (*namespace)(void), uid_t owner, mode_t mode)
{
    int status;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(chown(PATH_SNAPSHOT, owner, 0), 0);
    assert_int_equal(chmod(PATH_SNAPSHOT, mode), 0);
    let_names_notice();
    pid_t child = fork();
    if (child == 0) {
        struct passwd *p;
        namespace();
        _exit(by_name("user7", &p) == 0 && p ? 0 : 77);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
    return WEXITSTATUS(status) == 0;
}

static void become(uid_t uid)
{
    MUST(setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0);
    /* What it has in /proc is its own again. */
    MUST(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

static void map_user(unsigned inside, unsigned outside)
{
    char map[64];
    int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    int size = snprintf(map, sizeof map, "%u %u 1\n", inside, outside);
    MUST(fd >= 0 && write(fd, map, (size_t)size) == size);
    close(fd);
}

static void none(void)
{
}

static void without_a_map(void) /* unshare -U */
{
    become(1234);
    MUST(unshare(CLONE_NEWUSER) == 0);
}

static void mapped_as_root(void) /* unshare -r, flatpak, podman unshare */
{
    without_a_map();
    map_user(0, 1234);
}

static void mapped_as_himself(void) /* unshare -c, PrivateUsers=yes of a user's service */
{
    without_a_map();
    map_user(1234, 1234);
}

static void without_descriptors(void)
{
    struct rlimit none_left = {4, 4};
    for (int i = 3; i < 64; i++)
        close(i);
    MUST(setrlimit(RLIMIT_NOFILE, &none_left) == 0);
    MUST(dup(0) == 3);
}

/* In a user namespace that does not map root his file reads as nobody's. In the first one nobody's
 * file is nobody's. */
static void user_namespace_gets_answers_from_roots_file_only(void **state)
{
    (void)state;
    void (*const namespaces[])(void) = {without_a_map, mapped_as_root, mapped_as_himself};
    pid_t child = fork();
    int status;
    if (child == 0)
        _exit(setresuid(1234, 1234, 1234) < 0 || access(ORG_STATEDIR, X_OK) < 0 ? 2
              : unshare(CLONE_NEWUSER) < 0                                      ? 1
                                                                                : 0);
    waitpid(child, &status, 0);
    if (status != 0)
        SKIP(WEXITSTATUS(status) == 1 ? "the machine lets nobody make a user namespace"
                                      : "others may not enter " ORG_STATEDIR);
    unlink(PATH_SNAPSHOT);
    let_names_notice();
    for (int i = 0; i < 3; i++) {
        assert_true(answers_in_namespace(namespaces[i], 0, 0644));
        assert_false(answers_in_namespace(namespaces[i], 0, 0666));
    }
    assert_true(answers_in_namespace(none, 0, 0644));
    assert_false(answers_in_namespace(none, 65534, 0644));
    assert_false(answers_in_namespace(none, 1234, 0644));
    assert_false(answers_in_namespace(without_descriptors, 65534, 0644));
    /* pam_org's opener takes root's alone, everywhere. */
    struct snapshot s;
    const char *why;
    assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_UNAVAILABLE);
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    child = fork();
    if (child == 0) {
        mapped_as_root();
        _exit(snapshot_open(&s, PATH_SNAPSHOT, &why) == SNAPSHOT_UNAVAILABLE ? 0 : 77);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void new_snapshot_is_seen_at_once(void **state)
{
    (void)state;
    struct passwd *p;
    for (uint64_t generation = 1; generation < 100; generation++) {
        char want[32];
        publish(generation, false, GROUP_MEMBERS_ALWAYS);
        snprintf(want, sizeof want, "Generation %llu", (unsigned long long)generation);
        assert_int_equal(by_name("user3", &p), 0);
        assert_string_equal(p->pw_gecos, want);
    }
}

/* A program may close every descriptor and reuse the numbers: we must not have one, nor mind. */
static void lookup_keeps_no_descriptor(void **state)
{
    (void)state;
    struct passwd *p;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    by_name("user1", &p);
    int before = open_descriptors();
    publish(2, false, GROUP_MEMBERS_ALWAYS);
    by_name("user2", &p);
    getgrnam("acme");
    assert_int_equal(open_descriptors(), before);
}

static int mappings(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[512];
    int n = 0;
    while (fgets(line, sizeof line, f))
        n += strstr(line, PATH_SNAPSHOT) != NULL;
    fclose(f);
    return n;
}

static void old_mappings_are_unmapped(void **state)
{
    (void)state;
    struct passwd *p;
    for (uint64_t generation = 1; generation < 20; generation++) {
        publish(generation, false, GROUP_MEMBERS_ALWAYS);
        by_name("user1", &p);
    }
    assert_int_equal(mappings(), 1);
}

static atomic_bool stop;
static atomic_int wrong;

/* Allocates nothing, as getgrouplist would: the sanitizer's allocator does not work in a child that
 * was forked meanwhile. */
static void *look_up(void *arg)
{
    __typeof__(&_nss_org_initgroups_dyn) groups_of = ENTRY(_nss_org_initgroups_dyn);
    uid_t uid = (uid_t)(uintptr_t)arg;
    while (!atomic_load(&stop)) {
        struct passwd pw, *p;
        struct group gr, *g;
        char buffer[4096];
        gid_t array[8], *gids = array;
        long start = 0, size = 8;
        int error;
        if (getpwuid_r(200000 + uid, &pw, buffer, sizeof buffer, &p) != 0 || !p ||
            p->pw_uid != 200000 + uid)
            atomic_fetch_add(&wrong, 1);
        if (getgrnam_r("acme", &gr, buffer, sizeof buffer, &g) != 0 || !g || g->gr_gid != 150000)
            atomic_fetch_add(&wrong, 1);
        if (groups_of("user10", 200010, &start, &size, &gids, 8, &error) != NSS_STATUS_SUCCESS ||
            start != 3)
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void threads_get_right_answers_while_snapshots_change(void **state)
{
    (void)state;
    pthread_t t[4];
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    atomic_store(&stop, false);
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, look_up, (void *)(i * 7));
    for (uint64_t generation = 2; generation < 150; generation++) {
        publish(generation, false, GROUP_MEMBERS_ALWAYS);
        usleep(2000);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    struct passwd *p;
    let_names_notice(); /* what readers held is unmapped at the next look at the file */
    by_name("user1", &p);
    assert_int_equal(mappings(), 1);
}

/* A child that was forked while other threads looked names up sees news like everybody, although
 * mappings that they were reading, up to all that there can be, stay held in it for good. */
static void forked_children_see_new_snapshots(void **state)
{
    (void)state;
    pthread_t t[6];
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    atomic_store(&stop, false);
    for (uintptr_t i = 0; i < 6; i++)
        pthread_create(&t[i], NULL, look_up, (void *)i);
    int failed = 0;
    for (uint64_t generation = 2; generation < 30; generation++) {
        pid_t child = fork();
        if (child == 0) {
            struct passwd *p;
            alarm(20);
            for (uint64_t g = 0; g < 6; g++) {
                char want[32];
                publish(1000 * generation + g, false, GROUP_MEMBERS_ALWAYS);
                snprintf(want, sizeof want, "Generation %llu",
                         (unsigned long long)(1000 * generation + g));
                if (by_name("user3", &p) != 0 || !p || strcmp(p->pw_gecos, want) != 0)
                    _exit(1);
            }
            _exit(0);
        }
        int status;
        waitpid(child, &status, 0);
        failed += status != 0;
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 6; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(failed, 0);
    assert_int_equal(atomic_load(&wrong), 0);
}

/* As a thread that has been told to end, which it does at the first call that allows it. */
static void *look_up_cancelled(void *arg)
{
    __typeof__(&_nss_org_getpwnam_r) entry = ENTRY(_nss_org_getpwnam_r);
    __typeof__(&_nss_org_setpwent) begin = ENTRY(_nss_org_setpwent);
    struct passwd pw;
    char buffer[1024];
    int error;
    pthread_cancel(pthread_self());
    entry("user1", &pw, buffer, sizeof buffer, &error);
    begin(0);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL); /* sanitizers do not like it to end so */
    return arg;
}

/* It does not end where it would take a lock with it, or the right to replace a mapping. */
static void cancelled_thread_leaves_no_lock_behind(void **state)
{
    pthread_t t;
    struct passwd *p;
    void *result;
    publish(1, true, GROUP_MEMBERS_ALWAYS);
    by_name("user1", &p);
    publish(2, true, GROUP_MEMBERS_ALWAYS);
    pthread_create(&t, NULL, look_up_cancelled, state);
    pthread_join(t, &result);
    assert_ptr_equal(result, state);
    publish(3, true, GROUP_MEMBERS_ALWAYS);
    assert_int_equal(by_name("user1", &p), 0);
    assert_string_equal(p->pw_gecos, "Generation 3");
    alarm(60);
    setpwent();
    assert_non_null(getpwent());
    endpwent();
    alarm(0);
}

/* What to do right behind an unmapping, where other threads may do anything. */
static void (*_Atomic unmapped)(void *addr, size_t size);

__attribute__((visibility("default"), used)) int munmap(void *addr, size_t size)
{
    void (*then)(void *, size_t) = atomic_exchange(&unmapped, NULL);
    int rc = (int)syscall(SYS_munmap, addr, size);
    if (then)
        then(addr, size);
    return rc;
}

static int forked_status = -1;

/* The program puts something of its own into the gap, and forks. */
static void fork_behind_unmapping(void *addr, size_t size)
{
    char *own = mmap(addr, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    memset(own, 'x', size);
    pid_t child = fork();
    if (child == 0) {
        struct passwd *p;
        alarm(60);
        for (uint64_t generation = 3; generation < 6; generation++) {
            publish(generation, false, GROUP_MEMBERS_ALWAYS);
            if (by_name("user1", &p) != 0 || !p)
                _exit(1);
        }
        _exit(own[0] != 'x' || own[size - 1] != 'x');
    }
    waitpid(child, &forked_status, 0);
    munmap(own, size);
}

/* A child that was forked while a mapping was being replaced does not unmap it again: there may be
 * something else by now. */
static void child_forked_during_a_replacement_unmaps_nothing_else(void **state)
{
    (void)state;
    struct passwd *p;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    by_name("user1", &p);
    publish(2, false, GROUP_MEMBERS_ALWAYS);
    atomic_store(&unmapped, fork_behind_unmapping);
    by_name("user1", &p);
    assert_null(atomic_load(&unmapped));
    assert_int_equal(forked_status, 0);
}

static void enumeration_lists_every_user_and_group_once(void **state)
{
    (void)state;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    setpwent();
    assert_null(getpwent());
    endpwent();
    setgrent();
    assert_null(getgrent());
    endgrent();
    publish(2, true, GROUP_MEMBERS_ALWAYS);
    int users = 0, groups_seen = 0;
    setpwent();
    setgrent();
    for (struct passwd *p; (p = getpwent());) {
        assert_string_not_equal(p->pw_name, "pending");
        assert_string_not_equal(p->pw_gecos, "Generation 3");
        users++;
        if (users == 10) /* neither news nor other lookups disturb it */
            publish(3, true, GROUP_MEMBERS_ALWAYS);
        assert_non_null(getpwnam("user1"));
        groups_seen += getgrent() != NULL;
    }
    while (getgrent())
        groups_seen++;
    endpwent();
    endgrent();
    assert_int_equal(mappings(), 1);
    assert_int_equal(users, MEMBERS + 2);
    assert_int_equal(groups_seen, 2 + MEMBERS + 2); /* the organization's, and everybody's own */
}

/* Begun anew, an enumeration gives the same again, wherever it was. */
static void enumeration_begun_anew_starts_at_the_first_group(void **state)
{
    (void)state;
    publish(1, true, GROUP_MEMBERS_ALWAYS);
    const int until[] = {1, 2, 3, 10, MEMBERS + 4};
    for (size_t i = 0; i < sizeof until / sizeof *until; i++) {
        setgrent();
        assert_string_equal(getgrent()->gr_name, "acme");
        for (int n = 1; n < until[i]; n++)
            assert_non_null(getgrent());
    }
    assert_null(getgrent());
    endgrent();
}

/* An enumeration says whether there is nothing, or what there is cannot be trusted; and what did
 * not fit comes again. */
static void enumeration_without_a_snapshot_is_at_its_end(void **state)
{
    (void)state;
    __typeof__(&_nss_org_getpwent_r) next = ENTRY(_nss_org_getpwent_r);
    __typeof__(&_nss_org_setpwent) begin = ENTRY(_nss_org_setpwent);
    struct passwd pw;
    char buffer[1024];
    int error = 0;
    alarm(60);
    ENTRY(_nss_org_endpwent)();
    unlink(PATH_SNAPSHOT);
    errno = 4711;
    assert_int_equal(begin(0), NSS_STATUS_UNAVAIL);
    assert_int_equal(next(&pw, buffer, sizeof buffer, &error), NSS_STATUS_UNAVAIL);
    assert_int_equal(error, ENOENT);
    FILE *f = fopen(PATH_SNAPSHOT, "w");
    fputs("rubbish\n", f);
    fclose(f);
    errno = 4711;
    assert_int_equal(next(&pw, buffer, sizeof buffer, &error), NSS_STATUS_UNAVAIL);
    assert_int_equal(error, EIO);
    assert_int_equal(errno, 4711);
    publish(1, true, GROUP_MEMBERS_ALWAYS);
    errno = 4711;
    assert_int_equal(next(&pw, buffer, 5, &error), NSS_STATUS_TRYAGAIN);
    assert_int_equal(error, ERANGE);
    assert_int_equal(next(&pw, buffer, sizeof buffer, &error), NSS_STATUS_SUCCESS);
    assert_string_equal(pw.pw_name, "user0");
    assert_int_equal(errno, 4711);
    __typeof__(&_nss_org_getgrent_r) next_group = ENTRY(_nss_org_getgrent_r);
    __typeof__(&_nss_org_getspent_r) next_shadow = ENTRY(_nss_org_getspent_r);
    struct group gr;
    struct spwd sp;
    ENTRY(_nss_org_endgrent)();
    ENTRY(_nss_org_endspent)();
    assert_int_equal(next_group(&gr, buffer, 5, &error), NSS_STATUS_TRYAGAIN);
    assert_int_equal(next_group(&gr, buffer, sizeof buffer, &error), NSS_STATUS_SUCCESS);
    assert_string_equal(gr.gr_name, "acme");
    assert_int_equal(next_shadow(&sp, buffer, 5, &error), NSS_STATUS_TRYAGAIN);
    assert_int_equal(next_shadow(&sp, buffer, sizeof buffer, &error), NSS_STATUS_SUCCESS);
    assert_string_equal(sp.sp_namp, "user0");
    ENTRY(_nss_org_endgrent)();
    ENTRY(_nss_org_endspent)();
    ENTRY(_nss_org_endpwent)();
    alarm(0);
}

/* joe's primary group is the organization's, sys's has no name, pia has one of her own. */
static void primary_groups_are_answered_as_published(void **state)
{
    (void)state;
    struct snapshot_settings settings = {.generation = 1, .enumerate = true};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    struct snapshot_grants_spec spec = {
        .org = snapshot_writer_org(w, "acme", 0, 0, 0),
        .groups = (const uint32_t[]){snapshot_writer_group(w, "acme", 150000, 0)},
        .group_count = 1};
    uint32_t grants = snapshot_writer_grants(w, &spec);
    const struct snapshot_user_spec users[] = {
        {200001, 150000, grants, MEMBER_ACTIVE, "joe", "Joe", "/", "/bin/sh", 8, false},
        {200000, 200000, grants, MEMBER_ACTIVE, "pia", "", "/", "/bin/sh", 7, true},
        {200002, 200002, grants, MEMBER_ACTIVE, "sys", "S", "/h", "/bin/sh", 9, false},
    };
    for (int i = 0; i < 3; i++)
        snapshot_writer_user(w, &users[i]);
    assert_int_equal(snapshot_writer_publish(w, PATH_SNAPSHOT), 0);
    snapshot_writer_free(w);
    for (int i = 0; i < 3; i++) {
        struct passwd *p = getpwnam(users[i].name);
        assert_non_null(p);
        assert_int_equal(p->pw_gid, users[i].gid);
        assert_int_equal(getpwuid(users[i].uid)->pw_gid, users[i].gid);
        assert_int_equal(getgrnam(users[i].name) != NULL, users[i].private_group);
        assert_int_equal(getgrgid(users[i].uid) != NULL, users[i].private_group);
    }
    assert_string_equal(getgrgid(150000)->gr_name, "acme");
    struct group *g;
    const char *const walked[] = {"acme", "pia"};
    setgrent();
    for (int i = 0; i < 2; i++) {
        assert_non_null(g = getgrent());
        assert_string_equal(g->gr_name, walked[i]);
    }
    assert_null(getgrent());
    endgrent();
}

/* For every member, and at every buffer size. */
static void shadow_entries_are_locked(void **state)
{
    (void)state;
    publish(1, false, GROUP_MEMBERS_ALWAYS);
    const size_t need = sizeof "user7" + sizeof "*";
    for (size_t size = 0; size < need + 20; size++) {
        struct spwd sp, *s;
        memset(arena, 'x', sizeof arena);
        int rc = getspnam_r("user7", &sp, arena, size, &s);
        assert_int_equal(rc, size < need ? ERANGE : 0);
        check_canary(0, size);
        if (rc)
            continue;
        assert_string_equal(s->sp_namp, "user7");
        assert_string_equal(s->sp_pwdp, "*");
        assert_int_equal(s->sp_lstchg, -1);
        assert_int_equal(s->sp_max, -1);
        assert_int_equal(s->sp_expire, -1);
    }
    assert_null(getspnam("pending"));
    assert_null(getspnam("root"));
    assert_string_equal(getspnam("gone")->sp_pwdp, "*");
    setspent();
    assert_null(getspent());
    endspent();
    publish(2, true, GROUP_MEMBERS_ALWAYS);
    int entries = 0;
    setspent();
    while (getspent())
        entries++;
    endspent();
    assert_int_equal(entries, MEMBERS + 2);
}

int main(int argc, char **argv)
{
    (void)argc;
    need_root();
    if (!getenv("LD_LIBRARY_PATH")) { /* where glibc looks for the module */
        setenv("LD_LIBRARY_PATH", MODULE_DIR, 1);
        execv("/proc/self/exe", argv);
        return 1;
    }
    mkdir(ORG_STATEDIR, 0755);
    extern int __nss_configure_lookup(const char *, const char *);
    __nss_configure_lookup("passwd", "org");
    __nss_configure_lookup("group", "org");
    __nss_configure_lookup("shadow", "org");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_found_or_absent_by_name_and_number),
        cmocka_unit_test(lookup_leaves_errno_alone),
        cmocka_unit_test(removed_members_keep_name_and_number_without_groups),
        cmocka_unit_test(user_lookup_stays_within_every_buffer_size),
        cmocka_unit_test(group_lookup_stays_within_every_buffer_size),
        cmocka_unit_test(groups_are_found_by_name_and_number),
        cmocka_unit_test(getgrouplist_lists_the_groups_of_a_member),
        cmocka_unit_test(initgroups_extends_the_array_up_to_its_limit),
        cmocka_unit_test(initgroups_answers_for_the_members_own_group_numbers_only),
        cmocka_unit_test(initgroups_adds_no_groups_to_a_local_namesake),
        cmocka_unit_test(group_with_damaged_members_is_an_error),
        cmocka_unit_test(group_with_a_damaged_record_is_an_error),
        cmocka_unit_test(missing_or_unreadable_snapshot_is_an_error),
        cmocka_unit_test(process_that_cannot_open_the_snapshot_keeps_the_last_one),
        cmocka_unit_test(snapshot_of_a_later_format_leaves_the_names),
        cmocka_unit_test(user_namespace_gets_answers_from_roots_file_only),
        cmocka_unit_test(new_snapshot_is_seen_at_once),
        cmocka_unit_test(lookup_keeps_no_descriptor),
        cmocka_unit_test(old_mappings_are_unmapped),
        cmocka_unit_test(threads_get_right_answers_while_snapshots_change),
        cmocka_unit_test(forked_children_see_new_snapshots),
        cmocka_unit_test(cancelled_thread_leaves_no_lock_behind),
        cmocka_unit_test(child_forked_during_a_replacement_unmaps_nothing_else),
        cmocka_unit_test(enumeration_lists_every_user_and_group_once),
        cmocka_unit_test(enumeration_begun_anew_starts_at_the_first_group),
        cmocka_unit_test(enumeration_without_a_snapshot_is_at_its_end),
        cmocka_unit_test(primary_groups_are_answered_as_published),
        cmocka_unit_test(shadow_entries_are_locked),
    };
    int rc = cmocka_run_group_tests_name("libnss_org", tests, NULL, NULL);
    unlink(PATH_SNAPSHOT);
    return rc;
}

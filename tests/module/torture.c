/*
 * Both modules where everything is scarce: memory that runs out at each allocation in turn, no
 * descriptor left, /etc/passwd that cannot be read. A lookup is right or says that it cannot tell;
 * a login is refused, and never by accident let through or passed on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "common/local.h"
#include "nss_module/nss_module.h"
#include "tests/faults/alloc.h"
#include "tests/module/notice.h"
#include "tests/module/stack.h"

#define GROUPS 40

/* Ada may use sshd; Mia may not; Rem is gone; daemon is a local user, whose name this cannot take.
 */
static void publish(uint64_t generation)
{
    struct snapshot_settings settings = {.generation = generation,
                                         .grace_s = 3600,
                                         .max_age_ms = 10000,
                                         .timeout_ms = 100,
                                         .enumerate = true,
                                         .group_members = GROUP_MEMBERS_ALWAYS};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", clock_wall_ms(), 0, 0);
    struct rule rule = {.org = "acme", .services = {"*", 1}, .roles = {"admin", 1}};
    uint32_t groups[GROUPS];
    struct snapshot_grants_spec admin = {
        .org = org, .roles = {"admin", 1}, .groups = groups, .group_count = GROUPS};
    struct snapshot_grants_spec member = {.org = org, .roles = {"member", 1}};
    for (uint32_t i = 0; i < GROUPS; i++) {
        char name[16];
        snprintf(name, sizeof name, "group%u", i);
        groups[i] = snapshot_writer_group(w, name, 150000 + i, 0);
    }
    snapshot_writer_rule(w, &rule);
    uint32_t admins = snapshot_writer_grants(w, &admin);
    add_user(w, 200001, "ada", MEMBER_ACTIVE, admins);
    add_user(w, 200002, "mia", MEMBER_ACTIVE, snapshot_writer_grants(w, &member));
    add_user(w, 200003, "rem", MEMBER_REMOVED, admins);
    add_user(w, 200004, "daemon", MEMBER_ACTIVE, admins);
    assert_int_equal(snapshot_writer_publish(w, PATH_SNAPSHOT), 0);
    snapshot_writer_free(w);
}

/* --- lookups --- */

typedef enum nss_status getpwnam_entry(const char *, struct passwd *, char *, size_t, int *);
typedef enum nss_status initgroups_entry(const char *, gid_t, long *, long *, gid_t **, long,
                                         int *);
static getpwnam_entry *getpwnam_org;
static initgroups_entry *initgroups_org;

/* What is asked as glibc does. UNSURE: not to know is an answer as well. */
static void look_up(bool unsure)
{
    struct passwd pw;
    char buffer[512];
    int error = 0;
    enum nss_status status = getpwnam_org("ada", &pw, buffer, sizeof buffer, &error);
    assert_true(status == NSS_STATUS_SUCCESS || (unsure && status == NSS_STATUS_UNAVAIL));
    if (status == NSS_STATUS_SUCCESS)
        assert_int_equal(pw.pw_uid, 200001);
    status = getpwnam_org("stranger", &pw, buffer, sizeof buffer, &error);
    assert_true(status == NSS_STATUS_NOTFOUND || (unsure && status == NSS_STATUS_UNAVAIL));
}

static enum nss_status groups_of_ada(long fail_at, bool *failed)
{
    long start = 1, size = 1;
    gid_t *gids = malloc(sizeof *gids);
    int error = 0;
    gids[0] = 200001;
    alloc_fail_at(fail_at);
    enum nss_status status = initgroups_org("ada", 200001, &start, &size, &gids, 0, &error);
    *failed = alloc_disarm();
    if (status == NSS_STATUS_SUCCESS)
        assert_int_equal(start, 1 + GROUPS);
    else
        assert_true(status == NSS_STATUS_TRYAGAIN && error == ENOMEM);
    assert_int_equal(gids[0], 200001);
    free(gids);
    return status;
}

static void lookup_without_memory_gives_no_wrong_answer(void **state)
{
    (void)state;
    bool failed = true;
    publish(1);
    for (long n = 0; failed; n++) {
        publish((uint64_t)n + 2); /* so that there is a file to be opened anew */
        alloc_fail_at(n);
        look_up(false);
        failed = alloc_disarm();
    }
    failed = true;
    for (long n = 0; failed; n++) {
        enum nss_status status = groups_of_ada(n, &failed);
        assert_int_equal(status, failed ? NSS_STATUS_TRYAGAIN : NSS_STATUS_SUCCESS);
    }
    assert_true(alloc_had_failed());
}

/* No descriptor can be had from here on. */
static struct rlimit take_descriptors(void)
{
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    return before;
}

static void lookup_without_descriptors_uses_the_last_snapshot(void **state)
{
    (void)state;
    publish(1);
    look_up(false);
    struct rlimit before = take_descriptors();
    look_up(false); /* what is mapped is still there */
    setrlimit(RLIMIT_NOFILE, &before);
    publish(2);
    before = take_descriptors();
    look_up(false); /* the last that was seen is better than nothing */
    setrlimit(RLIMIT_NOFILE, &before);
    look_up(false); /* and all is well again */
}

/* A process whose first lookup it is. */
static void first_lookup_without_descriptors_is_unavailable(void **state)
{
    (void)state;
    unlink(PATH_SNAPSHOT);
    let_names_notice(); /* the module forgets what it had */
    look_up(true);
    publish(1);
    struct rlimit before = take_descriptors();
    struct passwd pw;
    char buffer[512];
    int error = 0;
    assert_int_equal(getpwnam_org("ada", &pw, buffer, sizeof buffer, &error), NSS_STATUS_UNAVAIL);
    setrlimit(RLIMIT_NOFILE, &before);
    look_up(false);
}

/* --- logins --- */

static int converse(int n, const struct pam_message **msg, struct pam_response **reply, void *arg)
{
    (void)msg, (void)arg;
    *reply = calloc((size_t)n, sizeof **reply);
    return *reply ? PAM_SUCCESS : PAM_BUF_ERR;
}

enum fault { FAULT_NONE, FAULT_MEMORY, FAULT_DESCRIPTORS };

static int log_in(const char *stack, const char *user, enum fault fault, long n, bool *failed)
{
    struct pam_conv conv = {converse, NULL};
    struct rlimit before;
    pam_handle_t *h = NULL;
    assert_int_equal(pam_start_confdir(stack, user, &conv, confdir, &h), PAM_SUCCESS);
    if (fault == FAULT_DESCRIPTORS)
        before = take_descriptors();
    if (fault == FAULT_MEMORY)
        alloc_fail_at(n);
    int rc = pam_acct_mgmt(h, 0);
    *failed = alloc_disarm();
    if (fault == FAULT_DESCRIPTORS)
        setrlimit(RLIMIT_NOFILE, &before);
    pam_end(h, rc);
    return rc;
}

static void login_without_memory_admits_nobody_wrongly(void **state)
{
    (void)state;
    const char *users[] = {"mia", "rem", "stranger", "ada"};
    bool failed;
    publish(1);
    start_answering(CONFIRM_YES, 1);
    assert_int_equal(log_in("passing", "ada", FAULT_NONE, 0, &failed), PAM_SUCCESS);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        failed = true;
        for (long n = 0; failed; n++) {
            int rc = log_in("passing", users[i], FAULT_MEMORY, n, &failed);
            assert_true(rc != PAM_SUCCESS || strcmp(users[i], "ada") == 0);
            assert_int_not_equal(rc, PAM_IGNORE);
        }
        assert_true(alloc_had_failed());
    }
    assert_int_equal(log_in("passing", "ada", FAULT_NONE, 0, &failed), PAM_SUCCESS);
}

/* When it cannot be told whether he is a local user, his namesake in the organization must not come
 * in in his place. */
static void namesake_of_a_local_user_is_not_admitted_under_scarcity(void **state)
{
    (void)state;
    bool failed = true;
    publish(1);
    start_answering(CONFIRM_YES, 1);
    for (long n = 0; failed; n++)
        assert_int_not_equal(log_in("alone", "daemon", FAULT_MEMORY, n, &failed), PAM_SUCCESS);
    assert_true(alloc_had_failed());
    assert_int_not_equal(log_in("alone", "daemon", FAULT_DESCRIPTORS, 0, &failed), PAM_SUCCESS);
}

static void login_without_descriptors_admits_nobody(void **state)
{
    (void)state;
    const char *users[] = {"ada", "mia", "rem", "stranger", "daemon"};
    bool failed;
    publish(1);
    start_answering(CONFIRM_YES, 1);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        assert_int_not_equal(log_in("passing", users[i], FAULT_DESCRIPTORS, 0, &failed),
                             PAM_SUCCESS);
    assert_int_equal(log_in("passing", "daemon", FAULT_NONE, 0, &failed), PAM_SUCCESS);
    assert_int_equal(log_in("passing", "ada", FAULT_NONE, 0, &failed), PAM_SUCCESS);
}

/* /etc/passwd and /etc/group that open and give an error when they are read. */
static int with_unreadable(const char *file)
{
    uint32_t uid, gid;
    bool failed;
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("/proc/self/mem", file, NULL, MS_BIND, NULL) < 0)
        return 77;
    struct local_ids *ids = local_ids_read();
    local_ids_free(ids);
    if (ids)
        return 1;
    if (strcmp(file, "/etc/passwd") != 0)
        return 0;
    return local_user("daemon", &uid, &gid) != LOCAL_UNKNOWN ||
           log_in("passing", "root", FAULT_NONE, 0, &failed) != PAM_SUCCESS ||
           log_in("alone", "daemon", FAULT_NONE, 0, &failed) == PAM_SUCCESS;
}

static void unreadable_passwd_and_group_files_admit_nobody(void **state)
{
    (void)state;
    const char *files[] = {"/etc/passwd", "/etc/group"};
    publish(1);
    start_answering(CONFIRM_YES, 1);
    for (int i = 0; i < 2; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(with_unreadable(files[i]));
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            SKIP("no mount namespace can be made");
        assert_int_equal(status, 0);
    }
}

/* Puts a copy of FILE in its place whose last lines are one of 100 kB and LAST. */
static bool lengthen(const char *file, const char *last)
{
    char copy[64], line[4096];
    snprintf(copy, sizeof copy, "%s/long", confdir);
    FILE *from = fopen(file, "re"), *to = fopen(copy, "we");
    while (from && to && fgets(line, sizeof line, from))
        fputs(line, to);
    if (!from || !to)
        return false;
    fprintf(to, "longest:x:%0100000d:54321::/:/bin/sh\n%s\n", 54321, last);
    fclose(from);
    fclose(to);
    bool done = mount(copy, file, NULL, MS_BIND, NULL) == 0;
    unlink(copy);
    return done;
}

/* Everybody is found before, in and behind a line that is longer than any buffer. */
static int with_long_lines(void)
{
    uint32_t uid = 0, gid = 0;
    bool failed;
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        !lengthen("/etc/passwd", "hindmost:x:54322:54322::/:/bin/sh") ||
        !lengthen("/etc/group", "hindmosts:x:54323:"))
        return 77;
    alarm(60);
    struct local_ids *ids = local_ids_read();
    if (!ids || !local_ids_name(ids, "longest") || !local_ids_id(ids, 54322) ||
        !local_ids_group(ids, "hindmosts", &gid) || gid != 54323 ||
        !local_ids_name(ids, "hindmosts") || !local_ids_id(ids, 54323))
        return 1;
    local_ids_free(ids);
    if (local_user("longest", &uid, &gid) != LOCAL_YES || uid != 54321 || gid != 54321)
        return 2;
    failed = true;
    for (long n = 0; failed; n++) { /* too little room for a line is no word on who is behind it */
        alloc_fail_at(n);
        enum local_answer answer = local_user("hindmost", &uid, &gid);
        failed = alloc_disarm();
        if (answer == LOCAL_NO || (!failed && answer != LOCAL_YES))
            return 3;
    }
    return local_user("hindmost", &uid, &gid) != LOCAL_YES || uid != 54322 ||
           local_user("nobody-at-all", &uid, &gid) != LOCAL_NO ||
           log_in("passing", "hindmost", FAULT_NONE, 0, &failed) != PAM_SUCCESS ||
           log_in("passing", "ada", FAULT_NONE, 0, &failed) != PAM_SUCCESS;
}

static void users_around_a_line_of_100_kb_are_found(void **state)
{
    (void)state;
    int status = 0;
    publish(1);
    start_answering(CONFIRM_YES, 1);
    pid_t child = fork();
    if (child == 0)
        _exit(with_long_lines());
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        SKIP("no mount namespace can be made");
    assert_int_equal(status, 0);
}

static int setup(void **state)
{
    (void)state;
    void *module = dlopen(MODULE_DIR "/libnss_org.so.2", RTLD_NOW);
    if (!module || stacks_setup() < 0)
        return -1;
    getpwnam_org = (getpwnam_entry *)(uintptr_t)dlsym(module, "_nss_org_getpwnam_r");
    initgroups_org = (initgroups_entry *)(uintptr_t)dlsym(module, "_nss_org_initgroups_dyn");
    /* One lets in whom the module lets in and whom it passes on, the other only the first. */
    write_stack("passing", "account required " MODULE_PATH "\naccount required pam_permit.so\n");
    write_stack("alone", "account required " MODULE_PATH "\n");
    return getpwnam_org && initgroups_org ? 0 : -1;
}

static int after(void **state)
{
    (void)state;
    alloc_disarm();
    stop_server();
    unlink(PATH_SNAPSHOT);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    names_teardown();
    return stacks_teardown();
}

int main(int argc, char **argv)
{
    (void)argc;
    need_root();
    names_setup(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lookup_without_memory_gives_no_wrong_answer, after),
        cmocka_unit_test_teardown(lookup_without_descriptors_uses_the_last_snapshot, after),
        cmocka_unit_test_teardown(first_lookup_without_descriptors_is_unavailable, after),
        cmocka_unit_test_teardown(login_without_memory_admits_nobody_wrongly, after),
        cmocka_unit_test_teardown(namesake_of_a_local_user_is_not_admitted_under_scarcity, after),
        cmocka_unit_test_teardown(unreadable_passwd_and_group_files_admit_nobody, after),
        cmocka_unit_test_teardown(users_around_a_line_of_100_kb_are_found, after),
        cmocka_unit_test_teardown(login_without_descriptors_admits_nobody, after),
    };
    return cmocka_run_group_tests_name("scarcity", tests, setup, teardown);
}

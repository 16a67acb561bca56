/*
 * Every return value of pam_org.so, through the real libpam (pam_start_confdir), with a snapshot of
 * our own at the compiled-in place and an orgsyncd that says what the test wants at the compiled-in
 * socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <syslog.h>

#include "common/clock.h"
#include "tests/module/notice.h"
#include "tests/module/stack.h"

static char said[1024];
static int said_lines;

static int converse(int n, const struct pam_message **msg, struct pam_response **reply, void *arg)
{
    (void)arg;
    *reply = calloc((size_t)n, sizeof **reply);
    for (int i = 0; i < n; i++) {
        said_lines++;
        snprintf(said, sizeof said, "%d %s", msg[i]->msg_style, msg[i]->msg);
    }
    return PAM_SUCCESS;
}

/* The last line of the log, in the place of libc's. */
static char logged[512];
static int logged_priority;

__attribute__((format(printf, 2, 0))) static void keep_line(int priority, const char *format,
                                                            va_list args)
{
    logged_priority = priority & LOG_PRIMASK;
    vsnprintf(logged, sizeof logged, format, args);
}

__attribute__((visibility("default"), used, format(printf, 2, 3))) void
syslog(int priority, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep_line(priority, format, args);
    va_end(args);
}

/* What it is called by code that is compiled with _FORTIFY_SOURCE. */
__attribute__((visibility("default"), used, format(printf, 3, 4))) void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)flag;
    va_list args;
    va_start(args, format);
    keep_line(priority, format, args);
    va_end(args);
}

static void service(const char *name, const char *arguments)
{
    char lines[1024];
    snprintf(lines, sizeof lines, "auth required %s %s\naccount required %s %s\n", MODULE_PATH,
             arguments, MODULE_PATH, arguments);
    write_stack(name, lines);
}

enum phase { ACCT, AUTH, SETCRED, PASSWORD };

static int ask_flags(const char *svc, const char *user, enum phase phase, int flags)
{
    struct pam_conv conv = {converse, NULL};
    pam_handle_t *h = NULL;
    said[0] = logged[0] = '\0';
    said_lines = 0;
    assert_int_equal(pam_start_confdir(svc, user, &conv, confdir, &h), PAM_SUCCESS);
    int rc = phase == ACCT       ? pam_acct_mgmt(h, flags)
             : phase == AUTH     ? pam_authenticate(h, flags)
             : phase == PASSWORD ? pam_chauthtok(h, flags)
                                 : pam_setcred(h, flags);
    const char *after = NULL;
    if (user) {
        pam_get_item(h, PAM_USER, (const void **)&after);
        assert_string_equal(after, user); /* PAM_USER is never set */
    }
    pam_end(h, rc);
    return rc;
}

static int ask(const char *svc, const char *user)
{
    return ask_flags(svc, user, ACCT, 0);
}

/* --- the snapshot --- */

static void add(struct snapshot_writer *w, uint32_t org, uint32_t uid, const char *name,
                enum member_state state, const char *role)
{
    struct snapshot_grants_spec grants = {.org = org, .roles = {role, 1}};
    add_user(w, uid, name, state, snapshot_writer_grants(w, &grants));
}

static void remove_snapshot(void)
{
    unlink(PATH_SNAPSHOT);
    let_names_notice();
}

static uint32_t timeout_ms = 300;

/* "acme" was heard from at CONFIRMED_MS, "other" never. With MOVED, Gus has another role, and Pen
 * is of "other". */
static void publish_moved(uint64_t generation, int64_t confirmed_ms, bool moved)
{
    struct snapshot_settings settings = {
        .generation = generation, .grace_s = 3600, .max_age_ms = 10000, .timeout_ms = timeout_ms};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", confirmed_ms, 200000, 299999);
    uint32_t other = snapshot_writer_org(w, "other", 0, 300000, 399999);
    struct rule others = {.org = "other", .everyone = true, .services = {"sshd", 1}};
    struct rule sudo = {.org = "acme", .services = {"sudo", 1}, .roles = {"admin", 1}};
    struct rule ssh = {.org = "acme",
                       .services = {"sshd\0narrow\0quiet\0passing", 4},
                       .roles = {"admin\0member", 2}};
    snapshot_writer_rule(w, &sudo);
    snapshot_writer_rule(w, &ssh);
    snapshot_writer_rule(w, &others);
    add(w, org, 200001, "ada", MEMBER_ACTIVE, "admin");
    add(w, org, 200002, "mia", moved ? MEMBER_REMOVED : MEMBER_ACTIVE, "member");
    add(w, moved ? other : org, 200003, "pen", moved ? MEMBER_ACTIVE : MEMBER_PENDING, "member");
    add(w, org, 200004, "sue", MEMBER_SUSPENDED, "member");
    add(w, org, 200005, "rem", MEMBER_REMOVED, "member");
    add(w, org, 200006, "gus", MEMBER_ACTIVE, moved ? "member" : "guest");
    add(w, org, 200007, "daemon", MEMBER_ACTIVE,
        "member"); /* a local account of that name exists: his is the name */
    add(w, org, 200008, "root", MEMBER_REMOVED, "member");
    add(w, other, 200009, "oth", MEMBER_ACTIVE, "member");
    add(w, 2, 200010, "lost", MEMBER_ACTIVE, "member"); /* of an organization that there is not */
    assert_int_equal(snapshot_writer_publish(w, PATH_SNAPSHOT), 0);
    snapshot_writer_free(w);
}

static void publish(uint64_t generation, int64_t confirmed_ms)
{
    publish_moved(generation, confirmed_ms, false);
}

/* --- tests --- */

static void rules_admit_members_by_a_confirmed_snapshot(void **state)
{
    (void)state;
    publish(1, 0); /* the file alone would be stale */
    start_answering(CONFIRM_YES, 1);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
    assert_int_equal(said_lines, 0); /* nothing to say on success */
    assert_int_equal(ask("sshd", "mia"), PAM_SUCCESS);
    assert_int_equal(ask("sudo", "ada"), PAM_SUCCESS);
    assert_int_equal(ask("sudo-i", "ada"), PAM_SUCCESS);
    assert_int_equal(ask("sudo", "mia"), PAM_PERM_DENIED);
    assert_string_equal(said,
                        "3 Access denied: your role in the organization does not allow this here.");
    assert_int_equal(said_lines, 1);
}

static void inactive_members_and_strangers_are_denied(void **state)
{
    (void)state;
    publish(1, 0);
    start_answering(CONFIRM_YES, 1);
    assert_int_equal(ask("sshd", "pen"), PAM_PERM_DENIED);
    assert_non_null(strstr(said, "not accepted"));
    assert_int_equal(ask("sshd", "sue"), PAM_PERM_DENIED);
    assert_non_null(strstr(said, "suspended"));
    assert_int_equal(ask("sshd", "rem"), PAM_PERM_DENIED);
    assert_non_null(strstr(said, "no longer a member"));
    assert_int_equal(ask("sshd", "gus"), PAM_PERM_DENIED);
    const char *strangers[] = {"stranger", "Ada",  "ada ",       "../ada",
                               "200001",   "a\nb", "ada\x1b[31m"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        assert_int_equal(ask("sshd", strangers[i]), PAM_PERM_DENIED);
        assert_non_null(strstr(said, "not a member"));
    }
}

static void local_users_and_root_are_ignored(void **state)
{
    (void)state;
    /* With `required` a lone PAM_IGNORE leaves the stack undecided, which libpam turns into a
     * refusal: so a module follows that allows. */
    write_stack("local", "account required " MODULE_PATH "\naccount required pam_permit.so\n");
    stop_server();
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        remove_snapshot();
        if (snapshot)
            publish(1, 0);
        assert_int_equal(ask("local", "root"), PAM_SUCCESS);
        assert_int_equal(ask("local", "daemon"), PAM_SUCCESS);
        assert_int_equal(said_lines, 0);
        assert_int_equal(ask("local", "ada"), PAM_PERM_DENIED);
    }
}

static void offline_login_is_admitted_within_grace_only(void **state)
{
    (void)state;
    stop_server();
    int64_t now = clock_wall_ms();
    publish(1, now - 1800000);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS); /* within grace */
    assert_int_equal(ask("sudo", "mia"), PAM_PERM_DENIED);
    assert_int_equal(ask("sshd", "rem"), PAM_PERM_DENIED);
    publish(2, now - 3700000);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED); /* beyond */
    assert_non_null(strstr(said, "too long"));
    publish(3, now + 3600000);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED); /* from the future */
    publish(4, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED); /* never confirmed */
    publish(5, now);
    start_answering(CONFIRM_NO, 5);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
    start_answering(CONFIRM_REFUSED, 5);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
}

static void publish_moved_members(const struct confirm_request *request)
{
    if (request->op == CONFIRM_FRESH)
        publish_moved(2, 0, true);
}

/* What a confirmation brings counts, and it counts for the organization that was asked for. */
static void change_that_a_confirmation_brings_decides(void **state)
{
    (void)state;
    publish(1, 0);
    before_answer = publish_moved_members;
    start_answering(CONFIRM_YES, 2);
    assert_int_equal(ask("sshd", "gus"), PAM_SUCCESS);
    publish(1, 0);
    assert_int_equal(ask("sshd", "pen"), PAM_PERM_DENIED);
    assert_non_null(strstr(said, "too long"));
    assert_int_equal(ask("sshd", "pen"), PAM_SUCCESS); /* now asked for "other" */
    before_answer = NULL;
}

static void publish_moved_now(const struct confirm_request *request)
{
    if (request->op == CONFIRM_FRESH)
        publish_moved(2, clock_wall_ms(), true);
}

/* What orgsyncd heard while a login waited counts, also when it can confirm nothing in the end. */
static void change_heard_while_a_login_waits_decides(void **state)
{
    (void)state;
    before_answer = publish_moved_now;
    for (int silent = 0; silent < 2; silent++) {
        if (silent)
            start_server(NULL, 0, 0);
        else
            start_answering(CONFIRM_NO, 2);
        publish(1, clock_wall_ms());
        assert_int_equal(ask("sshd", "mia"), PAM_PERM_DENIED);
        assert_non_null(strstr(said, "no longer a member"));
        publish(1, clock_wall_ms());
        assert_int_equal(ask("sshd", "gus"), PAM_SUCCESS);
    }
    before_answer = NULL;
}

static void refuse_wrong_question(const struct confirm_request *request)
{
    if (strcmp(request->org, "other") != 0 || request->max_age_ms != 10000 ||
        request->wait_ms != 30000)
        _exit(1);
}

/* The question is the member's and the configuration's, a time-out that nobody can configure is
 * cut. */
static void question_names_the_members_organization_and_bounded_times(void **state)
{
    (void)state;
    timeout_ms = INT32_MAX;
    publish(1, clock_wall_ms());
    timeout_ms = 300;
    stop_server();
    assert_int_equal(ask("sshd", "oth"),
                     PAM_PERM_DENIED); /* offline: "acme" alone was heard from */
    before_answer = refuse_wrong_question;
    start_answering(CONFIRM_YES, 1);
    assert_int_equal(ask("sshd", "oth"), PAM_SUCCESS);
    before_answer = NULL;
}

static int ask_directly(void)
{
    struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH};
    struct confirm_reply reply;
    return confirm_ask(PATH_CONFIRM, &request, 20000, &reply) == 0 ? 0 : errno;
}

/* Every field of a reply is looked at. */
static void reply_with_a_wrong_field_is_refused(void **state)
{
    (void)state;
    struct confirm_reply good = {.magic = CONFIRM_MAGIC,
                                 .status = CONFIRM_REFUSED,
                                 .age_ms = -1,
                                 .held = 1},
                         bad[5] = {good, good, good, good, good};
    bad[0].magic++;
    bad[1].status++;
    bad[2].age_ms--;
    bad[3].held++;
    memset(bad[4].text, 'x', sizeof bad[4].text);
    start_server(&good, sizeof good, 0);
    assert_int_equal(ask_directly(), 0);
    for (int i = 0; i < 5; i++) {
        start_server(&bad[i], sizeof bad[i], 0);
        assert_int_equal(ask_directly(), EPROTO);
    }
    struct confirm_request request = {.magic = CONFIRM_MAGIC};
    for (uint32_t op = 0; op <= CONFIRM_SESSIONS + 1; op++) {
        request.op = op;
        assert_int_equal(confirm_request_valid(&request, sizeof request),
                         op >= CONFIRM_FRESH && op <= CONFIRM_SESSIONS);
    }
}

/* What every connection of ours goes through: would a program that is started meanwhile have it? */
static int inherited;
static int hung_up = -1; /* who listens here ends it at once, and listens no more */

__attribute__((visibility("default"), used)) int connect(int fd, const struct sockaddr *addr,
                                                         socklen_t size)
{
    int rc = (int)syscall(SYS_connect, fd, addr, size), saved = errno;
    inherited += !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    if (hung_up >= 0) {
        close(accept(hung_up, NULL, NULL));
        close(hung_up);
    }
    hung_up = -1;
    errno = saved;
    return rc;
}

static void login_keeps_and_leaks_no_descriptor(void **state)
{
    (void)state;
    publish(1, clock_wall_ms());
    start_answering(CONFIRM_YES, 1);
    int before = open_descriptors();
    inherited = 0;
    const char *users[] = {"ada", "rem", "stranger", "root", "daemon"};
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        ask("sshd", users[i]);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(inherited, 0);
}

static int listen_at(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(fd, 0), 0);
    return fd;
}

/* An orgsyncd that stands still takes no connection when enough others wait, and one may hang up
 * before it has heard anything. Neither hangs a login, or ends a program. */
static void orgsyncd_that_takes_no_connection_does_not_hang_a_login(void **state)
{
    (void)state;
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH_CONFIRM};
    int waiting[8], n = 0;
    stop_server();
    publish(1, clock_wall_ms());
    int fd = listen_at(PATH_CONFIRM);
    do
        waiting[n] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
    while (connect(waiting[n], (struct sockaddr *)&addr, sizeof addr) == 0 && ++n < 7);
    assert_int_equal(errno, EAGAIN);
    alarm(60);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
    assert_int_equal(ask("sshd", "rem"), PAM_PERM_DENIED);
    alarm(0);
    for (; n >= 0; n--)
        close(waiting[n]);
    close(fd);
    hung_up = listen_at(PATH_CONFIRM);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
    hung_up = listen_at(PATH_CONFIRM);
    assert_int_equal(ask_directly(), EPIPE);
    unlink(PATH_CONFIRM);
}

static volatile sig_atomic_t ticks;

static void tick(int signal)
{
    (void)signal;
    ticks++;
}

static void wait_for_ticks(const struct confirm_request *request)
{
    (void)request;
    usleep(300000);
}

/* A program with timers gets its answer as well. */
static void signals_do_not_interrupt_a_confirmation(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = tick}, before;
    struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    before_answer = wait_for_ticks;
    start_answering(CONFIRM_YES, 1);
    before_answer = NULL;
    sigaction(SIGALRM, &action, &before);
    ticks = 0;
    setitimer(ITIMER_REAL, &often, NULL);
    int answer = ask_directly();
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(answer, 0);
    assert_true(ticks > 0);
}

/* An orgsyncd that is not what it should be is as good as none: the file speaks for itself. Here it
 * is stale. */
static void malformed_or_foreign_confirmation_counts_as_none(void **state)
{
    (void)state;
    publish(1, 0);
    struct confirm_reply good = {.magic = CONFIRM_MAGIC, .status = CONFIRM_YES, .generation = 1},
                         bad = good;
    struct confirm_reply two[2] = {good, good};
    start_server(&good, sizeof good, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
    start_server(&good, sizeof good - 1, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    start_server(two, sizeof good + 1, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    bad.magic++;
    start_server(&bad, sizeof bad, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    bad = good;
    bad.status = 77;
    start_server(&bad, sizeof bad, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    bad = good;
    memset(bad.text, 'x', sizeof bad.text);
    start_server(&bad, sizeof bad, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    start_server(&good, sizeof good, 1234); /* whoever bound the path, he is not root */
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    start_answering(CONFIRM_YES, 2); /* confirms a snapshot that is newer than ours */
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
}

/* Takes the connection and says nothing: not longer than the snapshot's time-out. */
static void silent_orgsyncd_is_waited_for_until_the_timeout(void **state)
{
    (void)state;
    publish(1, clock_wall_ms());
    start_server(NULL, 0, 0);
    int64_t begun = clock_mono_ms();
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
    int64_t took = clock_mono_ms() - begun;
    assert_true(took >= 300);
    assert_true(took < 3000);
}

static void login_without_a_usable_snapshot_is_denied(void **state)
{
    (void)state;
    start_answering(CONFIRM_YES, 1);
    remove_snapshot();
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    assert_string_equal(said,
                        "3 Access denied: this machine cannot tell who is a member at the moment.");
    assert_int_equal(said_lines, 1);
    publish(1, 0);
    assert_int_equal(truncate(PATH_SNAPSHOT, 600), 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    publish(1, 0);
    assert_int_equal(ask("sshd", "lost"), PAM_PERM_DENIED); /* his record makes no sense */
    assert_non_null(strstr(said, "cannot tell"));
    assert_int_equal(chmod(PATH_SNAPSHOT, 0666), 0);
    assert_int_equal(ask("sshd", "ada"), PAM_PERM_DENIED);
    publish(1, 0);
    assert_int_equal(ask("sshd", "ada"), PAM_SUCCESS);
}

/* The phase's end when pam_org has nothing to do with the user: what stands behind it decides. */
static void assert_not_mine(const char *user, const char *reason)
{
    char word[64];
    assert_int_equal(ask("passing", user), PAM_SUCCESS);
    assert_int_equal(said_lines, 0);
    snprintf(word, sizeof word, "decision=ignore reason=%s", reason);
    assert_non_null(strstr(logged, word));
}

static void assert_refused(const char *user, const char *reason)
{
    char word[64];
    assert_int_equal(ask("passing", user), PAM_PERM_DENIED);
    assert_int_equal(said_lines, 1);
    snprintf(word, sizeof word, "decision=deny reason=%s", reason);
    assert_non_null(strstr(logged, word));
}

/* Another name service has accounts with members' names, or with numbers of ours: the number says
 * whose an account is, the name nothing. */
static void account_of_another_name_service_is_ignored_by_its_number(void **state)
{
    (void)state;
    write_stack("passing",
                "account required " MODULE_PATH " debug\naccount required pam_permit.so\n");
    publish(1, 0);
    write_extra("ada:x:5003:100::/:/bin/sh\n"
                "rem:x:5004:100::/:/bin/sh\n"
                "ldap:x:5005:100::/:/bin/sh\n"
                "zed:x:60100:100::/:/bin/sh\n"
                "toor:x:0:0::/:/bin/sh\n"
                "mia:x:200001:100::/:/bin/sh\n"
                "late:x:299999:100::/:/bin/sh\n"
                "gus:x:200006:100::/:/bin/sh\n");
    start_answering(CONFIRM_YES, 1);
    const char *foreign[] = {"ada", "rem", "ldap", "zed", "toor"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_not_mine(foreign[i], "foreign");
    assert_refused("mia", "number");  /* who has the number of ada */
    assert_refused("late", "number"); /* a member of whom nothing is known, or not any more */
    assert_refused("gus", "role");    /* as the snapshot has him */
    assert_int_equal(ask("passing", "daemon"), PAM_SUCCESS);
    write_extra("");
    assert_int_equal(ask("passing", "ada"), PAM_SUCCESS);
    assert_non_null(strstr(logged, "reason=rule"));
}

/* Nothing is asked of orgsyncd for an account of another service: it may hang. */
static void account_of_another_name_service_does_not_wait_for_orgsyncd(void **state)
{
    (void)state;
    publish(1, clock_wall_ms());
    write_extra("ada:x:5003:100::/:/bin/sh\n");
    start_server(NULL, 0, 0);
    int64_t begun = clock_mono_ms();
    assert_not_mine("ada", "foreign");
    assert_true(clock_mono_ms() - begun < 300);
    write_extra("");
}

/* Without a snapshot nothing says whose a number is, but for those that are never ours. */
static void without_a_snapshot_only_foreign_numbers_are_ignored(void **state)
{
    (void)state;
    start_answering(CONFIRM_YES, 1);
    remove_snapshot();
    write_extra("ldap:x:5005:100::/:/bin/sh\n"
                "zed:x:60100:100::/:/bin/sh\n"
                "gdm:x:60705:100::/:/bin/sh\n"
                "dyn:x:61184:100::/:/bin/sh\n"
                "old:x:999:100::/:/bin/sh\n"
                "ada:x:200001:100::/:/bin/sh\n");
    const char *foreign[] = {"zed", "gdm", "dyn", "old"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_not_mine(foreign[i], "foreign");
    assert_refused("ldap", "unavailable");
    assert_refused("ada", "unavailable");
    assert_non_null(strstr(logged, "snapshot does not exist"));
    write_extra("");
}

/* A name service that does not answer is no stranger's proof. */
static void name_service_that_does_not_answer_makes_no_stranger(void **state)
{
    (void)state;
    publish(1, 0);
    start_answering(CONFIRM_YES, 1);
    __nss_configure_lookup("passwd", "files org extra");
    assert_refused("stranger", "stranger");
    unlink(extra);
    assert_refused("stranger", "unavailable");
    assert_non_null(strstr(logged, "name services do not answer"));
    assert_int_equal(ask("passing", "ada"), PAM_SUCCESS); /* ours answered before */
    write_extra("");
    __nss_configure_lookup("passwd", "files extra");
    assert_refused("ada", "stranger"); /* a member that no name service has */
    __nss_configure_lookup("passwd", "files extra org");
}

static void copy_file(const char *from, const char *to)
{
    char data[1 << 16], temp[256];
    FILE *in = fopen(from, "re");
    snprintf(temp, sizeof temp, "%s.copy", to);
    assert_non_null(in);
    size_t size = fread(data, 1, sizeof data, in);
    fclose(in);
    FILE *out = fopen(temp, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(temp, 0644), 0);
    assert_int_equal(rename(temp, to), 0);
}

/* The file of an orgsyncd from before an upgrade, which has no ranges. */
static void snapshot_of_the_first_version_2_decides_logins(void **state)
{
    (void)state;
    copy_file("tests/common/snapshot-v2", PATH_SNAPSHOT);
    let_names_notice();
    start_answering(CONFIRM_YES, 41);
    assert_int_equal(ask("passing", "ada"), PAM_SUCCESS);
    assert_non_null(strstr(logged, "org=acme decision=allow reason=rule"));
    assert_int_equal(ask("sudo", "ada"), PAM_SUCCESS);
    assert_int_equal(ask("sudo", "mia"), PAM_SUCCESS); /* by the rule for everyone */
    assert_refused("sue", "suspended");
    assert_refused("rem", "removed");
    assert_refused("gus", "role");
    write_extra("ldap:x:5005:100::/:/bin/sh\n"
                "zed:x:60100:100::/:/bin/sh\n"
                "mia:x:1200000003:100::/:/bin/sh\n");
    assert_refused("ldap", "unavailable");
    assert_not_mine("zed", "foreign");
    assert_refused("mia", "number");
    write_extra("");
}

#define KEPT ORG_STATEDIR "/kept"

/* A file that says of itself that it is superseded admits nobody while no newer one is there, nor
 * does one that is older than what orgsyncd answers. "offline" is when the organization is away. */
static void superseded_snapshot_admits_nobody(void **state)
{
    (void)state;
    stop_server();
    publish(1, clock_wall_ms());
    copy_file(PATH_SNAPSHOT, KEPT);
    assert_int_equal(ask("passing", "ada"), PAM_SUCCESS);
    assert_non_null(strstr(logged, "reason=offline"));
    start_answering(CONFIRM_NO, 1);
    assert_int_equal(ask("passing", "ada"), PAM_SUCCESS);
    /* Lower than what is answered: confirmed, not confirmed, or refused. */
    static const uint32_t status[] = {CONFIRM_YES, CONFIRM_NO, CONFIRM_REFUSED};
    for (int i = 0; i < 3; i++) {
        start_answering(status[i], 2);
        assert_refused("ada", "unavailable");
        assert_non_null(strstr(logged, "snapshot is superseded, and the new one cannot be read"));
        assert_refused("rem", "unavailable"); /* he may be a member again */
        assert_refused("stranger", "unavailable");
    }
    start_answering(CONFIRM_YES, 1);
    assert_int_equal(ask("passing", "ada"), PAM_SUCCESS);
    /* Superseded: the file in a container's bind mount, or one that was moved back. */
    int fd = open(PATH_SNAPSHOT, O_RDWR | O_CLOEXEC);
    char link_path[64];
    publish(2, clock_wall_ms());
    snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", fd);
    copy_file(link_path, PATH_SNAPSHOT);
    close(fd);
    for (int i = 0; i < 3; i++) {
        start_answering(status[i], 1);
        assert_refused("ada", "unavailable");
    }
    stop_server();
    assert_refused("ada", "unavailable");
    write_extra("ldap:x:5005:100::/:/bin/sh\n");
    assert_not_mine("ldap", "foreign");
    write_extra("");
    assert_int_equal(ask("passing", "daemon"), PAM_SUCCESS);
    /* Beyond grace it is that, too. */
    assert_int_equal(snapshot_mark_confirmed(PATH_SNAPSHOT, 0, clock_wall_ms() - 3700000), 0);
    assert_refused("ada", "stale");
    copy_file(KEPT, PATH_SNAPSHOT);
    unlink(KEPT);
    assert_int_equal(ask("passing", "ada"), PAM_SUCCESS);
}

/* Between the mark and the new name a moment passes, on a busy machine a long one. Nobody is
 * refused by that. */
static void login_waits_for_a_snapshot_that_is_being_replaced(void **state)
{
    (void)state;
    stop_server();
    for (uint64_t generation = 1; generation < 10; generation++) {
        publish(generation, clock_wall_ms());
        copy_file(PATH_SNAPSHOT, KEPT);
        int fd = open(PATH_SNAPSHOT, O_WRONLY | O_CLOEXEC);
        uint64_t one = 1;
        assert_int_equal(pwrite(fd, &one, sizeof one, SNAPSHOT_AT_SUPERSEDED), sizeof one);
        close(fd);
        pid_t writer = fork();
        if (writer == 0) {
            usleep(20000 * (unsigned)generation / 3);
            _exit(rename(KEPT, PATH_SNAPSHOT) != 0);
        }
        assert_int_equal(ask("passing", "ada"), PAM_SUCCESS);
        waitpid(writer, NULL, 0);
    }
}

static void arguments_narrow_the_rules_and_wrong_ones_are_errors(void **state)
{
    (void)state;
    publish(1, 0);
    start_answering(CONFIRM_YES, 1);
    service("narrow", "role=admin");
    assert_int_equal(ask("narrow", "ada"), PAM_SUCCESS);
    assert_int_equal(ask("narrow", "mia"), PAM_PERM_DENIED);
    service("narrow", "org=other");
    assert_int_equal(ask("narrow", "ada"), PAM_PERM_DENIED);
    service("narrow", "org=acme debug");
    assert_int_equal(ask("narrow", "ada"), PAM_SUCCESS);
    service("narrow", "permission=billing");
    assert_int_equal(ask("narrow", "ada"), PAM_PERM_DENIED);
    const char *wrong[] = {"rolle=admin",      "role=", "Quiet", "role", "role=member role=admin",
                           "org=acme org=acme"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        service("narrow", wrong[i]);
        assert_int_equal(ask("narrow", "ada"), PAM_SERVICE_ERR);
    }
    service("quiet", "quiet");
    assert_int_equal(ask("quiet", "rem"), PAM_PERM_DENIED);
    assert_int_equal(said_lines, 0);
    assert_int_equal(ask_flags("sshd", "rem", ACCT, (int)PAM_SILENT), PAM_PERM_DENIED);
    assert_int_equal(said_lines, 0);
}

/* What was reported to orgsyncd last, which is another process. */
static _Atomic uint32_t *reported;

static void keep_report(const struct confirm_request *request)
{
    if (request->op == CONFIRM_REPORT)
        *reported = request->reason;
}

/* One line a decision, which tells all that went into it. */
static void each_decision_is_logged_in_one_line_and_reported(void **state)
{
    (void)state;
    struct confirm_reply reply = {
        .magic = CONFIRM_MAGIC, .status = CONFIRM_YES, .generation = 1, .age_ms = 41};
    reported =
        mmap(NULL, sizeof *reported, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    publish(1, 0);
    before_answer = keep_report;
    start_server(&reply, sizeof reply, 0);
    before_answer = NULL;
    ask("sshd", "ada");
    assert_non_null(strstr(logged,
                           "user=ada service=sshd org=acme decision=allow reason=rule rule=2 "
                           "age_ms=41 generation=1"));
    assert_int_equal(logged_priority, LOG_INFO);
    ask_directly();
    assert_int_equal(*reported, 0);
    ask("sudo", "mia");
    assert_non_null(
        strstr(logged, "user=mia service=sudo org=acme decision=deny reason=role rule=0 "));
    assert_int_equal(logged_priority, LOG_NOTICE);
    ask_directly(); /* one after the other: the report was heard when this is answered */
    assert_int_equal(*reported, REASON_ROLE);
    ask("sshd", "ada decision=allow");
    assert_non_null(
        strstr(logged, "user=(invalid) service=sshd org=- decision=deny reason=stranger"));
    ask("sshd", "daemon");
    assert_null(strstr(logged, "decision"));
    service("narrow", "debug");
    ask("narrow", "daemon");
    assert_non_null(strstr(logged, "decision=ignore reason=local"));
    service("narrow", "rolle=admin");
    ask("narrow", "ada");
    assert_non_null(strstr(logged, "\"rolle=admin\""));
    stop_server();
    publish(1, clock_wall_ms() - 1800000);
    ask("sshd", "ada");
    assert_non_null(strstr(logged, "decision=allow reason=offline rule=2 age_ms=18"));
    remove_snapshot();
    ask("sshd", "ada");
    assert_non_null(
        strstr(logged, "reason=unavailable rule=0 age_ms=-1 generation=0 snapshot does not exist"));
    munmap((void *)(uintptr_t)reported, sizeof *reported);
}

static void auth_and_setcred_never_grant(void **state)
{
    (void)state;
    publish(1, 0);
    start_answering(CONFIRM_YES, 1);
    const char *users[] = {"ada", "root", "stranger"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ask_flags("sshd", users[i], AUTH, 0), PAM_AUTH_ERR);
        assert_string_equal(
            said, "3 Access denied: this machine admits members of its organization only.");
    }
    assert_int_not_equal(ask_flags("sshd", "ada", SETCRED, PAM_ESTABLISH_CRED), PAM_SUCCESS);
}

static void changes_of_an_account_are_refused_to_members_alone(void **state)
{
    (void)state;
    static const struct {
        const char *user;
        bool member;
    } who[] = {{"ada", true},  {"gus", true},       {"rem", true},
               {"sue", true},  {"root", false},     {"daemon", false},
               {"pen", false}, {"stranger", false}, {"zed", false}};
    char lines[1024];
    snprintf(lines, sizeof lines,
             "auth [perm_denied=die default=ignore] %s members\nauth required pam_permit.so\n"
             "password [perm_denied=die default=ignore] %s\npassword required pam_permit.so\n",
             MODULE_PATH, MODULE_PATH);
    write_stack("chsh", lines);
    write_extra("zed:*:5003:5003::/:/bin/sh\n");
    publish(1, 0);
    stop_server(); /* nobody is asked */
    let_names_notice();
    for (size_t i = 0; i < 2 * sizeof who / sizeof *who; i++) {
        int want = who[i / 2].member ? PAM_PERM_DENIED : PAM_SUCCESS;
        assert_int_equal(ask_flags("chsh", who[i / 2].user, i % 2 ? AUTH : PASSWORD, 0), want);
        assert_string_equal(said, who[i / 2].member
                                      ? "3 The organization keeps this account: its password, name "
                                        "and shell cannot be changed on this machine."
                                      : "");
        assert_int_equal(said_lines, who[i / 2].member);
    }
    remove_snapshot();
    assert_int_equal(ask_flags("chsh", "ada", PASSWORD, 0), PAM_SUCCESS);
    write_extra("");
}

static void login_without_a_user_name_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(ask("sshd", NULL), PAM_SERVICE_ERR);
    assert_int_equal(ask("sshd", ""), PAM_SERVICE_ERR);
}

static int setup(void **state)
{
    (void)state;
    if (stacks_setup() < 0)
        return -1;
    const char *services[] = {"sshd", "sudo", "sudo-i"};
    for (size_t i = 0; i < 3; i++)
        service(services[i], "");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop_server();
    unlink(PATH_SNAPSHOT);
    names_teardown();
    return stacks_teardown();
}

int main(int argc, char **argv)
{
    (void)argc;
    need_root();
    names_setup(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_admit_members_by_a_confirmed_snapshot),
        cmocka_unit_test(inactive_members_and_strangers_are_denied),
        cmocka_unit_test(local_users_and_root_are_ignored),
        cmocka_unit_test(offline_login_is_admitted_within_grace_only),
        cmocka_unit_test(change_that_a_confirmation_brings_decides),
        cmocka_unit_test(change_heard_while_a_login_waits_decides),
        cmocka_unit_test(question_names_the_members_organization_and_bounded_times),
        cmocka_unit_test(malformed_or_foreign_confirmation_counts_as_none),
        cmocka_unit_test(reply_with_a_wrong_field_is_refused),
        cmocka_unit_test(login_keeps_and_leaks_no_descriptor),
        cmocka_unit_test(orgsyncd_that_takes_no_connection_does_not_hang_a_login),
        cmocka_unit_test(signals_do_not_interrupt_a_confirmation),
        cmocka_unit_test(silent_orgsyncd_is_waited_for_until_the_timeout),
        cmocka_unit_test(login_without_a_usable_snapshot_is_denied),
        cmocka_unit_test(account_of_another_name_service_is_ignored_by_its_number),
        cmocka_unit_test(account_of_another_name_service_does_not_wait_for_orgsyncd),
        cmocka_unit_test(without_a_snapshot_only_foreign_numbers_are_ignored),
        cmocka_unit_test(name_service_that_does_not_answer_makes_no_stranger),
        cmocka_unit_test(snapshot_of_the_first_version_2_decides_logins),
        cmocka_unit_test(superseded_snapshot_admits_nobody),
        cmocka_unit_test(login_waits_for_a_snapshot_that_is_being_replaced),
        cmocka_unit_test(arguments_narrow_the_rules_and_wrong_ones_are_errors),
        cmocka_unit_test(each_decision_is_logged_in_one_line_and_reported),
        cmocka_unit_test(auth_and_setcred_never_grant),
        cmocka_unit_test(changes_of_an_account_are_refused_to_members_alone),
        cmocka_unit_test(login_without_a_user_name_is_an_error),
    };
    return cmocka_run_group_tests_name("pam_org", tests, setup, teardown);
}

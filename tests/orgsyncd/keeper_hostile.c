/*
 * A fetcher that was taken over: a real keeper at the other end of its pipe, in a process of its
 * own, and this test in the fetcher's place. Whatever it says, the snapshot holds nothing that the
 * configuration does not allow, the keeper serves on or ends as it should, and the next one starts.
 */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/confirm.h"
#include "orgsyncd/keeper.h"
#include "orgsyncd/pipe.h"
#include "tests/fuzz/served.h"
#include "tests/lib/keys.h"
#include "tests/lib/unit.h"

#define FETCHER_GONE 42 /* the keeper's end, told from a sanitizer's */

static struct config config = {
    .org = {{.name = (char *)"acme", .provider = (char *)"native", .id = (char *)"org_1"},
            {.name = (char *)"beta", .provider = (char *)"native", .id = (char *)"org_2"}},
    .org_count = 1,
    .group =
        (struct config_group[8]){{.name = (char *)"acme-all", .everyone = true},
                                 {.name = (char *)"acme-admins", .roles = {"admin", 1}},
                                 {.name = (char *)"games", .local = true, .roles = {"admin", 1}}},
    .group_count = 3,
    .range_first = 200000,
    .range_last = 1999999999,
    .name = (char *)"%u",
    .private_groups = true,
    .home = (char *)"/home/%u",
    .shell = (char *)"/bin/sh",
    .group_members = GROUP_MEMBERS_ALWAYS,
    .timeout_ms = 1000,
};
static struct local_ids *local;
static pid_t keeper;
static int fetcher, listener;
static int beta;      /* the fetcher's end of a second organization; -1 = there is none */
static uint64_t turn; /* the number of the request that is answered; 0: none was begun */
static bool answered;
static uint64_t beta_turn; /* the same of the other fetcher */
static bool beta_answered;

/* --- the keeper --- */

static int listen_for_clients(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH_CONFIRM};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(PATH_CONFIRM);
    assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(fd, 100), 0);
    return fd;
}

static void run_keeper(int end, int second)
{
    struct keeper_settings settings = {
        .config = &config, .mode = KEEPER_SERVE, .listen_fd = {listener, -1, -1}};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
        settings.pipe[i] = -1;
    settings.pipe[0] = end;
    settings.pipe[1] = second;
    if (!freopen("/dev/null", "w", stderr) && errno)
        exit(3);
    exit(keeper_run(&settings) == 1 ? FETCHER_GONE : 0);
}

static void start_keeper(void)
{
    int pair[2], second[2] = {-1, -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    if (config.org_count > 1)
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, second), 0);
    listener = listen_for_clients();
    keeper = fork();
    if (keeper == 0) {
        close(pair[1]);
        if (second[1] >= 0)
            close(second[1]);
        run_keeper(pair[0], second[0]);
    }
    close(pair[0]);
    if (second[0] >= 0)
        close(second[0]);
    beta = second[1];
    close(listener);
    fetcher = pair[1];
    turn = beta_turn = 0;
    answered = beta_answered = true;
}

/* Everything that was said is taken by then. Returns the exit status. */
static int end_keeper(void)
{
    int status = 0;
    shutdown(fetcher, SHUT_WR); /* closed with answers unread it would take what we said with it */
    assert_int_equal(waitpid(keeper, &status, 0), keeper);
    close(fetcher);
    keeper = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* What a sanitizer adds to memory. */
#ifdef __SANITIZE_THREAD__
#define SHADOW 5
#else
#define SHADOW 1
#endif

static long keeper_kb(const char *what)
{
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)keeper);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, what, strlen(what)) == 0)
            kb = strtol(line + strlen(what) + 1, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

/* --- what the fetcher says --- */

static void say(const void *message, size_t size)
{
    assert_int_equal(send(fetcher, message, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* What is said in answer to the request NUMBER, as of MS ago. */
static void say_of(uint64_t number, uint32_t type, int64_t ms)
{
    struct pipe_header h = {.type = type,
                            .flags = PIPE_ROUND_TRIP,
                            .started_ms = clock_mono_ms() - ms,
                            .request = number};
    say(&h, sizeof h);
}

/* Begins a request, if the last one was answered. */
static void say_begin(void)
{
    if (answered)
        say_of(++turn, PIPE_BEGIN, 0);
    answered = false;
}

static void say_header(uint32_t type)
{
    say_begin();
    say_of(turn, type, 0);
    answered = type == PIPE_COMMIT;
}

/* A member as it stands, checked by nobody here, in answer to the request under way. */
static size_t make_member(char *message, uint32_t state, const char *id, const char *username,
                          const char *role)
{
    struct pipe_header h = {.type = PIPE_MEMBER, .request = turn};
    struct {
        uint32_t state;
        uint16_t roles, permissions, term_roles, term_permissions;
        uint32_t keys;
        int64_t ends_ms;
    } fields = {state, 1, 0, 0, 0, 0, 0};
    const char *text[] = {id, "", username, "A Name", role};
    size_t size = sizeof h + sizeof fields;
    memcpy(message, &h, sizeof h);
    memcpy(message + sizeof h, &fields, sizeof fields);
    for (size_t i = 0; i < 5; i++) {
        memcpy(message + size, text[i], strlen(text[i]) + 1);
        size += strlen(text[i]) + 1;
    }
    return size;
}

static void say_member(const char *id, const char *username)
{
    char message[PIPE_MAX];
    say_begin();
    say(message, make_member(message, MEMBER_ACTIVE, id, username, "admin"));
}

static void say_listing(const char *const *usernames)
{
    say_header(PIPE_RESET);
    for (int i = 0; usernames[i]; i++) {
        char id[32];
        snprintf(id, sizeof id, "usr_%s", usernames[i]);
        say_member(id, usernames[i]);
    }
    say_header(PIPE_COMMIT);
}

static const char *const good[] = {"ada", "mia", "zoe", NULL};

/* Ends the keeper, looks at what it has published, and at what the next one makes of that. */
static void check_after(uint32_t users)
{
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(check_served(&config, local), users);
    start_keeper();
    say_listing(good);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(check_served(&config, local) >= 3);
}

static enum snapshot_result find(const char *name, struct snapshot_user *user)
{
    static struct snapshot s;
    const char *why;
    snapshot_close(&s);
    assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_OK);
    return snapshot_user_by_name(&s, name, strlen(name), user);
}

/* Nothing is known, of any test before. */
static int fresh(void **state)
{
    (void)state;
    unlink(PATH_SNAPSHOT);
    unlink(PATH_LEDGER);
    return 0;
}

/* --- tests --- */

static void members_with_local_names_are_not_served(void **state)
{
    (void)state;
    const char *names[] = {"ROOT",     "root@acme.example",
                           "acme-all", "acme-admins",
                           "../x",     "a/b",
                           "/",        ".",
                           "..",       "%u",
                           "-rf",      "4711",
                           "a:b",      "a\nb",
                           "a b",      "\xff",
                           "",         NULL};
    struct passwd *pw;
    struct group *gr;
    start_keeper();
    say_header(PIPE_RESET);
    for (setpwent(); (pw = getpwent()) != NULL;)
        say_member(pw->pw_name, pw->pw_name);
    for (setgrent(); (gr = getgrent()) != NULL;)
        say_member(gr->gr_name, gr->gr_name);
    for (int i = 0; names[i]; i++) {
        char id[16];
        snprintf(id, sizeof id, "usr_%d", i);
        say_member(id, names[i]);
    }
    say_member("usr_eve", "eve");
    say_header(PIPE_COMMIT);
    check_after(1);
}

static void malformed_member_records_are_not_served(void **state)
{
    (void)state;
    char message[PIPE_MAX + 1000], longest[TEXT_MAX_LEN + 2] = {0};
    memset(longest, 'a', sizeof longest - 1);
    start_keeper();
    say_header(PIPE_RESET);
    const uint32_t states[] = {0, MEMBER_REMOVED + 1, 77, UINT32_MAX};
    for (size_t i = 0; i < 4; i++)
        say(message, make_member(message, states[i], "usr_1", "eve", "admin"));
    const char *ids[] = {"", "a b", "a\nb", "\xc3\xa9", longest};
    for (size_t i = 0; i < 5; i++)
        say_member(ids[i], "eve");
    say_member("usr_1", longest);
    size_t size = make_member(message, MEMBER_ACTIVE, "usr_1", "eve", "admin");
    for (size_t cut = 1; cut < size; cut++)
        say(message, cut);
    say(message, size + 1);
    memset(message + size, 'x', sizeof message - size);
    say(message, PIPE_MAX);
    say(message, PIPE_MAX + 1);
    say(message, sizeof message);
    for (uint32_t counts = 2; counts <= 65; counts++) { /* roles that are not there */
        memcpy(message + sizeof(struct pipe_header) + 4, &(uint16_t){(uint16_t)counts}, 2);
        say(message, size);
    }
    say(message, make_member(message, MEMBER_ACTIVE, "usr_1", "eve", "ad\nmin"));
    say_member("usr_good", "ada");
    say_header(PIPE_COMMIT);
    check_after(1);
}

/* What a fetcher says of teams: cut, with control characters, without members, as often as it
 * likes. None of it is a group here, where the configuration makes none of them. */
static void malformed_teams_are_left_out(void **state)
{
    (void)state;
    static char message[PIPE_MAX];
    const struct pipe_team team = {"1", "root", "root", "root"};
    start_keeper();
    say_header(PIPE_RESET);
    size_t size = pipe_encode_team(message, turn, &team);
    for (size_t cut = sizeof(struct pipe_header); cut <= size; cut++)
        say(message, cut);
    message[sizeof(struct pipe_header) + 2] = '\n';
    say(message, size);
    memset(message + size, 0, sizeof message - size);
    say(message, sizeof message);
    for (int i = 0; i < 3000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        const struct pipe_team many = {id, "root", "", id};
        say(message, pipe_encode_team(message, turn, &many));
    }
    say_member("usr_good", "ada");
    say_header(PIPE_COMMIT);
    check_after(1);
}

/* The organization's rules as they stand, checked by nobody here. */
static void say_rules(bool narrowed, const char *text, size_t size)
{
    char message[PIPE_MAX];
    say_begin();
    struct org_rules rules = {narrowed, (uint32_t)size, text};
    say(message, pipe_encode_org_rules(message, turn, &rules));
}

/* True if the snapshot in force has these rules; TEXT NULL: it has none. */
static bool ruled(const char *text, size_t size)
{
    struct snapshot s;
    struct snapshot_policy policy;
    struct org_rules wanted = {text != NULL, (uint32_t)size, text};
    const char *why;
    assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_policy(&s, &policy), SNAPSHOT_OK);
    bool same = org_rules_same(&policy.org_rules[0], &wanted);
    snapshot_close(&s);
    return same;
}

#define RULES(text) text, sizeof text

/* The rules that count are those of the last answer that was committed and had some: whatever
 * breaks off, is malformed, or says nothing of rules leaves them, also over a restart. */
static void rules_stay_until_others_are_committed(void **state)
{
    (void)state;
    static const char admins[] = "admin\0sshd\0", all[] = "member\0*\0";
    start_keeper();
    say_listing(good);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(ruled(NULL, 0));
    start_keeper();
    say_rules(true, RULES(all));
    say_rules(true, RULES(admins)); /* the last before the commit */
    say_header(PIPE_COMMIT);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(ruled(RULES(admins)));
    start_keeper();
    say_listing(good); /* of a server that tells no rules */
    say_header(PIPE_RESET);
    say_rules(false, NULL, 0); /* breaks off */
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(ruled(RULES(admins)));
    start_keeper();
    say_rules(false, NULL, 0);
    answered = true;
    say_header(PIPE_COMMIT); /* of another request */
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(ruled(RULES(admins)));
    start_keeper();
    say_rules(true, "", 0);
    say_header(PIPE_COMMIT);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(ruled("", 0));
    start_keeper();
    say_rules(false, NULL, 0);
    say_header(PIPE_COMMIT);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(ruled(NULL, 0));
    assert_true(check_served(&config, local) >= 3);
}

static void malformed_rules_are_not_taken(void **state)
{
    (void)state;
    static const char sound[] = "admin\0sshd\0";
    static char many[ORG_RULES_SIZE_MAX];
    static const struct {
        const char *text;
        size_t size;
    } wrong[] = {{RULES("")},
                 {RULES("admin\0")},
                 {RULES("admin")},
                 {RULES("\0sshd\0")},
                 {sound, sizeof sound - 1},
                 {RULES("ad\nmin\0sshd\0")},
                 {RULES("admin\0s\x7f\0")},
                 {many, sizeof many}};
    size_t size = 0;
    while (size + 9 <= sizeof many) {
        memcpy(many + size, "a\0s\0\0", 5);
        size += 5;
    }
    start_keeper();
    say_listing(good);
    say_rules(true, RULES(sound));
    say_header(PIPE_COMMIT);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        say_rules(true, wrong[i].text, i + 1 < sizeof wrong / sizeof *wrong ? wrong[i].size : size);
        say_header(PIPE_COMMIT);
    }
    say_rules(false, RULES(sound));
    say_header(PIPE_COMMIT);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(ruled(RULES(sound)));
}

/* MESSAGE of SIZE bytes, a member's, with LIST as the keys. */
static void say_keys(char *message, size_t size, const void *list, size_t list_size, uint32_t told)
{
    memcpy(message + sizeof(struct pipe_header) + 12, &told, sizeof told);
    if (list_size > 0)
        memcpy(message + size, list, list_size);
    say(message, size + list_size);
}

/* Nothing of a member counts whose keys are not as they must be. */
static void members_with_malformed_keys_are_not_served(void **state)
{
    (void)state;
    static uint8_t list[PIPE_MAX + 1];
    static char message[PIPE_MAX + sizeof list];
    start_keeper();
    say_header(PIPE_RESET);
    say_member("usr_ada", "ada");
    size_t size = make_member(message, MEMBER_ACTIVE, "usr_1", "eve", "admin");
    size_t most = test_keys(list, 1, KEY_LIST_MAX, NULL).size, one = most / KEY_LIST_MAX;
    memcpy(list + most, list, one);
    say_keys(message, size, list, most + one, (uint32_t)(most + one)); /* one too many */
    for (size_t cut = 1; cut < one; cut++)
        say_keys(message, size, list, cut, (uint32_t)cut);
    static const uint32_t told[] = {1, 0x7fffffff, UINT32_MAX, UINT32_MAX - 3};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        say_keys(message, size, list, one, (uint32_t)(i == 0 ? one + 1 : told[i]));
    say_keys(message, size, list, one, 0);
    for (size_t at = 4; at < KEY_LIST_ENTRY + 19; at++) { /* lengths and the type */
        list[at] ^= 0x80;
        say_keys(message, size, list, one, (uint32_t)one);
        list[at] ^= 0x80;
    }
    memset(list, 'x', sizeof list); /* a message of the greatest length, and beyond */
    say_keys(message, size, list, PIPE_MAX - size, (uint32_t)(PIPE_MAX - size));
    say_keys(message, size, list, sizeof list, sizeof list);
    say_header(PIPE_COMMIT);
    check_after(1);
}

static void say_key(const char *id, const char *role, uint32_t number)
{
    uint8_t list[KEY_LIST_SIZE_MAX];
    char message[PIPE_MAX];
    say_begin();
    size_t size = make_member(message, MEMBER_ACTIVE, id, id + 4, role);
    struct key_list keys = test_keys(list, number, number != 0, NULL);
    say_keys(message, size, list, keys.size, (uint32_t)keys.size);
}

/* The number of the one key that NAME has in the snapshot, 0 = none. */
static uint32_t key_of(const char *name)
{
    struct snapshot s;
    struct snapshot_user user;
    struct key_list keys;
    const char *why;
    uint32_t number = 0;
    assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_user_by_name(&s, name, strlen(name), &user), SNAPSHOT_OK);
    enum snapshot_result rc = snapshot_keys(&s, user.uid, &keys);
    assert_int_not_equal(rc, SNAPSHOT_UNAVAILABLE);
    if (rc == SNAPSHOT_OK)
        memcpy(&number, keys.first + KEY_LIST_ENTRY + 19, sizeof number);
    snapshot_close(&s);
    return number;
}

/* Keys come, are replaced and go, also for a keeper that was started anew. */
static void keys_are_published_as_they_were_said_last(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {7, 8, 0, 9};
    for (size_t i = 0; i < 4; i++) {
        start_keeper();
        say_header(PIPE_RESET);
        say_key("usr_ada", "admin", numbers[i]);
        say_key("usr_mia", "admin", 3);
        say_header(PIPE_COMMIT);
        assert_int_equal(end_keeper(), FETCHER_GONE);
        assert_int_equal(key_of("ada"), numbers[i]);
        assert_int_equal(key_of("mia"), 3);
    }
    start_keeper(); /* the ledger has them */
    say_header(PIPE_RESET);
    say_key("usr_ada", "admin", 9);
    say_key("usr_mia", "admin", 3);
    say_key("usr_new", "admin", 0);
    say_header(PIPE_COMMIT);
    say_of(++turn, PIPE_BEGIN, 0);
    say_of(turn, PIPE_COMMIT, 0);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(key_of("ada"), 9);
}

/* All but one lose their role, so half of them is held; each has a new key, or none. */
static void brake_holds_no_keys(void **state)
{
    (void)state;
    char id[16];
    int held = 0;
    for (int round = 0; round < 2; round++) {
        start_keeper();
        say_header(PIPE_RESET);
        for (int i = 0; i < 20; i++) {
            snprintf(id, sizeof id, "usr_m%d", i);
            say_key(id, round && i ? "none" : "admin", round ? i % 2 ? 100 : 0 : 50);
        }
        say_header(PIPE_COMMIT);
        assert_int_equal(end_keeper(), FETCHER_GONE);
    }
    for (int i = 0; i < 20; i++) {
        struct snapshot_user user;
        snprintf(id, sizeof id, "m%d", i);
        assert_int_equal(key_of(id), i % 2 ? 100 : 0);
        assert_int_equal(find(id, &user), SNAPSHOT_OK);
        struct snapshot_grants grants;
        struct snapshot s;
        const char *why;
        assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_OK);
        assert_int_equal(snapshot_grants(&s, user.grants_ref, &grants), SNAPSHOT_OK);
        held += text_list_has(&grants.roles, "admin");
        snapshot_close(&s);
    }
    assert_true(held > 5);
}

static void members_of_uncommitted_listings_are_not_served(void **state)
{
    (void)state;
    start_keeper();
    say_header(PIPE_COMMIT); /* of nothing */
    say_header(PIPE_HEARD);
    say_member("usr_early", "early"); /* before any RESET: as a change, so he may be there */
    say_header(PIPE_RESET);
    say_member("usr_void", "void");
    say_header(PIPE_RESET); /* makes him void */
    say_member("usr_ada", "ada");
    say_header(PIPE_FAILED); /* and her */
    say_header(PIPE_COMMIT);
    say_listing(good);
    say_header(PIPE_COMMIT);
    say_member("usr_late", "late"); /* never committed */
    const struct pipe_header odd[] = {
        {0},          {.type = PIPE_REFRESH}, {.type = PIPE_RELIST},
        {.type = 99}, {.type = UINT32_MAX},   {.type = PIPE_HEARD, .flags = UINT32_MAX}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        say(&odd[i], sizeof odd[i]);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(check_served(&config, local), 3);
    start_keeper();
    check_after(3);
}

/* A time that cannot be is no reason to fall over, and no reason to believe that one is fresh. */
static void impossible_times_do_not_confirm_a_snapshot(void **state)
{
    (void)state;
    const int64_t times[] = {INT64_MIN, -1, 0, INT64_MAX};
    start_keeper();
    for (size_t i = 0; i < 4; i++) {
        say_header(PIPE_RESET);
        say_member("usr_ada", "ada");
        for (uint32_t type = PIPE_COMMIT; type <= PIPE_FAILED; type++) {
            struct pipe_header h = {type, PIPE_ROUND_TRIP, times[i], turn};
            say(&h, sizeof h);
        }
        answered = true;
    }
    assert_int_equal(end_keeper(), FETCHER_GONE);
    struct snapshot s;
    const char *why;
    assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_OK);
    assert_true(snapshot_confirmed(&s, 0) <= clock_wall_ms());
    snapshot_close(&s);
    start_keeper();
    check_after(1);
}

/* A listing of m0, m1 and so on, from FIRST to before END. */
static void say_some(int first, int end)
{
    char id[16];
    say_header(PIPE_RESET);
    for (int i = first; i < end; i++) {
        snprintf(id, sizeof id, "m%d", i);
        say_member(id, id);
    }
    say_header(PIPE_COMMIT);
}

static void say_crowd(int count)
{
    say_some(0, count);
}

/* A single change: what the organization says of the member m<I> now. */
static void say_change(enum member_state state, int i, const char *role)
{
    char message[PIPE_MAX], id[16];
    snprintf(id, sizeof id, "m%d", i);
    say_begin();
    say(message, make_member(message, state, id, id, role));
    say_header(PIPE_COMMIT);
}

/* How many of m0 to before END are active in the snapshot, and are admins. */
static int count_admins(int end)
{
    struct snapshot s;
    struct snapshot_user user;
    struct snapshot_grants grants;
    const char *why;
    char id[16];
    int count = 0;
    assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_OK);
    for (int i = 0; i < end; i++) {
        int len = snprintf(id, sizeof id, "m%d", i);
        if (snapshot_user_by_name(&s, id, (size_t)len, &user) != SNAPSHOT_OK)
            continue;
        assert_int_equal(snapshot_grants(&s, user.grants_ref, &grants), SNAPSHOT_OK);
        count += user.state == MEMBER_ACTIVE && text_list_has(&grants.roles, "admin");
    }
    snapshot_close(&s);
    return count;
}

static bool is_active(const char *name)
{
    struct snapshot_user user;
    return find(name, &user) == SNAPSHOT_OK && user.state == MEMBER_ACTIVE;
}

/* A listing that brings nothing new makes no new snapshot, those who left included. */
static void unchanged_listing_makes_no_new_snapshot(void **state)
{
    (void)state;
    struct snapshot s;
    const char *why;
    start_keeper();
    say_crowd(12);
    for (int i = 0; i < 3; i++)
        say_crowd(11);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(snapshot_open(&s, PATH_SNAPSHOT, &why), SNAPSHOT_OK);
    assert_int_equal(snapshot_u64(&s, SNAPSHOT_AT_GENERATION), 2);
    snapshot_close(&s);
}

/* Half of the members go in one answer; who is missing in the next ones stays, by name or not. */
static void brake_holds_half_of_the_members_missing_from_a_listing(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(30);
    say_header(PIPE_RESET);
    say_header(PIPE_COMMIT); /* nobody: that is no listing */
    say_listing((const char *const[]){"m1", NULL});
    for (int i = 0; i < 30; i++)
        say_change(MEMBER_REMOVED, i, "admin");
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(30), 15);
}

static int64_t ledger_number(const char *query)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int64_t number = -1;
    assert_int_equal(sqlite3_open(PATH_LEDGER, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}

static uint32_t admins_listed(void)
{
    struct snapshot s;
    struct snapshot_group group = {.member_count = UINT32_MAX};
    const char *why;
    if (snapshot_open(&s, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return UINT32_MAX;
    snapshot_group_by_name(&s, "acme-admins", strlen("acme-admins"), &group);
    snapshot_close(&s);
    return group.member_count;
}

/* More roles that end at one time than are taken note of at once. */
static void roles_of_many_end_together(void **state)
{
    (void)state;
    enum { MANY_ENDS = 9000 };
    static const char seen[] = "SELECT count(*) FROM members WHERE term_seen_ms > 0";
    static char message[PIPE_MAX];
    char id[16];
    const char *why;
    struct pipe_member m = {.state = MEMBER_ACTIVE,
                            .id = id,
                            .email = "",
                            .username = id,
                            .display = "",
                            .roles = {"member", 1},
                            .term = {clock_wall_ms() + 6000 * SHADOW, {"admin", 1}, {0}}};
    start_keeper();
    say_header(PIPE_RESET);
    for (int i = 0; i < MANY_ENDS; i++) {
        snprintf(id, sizeof id, "m%d", i);
        say_begin();
        say(message, pipe_encode_member(message, turn, &m, &why));
    }
    say_header(PIPE_COMMIT);
    for (int i = 0; i < 4000 && admins_listed() != MANY_ENDS; i++)
        usleep(5000);
    assert_int_equal(admins_listed(), MANY_ENDS);
    assert_int_equal(ledger_number(seen), 0);
    for (int i = 0; i < 4000 && admins_listed() != 0; i++)
        usleep(5000);
    assert_int_equal(admins_listed(), 0);
    for (int i = 0; i < 1000 && ledger_number(seen) < MANY_ENDS; i++)
        usleep(5000);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(ledger_number(seen), MANY_ENDS);
    assert_int_equal(count_admins(MANY_ENDS), 0);
}

/* Half of the members can lose something, one by one as well; and it is the same whatever they
 * lose. */
static void brake_counts_losses_that_come_one_by_one(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(30);
    for (int i = 0; i < 30; i++)
        say_change(i % 3 == 0   ? MEMBER_REMOVED
                   : i % 3 == 1 ? MEMBER_SUSPENDED
                                : MEMBER_ACTIVE,
                   i, i % 3 == 2 ? "guest" : "admin");
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(15), 0);
    assert_int_equal(count_admins(30), 15);
}

/* Neither another name nor a role that nothing depends on is a loss; nor is what those lose who had
 * lost already. */
static void brake_counts_no_role_that_nothing_depends_on(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(12);
    for (int i = 0; i < 12; i++)
        say_change(MEMBER_ACTIVE, i, "guest"); /* six of them lose a group */
    for (int i = 0; i < 12; i++)
        say_change(MEMBER_ACTIVE, i, "visitor");
    for (int i = 0; i < 6; i++)
        say_change(MEMBER_REMOVED, i, "visitor");
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(12), 6);
    for (int i = 0; i < 6; i++)
        assert_false(is_active((const char *const[]){"m0", "m1", "m2", "m3", "m4", "m5"}[i]));
}

/* Members who are made up for it do not make the measure larger, nor a small organization's coming
 * and going it smaller. */
static void made_up_members_do_not_widen_the_brake(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(20);
    say_crowd(200);
    say_some(20, 200);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(20), 10);
    fresh(state);
    start_keeper();
    say_crowd(4);
    for (int i = 10; i < 30; i++)
        say_listing((const char *const[]){i % 2 ? "x" : "y", "ada", NULL});
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(4), 0);
}

/* Of ten all but the last may go, together and one by one. */
static void brake_does_not_hold_losses_in_an_organization_of_ten(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(10);
    say_crowd(4);
    say_change(MEMBER_REMOVED, 2, "admin");
    say_change(MEMBER_SUSPENDED, 1, "admin");
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(10), 2);
}

/* Whom the organization names as suspended comes before whom it only leaves out. */
static void brake_lets_named_losses_go_before_missing_members(void **state)
{
    (void)state;
    char message[PIPE_MAX], id[16];
    start_keeper();
    say_crowd(20);
    say_header(PIPE_RESET);
    for (int i = 10; i < 20; i++) { /* m0 to m9 are left out */
        snprintf(id, sizeof id, "m%d", i);
        say(message,
            make_member(message, i < 15 ? MEMBER_SUSPENDED : MEMBER_ACTIVE, id, id, "admin"));
    }
    say_header(PIPE_COMMIT);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(20), 10);
    assert_false(is_active("m10"));
    assert_false(is_active("m14"));
    assert_int_equal(count_admins(10), 5);
}

/* Those who come back do not make up for those who are missing. */
static void returning_members_do_not_make_up_for_missing_ones(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(30);
    say_some(0, 15);
    say_some(15, 30);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(is_active("m3"));
    assert_true(is_active("m20"));
}

/* Gives the ledger what TEXT says. */
static void change_ledger(const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(PATH_LEDGER, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Neither a restart nor time lets go what is held; time makes room for others. */
static void brake_holds_across_a_restart(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(20);
    for (int i = 0; i < 11; i++)
        say_change(MEMBER_REMOVED, i, "admin"); /* m10 is held */
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(20), 10);
    start_keeper();
    say_some(12, 20); /* and so is m11 */
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(20), 10);
    change_ledger("UPDATE brake SET lost_ms = lost_ms - 3600000 WHERE lost_ms > 0");
    start_keeper();
    say_some(13, 20);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(is_active("m10"));
    assert_true(is_active("m11"));
    assert_false(is_active("m12"));
    assert_int_equal(count_admins(20), 9);
}

/* Waits for the snapshot of GENERATION, as a login does that was told of it. */
static void await_generation(uint64_t generation)
{
    for (int i = 0; i < 4000; i++, usleep(5000)) {
        struct snapshot s;
        const char *why;
        if (snapshot_open(&s, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
            continue;
        uint64_t found = snapshot_u64(&s, SNAPSHOT_AT_GENERATION);
        snapshot_close(&s);
        if (found >= generation)
            return;
    }
    fail_msg("generation %" PRIu64 " does not come", generation);
}

/* What orgsyncd answers to a request. */
static struct confirm_reply ask(uint32_t op, uint32_t wait_ms)
{
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = op, .wait_ms = wait_ms, .max_age_ms = 60000};
    struct confirm_reply reply;
    if (confirm_ask(PATH_CONFIRM, &request, 20000, &reply) < 0)
        fail_msg("no answer: %s", strerror(errno));
    if (op == CONFIRM_FRESH && reply.status == CONFIRM_YES)
        await_generation(reply.generation);
    return reply;
}

/* A time that is still to come does not count as heard from then. */
static void answer_from_the_future_does_not_stay_fresh(void **state)
{
    (void)state;
    struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH, .wait_ms = 200};
    struct confirm_reply reply;
    start_keeper();
    say_header(PIPE_RESET);
    say_member("usr_ada", "ada");
    say_of(turn, PIPE_COMMIT, -3600000);
    assert_int_equal(ask(CONFIRM_FRESH, 10000).status, CONFIRM_YES);
    usleep(100000);
    assert_int_equal(confirm_ask(PATH_CONFIRM, &request, 20000, &reply), 0);
    assert_int_equal(reply.status, CONFIRM_NO);
    assert_int_equal(end_keeper(), FETCHER_GONE);
}

/* Waits until TEXT is (or PRESENT is false: is not) in what status says is wrong. */
static void wait_for_trouble(const char *text, bool present)
{
    for (int i = 0; i < 3000; i++, usleep(10000))
        if ((strstr(ask(CONFIRM_STATUS, 0).text, text) != NULL) == present)
            return;
    fail_msg("status says \"%s\"", ask(CONFIRM_STATUS, 0).text);
}

/* A held poll that goes on after a failure of another request is as good as an answer. */
static void heartbeat_ends_the_trouble_of_a_failure(void **state)
{
    (void)state;
    start_keeper();
    say_listing(good);
    assert_int_equal(ask(CONFIRM_FRESH, 10000).status, CONFIRM_YES);
    say_header(PIPE_FAILED);
    wait_for_trouble("could not be reached", true);
    say_header(PIPE_HEARD);
    wait_for_trouble("could not be reached", false);
    assert_int_equal(end_keeper(), FETCHER_GONE);
}

/* While something is held, logins are confirmed and changes of others arrive; who is listed again
 * is not held any more. */
static void login_is_confirmed_while_the_brake_holds(void **state)
{
    (void)state;
    char metrics[CONFIRM_ANSWER_MAX];
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH, .wait_ms = 10000};
    struct confirm_reply reply;
    start_keeper();
    say_crowd(14);
    assert_int_equal(ask(CONFIRM_FRESH, 10000).status, CONFIRM_YES);
    say_some(8, 14); /* 8 of 14 leave */
    wait_for_trouble("of 1 member: m7; if that is right: orgadmin host sync --accept", true);
    request.max_age_ms = 60000;
    assert_int_equal(confirm_ask(PATH_CONFIRM, &request, 20000, &reply), 0);
    assert_int_equal(reply.status, CONFIRM_YES);
    assert_int_equal(reply.members, 7);
    request.op = CONFIRM_METRICS;
    assert_int_equal(confirm_text(PATH_CONFIRM, &request, 20000, metrics), 0);
    request.op = CONFIRM_FRESH;
    assert_non_null(strstr(metrics, "orgsyncd_brake_held{organization=\"acme\"} 1\n"));
    say_member("usr_new", "new");
    say_header(PIPE_COMMIT);
    for (int i = 0; i < 3000 && ask(CONFIRM_STATUS, 0).members != 8; i++)
        usleep(10000);
    assert_true(is_active("new"));
    say_change(MEMBER_ACTIVE, 7, "admin");
    wait_for_trouble("brake", false);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(14), 7);
}

/* A login need not wait for an organization whose listing was not taken, and is not confirmed; but
 * a change that it names counts. */
static void login_is_not_confirmed_after_a_refused_listing(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(30);
    assert_int_equal(ask(CONFIRM_FRESH, 10000).status, CONFIRM_YES);
    say_header(PIPE_RESET);
    say_header(PIPE_COMMIT);
    wait_for_trouble("lists no members", true);
    say_change(MEMBER_REMOVED, 3, "admin");
    for (int i = 0; i < 3000 && ask(CONFIRM_STATUS, 0).members != 29; i++)
        usleep(10000);
    assert_false(is_active("m3"));
    int64_t begun = clock_mono_ms();
    assert_int_equal(ask(CONFIRM_FRESH, 15000).status, CONFIRM_NO);
    assert_in_range(clock_mono_ms() - begun, 0, 10000);
    say_crowd(29);
    wait_for_trouble("lists no members", false);
    assert_int_equal(ask(CONFIRM_FRESH, 15000).status, CONFIRM_YES);
    assert_int_equal(end_keeper(), FETCHER_GONE);
}

/* What an administrator accepted is the listing that he asked for, not one of another day. */
static void acceptance_covers_only_the_listing_asked_for(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(30);
    ask(CONFIRM_FRESH, 10000);
    ask(CONFIRM_ACCEPT, 0);
    say_header(PIPE_FAILED);
    say_crowd(3);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(30), 15);
    start_keeper();
    say_crowd(3); /* all the others are held */
    ask(CONFIRM_FRESH, 10000);
    ask(CONFIRM_ACCEPT, 0);
    say_crowd(3);
    wait_for_trouble("brake", false);
    say_some(0, 20); /* what was accepted is not counted any more */
    say_some(0, 10);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(count_admins(30), 10);
}

/* Is bob a member, and has he ROLE, in what is published? */
static bool bob_has(const char *role)
{
    struct snapshot s;
    struct snapshot_user user;
    struct snapshot_grants grants;
    const char *why;
    if (snapshot_open(&s, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        return false;
    bool has = snapshot_user_by_name(&s, "bob", 3, &user) == SNAPSHOT_OK &&
               user.state == MEMBER_ACTIVE &&
               snapshot_grants(&s, user.grants_ref, &grants) == SNAPSHOT_OK &&
               text_list_has(&grants.roles, role);
    snapshot_close(&s);
    return has;
}

static void say_bob(uint64_t number, uint32_t state, const char *role)
{
    char message[PIPE_MAX];
    uint64_t of = turn;
    turn = number;
    say(message, make_member(message, state, "usr_bob", "bob", role));
    turn = of;
}

/* Bob is a member, and the request 2 is under way, which began before that was heard. */
static void start_with_bob(void)
{
    start_keeper();
    say_of(1, PIPE_BEGIN, 60000);
    say_of(1, PIPE_RESET, 60000);
    say_bob(1, MEMBER_ACTIVE, "member");
    say_of(1, PIPE_COMMIT, 60000);
    say_of(2, PIPE_BEGIN, 60000);
}

/* The answer to a request that began before one that was answered is void, its heartbeats too. */
static void answer_to_an_older_request_is_void(void **state)
{
    (void)state;
    struct confirm_request fresh_one = {
        .magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH, .wait_ms = 300, .max_age_ms = 10000};
    struct confirm_reply reply;
    start_with_bob();
    say_bob(2, MEMBER_ACTIVE, "admin"); /* on its way */
    say_of(3, PIPE_BEGIN, 50000);
    say_bob(3, MEMBER_ACTIVE, "guest");
    say_of(3, PIPE_COMMIT, 50000);
    say_bob(2, MEMBER_ACTIVE, "admin");
    say_of(2, PIPE_COMMIT, 0);
    say_of(2, PIPE_HEARD, 0);
    assert_int_equal(confirm_ask(PATH_CONFIRM, &fresh_one, 20000, &reply), 0);
    assert_int_equal(reply.status, CONFIRM_NO);
    say_of(2, PIPE_RESET, 0);
    say_bob(2, MEMBER_ACTIVE, "admin");
    say_of(2, PIPE_COMMIT, 0);
    say_of(3, PIPE_COMMIT, 0); /* one answer to each */
    assert_int_equal(confirm_ask(PATH_CONFIRM, &fresh_one, 20000, &reply), 0);
    assert_int_equal(reply.status, CONFIRM_NO);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(bob_has("guest"));
}

/* Records that answer one request are not part of the answer to another. */
static void records_of_another_request_are_not_committed(void **state)
{
    (void)state;
    start_with_bob();
    say_of(2, PIPE_RESET, 0);
    say_bob(2, MEMBER_ACTIVE, "admin");
    say_of(3, PIPE_BEGIN, 0);
    say_of(3, PIPE_COMMIT, 0); /* nothing new; of what 2 lists it knows nothing */
    say_of(4, PIPE_BEGIN, 0);
    say_of(4, PIPE_COMMIT, 0);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(bob_has("member"));
}

/* An older request whose answer comes first counts. */
static void answer_that_comes_before_that_to_a_newer_request_counts(void **state)
{
    (void)state;
    start_with_bob();
    say_of(3, PIPE_BEGIN, 0);
    say_bob(2, MEMBER_ACTIVE, "admin");
    say_of(2, PIPE_COMMIT, 0);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(bob_has("admin"));
}

/* Numbers of requests that never began are none, and what is said in their name is not taken; a
 * fetcher that was started anew begins at 1. */
static void answers_to_requests_never_begun_are_ignored(void **state)
{
    (void)state;
    const uint64_t none[] = {0, 1, 3, 99, UINT64_MAX};
    start_with_bob();
    say_of(0, PIPE_BEGIN, 0);
    say_of(99, PIPE_BEGIN, 0);
    say_of(UINT64_MAX, PIPE_BEGIN, 0);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        say_bob(none[i], MEMBER_ACTIVE, "admin");
        say_of(none[i], PIPE_COMMIT, 0);
    }
    say_of(2, PIPE_COMMIT, 0);
    say_of(3, PIPE_BEGIN, 0);
    say_bob(3, MEMBER_ACTIVE, "guest");
    say_of(3, PIPE_COMMIT, 0);
    for (int i = 0; i < 3000 && !bob_has("guest"); i++)
        usleep(10000);
    assert_true(bob_has("guest"));
    say_bob(4, MEMBER_ACTIVE, "admin"); /* a fetcher that ends in mid-sentence */
    say_of(0, PIPE_FAILED, 0);
    say_of(1, PIPE_BEGIN, 0);
    say_of(1, PIPE_RESET, 0);
    say_bob(1, MEMBER_ACTIVE, "member");
    say_of(1, PIPE_COMMIT, 0);
    say_of(2, PIPE_BEGIN, 0);
    say_of(2, PIPE_COMMIT, 0);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_true(bob_has("member"));
}

/* A snapshot that was put back from a backup is not confirmed, but replaced. */
static void snapshot_put_back_from_a_backup_is_replaced(void **state)
{
    (void)state;
    static const char old[] = PATH_SNAPSHOT ".old";
    struct snapshot_user user;
    start_keeper();
    say_crowd(30);
    ask(CONFIRM_FRESH, 10000);
    assert_int_equal(link(PATH_SNAPSHOT, old), 0);
    say_crowd(29);
    for (int i = 0; i < 3000 && ask(CONFIRM_STATUS, 0).members != 29; i++)
        usleep(10000);
    assert_int_equal(find("m29", &user), SNAPSHOT_OK);
    assert_int_equal(user.state, MEMBER_REMOVED);
    assert_int_equal(rename(old, PATH_SNAPSHOT), 0);
    say_header(PIPE_HEARD);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(find("m29", &user), SNAPSHOT_OK);
    assert_int_equal(user.state, MEMBER_REMOVED);
}

static void random_messages_do_not_change_the_snapshot(void **state)
{
    (void)state;
    static char message[PIPE_MAX];
    unsigned seed = 4711;
    start_keeper();
    say_listing(good);
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)rand_r(&seed) % 400 + 1;
        for (size_t n = 0; n < size; n++)
            message[n] = (char)rand_r(&seed);
        if (size >= 4 && i % 2)
            memcpy(message, &(uint32_t){PIPE_MEMBER}, 4);
        say(message, size);
    }
    check_after(3);
}

/* An empty message is not the end of the pipe, and changes nothing. */
static void empty_message_does_not_change_the_snapshot(void **state)
{
    (void)state;
    start_keeper();
    say_listing(good);
    say("", 0);
    check_after(3);
}

/* Descriptors that nobody asked for are not kept. */
static void descriptors_sent_by_a_fetcher_are_not_kept(void **state)
{
    (void)state;
    start_keeper();
    struct pipe_header h = {.type = PIPE_HEARD};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec part = {&h, sizeof h};
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.header), &fetcher, sizeof fetcher);
    for (int i = 0; i < 2000; i++)
        assert_true(sendmsg(fetcher, &msg, MSG_NOSIGNAL) > 0);
    say_listing(good);
    check_after(3);
}

/* 100 000 members are an organization like others. */
static void keeper_serves_100000_members_in_bounded_memory(void **state)
{
    (void)state;
    char id[16];
    start_keeper();
    say_header(PIPE_RESET);
    for (int i = 0; i < 100000; i++) {
        snprintf(id, sizeof id, "m%d", i);
        say_member(id, id);
    }
    assert_in_range(keeper_kb("VmHWM"), 1, 400000 * SHADOW);
    say_header(PIPE_COMMIT);
    assert_int_equal(end_keeper(), FETCHER_GONE);
    assert_int_equal(check_served(&config, local), 100000);
}

/* What is said and asked is beta's from here on, or acme's again. */
static void swap_fetchers(void)
{
    int other = beta;
    uint64_t other_turn = beta_turn;
    bool other_answered = beta_answered;
    beta = fetcher;
    beta_turn = turn;
    beta_answered = answered;
    fetcher = other;
    turn = other_turn;
    answered = other_answered;
}

/* How long a login of a member of beta's waits, in ms. */
static int64_t login_ms(void)
{
    struct confirm_request request = {.magic = CONFIRM_MAGIC,
                                      .op = CONFIRM_FRESH,
                                      .max_age_ms = 3600000,
                                      .wait_ms = 30000,
                                      .org = "beta"};
    struct confirm_reply reply;
    int64_t begun = clock_mono_ms();
    assert_int_equal(confirm_ask(PATH_CONFIRM, &request, 40000, &reply), 0);
    assert_int_equal(reply.status, CONFIRM_YES);
    await_generation(reply.generation);
    return clock_mono_ms() - begun;
}

/* A client that has sent its request, or -1. */
static int send_request(const struct confirm_request *request)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH_CONFIRM};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(send(fd, request, sizeof *request, 0), (ssize_t)sizeof *request);
    return fd;
}

/* What the fetcher had said before somebody asked counts, also when the keeper was busy meanwhile
 * and finds both at once. */
static void change_said_before_a_login_asks_is_in_its_snapshot(void **state)
{
    (void)state;
    const struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH, .max_age_ms = 3600000, .wait_ms = 10000};
    for (int i = 0; i < 20; i++) {
        struct confirm_reply reply;
        char id[16];
        fresh(NULL);
        start_keeper();
        say_crowd(12);
        while (ask(CONFIRM_FRESH, 1000).status != CONFIRM_YES)
            ;
        uint64_t generation = ask(CONFIRM_STATUS, 0).generation;
        kill(keeper, SIGSTOP);
        say_change(MEMBER_REMOVED, i % 5, "admin");
        int fd = send_request(&request);
        kill(keeper, SIGCONT);
        assert_int_equal(recv(fd, &reply, sizeof reply, 0), sizeof reply);
        close(fd);
        snprintf(id, sizeof id, "m%d", i % 5);
        assert_int_equal(reply.status, CONFIRM_YES);
        assert_int_equal(reply.generation, generation + 1);
        assert_false(is_active(id));
        assert_int_equal(end_keeper(), FETCHER_GONE);
    }
}

/* So many that a child makes the snapshots. */
#define FLOOD 30000

/* The keeper's child that makes a snapshot, once there is one. */
static pid_t publisher(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)keeper, (int)keeper);
    for (int i = 0; i < 10000; i++, usleep(100)) {
        FILE *f = fopen(path, "re");
        int pid = 0;
        int found = f ? fscanf(f, "%d", &pid) : 0;
        if (f)
            fclose(f);
        if (found == 1)
            return pid;
    }
    return -1;
}

/* How many of the invited i0 to before END have a name. */
static int count_invited(int end)
{
    struct snapshot_user user;
    int count = 0;
    for (int i = 0; i < end; i++) {
        char id[16];
        snprintf(id, sizeof id, "i%d", i);
        count += find(id, &user) == SNAPSHOT_OK && user.state == MEMBER_PENDING;
    }
    return count;
}

/* Many who are only invited, whose names are lent: all have one, and then nothing more is to be
 * done. */
static void thousands_of_invited_members_all_get_names(void **state)
{
    (void)state;
    char message[PIPE_MAX], id[16];
    start_keeper();
    say_header(PIPE_RESET);
    for (int i = 0; i < FLOOD; i++) {
        snprintf(id, sizeof id, "%c%d", i < 6000 ? 'i' : 'm', i);
        say(message,
            make_member(message, i < 6000 ? MEMBER_PENDING : MEMBER_ACTIVE, id, id, "member"));
    }
    say_header(PIPE_COMMIT);
    for (int i = 0; i < 12000 && ask(CONFIRM_STATUS, 0).members != FLOOD - 6000; i++)
        usleep(10000);
    for (int i = 0; i < 1000 && count_invited(6000) != 6000; i++)
        usleep(10000);
    assert_int_equal(count_invited(6000), 6000);
    say_change(MEMBER_REMOVED, 6001, "member");
    assert_int_equal(ask(CONFIRM_FRESH, 10000).status, CONFIRM_YES);
    usleep(1000000);
    uint64_t generation = ask(CONFIRM_STATUS, 0).generation;
    usleep(1000000);
    assert_int_equal(ask(CONFIRM_STATUS, 0).generation, generation);
    assert_int_equal(count_invited(6000), 6000);
    assert_int_equal(end_keeper(), FETCHER_GONE);
}

/* A login is told at once which snapshot will have what is known, whatever a child publishes
 * before. */
static void login_is_told_the_generation_that_will_have_a_change(void **state)
{
    (void)state;
    start_keeper();
    say_crowd(FLOOD);
    for (int i = 0; i < 12000 && ask(CONFIRM_STATUS, 0).members != FLOOD; i++)
        usleep(10000);
    uint64_t generation = ask(CONFIRM_STATUS, 0).generation;
    say_change(MEMBER_REMOVED, 1, "admin");
    pid_t child = publisher();
    assert_true(child > 0 && kill(child, SIGSTOP) == 0);
    const struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH, .max_age_ms = 60000, .wait_ms = 5000};
    struct confirm_reply reply;
    assert_int_equal(confirm_ask(PATH_CONFIRM, &request, 20000, &reply), 0);
    assert_int_equal(reply.status, CONFIRM_YES);
    assert_int_equal(reply.generation, generation + 1);
    say_change(MEMBER_REMOVED, 2, "admin");
    assert_int_equal(confirm_ask(PATH_CONFIRM, &request, 20000, &reply), 0);
    assert_int_equal(reply.status, CONFIRM_YES);
    assert_int_equal(reply.generation, generation + 2);
    assert_int_equal(ask(CONFIRM_STATUS, 0).generation, generation);
    kill(child, SIGCONT);
    await_generation(generation + 2);
    assert_false(is_active("m1"));
    assert_false(is_active("m2"));
    assert_int_equal(end_keeper(), FETCHER_GONE);
}

/* All members of acme with another role in each listing, until it is killed. */
static pid_t start_flood(void)
{
    pid_t pid = fork();
    for (int round = 0; pid == 0; round++) {
        char message[PIPE_MAX], id[16];
        say_header(PIPE_RESET);
        for (int i = 0; i < FLOOD; i++) {
            snprintf(id, sizeof id, "m%d", i);
            say(message,
                make_member(message, MEMBER_ACTIVE, id, id, round % 2 ? "admin" : "visitor"));
        }
        say_header(PIPE_COMMIT);
    }
    return pid;
}

/* While all of an organization's many members change without end, the other's logins are answered
 * in less time than one such listing takes, and its removals arrive. */
static void flood_of_one_organization_does_not_delay_another(void **state)
{
    (void)state;
    char id[16];
    int64_t begun, listing, longest = 0;
    config.org_count = 2;
    start_keeper();
    swap_fetchers();
    say_header(PIPE_RESET);
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "b%d", i);
        say_member(id, id);
    }
    say_header(PIPE_COMMIT);
    swap_fetchers();
    say_crowd(FLOOD);
    for (int i = 0; i < 12000 && ask(CONFIRM_STATUS, 0).members != FLOOD + 60; i++)
        usleep(10000);
    begun = clock_mono_ms();
    say_header(PIPE_RESET);
    for (int i = 0; i < FLOOD; i++) {
        char message[PIPE_MAX];
        snprintf(id, sizeof id, "m%d", i);
        say(message, make_member(message, MEMBER_ACTIVE, id, id, "other"));
    }
    say_header(PIPE_COMMIT);
    for (int i = 0; i < 16 && ask(CONFIRM_FRESH, 10000).status != CONFIRM_YES; i++)
        ;
    listing = clock_mono_ms() - begun;
    pid_t pid = start_flood();
    swap_fetchers();
    for (int i = 0; i < 6; i++) {
        for (int n = 0; n < 10; n++, usleep(20000)) {
            int64_t ms = login_ms();
            longest = ms > longest ? ms : longest;
        }
        char message[PIPE_MAX];
        snprintf(id, sizeof id, "b%d", i);
        say_begin();
        say(message, make_member(message, MEMBER_REMOVED, id, id, "admin"));
        say_header(PIPE_COMMIT);
        usleep(5000);
        int64_t ms = login_ms();
        print_message("a removal: %d ms\n", (int)ms);
        assert_false(is_active(id));
    }
    print_message("a listing: %d ms, the longest login: %d ms\n", (int)listing, (int)longest);
    assert_true(longest < listing);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    swap_fetchers();
    assert_int_equal(end_keeper(), FETCHER_GONE);
    close(beta);
    config.org_count = 1;
}

/* A listing that never ends has an end in the keeper, which takes the next one. */
static void endless_listing_is_refused_in_bounded_memory(void **state)
{
    (void)state;
    static char message[PIPE_MAX], username[TEXT_MAX_LEN + 1];
    memset(username, 'a', TEXT_MAX_LEN);
    start_keeper();
    say_header(PIPE_RESET);
    for (int i = 0; i < 80000; i++) {
        char id[16];
        snprintf(id, sizeof id, "m%d", i);
        size_t size = make_member(message, MEMBER_ACTIVE, id, username, "admin");
        uint16_t roles = 28;
        memcpy(message + sizeof(struct pipe_header) + 4, &roles, sizeof roles);
        for (int r = 1; r < roles; r++, size += TEXT_MAX_LEN + 1)
            memcpy(message + size, username, TEXT_MAX_LEN + 1);
        say(message, size);
    }
    assert_in_range(keeper_kb("VmHWM"), 1, 900000 * SHADOW);
    say_header(PIPE_COMMIT); /* not taken */
    say_listing(good);
    check_after(3);
}

/* One that does not listen must not make the keeper wait for it. */
static void fetcher_that_does_not_read_does_not_delay_requests(void **state)
{
    (void)state;
    struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_SYNC, .wait_ms = 0};
    struct confirm_reply reply;
    start_keeper();
    for (int i = 0; i < 3000; i++) {
        if (confirm_ask(PATH_CONFIRM, &request, 20000, &reply) < 0)
            fail_msg("question %d: %s", i, strerror(errno));
        assert_int_equal(reply.status, CONFIRM_NO);
    }
    say_listing(good);
    check_after(3);
}

static int clean_up(void **state)
{
    if (keeper > 0) {
        kill(keeper, SIGKILL);
        waitpid(keeper, NULL, 0);
        keeper = 0;
    }
    config.org_count = 1;
    unlink(PATH_CONFIRM);
    return fresh(state);
}

static int setup(void **state)
{
    (void)state;
    signal(SIGUSR1, SIG_IGN); /* KEEPER_ALIVE, which its parent gets */
    mkdir(ORG_STATEDIR, 0755);
    mkdir(ORG_RUNDIR, 0755);
    for (uint32_t i = 0; i < config.group_count; i++)
        config.group[i].org = config.org[0].name;
    local = local_ids_read();
    return local ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    local_ids_free(local);
    return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(members_with_local_names_are_not_served, fresh, clean_up),
    cmocka_unit_test_setup_teardown(malformed_member_records_are_not_served, fresh, clean_up),
    cmocka_unit_test_setup_teardown(members_with_malformed_keys_are_not_served, fresh, clean_up),
    cmocka_unit_test_setup_teardown(keys_are_published_as_they_were_said_last, fresh, clean_up),
    cmocka_unit_test_setup_teardown(brake_holds_no_keys, fresh, clean_up),
    cmocka_unit_test_setup_teardown(rules_stay_until_others_are_committed, fresh, clean_up),
    cmocka_unit_test_setup_teardown(malformed_teams_are_left_out, fresh, clean_up),
    cmocka_unit_test_setup_teardown(malformed_rules_are_not_taken, fresh, clean_up),
    cmocka_unit_test_setup_teardown(members_of_uncommitted_listings_are_not_served, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(answer_to_an_older_request_is_void, fresh, clean_up),
    cmocka_unit_test_setup_teardown(records_of_another_request_are_not_committed, fresh, clean_up),
    cmocka_unit_test_setup_teardown(answer_that_comes_before_that_to_a_newer_request_counts, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(answers_to_requests_never_begun_are_ignored, fresh, clean_up),
    cmocka_unit_test_setup_teardown(impossible_times_do_not_confirm_a_snapshot, fresh, clean_up),
    cmocka_unit_test_setup_teardown(brake_holds_half_of_the_members_missing_from_a_listing, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(brake_counts_losses_that_come_one_by_one, fresh, clean_up),
    cmocka_unit_test_setup_teardown(roles_of_many_end_together, fresh, clean_up),
    cmocka_unit_test_setup_teardown(brake_counts_no_role_that_nothing_depends_on, fresh, clean_up),
    cmocka_unit_test_setup_teardown(made_up_members_do_not_widen_the_brake, fresh, clean_up),
    cmocka_unit_test_setup_teardown(brake_does_not_hold_losses_in_an_organization_of_ten, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(brake_lets_named_losses_go_before_missing_members, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(brake_holds_across_a_restart, fresh, clean_up),
    cmocka_unit_test_setup_teardown(answer_from_the_future_does_not_stay_fresh, fresh, clean_up),
    cmocka_unit_test_setup_teardown(unchanged_listing_makes_no_new_snapshot, fresh, clean_up),
    cmocka_unit_test_setup_teardown(returning_members_do_not_make_up_for_missing_ones, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(heartbeat_ends_the_trouble_of_a_failure, fresh, clean_up),
    cmocka_unit_test_setup_teardown(login_is_confirmed_while_the_brake_holds, fresh, clean_up),
    cmocka_unit_test_setup_teardown(login_is_not_confirmed_after_a_refused_listing, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(acceptance_covers_only_the_listing_asked_for, fresh, clean_up),
    cmocka_unit_test_setup_teardown(snapshot_put_back_from_a_backup_is_replaced, fresh, clean_up),
    cmocka_unit_test_setup_teardown(random_messages_do_not_change_the_snapshot, fresh, clean_up),
    cmocka_unit_test_setup_teardown(empty_message_does_not_change_the_snapshot, fresh, clean_up),
    cmocka_unit_test_setup_teardown(descriptors_sent_by_a_fetcher_are_not_kept, fresh, clean_up),
    cmocka_unit_test_setup_teardown(change_said_before_a_login_asks_is_in_its_snapshot, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(login_is_told_the_generation_that_will_have_a_change, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(thousands_of_invited_members_all_get_names, fresh, clean_up),
    cmocka_unit_test_setup_teardown(flood_of_one_organization_does_not_delay_another, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(keeper_serves_100000_members_in_bounded_memory, fresh,
                                    clean_up),
    cmocka_unit_test_setup_teardown(endless_listing_is_refused_in_bounded_memory, fresh, clean_up),
    cmocka_unit_test_setup_teardown(fetcher_that_does_not_read_does_not_delay_requests, fresh,
                                    clean_up),
};

int main(void)
{
    sigset_t told; /* as the supervisor has it: the keeper tells who is silent */
    need_root();
    sigemptyset(&told);
    sigaddset(&told, KEEPER_SILENT);
    sigprocmask(SIG_BLOCK, &told, NULL);
    return cmocka_run_group_tests_name("a hostile fetcher", tests, setup, teardown);
}

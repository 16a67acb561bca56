/*
 * Lookups through glibc: libnss_org beside a module with a constant answer and beside `files`, in
 * one process and in turns, for 100 to 1 000 000 members. "Warm" is what a host does: the same few
 * hundred names, drawn from all, again and again. "Any" is another name each time, drawn from all:
 * there the processor's caches decide. Prints medians and ratios. Also: what the snapshot costs to
 * make, and what one lookup costs a new process in memory of its own.
 */
#include <dlfcn.h>
#include <grp.h>
#include <nss.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/paths.h"
#include "common/snapshot_writer.h"

extern int __nss_configure_lookup(const char *database, const char *service);

#define KEYS   65536 /* lookups drawn in advance */
#define WARM   256   /* the first of them, which are the names in use */
#define ROUNDS 301
#define BATCH  1000 /* short, so that what else the machine does hits few of them */

enum operation { HIT_NAME, MISS_NAME, HIT_ID, MISS_ID, GROUPS, OPERATIONS };
static const char *const operation_name[] = {"by name", "by name, miss", "by id", "by id, miss",
                                             "groups of"};

static char key_name[KEYS][16], key_miss[KEYS][16];
static uid_t key_id[KEYS], key_miss_id[KEYS];

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

#define TEAMS_EACH 3

/* Fills GROUPS with those of member I, of whom nearly each has a combination of his own if there
 * are TEAMS: two groups of all, and TEAMS behind them. Returns how many. */
static uint32_t groups_of(uint32_t i, uint32_t teams, uint32_t groups[2 + TEAMS_EACH])
{
    uint32_t count = 0, seed = i;
    groups[count++] = 0;
    if (i % 10 == 0)
        groups[count++] = 1;
    for (uint32_t n = 0; n < TEAMS_EACH && teams > 0; n++, seed = seed / teams + i * 7)
        groups[count++] = 2 + (seed + n * (teams / TEAMS_EACH)) % teams;
    return count;
}

static double build(uint32_t members, uint32_t teams)
{
    double begun = now();
    struct snapshot_settings settings = {.generation = members,
                                         .grace_s = 3600,
                                         .enumerate = true,
                                         .group_members = GROUP_MEMBERS_ALWAYS};
    struct snapshot_writer *w = snapshot_writer_new(&settings);
    uint32_t org = snapshot_writer_org(w, "acme", 1, 0, 0);
    snapshot_writer_group(w, "acme", 150000, 0);
    snapshot_writer_group(w, "acme-admins", 150001, 0);
    for (uint32_t i = 0; i < teams; i++) {
        char name[16];
        snprintf(name, sizeof name, "team%u", i);
        snapshot_writer_group(w, name, 150002 + i, 0);
    }
    for (uint32_t i = 0; i < members; i++) {
        char name[16], gecos[32], home[32];
        uint32_t groups[2 + TEAMS_EACH], group_count = groups_of(i, teams, groups);
        snprintf(name, sizeof name, "user%07u", i);
        snprintf(gecos, sizeof gecos, "User Number %u", i);
        snprintf(home, sizeof home, "/home/%s", name);
        struct snapshot_grants_spec grants = {.org = org,
                                              .roles = {i % 10 ? "member" : "admin", 1},
                                              .groups = groups,
                                              .group_count = group_count};
        struct snapshot_user_spec user = {
            200000 + i,    200000 + i,  snapshot_writer_grants(w, &grants),
            MEMBER_ACTIVE, name,        gecos,
            home,          "/bin/bash", 0,
            true};
        snapshot_writer_user(w, &user);
    }
    if (snapshot_writer_publish(w, PATH_SNAPSHOT) < 0) {
        perror(PATH_SNAPSHOT);
        exit(1);
    }
    snapshot_writer_free(w);
    return now() - begun;
}

static void draw_keys(uint32_t members)
{
    unsigned seed = 1;
    for (int i = 0; i < KEYS; i++) {
        uint32_t n = ((uint32_t)rand_r(&seed) * 32768U + (uint32_t)rand_r(&seed)) % members;
        snprintf(key_name[i], sizeof key_name[i], "user%07u", n);
        snprintf(key_miss[i], sizeof key_miss[i], "none%07u", n);
        key_id[i] = 200000 + n;
        key_miss_id[i] = 1500000000 + n;
    }
}

static long wrong; /* answers that were not what they must be */

/* Nanoseconds a lookup over COUNT of them; an answer that is not FOUND counts as wrong. */
static double measure(enum operation op, int keys, int count, int found)
{
    static int at;
    at %= keys;
    char buffer[1024];
    struct passwd pw, *p;
    gid_t gids[16];
    int good = 0;
    double begun = now();
    for (int i = 0; i < count; i++, at = at + 1 < keys ? at + 1 : 0) {
        int n = 16;
        p = NULL;
        if (op == HIT_NAME || op == MISS_NAME)
            getpwnam_r(op == HIT_NAME ? key_name[at] : key_miss[at], &pw, buffer, sizeof buffer,
                       &p);
        else if (op == HIT_ID || op == MISS_ID)
            getpwuid_r(op == HIT_ID ? key_id[at] : key_miss_id[at], &pw, buffer, sizeof buffer, &p);
        else
            p = getgrouplist(key_name[at], key_id[at], gids, &n) > 1 ? &pw : NULL;
        good += (p != NULL) == found;
    }
    double took = now() - begun;
    wrong += count - good;
    return took * 1e9 / count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, compare);
    return v[n / 2];
}

static void use(const char *service)
{
    __nss_configure_lookup("passwd", service);
    __nss_configure_lookup("group", service);
    __nss_configure_lookup("initgroups", service);
}

/* `files` with as many users: /etc/passwd and /etc/group of this process's own. */
static int make_files(uint32_t members)
{
    FILE *passwd = fopen(ORG_STATEDIR "/passwd", "w"), *group = fopen(ORG_STATEDIR "/group", "w");
    for (uint32_t i = 0; i < members; i++)
        fprintf(passwd, "user%07u:*:%u:%u:User Number %u:/home/user%07u:/bin/bash\n", i, 200000 + i,
                200000 + i, i, i);
    fprintf(group, "acme:*:150000:");
    for (uint32_t i = 0; i < members; i++)
        fprintf(group, "%suser%07u", i ? "," : "", i);
    fprintf(group, "\n");
    fclose(passwd);
    fclose(group);
    return mount(ORG_STATEDIR "/passwd", "/etc/passwd", NULL, MS_BIND, NULL) < 0 ||
           mount(ORG_STATEDIR "/group", "/etc/group", NULL, MS_BIND, NULL) < 0;
}

static void drop_files(void)
{
    umount("/etc/passwd");
    umount("/etc/group");
}

static double worst_ratio, worst_growth;

struct figures {
    double org, con, ratio;
};

/* ORG and const in turns, so that a slow moment of the machine hits both. */
static struct figures compare_modules(enum operation op, int keys)
{
    int found = op != MISS_NAME && op != MISS_ID;
    double org[ROUNDS], con[ROUNDS], ratio[ROUNDS];
    use("org");
    measure(op, keys, keys, found);
    for (int i = 0; i < ROUNDS; i++) {
        use("org");
        org[i] = measure(op, keys, BATCH, found);
        use("const");
        con[i] = measure(op, keys, BATCH, 1);
        ratio[i] = org[i] / con[i];
    }
    return (struct figures){median(org, ROUNDS), median(con, ROUNDS), median(ratio, ROUNDS)};
}

static void bench_operation(enum operation op, int files, double *at_100)
{
    struct figures warm = compare_modules(op, WARM), any = compare_modules(op, KEYS);
    if (at_100[op] == 0)
        at_100[op] = warm.org;
    double growth = warm.org / at_100[op];
    printf("  %-14s %8.0f %8.0f %6.2f %8.2f | %8.0f %6.2f", operation_name[op], warm.org, warm.con,
           warm.ratio, growth, any.org, any.ratio);
    if (files) {
        use("files");
        double f = measure(op, WARM, files, op != MISS_NAME && op != MISS_ID);
        printf(" | %10.0f %8.0f", f, f / warm.org);
    }
    printf("\n");
    worst_ratio = warm.ratio > worst_ratio ? warm.ratio : worst_ratio;
    worst_growth = growth > worst_growth ? growth : worst_growth;
}

static void bench_size(uint32_t members, uint32_t teams, double *at_100)
{
    double seconds = build(members, teams);
    struct stat st;
    stat(PATH_SNAPSHOT, &st);
    printf("\n%u members, %u groups: snapshot %.1f MB (%.0f bytes a member), built and written in "
           "%.3f s\n",
           members, teams + 2, (double)st.st_size / 1e6, (double)st.st_size / members, seconds);
    printf("  %-14s %8s %8s %6s %8s | %8s %6s | %10s %8s\n", "", "warm ns", "const ns", "ratio",
           "to 100's", "any ns", "ratio", "files ns", "to warm");
    draw_keys(members);
    int files = members <= 100000 && make_files(members) == 0 ? (members > 1000 ? 20 : 2000) : 0;
    for (enum operation op = 0; op < OPERATIONS; op++)
        bench_operation(op, files, at_100);
    if (files)
        drop_files();
}

/* Kilobytes of this process's own memory. */
static long own_memory(void)
{
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    char line[256];
    long sum = 0, kb;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Private_Clean: %ld", &kb) == 1 ||
            sscanf(line, "Private_Dirty: %ld", &kb) == 1)
            sum += kb;
    if (f)
        fclose(f);
    return sum;
}

/* What one lookup adds to a new process. */
static long memory_of_a_lookup(const char *service)
{
    int answer[2];
    long kb = 0;
    if (pipe(answer) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        char buffer[1024];
        struct passwd pw, *p;
        long before = own_memory();
        use(service);
        getpwnam_r("user0000042", &pw, buffer, sizeof buffer, &p);
        kb = own_memory() - before;
        _exit(write(answer[1], &kb, sizeof kb) != sizeof kb);
    }
    waitpid(child, NULL, 0);
    if (read(answer[0], &kb, sizeof kb) != sizeof kb)
        kb = -1;
    close(answer[0]);
    close(answer[1]);
    return kb;
}

/* --- two at a time --- */

#define PAIR_ROUNDS 41

typedef enum nss_status lookup_function(const char *name, struct passwd *pw, char *buffer,
                                        size_t size, int *error);

static enum nss_status through_glibc(const char *name, struct passwd *pw, char *buffer, size_t size,
                                     int *error)
{
    struct passwd *p;
    *error = getpwnam_r(name, pw, buffer, size, &p);
    return p ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;
}

/* Two workers are threads, or processes, which share nothing that is written: what those gain is
 * what the machine's two processors are worth at the moment. */
struct worker {
    _Alignas(64) double done;
    lookup_function *lookup;
};

static void *hammer(void *arg)
{
    struct passwd pw;
    char buffer[1024];
    int error;
    struct worker *w = arg;
    w->done = 0;
    for (double end = now() + 0.02; now() < end; w->done += 100)
        for (int i = 0; i < 100; i++)
            if (w->lookup(key_name[i], &pw, buffer, sizeof buffer, &error) != NSS_STATUS_SUCCESS)
                return NULL;
    return NULL;
}

static double done_by_threads(int count, struct worker *w)
{
    pthread_t t[2];
    for (int i = 0; i < count; i++)
        pthread_create(&t[i], NULL, hammer, &w[i]);
    for (int i = 0; i < count; i++)
        pthread_join(t[i], NULL);
    return count == 2 ? w[0].done + w[1].done : w[0].done;
}

static double done_by_processes(int count, struct worker *w)
{
    for (int i = 0; i < count; i++)
        if (fork() == 0) {
            hammer(&w[i]);
            _exit(0);
        }
    for (int i = 0; i < count; i++)
        wait(NULL);
    return count == 2 ? w[0].done + w[1].done : w[0].done;
}

static void bench_pair(const char *what, lookup_function *lookup)
{
    double threads[PAIR_ROUNDS], processes[PAIR_ROUNDS];
    struct worker *w =
        mmap(NULL, 2 * sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    w[0].lookup = w[1].lookup = lookup;
    hammer(&w[0]);
    for (int i = 0; i < PAIR_ROUNDS; i++) {
        double two = done_by_threads(2, w), apart = done_by_processes(2, w);
        threads[i] = two / done_by_threads(1, w);
        processes[i] = apart / done_by_processes(1, w);
    }
    printf("%s: two threads do %.2f times the lookups of one, two processes %.2f times\n", what,
           median(threads, PAIR_ROUNDS), median(processes, PAIR_ROUNDS));
    munmap(w, 2 * sizeof *w);
}

/* glibc writes a variable that all threads share in every lookup, whatever the module does: the
 * module is looked at without it too. */
static void bench_pairs(void)
{
    void *module = dlopen(MODULE_DIR "/libnss_org.so.2", RTLD_NOW);
    lookup_function *alone = NULL;
    if (module)
        *(void **)&alone = dlsym(module, "_nss_org_getpwnam_r");
    if (alone)
        bench_pair("the module alone", alone);
    use("org");
    bench_pair("the module through glibc", through_glibc);
    use("const");
    bench_pair("a constant answer through glibc", through_glibc);
}

/* --- a large group --- */

#define GROUP_ROUNDS 301

struct members {
    uint32_t count;
    uint8_t *sizes; /* of the names, each with its NUL */
    char *names;
    size_t size;
};

static struct members members_of(const struct group *g)
{
    struct members m = {0};
    while (g->gr_mem[m.count])
        m.count++;
    m.sizes = malloc(m.count);
    for (uint32_t i = 0; i < m.count; i++)
        m.size += m.sizes[i] = (uint8_t)(strlen(g->gr_mem[i]) + 1);
    m.names = malloc(m.size);
    memcpy(m.names, g->gr_mem[0], m.size);
    return m;
}

/* What every module must do at least: copy the names to the caller's buffer and point to them. */
static void copy_members(const struct members *m, char *buffer)
{
    char **member = (char **)(void *)buffer;
    char *name = buffer + ((size_t)m->count + 1) * sizeof *member;
    memcpy(name, m->names, m->size);
    for (uint32_t i = 0; i < m->count; name += m->sizes[i++])
        *member++ = name;
    *member = NULL;
}

static void bench_group(uint32_t members)
{
    size_t size = 64 << 20;
    char *buffer = calloc(1, size);
    struct group gr, *g = NULL;
    double org[GROUP_ROUNDS], bare[GROUP_ROUNDS], ratio[GROUP_ROUNDS];
    use("org");
    if (getgrnam_r("acme", &gr, buffer, size, &g) != 0 || !g)
        exit(1);
    struct members m = members_of(g);
    for (int i = 0; i < GROUP_ROUNDS; i++) {
        double begun = now();
        copy_members(&m, buffer);
        bare[i] = (now() - begun) * 1e6;
        begun = now();
        getgrnam_r("acme", &gr, buffer, size, &g);
        org[i] = (now() - begun) * 1e6;
        ratio[i] = org[i] / bare[i];
    }
    printf("a group of %u members: %.0f us; copying the names and pointing to them alone: %.0f us, "
           "ratio %.2f%s\n",
           members, median(org, GROUP_ROUNDS), median(bare, GROUP_ROUNDS),
           median(ratio, GROUP_ROUNDS), m.count == members ? "" : " (WRONG)");
    free(m.sizes);
    free(m.names);
    free(buffer);
}

/* --- a new process --- */

/* What `lookup first SERVICE` does: the first lookup of this process, in nanoseconds. */
static int first_lookup(const char *service)
{
    char buffer[1024];
    struct passwd pw, *p = NULL;
    use(service);
    double begun = now();
    getpwnam_r("user0000042", &pw, buffer, sizeof buffer, &p);
    printf("%.0f\n", (now() - begun) * 1e9);
    return p == NULL;
}

static double first_of(const char *service)
{
    int out[2];
    char text[32] = "";
    char *argv[] = {(char *)"lookup", (char *)"first", (char *)(uintptr_t)service, NULL};
    if (pipe(out) < 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        execv("/proc/self/exe", argv);
        _exit(1);
    }
    close(out[1]);
    waitpid(child, NULL, 0);
    if (read(out[0], text, sizeof text - 1) <= 0)
        exit(1);
    close(out[0]);
    return strtod(text, NULL);
}

static void bench_first(uint32_t members)
{
    double org[101], con[101], ratio[101];
    for (int i = 0; i < 101; i++) {
        org[i] = first_of("org");
        con[i] = first_of("const");
        ratio[i] = org[i] / con[i];
    }
    printf("the first lookup of a process at %u members: %.0f us, constant answer %.0f us, ratio "
           "%.2f\n",
           members, median(org, 101) / 1000, median(con, 101) / 1000, median(ratio, 101));
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return first_lookup(argv[2]);
    if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        puts("bench: needs root");
        return 0;
    }
    if (!getenv("LD_LIBRARY_PATH")) {
        setenv("LD_LIBRARY_PATH", MODULE_DIR, 1);
        execv("/proc/self/exe", argv);
        return 1;
    }
    mkdir(ORG_STATEDIR, 0755);
    double at_100[OPERATIONS] = {0};
    const uint32_t sizes[] = {10000, 100000, 1000000};
    bench_size(100, 0, at_100); /* what all are compared with */
    bench_size(100000, 5000, at_100);
    for (int i = 0; i < 3; i++) {
        bench_size(sizes[i], 0, at_100);
        if (sizes[i] >= 100000)
            bench_group(sizes[i]);
    }
    long org = memory_of_a_lookup("org"), con = memory_of_a_lookup("const");
    printf("\nwarm: worst ratio to the constant answer %.2f, worst growth from 100 members %.2f\n",
           worst_ratio, worst_growth);
    printf("one lookup at 1 000 000 members: %ld kB of own memory, constant answer %ld kB, "
           "difference %ld kB\n",
           org, con, org - con);
    bench_first(1000000);
    bench_pairs();
    unlink(PATH_SNAPSHOT);
    if (wrong > 0)
        printf("%ld answers were wrong: these figures are of no use\n", wrong);
    return wrong > 0;
}

/*
 * pam_start to pam_end with pam_org and a live confirmation, beside pam_permit, in turns. pam.sh
 * has an orgd and an orgsyncd running, whose member argv[1] is. Prints medians and their ratio.
 */
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern int __nss_configure_lookup(const char *database, const char *service);

#define ROUNDS 101
#define BATCH  200

static int converse(int n, const struct pam_message **msg, struct pam_response **reply, void *arg)
{
    (void)arg;
    *reply = calloc((size_t)n, sizeof **reply);
    for (int i = 0; i < n; i++)
        printf("  said: %s\n", msg[i]->msg);
    return PAM_SUCCESS;
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec * 1e-3;
}

static void service(const char *dir, const char *name, const char *module)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f)
        exit(1);
    fprintf(f, "account required %s\n", module);
    fclose(f);
}

/* One transaction, in microseconds. */
static double transaction(const char *dir, const char *name, const char *user)
{
    struct pam_conv conv = {converse, NULL};
    pam_handle_t *h = NULL;
    double begun = now();
    int rc = pam_start_confdir(name, user, &conv, dir, &h);
    if (rc == PAM_SUCCESS)
        rc = pam_acct_mgmt(h, 0);
    if (rc != PAM_SUCCESS) {
        printf("  %s refused %s: %s\n", name, user, pam_strerror(h, rc));
        exit(1);
    }
    pam_end(h, rc);
    return now() - begun;
}

/* The mean of a batch in this process: pam_org stays loaded, pam_permit comes and goes. */
static double again(const char *dir, const char *name, const char *user)
{
    double sum = 0;
    for (int i = 0; i < BATCH; i++)
        sum += transaction(dir, name, user);
    return sum / BATCH;
}

/* The first one of a new process, as most logins are. */
static double first(const char *dir, const char *name, const char *user)
{
    int result[2];
    double took = 0;
    if (pipe(result) < 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        took = transaction(dir, name, user);
        _exit(write(result[1], &took, sizeof took) != sizeof took);
    }
    close(result[1]); /* else nobody's end of it ends what we read */
    waitpid(child, NULL, 0);
    if (read(result[0], &took, sizeof took) != sizeof took)
        exit(1);
    close(result[0]);
    return took;
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

typedef double measure(const char *dir, const char *name, const char *user);

/* Both in turns, so that a slow moment of the machine hits both. */
static void report(const char *what, measure *m, int rounds, const char *dir, const char *user)
{
    double org[ROUNDS], permit[ROUNDS], ratio[ROUNDS];
    for (int i = 0; i < rounds; i++) {
        permit[i] = m(dir, "permit", user);
        org[i] = m(dir, "org", user);
        ratio[i] = org[i] / permit[i];
    }
    printf("  %-22s pam_org %6.1f us, pam_permit %6.1f us, ratio %.2f\n", what, median(org, rounds),
           median(permit, rounds), median(ratio, rounds));
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/orglogin-bench.XXXXXX", path[256];
    /* Whatever lets people in has asked the name services for the account before it asks PAM. */
    if (argc != 2 || __nss_configure_lookup("passwd", "files org") < 0 || !getpwnam(argv[1]) ||
        !mkdtemp(dir))
        return 1;
    service(dir, "org", MODULE_PATH);
    service(dir, "permit", "pam_permit.so");
    /* First ones first: a child of a process that has pam_org loaded would find it there. */
    report("first of a process:", first, ROUNDS, dir, argv[1]);
    report("again in a process:", again, ROUNDS / 5, dir, argv[1]);
    const char *names[] = {"org", "permit"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    return rmdir(dir);
}

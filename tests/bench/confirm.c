/* Confirmations through orgsyncd's socket: eight clients at once, each asking again as soon as it
 * has its answer. host.sh runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/confirm.h"
#include "common/paths.h"

#define CLIENTS 8
#define EACH    4000

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Writes how long each confirmation took to OUT. */
static int client(int out)
{
    static double took[EACH];
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH, .max_age_ms = 10000, .wait_ms = 2000};
    struct confirm_reply reply;
    for (int i = 0; i < EACH; i++) {
        double begun = now();
        if (confirm_ask(confirm_path(), &request, 2000, &reply) < 0 || reply.status != CONFIRM_YES)
            return 1;
        took[i] = now() - begun;
    }
    for (size_t sent = 0; sent < sizeof took;) {
        ssize_t n = write(out, (char *)took + sent, sizeof took - sent);
        if (n <= 0)
            return 1;
        sent += (size_t)n;
    }
    return 0;
}

int main(void)
{
    static double took[CLIENTS * EACH];
    int out[CLIENTS][2], failed = 0, status;
    double begun = now();
    for (int i = 0; i < CLIENTS; i++) {
        if (pipe(out[i]) < 0)
            return 1;
        if (fork() == 0)
            _exit(client(out[i][1]));
        close(out[i][1]);
    }
    for (int i = 0; i < CLIENTS; i++)
        for (size_t got = 0; got < EACH * sizeof *took;) {
            ssize_t n = read(out[i][0], (char *)(took + i * EACH) + got, EACH * sizeof *took - got);
            if (n <= 0)
                return 1;
            got += (size_t)n;
        }
    double seconds = now() - begun;
    while (wait(&status) > 0)
        failed += status != 0;
    qsort(took, CLIENTS * EACH, sizeof *took, compare);
    printf("  confirmations, 8 clients: %.0f a second, median %.0f us, p99 %.2f ms%s\n",
           CLIENTS * EACH / seconds, took[CLIENTS * EACH / 2] * 1e6,
           took[CLIENTS * EACH * 99 / 100] * 1e3, failed ? " (SOME FAILED)" : "");
    return failed;
}

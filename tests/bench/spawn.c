/* spawn ROUNDS COMMAND... [-- COMMAND...]...: starts the commands in turns, and prints of each the
 * median of the milliseconds from its start to its end. Their output goes to /dev/null. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS_MAX 8

extern char **environ;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* How long COMMAND takes; ends the program when it fails. */
static double run(char *command[], const posix_spawn_file_actions_t *quiet)
{
    pid_t child;
    int status = 0;
    double begun = now_ms();
    if (posix_spawnp(&child, command[0], quiet, NULL, command, environ) != 0 ||
        waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "%s fails\n", command[0]);
        exit(1);
    }
    return now_ms() - begun;
}

/* Cuts ARGV into commands. */
static int cut(int argc, char *argv[], char **command[COMMANDS_MAX])
{
    int count = 0;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            argv[i] = NULL;
        if (argv[i] && (i == 2 || !argv[i - 1]) && count < COMMANDS_MAX)
            command[count++] = argv + i;
    }
    return count;
}

int main(int argc, char *argv[])
{
    char **command[COMMANDS_MAX];
    posix_spawn_file_actions_t quiet;
    size_t rounds = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    int count = cut(argc, argv, command);
    double *taken = calloc(rounds * (size_t)count + 1, sizeof *taken);
    if (rounds == 0 || !taken || posix_spawn_file_actions_init(&quiet) != 0 ||
        posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0) != 0)
        return 2;
    for (size_t r = 0; r < rounds; r++)
        for (int i = 0; i < count; i++)
            taken[(size_t)i * rounds + r] = run(command[i], &quiet);
    for (int i = 0; i < count; i++) {
        qsort(taken + (size_t)i * rounds, rounds, sizeof *taken, compare);
        printf("%.2f\n", taken[(size_t)i * rounds + rounds / 2]);
    }
    free(taken);
    return 0;
}

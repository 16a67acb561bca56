/*
 * Runs the provider contract from the command line, for the tests:
 *   apiprobe [SETTING=VALUE]... OPERATION [ARGUMENT=VALUE]...   prints each record as a line of
 * JSON apiprobe [SETTING=VALUE]... watch SINCE WAIT_MS [ROUNDS [CURSOR]] prints reset, heard,
 * member, done Settings: provider url token org ca proxy timeout, teams=1, buffered=1 (prints in
 * blocks), and option.NAME=VALUE; progress=N prints what the provider tells of a long wait and
 * stops it at the Nth time. While it waits, a line on standard input that says "ask" runs whoami
 * over a second provider, "stop" stops. The exit status is the enum api_status.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/provider.h"

#define ARGS_MAX    16
#define OPTIONS_MAX 8

static struct provider_arg options[OPTIONS_MAX + 1];
static struct provider_settings settings = {.provider = "native", .options = options};

static long progress_left;

static int print_progress(void *arg, const char *what, int64_t done, int64_t total)
{
    (void)arg;
    printf("progress %lld/%lld %s\n", (long long)done, (long long)total, what);
    return --progress_left == 0;
}

static int print_record(void *arg, const cJSON *record)
{
    char *text = cJSON_PrintUnformatted(record);
    printf("%s%s\n", (const char *)arg, text);
    cJSON_free(text);
    return 0;
}

static int report(const struct api_error *err)
{
    printf("error status=%d http=%d retry=%d code=%s %s\n", (int)err->status, err->http,
           err->retry_after_s, err->code, err->message);
    return (int)err->status;
}

static void say_reset(void *arg)
{
    (void)arg;
    puts("reset");
}

static int say_heard(void *arg)
{
    (void)arg;
    puts("heard");
    return 0;
}

static int on_idle(void *arg)
{
    char line[64] = "";
    struct api_error err;
    (void)arg;
    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);
    if (n <= 0 || strncmp(line, "stop", 4) == 0)
        return 1;
    struct provider *other = provider_open(&settings, &err);
    if (!other || provider_run(other, OP_WHOAMI, NULL, print_record, "idle ", &err) != API_OK)
        report(&err);
    provider_close(other);
    return 0;
}

/* "rules admin sshd | team:t1 *" */
static int say_rules(void *arg, const struct org_rules *rules)
{
    (void)arg;
    printf("rules%s", rules->narrowed ? "" : " none");
    for (uint32_t i = 0; i < rules->size; i += (uint32_t)strlen(rules->text + i) + 1)
        printf(" %s", rules->text[i] ? rules->text + i : "|");
    printf("\n");
    return 0;
}

static int watch(struct provider *p, char **argv, int argc)
{
    struct provider_watcher watcher = {.arg = "member ",
                                       .reset = say_reset,
                                       .rules = say_rules,
                                       .member = print_record,
                                       .heard = say_heard,
                                       .idle = on_idle,
                                       .idle_fd = isatty(STDIN_FILENO) ? -1 : STDIN_FILENO};
    struct api_error err;
    struct watch_position at = {.revision = argc > 0 ? strtoll(argv[0], NULL, 10) : 0};
    int wait_ms = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    if (argc > 3)
        snprintf(at.cursor, sizeof at.cursor, "%s", argv[3]);
    for (; rounds > 0; rounds--) {
        if (provider_watch(p, &at, wait_ms, &watcher, &err) != API_OK)
            return report(&err);
        printf("done %lld%s%s\n", (long long)at.revision, *at.cursor ? " " : "", at.cursor);
    }
    return 0;
}

static int run(struct provider *p, const char *name, char **argv, int argc)
{
    struct provider_arg args[ARGS_MAX + 1] = {{0}};
    struct api_error err;
    for (int i = 0; i < argc && i < ARGS_MAX; i++) {
        char *value = strchr(argv[i], '=');
        if (!value)
            return 99;
        *value = '\0';
        args[i] = (struct provider_arg){argv[i], value + 1};
    }
    for (unsigned op = 0; op < OP_COUNT; op++)
        if (strcmp(provider_op_name((enum provider_op)op), name) == 0)
            return provider_run(p, (enum provider_op)op, args, print_record, "", &err) == API_OK
                       ? 0
                       : report(&err);
    return 99;
}

static int take_setting(const char *text)
{
    static const struct {
        const char *name;
        const char **value;
    } known[] = {{"provider=", &settings.provider}, {"url=", &settings.url},
                 {"token=", &settings.token},       {"org=", &settings.org},
                 {"ca=", &settings.ca_file},        {"proxy=", &settings.proxy}};
    if (strcmp(text, "teams=1") == 0)
        return settings.teams = true;
    if (strcmp(text, "buffered=1") == 0)
        return setvbuf(stdout, NULL, _IOFBF, BUFSIZ) == 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(text, known[i].name, strlen(known[i].name)) == 0) {
            *known[i].value = text + strlen(known[i].name);
            return 1;
        }
    if (strncmp(text, "option.", 7) == 0) {
        size_t n = 0;
        char *name = strdup(text + 7), *value = name ? strchr(name, '=') : NULL;
        while (n < OPTIONS_MAX && options[n].name)
            n++;
        if (!value || n == OPTIONS_MAX)
            return 0;
        *value = '\0';
        options[n] = (struct provider_arg){name, value + 1};
        return 1;
    }
    if (strncmp(text, "progress=", 9) == 0) {
        progress_left = strtol(text + 9, NULL, 10);
        settings.progress = print_progress;
        return 1;
    }
    if (strncmp(text, "timeout=", 8) != 0)
        return 0;
    settings.timeout_ms = (int)strtol(text + 8, NULL, 10);
    return 1;
}

int main(int argc, char *argv[])
{
    struct api_error err;
    int i = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (i < argc && take_setting(argv[i]))
        i++;
    if (i == argc)
        return 99;
    struct provider *p = provider_open(&settings, &err);
    if (!p)
        return report(&err);
    int status = strcmp(argv[i], "watch") == 0 ? watch(p, argv + i + 1, argc - i - 1)
                                               : run(p, argv[i], argv + i + 1, argc - i - 1);
    provider_close(p);
    return status;
}

#include "orgadmin/remote/name_call.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "orgadmin/remote/connection.h"

#define ANSWER_MAX (128U << 10)
#define WHOLE      "." /* the last line of a listing that is complete */

/* What is asked for. */
struct name_question {
    const struct invocation *inv;
    enum names kind;
    enum provider_op op;
    char profile[PROFILE_MAX];
    char org[CONTEXT_TEXT_MAX]; /* id or name, "" for none */
    bool stored;                /* the place is that of the login */
};

static int add(void *arg, const cJSON *record)
{
    names_add(arg, record);
    return 0;
}

/* In a process of its own: writes the names to OUT, a line each. */
static void call(const struct name_question *q, int out)
{
    struct connection c;
    struct api_error err;
    struct names_list names = {.kind = q->kind, .org_id = "", .org_name = ""};
    if (connection_open(q->inv, NULL, NEED_TOKEN, &c) != EXIT_DONE)
        return;
    enum exit_status status = q->kind == NAMES_ORG ? EXIT_DONE : connection_prefer_org(q->inv, &c);
    bool somewhere = q->kind != NAMES_MEMBER || *c.now.org_id;
    if (status == EXIT_DONE && somewhere && connection_takes(&c, q->op, NULL) &&
        connection_try(&c, q->op, NULL, add, &names, &err) == API_OK) {
        if (names.text && names.used > 0)
            file_write(out, names.text, names.used);
        file_write(out, WHOLE "\n", sizeof WHOLE);
    }
    names_free(&names);
    connection_close(&c);
}

/* Nothing is read from the terminal, and nothing is said to it. */
static void mute(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        _exit(1);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
}

/* Reads FD to its end, for NAME_CALL_MS at most. True when the listing in TEXT is complete. */
static bool read_names(int fd, char *text)
{
    int64_t end = clock_mono_ms() + NAME_CALL_MS;
    size_t used = 0;
    for (ssize_t n = 1; n > 0 && used < ANSWER_MAX - 1;) {
        int64_t left = end - clock_mono_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return false;
        n = read(fd, text + used, ANSWER_MAX - 1 - used);
        used += n > 0 ? (size_t)n : 0;
    }
    text[used] = '\0';
    size_t last = sizeof WHOLE; /* with the end of its line */
    bool whole = used >= last && strcmp(text + used - last, WHOLE "\n") == 0;
    if (whole)
        text[used - last] = '\0';
    return whole;
}

/* Fills TEXT (ANSWER_MAX) with what the API lists. False when it does not in time. */
static bool ask(const struct name_question *q, char *text)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        mute();
        call(q, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    bool whole = child > 0 && read_names(ends[0], text);
    close(ends[0]);
    if (child > 0 && !whole)
        kill(child, SIGKILL);
    if (child > 0)
        waitpid(child, NULL, 0);
    return whole;
}

static bool is_set(const char *name)
{
    const char *value = secure_getenv(name);
    return value && *value;
}

/* Where the names are to be from. False: nobody knows. */
static bool place(struct name_question *q)
{
    struct context now;
    const char *org = q->inv->option[OPTION_ORG];
    if (!org)
        org = secure_getenv("ORGADMIN_ORG");
    q->stored = !is_set("ORGADMIN_URL") && !is_set("ORGADMIN_PROVIDER") &&
                !is_set("ORGADMIN_TOKEN") && !is_set("ORGADMIN_TOKEN_FILE");
    bool known = context_load(q->inv->option[OPTION_PROFILE], &now) == EXIT_DONE;
    snprintf(q->profile, sizeof q->profile, "%s", now.profile);
    snprintf(q->org, sizeof q->org, "%s", q->kind == NAMES_ORG ? "" : org ? org : now.org_id);
    known = known && (!q->stored || *now.url);
    explicit_bzero(&now, sizeof now);
    return known;
}

static enum provider_op listing_of(enum names kind)
{
    return kind == NAMES_ORG ? OP_ORG_LIST : kind == NAMES_MEMBER ? OP_MEMBER_LIST : OP_ROLE_LIST;
}

void names_complete(const struct invocation *inv, enum names kind, names_visit *each, void *arg)
{
    struct name_question q = {.inv = inv, .kind = kind, .op = listing_of(kind)};
    char *text = malloc(ANSWER_MAX);
    bool known = text && place(&q);
    bool fresh = known && q.stored && names_fresh(q.profile, kind, q.org);
    if (known && !fresh && ask(&q, text)) {
        const struct names_list asked = {.kind = kind, .text = text, .used = strlen(text)};
        names_each(&asked, each, arg);
    } else if (known && q.stored) {
        if (!fresh)
            names_defer(q.profile, kind, q.org);
        names_each_kept(q.profile, kind, q.org, each, arg);
    }
    free(text);
}

#include "orgadmin/nouns/applied.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/duration.h"
#include "orgadmin/output/age.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/interrupt.h"

#define WAIT_MS       30000
#define WAIT_LEAST_MS 1000
#define WAIT_MOST_MS  3600000
#define PAUSE_MS      50 /* it doubles up to PAUSE_MOST_MS */
#define PAUSE_MOST_MS 1000
#define NAMED_MOST    5
#define REVISION_SIZE 24

struct applied {
    int64_t machines, applied, ended, ending;
    int64_t begun_ms, took_ms; /* clock_mono_ms, and since then */
    cJSON *missing;            /* records of some of those that have not */
};

/* The time of TEXT, the default for "", in *MS; false when it is none. */
static bool wait_of(const char *text, int64_t *ms)
{
    *ms = WAIT_MS;
    return !*text || duration_parse(text, WAIT_LEAST_MS, WAIT_MOST_MS, ms);
}

enum exit_status applied_check(const struct invocation *inv, const struct connection *c)
{
    const char *wait = inv->option[OPTION_WAIT];
    int64_t ms;
    if (!wait)
        return EXIT_DONE;
    if (!wait_of(wait, &ms))
        return complain(EXIT_USAGE, "--wait must be a time from 1s to 1h such as 30s, not \"%s\"",
                        wait);
    if (connection_takes(c, OP_MACHINE_APPLIED, NULL))
        return EXIT_DONE;
    return complain(EXIT_USAGE, "--wait: the provider \"%s\" does not hear from its machines",
                    c->now.provider);
}

/* --- asking --- */

static int add_missing(void *arg, const cJSON *record)
{
    struct applied *a = arg;
    return cJSON_AddItemToArray(a->missing, cJSON_Duplicate(record, true)) ? 0 : -1;
}

static enum exit_status ask(struct connection *c, const char *revision, struct applied *a)
{
    const struct provider_arg args[] = {{"revision", revision}, {0}};
    cJSON *record = NULL;
    enum exit_status status = connection_get(c, OP_MACHINE_APPLIED, args, &record);
    a->machines = record_number(record, "machines");
    a->applied = record_number(record, "applied");
    a->ended = record_number(record, "ended");
    a->ending = record_number(record, "ending");
    a->took_ms = clock_mono_ms() - a->begun_ms;
    cJSON_Delete(record);
    return status;
}

static bool is_done(const struct applied *a)
{
    return a->applied == a->machines && a->ending == 0;
}

static void rest(int64_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Asks again and again, for SECONDS at most, or until a signal came. */
static enum exit_status follow(struct connection *c, const char *revision, int64_t wait_ms,
                               struct applied *a)
{
    int64_t end = a->begun_ms + wait_ms, pause = PAUSE_MS;
    enum exit_status status;
    interrupt_catch();
    while ((status = ask(c, revision, a)) == EXIT_DONE && !is_done(a) && !interrupt_pending()) {
        int64_t left = end - clock_mono_ms();
        if (left <= 0)
            break;
        progress_show(&c->progress, "applied on %" PRId64 " of %" PRId64 " machines", a->applied,
                      a->machines);
        rest(pause < left ? pause : left);
        pause = 2 * pause < PAUSE_MOST_MS ? 2 * pause : PAUSE_MOST_MS;
    }
    progress_end(&c->progress);
    return status;
}

/* --- telling --- */

/* "; not heard from: db7 (2 h ago), db8 (never) and 3 more" into OUT. */
static void name_missing(const struct applied *a, char *out, size_t size)
{
    int64_t left = a->machines - a->applied, named = 0;
    const cJSON *machine;
    size_t len = (size_t)snprintf(out, size, "%s", left ? "; not heard from: " : "");
    cJSON_ArrayForEach(machine, a->missing)
    {
        char age[AGE_MAX];
        const char *heard = record_text(machine, "heard");
        if (named == NAMED_MOST || len >= size)
            break;
        len +=
            (size_t)snprintf(out + len, size - len, "%s%.64s (%s)", named ? ", " : "",
                             record_text(machine, "name"), *heard ? age_of(heard, age) : "never");
        named++;
    }
    if (named < left && len < size)
        snprintf(out + len, size - len, "%s%" PRId64 "%s", named ? " and " : "", left - named,
                 named ? " more" : " machines");
}

static void tell(const struct applied *a)
{
    char missing[NAMED_MOST * (64 + AGE_MAX + 8) + 64], ended[64] = "", ending[64] = "";
    name_missing(a, missing, sizeof missing);
    if (a->ended > 0)
        snprintf(ended, sizeof ended, "; sessions ended on %" PRId64, a->ended);
    if (a->ending > 0)
        snprintf(ending, sizeof ending, "; sessions still end on %" PRId64, a->ending);
    note("Applied on %" PRId64 " of %" PRId64 " machines after %" PRId64 ".%" PRId64 " s%s%s%s",
         a->applied, a->machines, a->took_ms / 1000, a->took_ms % 1000 / 100, ended, ending,
         missing);
}

/* The same for a program. */
static enum exit_status print(const struct invocation *inv, const struct applied *a)
{
    cJSON *record = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(record, "missing");
    const cJSON *machine;
    cJSON_AddNumberToObject(record, "machines", (double)a->machines);
    cJSON_AddNumberToObject(record, "applied", (double)a->applied);
    cJSON_AddNumberToObject(record, "ended", (double)a->ended);
    cJSON_AddNumberToObject(record, "ending", (double)a->ending);
    cJSON_AddNumberToObject(record, "milliseconds", (double)a->took_ms);
    cJSON_ArrayForEach(machine, a->missing)
    {
        cJSON_AddItemToArray(names, cJSON_CreateString(record_text(machine, "name")));
    }
    enum exit_status status = output(inv, record);
    cJSON_Delete(record);
    return status;
}

static enum exit_status conclude(const struct invocation *inv, const struct connection *c,
                                 const struct applied *a)
{
    enum exit_status status = EXIT_DONE;
    if (inv->option[OPTION_OUTPUT] && inv->command->record == &record_applied)
        status = print(inv, a);
    else if (a->machines > 0)
        tell(a);
    if (a->machines == 0)
        return complain(
            EXIT_AWAY,
            "no machine of %s reports: hosts do that which were enrolled with a code of "
            "orgadmin machine invite",
            c->now.org_name);
    return is_done(a) ? status : EXIT_AWAY;
}

enum exit_status applied_wait(const struct invocation *inv, struct connection *c,
                              const cJSON *reply)
{
    char revision[REVISION_SIZE];
    struct applied a = {.begun_ms = clock_mono_ms()};
    const struct provider_arg args[] = {{"revision", revision}, {0}};
    int64_t wait_ms;
    if (!inv->option[OPTION_WAIT] || !wait_of(inv->option[OPTION_WAIT], &wait_ms))
        return EXIT_DONE;
    a.missing = cJSON_CreateArray();
    snprintf(revision, sizeof revision, "%" PRId64, record_number(reply, "revision"));
    enum exit_status status = follow(c, revision, wait_ms, &a);
    if (status == EXIT_DONE && a.applied < a.machines)
        status = connection_each(c, OP_MACHINE_MISSING, args, add_missing, &a);
    if (status == EXIT_DONE)
        status = conclude(inv, c, &a);
    else
        complain(status, "the change stands; how far it has come could not be told");
    cJSON_Delete(a.missing);
    return status == EXIT_DONE ? EXIT_DONE : EXIT_AWAY;
}

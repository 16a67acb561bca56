#include "orgadmin/nouns/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/name.h"
#include "orgadmin/output/qr.h"
#include "orgadmin/remote/interrupt.h"

#define HOST_SIZE      65   /* Linux has no longer names */
#define INTERVAL_MAX_S 300  /* whatever the server says */
#define LIFE_MAX_S     3600 /* likewise */
#define SLOWER_S       5
#define STEP_MS        200
#define TEXT_ROWS      8 /* around the QR code */

/* An approval that is waited for. */
struct waiting {
    const char *code; /* the device code */
    int64_t interval_s;
    int64_t end_ms; /* of clock_mono_ms */
};

static int64_t number_within(const cJSON *record, const char *field, int64_t otherwise,
                             int64_t most)
{
    int64_t number = record_number(record, field);
    if (number < 1)
        return otherwise;
    return number < most ? number : most;
}

/* A server without a page, or from before there was one. */
static bool is_without_page(const struct api_error *err)
{
    return strcmp(err->code, "no_page") == 0 || strcmp(err->code, "unknown_endpoint") == 0;
}

static enum exit_status ask(struct connection *c, cJSON **record)
{
    char host[HOST_SIZE] = "";
    struct api_error err;
    *record = NULL;
    gethostname(host, sizeof host - 1);
    const struct provider_arg args[] = {{"host", word_valid(host) ? host : NULL}, {0}};
    enum api_status status =
        connection_try(c, OP_DEVICE_BEGIN, args, connection_first, record, &err);
    if (status == API_OK)
        return EXIT_DONE;
    return is_without_page(&err)
               ? complain(EXIT_NO, "%s has no page to sign in with: give a token", c->now.url)
               : connection_complain(c, "", OP_DEVICE_BEGIN, &err);
}

/* Tells a person what to do. */
static enum exit_status show(const cJSON *record)
{
    const char *url = record_text(record, "url"), *code = record_text(record, "user_code");
    const char *whole = record_text(record, "url_complete");
    if (!word_valid(url) || !word_valid(code) || !word_valid(record_text(record, "device_code")))
        return complain(EXIT_AWAY, "the answer has no usable code");
    note("Open %s in a browser and enter the code %s", url, code);
    if (word_valid(whole)) {
        note("or open %s", whole);
        qr_draw(stderr, whole, TEXT_ROWS);
    }
    note("The page asks for your passkey. It must show this code: %s", code);
    return EXIT_DONE;
}

/* Waits for the time of the next question. */
static enum exit_status rest(struct connection *c, const struct waiting *w)
{
    int64_t next = clock_mono_ms() + w->interval_s * 1000, now;
    interrupt_catch();
    while ((now = clock_mono_ms()) < next && now < w->end_ms && !interrupt_pending()) {
        int64_t left = (w->end_ms - now + 999) / 1000;
        const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
        progress_show(&c->progress, "waiting for the approval: %" PRId64 ":%02" PRId64 " left",
                      left / 60, left % 60);
        nanosleep(&step, NULL);
    }
    progress_end(&c->progress);
    bool stopped = interrupt_pending();
    interrupt_uncatch();
    if (stopped)
        return complain(EXIT_NO, "interrupted: nothing is signed in");
    return now < w->end_ms ? EXIT_DONE
                           : complain(EXIT_NO, "nobody has approved it in time: log in again");
}

/* True when the question is to be asked again: nobody has decided, or the server cannot be reached
 * for a moment. Then the pauses are as it wants them. */
static bool goes_on(struct waiting *w, enum api_status status, const struct api_error *err)
{
    if (status == API_REFUSED && strcmp(err->code, "slow_down") == 0)
        w->interval_s += SLOWER_S;
    else if (status == API_UNREACHABLE)
        w->interval_s *= 2;
    else if (status != API_REFUSED || strcmp(err->code, "authorization_pending") != 0)
        return false;
    if (w->interval_s > INTERVAL_MAX_S)
        w->interval_s = INTERVAL_MAX_S;
    return true;
}

/* The token is in the record. */
static enum exit_status take(struct connection *c, const cJSON *record)
{
    const char *token = record_text(record, "token");
    int64_t days = record_number(record, "expires_in") / (24 * 3600);
    if (!word_valid(token) || strlen(token) >= sizeof c->now.token)
        return complain(EXIT_AWAY, "the answer has no usable token");
    memcpy(c->now.token, token, strlen(token) + 1);
    if (days > 0)
        note("Approved. This login ends in %" PRId64 " days, or when you remove it on the page.",
             days);
    return connection_reopen(c);
}

static enum exit_status wait_for_token(struct connection *c, struct waiting *w)
{
    const struct provider_arg args[] = {{"code", w->code}, {0}};
    struct api_error err = {0};
    enum api_status said;
    cJSON *record = NULL;
    enum exit_status status;
    do {
        status = rest(c, w);
        if (status != EXIT_DONE)
            return status;
        interrupt_hold(); /* the token comes once */
        said = connection_try(c, OP_DEVICE_TOKEN, args, connection_first, &record, &err);
        if (said != API_OK)
            interrupt_release();
    } while (said != API_OK && goes_on(w, said, &err));
    status = said == API_OK ? take(c, record) : connection_complain(c, "", OP_DEVICE_TOKEN, &err);
    if (said == API_OK && status != EXIT_DONE)
        interrupt_release();
    cJSON_Delete(record);
    return status;
}

enum exit_status device_sign_in(struct connection *c)
{
    cJSON *record;
    enum exit_status status = ask(c, &record);
    if (status == EXIT_DONE)
        status = show(record);
    struct waiting w = {.code = record_text(record, "device_code"),
                        .interval_s = number_within(record, "interval", SLOWER_S, INTERVAL_MAX_S)};
    w.end_ms = clock_mono_ms() + number_within(record, "expires_in", 300, LIFE_MAX_S) * 1000;
    if (status == EXIT_DONE)
        status = wait_for_token(c, &w);
    cJSON_Delete(record);
    return status;
}

void device_sign_out(struct connection *c)
{
    char key[NAME_MAX_LEN + 1];
    const struct provider_arg args[] = {{"key", key}, {0}};
    struct api_error err;
    snprintf(key, sizeof key, "%.*s", (int)strcspn(c->now.token, ":"), c->now.token);
    connection_try(c, OP_OWN_TOKEN_REVOKE, args, NULL, NULL, &err);
}

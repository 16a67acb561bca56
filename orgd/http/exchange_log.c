#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/endpoints/record.h"
#include "orgd/http/access_log.h"
#include "orgd/http/exchange_state.h"
#include "orgd/http/metrics.h"
#include "orgd/http/stranger_log.h"

#define LOG_PATH_SIZE 128
#define LOG_LINE_SIZE 512

/* Makes one word of at most SIZE - 1 characters of a client's text. */
static const char *log_word(char *word, size_t size, const char *text)
{
    size_t i;
    for (i = 0; i < size - 1 && text[i]; i++)
        word[i] = text[i] > ' ' && text[i] <= '~' ? text[i] : '?';
    word[i] = '\0';
    return word;
}

/* PATH as it is logged. A link that a mail gateway has damaged may have a token in its path: the
 * first character that no path of ours has ends it. */
static const char *log_path(char word[LOG_PATH_SIZE], const char *path)
{
    size_t len = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-");
    snprintf(word, LOG_PATH_SIZE, "%.*s", (int)(len < LOG_PATH_SIZE ? len : LOG_PATH_SIZE - 1),
             path);
    return word;
}

bool exchange_known(const struct exchange *x)
{
    return strcmp(x->answer.caller, "-") != 0;
}

static void exchange_line(const struct exchange *x, const struct access *a)
{
    char line[LOG_LINE_SIZE];
    bool loggable = x->needs.writer || a->status >= 400;
    if (!loggable && !log_is_debug())
        return;
    snprintf(line, sizeof line, "%s %s %s %u %s %s %zu bytes %lldms", a->id, a->method, a->path,
             a->status, a->caller, a->from, a->bytes, (long long)a->ms);
    if (!loggable)
        log_debug("%s", line);
    else if (a->status >= 400 && !exchange_known(x))
        stranger_log(LOG_INFO, "%s", line);
    else
        log_info("%s", line);
}

void exchange_log(const struct exchange *x)
{
    char method[16], path[LOG_PATH_SIZE];
    struct access access = {.id = x->id,
                            .method = log_word(method, sizeof method, x->method),
                            .path = log_path(path, x->path),
                            .status = x->answer.status,
                            .caller = x->answer.caller,
                            .from = x->from,
                            .bytes = x->answer.body.len,
                            .ms = clock_mono_ms() - x->begun};
    metrics_request(x->path, x->answer.status);
    access_log_write(&access);
    exchange_line(x, &access);
}

void exchange_fail(struct exchange *x, unsigned status, const char *reason, const char *message)
{
    cJSON *object = error_json(reason, message, x->id);
    char *text = cJSON_PrintUnformatted(object);
    x->answer.rest = ANSWER_WHOLE;
    x->answer.status = status;
    if (!x->answer.caller[0])
        snprintf(x->answer.caller, sizeof x->answer.caller, "-");
    x->answer.letter.to[0] = '\0';
    x->answer.changed.len = 0;
    buffer_free(&x->answer.body);
    buffer_add(&x->answer.body, text, strlen(text), REPLY_MAX);
    cJSON_free(text);
    cJSON_Delete(object);
}

void exchange_later(struct exchange *x, unsigned status, const char *reason, const char *message)
{
    exchange_fail(x, status, reason, message);
    x->answer.retry_s = BUSY_RETRY_S;
}

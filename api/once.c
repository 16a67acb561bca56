#include "api/once.h"

#include <stdio.h>
#include <sys/random.h>

#include "api/error.h"

#define KEY_BYTES 16

const char *const once_headers[] = {ONCE_HEADER, NULL};

void once_examine(struct provider *p, struct http_reply *reply)
{
    p->keeps_keys |= reply->kept[0] != NULL;
}

/* Gives the requests from now on a new key. */
static enum api_status key_set(struct provider *p, struct api_error *err)
{
    unsigned char random[KEY_BYTES];
    char key[2 * KEY_BYTES + 1];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return api_fail(err, API_UNREACHABLE, "there is no randomness");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(key + 2 * i, 3, "%02x", random[i]);
    return engine_header(p, ONCE_HEADER, key, err);
}

/* True when the change was not made, or nobody knows whether it was. Nothing was sent when no
 * server was reached. */
static bool unsure(enum api_status status, const struct answer *answer, const struct api_error *err)
{
    bool proxy = err->http == 502 || err->http == 504;
    return status == API_UNREACHABLE && answer->sent &&
           (err->http == 0 || err->http == 503 || proxy);
}

/* Finds out whether the server keeps keys, by a request that changes nothing; false when it
 * answers, and does not. */
static bool keeps_keys(struct provider *p)
{
    const struct operation *whoami = &p->operations[OP_WHOAMI];
    const struct http_request request = {
        .method = whoami->method, .path = whoami->path, .body = "{}"};
    struct answer answer;
    struct api_error err;
    if (p->keeps_keys)
        return true;
    engine_exchange(p, &request, false, &answer, &err);
    cJSON_Delete(answer.json);
    return p->keeps_keys || err.status == API_UNREACHABLE;
}

enum api_status once_exchange(struct provider *p, const struct http_request *request, bool empty_ok,
                              struct answer *answer, struct api_error *err)
{
    if (key_set(p, err) != API_OK)
        return err->status;
    enum api_status status = engine_exchange(p, request, empty_ok, answer, err);
    bool again = unsure(status, answer, err);
    for (int times = 1; again && p->settings.again(p->settings.again_arg, err, times); times++) {
        struct api_error trouble = {.http = 0};
        if (!keeps_keys(p))
            break;
        if (!p->keeps_keys)
            continue;
        enum api_status now = engine_exchange(p, request, empty_ok, answer, &trouble);
        again = now == API_UNREACHABLE;
        if (!again) {
            status = now;
            *err = trouble;
        }
    }
    engine_header_drop(p, ONCE_HEADER);
    return status;
}

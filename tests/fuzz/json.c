/*
 * JSON from an API: what becomes a record, by each of the providers' tables, and what the fetcher
 * makes of a member; the keeper must accept all that the fetcher sends.
 */
#include <assert.h>

#include "api/engine.h"
#include "api/json.h"
#include "orgsyncd/fetcher.c"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/quiet_log.h"

static const struct provider_kind *const kinds[] = {
    &provider_native, &provider_intrinsic, &provider_satusky, &provider_cratedb, &provider_upsun};
static int pair[2];
static const struct config_org org = {.name = (char *)"acme"};
static struct fetcher_settings settings = {.org = &org};

static int take(void *arg, const cJSON *record)
{
    static char message[PIPE_MAX];
    struct pipe_header header;
    struct pipe_member m;
    const char *why;
    assert(cJSON_IsObject(record));
    assert(send_member(arg, record) == 0);
    ssize_t n = recv(pair[1], message, sizeof message, MSG_DONTWAIT);
    if (n < 0)
        return 0;
    assert(pipe_decode(message, (size_t)n, &header) && header.type == PIPE_MEMBER);
    assert(pipe_decode_member(message, (size_t)n, &m, &why));
    return 0;
}

static void make_records(const struct operation *operation, const struct answer *answer)
{
    struct fetcher fetcher = {.settings = &settings, .beat_ms = INT64_MAX / 2}; /* no beat */
    struct fetcher_request request = {.fetcher = &fetcher};
    struct api_error err = {0};
    if (operation->fields &&
        engine_records(operation, answer, take, &request, NULL, &err) != API_OK)
        assert(err.message[0] && json_utf8(err.message, strlen(err.message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[JSON_WHY_MAX] = "", *text = malloc(size + 1);
    struct answer answer = {.where = "fuzz"};
    int64_t integer;
    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    answer.json = json_parse(text, size, why);
    assert(answer.json || why[0]);
    for (size_t kind = 0; answer.json && kind < sizeof kinds / sizeof *kinds; kind++)
        for (int op = 0; op < OP_COUNT; op++)
            make_records(&kinds[kind]->operations[op], &answer);
    if (json_integer(json_at(answer.json, "revision"), &integer))
        assert(integer >= 0 && integer < INT64_C(1) << 53);
    cJSON_Delete(answer.json);
    free(text);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
        return 1;
    settings.pipe = pair[0];
    return 0;
}

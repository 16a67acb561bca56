/*
 * The keeper fed by a fetcher that was taken over: any messages in any order. Whatever they are,
 * the snapshot that comes of them holds nothing that the configuration does not allow.
 * The input is messages {u16 size, bytes}.
 */
#include <assert.h>

#include "orgsyncd/keeper.c"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/served.h"
#include "tests/lib/quiet_log.h"

static struct config config = {
    .org = {{.name = (char *)"acme", .provider = (char *)"native", .id = (char *)"org_1"},
            {.name = (char *)"other",
             .provider = (char *)"file",
             .range_first = 300000,
             .range_last = 300003}},
    .org_count = 2,
    .group =
        (struct config_group[8]){{.name = (char *)"acme-all", .everyone = true},
                                 {.name = (char *)"acme-admins", .roles = {"owner\0admin", 2}},
                                 {.name = (char *)"games", .local = true, .roles = {"admin", 1}}},
    .group_count = 3,
    .range_first = 200000,
    .range_last = 200007, /* soon full */
    .name = (char *)"%u",
    .private_groups = true,
    .home = (char *)"/home/%u",
    .shell = (char *)"/bin/sh",
    .group_members = GROUP_MEMBERS_ALWAYS,
    .timeout_ms = 1000,
};
static struct local_ids *local;

/* Nothing here must survive a power cut. */
int fsync(int fd)
{
    return fd < 0;
}
int fdatasync(int fd)
{
    return fd < 0;
}

/* Ends at the message that ends the keeper. */
static void feed(struct keeper *k, struct input *in)
{
    while (in->left > 0) {
        char *message;
        size_t size = input_number(in, 2) % (PIPE_MAX + 1);
        size = size < in->left ? size : in->left;
        message = malloc(size + (size == 0));
        assert(message);
        input_take(in, message, size);
        struct org_state *o = &k->orgs.org[size & 1];
        int rc = intake_take(&k->intake, o, message, size);
        free(message);
        while (rc == 0 && intake_is_merging(o))
            rc = intake_merge(&k->intake, o);
        if (rc < 0)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keeper_settings settings = {
        .config = &config, .mode = KEEPER_CHECK, .listen_fd = {-1, -1, -1}};
    for (int i = 0; i < SNAPSHOT_ORGS_MAX; i++)
        settings.pipe[i] = -1;
    struct keeper *k = calloc(1, sizeof *k);
    struct input in = {data, size};
    unlink(PATH_SNAPSHOT);
    assert(k);
    connect_parts(k, &settings);
    assert(begin(k) == BEGIN_DONE); /* in that mode with a ledger in memory */
    settings.mode = k->publisher.mode = KEEPER_SERVE;
    feed(k, &in);
    check_served(&config, local);
    end(k);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    mkdir(ORG_STATEDIR, 0755);
    unlink(PATH_LEDGER);
    for (uint32_t i = 0; i < config.group_count; i++)
        config.group[i].org = config.org[0].name;
    local = local_ids_read();
    return !local;
}

/*
 * orglogin-keys: a member's public ssh keys, for sshd's AuthorizedKeysCommand; see
 * orglogin-keys(8). A key proves who somebody is. Whether he may come in is pam_org's to decide,
 * who is a member common/decide.c's. It always exits with 0: with anything else sshd takes none of
 * the keys.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/evidence.h"
#include "common/file.h"
#include "common/key_list.h"
#include "common/name.h"
#include "common/paths.h"
#include "keys/chain.h"

static const char usage[] =
    "usage: orglogin-keys USER [UID] [--chain COMMAND ARGUMENT...]; see orglogin-keys(8)";

struct key_request {
    const char *user;
    const uint32_t *uid; /* of the account; NULL: the name services know it */
    char *const *chain;  /* NULL: nothing */
};

/* Says LINE in the log, which is where sshd's other lines are, and to a person at a terminal. */
static void complain(int priority, const char *line)
{
    openlog("orglogin-keys", LOG_PID | (isatty(STDERR_FILENO) ? LOG_PERROR : 0), LOG_AUTHPRIV);
    syslog(priority, "%s", line);
    closelog();
}

/* A number of at most 32 bits in digits, as %U is. */
static bool read_uid(const char *text, uint32_t *uid)
{
    size_t len = strspn(text, "0123456789");
    unsigned long long number = len > 0 && len <= 10 ? strtoull(text, NULL, 10) : UINT64_MAX;
    *uid = (uint32_t)number;
    return text[len] == '\0' && number <= UINT32_MAX;
}

static bool parse(int argc, char *argv[], struct key_request *request)
{
    static uint32_t uid;
    int i = 2;
    *request = (struct key_request){0};
    if (argc < 2 || argv[1][0] == '-')
        return false;
    request->user = argv[1];
    if (i < argc && strcmp(argv[i], "--chain") != 0) {
        if (!read_uid(argv[i++], &uid))
            return false;
        request->uid = &uid;
    }
    if (i == argc)
        return true;
    request->chain = argv + i + 1;
    return strcmp(argv[i], "--chain") == 0 && request->chain[0];
}

/* The rules do not count here, the organization's own included: they say which services a member
 * may use, and whoever is kept out by them is to be told so by pam_org. */
static void admit_members(struct evidence *e)
{
    e->question.org_rules = NULL;
    e->policy.rules.count = 1;
    e->policy.rules.rule[0] =
        (struct rule){.org = e->member.org, .everyone = true, .services = {"*", 1}};
}

/* Beyond the offline grace the rules count: there are keys then by break-glass alone. */
static struct decision decide_keys(struct evidence *e, int64_t now_ms)
{
    struct decision d = decide(&e->question, now_ms);
    if (d.reason == REASON_BREAK_GLASS)
        return d;
    admit_members(e);
    return decide(&e->question, now_ms);
}

/* Prints the keys of LIST that have not ended, with one write. */
static void print_keys(struct key_list list, int64_t now_ms, int64_t confirmed_ms)
{
    static char text[KEY_LIST_MAX * SSH_KEY_TEXT_SIZE];
    struct ssh_key key;
    uint32_t end;
    size_t size = 0;
    for (int i = 0; i < KEY_LIST_MAX && key_list_take(&list, &key, &end); i++) {
        if (key_list_ended(end, now_ms, confirmed_ms))
            continue;
        size += ssh_key_print(&key, text + size);
        text[size++] = '\n';
    }
    file_write(STDOUT_FILENO, text, size);
}

/* Why a member has no keys at the moment; nobody else's business is told. */
static void log_denial(const struct evidence *e, const char *user, const struct decision *d)
{
    char line[256];
    bool unavailable = d->reason == REASON_UNAVAILABLE;
    if (d->verdict != VERDICT_DENY || (!e->question.member && !unavailable))
        return;
    snprintf(line, sizeof line, "user=%s keys=none reason=%s age_ms=%" PRId64 "%s%s",
             remote_id_valid(user) ? user : "(invalid)", reason_word(d->reason), d->age_ms,
             unavailable && e->why ? " snapshot " : "", unavailable && e->why ? e->why : "");
    complain(LOG_NOTICE, line);
}

static void show_keys(const struct key_request *request)
{
    static struct evidence e;
    struct key_list keys = {0};
    evidence_gather(&e, request->user, request->uid, "sshd");
    /* The confirmation before the clock, which then never reads less where it is right. */
    int64_t confirmed_ms = e.snapshot.base ? snapshot_confirmed(&e.snapshot, e.grants.org) : 0;
    int64_t now_ms = clock_wall_ms();
    struct decision d = decide_keys(&e, now_ms);
    if (d.verdict != VERDICT_ALLOW)
        log_denial(&e, request->user, &d);
    else if (snapshot_keys(&e.snapshot, e.user.uid, &keys) == SNAPSHOT_UNAVAILABLE)
        complain(LOG_ERR,
                 "the snapshot's keys are damaged: systemctl restart orgsyncd writes it anew");
    print_keys(keys, now_ms, confirmed_ms);
    evidence_close(&e);
}

int main(int argc, char *argv[])
{
    struct key_request request;
    char line[512];
    signal(SIGPIPE, SIG_IGN); /* sshd may have read enough */
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("orglogin-keys " ORG_VERSION);
        return 0;
    }
    if (!parse(argc, argv, &request)) {
        complain(LOG_ERR, usage);
        return 0;
    }
    show_keys(&request);
    const char *fault = request.chain ? chain_run(request.chain) : NULL;
    if (fault) {
        snprintf(line, sizeof line, "--chain: %.255s %s", request.chain[0], fault);
        complain(LOG_ERR, line);
    }
    return 0;
}

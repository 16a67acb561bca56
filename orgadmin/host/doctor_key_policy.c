/* host doctor: where an organization says which ssh keys its members may have, sshd must take no
 * others. The organization is asked as orgsyncd asks it, without root's rights. */
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/provider.h"
#include "common/local.h"
#include "common/paths.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/sshd_config.h"
#include "orgadmin/remote/credential.h"

#define CHECK "key policy"

/* How a question ends. */
enum policy_answer { POLICY_NONE, POLICY_SAID, POLICY_UNKNOWN };

struct policy_question {
    const struct host_org *org;
    uint32_t uid, gid; /* the fetcher's */
};

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static int look(void *arg, const cJSON *record)
{
    enum policy_answer *answer = arg;
    const char *adders =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, "key_adders"));
    const cJSON *days = cJSON_GetObjectItemCaseSensitive(record, "key_days");
    bool said = (adders && strcmp(adders, "admins") == 0) ||
                (cJSON_IsNumber(days) && days->valuedouble > 0) ||
                cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "security_keys_only"));
    *answer = said ? POLICY_SAID : POLICY_NONE;
    return 0;
}

/* Asks for the organization's record. An API that has none has no policy, either. */
static enum policy_answer ask_api(const struct host_org *org, const char *token)
{
    struct provider_arg option[HOST_OPTIONS_MAX + 1] = {{0}};
    char takes[PROVIDER_TAKES_MAX];
    struct api_error err;
    enum policy_answer answer = POLICY_NONE;
    for (size_t i = 0; i < org->options; i++)
        option[i] = (struct provider_arg){org->option[i].name, org->option[i].value};
    struct provider_settings settings = {.provider = org->provider,
                                         .url = or_null(org->url),
                                         .token = or_null(token),
                                         .org = or_null(org->id),
                                         .ca_file = or_null(org->ca_file),
                                         .proxy = or_null(org->proxy),
                                         .options = option};
    struct provider *provider = provider_open(&settings, &err);
    bool failed = !provider;
    if (provider && provider_takes(provider, OP_ORG_SHOW, takes))
        failed = provider_run(provider, OP_ORG_SHOW, NULL, look, &answer, &err) != API_OK;
    if (failed)
        fprintf(stderr, "%s", err.message);
    provider_close(provider);
    return failed ? POLICY_UNKNOWN : answer;
}

/* In a process of its own. */
static int ask(void *arg)
{
    const struct policy_question *q = arg;
    char token[SECRET_MAX] = "";
    if (*q->org->token_file && secret_read(q->org->token_file, "", token) != EXIT_DONE)
        return POLICY_UNKNOWN;
    if (setgroups(0, NULL) < 0 || setgid(q->gid) < 0 || setuid(q->uid) < 0)
        return POLICY_UNKNOWN;
    return (int)ask_api(q->org, token);
}

/* Finds an active member of the organization NAME among the first. */
static bool find_member(const struct doctor *d, const char *name, struct snapshot_user *user)
{
    struct doctor_walk walk = {0};
    struct snapshot_grants grants;
    while (doctor_next_member(d, &walk, user))
        if (snapshot_grants_groups(&d->snapshot, user->grants_ref, &grants) == SNAPSHOT_OK &&
            grants.org < d->policy.org_count && strcmp(d->policy.org[grants.org], name) == 0)
            return true;
    return false;
}

/* True if sshd takes keys from files of USER's, named in PATHS. */
static bool takes_files(const struct snapshot_user *user, char paths[SSHD_VALUE_SIZE])
{
    static struct child c;
    return sshd_ask(&c, user->name) &&
           strcmp(sshd_value(c.out, "authorizedkeysfile", paths), "none") != 0;
}

/* False when something was said of ORG. */
static bool check_org(struct doctor *d, const struct host_org *org)
{
    static struct child c;
    struct policy_question q = {.org = org};
    struct snapshot_user user;
    char paths[SSHD_VALUE_SIZE];
    if (!find_member(d, org->name, &user) || !takes_files(&user, paths) ||
        local_user(HOST_FETCHER_USER, &q.uid, &q.gid) != LOCAL_YES)
        return true;
    child_start(&c, ask, &q, DOCTOR_PROGRAM_MS);
    bool ended = child_end(&c);
    if (ended && c.status == POLICY_NONE)
        return true;
    if (ended && c.status == POLICY_SAID)
        doctor_note(d, CHECK, FOUND_FAILURE,
                    "AuthorizedKeysFile none for members, see " PATH_DOC "/sshd_config.example",
                    "%s says which ssh keys its members may have, and sshd takes others, from "
                    "AuthorizedKeysFile %.200s",
                    org->name, paths);
    else
        doctor_note(d, CHECK, FOUND_SKIPPED, "", "%s does not tell whether it has one: %.300s",
                    org->name, ended ? c.err : c.fate);
    return false;
}

void doctor_key_policy(struct doctor *d)
{
    bool good = true;
    if (access(SSHD_PROGRAM, X_OK) < 0 || !d->snapshot.base)
        return;
    for (size_t i = 0; i < d->config.orgs; i++)
        good &= check_org(d, &d->config.org[i]);
    if (good && d->config.orgs > 0)
        doctor_note(d, CHECK, FOUND_OK, "",
                    "sshd takes no ssh key of a member that the organization would not");
}

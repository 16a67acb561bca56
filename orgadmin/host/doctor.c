#include "orgadmin/host/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/local.h"
#include "common/paths.h"
#include "common/reserved.h"
#include "orgadmin/host/commands.h"
#include "orgadmin/host/glass.h"
#include "orgadmin/host/rights.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/connection.h"

#define MEMBERS_MAX 1000 /* that a walk goes through */

void doctor_note(struct doctor *d, const char *check, enum finding finding, const char *advice,
                 const char *format, ...)
{
    static const char *const word[FINDINGS] = {"ok", "warning", "failure", "skipped"};
    char found[DOCTOR_TEXT_MAX], clean[DOCTOR_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    vsnprintf(found, sizeof found, format, ap);
    va_end(ap);
    text_clean(clean, sizeof clean, found, false);
    if (finding == FOUND_FAILURE && d->count[finding] == 0)
        snprintf(d->first, sizeof d->first, "%.60s: %s", check, clean);
    d->count[finding]++;
    cJSON *record = cJSON_CreateObject();
    if (cJSON_AddStringToObject(record, "check", check) &&
        cJSON_AddStringToObject(record, "result", word[finding]) &&
        cJSON_AddStringToObject(record, "found", clean) &&
        (!*advice || cJSON_AddStringToObject(record, "advice", advice)) &&
        cJSON_AddItemToArray(d->records, record))
        return;
    cJSON_Delete(record);
    d->lost = true;
}

bool doctor_next_member(const struct doctor *d, struct doctor_walk *walk,
                        struct snapshot_user *user)
{
    while (walk->seen++ < MEMBERS_MAX)
        if (snapshot_next_user(&d->snapshot, &walk->cursor, user) != SNAPSHOT_OK)
            return false;
        else if (user->state == MEMBER_ACTIVE)
            return true;
    return false;
}

enum verdict doctor_decide(const struct doctor *d, const struct snapshot_user *user,
                           const char *service, bool fresh)
{
    struct snapshot_grants grants;
    if (snapshot_grants_groups(&d->snapshot, user->grants_ref, &grants) != SNAPSHOT_OK ||
        grants.org >= d->policy.org_count)
        return VERDICT_DENY;
    return rights_decide(&d->snapshot, &d->policy, user, service, fresh || d->fresh[grants.org]);
}

/* --- what the configuration gives away --- */

static void check_local_groups(struct doctor *d)
{
    char names[DOCTOR_TEXT_MAX] = "";
    for (size_t i = 0; i < d->config.local_groups; i++) {
        const char *name = d->config.local_group[i];
        size_t used = strlen(names);
        if (reserved_mighty_group(name) && !strstr(names, name))
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", name);
    }
    if (d->config.orgs == 0)
        doctor_note(d, "local groups", FOUND_SKIPPED, "",
                    "there is no configuration that could map any");
    else if (*names)
        doctor_note(d, "local groups", FOUND_WARNING,
                    "if this is not intended, remove local = true from them in orglogin.conf",
                    "a member of %s is as good as root", names);
    else
        doctor_note(d, "local groups", FOUND_OK, "",
                    "no member joins a group that is as good as root");
}

/* Whom a local group still names although he is no member any more, and no local user. */
struct stale {
    const struct doctor *doctor;
    unsigned count;
    char first[128]; /* "rem, in docker" */
};

static bool find_stale(const struct group *group, void *arg)
{
    struct stale *s = arg;
    struct snapshot_user user;
    for (char *const *name = group->gr_mem; *name; name++)
        if (snapshot_user_by_name(&s->doctor->snapshot, *name, strlen(*name), &user) ==
                SNAPSHOT_OK &&
            (user.state == MEMBER_REMOVED || user.state == MEMBER_SUSPENDED) &&
            local_name(*name) == LOCAL_NO && s->count++ == 0)
            snprintf(s->first, sizeof s->first, "%.32s names %.32s", group->gr_name, *name);
    return true;
}

static void check_group_lines(struct doctor *d)
{
    struct stale s = {.doctor = d};
    if (!d->snapshot.base)
        return;
    local_each_group(find_stale, &s);
    if (s.count)
        doctor_note(d, "group lines", FOUND_WARNING,
                    "gpasswd -d NAME GROUP; roles give groups by local = true in orglogin.conf, "
                    "and take them",
                    "/etc/group, %s, who left%s", s.first,
                    s.count > 1 ? ", and not him alone" : "");
    else
        doctor_note(d, "group lines", FOUND_OK, "", "/etc/group names nobody who left");
}

/* True if a rule admits everyone of an organization to SERVICE. The rules alone tell: who happens
 * to be a member now makes no difference. */
static bool everybody(const struct doctor *d, const char *service)
{
    for (size_t i = 0; i < d->policy.rules.count; i++) {
        const struct rule *rule = &d->policy.rules.rule[i];
        if (rule->everyone &&
            (text_list_has(&rule->services, "*") || text_list_has(&rule->services, service)))
            return true;
    }
    return false;
}

static void check_rules(struct doctor *d)
{
    if (!d->snapshot.base) {
        doctor_note(d, "rules", FOUND_SKIPPED, "", "there is no snapshot that could have rules");
        return;
    }
    bool sudo = everybody(d, "sudo"), su = everybody(d, "su");
    if (sudo || su)
        doctor_note(d, "rules", FOUND_WARNING,
                    "if this is not intended, name roles in the rule in orglogin.conf",
                    "every member may use %s%s%s", sudo ? "sudo" : "", sudo && su ? " and " : "",
                    su ? "su" : "");
    else
        doctor_note(d, "rules", FOUND_OK, "", "sudo and su are not for every member");
}

static void check_break_glass(struct doctor *d)
{
    static const char check[] = "break-glass";
    struct break_glass g;
    const char *why;
    char text[GLASS_TEXT_MAX];
    int64_t now = clock_wall_ms();
    bool there = break_glass_read(&g, &why);
    if (!there && errno != ENOENT)
        doctor_note(d, check, FOUND_WARNING, "rm " PATH_GLASS,
                    PATH_GLASS " %s: it counts for nothing", why);
    else if (!there || !glass_in_force(&g, now))
        doctor_note(d, check, FOUND_OK, "", "not in force");
    else
        doctor_note(d, check, FOUND_WARNING,
                    "orgadmin host break-glass --end, when it is not needed", "%s%s",
                    glass_text(&g, now, text),
                    d->snapshot.base && !glass_has_rule(&d->policy.rules)
                        ? " (no access rule has break_glass = true)"
                        : "");
}

/* --- the command --- */

/* For people: what was found and what to do, in one. */
static bool join(cJSON *record)
{
    char both[2 * DOCTOR_TEXT_MAX];
    const char *found = record_text(record, "found"), *advice = record_text(record, "advice");
    if (!*advice)
        return true;
    snprintf(both, sizeof both, "%s -> %s", found, advice);
    cJSON_DeleteItemFromObjectCaseSensitive(record, "found");
    return cJSON_AddStringToObject(record, "found", both) != NULL;
}

static void sum_up(const struct doctor *d)
{
    unsigned all = 0;
    for (size_t i = 0; i < FINDINGS; i++)
        all += d->count[i];
    note("%u checks: %u failure%s, %u warning%s, %u skipped.", all, d->count[FOUND_FAILURE],
         d->count[FOUND_FAILURE] == 1 ? "" : "s", d->count[FOUND_WARNING],
         d->count[FOUND_WARNING] == 1 ? "" : "s", d->count[FOUND_SKIPPED]);
    if (*d->first)
        note("Begin with %s", d->first);
}

enum exit_status host_doctor(const struct invocation *inv)
{
    static struct doctor d;
    if (geteuid() != 0)
        return complain(EXIT_NO, "host doctor requires root: it runs the PAM stacks and reads what "
                                 "only root may; try: sudo orgadmin host doctor");
    d.records = cJSON_CreateArray();
    if (!d.records)
        return complain(EXIT_AWAY, "out of memory");
    doctor_sync(&d);
    doctor_ids(&d);
    doctor_names(&d);
    doctor_pam(&d);
    doctor_homes(&d);
    doctor_sshd(&d);
    doctor_keys(&d);
    doctor_key_policy(&d);
    doctor_sudo(&d);
    doctor_rights(&d);
    doctor_sessions(&d);
    check_local_groups(&d);
    doctor_readers(&d);
    check_group_lines(&d);
    check_rules(&d);
    check_break_glass(&d);
    for (cJSON *r = output_plain(inv) ? d.records->child : NULL; r && !d.lost; r = r->next)
        d.lost = !join(r);
    enum exit_status status =
        d.lost ? complain(EXIT_AWAY, "out of memory") : output(inv, d.records);
    if (status == EXIT_DONE)
        sum_up(&d);
    if (status == EXIT_DONE && d.count[FOUND_FAILURE])
        status = EXIT_NO;
    cJSON_Delete(d.records);
    snapshot_close(&d.snapshot);
    return status;
}

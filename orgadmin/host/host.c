/* The noun host: this machine's side, which needs no API. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/confirm.h"
#include "common/evidence.h"
#include "common/home.h"
#include "common/key_list.h"
#include "common/name.h"
#include "common/paths.h"
#include "common/rfc3339.h"
#include "orgadmin/host/commands.h"
#include "orgadmin/host/departed.h"
#include "orgadmin/host/glass.h"
#include "orgadmin/host/span.h"
#include "orgadmin/host/withheld.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"

#define STATUS_TIMEOUT_MS 2000
#define SYNC_TIMEOUT_MS   120000

#define TEXT_SIZE 1024

/* One line of an explanation. */
__attribute__((format(printf, 2, 3))) static void line(const char *label, const char *format, ...)
{
    char raw[TEXT_SIZE], clean[TEXT_SIZE];
    va_list ap;
    va_start(ap, format);
    vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    printf("%-13s %s\n", label, text_clean(clean, sizeof clean, raw, false));
}

enum role_part { PART_ALL, PART_ROLES, PART_TEAMS };

/* The texts of LIST, or of a list of roles those that are teams, without what marks them, or those
 * that are not. "none" for none. */
static const char *join_part(const struct text_list *list, enum role_part part, char out[TEXT_SIZE])
{
    const char *item = list->first;
    size_t used = 0, mark = strlen(ORG_RULES_TEAM);
    snprintf(out, TEXT_SIZE, "none");
    for (uint32_t i = 0; i < list->count; i++, item = text_list_next(item)) {
        bool team = part != PART_ALL && strncmp(item, ORG_RULES_TEAM, mark) == 0;
        if (part != PART_ALL && team != (part == PART_TEAMS))
            continue;
        int n = snprintf(out + used, TEXT_SIZE - used, "%s%s", used ? ", " : "",
                         item + (team ? mark : 0));
        if (n < 0 || (size_t)n >= TEXT_SIZE - used)
            break;
        used += (size_t)n;
    }
    return out;
}

static const char *join(const struct text_list *list, char out[TEXT_SIZE])
{
    return join_part(list, PART_ALL, out);
}

static enum exit_status no_answer(void)
{
    return complain(EXIT_AWAY, "orgsyncd does not answer at %s: %s", confirm_path(),
                    strerror(errno));
}

/* "ada (usr_01, ada@acme.example) of acme", what of it there is. */
static const char *full_name(const struct withheld *m, char out[TEXT_SIZE])
{
    snprintf(out, TEXT_SIZE, "%s (%s%s%s) of %s", *m->wanted ? m->wanted : "a member", m->id,
             *m->email ? ", " : "", m->email, m->org);
    return out;
}

/* The member's standing and the reason, behind his name. */
static const char *verdict_text(const struct withheld *m, char out[TEXT_SIZE])
{
    if (strcmp(m->standing, WITHHELD_RESERVED) == 0)
        snprintf(out, TEXT_SIZE, "is served as user %s, without a group of that name: %s", m->name,
                 m->why);
    else if (strcmp(m->standing, WITHHELD_OLD_NAME) == 0)
        snprintf(out, TEXT_SIZE, "is still %s here: %s", m->name, m->why);
    else
        snprintf(out, TEXT_SIZE, "is withheld: %s", m->why);
    return out;
}

static enum exit_status ask(enum confirm_op op, const char *org, int timeout_ms,
                            struct confirm_reply *reply)
{
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = op, .wait_ms = (uint32_t)timeout_ms};
    snprintf(request.org, sizeof request.org, "%s", org);
    if (confirm_ask(confirm_path(), &request, timeout_ms + 1000, reply) == 0)
        return EXIT_DONE;
    return no_answer();
}

/* The number of people of ORG whose sessions orgsyncd has ended, as METRICS have it; "" when they
 * do not. */
static const char *ended_in(const char *metrics, const char *org, char out[24])
{
    char label[CONFIRM_ORG_LEN + 64];
    snprintf(label, sizeof label, "\norgsyncd_sessions_ended_total{organization=\"%s\"} ", org);
    const char *at = strstr(metrics, label);
    snprintf(out, 24, "%.*s", at ? (int)strspn(at + strlen(label), "0123456789") : 0,
             at ? at + strlen(label) : "");
    return out;
}

/* WITHHELD is how many there are in ORG, -1 when that is not known. */
static bool add_status(cJSON *list, const char *org, const struct confirm_reply *reply,
                       int64_t withheld, const char *metrics)
{
    char age[32], number[24];
    cJSON *row = cJSON_CreateObject();
    if (!row || !cJSON_AddItemToArray(list, row)) {
        cJSON_Delete(row);
        return false;
    }
    bool good = cJSON_AddStringToObject(row, "organization", org) != NULL;
    good = good && cJSON_AddStringToObject(row, "heard",
                                           reply->age_ms < 0 ? "never" : span(reply->age_ms, age));
    snprintf(number, sizeof number, "%" PRIu32, reply->members);
    good = good && cJSON_AddStringToObject(row, "members", number);
    snprintf(number, sizeof number, "%" PRId64, withheld);
    good = good && cJSON_AddStringToObject(row, "withheld", withheld < 0 ? "" : number);
    snprintf(number, sizeof number, "%" PRIu64, reply->generation);
    good = good && cJSON_AddStringToObject(row, "generation", number);
    good = good && cJSON_AddStringToObject(row, "held", reply->held ? "yes" : "no");
    good = good && cJSON_AddStringToObject(row, "ended", ended_in(metrics, org, number));
    return good && cJSON_AddStringToObject(row, "trouble", reply->text) != NULL;
}

/* So many are named under the table; the others are counted. */
#define WITHHELD_NAMED 20

struct withheld_count {
    const char *org; /* NULL: names them */
    int64_t count;
};

static bool count_withheld(const struct withheld *m, void *arg)
{
    struct withheld_count *c = arg;
    c->count += !*c->org || strcmp(m->org, c->org) == 0;
    return true;
}

static int64_t withheld_in(const char *org)
{
    struct withheld_count c = {.org = org};
    return withheld_each(count_withheld, &c) < 0 ? -1 : c.count;
}

static bool name_withheld(const struct withheld *m, void *arg)
{
    char who[TEXT_SIZE], text[TEXT_SIZE], raw[2 * TEXT_SIZE], clean[2 * TEXT_SIZE];
    int64_t *named = arg;
    snprintf(raw, sizeof raw, "%s %s", full_name(m, who), verdict_text(m, text));
    note("%s", text_clean(clean, sizeof clean, raw, false));
    return ++*named < WITHHELD_NAMED;
}

static void name_all_withheld(void)
{
    int64_t named = 0, count = withheld_each(name_withheld, &named);
    if (count > named)
        note("and %" PRId64 " more", count - named);
}

/* Orgsyncd knows when it heard from ORG since it began; the snapshot knows the time before. */
static void add_recorded_age(const struct snapshot *snapshot, uint32_t org,
                             struct confirm_reply *reply)
{
    int64_t confirmed = snapshot->base ? snapshot_confirmed(snapshot, org) : 0;
    int64_t age = clock_wall_ms() - confirmed;
    if (confirmed > 0 && age >= 0 && (reply->age_ms < 0 || age < reply->age_ms))
        reply->age_ms = age;
}

/* "" when orgsyncd does not answer. */
static int ask_metrics(char text[CONFIRM_ANSWER_MAX])
{
    const struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_METRICS};
    int rc = confirm_text(confirm_path(), &request, STATUS_TIMEOUT_MS, text);
    if (rc < 0)
        *text = '\0';
    return rc;
}

/* Asks about each organization of the snapshot; without a snapshot about all in one. */
static enum exit_status gather(cJSON *list)
{
    struct snapshot snapshot;
    struct snapshot_policy policy = {.org_count = 1, .org = {""}};
    struct confirm_reply reply;
    const char *why;
    char metrics[CONFIRM_ANSWER_MAX];
    enum exit_status status = EXIT_DONE;
    ask_metrics(metrics);
    if (snapshot_open(&snapshot, PATH_SNAPSHOT, &why) != SNAPSHOT_OK)
        note("The snapshot %s %s.", PATH_SNAPSHOT, why);
    else if (snapshot_policy(&snapshot, &policy) != SNAPSHOT_OK)
        status = complain(EXIT_SETUP, "the snapshot %s is damaged", PATH_SNAPSHOT);
    for (uint32_t i = 0; i < policy.org_count && status == EXIT_DONE; i++) {
        const char *org = policy.org[i];
        status = ask(CONFIRM_STATUS, org, STATUS_TIMEOUT_MS, &reply);
        if (status == EXIT_DONE)
            add_recorded_age(&snapshot, i, &reply);
        if (status == EXIT_DONE && reply.status == CONFIRM_REFUSED)
            status = complain(EXIT_NO, "orgsyncd refuses: %s", reply.text);
        else if (status == EXIT_DONE &&
                 !add_status(list, *org ? org : "all", &reply, withheld_in(org), metrics))
            status = complain(EXIT_AWAY, "out of memory");
    }
    snapshot_close(&snapshot);
    return status;
}

/* Tells how this host gives numbers; an orgsyncd from before does not. */
static void tell_numbers(void)
{
    char text[CONFIRM_ANSWER_MAX], clean[TEXT_SIZE];
    const struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_NUMBERS};
    if (confirm_text(confirm_path(), &request, STATUS_TIMEOUT_MS, text) < 0)
        return;
    note("Another host gives the same numbers with these lines in orglogin.conf:");
    for (char *line = text, *next; *line; line = next) {
        size_t len = strcspn(line, "\n");
        next = line + len + (line[len] == '\n');
        line[len] = '\0';
        note("  %s", text_clean(clean, sizeof clean, line, false));
    }
}

/* While it is in force, and for a week. */
static void tell_break_glass(void)
{
    struct break_glass g;
    const char *why;
    char text[GLASS_TEXT_MAX];
    int64_t now = clock_wall_ms();
    if (break_glass_read(&g, &why)) {
        if (now < g.end_ms + BREAK_GLASS_TOLD_MS)
            note("Break-glass %s.", glass_text(&g, now, text));
    } else if (errno != ENOENT) {
        note(PATH_GLASS " %s: break-glass is not in force.", why);
    }
}

enum exit_status host_status(const struct invocation *inv)
{
    cJSON *list = cJSON_CreateArray();
    if (!list)
        return complain(EXIT_AWAY, "out of memory");
    enum exit_status status = gather(list);
    if (status == EXIT_DONE)
        status = output(inv, list);
    tell_break_glass(); /* also while orgsyncd does not answer */
    if (status == EXIT_DONE)
        name_all_withheld();
    if (status == EXIT_DONE && output_plain(inv))
        tell_numbers();
    cJSON_Delete(list);
    return status;
}

enum exit_status host_sync(const struct invocation *inv)
{
    struct confirm_reply reply;
    enum confirm_op op = inv->option[OPTION_ACCEPT] ? CONFIRM_ACCEPT : CONFIRM_SYNC;
    enum exit_status status = ask(op, "", SYNC_TIMEOUT_MS, &reply);
    if (status != EXIT_DONE)
        return status;
    if (reply.status == CONFIRM_REFUSED)
        return complain(EXIT_NO, "orgsyncd refuses: %s",
                        *reply.text ? reply.text : "only root may");
    if (reply.status != CONFIRM_YES)
        return complain(EXIT_AWAY, "not synced: %s", reply.text);
    if (*reply.text) /* what the brake holds */
        return complain(EXIT_NO, "synced, but %s", reply.text);
    note("Synced: %" PRIu32 " active members, generation %" PRIu64 ".", reply.members,
         reply.generation);
    return EXIT_DONE;
}

enum exit_status host_free(const struct invocation *inv)
{
    const char *name = inv->arg[0];
    struct confirm_request request = {.magic = CONFIRM_MAGIC, .op = CONFIRM_FREE};
    struct confirm_reply reply;
    if (!name_valid(name))
        return complain(EXIT_USAGE, "\"%s\" is not a login name", name);
    enum exit_status status =
        ask_first(inv, name,
                  "The next member who asks for the name %s gets it, and with it all that "
                  "is kept under the name: mail, crontab, sudoers.",
                  name);
    if (status != EXIT_DONE)
        return status;
    memcpy(request.org, name, strlen(name)); /* 32 characters fill it */
    if (confirm_ask(confirm_path(), &request, SYNC_TIMEOUT_MS, &reply) < 0)
        return no_answer();
    if (reply.status != CONFIRM_YES)
        return complain(EXIT_NO, "the name %s is not freed: %s", name, reply.text);
    note("The name %s is free.", name);
    return EXIT_DONE;
}

struct withheld_search {
    const char *who;
    unsigned found;
};

static bool explain_withheld(const struct withheld *m, void *arg)
{
    char who[TEXT_SIZE], text[TEXT_SIZE];
    struct withheld_search *s = arg;
    if (withheld_is(m, s->who) && s->found++ < WITHHELD_NAMED)
        line(s->found == 1 ? "withheld" : "", "%s %s", full_name(m, who), verdict_text(m, text));
    return true;
}

/* WHO is a name, an e-mail address or a remote id. */
static void explain_names(const char *who)
{
    struct withheld_search s = {.who = who};
    if (withheld_each(explain_withheld, &s) < 0 && geteuid() != 0)
        line("withheld", "only root is told which members are withheld, and why");
}

/* The roles of M that have an end, and those that count behind it. */
static void explain_term(const struct evidence *e, const struct membership *m)
{
    char at[RFC3339_SIZE], text[TEXT_SIZE];
    int64_t now = clock_wall_ms(), confirmed_ms = e->question.freshness.confirmed_ms;
    rfc3339_print(m->term.ends_ms, at);
    if (term_counts(&m->term, confirmed_ms, now))
        line("until", "%s, then roles %s", at, join_part(&m->roles, PART_ROLES, text));
    else if (m->term.ends_ms <= now)
        line("until", "%s: ended roles %s", at, join_part(&m->term.roles, PART_ROLES, text));
    else
        line("until",
             "%s: roles %s do not count, because the clock reads less than when the organization "
             "was heard from",
             at, join_part(&m->term.roles, PART_ROLES, text));
}

static void explain_member(const struct evidence *e)
{
    char text[TEXT_SIZE];
    const struct membership *m = e->question.member;
    if (!m) {
        line("member", "no member has that name");
        return;
    }
    line("ids", "uid %" PRIu32 ", gid %" PRIu32, e->user.uid, e->user.gid);
    line("organization", "%s", m->org);
    line("state", "%s", departed_state_word(m->state));
    const struct membership now =
        membership_now(m, e->question.freshness.confirmed_ms, clock_wall_ms());
    line("roles", "%s", join_part(&now.roles, PART_ROLES, text));
    line("teams", "%s, of those that rules name", join_part(&now.roles, PART_TEAMS, text));
    line("permissions", "%s", join(&now.permissions, text));
    if (m->term.ends_ms > 0)
        explain_term(e, m);
}

/* Where the member lands, and whether pam_org's session phase is content with it. */
static void explain_home(const struct evidence *e)
{
    char why[HOME_WHY_MAX], clean[HOME_WHY_MAX];
    if (home_fit(e->user.home, e->user.uid, why))
        line("home", "%s, shell %s", e->user.home, e->user.shell);
    else
        line("home", "refused when a session begins: %s",
             text_clean(clean, sizeof clean, why, false));
}

static void explain_account(const struct evidence *e)
{
    static const char *const whose[] = {
        [ACCOUNT_UNKNOWN] = "its owner is unknown",
        [ACCOUNT_NONE] = "",
        [ACCOUNT_MEMBER] = "of the member",
        [ACCOUNT_OURS] = "of the organizations, but not of the member",
        [ACCOUNT_FOREIGN] = "of another name service",
    };
    if (e->account_errno == ENOENT)
        line("account", "no name service knows that name: see nsswitch.conf(5)");
    else if (e->account_errno)
        line("account", "the name services do not answer: %s", strerror(e->account_errno));
    else
        line("account", "uid %" PRIu32 ", %s", e->account_uid, whose[e->question.account]);
}

static void explain_freshness(const struct evidence *e)
{
    const struct freshness *f = &e->question.freshness;
    char age[32], grace[32];
    int64_t ago = clock_wall_ms() - f->confirmed_ms;
    line("snapshot", "generation %" PRIu64, snapshot_u64(&e->snapshot, SNAPSHOT_AT_GENERATION));
    if (f->confirmed)
        line("freshness", "confirmed by the organization just now");
    else if (e->confirm_errno)
        line("freshness", "not confirmed: orgsyncd does not answer: %s",
             strerror(e->confirm_errno));
    else
        line("freshness", "not confirmed: %s", e->reply.text);
    if (e->question.member && f->confirmed_ms > 0 && ago >= 0)
        line("last heard", "%s ago; good for %s offline", span(ago, age), span(f->grace_ms, grace));
}

static void explain_break_glass(void)
{
    struct break_glass g;
    const char *why;
    char text[GLASS_TEXT_MAX];
    int64_t now = clock_wall_ms();
    if (break_glass_read(&g, &why) && glass_in_force(&g, now))
        line("break-glass", "%s", glass_text(&g, now, text));
}

static void explain_rule(const struct evidence *e, unsigned number)
{
    char services[TEXT_SIZE], roles[TEXT_SIZE], teams[TEXT_SIZE], permissions[TEXT_SIZE];
    const struct rule *r;
    if (number == 0 || number > e->policy.rules.count) {
        line("rule", "none of %zu rules matches", e->policy.rules.count);
        return;
    }
    r = &e->policy.rules.rule[number - 1];
    bool any = strcmp(join_part(&r->roles, PART_TEAMS, teams), "none") != 0;
    line("rule", "%u of %zu: services %s; %s%s%s%s; permissions %s%s", number,
         e->policy.rules.count, join(&r->services, services),
         r->everyone ? "everyone; roles " : "roles ", join_part(&r->roles, PART_ROLES, roles),
         any ? "; teams " : "", any ? teams : "", join(&r->permissions, permissions),
         r->break_glass ? "; break_glass" : "");
}

/* The same of the rules that the organization makes for this machine, if it makes any. */
static void explain_org_rule(const struct evidence *e, unsigned number)
{
    char services[TEXT_SIZE];
    const struct rules *rules = e->question.org_rules;
    if (!rules)
        return;
    if (number == 0 || number > rules->count) {
        line("org rule", "none of the organization's %zu for this machine matches", rules->count);
        return;
    }
    const struct rule *r = &rules->rule[number - 1];
    line("org rule", "%u of the organization's %zu for this machine: services %s; role %s", number,
         rules->count, join(&r->services, services), r->roles.first);
}

/* One of the member's keys, as ssh-keygen -l tells of it, and when it ends. */
static void explain_key(const struct evidence *e, const struct ssh_key *key, uint32_t end)
{
    char print[SSH_KEY_FINGERPRINT_SIZE], at[RFC3339_SIZE] = "";
    const char *ends = "";
    if (end != 0) {
        rfc3339_print((int64_t)end * 1000, at);
        ends = key_list_ended(end, clock_wall_ms(), e->question.freshness.confirmed_ms) ? ", ended "
                                                                                        : ", ends ";
    }
    line("key", "%u %s (%s)%s%s", key->bits, ssh_key_fingerprint(key, print), key->type, ends, at);
}

/* The keys that the organization has of the member: orglogin-keys(8). */
static void explain_keys(const struct evidence *e)
{
    struct key_list keys, rest;
    struct ssh_key key;
    uint32_t end;
    unsigned count = 0;
    if (snapshot_keys(&e->snapshot, e->user.uid, &keys) == SNAPSHOT_UNAVAILABLE) {
        line("keys", "damaged in the snapshot: systemctl restart orgsyncd writes it anew");
        return;
    }
    for (rest = keys; key_list_take(&rest, &key, &end);)
        count++;
    if (count == 0)
        line("keys", "none of the organization's");
    else
        line("keys", "%u of the organization's", count);
    while (key_list_take(&keys, &key, &end))
        explain_key(e, &key, end);
}

/* Prints the evidence of the snapshot and orgsyncd, unless the account is not theirs. */
static void explain_evidence(const struct evidence *e, const struct decision *d)
{
    if (d->reason == REASON_FOREIGN)
        return;
    if (e->question.snapshot) {
        explain_member(e);
        explain_freshness(e);
        explain_break_glass();
    }
    if (e->question.snapshot && e->question.member && e->member.state == MEMBER_ACTIVE &&
        !e->question.outdated) {
        explain_rule(e, d->rule);
        explain_org_rule(e, d->org_rule);
    }
    if (e->question.snapshot && e->question.member && strcmp(e->question.service, "sshd") == 0) {
        explain_keys(e);
        explain_home(e);
    }
    if (e->why || !e->question.snapshot)
        line("trouble", "%s %s", PATH_SNAPSHOT, e->why ? e->why : "cannot be used");
}

/* True when E is of nobody. */
static bool is_stranger(const struct evidence *e)
{
    return !e->question.root && !e->question.local && !e->question.member;
}

/* Gathers the evidence of the user, whom the first argument calls by name, e-mail address or remote
 * id. USER gets the name. */
static enum exit_status gather_user(const struct invocation *inv, char user[NAME_MAX_LEN + 1],
                                    struct evidence *e)
{
    const char *who = inv->arg[0];
    evidence_gather(e, who, NULL, inv->arg[1]);
    unsigned served = is_stranger(e) ? member_served(who, user) : 0;
    if (served == 1) {
        evidence_close(e);
        evidence_gather(e, user, NULL, inv->arg[1]);
    }
    if (served < 2)
        return EXIT_DONE;
    evidence_close(e);
    return complain(EXIT_USAGE, "%u users of this machine have %s: give the name of one", served,
                    who);
}

enum exit_status host_explain(const struct invocation *inv)
{
    static const char *const word[] = {[VERDICT_DENY] = "refused",
                                       [VERDICT_ALLOW] = "allowed",
                                       [VERDICT_NOT_MINE] = "not decided here"};
    struct evidence e;
    char user[NAME_MAX_LEN + 1] = "";
    if (gather_user(inv, user, &e) != EXIT_DONE)
        return EXIT_USAGE;
    struct decision d = decide(&e.question, clock_wall_ms());
    line("user", "%s%s%s%s", *user ? user : inv->arg[0], *user ? " (" : "",
         *user ? inv->arg[0] : "", *user ? ")" : "");
    line("service", "%s", inv->arg[1]);
    if (e.question.root || e.question.local) {
        line("account", "local, in /etc/passwd");
    } else {
        explain_account(&e);
        explain_names(inv->arg[0]);
        explain_evidence(&e, &d);
    }
    line("decision", "%s (%s)", word[d.verdict], reason_word(d.reason));
    evidence_close(&e);
    return d.verdict == VERDICT_DENY ? EXIT_NO : EXIT_DONE;
}

enum exit_status host_metrics(const struct invocation *inv)
{
    char text[CONFIRM_ANSWER_MAX];
    (void)inv;
    if (ask_metrics(text) < 0)
        return no_answer();
    fputs(text, stdout);
    return EXIT_DONE;
}

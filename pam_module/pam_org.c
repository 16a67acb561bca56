/*
 * pam_org.so: logins by organization membership and role; see pam_org(8). The decision is
 * common/decide.c's. Here a user's name goes in and PAM's return value, one line for the user and
 * one for the log come out.
 */
#include <inttypes.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/evidence.h"
#include "common/home.h"
#include "common/name.h"
#include "common/paths.h"

#define PAM_EXPORT __attribute__((visibility("default")))

struct arguments {
    struct narrowing narrowing;
    bool quiet, debug, members;
};

static bool take(const char *arg, const char *key, const char **value)
{
    size_t len = strlen(key);
    if (*value || strncmp(arg, key, len) != 0 || arg[len] == '\0')
        return false;
    *value = arg + len;
    return true;
}

/* An argument that nobody knows might have been meant to keep somebody out, and so might the first
 * of two: it refuses everybody. */
static bool parse_arguments(pam_handle_t *pamh, int argc, const char **argv, struct arguments *args)
{
    *args = (struct arguments){0};
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "quiet") == 0)
            args->quiet = true;
        else if (strcmp(argv[i], "debug") == 0)
            args->debug = true;
        else if (strcmp(argv[i], "members") == 0)
            args->members = true;
        else if (!take(argv[i], "org=", &args->narrowing.org) &&
                 !take(argv[i], "role=", &args->narrowing.role) &&
                 !take(argv[i], "permission=", &args->narrowing.permission)) {
            pam_syslog(pamh, LOG_ERR,
                       "argument \"%s\" is unknown, empty or there twice: want org=, role=, "
                       "permission=, members, quiet or debug",
                       argv[i]);
            return false;
        }
    }
    return true;
}

static void say(pam_handle_t *pamh, int flags, const struct arguments *args, const char *line)
{
    if (!args->quiet && !((unsigned)flags & PAM_SILENT))
        pam_error(pamh, "%s", line);
}

static const char *denial(enum reason reason)
{
    switch (reason) {
    case REASON_STALE:
        return "Access denied: your membership could not be confirmed for too long.";
    case REASON_STRANGER:
        return "Access denied: you are not a member of an organization that may use this machine.";
    case REASON_PENDING:
        return "Access denied: you have not accepted the invitation to the organization yet.";
    case REASON_SUSPENDED:
        return "Access denied: your membership is suspended.";
    case REASON_REMOVED:
        return "Access denied: you are no longer a member of the organization.";
    case REASON_NUMBER:
        return "Access denied: this account is not the one that the organization gave you.";
    case REASON_GROUPS:
        return "Access denied: you are no longer in all groups of this session: log in again.";
    case REASON_ROLE:
    case REASON_NARROWED:
        return "Access denied: your role in the organization does not allow this here.";
    case REASON_ACCESS:
        return "Access denied: the organization does not let you in on this machine.";
    default:
        return "Access denied: this machine cannot tell who is a member at the moment.";
    }
}

/* One line, always the same fields in the same order: key=value, for people and for grep. A name
 * with a space in it could forge fields, so it is not shown. */
static void log_decision(pam_handle_t *pamh, const struct evidence *e, const char *user,
                         const struct decision *d)
{
    static const char *const word[] = {"deny", "allow", "ignore"};
    bool confirmed = e->question.freshness.confirmed;
    bool unavailable = d->reason == REASON_UNAVAILABLE && e->why;
    uint64_t generation = e->snapshot.base ? snapshot_u64(&e->snapshot, SNAPSHOT_AT_GENERATION) : 0;
    int priority = d->reason == REASON_BREAK_GLASS ? LOG_ALERT
                   : d->verdict == VERDICT_DENY    ? LOG_NOTICE
                                                   : LOG_INFO;
    pam_syslog(pamh, priority,
               "user=%s service=%s org=%s decision=%s reason=%s rule=%u age_ms=%" PRId64
               " generation=%" PRIu64 "%s%s",
               remote_id_valid(user) ? user : "(invalid)", e->question.service,
               e->question.member ? e->question.member->org : "-", word[d->verdict],
               reason_word(d->reason), d->rule, confirmed ? e->reply.age_ms : d->age_ms, generation,
               unavailable ? " snapshot " : "", unavailable ? e->why : "");
}

static int return_value(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_ALLOW:
        return PAM_SUCCESS;
    case VERDICT_NOT_MINE:
        return PAM_IGNORE;
    case VERDICT_DENY:
        break;
    }
    return PAM_PERM_DENIED;
}

static int authorize(pam_handle_t *pamh, int flags, const struct arguments *args, const char *user,
                     const char *service)
{
    struct evidence *e = malloc(sizeof *e);
    if (!e) {
        pam_syslog(pamh, LOG_CRIT, "out of memory");
        return PAM_PERM_DENIED;
    }
    evidence_gather(e, user, NULL, service);
    e->question.narrowing = args->narrowing;
    struct decision d = decide(&e->question, clock_wall_ms());
    if (d.verdict != VERDICT_NOT_MINE || args->debug)
        log_decision(pamh, e, user, &d);
    if (d.verdict == VERDICT_DENY)
        say(pamh, flags, args, denial(d.reason));
    if (d.verdict == VERDICT_DENY || d.reason == REASON_BREAK_GLASS)
        confirm_report(confirm_path(), d.reason);
    evidence_close(e);
    free(e);
    return return_value(d.verdict);
}

PAM_EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct arguments args;
    const char *user = NULL, *service = NULL;
    if (!parse_arguments(pamh, argc, argv, &args))
        return PAM_SERVICE_ERR;
    /* Read afresh: a module before us may have changed it, and what is asked for is who it is now.
     */
    if (pam_get_item(pamh, PAM_USER, (const void **)&user) != PAM_SUCCESS || !user || !*user ||
        pam_get_item(pamh, PAM_SERVICE, (const void **)&service) != PAM_SUCCESS || !service) {
        pam_syslog(pamh, LOG_ERR, "no user name: refused");
        return PAM_SERVICE_ERR;
    }
    return authorize(pamh, flags, &args, user, service);
}

/* For programs that change an account, such as chsh: a member is told why not, before he is asked
 * for a password that he has not. Everybody else passes. */
static int refuse_member(pam_handle_t *pamh, int flags, const struct arguments *args)
{
    const char *user = NULL;
    if (pam_get_item(pamh, PAM_USER, (const void **)&user) != PAM_SUCCESS || !user ||
        !evidence_is_member(user))
        return PAM_IGNORE;
    say(pamh, flags, args,
        "The organization keeps this account: its password, name and shell cannot be changed on "
        "this machine.");
    return PAM_PERM_DENIED;
}

/*
 * The end of an authentication stack, in pam_deny's place: whoever gets here has proved nothing.
 * The line is the same for everybody, so that it tells a stranger nothing about an account.
 */
PAM_EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct arguments args;
    if (!parse_arguments(pamh, argc, argv, &args))
        return PAM_AUTH_ERR;
    if (args.members)
        return refuse_member(pamh, flags, &args);
    say(pamh, flags, &args, "Access denied: this machine admits members of its organization only.");
    return PAM_AUTH_ERR;
}

/* Called twice by libpam, for the check beforehand and for the change; a refusal of the first is
 * the end. */
PAM_EXPORT int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct arguments args;
    if (!parse_arguments(pamh, argc, argv, &args))
        return PAM_SERVICE_ERR;
    return refuse_member(pamh, flags, &args);
}

PAM_EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return PAM_IGNORE;
}

/* A login in a home where others can put something would run what they put there. */
static int check_home(pam_handle_t *pamh, int flags, const struct arguments *args, const char *user)
{
    char why[HOME_WHY_MAX], clean[HOME_WHY_MAX], line[HOME_WHY_MAX + 128];
    const struct passwd *pw = pam_modutil_getpwnam(pamh, user);
    if (!pw)
        snprintf(why, sizeof why, "it is not known");
    else if (home_fit(pw->pw_dir, pw->pw_uid, why))
        return PAM_IGNORE;
    text_clean(clean, sizeof clean, why, false);
    pam_syslog(pamh, LOG_NOTICE, "user=%s home refused: %s", user, clean);
    snprintf(line, sizeof line, "Access denied: your home directory cannot be used: %s.", clean);
    say(pamh, flags, args, line);
    return PAM_PERM_DENIED;
}

/* In front of the module that makes a home directory. It is nobody's affair but members'. */
PAM_EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct arguments args;
    const char *user = NULL;
    if (!parse_arguments(pamh, argc, argv, &args))
        return PAM_SERVICE_ERR;
    if (pam_get_item(pamh, PAM_USER, (const void **)&user) != PAM_SUCCESS || !user ||
        !evidence_is_member(user))
        return PAM_IGNORE;
    return check_home(pamh, flags, &args, user);
}

PAM_EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return PAM_IGNORE;
}

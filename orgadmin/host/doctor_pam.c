/*
 * host doctor: the real PAM stacks, run for people whose answer is known. Each run is a process of
 * its own: a module that crashes or hangs is found, and takes nobody with it.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/local.h"
#include "common/paths.h"
#include "orgadmin/host/child.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/pam_stack.h"

#define RUN_LIMIT_MS 10000 /* pam_org waits at most as long as the snapshot's time-out, too */
#define ORDINARY_UID 1000  /* from here on people's, not the system's */
#define NOBODY_UID   65534
#define STACKS       PATH_DOC "/pam.d"
#define STACK_ADVICE                                                                               \
    STACKS " (or pam.d.fedora) has the stacks, with the reason for each word; on Debian "          \
           "pam-auth-update --enable orglogin makes them"
#define ROOT_ADVICE "keep a root shell open until this is right; " STACK_ADVICE
#define LOG_ADVICE  "the log has PAM's own words: journalctl -t orgadmin"

/* --- one run --- */

struct run {
    const char *service, *user;
    struct child child;
};

/* The last message of a module goes to standard output behind the answer. */
static int converse(int count, const struct pam_message **message, struct pam_response **response,
                    void *arg)
{
    char *said = arg;
    *response = calloc((size_t)count, sizeof **response);
    if (!*response)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        if (message[i]->msg_style == PAM_TEXT_INFO || message[i]->msg_style == PAM_ERROR_MSG) {
            snprintf(said, DOCTOR_TEXT_MAX, "%s", message[i]->msg);
            continue;
        }
        free(*response); /* a question: there is nobody to answer it */
        *response = NULL;
        return PAM_CONV_ERR;
    }
    return PAM_SUCCESS;
}

/* In a child. Not the exit status tells the answer: a module might call exit. */
static int account(void *arg)
{
    const struct run *r = arg;
    char said[DOCTOR_TEXT_MAX] = "";
    const struct pam_conv conversation = {converse, said};
    pam_handle_t *pamh = NULL;
    int out = dup(STDOUT_FILENO); /* what a module prints is not the answer */
    dup2(STDERR_FILENO, STDOUT_FILENO);
    /* su is called by people: what their stacks leave to a caller who is root is not looked at. */
    if (strncmp(r->service, "su", 2) == 0 && setresuid(NOBODY_UID, 0, 0) < 0)
        return 1;
    int rc = pam_start(r->service, r->user, &conversation, &pamh);
    if (rc == PAM_SUCCESS)
        rc = pam_acct_mgmt(pamh, 0);
    said[strcspn(said, "\n")] = '\0';
    dprintf(out, "pam %d\n%s", rc, said);
    if (pamh)
        pam_end(pamh, rc);
    return 0;
}

static void run_start(const struct doctor *d, struct run *r, const char *service, const char *user)
{
    int wait = d->snapshot.base ? (int)snapshot_u32(&d->snapshot, SNAPSHOT_AT_TIMEOUT) : 0;
    r->service = service;
    r->user = user;
    child_start(&r->child, account, r, RUN_LIMIT_MS + (wait > 0 && wait < 30000 ? wait : 0));
}

/* Not a refusal but a stack that cannot do its work. */
static bool is_broken(int rc)
{
    static const int codes[] = {PAM_OPEN_ERR,   PAM_SYMBOL_ERR,     PAM_SERVICE_ERR,
                                PAM_SYSTEM_ERR, PAM_BUF_ERR,        PAM_ABORT,
                                PAM_CONV_ERR,   PAM_MODULE_UNKNOWN, PAM_BAD_ITEM};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (rc == codes[i])
            return true;
    return false;
}

/* PAM's answer, and in *WHY what was said about it; -1 when there was none. */
static int run_end(struct run *r, const char **why)
{
    int rc = -1;
    child_end(&r->child);
    const char *line = strchr(r->child.out, '\n');
    *why = r->child.fate[0] ? r->child.fate : "a module ended the program";
    if (!line || sscanf(r->child.out, "pam %d", &rc) != 1)
        return -1;
    *why = line[1] && !is_broken(rc) ? line + 1 : pam_strerror(NULL, rc);
    return rc;
}

/* --- the services --- */

enum who { STRANGER, LEFT, UNFIT, ROOT, LOCAL, MEMBER, WHO };

#define DOORS_MAX 16 /* of pam_stack_doors */

struct visit {
    const char *service;
    char why[PAM_STACK_WHY_MAX]; /* what is wrong with the stack itself */
    struct run run[WHO];
    char user[WHO][NAME_MAX_LEN + 1]; /* "" for nobody */
};

/* An active member on whom pam_org would decide VERDICT now; "" when there is none among the first.
 */
static const char *find_member(const struct doctor *d, const char *service, enum verdict verdict)
{
    struct snapshot_user user;
    struct doctor_walk walk = {0};
    while (d->snapshot.base && doctor_next_member(d, &walk, &user))
        if (doctor_decide(d, &user, service, false) == verdict)
            return user.name;
    return "";
}

/* Starts everybody's runs of a service; all wait beside each other for orgsyncd. */
static void visit_start(const struct doctor *d, struct visit *v, const char *service,
                        const char *stranger)
{
    bool able = d->module && d->lookup;
    const char *users[WHO] = {stranger,
                              d->left.name ? d->left.name : "",
                              able ? find_member(d, service, VERDICT_DENY) : "",
                              "root",
                              d->local,
                              able ? find_member(d, service, VERDICT_ALLOW) : ""};
    *v->why = '\0';
    v->service = NULL;
    enum pam_stack look = pam_stack_look(service, v->why);
    if (look == PAM_STACK_NONE)
        return;
    if (look == PAM_STACK_EMPTY)
        pam_stack_look("other", v->why);
    v->service = service;
    for (int who = 0; who < WHO; who++) {
        snprintf(v->user[who], sizeof v->user[who], "%s", *v->why ? "" : users[who]);
        if (*v->user[who])
            run_start(d, &v->run[who], service, v->user[who]);
    }
}

/* Checks that RC is the right answer for WHO. An account that has expired says so itself, and
 * nothing of us.
 */
static bool expected(const struct doctor *d, enum who who, int rc)
{
    bool in = rc == PAM_SUCCESS || rc == PAM_NEW_AUTHTOK_REQD;
    if (rc < 0)
        return false;
    if (who <= UNFIT)
        return !in && (!is_broken(rc) || !d->module);
    return in || (who == LOCAL && rc == PAM_ACCT_EXPIRED);
}

static void note_fault(struct doctor *d, const char *name, enum who who, const char *user, int rc,
                       const char *why)
{
    static const char *const before[WHO] = {"a stranger",      "",           "the member ", "root",
                                            "the local user ", "the member "};
    static const char *const after[WHO] = {
        [LEFT] = ", who left,", [UNFIT] = ", whose roles do not do,"};
    char whom[64];
    bool in = rc == PAM_SUCCESS || rc == PAM_NEW_AUTHTOK_REQD;
    snprintf(whom, sizeof whom, "%s%s%s", before[who], who == STRANGER || who == ROOT ? "" : user,
             after[who] ? after[who] : "");
    if (rc < 0)
        doctor_note(d, name, FOUND_FAILURE, "remove the module that gives no answer",
                    "asked about %s: %s", whom, why);
    else if (in)
        doctor_note(d, name, FOUND_FAILURE, STACK_ADVICE, "%s is let in", whom);
    else if (who <= UNFIT)
        doctor_note(d, name, FOUND_FAILURE, LOG_ADVICE, "%s is refused, but by mistake: %s", whom,
                    why);
    else
        doctor_note(d, name, FOUND_FAILURE, who == MEMBER ? STACK_ADVICE : ROOT_ADVICE,
                    "%s is refused: %s", whom, why);
}

static void visit_end(struct doctor *d, struct visit *v)
{
    char name[64];
    const char *why;
    bool good = *v->why == '\0';
    snprintf(name, sizeof name, "PAM %s", v->service);
    if (!good)
        doctor_note(d, name, FOUND_FAILURE, STACK_ADVICE, "%s", v->why);
    for (int who = 0; who < WHO; who++) {
        if (!*v->user[who])
            continue;
        int rc = run_end(&v->run[who], &why);
        bool right = expected(d, (enum who)who, rc);
        if (good && !right)
            note_fault(d, name, (enum who)who, v->user[who], rc, why);
        good &= right;
    }
    if (good)
        doctor_note(d, name, FOUND_OK, "", "refuses strangers%s%s%s%s; lets in root%s%s%s%s",
                    *v->user[LEFT] ? *v->user[UNFIT] ? ", " : " and " : "", v->user[LEFT],
                    *v->user[UNFIT] ? " and " : "", v->user[UNFIT], *v->user[LOCAL] ? ", " : "",
                    v->user[LOCAL], *v->user[MEMBER] ? ", " : "", v->user[MEMBER]);
}

static void check_services(struct doctor *d)
{
    static struct visit visit[DOORS_MAX];
    char stranger[NAME_MAX_LEN + 1];
    uint64_t number = 0;
    /* Nothing can be prepared for a random name. */
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = (uint64_t)clock_wall_ms();
    snprintf(stranger, sizeof stranger, "doctor-%016" PRIx64, number);
    for (size_t i = 0; i < DOORS_MAX && pam_stack_doors[i]; i++)
        visit_start(d, &visit[i], pam_stack_doors[i], stranger);
    for (size_t i = 0; i < DOORS_MAX && pam_stack_doors[i]; i++)
        if (visit[i].service)
            visit_end(d, &visit[i]);
}

/* --- the services that nobody thought of --- */

struct others {
    unsigned count;
    char names[256];
};

static void look_at_other(void *arg, const char *service)
{
    struct others *o = arg;
    char why[PAM_STACK_WHY_MAX];
    for (const char *const *door = pam_stack_doors; *door; door++)
        if (strcmp(service, *door) == 0)
            return;
    enum pam_stack look = pam_stack_look(service, why);
    if ((look != PAM_STACK_OPEN && look != PAM_STACK_BROKEN) || pam_stack_is_part(service))
        return;
    size_t used = strlen(o->names);
    snprintf(o->names + used, sizeof o->names - used, "%s%s", used ? ", " : "", service);
    o->count++;
}

static void check_others(struct doctor *d)
{
    struct others o = {0};
    pam_stack_services(look_at_other, &o);
    if (o.count)
        doctor_note(d, "PAM others", FOUND_WARNING,
                    "members who left can log in by each of them: " STACK_ADVICE,
                    "pam_org is not asked, or its answer is ignored, by %s", o.names);
    else
        doctor_note(d, "PAM others", FOUND_OK, "", "every other service obeys pam_org");
}

/* --- what is needed for all of it --- */

static int load_module(void *arg)
{
    (void)arg;
    void *module = dlopen(PATH_PAM_MODULE, RTLD_NOW);
    if (module && dlsym(module, "pam_sm_acct_mgmt"))
        return 0;
    printf("%s", dlerror());
    return 1;
}

static void check_module(struct doctor *d)
{
    struct child c;
    child_start(&c, load_module, NULL, RUN_LIMIT_MS);
    d->module = child_end(&c) && c.status == 0;
    if (d->module)
        doctor_note(d, "pam_org", FOUND_OK, "", PATH_PAM_MODULE " can be loaded");
    else
        doctor_note(d, "pam_org", FOUND_FAILURE,
                    "reinstall the package; until then every member is refused",
                    PATH_PAM_MODULE ": %s", c.fate[0] ? c.fate : c.out);
}

static bool people_log_in(const struct passwd *pw)
{
    const char *slash = strrchr(pw->pw_shell, '/'), *shell = slash ? slash + 1 : pw->pw_shell;
    return pw->pw_uid >= ORDINARY_UID && pw->pw_uid != NOBODY_UID &&
           strcmp(shell, "nologin") != 0 && strcmp(shell, "false") != 0;
}

static bool take_local(const struct passwd *user, void *arg)
{
    struct doctor *d = arg;
    if (people_log_in(user) && strlen(user->pw_name) <= NAME_MAX_LEN)
        snprintf(d->local, sizeof d->local, "%s", user->pw_name);
    return !*d->local;
}

/* In a child, as another name service may hang: prints an account that is neither in /etc/passwd
 * nor a member's. */
static int take_foreign(void *arg)
{
    const struct doctor *d = arg;
    struct snapshot_user member;
    const struct passwd *pw;
    while ((pw = getpwent()) != NULL)
        if (people_log_in(pw) && strlen(pw->pw_name) <= NAME_MAX_LEN &&
            (!d->snapshot.base ||
             snapshot_user_by_uid(&d->snapshot, pw->pw_uid, &member) == SNAPSHOT_ABSENT))
            return printf("%s", pw->pw_name) < 0;
    return 0;
}

static void check_local(struct doctor *d)
{
    struct child c;
    local_each_user(take_local, d);
    if (!*d->local) {
        child_start(&c, take_foreign, d, RUN_LIMIT_MS);
        if (child_end(&c))
            snprintf(d->local, sizeof d->local, "%.*s", NAME_MAX_LEN, c.out);
    }
    if (*d->local)
        doctor_note(d, "local account", FOUND_OK, "", "%s, beside root", d->local);
    else
        doctor_note(d, "local account", FOUND_WARNING,
                    "keep one whose password or key you know, for the day on which no member gets "
                    "in",
                    "there is none beside root");
}

void doctor_pam(struct doctor *d)
{
    check_module(d);
    check_local(d);
    check_services(d);
    check_others(d);
}

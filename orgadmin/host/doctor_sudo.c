/* host doctor: does sudo ask PAM, and of the services that guard it? */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orgadmin/host/child.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/pam_stack.h"

#define SUDOERS    "/etc/sudoers"
#define CVTSUDOERS "/usr/bin/cvtsudoers"

/* What is wrong with the option OPTION of a Defaults line, into WHY; "" when nothing is. */
static void judge_option(const cJSON *option, char why[DOCTOR_TEXT_MAX])
{
    char stack[PAM_STACK_WHY_MAX];
    const cJSON *value = option->child;
    *why = '\0';
    if (!value || !value->string)
        return;
    if (strcmp(value->string, "pam_acct_mgmt") == 0 && cJSON_IsFalse(value)) {
        snprintf(why, DOCTOR_TEXT_MAX, "!pam_acct_mgmt: sudo does not ask pam_org about anybody");
    } else if ((strcmp(value->string, "pam_service") == 0 ||
                strcmp(value->string, "pam_login_service") == 0 ||
                strcmp(value->string, "pam_askpass_service") == 0) &&
               cJSON_IsString(value) &&
               pam_stack_look(value->valuestring, stack) != PAM_STACK_GUARDED) {
        snprintf(why, DOCTOR_TEXT_MAX, "%s=%s: pam_org is not asked there%s%s", value->string,
                 value->valuestring, *stack ? ": " : "", stack);
    }
}

static const cJSON *first_of(const cJSON *object, const char *name)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, name);
    return array ? array->child : NULL;
}

/* The first fault in the Defaults of what cvtsudoers printed; "" when there is none. */
static void judge_defaults(const cJSON *sudoers, char why[DOCTOR_TEXT_MAX])
{
    *why = '\0';
    for (const cJSON *line = first_of(sudoers, "Defaults"); line; line = line->next)
        for (const cJSON *o = first_of(line, "Options"); o && !*why; o = o->next)
            judge_option(o, why);
}

/* Why C, cvtsudoers, has printed nothing that we can read. */
static const char *why_unread(struct child *c)
{
    if (strlen(c->out) == CHILD_TEXT_MAX - 1)
        return "its Defaults are longer than 16 kB";
    c->err[strcspn(c->err, "\r\n")] = '\0';
    return c->fate[0] ? c->fate : c->err;
}

void doctor_sudo(struct doctor *d)
{
    static const char *const argv[] = {CVTSUDOERS, "--output-format=json",
                                       "--suppress=aliases,privileges", SUDOERS, NULL};
    struct child c;
    char why[DOCTOR_TEXT_MAX];
    if (access(SUDOERS, F_OK) < 0)
        return;
    if (access(CVTSUDOERS, X_OK) < 0) {
        doctor_note(d, "sudoers", FOUND_SKIPPED, "", CVTSUDOERS " is not there to read it");
        return;
    }
    child_start_program(&c, argv, DOCTOR_PROGRAM_MS);
    bool ended = child_end(&c) && c.status == 0;
    cJSON *sudoers = ended ? cJSON_Parse(c.out) : NULL;
    judge_defaults(sudoers, why);
    if (!sudoers)
        doctor_note(d, "sudoers", FOUND_WARNING, "visudo -c says what is wrong",
                    "it cannot be looked at: %s", why_unread(&c));
    else if (*why)
        doctor_note(d, "sudoers", FOUND_FAILURE,
                    "take that Defaults line out, or name a service whose stack asks pam_org", "%s",
                    why);
    else
        doctor_note(d, "sudoers", FOUND_OK, "", "sudo asks PAM about everybody");
    cJSON_Delete(sudoers);
}

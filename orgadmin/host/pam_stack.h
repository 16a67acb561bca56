/*
 * The account phase of a PAM service as its files have it (pam.d(5)): is pam_org asked, and does
 * its refusal count whatever the other modules say? A look at what PAM answers cannot tell that on
 * a machine where nobody has left yet.
 */
#ifndef ORGADMIN_HOST_PAM_STACK_H
#define ORGADMIN_HOST_PAM_STACK_H

#include <stdbool.h>

#define PAM_STACK_WHY_MAX 256

enum pam_stack {
    PAM_STACK_GUARDED, /* whom pam_org refuses is refused */
    PAM_STACK_OPEN,    /* it is not asked, or not minded: WHY */
    PAM_STACK_BROKEN,  /* a file cannot be read or is too large: WHY */
    PAM_STACK_EMPTY,   /* the service has no account phase of its own: "other" has it */
    PAM_STACK_NONE     /* there is no such service */
};

/*
 * Looks at SERVICE below /etc/pam.d, or where it is not there below /usr/lib/pam.d. The modules
 * that pick out local or system accounts (pam_localuser, pam_rootok, pam_succeed_if and their like)
 * are taken to pick out nobody, pam_org to refuse, all others to have nothing against it. WHY is
 * one line, "" unless said above.
 */
enum pam_stack pam_stack_look(const char *service, char why[PAM_STACK_WHY_MAX]);

/* True if MODULE ("pam_mkhomedir.so") is in the phase TYPE ("session") of SERVICE. */
bool pam_stack_has(const char *service, const char *type, const char *module);

/* True if the phase TYPE ("auth") of SERVICE can end well for a person who answers what its modules
 * ask; the modules are taken as by pam_stack_look. */
bool pam_stack_succeeds(const char *service, const char *type);

/* The services by which people come in, or become others, and jobs run; ends with NULL. */
extern const char *const pam_stack_doors[];

/* True if NAME is no service but a file that services include. */
bool pam_stack_is_part(const char *name);

/* Calls EACH with the name of every service there is, those of /etc/pam.d sorted, then those that
 * only /usr/lib/pam.d has. */
void pam_stack_services(void (*each)(void *arg, const char *service), void *arg);

#endif

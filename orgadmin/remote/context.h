/*
 * What orgadmin remembers between two runs, below $XDG_CONFIG_HOME/orgadmin: a login for each
 * profile in PROFILE.json (mode 0600), and the name of the profile in use in the file "current".
 */
#ifndef ORGADMIN_REMOTE_CONTEXT_H
#define ORGADMIN_REMOTE_CONTEXT_H

#include "orgadmin/invocation.h"
#include "orgadmin/remote/credential.h"
#include "orgadmin/remote/private_file.h"

#define CONTEXT_TEXT_MAX 1100 /* RECORD_TEXT_MAX fits */
#define PROFILE_MAX      65   /* with its NUL */
#define PROFILE_DEFAULT  "default"

/* An option of a single vendor, for struct provider_settings. */
#define CONTEXT_OPTIONS_MAX 8
struct context_option {
    char name[PAIR_NAME_MAX];
    char value[512];
};

struct context {
    char profile[PROFILE_MAX];
    char provider[32];
    char url[CONTEXT_TEXT_MAX]; /* "" when nobody is logged in */
    struct context_option option[CONTEXT_OPTIONS_MAX];
    size_t options;
    char token[SECRET_MAX];
    char account[CONTEXT_TEXT_MAX]; /* whom the API took us for, for people */
    char ca_file[CONTEXT_TEXT_MAX];
    char proxy[CONTEXT_TEXT_MAX];  /* "": as the environment says; "none" */
    char org_id[CONTEXT_TEXT_MAX]; /* "" when no organization is chosen */
    char org_name[CONTEXT_TEXT_MAX];
};

/* Fills NAME with PROFILE, or with NULL with the profile in use: ORGADMIN_PROFILE, else what
 * context_use set, else "default". EXIT_DONE; or EXIT_USAGE after a complaint: none can be called
 * so. */
enum exit_status context_profile(const char *profile, char name[PROFILE_MAX]);

/*
 * Fills *C with the login of PROFILE (NULL as above). Its texts but the profile are "" when nothing
 * is stored. EXIT_DONE; EXIT_USAGE (no such name can be) or EXIT_SETUP (unreadable, untrusted,
 * damaged) after a complaint, the profile still being filled in.
 */
enum exit_status context_load(const char *profile, struct context *c);

/* EXIT_DONE when a login to URL as ACCOUNT (NULL: not known yet) may be stored as PROFILE (NULL as
 * above); EXIT_USAGE after a complaint when that would overwrite another one. Fills NAME with the
 * profile's. */
enum exit_status context_vacant(const char *profile, const char *url, const char *account,
                                char name[PROFILE_MAX]);

/* Makes the place for PROFILE's login (directories, mode 0700); to be followed by context_save or
 * private_file_abandon. EXIT_DONE, or EXIT_SETUP after a complaint. */
enum exit_status context_begin(struct private_file *f, const char *profile);
enum exit_status context_save(struct private_file *f, const struct context *c);

/* EXIT_DONE when PROFILE's login can be stored, before anything is asked that cannot be taken back;
 * EXIT_SETUP after a complaint. Nothing is left. */
enum exit_status context_check(const char *profile);

/* Sets the option NAME to VALUE, in the place of the one of before. False when there is no room. */
bool context_set_option(struct context *c, const char *name, const char *value);

/* Makes PROFILE the one in use; nothing is written when it is. EXIT_DONE, or EXIT_SETUP. */
enum exit_status context_use(const char *profile);

/* True when something, sound or not, is stored as PROFILE. */
bool context_stored(const char *profile);

/* Forgets PROFILE's login and the names that were kept with it. EXIT_DONE, EXIT_SETUP. */
enum exit_status context_remove(const char *profile);

/* Calls EACH with every profile's name, sorted, until one does not return EXIT_DONE. */
enum exit_status context_each(enum exit_status (*each)(void *arg, const char *profile), void *arg);

/* PATH (PRIVATE_PATH_MAX) of PROFILE's file with ENDING below the directory; -1 when there is no
 * usable one. Complains about nothing. */
int context_path(const char *profile, const char *ending, char path[PRIVATE_PATH_MAX]);

#endif

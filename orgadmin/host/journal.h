/*
 * What an enrollment changes on the machine, as it was before: kept until the enrollment has ended,
 * so that one that fails, or was killed at any moment, leaves nothing behind. Copies of files are
 * put back then, and only then: unenroll, months later, edits. One process at a time; the calls
 * complain about what fails.
 */
#ifndef ORGADMIN_HOST_JOURNAL_H
#define ORGADMIN_HOST_JOURNAL_H

#include <stdbool.h>

#define PATH_NSSWITCH "/etc/nsswitch.conf"
#define PATH_DROP_IN  "/etc/ssh/sshd_config.d/orglogin.conf"

/* Keeps other enrollments away until the process ends, and whatever it has started with
 * journal_share: also when it is killed. False when another one goes on for half a minute. */
bool journal_lock(void);

/* With SHARE, what is started from now on holds the lock as well. */
void journal_share(bool share);

/* True when an enrollment has begun and not ended. */
bool journal_pending(void);

/* Notes what there is; from here on journal_undo leads back to it. False: nothing is changed. */
bool journal_begin(void);

/* Notes the file of orglogin's own at PATH, which is written next: journal_undo puts it back, and
 * keeps what there is then (kept.h). False: it is not to be written. */
bool journal_note(const char *path);

/* Notes the code that is used next: what it gives is kept with it. */
bool journal_note_code(const char *code);

/* Puts everything back. Can be repeated; false when something was not possible, and is still to be
 * done. */
bool journal_undo(void);

/* The enrollment has ended well. */
bool journal_end(void);

#endif

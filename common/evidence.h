/*
 * What the decision needs to know about a user, gathered from the machine, the snapshot and
 * orgsyncd: the one path that pam_org.so, orglogin-keys and `orgadmin host explain` take.
 */
#ifndef COMMON_EVIDENCE_H
#define COMMON_EVIDENCE_H

#include "common/confirm.h"
#include "common/decide.h"
#include "common/snapshot.h"

/* Filled by evidence_gather; its strings point into SNAPSHOT. Too large for a small stack (about 10
 * kB).
 */
struct evidence {
    struct snapshot snapshot; /* base is NULL when there is none */
    const char *why; /* what keeps the snapshot from telling who may log in, "does not exist";
                        static, NULL when nothing does */
    struct snapshot_policy policy;
    struct snapshot_user user;
    struct snapshot_grants grants;
    struct membership member;
    struct rules org_rules; /* the member's organization's own */
    struct question question;
    int account_errno;    /* why the name services gave no account, ENOENT when there is none, 0 */
    uint32_t account_uid; /* the account's number when that is 0 */
    int confirm_errno;    /* why orgsyncd gave no answer, 0 when it did or was not asked */
    struct confirm_reply reply; /* status CONFIRM_NO when it was not asked */
};

/*
 * Gathers what is known of NAME who wants SERVICE, into *E; SERVICE must outlive *E. For root and
 * local accounts nothing but /etc/passwd is read. For everybody else the account's number is *UID
 * where the caller has it from the name services; with UID NULL they are asked here (getpwnam_r,
 * which comes back to libnss_org.so.2). If that is another service's nothing more is done; else
 * orgsyncd is asked to confirm the user's organization (all of them for an unknown name) as fresh
 * as the snapshot's settings want, for at most its time-out, and the snapshot is read again if
 * there is a newer one by then. One that is about to be replaced is waited for, for the rest of
 * that time. Thread-safe. evidence_close ends it.
 */
void evidence_gather(struct evidence *e, const char *name, const uint32_t *uid,
                     const char *service);
void evidence_close(struct evidence *e);

/* True if NAME's account is a member's, active or not, by the snapshot as it is and the account's
 * number; false also when nobody can tell. Orgsyncd is not asked. Thread-safe. */
bool evidence_is_member(const char *name);

#endif

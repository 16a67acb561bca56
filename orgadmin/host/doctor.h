/*
 * host doctor: what is looked at, in the order in which one thing needs the other, each with what
 * was found and what to do. What cannot be told because of an earlier failure is skipped, so that
 * one fault is one failure.
 */
#ifndef ORGADMIN_HOST_DOCTOR_H
#define ORGADMIN_HOST_DOCTOR_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "common/snapshot.h"
#include "orgadmin/host/host_config.h"

enum finding { FOUND_OK, FOUND_WARNING, FOUND_FAILURE, FOUND_SKIPPED, FINDINGS };

#define DOCTOR_TEXT_MAX   1024
#define DOCTOR_PROGRAM_MS 10000 /* a program that is asked ends within this time */

/* Results of checks that later checks need. */
struct doctor {
    cJSON *records;
    bool lost; /* memory ran out: not all are there */
    unsigned count[FINDINGS];
    char first[DOCTOR_TEXT_MAX + 64]; /* the first failure, for the last line */
    struct host_config config;        /* orgs is 0 when it cannot be used */
    struct snapshot snapshot;         /* base is NULL when there is none that can be used */
    struct snapshot_policy policy;    /* of the snapshot */
    bool fresh[SNAPSHOT_ORGS_MAX]; /* of the policy's organizations: a login would be confirmed */
    struct snapshot_user member;   /* an active one; name is NULL when there is none */
    struct snapshot_user left;     /* a removed or suspended one; likewise */
    char local[NAME_MAX_LEN + 1];  /* a local account beside root that people log in with, or "" */
    bool lookup;                   /* glibc finds the member: pam_org refuses whom it does not */
    bool module;                   /* pam_org.so can be loaded */
};

/* Notes that CHECK found what FORMAT says; ADVICE is what to do about it, "" for nothing. */
__attribute__((format(printf, 5, 6))) void doctor_note(struct doctor *d, const char *check,
                                                       enum finding finding, const char *advice,
                                                       const char *format, ...);

/* pam_org's decision on USER, who is in the snapshot, at SERVICE; with FRESH as if his
 * organization had just been heard from. His account is his. */
enum verdict doctor_decide(const struct doctor *d, const struct snapshot_user *user,
                           const char *service, bool fresh);

/* Goes through the snapshot's first 1000 members: a check of each of them ends soon on every host.
 */
struct doctor_walk {
    uint64_t cursor;
    unsigned seen;
};

/* Sets *USER to WALK's next active member, which lives as long as the snapshot. WALK begins as
 * zeros. Returns false at the end. */
bool doctor_next_member(const struct doctor *d, struct doctor_walk *walk,
                        struct snapshot_user *user);

/* The checks, each file's in their order. */
void doctor_sync(struct doctor *d); /* configuration, files, snapshot, orgsyncd */
void doctor_ids(struct doctor *d);
void doctor_names(struct doctor *d); /* names, nsswitch.conf, libnss_org, nscd */
void doctor_pam(struct doctor *d);   /* pam_org, the services' stacks */
void doctor_homes(struct doctor *d); /* home and shell */
void doctor_sshd(struct doctor *d);
void doctor_keys(struct doctor *d);       /* the ssh keys of members */
void doctor_key_policy(struct doctor *d); /* and those that their organization lets them have */
void doctor_sudo(struct doctor *d);
void doctor_rights(struct doctor *d);   /* whom sudo serves by orglogin.conf */
void doctor_sessions(struct doctor *d); /* what those who left run, own and have planned */
void doctor_readers(struct doctor *d);  /* programs that read the lines of local groups */

/* True if /etc/nsswitch.conf has a line for DATABASE. */
bool nsswitch_has(const char *database);

/* Writes the fault of DATABASE's line in /etc/nsswitch.conf as to "org", "" without one.
 * A result of its own type, for enroll. */
#define NSSWITCH_WHY_MAX 256
enum nsswitch { NSSWITCH_GOOD, NSSWITCH_LACKS, NSSWITCH_WRONG };
enum nsswitch nsswitch_look(const char *database, char why[NSSWITCH_WHY_MAX]);

#endif

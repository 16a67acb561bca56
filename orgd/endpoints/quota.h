/*
 * Quotas: the most that one user, token or organization may have of a thing, or do in a time, so
 * that nobody wears out what all share. What takes away or revokes is never refused for a quota.
 * The store counts stocks; rates are counted here, in memory that is bounded whatever callers do,
 * and begin anew with each start. Settings of the process; rates are thread-safe.
 */
#ifndef ORGD_ENDPOINTS_QUOTA_H
#define ORGD_ENDPOINTS_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum quota {
    QUOTA_ORGANIZATIONS,  /* whose owner one user is, or was at the end */
    QUOTA_MEMBERSHIPS,    /* organizations that one user is or was a member of */
    QUOTA_MEMBERS,        /* of an organization, with those who have left */
    QUOTA_INVITATIONS,    /* pending ones of an organization */
    QUOTA_JOIN_CODES,     /* of an organization, all that have not expired */
    QUOTA_MACHINES,       /* of an organization, but those that did not come in time */
    QUOTA_TOKENS,         /* of an organization, likewise */
    QUOTA_USER_TOKENS,    /* of a user, likewise */
    QUOTA_POLLS,          /* held at a time for an organization */
    QUOTA_TOKEN_POLLS,    /* held at a time with one token */
    QUOTA_CHANGES,        /* an hour in an organization */
    QUOTA_CALLER_CHANGES, /* an hour by a user with all tokens, or by an organization's token */
    QUOTA_KEYS,           /* ssh keys that a user adds in an hour: all hosts hear of each */
    QUOTA_MAILS,          /* an hour for an organization */
    QUOTA_ADDRESS_MAILS,  /* a day to an address */
    QUOTA_NAMES,          /* an hour, of which one asks with an invitation whether they are free */
    QUOTA_GRANTS,         /* device sign-ins that wait at a time */
    QUOTA_CODES,          /* of device sign-ins, that a user enters in an hour */
    QUOTA_ALL_CODES,      /* that all users together enter */
    QUOTA_COUNT
};

#define QUOTA_MOST      1000000000U
#define QUOTA_TEXT_SIZE 128

/* Takes a setting NAME=N, N from 1 to QUOTA_MOST; false when it is none. */
bool quota_set(const char *setting);

/* Writes the names with their defaults, for --help: a line each, indented by INDENT blanks. */
void quota_print(int indent);

/* The number that is set for QUOTA. */
unsigned quota_most(enum quota quota);

/* "An organization has at most 1000 join codes (quota join-codes)."; returns TEXT. */
const char *quota_text(enum quota quota, char text[QUOTA_TEXT_SIZE]);

/* Counts one for WHO against a rate. Returns 0, or the seconds to wait when there are too many:
 * then nothing is counted. */
unsigned quota_take(enum quota quota, const char *who);

/* Counts N more, which have happened. */
void quota_charge(enum quota quota, const char *who, size_t n);

#endif

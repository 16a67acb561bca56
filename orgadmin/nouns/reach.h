/* Whom an organization's access rules let in on which of its machines, computed from the API's
 * listings. What each machine's own configuration refuses is not known here. */
#ifndef ORGADMIN_NOUNS_REACH_H
#define ORGADMIN_NOUNS_REACH_H

#include "orgadmin/remote/connection.h"

#define REACH_RULES_MAX 63
#define REACH_NAMED     5

/* Members whom the same rules are for: a bit each. */
struct reach_members {
    uint64_t rules;
    size_t count, owners;
    bool me; /* the caller is one of them */
    const char *name[REACH_NAMED];
};

/* Enrolled machines with the same rules, before and after a change. */
struct reach_machines {
    uint64_t before, after;
    size_t count;
};

struct reach {
    cJSON *rules;     /* array of access rules (api/provider.h) */
    uint64_t all;     /* a bit for each */
    cJSON *names;     /* of members, which REACH_MEMBERS borrow */
    const char *me;   /* the caller's id, "" where it is a token of the organization */
    cJSON *user;      /* the caller */
    const char *role; /* of owners, or "" */
    struct reach_members *members;
    struct reach_machines *machines;
    size_t member_kinds, machine_kinds;
    uint64_t before, after; /* the rules of the organization */
    const char *machine;    /* the id of a machine that gets other labels, or NULL */
    const char *labels;     /* those */
    bool failed;            /* memory ran out, or there are too many rules */
};

/* Reads the organization's rules into *R, which reach_free frees in any case. */
enum exit_status reach_rules(struct connection *c, struct reach *r);
void reach_free(struct reach *r);

/* The rules that are for the MEMBER, or for a machine with LABELS. */
uint64_t reach_of_member(const struct reach *r, const cJSON *member);
uint64_t reach_of_labels(const struct reach *r, const char *labels);

/* True for a member who is neither suspended, nor only invited. */
bool reach_is_active(const cJSON *member);

/* The services of RULES, as an array of texts: "*" for all. */
cJSON *reach_services(const struct reach *r, uint64_t rules);

/* The ids of RULES. */
cJSON *reach_ids(const struct reach *r, uint64_t rules);

/*
 * Tells who loses what by a change of the rules from R->before to R->after, or of a machine's
 * labels, and on how many machines. *LOSES is how many members do; where the members or machines
 * cannot be listed, the complaint is a remark and *LOSES is SIZE_MAX.
 */
enum exit_status reach_tell(struct connection *c, struct reach *r, size_t *loses);

#endif

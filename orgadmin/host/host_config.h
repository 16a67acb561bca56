/* The parts of orglogin.conf(5) that orgadmin needs. Whether it is right in full is orgsyncd's to
 * say. */
#ifndef ORGADMIN_HOST_HOST_CONFIG_H
#define ORGADMIN_HOST_HOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/name.h"
#include "common/snapshot.h"

#define HOST_GROUPS_MAX   256
#define HOST_OPTIONS_MAX  16
#define HOST_FETCHER_USER "orgsync" /* the user that asks the organizations */

struct host_org {
    char name[NAME_MAX_LEN + 1];
    char provider[TEXT_MAX_LEN + 1], url[TEXT_MAX_LEN + 1], id[TEXT_MAX_LEN + 1];
    char token_file[TEXT_MAX_LEN + 1], ca_file[TEXT_MAX_LEN + 1];
    char proxy[TEXT_MAX_LEN + 1];    /* these six are "" when they are not there */
    char everyone[NAME_MAX_LEN + 1]; /* its first group of all its members, or "" */
    struct {
        char name[NAME_MAX_LEN + 1], value[TEXT_MAX_LEN + 1];
    } option[HOST_OPTIONS_MAX];
    size_t options;
    uint32_t range_first, range_last; /* of its members' and groups' ids: as they are served; before
                                         the first snapshot, as the file says */
};

struct host_config {
    struct host_org org[SNAPSHOT_ORGS_MAX];
    size_t orgs;
    char local_group[HOST_GROUPS_MAX][NAME_MAX_LEN + 1]; /* groups with local = true */
    size_t local_groups;
    char on_removal[8];               /* of "sessions", "" when it is not there */
    size_t sudo;                      /* entries of "sudo" */
    char sudo_wild[TEXT_MAX_LEN + 1]; /* the first command in them with a wildcard, or "" */
};

/* Reads the file at PATH (common/file.h says what must be true of it) into *C. 0; or -1 with *WHY a
 * static text and errno as file_read_trusted, EINVAL for a file that libconfig does not take. */
int host_config_read(const char *path, struct host_config *c, const char **why);

#endif

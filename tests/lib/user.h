/* A user in a test's snapshot. */
#ifndef TESTS_USER_H
#define TESTS_USER_H

#include "common/snapshot_writer.h"

static inline void add_user(struct snapshot_writer *w, uint32_t uid, const char *name,
                            enum member_state state, uint32_t grants)
{
    struct snapshot_user_spec user = {.uid = uid,
                                      .gid = uid,
                                      .grants_index = grants,
                                      .state = state,
                                      .name = name,
                                      .gecos = "A Name",
                                      .home = "/home/x",
                                      .shell = "/bin/sh",
                                      .private_group = true};
    snapshot_writer_user(w, &user);
}

#endif

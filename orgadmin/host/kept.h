/*
 * What an enrollment that was undone had got: the configuration that it wrote, the machine's token
 * and the certificates, and the code that they are of. A code works once; so the next enrollment
 * goes on from these. A directory of root's alone: a file of /etc/orglogin has its own name there,
 * one of elsewhere its path with '%' for '/'.
 */
#ifndef ORGADMIN_HOST_KEPT_H
#define ORGADMIN_HOST_KEPT_H

#include <stdbool.h>

#include "common/paths.h"

#define PATH_KEPT ORG_STATEDIR "/kept"

/* True when there is something. */
bool kept_there(void);

/* Moves the file at PATH there, durably; true, too, when there is no file. False after a complaint,
 * the file is where it was then. */
bool kept_take(const char *path);

/* Moves the file at PATH, which has the code, there; nothing else is kept with it. */
void kept_take_code(const char *path);

/* True if what is there is of CODE. */
bool kept_is_of(const char *code);

/* Copies all of it back to where it was, after BEFORE was told of each path; but a configuration
 * that somebody has written meanwhile stays. False after a complaint. */
typedef bool kept_note(const char *path);
bool kept_put_back(kept_note *before);

/* Removes all of it, unless there is a token: nothing else is worth to be gone on from. */
void kept_weigh(void);

/* Removes all of it. */
void kept_forget(void);

#endif

/*
 * The brake. It protects an organization's members from an answer that is wrong as a whole: within
 * an hour at most half of the active members, where there are more than ten, can lose something;
 * who joined within the hour does not count among them, so that neither a swarm of made-up members
 * nor a small organization's coming and going changes the measure. A loss is to be removed
 * or suspended, or to match an access rule or a group of the configuration no longer. A loss beyond
 * the half is held: the member stays as before until an administrator accepts it (CONFIRM_ACCEPT)
 * or the organization takes it back. Losses are counted by member, so that one who lost something
 * within the hour can lose more without being counted again; they and what is held are in the
 * ledger, so that a restart changes nothing. One thread.
 */
#ifndef ORGSYNCD_BRAKE_H
#define ORGSYNCD_BRAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgsyncd/config.h"
#include "orgsyncd/roster.h"

/* Of up to this many members all can lose something. */
#define BRAKE_LEAST     10
#define BRAKE_WINDOW_MS 3600000

enum brake_mode {
    BRAKE_ON,
    BRAKE_ACCEPT, /* an administrator accepts every loss in the next complete listing */
};

/* The judge of one answer. Its caller fills in the first five. */
struct brake {
    const struct config *config;
    const char *org; /* the organization's name in CONFIG */
    const struct roster *known;
    enum brake_mode mode;
    int64_t now_ms; /* wall clock */
    bool measured;  /* BASE and LOST are counted: at the first loss, before anything is applied */
    uint32_t base;  /* members that were active an hour ago */
    uint32_t lost;  /* members that lost something within the hour */
    uint32_t held;  /* losses of this answer that were not held before */
};

/* True if a member loses something when AFTER takes BEFORE's place. */
bool brake_is_loss(const struct brake *b, const struct pipe_member *before,
                   const struct pipe_member *after);

/* The members that were active an hour ago, who joined within it left out. */
uint32_t brake_base(struct brake *b);

/* M, of the roster, is to lose something: true when the loss counts now, false when it is held. */
bool brake_admits(struct brake *b, struct roster_member *m);

/* Since when NOW, who takes BEFORE's place (NULL: there is none), is active: for joined_ms. */
int64_t brake_joined(const struct brake *b, const struct roster_member *before,
                     const struct roster_member *now);

/* M's organization says nothing any more that is to be held. */
void brake_let_go(struct roster_member *m);

/* Forgets what was counted and held: after an accepted listing. True when there was anything. */
bool brake_reset(const struct roster *known);

/* Writes one line about the held losses of KNOWN into TEXT, "" without any. Returns the number of
 * members. */
uint32_t brake_describe(const struct roster *known, char *text, size_t size);

#endif

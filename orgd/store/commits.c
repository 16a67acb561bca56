#include "orgd/store/commits.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "orgd/store/column.h"

/* Bytes of the organizations that one change can concern: as many as a user is in. */
#define MOVED_MOST (64U << 20)
#define NO_LIMIT   INT_MAX

/* An organization whose members change. */
struct moved {
    char organization[ID_SIZE];
    int64_t revision; /* before that: the next commit begins there */
};

void commits_note(struct store *s, const char *organization)
{
    struct moved moved = {0};
    need_lock(s, organization);
    for (size_t at = 0; at < s->moved.len; at += sizeof moved)
        if (strcmp(s->moved.data + at, organization) == 0)
            return;
    snprintf(moved.organization, sizeof moved.organization, "%s", organization);
    moved.revision = statement_number(s, REVISION, VALUES(value_text(organization)));
    if (!buffer_add(&s->moved, &moved, sizeof moved, MOVED_MOST))
        store_fail(s, "one change is of too many organizations");
}

static void hash_member(const struct member *member, void *arg)
{
    struct history_hash *hash = arg;
    if (member->mirrored) {
        history_add_text(hash, member->mirrored->record);
        history_add_text(hash, member->mirrored->keys);
        history_add_number(hash, member->mirrored->there);
        history_add_number(hash, member->revision);
        return;
    }
    history_add_text(hash, member->user.id);
    history_add_text(hash, member->user.email);
    history_add_text(hash, member->user.username);
    history_add_text(hash, member->user.name);
    history_add_text(hash, member->role.name);
    history_add_number(hash, member->role.permissions);
    history_add_number(hash, member->term.ends);
    history_add_text(hash, member->term.after.name);
    history_add_number(hash, member->term.after.permissions);
    history_add_number(hash, membership_state(member));
    history_add_text(hash, member->teams ? member->teams : "");
    history_add_text(hash, member->keys ? member->keys : "");
    history_add_number(hash, member->joined);
    history_add_number(hash, member->revision);
}

/* Makes the changes of an organization's members the next commit of its history. */
static void history_advance(struct store *s, const struct moved *moved)
{
    const char *id = moved->organization;
    struct organization organization;
    struct history_hash hash;
    if (!store_organization(s, id, &organization) || organization.revision == moved->revision)
        return;
    struct commit *commit = &organization.commit;
    history_begin(&hash, commit);
    store_changes(s, id, moved->revision, NO_LIMIT, hash_member, &hash);
    history_end(&hash, commit);
    statement_run(s, COMMIT_LATEST,
                  VALUES(value_text(id), value_number(commit->number), value_tag(commit->tag)));
    statement_run(s, COMMIT_ADD,
                  VALUES(value_text(id), value_number(commit->number), value_tag(commit->tag)));
    statement_run(s, COMMIT_DROP,
                  VALUES(value_text(id), value_number(commit->number - HISTORY_KEPT)));
}

void commits_write(struct store *s)
{
    for (size_t at = 0; at < s->moved.len; at += sizeof(struct moved)) {
        struct moved moved;
        memcpy(&moved, s->moved.data + at, sizeof moved);
        history_advance(s, &moved);
    }
    commits_forget(s);
}

void commits_forget(struct store *s)
{
    s->moved.len = 0;
}

bool store_commit_known(struct store *s, const char *organization, const struct commit *commit)
{
    struct commit ours = {.number = commit->number};
    struct rowset *stmt = statement_begin(
        s, COMMIT_TAG, VALUES(value_text(organization), value_number(commit->number)));
    bool found = statement_row(s, stmt);
    if (found)
        column_tag(s, stmt, 0, ours.tag);
    statement_end(stmt);
    return found && !s->failed && history_same(&ours, commit);
}

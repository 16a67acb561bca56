#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define TEAMS_MAX    65536 /* of an organization */
#define TEAMS_OF_MAX 1000  /* of a member */

/* NAME as a slug: small letters and digits, with a '-' for whatever stands between them. */
static void slug_make(const char *name, char slug[NAME_MAX_LEN + 1])
{
    size_t len = 0;
    for (; *name && len < NAME_MAX_LEN; name++) {
        char c = (char)tolower((unsigned char)*name);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain)
            slug[len++] = c;
        else if (len > 0 && slug[len - 1] != '-')
            slug[len++] = '-';
    }
    while (len > 0 && slug[len - 1] == '-')
        len--;
    slug[len] = '\0';
}

/* Fills the slug and name of TEAM from the body, which may leave out what there is; fails the call
 * when they cannot be. */
static bool team_name(struct call *call, struct team *team)
{
    const char *name = call_text(call, "name"), *slug = call_text(call, "slug");
    struct team other;
    if (name)
        snprintf(team->name, sizeof team->name, "%s", name);
    if (slug)
        snprintf(team->slug, sizeof team->slug, "%s", slug);
    else if (!team->slug[0])
        slug_make(team->name, team->slug);
    if (!name_valid(team->slug)) {
        call_fail(call, 400, "invalid", "slug: the name gives none; give one, like ops-berlin");
        return false;
    }
    if (!store_team_named(call->store, team->organization, team->slug, &other) ||
        strcmp(other.id, team->id) == 0)
        return true;
    call_fail(call, 409, "team_exists", "The organization has a team with the slug %s.",
              team->slug);
    return false;
}

static void reply_team(struct call *call, const struct team *team)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "team", team_json(team));
    call_reply(call, reply);
}

void team_create(struct call *call)
{
    struct team team = {.created = now_ms()};
    snprintf(team.organization, sizeof team.organization, "%s", call->organization.id);
    if (store_team_count(call->store, team.organization) >= TEAMS_MAX) {
        call_fail(call, 409, "too_many", "An organization has at most %d teams.", TEAMS_MAX);
        return;
    }
    if (!team_name(call, &team))
        return;
    id_make("team_", team.id);
    store_team_add(call->store, &team);
    call_event(call, team.organization, "team.create", team.id, team.name, "%s", team.slug);
    reply_team(call, &team);
}

/* The call's organization's team that the body's "id" names; fails the call without one. */
static bool team_named(struct call *call, struct team *team)
{
    if (store_team(call->store, call_text(call, "id"), team) &&
        strcmp(team->organization, call->organization.id) == 0)
        return true;
    call_fail(call, 404, "team_not_found", "The organization has no such team.");
    return false;
}

void team_update(struct call *call)
{
    struct team before, team;
    if (!team_named(call, &before))
        return;
    team = before;
    if (!team_name(call, &team))
        return;
    if (strcmp(team.slug, before.slug) != 0 || strcmp(team.name, before.name) != 0) {
        store_team_update(call->store, &team);
        call_changed(call, team.organization, NEWS_GATHERED);
        call_event(call, team.organization, "team.update", team.id, team.name, "%s (%s) -> %s (%s)",
                   before.slug, before.name, team.slug, team.name);
    }
    reply_team(call, &team);
}

void team_delete(struct call *call)
{
    struct team team;
    if (!team_named(call, &team) || !access_subject_ends(call, "", team.id))
        return;
    store_team_remove(call->store, &team, now_ms());
    call_changed(call, team.organization, NEWS_GATHERED);
    call_event(call, team.organization, "team.delete", team.id, team.name, "%s", team.slug);
    call_ok(call);
}

static void add_team(const struct team *team, void *arg)
{
    page_add(arg, team->created, team->id, team_json(team));
}

void team_list(struct call *call)
{
    struct page page;
    if (!call_page(call, &page))
        return;
    store_teams(call->store, call->organization.id, &page.after, page.limit + 1, add_team, &page);
    call_page_reply(call, &page, "teams");
}

static void add_user(const struct user *user, void *arg)
{
    page_add(arg, 0, user->id, user_json(user));
}

void team_members(struct call *call)
{
    struct team team;
    struct page page;
    if (!team_named(call, &team) || !call_page(call, &page))
        return;
    store_team_members(call->store, team.id, page.after.id, page.limit + 1, add_user, &page);
    call_page_reply(call, &page, "users");
}

/* The team and the member that the body names; fails the call without them. */
static bool pair_named(struct call *call, struct team *team, struct member *member)
{
    if (!team_named(call, team))
        return false;
    if (store_member(call->store, call->organization.id, call_text(call, "userId"), member) &&
        member->active)
        return true;
    call_fail(call, 404, "member_not_found", "The organization has no such member.");
    return false;
}

static void team_changed(struct call *call, const struct team *team, struct member *member,
                         const char *action, bool changed)
{
    if (changed) {
        call_member_change(call, team->organization, member, NEWS_GATHERED);
        call_event(call, team->organization, action, member->user.id, member->user.username,
                   "%s, %s", team->slug, team->id);
    }
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "ok");
    cJSON_AddBoolToObject(reply, "changed", changed);
    call_reply(call, reply);
}

void team_add(struct call *call)
{
    struct team team;
    struct member member;
    if (!pair_named(call, &team, &member))
        return;
    if (store_teams_of(call->store, team.organization, member.user.id) >= TEAMS_OF_MAX) {
        call_fail(call, 409, "too_many", "A member is in at most %d teams.", TEAMS_OF_MAX);
        return;
    }
    team_changed(call, &team, &member, "team.add",
                 store_team_join(call->store, &team, member.user.id));
}

void team_take(struct call *call)
{
    struct team team;
    struct member member;
    if (pair_named(call, &team, &member))
        team_changed(call, &team, &member, "team.remove",
                     store_team_leave(call->store, &team, member.user.id));
}

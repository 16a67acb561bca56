#include "orgd/endpoints/handed_out.h"

#include <stdio.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"
#include "orgd/endpoints/record.h"
#include "orgd/now.h"

#define IDS_MAX (64U << 20)

/* Invitations or join codes are looked at, and afterwards those that must go are withdrawn. */
struct review {
    struct call *call;
    const struct role *now;     /* of the maker, or of the makers with the role CHANGED */
    const struct role *changed; /* NULL: one maker is reviewed */
    bool raised;                /* CHANGED permits more than before */
    struct buffer ids;          /* ID_SIZE each */
};

static bool may_hand_out(struct call *call, const struct role *holder, const char *given)
{
    struct role role;
    if (!holder || !role_covers(holder, PERMISSION_MEMBERS_MANAGE))
        return false;
    return !call_role_find(call, given, &role) || role_may_give(holder, &role);
}

/* True if an invitation or join code that MAKER made, or that gives the role GIVEN, must go. */
static bool must_go(const struct review *r, const struct maker *maker, const char *given)
{
    struct member member;
    if (!r->changed)
        return !may_hand_out(r->call, r->now, given);
    if (r->raised && strcmp(given, r->changed->name) == 0)
        return true;
    if (!maker->id[0] ||
        !store_member(r->call->store, r->call->organization.id, maker->id, &member))
        return false;
    return strcmp(member.role.name, r->changed->name) == 0 && !may_hand_out(r->call, r->now, given);
}

static void id_add(struct review *r, const char *id)
{
    char entry[ID_SIZE] = "";
    snprintf(entry, sizeof entry, "%s", id);
    buffer_add(&r->ids, entry, sizeof entry, IDS_MAX);
}

static void look_at_invitation(const struct invitation *invitation, void *arg)
{
    if (must_go(arg, &invitation->maker, invitation->role))
        id_add(arg, invitation->id);
}

static void look_at_join_code(const struct join_code *code, void *arg)
{
    if (must_go(arg, &code->maker, code->role))
        id_add(arg, code->id);
}

/* Withdraws the invitations and join codes that R says must go: MAKER's alone, or everybody's for
 * NULL. */
static void review_run(struct review *r, const char *maker, struct withdrawn *out)
{
    struct call *call = r->call;
    const char *organization = call->organization.id;
    struct invitation invitation;
    struct join_code code;
    store_invitations_made(call->store, organization, now_ms(), maker, look_at_invitation, r);
    for (size_t at = 0; at < r->ids.len; at += ID_SIZE, out->invitations++)
        if (store_invitation(call->store, r->ids.data + at, &invitation))
            invitation_remove(call, &invitation);
    buffer_free(&r->ids);
    store_join_codes_made(call->store, organization, maker, look_at_join_code, r);
    for (size_t at = 0; at < r->ids.len; at += ID_SIZE, out->join_codes++)
        if (store_join_code(call->store, r->ids.data + at, &code))
            join_code_remove(call, &code);
    buffer_free(&r->ids);
}

/* --- tokens --- */

struct token_naming {
    const struct role *now;
    struct withdrawn *out;
};

static void name_token(const struct token *token, void *arg)
{
    const struct token_naming *naming = arg;
    struct withdrawn *out = naming->out;
    if ((naming->now && role_may_give(naming->now, &token->role)) || out->tokens++ >= TOKENS_NAMED)
        return;
    if (!out->list)
        out->list = cJSON_CreateArray();
    cJSON_AddItemToArray(out->list, token_list_json(token));
}

void handed_out_by(struct call *call, const char *maker, const struct role *now,
                   struct withdrawn *out)
{
    struct review r = {.call = call, .now = now};
    struct token_naming naming = {.now = now, .out = out};
    review_run(&r, maker, out);
    store_tokens_made(call->store, call->organization.id, maker, name_token, &naming);
    if (!now || !role_covers(now, PERMISSION_MEMBERS_MANAGE))
        out->keys = store_keys_given(call->store, call->organization.id, maker);
}

void handed_out_role_changed(struct call *call, const struct role *before, const struct role *now,
                             struct withdrawn *out)
{
    struct review r = {.call = call, .now = now, .changed = now};
    r.raised = !role_covers(before, now->permissions);
    review_run(&r, NULL, out);
}

void handed_out_reply(struct withdrawn *out, cJSON *reply)
{
    cJSON *withdrawn = cJSON_AddObjectToObject(reply, "withdrawn");
    cJSON_AddNumberToObject(withdrawn, "invitations", (double)out->invitations);
    cJSON_AddNumberToObject(withdrawn, "joinCodes", (double)out->join_codes);
    cJSON_AddItemToObject(reply, "tokens", out->list ? out->list : cJSON_CreateArray());
    cJSON_AddNumberToObject(reply, "tokenCount", (double)out->tokens);
    cJSON_AddNumberToObject(reply, "keyCount", (double)out->keys);
    out->list = NULL;
}

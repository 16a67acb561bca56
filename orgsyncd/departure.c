#include "orgsyncd/departure.h"

#include "common/confirm.h"

static bool become(struct departure *d, enum departure_state state, int64_t now_ms)
{
    d->state = state;
    d->since_ms = now_ms;
    return true;
}

bool departure_counts(const struct departure *d, int64_t now_ms)
{
    return d->ended_ms > 0 && d->ended_ms > now_ms - DEPARTURE_WINDOW_MS;
}

/* Who counts already can leave again without being counted again. */
static bool end_within_measure(struct departure_judge *j, struct departure *d)
{
    uint32_t tenth = j->members / DEPARTURE_PART;
    uint32_t most = tenth > DEPARTURE_LEAST ? tenth : DEPARTURE_LEAST;
    if (!departure_counts(d, j->now_ms)) {
        if (j->ended >= most)
            return become(d, DEPARTURE_WAITING, j->now_ms);
        j->ended++;
        d->ended_ms = j->now_ms;
    }
    return become(d, DEPARTURE_DUE, j->now_ms);
}

/* The answer counts as the first of two if it COUNTS and the brake holds nothing of it. */
static bool note(const struct departure_judge *j, struct departure *d, bool counts)
{
    d->history = counts && !j->braked ? j->history : 0;
    d->noted_ms = j->at_ms;
    return d->state == DEPARTURE_NOTED ? false : become(d, DEPARTURE_NOTED, j->now_ms);
}

/* The member was active until this answer. */
static bool leave(struct departure_judge *j, struct departure *d, bool named,
                  const struct text_list *roles)
{
    if (j->sessions->on_removal != SESSIONS_END ||
        text_lists_meet(&j->sessions->except_roles, roles))
        return become(d, DEPARTURE_KEPT, j->now_ms);
    if (named && !j->first && !j->braked)
        return end_within_measure(j, d);
    return note(j, d, named || !j->names);
}

/* The member had left before this answer, which says so, too. */
static bool stay_away(struct departure_judge *j, struct departure *d)
{
    if (d->state != DEPARTURE_NOTED || j->braked)
        return false;
    if (d->history != j->history)
        return note(j, d, true);
    return j->at_ms - d->noted_ms >= DEPARTURE_APART_MS && end_within_measure(j, d);
}

bool departure_present(struct departure *d)
{
    bool changed = d->state != DEPARTURE_NONE;
    d->state = DEPARTURE_NONE;
    d->since_ms = 0;
    return changed;
}

bool departure_named(struct departure_judge *j, struct departure *d, bool active,
                     const struct text_list *roles)
{
    return active ? leave(j, d, true, roles) : stay_away(j, d);
}

bool departure_absent(struct departure_judge *j, struct departure *d, bool active,
                      const struct text_list *roles)
{
    if (active)
        return leave(j, d, false, roles);
    return j->names ? false : stay_away(j, d);
}

void departure_done(struct departure *d, int64_t now_ms)
{
    become(d, DEPARTURE_ENDED, now_ms);
}

const char *departure_word(enum departure_state state)
{
    static const char *const word[] = {[DEPARTURE_NONE] = "",
                                       [DEPARTURE_NOTED] = SESSIONS_NOTED,
                                       [DEPARTURE_DUE] = SESSIONS_ENDING,
                                       [DEPARTURE_WAITING] = SESSIONS_WAITING,
                                       [DEPARTURE_KEPT] = SESSIONS_KEPT,
                                       [DEPARTURE_ENDED] = ""};
    return state <= DEPARTURE_ENDED ? word[state] : "";
}

"""Judges the history of a run of cluster.py, organization by organization. Revisions are the witness: each change has one, each reading
shows one, and the events of the database tell in their order what each of them was.

A history is {"events": [[organization, actor, action, subject, detail]...], "members": {organization: {user: [role, state]}},
"founders": {organization: user}, "operations": [...], "answers": [...]}. An operation has call, return (seconds), org, kind, actor,
subject, role, end ("done", "refused", "unknown") and, when it is done, revision. An answer is what a host was told: call, return, org,
host, revision, cursor, complete, members {user: [role, state]}. faults() gives a line for each contradiction."""
import collections, json, re, sys

ACTION = {'set-role': 'member.set-role', 'remove': 'member.remove', 'suspend': 'member.suspend', 'resume': 'member.resume', 'accept': 'invitation.accept'}
GONE = ['', 'removed']


def replay(history, org):
    """The states of the organization, by revision: states[1] is the first. And the events that made them."""
    state = {history['founders'][org]: ['owner', 'active']}
    states, made, wrong = [None, dict(state)], [None, None], []
    for where, actor, action, subject, detail in history['events']:
        if where != org or action not in ACTION.values():
            continue
        had = state.get(subject, GONE)
        if action == 'invitation.accept':
            state[subject] = [detail.split(',')[0], 'active']
        elif action == 'member.set-role':
            before, after = detail.split(' -> ')
            if had[0] != before:
                wrong.append('%s: %s: the role was %s, and is said to have been %s' % (org, subject, had[0], before))
            state[subject] = [after, had[1]]
        else:
            state[subject] = {'member.remove': GONE, 'member.suspend': [had[0], 'suspended'], 'member.resume': [had[0], 'active']}[action]
        if had == GONE and action != 'invitation.accept':
            wrong.append('%s: revision %d: %s of %s, who is no member' % (org, len(states), action, subject))
        by = states[-1].get(actor, GONE)
        if action != 'invitation.accept' and (by[1] != 'active' or by[0] not in ('owner', 'admin')) and actor != subject:
            wrong.append('%s: revision %d: %s by %s, who may not: %s' % (org, len(states), action, actor, by))
        if ['owner', 'active'] not in state.values():
            wrong.append('%s: revision %d: there is no owner' % (org, len(states)))
        states.append(dict(state))
        made.append([actor, action, subject, state[subject]])
    return states, made, wrong


def present(members):
    return {user: what for user, what in members.items() if what[1] != 'removed'}


def claims(org, operations, states, made):
    """Each change that was acknowledged made its revision, alone, or found it so; what nobody made was not refused, and is once in the events."""
    wrong, taken, unknown = [], set(), collections.Counter()
    for o in operations:
        if o['kind'] not in ACTION:
            continue
        key = (o['actor'], ACTION[o['kind']], o['subject'], o['role'])
        if o['end'] == 'unknown' or (o['end'] == 'done' and o['kind'] == 'accept'):
            unknown[key] += 1 # its answer has no revision
        if o['end'] != 'done' or o['kind'] == 'accept':
            continue
        r = o['revision']
        if r >= len(states):
            wrong.append('%s: revision %d was acknowledged and is lost: %s' % (org, r, key))
        elif made[r] and tuple(made[r][:3]) == key[:3] and (o['kind'] != 'set-role' or made[r][3][0] == o['role']) and r not in taken:
            taken.add(r)
            o['made'] = True
        elif not found(o, states[r]):
            wrong.append('%s: revision %d was acknowledged as %s, and is %s' % (org, r, key, made[r]))
    for r in range(2, len(made)):
        key = (*made[r][:3], made[r][3][0] if made[r][1] in ('member.set-role', 'invitation.accept') else '')
        if r in taken:
            continue
        if unknown[key] == 0:
            wrong.append('%s: revision %d was refused, or made twice: %s' % (org, r, key))
        unknown[key] -= 1
    done = collections.Counter((o['actor']) for o in operations if o['kind'] == 'accept' and o['end'] == 'done')
    there = collections.Counter(m[0] for m in made[2:] if m[1] == 'invitation.accept')
    wrong += ['%s: %d acceptances of %s were acknowledged, and %d are there' % (org, n, user, there[user]) for user, n in done.items() if there[user] < n]
    return wrong


def found(o, state):
    """There was nothing to do."""
    role, there = state.get(o['subject'], GONE)
    return {'set-role': role == o['role'], 'remove': there == 'removed', 'suspend': there == 'suspended', 'resume': there == 'active'}[o['kind']]


def in_order(org, operations, answers, made):
    """What returned before another was called has no higher revision, and what was read was not before it was made."""
    seen = [(o['revision'], 0 if o.get('made') else 1, o['call'], o['return'], o['kind']) for o in operations if o.get('revision')]
    seen += [(a['revision'], 1, a['call'], a['return'], 'poll') for a in answers]
    seen.sort()
    wrong, least = [], (float('inf'), None)
    for one in reversed(seen):
        if least[0] < one[2]:
            wrong.append('%s: %s of revision %d was called %.3f s after %s had shown revision %d' % (org, one[4], one[0], one[2] - least[0], least[1][4], least[1][0]))
        least = min(least, (one[3], one), key=lambda x: x[0])
    return wrong


def views(org, answers, states):
    """Each host's view, after each answer, is what the organization was; and a cursor means one thing everywhere."""
    wrong, view, tags = [], collections.defaultdict(dict), {}
    for a in sorted(answers, key=lambda a: a['return']):
        mine = view[a['host']]
        if a['complete']:
            mine.clear()
        mine.update(a['members'])
        r = a['revision']
        if tags.setdefault(a['cursor'], present(mine)) != present(mine):
            wrong.append('%s: cursor %s means two things' % (org, a['cursor']))
        if tags.setdefault((r,), a['cursor']) != a['cursor']:
            wrong.append('%s: revision %d has two tags: %s, %s' % (org, r, tags[(r,)], a['cursor']))
        if r >= len(states):
            wrong.append('%s: a host was told revision %d, and there are %d' % (org, r, len(states) - 1))
        elif present(mine) != present(states[r]):
            wrong.append("%s: a host's view at revision %d is wrong: %s" % (org, r, sorted(set(map(str, present(mine).items())) ^ set(map(str, present(states[r]).items())))))
    return wrong


def entered(org, operations, answers, states):
    """Who was let in was a member at some revision of that time."""
    wrong = []
    known = [(o['call'], o['return'], o['revision']) for o in operations if o.get('revision')] + [(a['call'], a['return'], a['revision']) for a in answers]
    for o in operations:
        if o['kind'] != 'enter' or o['end'] != 'done':
            continue
        low = max([r for _, returned, r in known if returned < o['call']], default=1)
        high = min([r for called, _, r in known if called > o['return']], default=len(states) - 1)
        if not any(states[r].get(o['actor'], GONE)[1] == 'active' for r in range(low, min(high, len(states) - 1) + 1)):
            wrong.append('%s: %s was let in between the revisions %d and %d' % (org, o['actor'], low, high))
    return wrong


def faults(history, orgs=None):
    """A line for each contradiction, in ORGS or in all organizations."""
    wrong = []
    for org in orgs or history['founders']:
        states, made, bad = replay(history, org)
        operations = [o for o in history['operations'] if o['org'] == org]
        answers = [a for a in history['answers'] if a['org'] == org]
        wrong += bad + claims(org, operations, states, made) + in_order(org, operations, answers, made) + views(org, answers, states)
        wrong += entered(org, operations, answers, states)
        if present(history['members'][org]) != present(states[-1]):
            wrong.append('%s: the members are not what the events say' % org)
    return wrong


# --- the checker is checked: each of these spoils a good history in a way that must be seen ---

def revisions(history, org):
    return [i for i, e in enumerate(history['events']) if e[0] == org and e[2] in ACTION.values()]


def lose_the_last(h, org):
    """A failover lost the newest change."""
    del h['events'][revisions(h, org)[-1]]


def lose_one(h, org):
    del h['events'][revisions(h, org)[len(revisions(h, org)) // 2]]


def doubtful(h, org):
    """What may have been made without an answer that says so."""
    return {(o['actor'], ACTION[o['kind']], o['subject']) for o in h['operations'] if o['org'] == org and o['end'] == 'unknown' and o['kind'] in ACTION}


def make_twice(h, org):
    i = next(i for i in reversed(revisions(h, org)) if tuple(h['events'][i][1:4]) not in doubtful(h, org) and h['events'][i][2] != 'invitation.accept')
    h['events'].insert(i, list(h['events'][i]))


def no_lock(h, org):
    """Two owners who demote each other at once: each saw the other one."""
    states, _, _ = replay(h, org)
    role = {'owner': 'member'}
    for user, (had, state) in states[-1].items():
        if state == 'active' and had in role:
            h['events'].append([org, user, 'member.set-role', user, 'owner -> member'])
            h['members'][org][user] = ['member', 'active']


def stale_poll(h, org):
    """A server behind its database answers a poll that was called after a change's answer."""
    answers = sorted((a for a in h['answers'] if a['org'] == org), key=lambda a: a['return'])
    old, last = answers[len(answers) // 2], max(o['return'] for o in h['operations'] if o['org'] == org and o.get('revision'))
    h['answers'].append(dict(old, call=last + 1, **{'return': last + 2, 'host': 'late', 'complete': True, 'members': replay(h, org)[0][old['revision']]}))


def stale_read(h, org):
    done = sorted((o for o in h['operations'] if o['org'] == org and o.get('revision')), key=lambda o: o['return'])
    h['operations'].append(dict(done[-1], kind='read', revision=done[-1]['revision'] - 20, call=done[-1]['return'] + 0.1, **{'return': done[-1]['return'] + 0.2}))


def not_told(h, org):
    """A host hears of a revision, but not of a member that changed."""
    answer = next(a for a in reversed(h['answers']) if a['org'] == org and a['members'] and not a['complete'])
    answer['members'] = {}


def two_tags(h, org):
    answer = [a for a in h['answers'] if a['org'] == org][-1]
    h['answers'].append(dict(answer, cursor=answer['cursor'] + 'f'))


def let_in(h, org):
    """Who was removed comes in after the removal's answer."""
    states, made, _ = replay(h, org)
    r = next(r for r in range(len(made) - 1, 1, -1) if made[r][1] == 'member.remove')
    last = max(o['return'] for o in h['operations'] if o.get('revision'))
    user = made[r][2]
    if states[-1][user] != GONE:
        h['events'].append([org, next(iter(states[-1])), 'member.remove', user, ''])
        h['members'][org][user] = GONE
        h['operations'].append({'org': org, 'kind': 'remove', 'actor': next(iter(states[-1])), 'subject': user, 'role': '', 'end': 'done', 'revision': len(states), 'call': last, 'return': last + 1})
    h['operations'].append({'org': org, 'kind': 'enter', 'actor': user, 'subject': user, 'role': '', 'end': 'done', 'call': last + 5, 'return': last + 6})
    h['operations'].append({'org': org, 'kind': 'read', 'actor': user, 'subject': '', 'role': '', 'end': 'done', 'call': last + 3, 'return': last + 4,
                            'revision': len(replay(h, org)[0]) - 1})


def unrefused(h, org):
    """A change that was answered with a refusal was made."""
    _, made, _ = replay(h, org)
    shown = collections.Counter(o['revision'] for o in h['operations'] if o['org'] == org and o['kind'] in ACTION and o.get('revision'))  # by who found it so, too
    next(o for o in reversed(h['operations']) if o['org'] == org and o['end'] == 'done' and o['kind'] in ('set-role', 'suspend', 'resume') and
         (o['actor'], ACTION[o['kind']], o['subject']) not in doubtful(h, org) and shown[o['revision']] == 1 and made[o['revision']] and made[o['revision']][:3] == [o['actor'], ACTION[o['kind']], o['subject']]
         ).update(end='refused', revision=None)


SPOILED = {lose_the_last: 'acknowledged and is lost|members are not what', lose_one: 'acknowledged|view at revision', make_twice: 'made twice|is no member|said to have been', no_lock: 'there is no owner',
           stale_poll: 'poll of revision .* was called', stale_read: 'read of revision .* was called', not_told: 'view at revision', two_tags: 'has two tags',
           let_in: 'was let in', unrefused: 'was refused'}

if __name__ == '__main__':
    text = open(sys.argv[1]).read()
    for spoil, why in SPOILED.items():
        missed = []
        for org in json.loads(text)['founders']:
            history = json.loads(text)
            spoil(history, org)
            if not re.search(why, '\n'.join(faults(history, [org]))):
                missed.append(org)
        print(spoil.__name__, 'is seen' if not missed else 'is not seen in %s' % missed)

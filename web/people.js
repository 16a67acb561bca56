// The members of an organization: pages of them, a search, roles, suspension and removal.
import { show } from './api.js';
import { arm, change, clone, date, element, fillIn, good, name } from './ui.js';

const PAGE = 50;
const SEARCHES = 3; // calls in one search: each passes over some thousands of members
const PAUSE_MS = 250; // in typing, before anybody is searched

const known = new Map(); // user id: row
let next = null;
let asked = 0; // the latest question's number: only its answer counts

export const may = org => org.may('members:view');

// --- a member ---

// What one may do with MEMBER: whoever can do more than oneself is left alone.
const manages = (org, member) => org.may('members:manage') && org.covers(member.role);

function fill(org, row, member) {
    const end = member.roleEnd;
    const self = member.userId === org.user.id;
    const teams = (member.teams ?? []).map(team => team.name).join(', ');
    fillIn(row, { name: member.name || member.username, role: member.role, username: member.username, email: member.email, teams,
        'role-now': member.role, ends: date(end?.at), after: end?.role ?? '' },
    { you: self, suspended: member.state === 'suspended', teams: teams !== '', ends: Boolean(end) });
    const details = row.querySelector('details');
    details.hidden = !manages(org, member);
    row.querySelector('[data-do="suspend"]').hidden = member.state !== 'active' || self;
    row.querySelector('[data-do="resume"]').hidden = member.state === 'active';
    if (!details.open)
        row.querySelector('select').value = member.role;
    row.member = member;
}

export function roleOptions(org) {
    return Object.keys(org.roles).filter(org.covers).map(role => new Option(role, role));
}

// After a change the row is as the server has it; who is gone has none.
async function act(org, row, path, body) {
    const reply = await change(() => org.call('members/' + path, { userId: row.member.userId, ...body }));
    if (!reply)
        return;
    if (path === 'remove') {
        drop(row);
        element('people-title').focus();
        return;
    }
    row.querySelector('details').open = false;
    row.querySelector('summary').focus();
    const fresh = await org.call('members/list', { match: row.member.username, limit: PAGE });
    hear(org, fresh.members ?? []);
}

function rowOf(org, member) {
    const row = clone('member');
    const button = what => row.querySelector(`[data-do="${what}"]`);
    const [role, until] = [row.querySelector('select'), row.querySelector('input')];
    const who = member.username;
    role.replaceChildren(...roleOptions(org));
    name(row.querySelector('summary'), who);
    arm(button('remove'), who, () => act(org, row, 'remove', {}));
    arm(button('suspend'), who, () => act(org, row, 'suspend', {}));
    name(button('resume'), who);
    button('resume').addEventListener('click', () => act(org, row, 'resume', {}));
    row.querySelector('form').addEventListener('submit', event => {
        event.preventDefault();
        act(org, row, 'set-role', { role: role.value, until: until.value ? new Date(until.value).toISOString() : null });
    });
    fill(org, row, member);
    known.set(member.userId, row);
    return row;
}

function drop(row) {
    known.delete(row.member.userId);
    row.remove();
}

// --- all of them ---

const match = () => element('match').value.trim();

async function search(org, after) {
    const number = ++asked;
    const found = [];
    let reply = { next: after };
    for (let calls = 0; calls < SEARCHES && found.length < PAGE && (calls === 0 || reply.next); calls++) {
        const body = { limit: PAGE - found.length };
        if (match())
            body.match = match();
        if (reply.next)
            body.after = reply.next;
        reply = await org.call('members/list', body);
        if (number !== asked || !good(reply))
            return null;
        found.push(...reply.members);
    }
    next = reply.next;
    return found;
}

function ended() {
    element('more-people').hidden = next === null;
    show('people-none', known.size === 0 && next === null);
    show('people-far', match() !== '' && next !== null && known.size < PAGE);
}

export async function load(org) {
    const found = await search(org, null);
    if (!found || document.activeElement?.closest('#members details[open]'))
        return;
    known.clear();
    element('members').replaceChildren(...found.map(member => rowOf(org, member)));
    ended();
}

async function more(org) {
    const found = await search(org, next);
    if (!found)
        return;
    const rows = found.filter(member => !known.has(member.userId)).map(member => rowOf(org, member));
    element('members').append(...rows);
    ended();
}

// Members who were changed: those who are seen, and new ones where all are.
export function hear(org, members) {
    for (const member of members) {
        const row = known.get(member.userId);
        if (member.state === 'removed' && row)
            drop(row);
        else if (row)
            fill(org, row, member);
        else if (member.state !== 'removed' && next === null && match() === '')
            element('members').append(rowOf(org, member));
    }
    ended();
}

export function begin(org) {
    let pause;
    element('more-people').addEventListener('click', () => more(org()));
    element('search').addEventListener('submit', event => event.preventDefault());
    element('match').addEventListener('input', () => {
        clearTimeout(pause);
        pause = setTimeout(() => load(org()), PAUSE_MS);
    });
}

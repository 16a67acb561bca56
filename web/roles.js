// What each role permits, the teams, and who may log in where.
import { show } from './api.js';
import { arm, change, clone, element, fillIn, good, name, onSubmit, rows } from './ui.js';

const PAGE = 100;
const permissions = ['org:view', 'members:view', 'members:manage', 'org:manage', 'access:manage'];

export const may = org => org.may('org:view');

function roleRow(org, role) {
    const row = clone('a-role');
    fillIn(row, { role }, { own: role === org.role });
    fillIn(row, {}, Object.fromEntries(permissions.map(permission => [permission, org.roles[role].includes(permission)])));
    return row;
}

// --- teams ---

function memberRow(org, team, row, user) {
    const item = clone('team-member');
    const button = item.querySelector('button');
    fillIn(item, { name: user.name || user.username, username: user.username }, {});
    button.hidden = !org.may('members:manage');
    arm(button, user.username, async () => {
        if (await change(() => org.call('teams/remove', { id: team.id, userId: user.id })))
            await fill(org, team, row);
    });
    return item;
}

async function fill(org, team, row) {
    const reply = await org.call('teams/members', { id: team.id, limit: PAGE });
    if (!good(reply))
        return;
    row.querySelector('ul').replaceChildren(...reply.users.map(user => memberRow(org, team, row, user)));
    fillIn(row, {}, { empty: reply.users.length === 0 });
}

async function add(org, team, row) {
    const box = row.querySelector('input');
    const found = await org.call('members/list', { match: box.value.trim(), limit: PAGE });
    const member = found.members?.find(other => other.username === box.value.trim());
    fillIn(row, {}, { unknown: !member });
    if (!member || !await change(() => org.call('teams/add', { id: team.id, userId: member.userId })))
        return;
    box.value = '';
    await fill(org, team, row);
}

function teamRow(org, team) {
    const row = clone('team');
    const details = row.querySelector('details');
    fillIn(row, { name: team.name, slug: team.slug }, { manage: org.may('members:manage') });
    details.addEventListener('toggle', () => details.open && fill(org, team, row));
    name(row.querySelector('form button'), team.name);
    onSubmit(row.querySelector('form'), () => add(org, team, row));
    arm(row.querySelector('[data-do="delete"]'), team.name, async () => {
        if (await change(() => org.call('teams/delete', { id: team.id })))
            await load(org);
    });
    return row;
}

async function makeTeam(org) {
    const box = element('team-name');
    if (!await change(() => org.call('teams/create', { name: box.value.trim() })))
        return;
    box.value = '';
    await load(org);
}

// --- access rules ---

function ruleRow(rule) {
    const row = clone('rule');
    fillIn(row, { 'rule-role': rule.role ?? '', 'rule-team': rule.teamSlug ?? '', 'rule-labels': rule.labels, 'rule-services': rule.services.join(', ') },
        { 'by-role': rule.role !== null, 'by-team': rule.role === null, everywhere: rule.labels === '', labelled: rule.labels !== '',
            'all-services': rule.services.length === 0, 'some-services': rule.services.length > 0 });
    return row;
}

function usableRow(name) {
    const item = document.createElement('li');
    item.textContent = name;
    return item;
}

export async function load(org) {
    const seesTeams = org.may('members:view');
    const [teams, access, usable] = await Promise.all([seesTeams ? org.call('teams/list', { limit: 1000 }) : { teams: [] }, org.call('access/list', {}), org.call('machines/usable', {})]);
    if (![teams, access, usable].every(good))
        return;
    rows('role-list', Object.keys(org.roles).map(role => roleRow(org, role)));
    rows('team-list', teams.teams.map(team => teamRow(org, team)));
    rows('rules', access.rules.map(ruleRow));
    rows('usable', usable.machines.map(usableRow));
    show('usable', usable.machines.length > 0);
    show('more-usable', usable.more);
    show('no-teams', teams.teams.length === 0);
    show('no-rules', access.rules.length === 0);
    show('some-rules', access.rules.length > 0);
    element('make-team').hidden = !org.may('members:manage');
}

export function begin(org) {
    onSubmit(element('make-team'), () => makeTeam(org()));
}

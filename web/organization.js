// An organization, for its members: one view at a time, and news as they come. Who may not do a thing is not offered it.
import { call, show, value } from './api.js';
import * as history from './history.js';
import * as invitations from './invitations.js';
import { follow } from './live.js';
import * as machines from './machines.js';
import * as people from './people.js';
import * as roles from './roles.js';
import { date, element, good, onSignIn, state } from './ui.js';

const REFRESH_MS = 1000;
const views = { people, invitations, roles, machines, history };
let org = null;
let current = null;

// The organization as the views know it: one's own rights there, and the roles.
function made(organization, user, known) {
    const { permissions } = organization;
    const roles = Object.assign(Object.create(null), known); // a role may be called "constructor"
    const covers = role => (organization.role === 'owner' || role !== 'owner') && (roles[role] ?? []).every(may => permissions.includes(may));
    return { ...organization, user, roles, may: permission => permissions.includes(permission), covers,
        call: (path, body) => call('organizations/' + path, { organizationId: organization.id, ...body }) };
}

// --- the views ---

// The view that the address names, or else the first one that one may see.
function viewNamed() {
    const offered = Object.keys(views).filter(name => views[name].may(org));
    const [, wanted] = location.hash.split('/');
    return offered.includes(wanted) ? wanted : offered[0];
}

async function turn() {
    const name = viewNamed();
    const before = current;
    current = name;
    for (const item of document.querySelectorAll('.tabs li')) {
        const other = item.dataset.view, link = item.querySelector('a');
        item.hidden = !views[other].may(org);
        link.href = '#' + org.id + '/' + other;
        if (other === name)
            link.setAttribute('aria-current', 'page');
        else
            link.removeAttribute('aria-current');
        element(other).hidden = other !== name;
    }
    await views[name].load(org);
    if (before !== null && before !== name)
        element(name + '-title').focus();
}

// --- what is on its way to the machines ---

function lost({ members }) {
    const [first] = members;
    show('lost-many', members.length > 1);
    show('lost-removed', members.length === 1 && first.state === 'removed');
    show('lost-suspended', members.length === 1 && first.state === 'suspended');
    value('lost-name', first.name || first.username);
    value('lost-count', members.length);
    show('progress', false); // until it is known how far it has come
}

function progress(news) {
    const bar = document.querySelector('progress');
    const names = news.missing.slice(0, 5).map(machine => machine.name).join(', ');
    bar.max = Math.max(1, news.machines);
    bar.value = news.applied;
    bar.hidden = news.machines === 0;
    value('applied', news.applied);
    value('of-machines', news.machines);
    value('ended', news.ended);
    value('ending', news.ending);
    value('missing', names + (news.machines - news.applied > 5 ? ', …' : ''));
    show('progress-some', news.machines > 0);
    show('progress-none', news.machines === 0);
    show('progress-ended', news.ended > 0);
    show('progress-ending', news.ending > 0);
    show('progress-missing', news.applied < news.machines);
    show('progress', true);
}

// A view is loaded again a moment after the first of several news, and not under the hands of who is about to press something in it.
let refreshes;

function refreshSoon() {
    refreshes ??= setTimeout(() => {
        refreshes = undefined;
        if (document.activeElement?.closest('.rows, .timeline'))
            refreshSoon();
        else
            views[current].load(org);
    }, REFRESH_MS);
}

function hear(news) {
    if (news.over)
        return open();
    if (news.lost)
        lost(news.lost);
    if (news.progress)
        progress(news.progress);
    if (news.members && views[current].hear)
        views[current].hear(org, news.members);
    if (news.complete || (views[current].refresh && (news.again || news.members)))
        refreshSoon();
}

// --- the whole ---

let following = false;

async function open() {
    const id = location.hash.slice(1).split('/')[0];
    const [account, known] = await Promise.all([call('users/account', {}), call('organizations/roles', { organizationId: id })]);
    if (!good(account))
        return;
    const organization = account.organizations.find(other => other.id === id);
    if (!organization || known.ok === false) {
        state('no-organization');
        return;
    }
    org = made(organization, account.user, known.roles);
    document.title = org.name;
    value('organization', org.name);
    value('my-role', org.role);
    value('my-end', date(org.roleEnd?.at));
    value('my-after', org.roleEnd?.role ?? '');
    show('own-end', Boolean(org.roleEnd));
    state('organization');
    await turn();
    if (!following && org.may('members:view'))
        follow(org.id, org.revision, org.may('members:manage'), hear);
    following = true;
}

onSignIn(() => org ? location.reload() : open()); // after a session that has ended all is begun anew
element('progress-close').addEventListener('click', () => show('progress', false));
addEventListener('hashchange', () => org && location.hash.startsWith('#' + org.id) ? turn() : location.reload());
for (const view of Object.values(views))
    view.begin?.(() => org);
state('loading');
open();

// Invitations and join codes: what is waiting, and new ones.
import { show, value } from './api.js';
import { roleOptions } from './people.js';
import { arm, change, clone, date, element, fault, fillIn, good, name, onSubmit, rows } from './ui.js';

const PAGE = 100;
let next = null;

export const may = org => org.may('members:manage');
export const refresh = true; // whoever has joined may have been one of them

// --- invitations ---

// What has become of one: a link that is shown this once, where no mail was sent.
function result(email, reply) {
    const row = clone('invited-one');
    const refused = reply.ok === false;
    fillIn(row, { email, why: reply.message ?? '', link: reply.link ?? reply.token ?? '', unmailed: reply.unmailed ?? '' },
        { mailed: reply.mailed === true, given: !refused && !reply.mailed && Boolean(reply.token), refused, unmailed: Boolean(reply.unmailed) });
    return row;
}

async function revoke(org, path, id) {
    if (await change(() => org.call(path, { id })))
        await load(org);
}

async function resend(org, invitation) {
    const reply = await change(() => org.call('invitations/resend', { id: invitation.id }));
    if (!reply)
        return;
    rows('invited', [result(invitation.email, reply)]);
    element('invited').scrollIntoView({ block: 'center' });
    await load(org);
}

function rowOf(org, invitation) {
    const row = clone('invitation');
    const button = what => row.querySelector(`[data-do="${what}"]`);
    fillIn(row, { email: invitation.email, role: invitation.role, maker: invitation.makerName || '-', until: date(invitation.expiresAt) }, {});
    button('resend').hidden = !org.covers(invitation.role);
    name(button('resend'), invitation.email);
    button('resend').addEventListener('click', () => resend(org, invitation));
    arm(button('revoke'), invitation.email, () => revoke(org, 'invitations/revoke', invitation.id));
    return row;
}

// One after the other, so that what fails is seen beside its address; the passkey is asked for once.
async function invite(org) {
    const box = element('addresses');
    const addresses = [...new Set(box.value.split(/[\s,;]+/).filter(Boolean))];
    const role = element('invite-role').value;
    const done = [];
    for (const email of addresses) {
        const act = () => org.call('invitations/create', { email, role });
        const first = await act();
        const reply = first.reason === 'sign_in_again' ? await change(act) : first;
        if (!reply)
            return;
        done.push({ email, reply });
        rows('invited', done.map(one => result(one.email, one.reply)));
    }
    fault({});
    box.value = done.filter(one => one.reply.ok === false).map(one => one.email).join('\n');
    await load(org);
}

// --- join codes ---

function codeRow(org, code) {
    const row = clone('join-code');
    fillIn(row, { id: code.id, role: code.role, uses: code.uses, most: code.maxUses ?? '', ends: date(code.expiresAt), maker: code.makerName || '-' },
        { limited: code.maxUses !== null, unlimited: code.maxUses === null, ends: Boolean(code.expiresAt) });
    arm(row.querySelector('button'), code.id, () => revoke(org, 'join-codes/revoke', code.id));
    return row;
}

async function makeCode(org) {
    const uses = element('code-uses').value;
    const reply = await change(() => org.call('join-codes/create', { role: element('code-role').value, maxUses: uses ? Number(uses) : null }));
    if (!reply)
        return;
    value('code', reply.code);
    show('code', true);
    await load(org);
}

// --- both ---

async function more(org) {
    const reply = await org.call('invitations/list', { limit: PAGE, after: next });
    if (!good(reply))
        return;
    element('pending').append(...reply.invitations.map(invitation => rowOf(org, invitation)));
    next = reply.next;
    element('more-invitations').hidden = next === null;
}

export async function load(org) {
    const [pending, codes] = await Promise.all([org.call('invitations/list', { limit: PAGE }), org.call('join-codes/list', { limit: PAGE })]);
    if (!good(pending) || !good(codes))
        return;
    for (const id of ['invite-role', 'code-role'])
        if (element(id).options.length === 0) {
            element(id).replaceChildren(...roleOptions(org));
            element(id).value = 'member';
        }
    next = pending.next;
    rows('pending', pending.invitations.map(invitation => rowOf(org, invitation)));
    rows('codes', codes.joinCodes.map(code => codeRow(org, code)));
    show('no-invitations', pending.invitations.length === 0);
    element('more-invitations').hidden = next === null;
}

export function begin(org) {
    onSubmit(element('invite'), () => invite(org()));
    onSubmit(element('make-code'), () => makeCode(org()));
    element('more-invitations').addEventListener('click', () => more(org()));
}

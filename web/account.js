// One's own account: sign-in by passkey, ssh keys, passkeys, tokens and sessions, memberships.
import { call, show, value } from './api.js';
import { browserName, make } from './passkey.js';
import { recognize } from './ssh_key.js';
import { arm, change, clone, date, element, fillIn, good, onSignIn, rows, state } from './ui.js';

let user = null;

// What changes something, and then shows what there is.
async function act(what) {
    if (await change(what))
        await open();
}

// A row of what can be removed.
function rowOf({ what, created, used, from, ends, kind }, remove) {
    const row = clone('row');
    fillIn(row, { what, created: date(created), used: date(used), from: from || '-', ends: date(ends) },
        { session: kind === 'session', device: kind === 'device', 'sign-in-link': kind === 'link', created: true, used: Boolean(used), unused: used === null, ends: Boolean(ends) });
    arm(row.querySelector('button'), what, () => act(remove));
    return row;
}

const keyRow = key => rowOf({ what: (key.comment ? key.comment + ', ' : '') + key.type + ', ' + key.fingerprint, created: key.addedAt, ends: key.expiresAt },
    () => call('users/keys/remove', { fingerprint: key.fingerprint }));
const passkeyRow = passkey => rowOf({ what: passkey.name || passkey.id, created: passkey.createdAt, used: passkey.lastUsedAt, from: passkey.lastUsedFrom },
    () => call('users/passkeys/remove', { id: passkey.id }));
const tokenRow = token => rowOf({ what: token.name || token.key, created: token.createdAt, used: token.lastUsedAt, from: token.lastUsedFrom, ends: token.expiresAt, kind: token.kind },
    () => call('users/tokens/revoke', { key: token.key }));

function membershipRow(organization) {
    const row = clone('membership');
    const end = organization.roleEnd;
    fillIn(row, { name: organization.name, role: organization.role, ends: date(end?.at), after: end?.role ?? '' }, { ends: Boolean(end) });
    row.querySelector('a').href = '/org#' + organization.id;
    return row;
}

// Who one is comes by a call: the page is the same for everybody.
async function open() {
    const account = await call('users/account', {});
    if (!good(account))
        return;
    user = account.user;
    value('name', user.name);
    value('username', user.username);
    value('email', user.email);
    rows('memberships', account.organizations.map(membershipRow));
    rows('keys', account.keys.map(keyRow));
    rows('passkeys', account.passkeys.map(passkeyRow));
    rows('tokens', account.tokens.map(tokenRow));
    show('no-memberships', account.organizations.length === 0);
    show('no-keys', account.keys.length === 0);
    state('mine');
}

async function addKey(event) {
    const box = element('key');
    const key = recognize(box.value);
    event.preventDefault();
    show('key-private', key.kind === 'private');
    show('key-unknown', key.kind === 'unknown');
    if (key.kind === 'private')
        box.value = ''; // it goes nowhere, and does not stay
    if (key.kind !== 'public')
        return;
    await act(() => call('users/keys/add', { key: box.value.trim() }));
    box.value = '';
}

// A link is used up by the person's press alone, not by whoever looks at it. It leaves the address at once.
function offerLink(code) {
    history.replaceState(null, '', location.pathname);
    element('by-link').addEventListener('click', async () => {
        const reply = await call('users/sign-in/by-link', { name: browserName(), code });
        state('sign-in');
        if (good(reply))
            await open();
    });
    state('link');
}

async function begin() {
    onSignIn(open);
    element('add-key').addEventListener('submit', addKey);
    element('add-passkey').addEventListener('click', () => act(() => make(user)));
    element('sign-out').addEventListener('click', async () => {
        await call('users/sign-out', {});
        state('sign-in');
        element('title').focus();
    });
    if (/^#(link|mail)_/.test(location.hash)) {
        offerLink(location.hash.slice(1).replace(/%3A/i, ':'));
        return;
    }
    state('loading');
    await open();
}

addEventListener('hashchange', () => location.reload());
begin();

// One's own account: sign-in by passkey, ssh keys, passkeys, tokens and sessions, memberships.
import { call, show, value } from './api.js';
import { browserName, make, signIn } from './passkey.js';
import { recognize } from './ssh_key.js';

const states = ['loading', 'sign-in', 'link', 'mine'];
const faults = ['invalid_passkey', 'link_not_found', 'passkey_cancelled', 'passkey_exists', 'passkey_address', 'passkey_unsupported', 'too_many_attempts', 'offline', 'other'];
const element = id => document.getElementById(id);
let user = null;

function state(name) {
    for (const other of states)
        show(other, other === name);
}

// True when the reply is none of a failure; else its sentence is shown. A session that has ended is none.
function good(reply) {
    if (reply.reason === 'unauthorized') {
        state('sign-in');
        element('title').focus();
        return false;
    }
    const known = reply.ok === false ? (faults.includes(reply.reason) ? reply.reason : 'other') : null;
    for (const name of faults)
        show(name, name === known);
    value('message', reply.message ?? '');
    if (known)
        element('title').focus();
    return !known;
}

// A call that changes something: the passkey is asked for again when the sign-in is a while ago.
async function change(act) {
    let reply = await act();
    if (reply.reason === 'sign_in_again') {
        reply = await signIn();
        if (reply.ok !== false)
            reply = await act();
    }
    if (good(reply))
        await fill();
}

const date = text => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text));

function fillIn(row, values, parts) {
    for (const [name, text] of Object.entries(values))
        row.querySelector(`[data-value="${name}"]`).textContent = text;
    for (const [name, shown] of Object.entries(parts))
        row.querySelector(`[data-part="${name}"]`).hidden = !shown;
}

// A button that acts when it is pressed for the second time, and is named with what it removes.
function arm(button, what, act) {
    button.setAttribute('aria-label', button.textContent + ': ' + what);
    button.addEventListener('click', () => {
        if (button.dataset.sure === button.textContent)
            return act();
        button.textContent = button.dataset.sure;
        button.setAttribute('aria-label', button.textContent + ': ' + what);
    });
}

// A row of what can be removed.
function rowOf({ what, created, used, from, ends, kind }, remove) {
    const row = element('row').content.firstElementChild.cloneNode(true);
    fillIn(row, { what, created: date(created), used: used ? date(used) : '', from: from || '-', ends: ends ? date(ends) : '' },
        { session: kind === 'session', device: kind === 'device', 'sign-in-link': kind === 'link', created: true, used: Boolean(used), unused: used === null, ends: Boolean(ends) });
    arm(row.querySelector('button'), what, () => change(remove));
    return row;
}

function rows(id, list) {
    element(id).replaceChildren(...list);
}

const keyRow = key => rowOf({ what: (key.comment ? key.comment + ', ' : '') + key.type + ', ' + key.fingerprint, created: key.addedAt, ends: key.expiresAt },
    () => call('users/keys/remove', { fingerprint: key.fingerprint }));
const passkeyRow = passkey => rowOf({ what: passkey.name || passkey.id, created: passkey.createdAt, used: passkey.lastUsedAt, from: passkey.lastUsedFrom },
    () => call('users/passkeys/remove', { id: passkey.id }));
const tokenRow = token => rowOf({ what: token.name || token.key, created: token.createdAt, used: token.lastUsedAt, from: token.lastUsedFrom, ends: token.expiresAt, kind: token.kind },
    () => call('users/tokens/revoke', { key: token.key }));

function membershipRow(organization) {
    const row = element('membership').content.firstElementChild.cloneNode(true);
    fillIn(row, { name: organization.name, role: organization.role }, {});
    return row;
}

async function fill() {
    const [keys, passkeys, tokens] = await Promise.all(['users/keys/list', 'users/passkeys/list', 'users/tokens/list'].map(path => call(path, {})));
    if (![keys, passkeys, tokens].every(good))
        return;
    state('mine');
    rows('keys', keys.keys.map(keyRow));
    rows('passkeys', passkeys.passkeys.map(passkeyRow));
    rows('tokens', tokens.tokens.map(tokenRow));
    show('no-keys', keys.keys.length === 0);
}

// Who one is comes by a call: the page is the same for everybody.
async function open() {
    const reply = await call('users/whoami', {});
    if (!reply.user) {
        state('sign-in');
        return;
    }
    user = reply.user;
    value('name', user.name);
    value('username', user.username);
    value('email', user.email);
    const { organizations } = await call('organizations/list', {});
    rows('memberships', (organizations ?? []).map(membershipRow));
    show('no-memberships', (organizations ?? []).length === 0);
    await fill();
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
    await change(() => call('users/keys/add', { key: box.value.trim() }));
    box.value = '';
}

// The answer is the same whoever has the address.
async function mailLink(event) {
    event.preventDefault();
    const reply = await call('users/sign-in/by-mail', { email: element('address').value });
    show('mail-none', reply.reason === 'no_mail');
    show('mail-sent', reply.ok === true);
    if (reply.reason !== 'no_mail')
        good(reply);
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
    element('sign-in').addEventListener('click', async () => good(await signIn()) && await open());
    element('mail-link').addEventListener('submit', mailLink);
    element('add-key').addEventListener('submit', addKey);
    element('add-passkey').addEventListener('click', () => change(() => make(user)));
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

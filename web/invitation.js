// The invitation: what it offers, the login name, the ssh key, acceptance. Only the person's press of a button uses the invitation up.
import { call, show, value } from './api.js';
import { make, possible } from './passkey.js';
import { recognize } from './ssh_key.js';

const states = ['loading', 'code', 'offer', 'account', 'joined'];
const faults = ['invitation_not_found', 'invitation_used', 'invitation_expired', 'username_taken', 'username_reserved',
    'too_many_attempts', 'other_site', 'offline', 'passkey_cancelled', 'passkey_exists', 'passkey_address', 'passkey_unsupported', 'other'];
const nameStates = ['free', 'username_taken', 'username_reserved', 'invalid'];
const PAUSE_MS = 300; // in typing, before a name is asked for

const element = id => document.getElementById(id);
let token = '';
let offer = null;

function state(name) {
    for (const other of states)
        show(other, other === name);
}

// A fault stands at the top, and takes the eye there.
function fault(reply) {
    const known = reply && (faults.includes(reply.reason) ? reply.reason : 'other');
    for (const name of faults)
        show(name, name === known);
    value('message', reply?.message ?? '');
    if (reply)
        element('title').focus();
}

// The token in what a mail, a gateway or a person made of the link; all of the text without one.
function tokenIn(text) {
    let plain = text.trim();
    for (let i = 0; i < 3 && plain.includes('%'); i++) {
        try {
            plain = decodeURIComponent(plain);
        } catch {
            break;
        }
    }
    return /inv_[a-z0-9]+:[A-Za-z0-9_-]+/.exec(plain)?.[0] ?? plain;
}

// --- the offer ---

function fill(reply) {
    const until = new Date(reply.expiresAt);
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' });
    show('by', reply.inviter !== null);
    show('by-nobody', reply.inviter === null);
    show('name-fixed', reply.username !== undefined);
    show('name-free', reply.username === undefined);
    show('key', reply.keys !== 'none');
    show('key-none', reply.keys === 'none');
    show('key-security', reply.keys === 'security');
    value('inviter', reply.inviter?.name ?? '');
    value('inviter-username', reply.inviter?.username ?? '');
    value('organization', reply.organization.name);
    value('role', reply.role);
    value('email', reply.email);
    value('expires', format.format(until));
    value('username', reply.username ?? '');
    element('username').value = reply.username ?? reply.suggestion ?? '';
}

async function open(text) {
    token = tokenIn(text);
    const reply = await call('organizations/invitations/offer', { token });
    if (reply.ok === false) {
        state('code');
        fault(reply);
        return;
    }
    offer = reply;
    fault(null);
    fill(reply);
    state(reply.account ? 'account' : 'offer');
    element('title').focus();
}

// --- the login name ---

function nameState(name) {
    for (const other of nameStates)
        show('username-' + other, other === name);
    element('username').setAttribute('aria-invalid', name !== null && name !== 'free' ? 'true' : 'false');
}

let asked = 0; // the latest question's number: only its answer counts
let pause;

async function askName() {
    const number = ++asked;
    const username = element('username').value;
    if (username === '') {
        nameState(null);
        return;
    }
    const reply = await call('organizations/invitations/offer', { token, username });
    if (number === asked)
        nameState(reply.ok === false ? null : reply.usernameFault ?? 'free');
}

function nameTyped() {
    clearTimeout(pause);
    asked++;
    nameState(null);
    pause = setTimeout(askName, PAUSE_MS);
}

// --- the ssh key ---

function keyTyped() {
    const box = element('key');
    const key = recognize(box.value);
    if (key.kind === 'private')
        box.value = ''; // it goes nowhere, and does not stay
    show('key-read', key.kind === 'public');
    show('key-private', key.kind === 'private');
    show('key-unknown', key.kind === 'unknown');
    value('key-type', key.type ?? '');
    box.setAttribute('aria-invalid', key.kind === 'private' || key.kind === 'unknown' ? 'true' : 'false');
    return key.kind;
}

async function keyFile(file) {
    if (!file)
        return;
    element('key').value = file.size < 16384 ? (await file.text()).trim() : '?';
    keyTyped();
}

// --- acceptance ---

async function machines(reply) {
    const list = await call('organizations/machines/usable', { organizationId: reply.organizationId }, reply.apiToken.bearer);
    const names = list.machines ?? [];
    if (names.length === 0)
        return;
    value('host', names[0]);
    element('host-hint').hidden = true;
    show('machines', names.length > 1);
    element('machines').replaceChildren(...names.map(name => {
        const item = document.createElement('li');
        item.textContent = name;
        return item;
    }));
}

// The way back to one's account.
async function passkey(joined) {
    const reply = await make(joined.user, joined.apiToken.bearer);
    fault(reply.ok === false ? reply : null);
    show('passkey', reply.ok === false);
    show('passkey-made', reply.ok !== false);
}

async function accept() {
    const kind = offer.keys === 'none' ? 'none' : keyTyped();
    if (kind !== 'none' && kind !== 'public') {
        element('key').focus();
        return;
    }
    const body = { token, username: element('username').value };
    if (kind === 'public')
        body.key = element('key').value.trim();
    const reply = await call('organizations/invitations/accept', body);
    if (reply.reason === 'user_exists') {
        state('account');
        return;
    }
    fault(reply.ok === false ? reply : null);
    if (reply.ok === false)
        return;
    value('username', reply.user.username);
    value('token', reply.apiToken.bearer);
    show('with-key', kind === 'public' || offer.keys === 'none');
    show('no-key', kind === 'none' && offer.keys !== 'none');
    show('passkey', possible());
    element('make-passkey').onclick = () => passkey(reply);
    state('joined');
    element('title').focus();
    await machines(reply);
}

// A form that is sent once, until its answer is there. Where the server has made the page, because the form was sent before this script
// was there, the server goes on.
function onSubmit(form, action) {
    let busy = false;
    form.addEventListener('submit', async event => {
        if (form.id === 'accept' && offer === null)
            return;
        event.preventDefault();
        if (busy)
            return;
        busy = true;
        form.setAttribute('aria-busy', 'true');
        await action();
        form.removeAttribute('aria-busy');
        busy = false;
    });
}

function listen() {
    const area = element('key-area');
    onSubmit(element('ask'), () => open(element('code').value));
    onSubmit(element('accept'), accept);
    element('username').addEventListener('input', nameTyped);
    element('key').addEventListener('input', keyTyped);
    element('key-file').addEventListener('change', event => keyFile(event.target.files[0]));
    area.addEventListener('dragover', event => event.preventDefault());
    area.addEventListener('drop', event => {
        event.preventDefault();
        keyFile(event.dataTransfer.files[0]);
    });
}

// The token leaves the address at once: it stays in no history.
function begin() {
    const fragment = location.hash.slice(1);
    show('script', true);
    value('server', location.origin);
    listen();
    if (fragment === '')
        return;
    history.replaceState(null, '', location.pathname);
    fault(null);
    state('loading');
    open(fragment);
}

addEventListener('hashchange', () => location.reload());
begin();

// A program that waits for a person's approval: its code, what it says of itself, yes or no. What is asked for is shown to who is signed in
// alone, and only a press with the passkey approves it.
import { call, show, value } from './api.js';
import { prove, signIn } from './passkey.js';
import { element, good, state } from './ui.js';

let code = '';

function turn(name) {
    state(name);
    element('title').focus();
}

// As a terminal shows it.
function written(text) {
    const letters = text.toUpperCase().replaceAll(/[^A-Z]/g, '');
    return letters.slice(0, 4) + '-' + letters.slice(4);
}

const time = text => new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'medium' }).format(new Date(text));

// Who is signed in, if anybody is, enters the code.
async function open() {
    const [{ user }, { passkeys }] = await Promise.all(['users/whoami', 'users/passkeys/list'].map(path => call(path, {})));
    if (!user) {
        turn('sign-in');
        return;
    }
    value('name', user.name);
    value('username', user.username);
    show('no-passkey', passkeys?.length === 0);
    element('approve').hidden = passkeys?.length === 0;
    turn('code');
}

async function ask() {
    const reply = await call('users/device/show', { userCode: element('code').value });
    if (!good(reply))
        return;
    code = element('code').value;
    value('code', written(code));
    value('host', reply.host || '-');
    value('from', reply.from);
    value('asked', time(reply.askedAt));
    turn('ask');
}

async function approve() {
    const proof = await prove();
    if (!good(proof))
        return;
    if (good(await call('users/device/approve', { userCode: code, ...proof })))
        turn('approved');
}

async function deny() {
    if (good(await call('users/device/deny', { userCode: code })))
        turn('denied');
}

// An action that is not begun again before it has ended.
function once(action) {
    let busy = false;
    return async () => {
        if (busy)
            return;
        busy = true;
        document.body.setAttribute('aria-busy', 'true');
        await action();
        document.body.removeAttribute('aria-busy');
        busy = false;
    };
}

// The code leaves the address: who goes back in the history asks for nothing anew.
function begin() {
    const enter = once(ask);
    element('code').value = location.hash.replaceAll(/[^A-Za-z-]/g, '').slice(0, 20);
    history.replaceState(null, '', location.pathname);
    element('sign-in').addEventListener('click', once(async () => good(await signIn()) && await open()));
    element('enter').addEventListener('submit', event => {
        event.preventDefault();
        enter();
    });
    element('approve').addEventListener('click', once(approve));
    element('deny').addEventListener('click', once(deny));
    turn('loading');
    open();
}

addEventListener('hashchange', () => location.reload());
begin();

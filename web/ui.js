// What the pages of people who are signed in have in common: their states and faults, rows of lists, buttons that are pressed twice.
import { call, show, value } from './api.js';
import { signIn } from './passkey.js';

export const element = id => document.getElementById(id);
const language = document.documentElement.lang;

// One of the page's states (data-state) is shown.
export function state(name) {
    for (const part of document.querySelectorAll('[data-state]'))
        part.hidden = part.dataset.part !== name;
}

// The sentence of a failure, or none. The page has a sentence of its own for some reasons.
export function fault(reply) {
    const parts = [...document.querySelectorAll('.faults [data-part]')].map(part => part.dataset.part);
    const known = reply.ok === false ? (parts.includes(reply.reason) ? reply.reason : 'other') : null;
    for (const name of parts)
        show(name, name === known);
    value('message', reply.message ?? '');
    if (known)
        element('title').focus();
    return known !== null;
}

// True when the reply is none of a failure. A session that has ended is none: the page asks for the passkey.
export function good(reply) {
    if (reply.reason !== 'unauthorized')
        return !fault(reply);
    state('sign-in');
    element('title').focus();
    return false;
}

// A call that changes something: the passkey is asked for again when the sign-in is a while ago. The reply, or null when nothing was changed.
export async function change(act) {
    let reply = await act();
    if (reply.reason === 'sign_in_again') {
        reply = await signIn();
        if (reply.ok !== false)
            reply = await act();
    }
    return good(reply) ? reply : null;
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

// The ways to sign in; the passkey's goes on with OPEN.
export function onSignIn(open) {
    element('sign-in').addEventListener('click', async () => good(await signIn()) && await open());
    element('mail-link').addEventListener('submit', mailLink);
}

const format = options => {
    const made = new Intl.DateTimeFormat(language, options);
    return text => text ? made.format(new Date(text)) : '';
};
export const date = format({ dateStyle: 'medium', timeStyle: 'short' });
export const day = format({ dateStyle: 'full' });
export const time = format({ timeStyle: 'short' });

// "3 minutes ago"
export function ago(text) {
    const seconds = (new Date(text) - Date.now()) / 1000;
    const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([size]) => size === 1 || -seconds >= size);
    return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.min(0, Math.ceil(seconds / size)), unit);
}

// A new element of the template ID.
export const clone = id => element(id).content.firstElementChild.cloneNode(true);

// Fills a row's values, and shows the parts that are true.
export function fillIn(row, values, parts) {
    for (const [name, text] of Object.entries(values))
        for (const place of row.querySelectorAll(`[data-value="${name}"]`))
            place.textContent = text;
    for (const [name, shown] of Object.entries(parts))
        for (const place of row.querySelectorAll(`[data-part="${name}"]`))
            place.hidden = !shown;
}

export function rows(id, list) {
    element(id).replaceChildren(...list);
}

// A button that is named with what it is for.
export function name(button, what) {
    button.setAttribute('aria-label', button.textContent + ': ' + what);
}

// A button that acts when it is pressed for the second time.
export function arm(button, what, act) {
    const first = button.textContent;
    const label = text => {
        button.textContent = text;
        name(button, what);
    };
    label(first);
    button.addEventListener('blur', () => label(first));
    button.addEventListener('click', () => {
        if (button.textContent === first)
            return label(button.dataset.sure);
        label(first);
        return act();
    });
}

// A form that is sent once, until what it does is done.
export function onSubmit(form, act) {
    form.addEventListener('submit', async event => {
        event.preventDefault();
        if (form.ariaBusy === 'true')
            return;
        form.ariaBusy = 'true';
        await act(form);
        form.ariaBusy = null;
    });
}

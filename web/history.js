// The audit log as a timeline, the newest day first.
import { show, value } from './api.js';
import { clone, date, day, element, fillIn, good, name, time } from './ui.js';

const PAGE = 50;
const losses = /[.](remove|revoke|suspend|delete|refuse|disable|erase|revoke-tokens|key-remove|wrong-secret|shared|break-glass)$/;
const gains = /[.](create|accept|join|enroll|add|resume|enable|key-add|invite)$/;

let actor = null; // { id, name }
let next = null;

export const may = org => org.may('org:view') && (org.may('org:manage') || org.may('members:manage'));
export const refresh = true; // with each news

// The words of an action are those of the filter.
const words = action => [...element('action').options].find(option => option.value === action)?.text ?? action;

function body(after) {
    const [from, to] = [element('from').value, element('to').value];
    const wanted = { limit: PAGE };
    if (actor)
        wanted.actor = actor.id;
    else if (element('action').value)
        wanted.action = element('action').value;
    if (from)
        wanted.from = new Date(from + 'T00:00').toISOString();
    if (to)
        wanted.to = new Date(new Date(to + 'T00:00').getTime() + 86399999).toISOString();
    if (after)
        wanted.after = after;
    return wanted;
}

function rowOf(org, event) {
    const row = clone('event');
    const button = row.querySelector('button');
    const stamp = row.querySelector('time');
    row.className = losses.test(event.action) ? 'loss' : gains.test(event.action) ? 'gain' : '';
    stamp.dateTime = event.at;
    stamp.textContent = time(event.at);
    stamp.title = date(event.at);
    fillIn(row, { what: words(event.action), subject: event.subjectName, detail: event.detail, actor: event.actorName || event.actor || '-', from: event.from },
        { subject: event.subjectName !== '', detail: event.detail !== '', from: event.from !== '' });
    button.disabled = event.actor === '';
    button.addEventListener('click', () => by(org, { id: event.actor, name: event.actorName || event.actor }));
    return row;
}

// Puts the events behind those that are there, each to its day.
function append(org, events) {
    const days = element('days');
    for (const event of events) {
        const title = day(event.at);
        let last = days.lastElementChild;
        if (last?.querySelector('h3').textContent !== title) {
            last = clone('day');
            last.querySelector('h3').textContent = title;
            days.append(last);
        }
        last.querySelector('ol').append(rowOf(org, event));
    }
}

function by(org, who) {
    actor = who;
    value('actor-name', who?.name ?? '');
    element('no-actor').hidden = who === null;
    element('action').value = '';
    element('action').disabled = who !== null;
    element(who ? 'no-actor' : 'action').focus();
    return load(org);
}

async function read(org, after) {
    const reply = await org.call('audit/list', body(after));
    if (!good(reply))
        return null;
    next = reply.next;
    element('more-history').hidden = next === null;
    return reply.events;
}

export async function load(org) {
    const events = await read(org, null);
    if (!events)
        return;
    element('days').replaceChildren();
    append(org, events);
    show('no-events', events.length === 0);
}

export async function begin(org) {
    for (const id of ['action', 'from', 'to'])
        element(id).addEventListener('change', () => load(org()));
    element('filter').addEventListener('submit', event => event.preventDefault());
    element('no-actor').addEventListener('click', () => by(org(), null));
    element('more-history').addEventListener('click', async () => append(org(), await read(org(), next) ?? []));
}

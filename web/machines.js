// The machines: how fresh each one is, as a strip to look at, and the same in words, what needs somebody first.
import { show, value } from './api.js';
import { ago, clone, element, fillIn, good, rows } from './ui.js';

const SILENT_MS = 6 * 60000; // a poll is held for up to five minutes
const AGAIN_MS = 20000;
const FIRST = 50; // rows at first

let all = [];
let whole = false;
let pause;

export const may = org => org.may('org:manage');
export const refresh = true; // with each news

// A mark of each kind, from what needs somebody to what does not.
const kinds = ['silent', 'behind', 'waiting', 'fresh'];

function kindOf(machine) {
    const { report } = machine;
    if (machine.enrolledAt === null)
        return 'waiting';
    if (!report || Date.now() - new Date(report.at) > SILENT_MS)
        return 'silent';
    return report.behind === 0 ? 'fresh' : 'behind';
}

const troubled = machine => machine.refused > 0 || machine.sharedAt !== null || (machine.report?.ending ?? 0) > 0;
const rank = machine => (troubled(machine) ? 0 : 10) + kinds.indexOf(machine.kind);

function markOf(machine) {
    const mark = document.createElement('i');
    mark.className = machine.kind + (troubled(machine) ? ' troubled' : '');
    mark.title = machine.name;
    return mark;
}

function rowOf(machine) {
    const row = clone('machine');
    const { report, kind } = machine;
    row.querySelector('i').className = kind;
    fillIn(row, { name: machine.name, labels: machine.labels, heard: report ? ago(report.at) : '', behind: report?.behind ?? '?', version: report?.version ?? '',
        'refused-from': machine.refusedFrom, 'shared-from': machine.sharedFrom },
    { labels: machine.labels !== '', fresh: kind === 'fresh', behind: kind === 'behind', silent: kind === 'silent' && Boolean(report),
        never: kind === 'silent' && !report, waiting: kind === 'waiting', version: Boolean(report), ending: (report?.ending ?? 0) > 0,
        refused: machine.refused > 0, shared: machine.sharedAt !== null });
    return row;
}

function paint() {
    const enrolled = all.filter(machine => machine.kind !== 'waiting');
    const fresh = enrolled.filter(machine => machine.kind === 'fresh');
    const listed = [...all].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
    value('machine-count', enrolled.length);
    value('fresh-count', fresh.length);
    show('machines-all', enrolled.length > 0 && fresh.length === enrolled.length);
    show('machines-some', fresh.length < enrolled.length);
    show('no-machines', enrolled.length === 0);
    show('legend', all.length > 0);
    rows('strip', [...all].sort((a, b) => (a.kind === 'waiting') - (b.kind === 'waiting') || a.name.localeCompare(b.name)).map(markOf));
    rows('machine-list', listed.slice(0, whole ? undefined : FIRST).map(rowOf));
    element('more-machines').hidden = whole || listed.length <= FIRST;
}

async function list(org) {
    const found = [];
    let after = null;
    for (let pages = 0; pages < 3 && (pages === 0 || after); pages++) {
        const reply = await org.call('machines/list', after ? { after } : {});
        if (!good(reply))
            return null;
        found.push(...reply.machines);
        after = reply.next;
    }
    return found.map(machine => ({ ...machine, kind: kindOf(machine) }));
}

// While they are looked at they are asked for again: what a machine reports is no news of the organization.
export async function load(org) {
    clearTimeout(pause);
    if (document.hidden)
        return;
    const found = await list(org);
    if (!found)
        return;
    all = found;
    paint();
    clearTimeout(pause);
    pause = setTimeout(() => element('machines').hidden || load(org), AGAIN_MS);
}

export function begin() {
    element('more-machines').addEventListener('click', () => {
        whole = true;
        paint();
    });
}

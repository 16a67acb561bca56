// News of an organization: one held poll for all tabs of a browser, which opens no more than six connections. The tab that has the lock
// polls, and tells the others; a hidden tab lets go of it.
import { call } from './api.js';

const WAIT_MS = 50000; // of a poll
const PAUSE_MS = 2000; // after a poll that failed
const STEPS_MS = [300, 300, 500, 500, 1000, 2000]; // between looks how far a change has come; the last one again
const LOOKS = 150;

const pause = ms => new Promise(done => setTimeout(done, ms));

// Calls TELL with { members, complete }, with { progress } of what { lost } somebody something, with { again: true } when much may have
// happened, and with { over: true } when the session has ended. PROGRESS says whether one may see how far a change has come.
export function follow(organizationId, since, progress, tell) {
    const channel = new BroadcastChannel('orgd ' + organizationId);
    let known = { since };
    let leader = null;
    let pending = 0; // the revision whose way to the machines is looked at

    function say(news) {
        channel.postMessage(news);
        hear(news);
    }

    function hear(news) {
        known = news.known ?? known;
        pending = news.lost?.revision ?? pending;
        if (news.progress?.done && news.progress.revision === pending)
            pending = 0;
        tell(news);
    }

    async function track(revision, signal) {
        for (let look = 0; look < LOOKS && pending === revision && !signal.aborted; look++) {
            const reply = await call('organizations/machines/applied', { organizationId, revision }, null, signal);
            if (reply.ok === false)
                return;
            say({ progress: { ...reply, revision, done: reply.applied === reply.machines && reply.ending === 0 } });
            await pause(STEPS_MS[Math.min(look, STEPS_MS.length - 1)]);
        }
    }

    async function poll(signal) {
        if (progress && pending)
            track(pending, signal);
        while (!signal.aborted) {
            const reply = await call('organizations/members/changes', { organizationId, wait: WAIT_MS, ...known }, null, signal);
            if (signal.aborted)
                return;
            if (['unauthorized', 'forbidden', 'organization_not_found', 'suspended'].includes(reply.reason))
                return say({ over: true });
            if (reply.ok === false) {
                await pause(PAUSE_MS);
                continue;
            }
            const news = reply.members.length > 0 || reply.revision !== known.since;
            const lost = reply.complete ? [] : reply.members.filter(member => member.state !== 'active');
            const next = { since: reply.revision, cursor: reply.cursor };
            known = next;
            if (!news)
                continue;
            say({ members: reply.complete ? [] : reply.members, complete: reply.complete, known: next, lost: lost.length > 0 ? { revision: reply.revision, members: lost } : null });
            if (progress && lost.length > 0)
                track(reply.revision, signal);
        }
    }

    function look() {
        leader?.abort();
        leader = null;
        if (document.hidden)
            return;
        leader = new AbortController();
        const { signal } = leader;
        navigator.locks.request('orgd ' + organizationId, { signal }, () => poll(signal)).catch(() => {});
    }

    channel.addEventListener('message', event => hear(event.data));
    document.addEventListener('visibilitychange', () => {
        look();
        if (!document.hidden)
            tell({ again: true });
    });
    look();
}

// The stories of organization_page.t, as browser.mjs tells them. DIRECTORY/world has the organizations and people's tokens.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { authenticator, directory, ends, is, looksGood, ok, origin, paint, person, tell } from './browser.mjs';

const world = JSON.parse(fs.readFileSync(directory + '/world', 'utf8'));
const sql = statement => execFileSync('sqlite3', ['-cmd', '.timeout 5000', world.data, statement]);

// --- people who are signed in ---

async function signedIn(name, options) {
    const who = await person(options);
    const reply = await fetch(origin + '/v1/users/sign-in/link', { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + world[name] }, body: '{}' });
    await who.open('/' + (await reply.json()).link.replace(/^.*\/#/, '#'));
    await who.sees('link');
    await who.press('#by-link');
    await who.sees('mine');
    who.phone = await authenticator(who);
    return who;
}

async function goTo(who, view, organization = world.acme) {
    await who.page.goto('about:blank');
    await who.page.goto(`${origin}/org#${organization}/${view}`);
    await who.sees('organization');
    await settled(who, `#${view}:not([hidden])`);
}

const settled = (who, selector) => who.page.waitForSelector(selector, { timeout: 10000 }).then(() => true, () => false);
const until = (who, condition, ...values) => who.page.waitForFunction(condition, { timeout: 15000, polling: 30 }, ...values).then(() => true, () => false);
const count = (who, selector) => who.page.$$eval(selector, found => found.length);
const rowOf = (who, list, text) => who.page.evaluateHandle((list, text) => [...document.querySelectorAll(list + ' > li')].find(row => row.textContent.includes(text)), list, text);
const within = async (who, list, text, selector) => (await (await rowOf(who, list, text)).asElement()?.$(selector)) ?? null;
const press = async (who, list, text, selector) => (await within(who, list, text, selector)).click();
const api = requests => requests.filter(request => request.includes('/v1/') && !request.includes('members/changes') && !request.includes('machines/applied'));

async function type(who, selector, text) {
    await who.page.$eval(selector, element => { element.value = ''; });
    await who.page.type(selector, text);
}

// --- the stories ---

// Whoever joins an organization that shows its machines is told where to log in.
async function joining() {
    const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer ' + world.owner };
    const reply = await fetch(origin + '/v1/organizations/invitations/create', { method: 'POST', headers, body: JSON.stringify({ organizationId: world.acme, email: 'lea@acme.example' }) });
    const who = await person();
    await who.open('/i#' + (await reply.json()).token);
    await who.sees('offer');
    await who.paste('#key', world.key);
    await who.press('#accept button');
    await who.sees('joined');
    ok(await who.sees('machines'), 'whoever joins is told the machines');
    is(await who.text('#ssh'), 'ssh lea@web00', 'and the line for one of them');
    is(await count(who, '#machines li'), world.machines, 'all on which she may log in');
    await looksGood(who, 'joined-machines');
    await ends(who, 'joining');
}

async function mine() {
    const who = await signedIn('ned');
    await who.page.goto('about:blank');
    who.requests.length = 0;
    await who.page.goto(origin + '/', { waitUntil: 'networkidle0' });
    ok(await who.sees('mine'), 'the account opens by its session');
    ok(api(who.requests).length <= 3, 'with at most three requests after the page', api(who.requests).join('\n'));
    ok(/admin\s*, until .*2099.*, then member/.test(await who.text('#memberships')), 'a role that ends is shown with its end', await who.text('#memberships'));
    await looksGood(who, 'mine-role-end');
    await who.page.click('#memberships a');
    ok(await who.sees('organization'), 'an organization leads to its view');
    ok((await who.text('[data-part="organization"]')).includes('2099'), 'which knows the end, too');
    await ends(who, 'an account');
}

// A program that waits for a person's yes: each state of its page.
async function program() {
    const asked = async host => (await fetch(origin + '/v1/users/device/authorize', { method: 'POST', body: new URLSearchParams({ client_id: 'orgadmin', host }) })).json();
    const { user_code: code, device_code } = await asked(world.mark);
    const stranger = await person();
    await stranger.page.goto(origin + '/device');
    ok(await stranger.sees('sign-in'), 'a program is nothing to a stranger');
    await looksGood(stranger, 'device-sign-in');
    await stranger.context.close();
    const who = await signedIn('mia');
    await who.press('#add-passkey');
    await until(who, () => document.querySelectorAll('#passkeys li').length === 1);
    await who.page.goto(`${origin}/device#${code}`);
    ok(await who.sees('code'), 'who is signed in is asked for its code');
    await looksGood(who, 'device-code');
    await who.press('#enter button');
    ok(await who.sees('ask') && (await who.text('[data-part="ask"]')).includes(world.mark), 'and told what asks, as a text');
    await looksGood(who, 'device-ask');
    await who.press('#approve');
    ok(await who.sees('approved'), 'a press with the passkey approves it');
    await looksGood(who, 'device-approved');
    const token = await (await fetch(origin + '/v1/users/device/token', { method: 'POST', body: new URLSearchParams({ client_id: 'orgadmin', device_code, grant_type: 'urn:ietf:params:oauth:grant-type:device_code' }) })).json();
    is(token.token_type, 'Bearer', 'and the program has its token', JSON.stringify(token));
    await who.page.goto('about:blank');
    await who.page.goto(`${origin}/device#${(await asked('web01')).user_code}`);
    await who.sees('code');
    await who.press('#enter button');
    await who.sees('ask');
    await who.press('#deny');
    ok(await who.sees('denied'), 'another one is denied');
    await looksGood(who, 'device-denied');
    await who.page.goto('about:blank');
    await who.page.goto(`${origin}/device#BBBBBBBB`);
    await who.sees('code');
    await who.press('#enter button');
    ok(await who.sees('code_not_found'), 'a code that is none is a sentence');
    await looksGood(who, 'device-unknown');
    who.noise.length = 0; // 404
    await ends(who, 'a program');
}

async function people() {
    const who = await signedIn('owner', { width: 1280, height: 800 });
    who.requests.length = 0;
    await goTo(who, 'people');
    await until(who, () => document.querySelectorAll('#members > li').length === 50);
    is(await count(who, '#members > li'), 50, 'members come by pages');
    ok(api(who.requests).length <= 3, 'with at most three requests', api(who.requests).join('\n'));
    await looksGood(who, 'people');
    await who.page.click('#more-people');
    await until(who, () => document.querySelectorAll('#members > li').length === 75);
    is(await count(who, '#members > li'), 75, 'up to the last one');
    await type(who, '#match', 'UMA 42');
    await until(who, () => document.querySelectorAll('#members > li').length === 1);
    ok((await who.text('#members')).includes('u42@acme.example'), 'a search finds somebody who was not on the first page');
    await type(who, '#match', 'nobody at all');
    ok(await who.sees('people-none'), 'or says that it finds nobody');
    await looksGood(who, 'people-none');
    await type(who, '#match', 'mia');
    await until(who, () => document.querySelectorAll('#members > li').length === 1);
    await press(who, '#members', 'mia', 'summary');
    await (await within(who, '#members', 'mia', 'select')).select('admin');
    await looksGood(who, 'people-manage');
    await press(who, '#members', 'mia', 'form button');
    ok(await until(who, () => document.querySelector('#members .chip:not([hidden]) [data-value="role"]').textContent === 'admin'), 'a role is given');
    await press(who, '#members', 'mia', 'summary');
    await press(who, '#members', 'mia', '[data-do="suspend"]');
    ok(!(await who.text('#members')).includes('suspended'), 'one press suspends nobody');
    await press(who, '#members', 'mia', '[data-do="suspend"]');
    ok(await until(who, () => document.querySelector('#members').innerText.includes('suspended')), 'a member is suspended');
    await looksGood(who, 'people-suspended');
    await press(who, '#members', 'mia', 'summary');
    await press(who, '#members', 'mia', '[data-do="resume"]');
    ok(await until(who, () => !document.querySelector('#members').innerText.includes('suspended')), 'and resumed');
    await ends(who, 'members');
}

async function removal() {
    const who = await signedIn('owner', { width: 1280, height: 800 });
    await who.press('#add-passkey');
    ok(await until(who, () => document.querySelectorAll('#passkeys li').length === 1), 'an owner has a passkey');
    const other = await who.context.newPage(); // another tab of hers, which only listens
    await other.goto(`${origin}/org#${world.acme}/people`);
    await goTo(who, 'people');
    await type(who, '#match', 'zoe');
    await until(who, () => document.querySelectorAll('#members > li').length === 1);
    await press(who, '#members', 'zoe', 'summary');
    sql("UPDATE tokens SET created_at = created_at - 301000 WHERE key LIKE 'sess_%'");
    await who.phone.verified(false);
    const remove = async () => {
        await press(who, '#members', 'zoe', '[data-do="remove"]');
        await press(who, '#members', 'zoe', '[data-do="remove"]');
    };
    await remove();
    ok(await who.sees('passkey_cancelled'), 'a removal asks for the passkey again');
    is(await count(who, '#members > li'), 1, 'and without it removes nobody');
    who.noise.length = 0; // 403 and the passkey
    await who.phone.verified(true);
    await who.page.evaluate(() => {
        window.seen = [];
        new MutationObserver(() => {
            const applied = Number(document.querySelector('[data-value="applied"]').textContent);
            if (window.seen.at(-1) !== applied)
                window.seen.push(applied);
        }).observe(document.querySelector('.progress'), { subtree: true, childList: true, characterData: true });
    });
    await remove();
    ok(await until(who, () => document.querySelectorAll('#members > li').length === 0), 'with it the member goes');
    ok(await until(who, all => Number(document.querySelector('[data-value="applied"]').textContent) === all, world.machines - 1), 'and the count climbs to all machines but one');
    const seen = await who.page.evaluate(() => window.seen);
    ok(seen.length >= 4 && seen.every((applied, i) => i === 0 || applied > seen[i - 1]), 'step by step', seen.join(' '));
    const text = await who.text('.progress');
    ok(text.includes('zoe: removed') && text.includes(`Applied on ${world.machines - 1} of ${world.machines} machines`) && text.includes(`Not yet: web${world.machines - 1}`), 'it tells of whom, and which machine is missing', text);
    ok((await other.$eval('.progress', element => element.innerText)).includes(`Applied on ${world.machines - 1} of ${world.machines}`), 'another tab tells the same');
    await looksGood(who, 'progress');
    fs.writeFileSync(directory + '/late', '');
    ok(await until(who, all => Number(document.querySelector('[data-value="applied"]').textContent) === all, world.machines), 'until the last one has it');
    await who.page.click('#progress-close');
    ok(!await who.shown('progress'), 'and it can be put away');
    who.noise.length = 0; // 403
    await ends(who, 'a removal');
}

// After the page is there, a view costs three requests at most.
async function costs() {
    const who = await signedIn('owner', { width: 1280, height: 800 });
    await goTo(who, 'people');
    await settled(who, '#members > li');
    for (const [view, ready] of [['invitations', '#invite-role option'], ['roles', '#role-list > li'], ['machines', '#strip i'], ['history', '#days li'], ['people', '#members > li']]) {
        who.requests.length = 0;
        await who.page.click(`.tabs li[data-view="${view}"] a`);
        for (let waits = 0; waits < 300 && api(who.requests).length === 0; waits++)
            await new Promise(done => setTimeout(done, 30));
        await settled(who, `#${view} ${ready}`);
        const asked = api(who.requests);
        ok(asked.length >= 1 && asked.length <= 3, `${view}: three requests at most`, asked.join('\n'));
    }
    await ends(who, 'the views');
}

// One poll for all tabs; the next tab takes over when the one that polls is hidden.
async function tabs() {
    const who = await signedIn('owner', { width: 1280, height: 800 });
    const pages = [];
    let polls = 0;
    for (let i = 0; i < 7; i++) {
        const page = await who.context.newPage();
        page.on('request', request => { polls += request.url().includes('members/changes') ? 1 : 0; });
        for (const event of ['requestfinished', 'requestfailed'])
            page.on(event, request => { polls -= request.url().includes('members/changes') ? 1 : 0; });
        await page.goto(`${origin}/org#${world.acme}/people`);
        await page.waitForSelector('#members > li', { timeout: 10000 }).catch(() => {});
        pages.push(page);
    }
    is(await pages[6].$$eval('#members > li', rows => rows.length > 0), true, 'a seventh tab opens');
    is(polls, 1, 'and all of them hold one poll');
    await pages[0].evaluate(() => {
        Object.defineProperty(document, 'hidden', { value: true });
        document.dispatchEvent(new Event('visibilitychange'));
    });
    const role = await pages[3].evaluate(async organizationId => {
        const ask = (path, body) => fetch('/v1/organizations/' + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ organizationId, ...body }) }).then(reply => reply.json());
        const { members } = await ask('members/list', { match: 'u1@' });
        return ask('members/set-role', { userId: members[0].userId, role: 'ops' });
    }, world.acme);
    is(role.ok, true, 'a role is changed somewhere');
    const told = page => page.waitForFunction(() => [...document.querySelectorAll('#members > li')].some(row => row.innerText.includes('u1@') && row.innerText.includes('ops')), { timeout: 10000, polling: 50 }).then(() => true, () => false);
    ok((await Promise.all([1, 4, 6].map(i => told(pages[i])))).every(Boolean), 'and all tabs are told, when the first one is hidden, too');
    is(polls, 1, 'by one poll');
    await who.context.close();
}

async function invitations() {
    const who = await signedIn('owner');
    await goTo(who, 'invitations');
    await until(who, () => document.getElementById('invite-role').options.length > 0);
    await looksGood(who, 'invitations-none');
    await who.page.type('#addresses', 'eva@acme.example, not-an-address\nada@acme.example');
    await who.page.click('#invite button');
    await until(who, () => document.querySelectorAll('#invited > li').length === 3 && document.querySelectorAll('#pending > li').length === 2);
    is(await count(who, '#pending > li'), 2, 'two of three are invited at once');
    ok((await who.text('#invited')).includes(origin + '/i#inv_') && (await who.text('#invited')).includes('must be an e-mail address'), 'each is told what became of it', await who.text('#invited'));
    is(await who.page.$eval('#addresses', box => box.value), 'not-an-address', 'and what failed stays');
    await looksGood(who, 'invitations-made');
    who.noise.length = 0; // 400
    const first = await who.text('#invited');
    await press(who, '#pending', 'eva', '[data-do="resend"]');
    await until(who, () => document.querySelectorAll('#invited > li').length === 1);
    ok((await who.text('#invited')).includes('/i#inv_') && await who.text('#invited') !== first, 'an invitation is sent again');
    for (let presses = 0; presses < 2; presses++)
        await press(who, '#pending', 'eva', '[data-do="revoke"]');
    ok(await until(who, () => document.querySelectorAll('#pending > li').length === 1), 'and withdrawn');
    await who.page.type('#code-uses', '5');
    await who.page.click('#make-code button');
    ok(await who.sees('code') && /^code_/.test(await who.text('[data-part="code"] pre')), 'a join code is shown once');
    await until(who, () => document.querySelectorAll('#codes > li').length === 1);
    ok((await who.text('#codes')).includes('used 0 of 5 times'), 'and listed with its uses');
    await looksGood(who, 'join-codes');
    for (let presses = 0; presses < 2; presses++)
        await press(who, '#codes', 'code_', '[data-do="revoke"]');
    ok(await until(who, () => document.querySelectorAll('#codes > li').length === 0), 'until it is withdrawn');
    await ends(who, 'invitations');
}

async function roles() {
    const who = await signedIn('owner');
    await goTo(who, 'roles');
    await until(who, () => document.querySelectorAll('#role-list > li').length === 5 && document.querySelectorAll('#rules > li').length === 2);
    ok((await who.text('#role-list')).includes('decides who may log in where'), 'each role says what it permits');
    ok((await who.text('#rules')).includes('Role ops, machines with env=prod, services sshd, sudo') && (await who.text('#rules')).includes('Role member, all machines, all services'), 'and each rule who may log in where', await who.text('#rules'));
    await who.page.type('#team-name', 'Night shift');
    await who.page.click('#make-team button');
    ok(await until(who, () => document.querySelectorAll('#team-list > li').length === 2), 'a team is made');
    await press(who, '#team-list', 'Night shift', 'summary');
    const box = await within(who, '#team-list', 'Night shift', 'input');
    await box.type('nobody');
    await box.press('Enter');
    ok(await who.sees('unknown'), 'nobody is no member');
    await box.evaluate(element => { element.value = ''; });
    await box.type('mia');
    await box.press('Enter');
    ok(await until(who, () => document.getElementById('team-list').innerText.includes('mia')), 'somebody is put into it');
    await looksGood(who, 'roles');
    for (let presses = 0; presses < 2; presses++)
        await press(who, '#team-list', 'Night shift', '[data-do="delete"]');
    ok(await until(who, () => document.querySelectorAll('#team-list > li').length === 1), 'and it is deleted');
    await ends(who, 'roles and teams');
}

async function machines() {
    const who = await signedIn('owner');
    await goTo(who, 'machines');
    await until(who, all => document.querySelectorAll('#strip i').length === all, world.machines + 1);
    is(await count(who, '#strip i'), world.machines + 1, 'each machine has its place in the strip');
    is(await count(who, '#strip i.waiting'), 1, 'one has not come yet');
    ok(await until(who, all => document.querySelectorAll('#strip i.fresh').length === all, world.machines), 'the others are up to date');
    is(await who.text('#machines-sum'), `All ${world.machines} machines are up to date.`, 'which is said, too');
    ok((await who.text('#machine-list')).includes('web00') && (await who.text('#machine-list')).includes('version 1.4.0'), 'and each is told in words');
    await looksGood(who, 'machines');
    await ends(who, 'machines');
}

async function log() {
    const who = await signedIn('owner');
    await goTo(who, 'history');
    await until(who, () => document.querySelectorAll('#days ol li').length === 50);
    is(await count(who, '#days ol li'), 50, 'the log comes by pages');
    await who.page.click('#more-history');
    ok(await until(who, () => document.querySelectorAll('#days ol li').length > 50), 'and goes on');
    is(await count(who, '#days > li'), 1, 'under one day');
    await looksGood(who, 'history');
    await who.page.select('#action', 'member.remove');
    ok(await until(who, () => document.querySelectorAll('#days ol li').length === 1), 'a filter leaves one kind');
    ok(/Member removed: zoe/.test(await who.text('#days')), 'in words', await who.text('#days'));
    await who.page.click('#days button');
    ok(await until(who, () => document.querySelectorAll('#days ol li').length > 5), 'a person leaves what she did');
    await looksGood(who, 'history-actor');
    await who.page.click('#no-actor');
    await who.page.$eval('#to', box => { box.value = '2001-01-01'; box.dispatchEvent(new Event('change')); });
    ok(await who.sees('no-events'), 'a time without events says so');
    await ends(who, 'the log');
}

async function member() {
    const who = await signedIn('mia', { language: 'de' });
    sql(`UPDATE members SET role = 'member' WHERE user_id = (SELECT id FROM users WHERE username = 'mia')`);
    await goTo(who, 'machines').catch(() => {});
    await until(who, () => document.querySelectorAll('#members > li').length === 50);
    is(await who.page.$$eval('.tabs li:not([hidden])', items => items.map(item => item.innerText).join(', ')), 'Mitglieder, Rollen und Zugang', 'a member is offered what she may see');
    is(await who.page.$eval('#machines', section => section.hidden), true, 'and no other view by its address');
    is(await who.page.$$eval('#members details', all => all.filter(one => one.checkVisibility()).length), 0, 'nothing to manage');
    await looksGood(who, 'people-member-de');
    await who.page.click('.tabs li[data-view="roles"] a');
    await until(who, () => document.querySelectorAll('#team-list > li').length === 1);
    is(await who.page.evaluate(() => document.activeElement.id), 'roles-title', 'the focus goes to the view');
    await press(who, '#team-list', 'Operations', 'summary');
    ok(await who.sees('empty'), 'a team opens');
    is(await who.page.$$eval('#roles form', forms => forms.filter(form => form.checkVisibility()).length), 0, 'and has no forms for her');
    ok((await who.text('#usable')).includes('web00') && !(await who.text('#usable')).includes('new01'), 'the machines on which she may log in are told', await who.text('#usable'));
    await looksGood(who, 'roles-member-de');
    await who.page.goto(`${origin}/org#org_00000000000000000000`);
    ok(await who.sees('no-organization'), 'an organization of others is none');
    await looksGood(who, 'no-organization');
    who.noise.length = 0; // 404
    await ends(who, 'a member');
}

async function stranger() {
    const who = await person();
    await who.page.goto(`${origin}/org#${world.acme}`);
    ok(await who.sees('sign-in'), 'who is not signed in is asked for a passkey');
    await looksGood(who, 'organization-sign-in');
    who.noise.length = 0; // 401
    await ends(who, 'a stranger');
}

// All that people choose is markup, and stays a text in every view.
async function markup() {
    const who = await signedIn('marker');
    sql(`UPDATE tokens SET name = '${world.mark}' WHERE key LIKE 'sess_%'; UPDATE machines SET refused = 1, refused_from = '${world.mark}', shared_at = 5, shared_from = '${world.mark}'`);
    const clean = async what => {
        const found = await who.page.evaluate(() => ({ images: document.querySelectorAll('img, main script, svg, iframe').length, violations: window.violations.join() }));
        const text = await who.page.evaluate(() => document.body.innerText);
        ok(text.includes(world.mark) && found.images === 0 && found.violations === '', `${what}: markup is a text`, JSON.stringify(found));
    };
    await who.page.reload();
    await who.sees('mine');
    for (const [list, what] of [['#memberships', 'a name of an organization'], ['#keys', 'a comment of a key'], ['#tokens', 'a name of a token and of a browser']])
        ok((await who.text(list)).includes(world.mark), what + ' is shown as it is');
    await clean('the account');
    await looksGood(who, 'mine-markup');
    for (const [view, ready] of [['people', '#members > li'], ['invitations', '#pending > li'], ['roles', '#team-list > li'], ['machines', '#machine-list > li'], ['history', '#days li']]) {
        await goTo(who, view, world.marked);
        await settled(who, ready);
        if (view === 'roles')
            await press(who, '#team-list', world.mark, 'summary').then(() => settled(who, '#team-list li li'));
        await clean(view);
        await looksGood(who, view + '-markup');
    }
    await ends(who, 'markup');
}

async function keyboard() {
    const who = await signedIn('ned', { width: 1280, height: 800 });
    await goTo(who, 'people');
    await settled(who, '#members > li');
    const places = [];
    for (let i = 0; i < 9; i++) {
        await who.page.keyboard.press('Tab');
        places.push(await who.page.evaluate(() => {
            const element = document.activeElement;
            const visible = element.matches(':focus-visible') && getComputedStyle(element).outlineStyle !== 'none';
            return (visible ? '' : 'unseen ') + (element.id || element.ariaLabel || element.innerText);
        }));
    }
    is(places.slice(0, 7).join(', '), 'Your account, Members, Invitations, Roles and access, Audit log, match, Manage: mia', 'the keyboard goes through the view in its order, and the focus is seen');
    await who.page.keyboard.press('Enter');
    ok(await until(who, () => document.querySelector('#members details[open]')), 'and opens what there is');
    await ends(who, 'the keyboard');
}

async function painted() {
    const [page, empty] = [await paint('/org'), await paint('/healthz')];
    ok(page - empty < 1000, 'the page is painted soon after an empty one', `${page} ms, ${empty} ms`);
    console.log(`# first contentful paint, median of ten: ${page} ms; of /healthz: ${empty} ms`);
}

await tell([joining, mine, program, people, removal, tabs, costs, invitations, roles, machines, log, member, stranger, markup, keyboard, painted]);

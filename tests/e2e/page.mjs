// The stories of page.t, as browser.mjs tells them. DIRECTORY has the invitations' tokens, and people's ssh keys; what the page tells a person to
// type is left there in NAME.ssh.
import fs from 'node:fs';
import { authenticator, browser, directory, ends, is, looksGood, ok, origin, paint, person, pictures, tell } from './browser.mjs';

const invitations = JSON.parse(fs.readFileSync(directory + '/invitations', 'utf8'));
const keyOf = name => fs.readFileSync(directory + '/' + name + '.key.pub', 'utf8');

// --- the stories ---

async function member() {
    const who = await person();
    await who.open('/i#' + invitations.mia);
    ok(await who.sees('offer'), 'the link opens the offer');
    is(await who.text('.lead'), 'olga (olga) invites you to the organization acme.', 'it tells who invites to what');
    ok((await who.text('dl')).includes('member') && (await who.text('dl')).includes('mia@acme.example'), 'and the role and the address');
    is(await who.page.evaluate(() => location.href), origin + '/i', 'the token has left the address');
    is(await who.page.$eval('#username', element => element.value), 'mia', 'the login name is suggested');
    await looksGood(who, 'offer');
    const before = who.requests.length;
    await who.paste('#key', keyOf('mia'));
    ok(await who.shown('key-read'), 'a public key is recognized');
    await who.press('#accept button');
    ok(await who.sees('joined'), 'the invitation is accepted');
    ok(who.requests.length - before <= 3, 'with at most three requests after the first load', who.requests.slice(before).join('\n'));
    is(await who.page.evaluate(() => document.activeElement.id), 'title', 'the focus goes to the result');
    const line = await who.text('#ssh');
    fs.writeFileSync(directory + '/mia.ssh', line + '\n');
    is(line, 'ssh mia@HOST', 'the page tells the ssh line, and says who knows the machine');
    is(who.interactions + 1, 4, 'from the link to the ssh login there are four interactions');
    await looksGood(who, 'joined');
    ok(!(await who.text('section[data-part="joined"]')).includes('live_'), 'the token for orgadmin is not in sight');
    await ends(who, 'a member');
}

async function owner() {
    const who = await person({ language: 'de-AT,de;q=0.9,en;q=0.5' });
    await who.open('/i#' + invitations.ola);
    await who.sees('offer');
    is(await who.text('.lead'), 'olga (olga) lädt Sie in die Organisation acme ein.', 'the page speaks German to who wants that');
    await looksGood(who, 'offer-de');
    const file = await who.page.$('#key-file');
    await file.uploadFile(directory + '/ola.key.pub');
    ok(await who.sees('key-read'), 'a key is taken from a file');
    await who.press('#accept button');
    await who.sees('joined');
    await who.page.waitForFunction(() => document.getElementById('ssh').innerText.endsWith('localhost'), { timeout: 10000 }).catch(() => {});
    is(await who.text('#ssh'), 'ssh ola@localhost', 'who may see the machines is told one');
    fs.writeFileSync(directory + '/ola.ssh', await who.text('#ssh') + '\n');
    await looksGood(who, 'joined-de');
    await ends(who, 'an owner');
}

async function keys() {
    const who = await person();
    await who.open('/i#' + invitations.keys);
    await who.sees('offer');
    await who.paste('#key', fs.readFileSync(directory + '/mia.key', 'utf8'));
    ok(await who.shown('key-private'), 'a private key is refused loudly');
    is(await who.page.$eval('#key', element => element.value), '', 'and does not stay in the page');
    await looksGood(who, 'key-private');
    await who.paste('#key', 'ssh-dss AAAAB3');
    ok(await who.shown('key-unknown'), 'what is no key is refused');
    await who.press('#accept button');
    ok(await who.shown('offer'), 'and accepts nothing');
    await who.page.evaluate(line => {
        const data = new DataTransfer();
        data.items.add(new File([line], 'id.pub'));
        document.getElementById('key-area').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, keyOf('mia'));
    ok(await who.sees('key-read'), 'a key can be dropped');
    await who.page.click('summary');
    await looksGood(who, 'key-help');
    for (const [name, state] of [['olga', 'username_taken'], ['root', 'username_reserved'], ['Not valid', 'invalid'], ['fresh', 'free']]) {
        await who.page.$eval('#username', element => { element.value = ''; });
        await who.page.type('#username', name);
        ok(await who.sees('username-' + state), `while typing, ${name} is told to be ${state}`);
    }
    await who.page.$eval('#username', element => { element.value = ''; });
    await who.page.type('#username', 'olga');
    await who.sees('username-username_taken');
    await looksGood(who, 'name-taken');
    await who.press('#accept button');
    ok(await who.sees('username_taken'), 'a name that is taken is not accepted, and the page says so');
    ok(!who.requests.some(request => request.includes('PRIVATE')), 'no private key went anywhere');
    await ends(who, 'keys and names', 1); // of the refused acceptance
}

async function faults() {
    const secret = 'A'.repeat(43);
    for (const [what, link, part] of [['used', invitations.mia, 'invitation_used'], ['revoked', invitations.gone, 'invitation_not_found'],
        ['wrong', 'inv_00000000000000000000:' + secret, 'invitation_not_found'], ['nonsense', '<script>alert(1)</script>', 'invitation_not_found']]) {
        const who = await person();
        await who.open('/i#' + link);
        ok(await who.sees(part), `a ${what} link gets one sentence`);
        ok(await who.shown('code'), 'and the field for the code');
        await looksGood(who, 'fault-' + what);
        await ends(who, `a ${what} link`, 1); // of the answer 404
    }
    const who = await person();
    await who.open('/i#' + invitations.sent);
    await who.sees('offer');
    await who.page.setOfflineMode(true);
    await who.press('#accept button');
    ok(await who.sees('offline'), 'without a network the page says so');
    await who.page.setOfflineMode(false);
    await who.press('#accept button');
    ok(await who.sees('joined'), 'and goes on when it is back');
    ok(await who.shown('no-key'), 'who brought no key is told how to add one');
    await looksGood(who, 'joined-no-key');
    await ends(who, 'without a network', 1);
}

async function account() {
    const who = await person();
    await who.open('/i#' + invitations.ned);
    ok(await who.sees('account'), 'who has an account is told how to accept with it');
    ok(!await who.shown('offer'), 'and gets no form');
    await looksGood(who, 'account');
    await ends(who, 'an account');
}

async function markup() {
    const who = await person();
    await who.open('/i#' + invitations.marked);
    await who.sees('offer');
    ok((await who.text('.lead')).includes('<img src=x onerror=alert(1)> & Co'), 'markup in a name is a text');
    is(await who.page.$$eval('main img, main script', elements => elements.length), 0, 'and makes no element');
    is((await who.page.evaluate(() => window.violations)).join(' '), '', 'the page itself breaks no rule of its own');
    const stopped = await who.page.evaluate(async () => {
        let thrown = false;
        try {
            document.querySelector('main').innerHTML += '<img src=x onerror="window.pwned=1">';
        } catch {
            thrown = true;
        }
        const script = document.createElement('img');
        script.src = 'https://evil.example/x.png';
        document.body.append(script);
        await fetch('https://evil.example/').catch(() => {});
        await new Promise(done => setTimeout(done, 200));
        return { thrown, pwned: 'pwned' in window, violations: window.violations };
    });
    ok(stopped.thrown && !stopped.pwned, 'a script that wrote markup would be stopped', JSON.stringify(stopped));
    ok(stopped.violations.includes('img-src') && stopped.violations.includes('connect-src'), 'so would one that asks another host', JSON.stringify(stopped));
    await who.context.close();
}

async function withoutScript() {
    const who = await person({ script: false });
    await who.open('/i#' + invitations.plain);
    await who.page.type('#code', origin + '/i%23' + invitations.plain.replace(':', '%3A'));
    const go = selector => Promise.all([who.page.waitForNavigation(), who.page.$(selector).then(button => button.click())]);
    await go('#ask button');
    is(await who.page.$eval('#username', element => element.value), 'plain', 'without JavaScript the code leads to the offer');
    await go('#accept button');
    is(await who.page.$eval('[data-part="joined"]', element => element.hidden), false, 'and the form accepts it');
    await who.page.screenshot({ path: `${pictures}/plain.png`, fullPage: true });
    await ends(who, 'without JavaScript');
}

async function damaged() {
    const who = await person();
    await who.open('/i%23' + invitations.damaged.replace(':', '%3A'));
    ok(await who.sees('offer'), 'a link that a gateway damaged opens the offer');
    await who.page.goto(origin + '/i');
    ok(await who.sees('code'), 'without a token the page asks for the code');
    await looksGood(who, 'code');
    await who.page.type('#code', '  ' + invitations.damaged + ' ');
    await who.page.keyboard.press('Enter');
    ok(await who.sees('offer'), 'which opens the offer, too');
    await ends(who, 'a damaged link');
}

async function passkey() {
    const who = await person();
    const phone = await authenticator(who);
    await who.open('/');
    ok(await who.sees('sign-in'), 'who is not signed in is asked for a passkey');
    await looksGood(who, 'sign-in');
    who.noise.length = 0; // whoami answered 401
    await phone.verified(false);
    await who.press('#sign-in');
    ok(await who.sees('passkey_cancelled'), 'a passkey that fails is a sentence');
    await looksGood(who, 'passkey-cancelled');
    await phone.verified(true);
    await who.open('/i#' + invitations.passkey);
    await who.sees('offer');
    await who.paste('#key', keyOf('mia'));
    await who.press('#accept button');
    await who.sees('joined');
    ok(await who.shown('passkey'), 'who has joined is offered a passkey');
    await who.press('#make-passkey');
    ok(await who.sees('passkey-made'), 'it is made');
    await looksGood(who, 'passkey-made');
    await who.press('[data-part="passkey-made"] a');
    ok(await who.sees('sign-in'), 'it leads to the account');
    const before = who.requests.length;
    await who.press('#sign-in');
    ok(await who.sees('mine'), 'the passkey signs in');
    is((await who.page.cookies()).map(cookie => [cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite].join(' ')).join(), '__Host-orgd true true Strict', 'by a cookie that no script sees');
    ok((await who.text('.lead')).includes('passkey') && (await who.text('#keys')).includes('ssh-ed25519'), 'the account has its name and its key');
    ok((await who.text('#memberships')).includes('acme'), 'and its organization');
    ok(who.requests.length - before <= 3, 'with at most three requests', who.requests.slice(before).join('\n'));
    await looksGood(who, 'mine');
    await who.paste('#key', keyOf('ola'));
    await who.press('#add-key button');
    await who.page.waitForFunction(() => document.querySelectorAll('#keys li').length === 2, { timeout: 10000 }).catch(() => {});
    is(await who.page.$$eval('#keys li', rows => rows.length), 2, 'a key is added');
    await who.paste('#key', fs.readFileSync(directory + '/mia.key', 'utf8'));
    await who.press('#add-key button');
    ok(await who.shown('key-private'), 'a private one is refused');
    await who.press('#keys li:last-child button');
    is(await who.page.$$eval('#keys li', rows => rows.length), 2, 'a key is not removed by one press');
    await who.press('#keys li:last-child button');
    await who.page.waitForFunction(() => document.querySelectorAll('#keys li').length === 1, { timeout: 10000 }).catch(() => {});
    is(await who.page.$$eval('#keys li', rows => rows.length), 1, 'a key is removed');
    ok((await who.text('#tokens')).includes('Chrome, Linux'), 'the signed-in browser is listed');
    await who.page.goto(origin + '/', { waitUntil: 'networkidle0' });
    ok(await who.sees('mine'), 'the session lasts beyond a page');
    await who.press('#sign-out');
    ok(await who.sees('sign-in'), 'it ends');
    await who.press('#sign-in');
    await who.sees('mine');
    for (let presses = 0; presses < 2; presses++)
        await who.page.$$eval('#tokens li', rows => rows.find(row => row.textContent.includes('Chrome, Linux')).querySelector('button').click());
    ok(await who.sees('sign-in'), 'so does a session that is removed from the list');
    await who.page.goto(origin + '/', { waitUntil: 'networkidle0' });
    ok(await who.sees('sign-in'), 'for good');
    await who.page.goto('about:blank');
    await who.open('/' + fs.readFileSync(directory + '/link', 'utf8').trim().replace(/^.*\/#/, '#'));
    ok(await who.sees('link'), 'a link of orgadmin login --web asks for a press');
    await looksGood(who, 'link');
    await who.press('#by-link');
    ok(await who.sees('mine'), 'and signs in');
    ok((await who.text('.lead')).includes('olga'), 'whoever made it');
    await who.page.goto('about:blank');
    await who.open('/' + fs.readFileSync(directory + '/link', 'utf8').trim().replace(/^.*\/#/, '#'));
    await who.press('#by-link');
    ok(await who.sees('link_not_found'), 'once');
    who.noise.length = 0; // of the answers 401 and the failed passkey
    await ends(who, 'a passkey');
}

// A terminal in the root, on which orgadmin begins to log in once its number is there; its text when that has PATTERN.
const pause = ms => new Promise(done => setTimeout(done, ms));
async function terminal(n, pattern) {
    const file = `${directory}/terminal.${n}`;
    for (let i = 0; i < 600; i++) {
        const match = fs.existsSync(file) && pattern.exec(fs.readFileSync(file, 'utf8'));
        if (match)
            return match;
        await pause(50);
    }
    return [];
}
async function program(n) {
    fs.writeFileSync(`${directory}/program.${n}`, '');
    return (await terminal(n, /must show this code: ([A-Z]{4}-[A-Z]{4})/))[1];
}

// A login of orgadmin that is approved, one that is denied, and what strangers say of themselves.
async function device() {
    const who = await person(), referrers = [];
    who.page.on('request', request => referrers.push(request.headers().referer ?? ''));
    const phone = await authenticator(who);
    await who.open('/' + fs.readFileSync(directory + '/link.device', 'utf8').trim().replace(/^.*\/#/, '#'));
    await who.sees('link');
    await who.press('#by-link');
    await who.sees('mine');
    await who.open('/device');
    ok(await who.sees('code'), 'who is signed in is asked for the code of a program');
    await looksGood(who, 'device-code');
    await who.page.type('#code', 'bcdfghjk');
    await who.page.keyboard.press('Enter');
    ok(await who.sees('code_not_found'), 'a wrong one is a sentence');
    await looksGood(who, 'device-unknown');

    const first = await program(1);
    await who.page.goto('about:blank');
    await who.open('/device#' + first);
    await who.sees('code');
    is(await who.page.$eval('#code', element => element.value), first, 'the link of the QR code fills the code in');
    is(await who.page.evaluate(() => location.href), origin + '/device', 'which has left the address');
    let before = who.requests.length;
    await who.press('#enter button');
    ok(await who.sees('ask'), 'and approves nothing');
    ok(await who.shown('no-passkey') && !await who.page.$eval('#approve', element => element.checkVisibility()), 'who has no passkey cannot, and is told so');
    await looksGood(who, 'device-no-passkey');
    await who.open('/');
    await who.sees('mine');
    await who.press('#add-passkey');
    await who.page.waitForSelector('#passkeys li');
    await who.open('/device#' + first);
    await who.sees('code');
    before = who.requests.length;
    await who.press('#enter button');
    await who.sees('ask');
    const asked = await who.text('section[data-part="ask"]');
    ok(asked.includes('olga (olga)') && asked.includes(first) && /127\.0\.0\.1|unix/.test(asked), 'the page names as whom, which code, and from where', asked);
    ok(asked.includes('if you started this yourself') && asked.includes('A stranger may have chosen'), 'and warns');
    await looksGood(who, 'device-ask');
    await phone.verified(false);
    await who.press('#approve');
    ok(await who.sees('passkey_cancelled'), 'without the passkey it is not approved');
    await phone.verified(true);
    before = who.requests.length;
    await who.press('#approve');
    ok(await who.sees('approved'), 'with it it is');
    is(who.requests.length - before, 2, 'by two requests');
    await looksGood(who, 'device-approved');
    ok((await terminal(1, /Logged in to .* as olga@acme\.example/)).length > 0, 'and orgadmin is logged in');
    await who.open('/');
    await who.sees('mine');
    ok((await who.text('#tokens')).includes('orgadmin, approved here'), 'its token is listed with its kind');
    await looksGood(who, 'mine-device');

    await who.press('#sign-out');
    await who.sees('sign-in');
    await who.page.type('#address', 'olga@acme.example');
    await who.press('#mail-link button');
    ok(await who.sees('mail-none'), 'a server without mail says that it mails no link');
    await looksGood(who, 'mail-none');
    await who.page.setExtraHTTPHeaders({ 'Accept-Language': 'de' });
    const second = await program(2);
    await who.open('/device#' + second);
    ok(await who.sees('sign-in'), 'who is not signed in sees nothing of a program');
    await looksGood(who, 'device-sign-in-de');
    await who.press('#sign-in');
    await who.sees('code');
    await who.press('#enter button');
    await who.sees('ask');
    await looksGood(who, 'device-ask-de');
    await who.press('#deny');
    ok(await who.sees('denied'), 'a program can be denied');
    await looksGood(who, 'device-denied-de');
    ok((await terminal(2, /denied on the page/)).length > 0, 'and is told');

    const host = '<img src=x onerror=alert(1)>' + 'w'.repeat(70);
    const begun = await (await fetch(origin + '/v1/users/device/authorize', { method: 'POST', body: new URLSearchParams({ client_id: 'orgadmin', host }) })).json();
    await who.page.goto('about:blank');
    await who.page.setExtraHTTPHeaders({ 'Accept-Language': 'en' });
    await who.page.goto(begun.verification_uri_complete);
    await who.sees('code');
    await who.press('#enter button');
    await who.sees('ask');
    ok((await who.text('dl')).includes(host), 'markup in the name of a machine is a text');
    is(await who.page.$$eval('main img', elements => elements.length), 0, 'and makes no element');
    is((await who.page.evaluate(() => window.violations)).join(' '), '', 'nor breaks it a rule of the page');
    await looksGood(who, 'device-markup');
    is(referrers.filter(referrer => /link_|[A-Z]{4}-[A-Z]{4}|[?#]/.test(referrer)).join(' '), '', 'no Referer has a link or a code');
    who.noise.length = 0; // of the answers 401, 404 and 409, and the failed passkey
    await ends(who, 'a program');
}

async function framed() {
    const who = await person();
    await who.page.goto(origin + '/healthz');
    await who.page.evaluate(origin => { // as a page of another site does it: about:blank has its rules
        for (const path of ['/', '/i', '/device']) {
            const frame = document.createElement('iframe');
            frame.src = origin + path;
            document.body.append(frame);
        }
    }, origin);
    await pause(500);
    is(who.page.frames().slice(1).map(frame => frame.url()).join(' '), Array(3).fill('chrome-error://chromewebdata/').join(' '), 'no page stands in a frame');
    await who.context.close();
    const plain = await person({ script: false });
    await plain.page.goto(origin + '/device');
    ok((await plain.text('main')).includes('Passkeys need JavaScript'), 'without JavaScript the page of programs says why it does nothing');
    await plain.context.close();
}

async function keyboard() {
    const who = await person({ width: 1280, height: 800 });
    await who.open('/i#' + invitations.keyboard);
    await who.sees('offer');
    const places = [];
    for (let i = 0; i < 12 && !places.includes('BUTTON'); i++) {
        await who.page.keyboard.press('Tab');
        places.push(await who.page.evaluate(() => {
            const element = document.activeElement;
            const visible = element.matches(':focus-visible') && getComputedStyle(element).outlineStyle !== 'none';
            return (visible ? '' : 'unseen ') + (element.id || element.tagName);
        }));
    }
    is(places.join(' '), 'username key key-file SUMMARY BUTTON', 'the keyboard goes through the form in its order, and the focus is seen');
    await who.page.keyboard.press('Enter');
    ok(await who.sees('joined'), 'and accepts');
    await ends(who, 'the keyboard');
}

async function painted() {
    console.log(`# first contentful paint, median of ten: ${await paint('/i')} ms; of /healthz: ${await paint('/healthz')} ms`);
}

await tell([member, owner, keys, faults, account, markup, withoutScript, damaged, passkey, device, framed, keyboard, painted]);

// What the stories of browsers share: node STORIES.mjs ORIGIN DIRECTORY PICTURES. DIRECTORY is where they and the test meet; PICTURES gets a
// picture of each state.
import { createRequire } from 'node:module';
import fs from 'node:fs';

export const [origin, directory, pictures] = process.argv.slice(2);
const puppeteer = createRequire(process.env.PUPPETEER + '/')('puppeteer-core');
const axe = fs.readFileSync(process.env.AXE, 'utf8');
let number = 0;
export function ok(good, what, detail = '') {
    console.log(`${good ? 'ok' : 'not ok'} ${++number} - ${what}`);
    if (!good && detail)
        console.log('# ' + String(detail).replaceAll('\n', '\n# '));
}
export const is = (got, want, what) => ok(got === want, what, `got:  ${got}\nwant: ${want}`);

// --- people ---

export const browser = await puppeteer.launch({ executablePath: process.env.BROWSER, headless: 'shell', pipe: true, args: ['--no-sandbox', '--disable-quic'] });

// A person with a browser of her own: what it complains of, and where it asks.
export async function person({ language = 'en', script = true, width = 360, height = 740 } = {}) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const who = { page, context, noise: [], errors: [], requests: [], interactions: 0 };
    await page.setExtraHTTPHeaders({ 'Accept-Language': language });
    await page.setViewport({ width, height, isMobile: width < 700, hasTouch: width < 700 });
    await page.setJavaScriptEnabled(script);
    await page.evaluateOnNewDocument(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', event => window.violations.push(event.effectiveDirective));
    });
    page.on('console', message => ['error', 'warn'].includes(message.type()) && who.noise.push(message.text()));
    page.on('pageerror', error => who.errors.push(String(error)));
    page.on('request', request => who.requests.push(request.method() + ' ' + request.url()));
    who.open = async link => {
        who.interactions++;
        await page.goto(origin + link, { waitUntil: 'networkidle0' });
    };
    who.press = async selector => {
        who.interactions++;
        await page.click(selector);
    };
    who.paste = async (selector, text) => { // as from the clipboard: at once
        who.interactions++;
        await page.$eval(selector, (element, text) => {
            element.focus();
            element.value = text;
            element.dispatchEvent(new Event('input', { bubbles: true }));
        }, text);
    };
    who.shown = part => page.$$eval(`[data-part="${part}"]`, elements => elements.some(element => element.checkVisibility()));
    who.sees = part => page.waitForFunction(part => [...document.querySelectorAll(`[data-part="${part}"]`)].some(element => element.checkVisibility()),
        { timeout: 10000 }, part).then(() => true, () => false);
    who.text = selector => page.$eval(selector, element => element.innerText);
    return who;
}

// --- what holds of every state ---

const layout = () => {
    const width = document.documentElement.clientWidth, faults = [];
    if (document.documentElement.scrollWidth > width)
        faults.push('the page scrolls sideways: ' + document.documentElement.scrollWidth);
    for (const element of document.querySelectorAll('body *')) {
        const box = element.getBoundingClientRect();
        if (box.width && element.checkVisibility() && (box.right > width + 1 || box.left < -1))
            faults.push('outside: ' + element.outerHTML.slice(0, 80));
    }
    const targets = [...document.querySelectorAll('a, button, input, textarea, summary')].filter(element => element.checkVisibility());
    const boxes = targets.map(element => element.getBoundingClientRect());
    boxes.forEach((a, i) => {
        if (a.width && a.height < 24)
            faults.push('too low: ' + targets[i].outerHTML.slice(0, 80));
        boxes.slice(i + 1).forEach((b, j) => {
            if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
                faults.push('overlap: ' + targets[i].id + ' and ' + targets[i + 1 + j].id);
        });
    });
    return faults;
};
const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations', 'incomplete'] };

export async function looksGood(who, state) {
    const { page } = who, faults = [], before = page.viewport();
    if (!await page.evaluate(() => 'axe' in window))
        await page.evaluate(axe);
    for (const width of [320, 360, 1280]) {
        await page.setViewport({ ...before, width, height: 800 }); // another kind of device would load the page anew
        for (const scheme of ['light', 'dark']) {
            await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
            faults.push(...(await page.evaluate(layout)).map(fault => `${width} ${scheme}: ${fault}`));
            if (width === 360 || scheme === 'light')
                await page.screenshot({ path: `${pictures}/${state}-${width}-${scheme}.png`, fullPage: true });
            if (width !== 360)
                continue;
            const { violations, incomplete } = await page.evaluate(rules => axe.run(document, rules), rules);
            for (const result of [...violations, ...incomplete])
                faults.push(`axe ${scheme}: ${result.id}: ${result.nodes.map(node => node.target + ' ' + (node.failureSummary ?? '')).join('; ')}`);
        }
    }
    await page.setViewport(before);
    await page.emulateMediaFeatures([]);
    ok(faults.length === 0, `${state}: accessible, in both themes, without overflow or overlap at 320, 360 and 1280 pixels`, faults.join('\n'));
}

export async function ends(who, what, noise = 0) {
    const foreign = who.requests.filter(request => !request.includes(' ' + origin + '/') && !request.includes(' data:'));
    is(foreign.join('\n'), '', `${what}: the page asks no other host`);
    is(who.errors.join('\n'), '', `${what}: no script fails`);
    ok(who.noise.length === noise, `${what}: the console is quiet`, who.noise.join('\n'));
    await who.context.close();
}

// A device that keeps passkeys and knows its person.
export async function authenticator(who) {
    const session = await who.page.createCDPSession();
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1',
        transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
    return { verified: isUserVerified => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) };
}

// Tells the stories one after the other.
export async function tell(stories) {
    for (const story of stories)
        await story().catch(error => ok(false, `${story.name} comes to its end`, error.stack));
    await browser.close();
    console.log('1..' + number);
}

// The first contentful paint of PATH, the median of ten fresh browsers, in milliseconds.
export async function paint(path) {
    const times = [];
    for (let i = 0; i < 10; i++) {
        const who = await person();
        await who.page.goto(origin + path);
        times.push(await who.page.evaluate(() => new Promise(done => new PerformanceObserver(list => {
            const entry = list.getEntriesByName('first-contentful-paint')[0];
            if (entry)
                done(entry.startTime);
        }).observe({ type: 'paint', buffered: true }))));
        await who.context.close();
    }
    return Math.round(times.sort((a, b) => a - b)[5]);
}

// SPDX-License-Identifier: MIT
// The console in a real browser against a real server with a real model.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';

import { close, launch, open } from './browser.mjs';
import { post, starterTickets, startServer } from './server.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const paths = [
    '/',
    '/review',
    '/feedback',
    '/models',
    '/thresholds',
    '/monitor',
    '/batch',
    '/settings',
];
const evil = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';

let browser;
before(async () => {
    browser = await launch();
});
after(async () => {
    await browser.close();
});

async function settled(page) {
    await page.locator('h1').waitFor();
    await page.waitForFunction(() => !document.querySelector('[role=status][aria-label=Loading]'));
}

/** Axe as a test tool would run it: outside of the page's own policy. */
async function violations(page) {
    await page.evaluate(axe);
    const { violations: found } = await page.evaluate(() =>
        globalThis.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        }),
    );
    return found.flatMap((v) =>
        v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 140)} ${n.failureSummary}`),
    );
}

describe('without keys', () => {
    let server;
    before(async () => {
        server = await startServer({ options: ['--retrain-after', '3'] });
        const tickets = await starterTickets(60);
        await post(
            server.url,
            '/api/v1/predict/batch',
            tickets.map(({ subject, body }) => ({ subject, body })),
        );
        await post(server.url, '/api/v1/predict', { subject: evil, body: evil, source: evil });
    });
    after(() => server.remove());

    it('learns from corrections, and shows the new version without a reload', async () => {
        const page = await open(browser, server.url);
        await page.getByLabel('Subject').fill('Beamer kaputt');
        await page.getByLabel('Body').fill('the projector in room four shows stripes');
        const card = page.getByRole('region', { name: 'Category' });
        // By click, on what was typed but not kept.
        await card.getByRole('button', { name: 'Correct to Miscellaneous' }).click();
        await page.getByText('Your correction is stored').waitFor();
        await page.getByText(/2 more corrections/).waitFor();
        // By key, on what was kept.
        for (const subject of ['second projector', 'third projector']) {
            await page.getByLabel('Subject').fill(subject);
            await page.getByRole('button', { name: 'Classify', exact: true }).click();
            await page.getByText('Kept in the log').waitFor();
            await card.getByRole('button').first().waitFor();
            const stored = page.waitForResponse(
                (r) => r.url().endsWith('/feedback') && r.request().method() === 'POST',
            );
            await page.keyboard.press('2');
            assert.equal((await stored).status(), 201);
            await page.getByText('Your correction is stored').waitFor();
        }
        await page.getByTestId('live-version').getByText('v000002').waitFor({ timeout: 90_000 });
        await page.getByText('Model v000002 is live').waitFor();
        await close(page);
    });

    it('reviews by keyboard, with undo', async () => {
        const page = await open(browser, `${server.url}/review`);
        const rows = page.getByRole('group', { name: 'Queue' }).getByRole('button');
        await rows.first().waitFor();
        const selected = page.locator('button[aria-pressed=true]');
        const first = await selected.textContent();
        await page.keyboard.press('j');
        assert.notEqual(await selected.textContent(), first);
        await page.keyboard.press('k');
        assert.equal(await selected.textContent(), first);
        await page.keyboard.press('1');
        await page.getByRole('button', { name: 'Undo' }).waitFor();
        assert.notEqual(await selected.textContent(), first);
        await page.keyboard.press('u');
        await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
        assert.equal(await selected.textContent(), first);
        // The next answer sends the one before.
        const sent = page.waitForRequest(
            (r) => r.url().endsWith('/feedback') && r.method() === 'POST',
        );
        await page.keyboard.press('1');
        await page.keyboard.press('1');
        assert.ok((await sent).postDataJSON().prediction_id);
        await close(page);
    });

    it('shows markup in tickets, labels and file names as text', async () => {
        const page = await open(browser, server.url);
        await page.getByLabel('Body').fill(evil);
        await page.getByText('By model').waitFor();
        await post(server.url, '/api/v1/feedback', { text: evil, label: evil, source: evil });
        await page.goto(`${server.url}/feedback`);
        await page.getByText(evil).first().waitFor();
        await page.getByRole('group', { name: 'Feedback' }).getByRole('button').first().click();
        await page.getByRole('dialog').getByText(evil).first().waitFor();
        await page.goto(`${server.url}/batch`);
        await page.locator('input[type=file]').setInputFiles({
            name: `${evil.replaceAll('/', '')}.csv`,
            mimeType: 'text/csv',
            buffer: Buffer.from(`text\n"${evil.replaceAll('"', '""')}"\n`),
        });
        await page.getByText('<img').first().waitFor();
        assert.equal(await page.locator('main img, main b').count(), 0);
        assert.doesNotMatch(await page.title(), /owned/);
        await close(page);
    });

    it('classifies a file, first a trial, then all of it', async () => {
        const page = await open(browser, `${server.url}/batch`);
        const rows = Array.from(
            { length: 2500 },
            (_, i) => `${i},"ticket ${i}","my laptop, number ${i}, is slow"`,
        );
        await page.locator('input[type=file]').setInputFiles({
            name: 'tickets.csv',
            mimeType: 'text/csv',
            buffer: Buffer.from(['id,subject,body', ...rows, '7,,'].join('\n')),
        });
        await page.getByRole('button', { name: 'Try the first 100' }).click();
        await page.getByText('Tried; nothing of it was kept').waitFor();
        await page.getByRole('button', { name: 'Classify all' }).click();
        await page.getByText('All tickets are classified').waitFor({ timeout: 60_000 });
        const download = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Download the result' }).click();
        const text = readFileSync(await (await download).path(), 'utf8')
            .trimEnd()
            .split('\n');
        assert.equal(text.length, 2502);
        assert.match(text[0], /^id,subject,body,predicted_category,confidence_category/);
        assert.match(text[1], /^0,ticket 0,"my laptop, number 0, is slow",[A-Z]/);
        await close(page);
    });

    it('changes the target for all', async () => {
        const page = await open(browser, `${server.url}/thresholds`);
        await page.getByRole('slider').focus();
        for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
        await page.getByRole('button', { name: 'Save 92.5%' }).click();
        await page.getByText('The target of 92.5% is in force').waitFor();
        const settings = await (await fetch(`${server.url}/api/v1/settings`)).json();
        assert.equal(settings.target_precision, 0.925);
        await close(page);
    });

    it('rolls back after asking', async () => {
        // Its own server: here no other correction brings a version of its own.
        const own = await startServer({ options: ['--retrain-after', '1'] });
        try {
            const live = async () =>
                (await (await fetch(`${own.url}/api/v1/models`)).json()).champion;
            const page = await open(browser, `${own.url}/models`);
            await post(own.url, '/api/v1/feedback', { text: 'wlan drops', label: 'Hardware' });
            // Training gives way to everything else on the machine.
            const live2 = page.getByTestId('live-version').getByText('v000002');
            await live2.waitFor({ timeout: 90_000 });
            await page.getByRole('button', { name: 'Roll back' }).click();
            const dialog = page.getByRole('dialog');
            await dialog.getByLabel('Reason').fill('a test');
            assert.equal(await live(), 'v000002');
            await dialog.getByRole('button', { name: 'Roll back' }).click();
            await dialog.waitFor({ state: 'detached' });
            assert.equal(await live(), 'v000001');
            await close(page);
        } finally {
            await own.remove();
        }
    });

    it('speaks German', async () => {
        const page = await open(browser, server.url, { locale: 'de-DE' });
        await page.getByRole('heading', { name: 'Einordnen' }).waitFor();
        assert.equal(await page.locator('html').getAttribute('lang'), 'de');
        await close(page);
    });

    for (const scheme of ['light', 'dark'])
        it(`has no violation that axe finds (${scheme})`, async () => {
            const found = [];
            for (const path of paths) {
                const page = await open(browser, server.url + path, { scheme });
                await settled(page);
                if (path === '/') {
                    await page.getByLabel('Body').fill('my laptop is slow, please help');
                    await page.getByText('By model').waitFor();
                }
                if (path === '/models')
                    await page.getByText('What is mistaken for what').first().waitFor();
                found.push(...(await violations(page)).map((v) => `${path}: ${v}`));
                await close(page);
            }
            assert.deepEqual(found, []);
        });

    it('fits from 360 to 1920 pixels', async () => {
        for (const [width, height] of [
            [360, 740],
            [1920, 1080],
        ])
            for (const path of paths) {
                const page = await open(browser, server.url + path, { width, height });
                await settled(page);
                const wide = await page.evaluate(
                    () =>
                        document.documentElement.scrollWidth - document.documentElement.clientWidth,
                );
                assert.ok(wide <= 0, `${path} at ${width}: ${wide} pixels too wide`);
                await close(page);
            }
    });

    it('serves its files with a strict policy, and nothing else', async () => {
        const page = await fetch(server.url);
        const policy = page.headers.get('content-security-policy');
        assert.match(policy, /default-src 'none'; script-src 'self';/);
        assert.doesNotMatch(policy.match(/script-src[^;]*/)[0], /unsafe/);
        const [script] = /\/assets\/[^"]+\.js/.exec(await page.text());
        const asset = await fetch(server.url + script);
        assert.match(asset.headers.get('cache-control'), /immutable/);
        assert.equal(asset.headers.get('content-encoding'), 'gzip');
        const known = await fetch(server.url + script, {
            headers: { 'If-None-Match': asset.headers.get('etag') },
        });
        assert.equal(known.status, 304);
        for (const path of [
            '/assets/../../package.json',
            '/assets/..%2f..%2fpackage.json',
            '/package.json',
            '/assets/',
        ])
            assert.ok((await fetch(server.url + path)).status >= 400, path);
    });
});

describe('with keys', () => {
    let server;
    const keys = {};
    before(async () => {
        server = await startServer();
        keys.admin = (await post(server.url, '/api/v1/keys', { role: 'admin' })).key;
        for (const role of ['predict', 'agent'])
            keys[role] = (
                await post(server.url, '/api/v1/keys', { role, name: role }, keys.admin)
            ).key;
    });
    after(() => server.remove());

    it('asks for a key, refuses a wrong one, and keeps the right one in the tab alone', async () => {
        const page = await open(browser, server.url);
        await page.getByLabel('Key', { exact: true }).fill('tri_wrong');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByText('This key is not known').waitFor();
        assert.deepEqual(await violations(page), []);
        await page.getByLabel('Key', { exact: true }).fill(keys.agent);
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('heading', { name: 'Classify' }).waitFor();
        assert.ok(!page.url().includes(keys.agent));
        assert.doesNotMatch(await page.evaluate(() => JSON.stringify({ ...localStorage })), /tri_/);
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByLabel('Key', { exact: true }).waitFor();
        assert.doesNotMatch(
            await page.evaluate(() => JSON.stringify({ ...sessionStorage })),
            /tri_/,
        );
        await close(page);
    });

    const places = (page) => page.getByRole('navigation').getByRole('link').allTextContents();

    it('shows each role what it may do, and no more', async () => {
        const predict = await open(browser, server.url, { key: keys.predict });
        await settled(predict);
        assert.deepEqual(await places(predict), ['Classify', 'Batch', 'Settings']);
        await predict.getByLabel('Body').fill('my laptop is slow');
        await predict.getByText('By model').waitFor();
        assert.ok(await predict.getByRole('button', { name: 'Correct to Access' }).isDisabled());
        await predict.goto(`${server.url}/models`);
        await predict.getByRole('heading', { name: 'Classify' }).waitFor();
        await close(predict);

        const agent = await open(browser, `${server.url}/models`, { key: keys.agent });
        await agent.getByText('What is mistaken for what').first().waitFor();
        assert.equal(
            await agent.getByRole('button', { name: /Retrain now|Roll back|Put live/ }).count(),
            0,
        );
        await agent.goto(`${server.url}/settings`);
        await agent.getByText('About').waitFor();
        assert.equal(await agent.getByRole('button', { name: 'New key' }).count(), 0);
        await close(agent);

        const admin = await open(browser, `${server.url}/settings`, { key: keys.admin });
        await admin.getByRole('button', { name: 'New key' }).click();
        await admin.getByLabel('Name').fill('desk');
        await admin.getByRole('button', { name: 'Create' }).click();
        assert.match(await admin.getByTestId('new-key').textContent(), /^tri_/);
        await close(admin);
    });

    it('says that the server is away, and goes on when it is back', async () => {
        const page = await open(browser, `${server.url}/models`, { key: keys.admin });
        await page.getByText('What is mistaken for what').first().waitFor();
        await server.stop();
        const away = page.getByRole('alert', { name: 'The server does not answer' });
        await away.first().waitFor();
        const again = await startServer({ folder: server.data, port: server.port });
        server.stop = again.stop;
        server.remove = again.remove;
        await away.first().waitFor({ state: 'detached' });
        await page.getByText('What is mistaken for what').first().waitFor();
        page.faults.length = 0; // what the broken connection itself left
        await close(page);
    });
});

// SPDX-License-Identifier: MIT
// Pictures of each page, light and dark, of a server that has had some work: docs/screenshots.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { launch, open } from './browser.mjs';
import { importCorrections, post, root, starterTickets, startServer } from './server.mjs';

const folder = process.argv[2] ?? join(root, 'docs', 'screenshots');
const pages = {
    classify: '/',
    review: '/review',
    feedback: '/feedback',
    models: '/models',
    thresholds: '/thresholds',
    monitor: '/monitor',
    batch: '/batch',
    settings: '/settings',
};
const wanted = process.argv.slice(3);
const ticket = {
    subject: 'VPN drops again',
    body: 'Since this morning my VPN connection drops every ten minutes.\nI have restarted the laptop twice. Without it I cannot reach the shared drive.',
};

mkdirSync(folder, { recursive: true });
const server = await startServer({ options: ['--retrain-after', '8'] });
const browser = await launch();
try {
    const tickets = await starterTickets(160);
    await post(
        server.url,
        '/api/v1/predict/batch',
        tickets.map(({ subject, body }) => ({ subject, body, source: 'mail' })),
    );
    const events = await fetch(`${server.url}/api/v1/events`);
    for (const t of await starterTickets(9, 400))
        await post(server.url, '/api/v1/feedback', {
            text: `${t.subject}\n${t.body}`,
            label: t.category,
            source: 'service desk',
        });
    const reader = events.body.pipeThrough(new TextDecoderStream()).getReader();
    const untilDecided = async () => {
        for (let text = ''; !/"state":"done"/.test(text);)
            text += (await reader.read()).value ?? '';
    };
    await untilDecided();
    // Someone imports a file whose labels are off by one row: no such model goes live.
    const others = await starterTickets(400, 600);
    importCorrections(
        server.data,
        others.map((t, i) => ({
            text: `${t.subject}\n${t.body}`,
            label: others[(i + 1) % others.length].category,
        })),
    );
    await untilDecided();
    await reader.cancel();
    for (const t of await starterTickets(3, 500))
        await post(server.url, '/api/v1/feedback', {
            text: `${t.subject}\n${t.body}`,
            label: t.category,
            source: 'service desk',
        });
    await post(server.url, '/api/v1/feedback', {
        text: 'The badge reader at gate 4 is dead',
        label: 'Facility',
        source: 'console',
    });
    for (const scheme of ['light', 'dark'])
        for (const [name, path] of Object.entries(pages)) {
            if (wanted.length > 0 && !wanted.includes(name)) continue;
            const page = await open(browser, server.url + path, { scheme });
            await page.locator('h1').waitFor();
            if (name === 'classify') {
                await page.getByLabel('Subject').fill(ticket.subject);
                await page.getByLabel('Body').fill(ticket.body);
                await page.getByRole('button', { name: 'Classify', exact: true }).click();
                await page.getByText('Kept in the log').waitFor();
            }
            if (name === 'monitor') {
                for (let i = 0; i < 3; i++) {
                    for (const t of tickets.slice(i * 20, i * 20 + 20))
                        await post(server.url, '/api/v1/predict', {
                            subject: t.subject,
                            body: t.body,
                        });
                    await page.waitForResponse((r) => r.url().endsWith('/metrics'));
                }
            }
            if (name === 'batch') {
                const csv = [
                    'id,subject,body',
                    ...tickets
                        .slice(0, 100)
                        .map((t, i) =>
                            [`T${i}`, t.subject, t.body]
                                .map((c) => `"${c.replaceAll('"', '""')}"`)
                                .join(','),
                        ),
                ].join('\n');
                await page.locator('input[type=file]').setInputFiles({
                    name: 'tickets.csv',
                    mimeType: 'text/csv',
                    buffer: Buffer.from(csv),
                });
                await page.getByRole('button', { name: /Try the first/ }).click();
                await page.getByText('Tried; nothing').waitFor();
            }
            await page.waitForLoadState('load');
            await page.waitForFunction(
                () => !document.querySelector('[role=status][aria-label=Loading]'),
            );
            await page.evaluate(() => globalThis.scrollTo(0, 0));
            await page.screenshot({
                path: join(folder, `${name}-${scheme}.png`),
                animations: 'disabled',
            });
            if (page.faults.length > 0) console.log(name, scheme, page.faults);
            await page.context().close();
        }
} finally {
    await browser.close();
    await server.remove();
}

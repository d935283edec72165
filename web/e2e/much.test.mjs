// SPDX-License-Identifier: MIT
// Long lists and large files: the page holds what is seen, and goes on answering.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { close, launch, open } from './browser.mjs';
import { folderWithCorrections, startServer } from './server.mjs';

const corrections = 10_000;
const tickets = 100_000;

let browser;
let server;
before(async () => {
    browser = await launch();
    server = await startServer({
        folder: folderWithCorrections(corrections),
        options: ['--retrain-after', '0'],
    });
});
after(async () => {
    await browser.close();
    await server.remove();
});

/** From now on, how long the longest task of the page takes. */
async function watchTasks(page) {
    await page.evaluate(() => {
        globalThis.longest = 0;
        new PerformanceObserver((list) => {
            for (const e of list.getEntries())
                globalThis.longest = Math.max(globalThis.longest, e.duration);
        }).observe({ type: 'longtask' });
    });
}

async function tellTasks(page, what) {
    const ms = await page.evaluate(() => globalThis.longest);
    console.log(`${what}: longest task ${ms.toFixed(0)} ms (0: none over 50)`);
}

describe('much at once', () => {
    it(`scrolls through ${corrections} corrections with few rows in the page`, async () => {
        const page = await open(browser, `${server.url}/feedback`);
        const list = page.getByRole('group', { name: 'Feedback' });
        await list.getByRole('button').first().waitFor();
        await watchTasks(page);
        const most = await list.evaluate(async (scroller, wanted) => {
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            const isLast = () => scroller.textContent.includes(wanted);
            let rows = 0;
            while (!isLast() && rows < 100) {
                scroller.scrollTop = scroller.scrollHeight;
                await frame();
                rows = Math.max(rows, scroller.querySelectorAll('button').length);
            }
            return rows;
        }, 'correction number 0');
        await tellTasks(page, `${corrections} rows`);
        await page.getByText('10,000').first().waitFor();
        assert.ok(most > 5 && most < 100, `${most} rows in the page`);
        await close(page);
    });

    it(`answers while ${tickets} tickets are classified`, async () => {
        const page = await open(browser, `${server.url}/batch`);
        const rows = Array.from({ length: tickets }, (_, i) => `${i},my laptop ${i} is slow`);
        await page.locator('input[type=file]').setInputFiles({
            name: 'tickets.csv',
            mimeType: 'text/csv',
            buffer: Buffer.from(['id,text', ...rows].join('\n')),
        });
        await watchTasks(page);
        await page.getByRole('button', { name: 'Classify all' }).click();
        await page.getByText('Classifying…').waitFor();
        const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
        const before = await scheme();
        await page.getByRole('button', { name: 'Light or dark' }).click();
        assert.notEqual(await scheme(), before);
        // The click was answered in the middle, not when all was over.
        assert.equal(await page.getByText('All tickets are classified').count(), 0);
        await page.getByText('All tickets are classified').waitFor({ timeout: 180_000 });
        await page.getByText('100,000').first().waitFor();
        await tellTasks(page, `${tickets} tickets`);
        await close(page);
    });
});

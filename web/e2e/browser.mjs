// SPDX-License-Identifier: MIT
// Debian's Chromium, quiet and without its sandbox (tests run as root on machines of their own).
import assert from 'node:assert/strict';

import { chromium } from 'playwright-core';

export function launch() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
            ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
            ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        ],
    });
}

export async function open(
    browser,
    url,
    { scheme = 'light', key, width = 1360, height = 860, locale = 'en-GB' } = {},
) {
    const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: scheme,
        locale,
        timezoneId: 'UTC',
        reducedMotion: 'reduce',
    });
    if (key) await context.addInitScript((k) => sessionStorage.setItem('triage-key', k), key);
    const page = await context.newPage();
    page.faults = [];
    page.on('pageerror', (fault) => page.faults.push(String(fault)));
    page.on('console', (message) => {
        // What the network refuses is part of some tests; what the page gets wrong never is.
        if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
            page.faults.push(message.text());
    });
    await page.goto(url, { waitUntil: 'load' });
    return page;
}

/** Ends the page, which must not have met a fault of its own. */
export async function close(page) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
}

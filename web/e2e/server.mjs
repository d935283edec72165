// SPDX-License-Identifier: MIT
// A real `triage serve` in a folder of its own, with the built console.
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, watch, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = process.env.TRIAGE ?? join(root, 'build', 'triage');

/** Resolves when the log has a line that matches. */
function logLine(path, pattern, child) {
    return new Promise((resolve, reject) => {
        const look = () => {
            const match = existsSync(path) ? pattern.exec(readFileSync(path, 'utf8')) : null;
            if (match) {
                watcher.close();
                resolve(match);
            }
        };
        const watcher = watch(dirname(path), look);
        child.once('exit', (code) => {
            watcher.close();
            reject(
                new Error(
                    `triage serve ended with ${code}: ${readFileSync(path, 'utf8').slice(-500)}`,
                ),
            );
        });
        look();
    });
}

let n = 0;

export async function startServer({ folder, port = 0, options = [] } = {}) {
    const data = folder ?? mkdtempSync(join(tmpdir(), 'triage-e2e-'));
    const log = join(data, `log-${process.pid}-${n++}`);
    const child = spawn(
        program,
        [
            'serve',
            ...['--data-dir', data, '--listen', `127.0.0.1:${port}`],
            ...['--console', join(root, 'web', 'dist'), '--log-file', log, ...options],
        ],
        { stdio: 'ignore' },
    );
    const [, url] = await logLine(log, /listens on (http:\/\/[^"\s]+)/, child);
    await logLine(log, /a model went live/, child);
    const stop = () =>
        new Promise((resolve) => {
            if (child.exitCode !== null) return resolve();
            child.once('exit', resolve);
            child.kill('SIGTERM');
        });
    return {
        url,
        data,
        port: Number(new URL(url).port),
        stop,
        remove: async () => {
            await stop();
            rmSync(data, { recursive: true, force: true });
        },
    };
}

/** Puts corrections of a category ([{ text, label }]) into a data folder, also of a running server. */
export function importCorrections(folder, corrections) {
    const lines = corrections.map((c) => JSON.stringify({ field: 'category', ...c }));
    const { status, stderr } = spawnSync(
        program,
        ['import', '--feedback', '--data-dir', folder, '-'],
        { input: lines.join('\n'), encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
}

/** A data folder with so many corrections, before any server has seen it. */
export function folderWithCorrections(count) {
    const folder = mkdtempSync(join(tmpdir(), 'triage-e2e-'));
    importCorrections(
        folder,
        Array.from({ length: count }, (_, i) => ({
            text: `correction number ${i}`,
            label: 'Hardware',
        })),
    );
    return folder;
}

export async function post(url, path, body, key) {
    const response = await fetch(url + path, {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
            ...(key ? { Authorization: `Bearer ${key}` } : {}),
        },
        body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
}

/** Some of the starter tickets: { subject, body, category }. */
export async function starterTickets(count, skip = 0) {
    const rows = [];
    let text = '';
    for await (const line of createInterface({
        input: createReadStream(join(root, 'data', 'tickets.csv')),
    })) {
        text += `${line}\n`;
        if (text.length > 900_000) break;
    }
    let row = [];
    let cell = '';
    let quoted = false;
    for (let i = 0; i < text.length && rows.length < count + skip + 1; i++) {
        const c = text[i];
        if (quoted) {
            if (c !== '"') cell += c;
            else if (text[i + 1] === '"') cell += text[++i];
            else quoted = false;
        } else if (c === '"') quoted = true;
        else if (c === ',' || c === '\n') {
            row.push(cell);
            cell = '';
            if (c === '\n') {
                rows.push(row);
                row = [];
            }
        } else cell += c;
    }
    return rows
        .slice(1 + skip)
        .map(([, , , subject, body, category]) => ({ subject, body, category }));
}

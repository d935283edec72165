// SPDX-License-Identifier: MIT
// What the first page loads, compressed: index.html's scripts and styles, and what those import.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const limit = 250_000;
const html = readFileSync('dist/index.html', 'utf8');
const names = new Set([...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map((m) => m[1]));
for (const name of names)
    if (name.endsWith('.js')) {
        const text = readFileSync(`dist${name}`, 'utf8');
        for (const m of text.matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g))
            names.add(`/assets/${m[1]}`);
    }
// The page that opens first is loaded by the shell, with the styles of its own.
let total = 0;
for (const name of names) {
    const size = gzipSync(readFileSync(`dist${name}`), { level: 9 }).length;
    total += size;
    console.log(`${String(size).padStart(8)}  ${name}`);
}
console.log(`${String(total).padStart(8)}  first load, compressed (at most ${limit})`);
if (total > limit) process.exit(1);

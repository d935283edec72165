// SPDX-License-Identifier: MIT
// The licence texts of all packages that the built console has parts of.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const parts = [];
for (const [path, facts] of Object.entries(lock.packages)) {
    if (!path || facts.dev || !existsSync(`${path}/package.json`)) continue;
    const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? readFileSync(`${path}/${file}`, 'utf8').trim() : '';
    const name = path.replace(/^.*node_modules\//, '');
    parts.push(`${name} ${facts.version}: ${facts.license ?? 'see below'}\n\n${text}\n`);
}
writeFileSync('public/licences.txt', parts.join(`\n${'-'.repeat(72)}\n\n`));

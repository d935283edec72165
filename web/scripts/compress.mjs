// SPDX-License-Identifier: MIT
// NAME.gz beside each file of the build that gets smaller by it: the server sends those.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

for (const folder of ['dist', 'dist/assets']) {
    for (const name of readdirSync(folder)) {
        if (!/\.(js|css|html|svg|txt)$/.test(name)) continue;
        const bytes = readFileSync(join(folder, name));
        const packed = gzipSync(bytes, { level: 9 });
        if (packed.length < bytes.length) writeFileSync(join(folder, `${name}.gz`), packed);
    }
}

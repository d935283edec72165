// SPDX-License-Identifier: MIT
/** Counts over time, in steps that fit the span. */
export interface Series {
    /** Unix seconds, ascending, without gaps. */
    x: number[];
    byName: Map<string, number[]>;
}

export function seriesOf(
    entries: Iterable<{ at: string; name: string; count: number }>,
    since: number,
    until: number,
    stepMs: number,
): Series {
    const first = Math.floor(since / stepMs) * stepMs;
    const n = Math.max(1, Math.floor((until - first) / stepMs) + 1);
    const x = Array.from({ length: n }, (_, i) => (first + i * stepMs) / 1000);
    const byName = new Map<string, number[]>();
    for (const entry of entries) {
        const i = Math.floor((Date.parse(entry.at) - first) / stepMs);
        if (i < 0 || i >= n) continue;
        const values = byName.get(entry.name) ?? new Array<number>(n).fill(0);
        values[i] = (values[i] ?? 0) + entry.count;
        byName.set(entry.name, values);
    }
    return { x, byName };
}

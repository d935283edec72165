// SPDX-License-Identifier: MIT
/** The few things that the monitor reads from the metrics page. */
export interface Sample {
    name: string;
    labels: Record<string, string>;
    value: number;
}

export function parseMetrics(text: string): Sample[] {
    const samples: Sample[] = [];
    for (const line of text.split('\n')) {
        const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
        if (!match) continue;
        const labels: Record<string, string> = {};
        for (const [, name = '', value = ''] of (match[2] ?? '').matchAll(
            /(\w+)="((?:[^"\\]|\\.)*)"/g,
        ))
            labels[name] = value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
        samples.push({ name: match[1] ?? '', labels, value: Number(match[3]) });
    }
    return samples;
}

/** Cumulative counts by upper bound. */
export type Buckets = Map<number, number>;

export function bucketsOf(samples: Sample[], isWanted: (s: Sample) => boolean): Buckets {
    const buckets: Buckets = new Map();
    for (const s of samples)
        if (s.name === 'triage_http_request_duration_seconds_bucket' && isWanted(s)) {
            const bound = s.labels.le === '+Inf' ? Infinity : Number(s.labels.le);
            buckets.set(bound, (buckets.get(bound) ?? 0) + s.value);
        }
    return buckets;
}

/** The quantile of what came between two readings; null if nothing did. */
export function quantileBetween(before: Buckets, now: Buckets, q: number): number | null {
    const rows = [...now]
        .map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
        .sort((a, b) => a[0] - b[0]);
    const total = rows.at(-1)?.[1] ?? 0;
    if (total <= 0) return null;
    let low = 0;
    let below = 0;
    for (const [bound, count] of rows) {
        if (count >= q * total) {
            if (bound === Infinity) return low;
            return count > below
                ? low + ((bound - low) * (q * total - below)) / (count - below)
                : bound;
        }
        low = bound;
        below = count;
    }
    return low;
}

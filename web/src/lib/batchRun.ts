// SPDX-License-Identifier: MIT
/**
 * Many tickets, in parts: the file is read and sent piece by piece, so that neither the page nor
 * the server ever holds all of it as objects.
 */
import { request } from '../api/client';
import type { Prediction } from '../api/queries';
import { ticketOf, type BatchTicket, type Mapping } from './columns';
import { csvLine, CsvParser } from './csv';

export interface Table {
    columns: string[];
    rows: AsyncIterable<Record<string, string>[]>;
}

const PART = 500;

async function* piecesOf(file: Blob): AsyncIterable<string> {
    const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            yield value;
        }
    } finally {
        await reader.cancel().catch(() => undefined);
    }
}

async function* csvRows(file: Blob): AsyncIterable<Record<string, string>[]> {
    const parser = new CsvParser();
    let columns: string[] | null = null;
    const name = (rows: string[][]) => {
        columns ??= (rows.shift() ?? []).map((c) => c.trim());
        const names = columns;
        return rows.map((cells) => Object.fromEntries(names.map((c, i) => [c, cells[i] ?? ''])));
    };
    for await (const piece of piecesOf(file)) {
        const rows = parser.push(piece);
        if (rows.length > 0) yield name(rows);
    }
    const rest = parser.end();
    if (rest.length > 0) yield name(rest);
}

function lineRow(line: string): Record<string, string> {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new Error('a line is no JSON object');
    return Object.fromEntries(
        Object.entries(value).map(([k, v]) => [
            k,
            typeof v === 'string' ? v : v === null ? '' : JSON.stringify(v),
        ]),
    );
}

async function* jsonRows(file: Blob): AsyncIterable<Record<string, string>[]> {
    let rest = '';
    for await (const piece of piecesOf(file)) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop() ?? '';
        const rows = lines.filter((l) => l.trim() !== '').map(lineRow);
        if (rows.length > 0) yield rows;
    }
    if (rest.trim() !== '') yield [lineRow(rest)];
}

export function rowsOf(file: File): AsyncIterable<Record<string, string>[]> {
    return /\.(jsonl|ndjson)$/i.test(file.name) ? jsonRows(file) : csvRows(file);
}

/** The first rows, to show and to guess the columns from. */
export async function preview(file: File, n: number): Promise<Record<string, string>[]> {
    const rows: Record<string, string>[] = [];
    const head = new File([file.slice(0, 1 << 20)], file.name);
    try {
        for await (const some of rowsOf(head)) {
            rows.push(...some);
            if (rows.length >= n) break;
        }
    } catch (fault) {
        // The cut may be in the middle of a line.
        if (rows.length === 0) throw fault;
    }
    return rows.slice(0, n);
}

export interface Progress {
    done: number;
    failed: number;
    auto: number;
    bytesShare: number;
}

type Result = Prediction | { error: { detail: string } };

async function predict(tickets: BatchTicket[], isDry: boolean, signal: AbortSignal) {
    const response = await request(`/api/v1/predict/batch${isDry ? '?dry_run=true' : ''}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(tickets),
        signal,
    });
    return (await response.json()) as Result[];
}

export interface RunOptions {
    file: File;
    mapping: Mapping;
    isDry: boolean;
    /** At most so many rows. */
    limit: number;
    signal: AbortSignal;
    onProgress: (progress: Progress) => void;
}

/** The result as CSV: the columns of the file, then those of the predictions. */
export async function runBatch(options: RunOptions): Promise<Blob> {
    const { file, mapping, isDry, limit, signal, onProgress } = options;
    const parts: string[] = [];
    const progress: Progress = { done: 0, failed: 0, auto: 0, bytesShare: 0 };
    let fields: string[] | null = null;
    let columns: string[] = [];
    let bytes = 0;
    let waiting: Record<string, string>[] = [];

    const send = async (rows: Record<string, string>[]) => {
        const results = await predict(
            rows.map((r) => ticketOf(r, mapping)),
            isDry,
            signal,
        );
        const lines: string[] = [];
        rows.forEach((row, i) => {
            const result = results[i];
            bytes += Object.values(row).reduce((n, v) => n + v.length + 1, 0);
            if (fields === null && result && !('error' in result))
                fields = Object.keys(result.fields);
            if (columns.length === 0) columns = Object.keys(row);
            if (progress.done === 0)
                lines.push(
                    csvLine([
                        ...columns,
                        ...(fields ?? ['category']).flatMap((f) => [
                            `predicted_${f}`,
                            `confidence_${f}`,
                            `decision_${f}`,
                        ]),
                        'error',
                    ]),
                );
            const own = columns.map((c) => row[c] ?? '');
            if (!result || 'error' in result) {
                progress.failed++;
                lines.push(
                    csvLine([
                        ...own,
                        ...(fields ?? ['category']).flatMap(() => ['', '', '']),
                        result?.error.detail ?? '?',
                    ]),
                );
            } else {
                if (result.decision === 'auto') progress.auto++;
                lines.push(
                    csvLine([
                        ...own,
                        ...(fields ?? []).flatMap((f) => {
                            const p = result.fields[f];
                            return p ? [p.label, String(p.confidence), p.decision] : ['', '', ''];
                        }),
                        '',
                    ]),
                );
            }
            progress.done++;
        });
        parts.push(`${lines.join('\n')}\n`);
        progress.bytesShare = Math.min(1, bytes / Math.max(1, file.size));
        onProgress({ ...progress });
    };

    for await (const rows of rowsOf(file)) {
        waiting.push(...rows);
        while (waiting.length >= PART && progress.done < limit) {
            const part = waiting.slice(0, Math.min(PART, limit - progress.done));
            waiting = waiting.slice(part.length);
            await send(part);
        }
        if (progress.done >= limit) break;
    }
    if (waiting.length > 0 && progress.done < limit)
        await send(waiting.slice(0, limit - progress.done));
    progress.bytesShare = 1;
    onProgress({ ...progress });
    return new Blob(parts, { type: 'text/csv' });
}

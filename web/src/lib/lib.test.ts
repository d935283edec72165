// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';

import { guessMapping, ticketOf } from './columns';
import { csvLine, CsvParser, guessSeparator } from './csv';
import { splitEmail } from './email';
import { highlight } from './highlight';
import { seriesOf } from './history';
import { fieldTitle, firstLine, restOf } from './names';
import { bucketsOf, parseMetrics, quantileBetween } from './prometheus';

describe('highlight', () => {
    it('keeps the text as it was, character for character', () => {
        const text = 'VPN\n<b>drops</b> äöü vpn drops 🙂';
        const pieces = highlight(text, [
            { term: 'vpn', weight: 2 },
            { term: 'vpn drops', weight: -1 },
        ]);
        expect(pieces.map((p) => p.text).join('')).toBe(text);
    });
    it('adds what is known of a word, and opening words at the beginning only', () => {
        const late = 'a b c d e f g h i vpn';
        const terms = [
            { term: 'vpn', weight: 2 },
            { term: '^vpn', weight: 1 },
        ];
        expect(highlight('vpn', terms)[0]?.weight).toBe(3);
        expect(highlight(late, terms).at(-1)?.weight).toBe(2);
    });
    it('spreads a pair over its two words', () => {
        const [first, , second] = highlight('no sound', [{ term: 'no sound', weight: 1 }]);
        expect([first?.weight, second?.weight]).toEqual([0.5, 0.5]);
    });
});

describe('splitEmail', () => {
    it('takes subject and body', () => {
        expect(splitEmail('From: a@example.com\nSubject: No sound\n\nIn Teams.\n')).toEqual({
            subject: 'No sound',
            body: 'In Teams.',
        });
    });
    it('knows German and folded headers', () => {
        expect(splitEmail('Betreff: Kein\n Ton\nVon: x\n\nHallo')?.subject).toBe('Kein Ton');
    });
    it('leaves other text alone', () => {
        expect(splitEmail('Hello\nSubject: x\n\ny')).toBeNull();
        expect(splitEmail('From: x\n\ny')).toBeNull();
    });
});

describe('CsvParser', () => {
    const all = (text: string, size: number) => {
        const parser = new CsvParser();
        const rows: string[][] = [];
        for (let i = 0; i < text.length; i += size)
            rows.push(...parser.push(text.slice(i, i + size)));
        return [...rows, ...parser.end()];
    };
    it('gives the same rows however the text is cut', () => {
        const text = 'id,text\r\n1,"a ""quoted"", one\nand more"\r\n2,plain\n\n3,""';
        const expected = [
            ['id', 'text'],
            ['1', 'a "quoted", one\nand more'],
            ['2', 'plain'],
            ['3', ''],
        ];
        expect(all(text, text.length)).toEqual(expected);
        expect(all(text, 8)).toEqual(expected);
    });
    it('guesses the separator', () => {
        expect(guessSeparator('a;b;c\n1,2')).toBe(';');
        expect(all('a\tb\n1\t2\n', 99)).toEqual([
            ['a', 'b'],
            ['1', '2'],
        ]);
    });
    it('writes what it reads', () => {
        const cells = ['a,b', 'say "x"', 'two\nlines', ''];
        expect(all(`${csvLine(cells)}\n`, 99)).toEqual([cells]);
    });
});

describe('columns', () => {
    it('are guessed from their names', () => {
        expect(guessMapping(['ID', 'Betreff', 'Beschreibung', 'x'])).toEqual({
            id: 'ID',
            subject: 'Betreff',
            body: 'Beschreibung',
            text: null,
        });
        expect(guessMapping(['Document', 'Topic_group']).text).toBe('Document');
        expect(guessMapping(['foo', 'bar']).text).toBe('bar');
    });
    it('make tickets', () => {
        const mapping = { text: null, subject: 's', body: 'b', id: 'i' };
        expect(ticketOf({ s: 'x', b: 'y', i: '7' }, mapping)).toEqual({
            subject: 'x',
            body: 'y',
            id: '7',
        });
    });
});

describe('metrics', () => {
    const page = (fast: number, slow: number) =>
        parseMetrics(
            [
                '# HELP x',
                `triage_http_request_duration_seconds_bucket{route="/predict",le="0.001"} ${fast}`,
                `triage_http_request_duration_seconds_bucket{route="/predict",le="0.01"} ${fast + slow}`,
                `triage_http_request_duration_seconds_bucket{route="/predict",le="+Inf"} ${fast + slow}`,
            ].join('\n'),
        );
    it('give the quantile of what came between two readings', () => {
        const of = (f: number, s: number) => bucketsOf(page(f, s), () => true);
        expect(quantileBetween(of(10, 0), of(110, 0), 0.5)).toBeCloseTo(0.0005);
        expect(quantileBetween(of(10, 0), of(10, 10), 0.5)).toBeCloseTo(0.0055);
        expect(quantileBetween(of(10, 5), of(10, 5), 0.5)).toBeNull();
    });
    it('have labels with escapes', () => {
        expect(parseMetrics('m{a="x\\"y",b="1"} 2')[0]).toEqual({
            name: 'm',
            labels: { a: 'x"y', b: '1' },
            value: 2,
        });
    });
});

describe('seriesOf', () => {
    it('counts into steps without gaps', () => {
        const hour = 3_600_000;
        const { x, byName } = seriesOf(
            [
                { at: new Date(hour).toISOString(), name: 'a', count: 2 },
                { at: new Date(3 * hour + 5).toISOString(), name: 'a', count: 1 },
                { at: new Date(9 * hour).toISOString(), name: 'a', count: 9 },
            ],
            hour,
            3 * hour + 10,
            hour,
        );
        expect(x).toEqual([3600, 7200, 10800]);
        expect(byName.get('a')).toEqual([2, 0, 1]);
    });
});

it('names are for people', () => {
    expect(fieldTitle('assignment_group')).toBe('Assignment group');
    expect(firstLine('\n a\nb')).toBe('a');
    expect(restOf('a\nb\nc')).toBe('b\nc');
});

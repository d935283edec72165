// SPDX-License-Identifier: MIT
/**
 * Where the model's terms stand in the text. A term is a word ("vpn"), two words ("vpn drops") or a
 * word near the beginning ("^vpn"). A pair's weight is spread over its words.
 */
export interface Term {
    term: string;
    weight: number;
}

export interface Piece {
    text: string;
    weight: number;
    terms: Term[];
}

/** As many words count as the beginning. */
const OPENING_WORDS = 8;

export function highlight(text: string, terms: readonly Term[]): Piece[] {
    const weights = new Map(terms.map((t) => [t.term, t.weight]));
    const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((m) => ({
        word: m[0].toLowerCase(),
        at: m.index,
        end: m.index + m[0].length,
        terms: [] as Term[],
        weight: 0,
    }));
    words.forEach((w, i) => {
        const give = (to: typeof w, term: string, share: number) => {
            const weight = weights.get(term);
            if (weight === undefined) return;
            to.weight += weight * share;
            to.terms.push({ term, weight });
        };
        give(w, w.word, 1);
        if (i < OPENING_WORDS) give(w, `^${w.word}`, 1);
        const next = words[i + 1];
        if (next) {
            give(w, `${w.word} ${next.word}`, 0.5);
            give(next, `${w.word} ${next.word}`, 0.5);
        }
    });
    const pieces: Piece[] = [];
    let at = 0;
    for (const w of words) {
        if (w.terms.length === 0) continue;
        if (w.at > at) pieces.push({ text: text.slice(at, w.at), weight: 0, terms: [] });
        pieces.push({ text: text.slice(w.at, w.end), weight: w.weight, terms: w.terms });
        at = w.end;
    }
    if (at < text.length) pieces.push({ text: text.slice(at), weight: 0, terms: [] });
    return pieces;
}

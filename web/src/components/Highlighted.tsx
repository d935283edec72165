// SPDX-License-Identifier: MIT
/** A ticket's text, its words marked by what they did to the score. */
import { Tooltip } from '@mantine/core';

import { useWords } from '../i18n';
import { highlight, type Term } from '../lib/highlight';
import { termTitle } from './TermTable';

export function Highlighted({ text, terms }: { text: string; terms: readonly Term[] }) {
    const words = useWords();
    const pieces = highlight(text, terms);
    const largest = Math.max(1e-9, ...pieces.map((p) => Math.abs(p.weight)));
    return (
        <div className="ticket-text">
            {pieces.map((piece, i) => {
                if (piece.terms.length === 0) return <span key={i}>{piece.text}</span>;
                const size = Math.abs(piece.weight) / largest;
                const side = piece.weight >= 0 ? 'for' : 'against';
                return (
                    <Tooltip
                        key={i}
                        withArrow
                        label={piece.terms
                            .map(
                                (t) =>
                                    `${termTitle(words, t.term)}: ${signed(words.number(t.weight, 2), t.weight)}`,
                            )
                            .join(' · ')}
                    >
                        <span
                            className={`term ${side} ${size < 0.12 ? 'faint' : ''}`}
                            style={{ ['--size' as string]: size }}
                        >
                            {piece.text}
                        </span>
                    </Tooltip>
                );
            })}
        </div>
    );
}

export function signed(text: string, value: number): string {
    return value > 0 ? `+${text}` : text;
}

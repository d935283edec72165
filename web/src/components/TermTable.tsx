// SPDX-License-Identifier: MIT
import { Table, Text } from '@mantine/core';

import { useWords, type Words } from '../i18n';
import type { Term } from '../lib/highlight';

/** "^vpn" is the word near the beginning. */
export function termTitle(words: Words, term: string): string {
    if (term.startsWith('^')) return words.t('term.opening', { term: term.slice(1) });
    return `“${term}”`;
}

interface Props {
    terms: readonly Term[];
    label: string;
    runnerUp: string;
}

export function TermTable({ terms, label, runnerUp }: Props) {
    const words = useWords();
    const { t, number } = words;
    const shown = [...terms].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, 12);
    const largest = Math.max(1e-9, ...shown.map((s) => Math.abs(s.weight)));
    return (
        <>
            <Text fz="sm" c="dimmed" mb="xs">
                {t('term.caption', { label, runnerUp })}
            </Text>
            <Table verticalSpacing={4} horizontalSpacing="xs" withRowBorders={false}>
                <Table.Thead>
                    <Table.Tr>
                        <Table.Th>{t('term.word')}</Table.Th>
                        <Table.Th w="40%">{t('term.effect')}</Table.Th>
                        <Table.Th className="num">{t('term.size')}</Table.Th>
                    </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                    {shown.map((s) => (
                        <Table.Tr key={s.term}>
                            <Table.Td>{termTitle(words, s.term)}</Table.Td>
                            <Table.Td>
                                <Effect share={s.weight / largest} />
                            </Table.Td>
                            <Table.Td className="num">
                                {s.weight > 0 ? '+' : ''}
                                {number(s.weight, 2)}
                            </Table.Td>
                        </Table.Tr>
                    ))}
                </Table.Tbody>
            </Table>
        </>
    );
}

/** From the middle to the right where it spoke for the label, to the left where against. */
function Effect({ share }: { share: number }) {
    const width = Math.abs(share) * 50;
    return (
        <svg viewBox="0 0 100 10" width="100%" height="10" preserveAspectRatio="none" aria-hidden>
            <rect
                x={share >= 0 ? 50 : 50 - width}
                width={width}
                y="1"
                height="8"
                style={{ fill: share >= 0 ? 'var(--auto)' : 'var(--review)' }}
            />
            <rect
                x="49.7"
                width="0.6"
                y="0"
                height="10"
                style={{ fill: 'var(--mantine-color-dimmed)' }}
            />
        </svg>
    );
}

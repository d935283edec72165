// SPDX-License-Identifier: MIT
/** What was taken for what, as a heat map; a cell opens the tickets that people corrected so. */
import { Drawer, Stack, Text } from '@mantine/core';
import { useState } from 'react';

import { useFeedback } from '../api/queries';
import { useWords } from '../i18n';
import type { FieldMetrics } from '../lib/metadata';
import { Empty, Failure, Loading } from './States';

interface Cell {
    actual: string;
    predicted: string;
    count: number;
}

export function Confusion({ field, metrics }: { field: string; metrics: FieldMetrics }) {
    const { t, number } = useWords();
    const [open, setOpen] = useState<Cell | null>(null);
    const labels = metrics.labels.map((l) => l.label);
    return (
        <>
            <Text fz="sm" c="dimmed" mb="sm">
                {t('confusion.hint')}
            </Text>
            <div
                style={{ overflowX: 'auto' }}
                tabIndex={0}
                role="region"
                aria-label={t('confusion.hint')}
            >
                <table className="heat">
                    <caption className="sr">{t('confusion.title')}</caption>
                    <thead>
                        <tr>
                            <td />
                            {labels.map((l) => (
                                <th key={l} scope="col">
                                    <span title={l}>{l}</span>
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {labels.map((actual, i) => {
                            const row = metrics.confusion[i] ?? [];
                            const total = row.reduce((sum, n) => sum + n, 0) || 1;
                            return (
                                <tr key={actual}>
                                    <th scope="row">{actual}</th>
                                    {labels.map((predicted, j) => {
                                        const count = row[j] ?? 0;
                                        const share = count / total;
                                        const style = {
                                            background:
                                                count === 0
                                                    ? 'transparent'
                                                    : `rgb(var(--heat) / ${0.06 + share * 0.5})`,
                                        };
                                        return (
                                            <td key={predicted}>
                                                {i === j || count === 0 ? (
                                                    <span className="cell" style={style}>
                                                        {count === 0 ? (
                                                            <span aria-label="0">·</span>
                                                        ) : (
                                                            number(count)
                                                        )}
                                                    </span>
                                                ) : (
                                                    <button
                                                        type="button"
                                                        className="cell"
                                                        style={style}
                                                        aria-label={t('confusion.cell', {
                                                            actual,
                                                            predicted,
                                                            n: count,
                                                        })}
                                                        onClick={() =>
                                                            setOpen({ actual, predicted, count })
                                                        }
                                                    >
                                                        {number(count)}
                                                    </button>
                                                )}
                                            </td>
                                        );
                                    })}
                                </tr>
                            );
                        })}
                    </tbody>
                </table>
            </div>
            <Drawer
                opened={open !== null}
                onClose={() => setOpen(null)}
                position="right"
                size="lg"
                title={
                    open
                        ? t('confusion.open', { actual: open.actual, predicted: open.predicted })
                        : ''
                }
                closeButtonProps={{ 'aria-label': t('close') }}
            >
                {open && <Examples field={field} cell={open} />}
            </Drawer>
        </>
    );
}

function Examples({ field, cell }: { field: string; cell: Cell }) {
    const { t, ago } = useWords();
    const feedback = useFeedback({ field, label: cell.actual });
    if (feedback.isPending) return <Loading />;
    if (feedback.error) return <Failure error={feedback.error} />;
    const rows = feedback.data.pages
        .flatMap((p) => p.feedback)
        .filter((f) => f.predicted === cell.predicted);
    return (
        <Stack gap="sm">
            <Text fz="sm">{t('confusion.count', { ...cell, n: cell.count })}</Text>
            {rows.length === 0 ? (
                <Empty title={t('confusion.none')} text={t('confusion.none.text')} />
            ) : (
                rows.map((f) => (
                    <article key={f.feedback_id} className="surface">
                        <div className="ticket-text">{f.text}</div>
                        <Text fz="xs" c="dimmed" mt="xs">
                            {ago(f.created_at)}
                            {f.comment ? ` · ${f.comment}` : ''}
                        </Text>
                    </article>
                ))
            )}
        </Stack>
    );
}

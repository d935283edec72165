// SPDX-License-Identifier: MIT
/** The queue, by keyboard. An answer is sent after a moment in which it can be taken back. */
import { Alert, Button, Group, Kbd, Stack, Tabs, Text } from '@mantine/core';
import { IconArrowBackUp, IconConfetti } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { sendCorrection, type Correction } from '../api/corrections';
import { useLabels, useReview, type ReviewTicket } from '../api/queries';
import { useSession } from '../api/Session';
import { choicesOf, FieldCard, MAX_CHOICES } from '../components/FieldCard';
import { HeldCorrections } from '../components/HeldCorrections';
import { Page } from '../components/Page';
import { Empty, Failure, Loading } from '../components/States';
import { useWords } from '../i18n';
import { fieldTitle, firstLine, restOf } from '../lib/names';
import { useKeys } from '../lib/useKeys';

const UNDO_MS = 5000;

interface Waiting {
    ticket: ReviewTicket;
    correction: Correction;
}

/** One answer at a time waits; the next one, or leaving, sends it. */
function useUndoable(onProblem: (error: Error) => void) {
    const queries = useQueryClient();
    const [waiting, setWaiting] = useState<Waiting | null>(null);
    const [isRefused, setRefused] = useState<string | null>(null);
    const current = useRef<Waiting | null>(null);
    const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

    const flush = useCallback(() => {
        const sent = current.current;
        clearTimeout(timer.current);
        current.current = null;
        setWaiting(null);
        if (!sent) return;
        sendCorrection(sent.correction)
            .then(() => {
                for (const name of ['review', 'stats', 'feedback'])
                    void queries.invalidateQueries({ queryKey: [name] });
            })
            .catch((fault: unknown) => {
                setRefused(sent.ticket.prediction_id);
                onProblem(fault instanceof Error ? fault : new Error(String(fault)));
            });
    }, [queries, onProblem]);

    const answer = (next: Waiting) => {
        flush();
        current.current = next;
        setWaiting(next);
        timer.current = setTimeout(flush, UNDO_MS);
    };
    const undo = () => {
        clearTimeout(timer.current);
        const taken = current.current;
        current.current = null;
        setWaiting(null);
        return taken;
    };
    useEffect(() => {
        window.addEventListener('pagehide', flush);
        return () => {
            window.removeEventListener('pagehide', flush);
            flush();
        };
    }, [flush]);
    return { waiting, answer, undo, isRefused };
}

/** The field that is least sure: what a person is asked about first. */
function doubtful(x: ReviewTicket): string | undefined {
    const fields = Object.entries(x.now?.fields ?? {});
    const open = fields.filter(([, p]) => p.decision === 'review');
    return (open.length > 0 ? open : fields).sort(
        (a, b) => a[1].confidence - b[1].confidence,
    )[0]?.[0];
}

function doubt(x: ReviewTicket): { label: string; confidence: number } | undefined {
    const name = doubtful(x);
    return name === undefined ? undefined : x.now?.fields[name];
}

export function Review() {
    const { t } = useWords();
    const session = useSession();
    const [tab, setTab] = useState<string | null>('queue');
    const queue = <Queue />;
    return (
        <Page title={t('review.title')} hint={t('review.hint')}>
            {session.can('admin') ? (
                <Tabs value={tab} onChange={setTab} keepMounted={false}>
                    <Tabs.List mb="md">
                        <Tabs.Tab value="queue">{t('review.queue')}</Tabs.Tab>
                        <Tabs.Tab value="held">{t('review.held')}</Tabs.Tab>
                    </Tabs.List>
                    <Tabs.Panel value="queue">{queue}</Tabs.Panel>
                    <Tabs.Panel value="held">
                        <HeldCorrections />
                    </Tabs.Panel>
                </Tabs>
            ) : (
                queue
            )}
        </Page>
    );
}

function Queue() {
    const { t, percent } = useWords();
    const review = useReview();
    const labels = useLabels();
    const [problem, setProblem] = useState<Error | null>(null);
    const undoable = useUndoable(setProblem);
    const [answered, setAnswered] = useState<ReadonlySet<string>>(new Set());
    const [selected, setSelected] = useState<string | null>(null);
    const [activeField, setActiveField] = useState<string | null>(null);
    const scroller = useRef<HTMLDivElement>(null);

    const tickets = useMemo(
        () =>
            (review.data?.pages.flatMap((p) => p.tickets) ?? []).filter(
                (x) => !answered.has(x.prediction_id) || x.prediction_id === undoable.isRefused,
            ),
        [review.data, answered, undoable.isRefused],
    );
    const index = Math.max(
        0,
        tickets.findIndex((x) => x.prediction_id === selected),
    );
    const ticket = tickets[index];
    const rows = useVirtualizer({
        count: tickets.length,
        getScrollElement: () => scroller.current,
        estimateSize: () => 74,
        overscan: 8,
    });
    const last = rows.getVirtualItems().at(-1)?.index ?? 0;
    const { hasNextPage, isFetchingNextPage, fetchNextPage } = review;
    useEffect(() => {
        if (hasNextPage && !isFetchingNextPage && last >= tickets.length - 20) void fetchNextPage();
    }, [last, tickets.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

    const describe = (x: ReviewTicket) => {
        const d = doubt(x);
        return d
            ? `${fieldTitle(doubtful(x) ?? '')}: ${d.label} · ${percent(d.confidence)}`
            : restOf(x.text);
    };
    const go = (to: number) => {
        const next = tickets[Math.min(tickets.length - 1, Math.max(0, to))];
        if (!next) return;
        setSelected(next.prediction_id);
        rows.scrollToIndex(tickets.indexOf(next));
    };
    const asked = ticket && doubtful(ticket);
    const names = ticket?.now
        ? Object.keys(ticket.now.fields).sort((a, b) => Number(b === asked) - Number(a === asked))
        : [];
    const current = activeField !== null && names.includes(activeField) ? activeField : names[0];
    const choose = (field: string, label: string) => {
        if (!ticket) return;
        setProblem(null);
        undoable.answer({
            ticket,
            correction: { text: ticket.text, predictionId: ticket.prediction_id, field, label },
        });
        setAnswered((s) => new Set(s).add(ticket.prediction_id));
        setActiveField(null);
        setSelected((tickets[index + 1] ?? tickets[index - 1])?.prediction_id ?? null);
    };
    const undo = () => {
        const taken = undoable.undo();
        if (!taken) return;
        setAnswered((s) => {
            const next = new Set(s);
            next.delete(taken.ticket.prediction_id);
            return next;
        });
        setSelected(taken.ticket.prediction_id);
    };
    useKeys((key) => {
        if (key === 'j' || key === 'ArrowDown') go(index + 1);
        else if (key === 'k' || key === 'ArrowUp') go(index - 1);
        else if (key === 'u') undo();
        else if ((key === 'ArrowRight' || key === 'ArrowLeft') && current) {
            const step = key === 'ArrowRight' ? 1 : names.length - 1;
            setActiveField(names[(names.indexOf(current) + step) % names.length] ?? null);
        } else if (/^[1-9]$/.test(key) && current && ticket?.now?.fields[current]) {
            const choice = choicesOf(ticket.now.fields[current])[Number(key) - 1];
            if (choice) choose(current, choice.label);
        } else return false;
        return true;
    });

    if (review.isPending) return <Loading rows={7} />;
    if (review.error && !review.data)
        return <Failure error={review.error} again={() => void review.refetch()} />;
    return (
        <Stack gap="md">
            <Group justify="space-between" mih={36}>
                <Text fz="sm" c="dimmed">
                    <Kbd>j</Kbd> <Kbd>k</Kbd> {t('review.keys.move')} · <Kbd>1</Kbd>–<Kbd>9</Kbd>{' '}
                    {t('review.keys.answer')} · <Kbd>←</Kbd> <Kbd>→</Kbd> {t('review.keys.field')} ·{' '}
                    <Kbd>u</Kbd> {t('review.keys.undo')}
                </Text>
                {undoable.waiting && (
                    <Group gap="sm" role="status">
                        <Text fz="sm">
                            {t('review.answered', {
                                label: undoable.waiting.correction.label,
                                n: undoable.waiting.ticket.similar,
                            })}
                        </Text>
                        <Button
                            size="xs"
                            variant="default"
                            leftSection={<IconArrowBackUp size={15} />}
                            onClick={undo}
                        >
                            {t('undo')}
                        </Button>
                    </Group>
                )}
            </Group>
            {problem && (
                <Alert color="red" title={t('correct.failed')}>
                    {problem.message}
                </Alert>
            )}
            {!ticket ? (
                <div className="surface">
                    <Empty
                        icon={<IconConfetti size={36} stroke={1.4} />}
                        title={t('review.empty')}
                        text={t('review.empty.text')}
                    />
                </div>
            ) : (
                <div className="split wide-right">
                    <div className="surface flush">
                        <div
                            ref={scroller}
                            className="scroller"
                            style={{ height: 'min(70vh, 720px)' }}
                            role="group"
                            aria-label={t('review.queue')}
                        >
                            <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
                                {rows.getVirtualItems().map((item) => {
                                    const x = tickets[item.index];
                                    if (!x) return null;
                                    return (
                                        <button
                                            key={x.prediction_id}
                                            type="button"
                                            className="row"
                                            aria-pressed={x === ticket}
                                            style={{
                                                position: 'absolute',
                                                top: 0,
                                                height: item.size,
                                                transform: `translateY(${item.start}px)`,
                                                gridTemplateColumns: 'minmax(0, 1fr) auto',
                                            }}
                                            onClick={() => setSelected(x.prediction_id)}
                                        >
                                            <span style={{ minWidth: 0 }}>
                                                <Text
                                                    component="div"
                                                    fz="sm"
                                                    fw={600}
                                                    className="clip"
                                                >
                                                    {firstLine(x.text)}
                                                </Text>
                                                <Text
                                                    component="div"
                                                    fz="xs"
                                                    c="dimmed"
                                                    className="clip"
                                                >
                                                    {describe(x)}
                                                </Text>
                                            </span>
                                            {x.similar > 1 && (
                                                <span className="tag">
                                                    {t('review.similar', { n: x.similar })}
                                                </span>
                                            )}
                                        </button>
                                    );
                                })}
                            </div>
                        </div>
                    </div>
                    <Stack gap="md">
                        <article className="surface">
                            <Group justify="space-between" align="flex-start" wrap="nowrap">
                                <Text fw={650} fz="lg" style={{ overflowWrap: 'anywhere' }}>
                                    {firstLine(ticket.text)}
                                </Text>
                                {ticket.similar > 1 && (
                                    <span className="tag">
                                        {t('review.answers', { n: ticket.similar })}
                                    </span>
                                )}
                            </Group>
                            {/* The choices stay in sight below a long text. */}
                            <div
                                className="ticket-text"
                                style={{ maxHeight: 230, overflowY: 'auto' }}
                                role="region"
                                aria-label={t('ticket.body')}
                                tabIndex={0}
                            >
                                {restOf(ticket.text)}
                            </div>
                        </article>
                        {names.map((name) => {
                            const p = ticket.now?.fields[name];
                            return (
                                p && (
                                    <FieldCard
                                        key={name}
                                        name={name}
                                        prediction={p}
                                        labels={labels[name]}
                                        isActive={name === current}
                                        chosen={null}
                                        isSaving={false}
                                        mayCorrect
                                        shown={name === current ? MAX_CHOICES : 2}
                                        onActivate={setActiveField}
                                        onChoose={choose}
                                    />
                                )
                            );
                        })}
                    </Stack>
                </div>
            )}
        </Stack>
    );
}

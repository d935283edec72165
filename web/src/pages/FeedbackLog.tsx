// SPDX-License-Identifier: MIT
import { Button, Drawer, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';

import { request } from '../api/client';
import { useFeedback, useFields, type Feedback, type FeedbackFilter } from '../api/queries';
import { Page } from '../components/Page';
import { Empty, Failure, Loading } from '../components/States';
import { useWords } from '../i18n';
import { saveBlob } from '../lib/download';
import { fieldTitle, firstLine } from '../lib/names';

const states = ['accepted', 'held', 'rejected', 'superseded'] as const;
const tones = { accepted: 'auto', held: 'review', rejected: 'bad', superseded: '' };

export function FeedbackLog() {
    const { t } = useWords();
    const fields = useFields();
    const [status, setStatus] = useState<FeedbackFilter['status'] | null>(null);
    const [field, setField] = useState<string | null>(null);
    const [label, setLabel] = useState<string | null>(null);
    const [source, setSource] = useState('');
    const [typedSource] = useDebouncedValue(source.trim(), 300);
    const filter = useMemo<FeedbackFilter>(
        () => ({
            ...(status ? { status } : {}),
            ...(field ? { field } : {}),
            ...(label ? { label } : {}),
            ...(typedSource ? { source: typedSource } : {}),
        }),
        [status, field, label, typedSource],
    );
    const feedback = useFeedback(filter);
    const exported = useMutation({
        mutationFn: async () => {
            const query = new URLSearchParams({ ...filter });
            const response = await request(`/api/v1/feedback?${query}`, {
                headers: { Accept: 'application/x-ndjson' },
            });
            saveBlob(await response.blob(), 'feedback.jsonl');
        },
    });
    const labels = fields.data?.fields
        .filter((f) => !field || f.name === field)
        .flatMap((f) => f.labels.map((l) => l.label));
    return (
        <Page
            title={t('feedback.title')}
            hint={t('feedback.hint')}
            actions={
                <Button
                    variant="default"
                    leftSection={<IconDownload size={17} />}
                    loading={exported.isPending}
                    onClick={() => exported.mutate()}
                >
                    {t('feedback.export')}
                </Button>
            }
        >
            <Group gap="sm" align="flex-end">
                <Select
                    label={t('state')}
                    placeholder={t('all')}
                    clearable
                    clearButtonProps={{ 'aria-label': t('clear') }}
                    data={states.map((s) => ({ value: s, label: t(`feedback.${s}`) }))}
                    value={status ?? null}
                    onChange={(s) => setStatus(s as FeedbackFilter['status'] | null)}
                    w={170}
                />
                <Select
                    label={t('field')}
                    placeholder={t('all')}
                    clearable
                    clearButtonProps={{ 'aria-label': t('clear') }}
                    data={
                        fields.data?.fields.map((f) => ({
                            value: f.name,
                            label: fieldTitle(f.name),
                        })) ?? []
                    }
                    value={field}
                    onChange={(f) => {
                        setField(f);
                        setLabel(null);
                    }}
                    w={190}
                />
                <Select
                    label={t('label')}
                    placeholder={t('all')}
                    clearable
                    searchable
                    clearButtonProps={{ 'aria-label': t('clear') }}
                    data={[...new Set(labels ?? [])]}
                    value={label}
                    onChange={setLabel}
                    w={210}
                />
                <TextInput
                    label={t('feedback.source')}
                    placeholder={t('all')}
                    value={source}
                    onChange={(e) => setSource(e.currentTarget.value)}
                    w={150}
                />
            </Group>
            {exported.error && <Failure error={exported.error} />}
            {feedback.isPending ? (
                <Loading rows={7} />
            ) : feedback.error && !feedback.data ? (
                <Failure error={feedback.error} again={() => void feedback.refetch()} />
            ) : (
                <Log query={feedback} isFiltered={Object.keys(filter).length > 0} />
            )}
        </Page>
    );
}

interface LogProps {
    query: ReturnType<typeof useFeedback>;
    isFiltered: boolean;
}

function Log({ query, isFiltered }: LogProps) {
    const { t, ago, number } = useWords();
    const scroller = useRef<HTMLDivElement>(null);
    const [open, setOpen] = useState<Feedback | null>(null);
    const rows = useMemo(() => query.data?.pages.flatMap((p) => p.feedback) ?? [], [query.data]);
    const list = useVirtualizer({
        count: rows.length,
        getScrollElement: () => scroller.current,
        estimateSize: () => 66,
        overscan: 10,
    });
    const last = list.getVirtualItems().at(-1)?.index ?? 0;
    const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
    useEffect(() => {
        if (hasNextPage && !isFetchingNextPage && last >= rows.length - 40) void fetchNextPage();
    }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

    if (rows.length === 0)
        return (
            <div className="surface">
                <Empty
                    title={t(isFiltered ? 'feedback.noMatch' : 'feedback.empty')}
                    text={isFiltered ? undefined : t('feedback.empty.text')}
                />
            </div>
        );
    return (
        <>
            <div className="surface flush">
                <div
                    ref={scroller}
                    className="scroller"
                    style={{ height: `min(70vh, ${Math.max(72, rows.length * 66)}px)` }}
                    role="group"
                    aria-label={t('feedback.title')}
                >
                    <div style={{ height: list.getTotalSize(), position: 'relative' }}>
                        {list.getVirtualItems().map((item) => {
                            const f = rows[item.index];
                            if (!f) return null;
                            return (
                                <button
                                    key={f.feedback_id}
                                    type="button"
                                    className="row"
                                    style={{
                                        position: 'absolute',
                                        top: 0,
                                        height: item.size,
                                        transform: `translateY(${item.start}px)`,
                                        gridTemplateColumns: 'minmax(0, 1fr) auto',
                                    }}
                                    onClick={() => setOpen(f)}
                                >
                                    <span style={{ minWidth: 0 }}>
                                        <Text component="div" fz="sm" fw={600} className="clip">
                                            {firstLine(f.text)}
                                        </Text>
                                        <Text component="div" fz="xs" c="dimmed" className="clip">
                                            {fieldTitle(f.field)}: {change(f)} · {ago(f.created_at)}
                                            {f.source ? ` · ${f.source}` : ''}
                                        </Text>
                                    </span>
                                    <span className={`tag ${tones[f.status]}`}>
                                        {t(`feedback.${f.status}`)}
                                    </span>
                                </button>
                            );
                        })}
                    </div>
                </div>
            </div>
            <Text fz="xs" c="dimmed">
                {t('feedback.loaded', { n: rows.length, shown: number(rows.length) })}
            </Text>
            <Drawer
                opened={open !== null}
                onClose={() => setOpen(null)}
                position="right"
                size="lg"
                title={t('feedback.one')}
                closeButtonProps={{ 'aria-label': t('close') }}
            >
                {open && <Entry entry={open} />}
            </Drawer>
        </>
    );
}

function change(f: Feedback): string {
    if (f.predicted === null) return f.label;
    return f.predicted === f.label ? `${f.label} ✓` : `${f.predicted} → ${f.label}`;
}

function Entry({ entry }: { entry: Feedback }) {
    const { t, dateTime, percent } = useWords();
    const facts: [string, string | null][] = [
        [fieldTitle(entry.field), entry.label],
        [
            t('feedback.predicted'),
            entry.predicted && `${entry.predicted} (${percent(entry.confidence ?? 0, 1)})`,
        ],
        [t('retrains.model'), entry.model_version],
        [t('when'), dateTime(entry.created_at)],
        [t('feedback.source'), entry.source],
        [t('reason'), entry.reason],
        [t('feedback.comment'), entry.comment],
    ];
    return (
        <Stack gap="md">
            <span className={`tag ${tones[entry.status]}`} style={{ alignSelf: 'flex-start' }}>
                {t(`feedback.${entry.status}`)}
            </span>
            <div className="surface ticket-text">{entry.text}</div>
            <dl
                style={{
                    display: 'grid',
                    gridTemplateColumns: 'auto 1fr',
                    gap: '6px 16px',
                    margin: 0,
                }}
            >
                {facts
                    .filter(([, value]) => value)
                    .map(([name, value]) => (
                        <div key={name} style={{ display: 'contents' }}>
                            <Text component="dt" fz="sm" c="dimmed">
                                {name}
                            </Text>
                            <Text component="dd" fz="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
                                {value}
                            </Text>
                        </div>
                    ))}
            </dl>
        </Stack>
    );
}

// SPDX-License-Identifier: MIT
import { Alert, Button, Group, Progress, Select, Stack, Table, Text } from '@mantine/core';
import { IconDownload, IconFileTypeCsv, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useRef, useState } from 'react';

import { Page } from '../components/Page';
import { Tile } from '../components/Tile';
import { useWords } from '../i18n';
import { preview, runBatch, type Progress as Done } from '../lib/batchRun';
import { guessMapping, type Mapping } from '../lib/columns';
import { saveBlob } from '../lib/download';

const DRY_ROWS = 100;

interface Loaded {
    file: File;
    rows: Record<string, string>[];
    columns: string[];
    mapping: Mapping;
}

interface Run {
    isDry: boolean;
    began: number;
    ended: number | null;
    progress: Done;
    result: Blob | null;
    problem: string | null;
    wasCancelled: boolean;
}

export function Batch() {
    const { t, number } = useWords();
    const input = useRef<HTMLInputElement>(null);
    const abort = useRef<AbortController | null>(null);
    const [isOver, setOver] = useState(false);
    const [loaded, setLoaded] = useState<Loaded | null>(null);
    const [problem, setProblem] = useState<string | null>(null);
    const [run, setRun] = useState<Run | null>(null);
    const isRunning = run !== null && run.ended === null;

    const take = async (file: File | undefined) => {
        if (!file) return;
        setProblem(null);
        setRun(null);
        try {
            const rows = await preview(file, 5);
            const columns = [...new Set(rows.flatMap((r) => Object.keys(r)))];
            if (columns.length === 0) throw new Error(t('batch.noRows'));
            setLoaded({ file, rows, columns, mapping: guessMapping(columns) });
        } catch (fault) {
            setLoaded(null);
            setProblem(fault instanceof Error ? fault.message : String(fault));
        }
    };
    const start = async (isDry: boolean) => {
        if (!loaded) return;
        const control = new AbortController();
        abort.current = control;
        const first: Run = {
            isDry,
            began: performance.now(),
            ended: null,
            progress: { done: 0, failed: 0, auto: 0, bytesShare: 0 },
            result: null,
            problem: null,
            wasCancelled: false,
        };
        setRun(first);
        const update = (change: Partial<Run>) => setRun((r) => (r ? { ...r, ...change } : r));
        try {
            const result = await runBatch({
                file: loaded.file,
                mapping: loaded.mapping,
                isDry,
                limit: isDry ? DRY_ROWS : Infinity,
                signal: control.signal,
                onProgress: (progress) => update({ progress }),
            });
            update({ result, ended: performance.now() });
        } catch (fault) {
            update({
                ended: performance.now(),
                wasCancelled: control.signal.aborted,
                problem: control.signal.aborted
                    ? null
                    : fault instanceof Error
                      ? fault.message
                      : String(fault),
            });
        }
    };
    const map = (change: Partial<Mapping>) =>
        loaded && setLoaded({ ...loaded, mapping: { ...loaded.mapping, ...change } });
    const isMapped =
        loaded !== null &&
        (loaded.mapping.text ?? loaded.mapping.subject ?? loaded.mapping.body) !== null;

    return (
        <Page title={t('batch.title')} hint={t('batch.hint')}>
            {/* A drop target is for the mouse; the button in it is for everyone. */}
            <div
                className="drop"
                data-over={isOver}
                onDragOver={(e) => {
                    e.preventDefault();
                    setOver(true);
                }}
                onDragLeave={() => setOver(false)}
                onDrop={(e) => {
                    e.preventDefault();
                    setOver(false);
                    if (!isRunning) void take(e.dataTransfer.files[0]);
                }}
            >
                <Stack align="center" gap="xs">
                    <IconFileTypeCsv size={36} stroke={1.4} />
                    <Text fw={600}>{loaded ? loaded.file.name : t('batch.drop')}</Text>
                    <Text fz="sm" c="dimmed">
                        {loaded
                            ? t('batch.size', { kb: number(loaded.file.size / 1000) })
                            : t('batch.formats')}
                    </Text>
                    <Button
                        variant="default"
                        disabled={isRunning}
                        onClick={() => input.current?.click()}
                    >
                        {t(loaded ? 'batch.another' : 'batch.choose')}
                    </Button>
                    <input
                        ref={input}
                        type="file"
                        hidden
                        aria-label={t('batch.choose')}
                        accept=".csv,.tsv,.txt,.jsonl,.ndjson"
                        onChange={(e) => void take(e.currentTarget.files?.[0])}
                    />
                </Stack>
            </div>
            {problem && (
                <Alert color="red" title={t('batch.unreadable')}>
                    {problem}
                </Alert>
            )}
            {loaded && (
                <section className="surface" aria-label={t('batch.columns')}>
                    <Text fw={650}>{t('batch.columns')}</Text>
                    <Text fz="sm" c="dimmed" mb="sm">
                        {t('batch.columns.hint')}
                    </Text>
                    <Group gap="sm" mb="md">
                        {(['text', 'subject', 'body', 'id'] as const).map((name) => (
                            <Select
                                key={name}
                                label={t(`batch.${name}`)}
                                placeholder={t('none')}
                                clearable
                                clearButtonProps={{ 'aria-label': t('clear') }}
                                disabled={isRunning}
                                data={loaded.columns}
                                value={loaded.mapping[name]}
                                onChange={(column) =>
                                    map(
                                        name === 'text' && column
                                            ? { text: column, subject: null, body: null }
                                            : name !== 'id' && column
                                              ? {
                                                    [name]: column,
                                                    text: name === 'text' ? column : null,
                                                }
                                              : { [name]: column },
                                    )
                                }
                                w={180}
                            />
                        ))}
                    </Group>
                    <Table.ScrollContainer
                        minWidth={560}
                        scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
                    >
                        <Table verticalSpacing={6} fz="sm">
                            <Table.Thead>
                                <Table.Tr>
                                    {loaded.columns.map((c) => (
                                        <Table.Th key={c}>{c}</Table.Th>
                                    ))}
                                </Table.Tr>
                            </Table.Thead>
                            <Table.Tbody>
                                {loaded.rows.map((row, i) => (
                                    <Table.Tr key={i}>
                                        {loaded.columns.map((c) => (
                                            <Table.Td key={c} maw={260}>
                                                <div className="clip2">{row[c] ?? ''}</div>
                                            </Table.Td>
                                        ))}
                                    </Table.Tr>
                                ))}
                            </Table.Tbody>
                        </Table>
                    </Table.ScrollContainer>
                    <Group mt="md" gap="sm">
                        <Button
                            variant="default"
                            disabled={!isMapped || isRunning}
                            onClick={() => void start(true)}
                        >
                            {t('batch.dry', { n: DRY_ROWS })}
                        </Button>
                        <Button
                            leftSection={<IconPlayerPlay size={17} />}
                            disabled={!isMapped || isRunning}
                            onClick={() => void start(false)}
                        >
                            {t('batch.start')}
                        </Button>
                    </Group>
                </section>
            )}
            {run && loaded && (
                <Outcome
                    run={run}
                    onCancel={() => abort.current?.abort()}
                    onSave={(blob) =>
                        saveBlob(blob, `${loaded.file.name.replace(/\.\w+$/, '')}-triage.csv`)
                    }
                />
            )}
        </Page>
    );
}

interface OutcomeProps {
    run: Run;
    onCancel: () => void;
    onSave: (blob: Blob) => void;
}

function Outcome({ run, onCancel, onSave }: OutcomeProps) {
    const { t, number, percent } = useWords();
    const { done, failed, auto, bytesShare } = run.progress;
    const seconds = ((run.ended ?? performance.now()) - run.began) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const left = bytesShare > 0 ? (seconds / bytesShare) * (1 - bytesShare) : null;
    const share = run.isDry ? done / DRY_ROWS : bytesShare;
    const { result } = run;
    return (
        <section className="surface" aria-label={t('batch.result')} aria-live="polite">
            <Group justify="space-between" mb="sm">
                <Text fw={650}>
                    {run.ended === null
                        ? t(run.isDry ? 'batch.trying' : 'batch.running')
                        : run.wasCancelled
                          ? t('batch.cancelled')
                          : run.problem
                            ? t('batch.failed')
                            : t(run.isDry ? 'batch.tried' : 'batch.done')}
                </Text>
                {run.ended === null ? (
                    <Button
                        variant="default"
                        size="xs"
                        leftSection={<IconX size={15} />}
                        onClick={onCancel}
                    >
                        {t('cancel')}
                    </Button>
                ) : (
                    result && (
                        <Button
                            size="xs"
                            leftSection={<IconDownload size={15} />}
                            onClick={() => onSave(result)}
                        >
                            {t('batch.save')}
                        </Button>
                    )
                )}
            </Group>
            <Progress
                value={run.ended !== null && !run.problem && !run.wasCancelled ? 100 : share * 100}
                aria-label={t('batch.result')}
                color={run.problem ? 'red' : 'indigo'}
                mb="md"
            />
            {run.problem && (
                <Alert color="red" mb="md">
                    {run.problem}
                </Alert>
            )}
            <div className="tiles">
                <Tile
                    title={t('batch.tickets')}
                    value={number(done)}
                    hint={t('batch.rate', { n: number(rate) })}
                />
                <Tile
                    title={t('monitor.auto')}
                    value={done > failed ? percent(auto / (done - failed)) : '–'}
                    tone="var(--auto)"
                    hint={t('monitor.auto.hint')}
                />
                <Tile
                    title={t('batch.faults')}
                    value={number(failed)}
                    hint={t('batch.faults.hint')}
                    tone={failed > 0 ? 'var(--mantine-color-error)' : undefined}
                />
                <Tile
                    title={t(run.ended === null ? 'batch.left' : 'batch.took')}
                    value={
                        run.ended === null
                            ? left === null
                                ? '–'
                                : t('seconds', { n: number(left) })
                            : t('seconds', { n: number(seconds, 1) })
                    }
                />
            </div>
        </section>
    );
}

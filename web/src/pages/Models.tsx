// SPDX-License-Identifier: MIT
import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { IconArrowBackUp, IconRefresh, IconRocket } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { bodyOf, client } from '../api/client';
import { useModel, useModels, useRetrains, useStats, type ModelDetails } from '../api/queries';
import { useSession } from '../api/Session';
import { Confirm } from '../components/Confirm';
import { Confusion } from '../components/Confusion';
import { FieldSwitch } from '../components/FieldSwitch';
import { Page } from '../components/Page';
import { RetrainProgress } from '../components/Retrain';
import { Empty, Failure, Loading } from '../components/States';
import { Tile } from '../components/Tile';
import { useLive } from '../events/Live';
import { useWords, type MessageKey, type Words } from '../i18n';
import { fieldMetrics, type ComparedField, type Comparison } from '../lib/metadata';

type Question = { kind: 'promote'; version: string } | { kind: 'rollback' } | { kind: 'retrain' };

export function Models() {
    const words = useWords();
    const { t, ago, number } = words;
    const session = useSession();
    const queries = useQueryClient();
    const { retrain } = useLive();
    const models = useModels();
    const retrains = useRetrains();
    const stats = useStats(24);
    const [selected, setSelected] = useState<string | null>(null);
    const [question, setQuestion] = useState<Question | null>(null);

    if (models.isPending)
        return (
            <Page title={t('models.title')}>
                <Loading rows={6} />
            </Page>
        );
    if (models.error && !models.data)
        return (
            <Page title={t('models.title')}>
                <Failure error={models.error} again={() => void models.refetch()} />
            </Page>
        );
    const { champion, models: versions, history } = models.data;
    const version = versions.some((v) => v.version === selected) ? selected : champion;
    const isAdmin = session.can('admin');
    const carryOut = async (reason: string) => {
        const body = reason ? { reason } : {};
        if (question?.kind === 'promote')
            await bodyOf(
                client.POST('/api/v1/models/{v}/promote', {
                    params: { path: { v: question.version } },
                    body,
                }),
            );
        else if (question?.kind === 'rollback')
            await bodyOf(client.POST('/api/v1/models/rollback', { body }));
        else await bodyOf(client.POST('/api/v1/models/retrain', { body }));
        for (const name of ['models', 'model', 'retrains', 'stats', 'fields', 'curve'])
            void queries.invalidateQueries({ queryKey: [name] });
    };
    const lastOf = (v: string) => [...history].reverse().find((h) => h.version === v);

    return (
        <Page
            title={t('models.title')}
            hint={t('models.hint')}
            actions={
                isAdmin && (
                    <>
                        <Button
                            variant="default"
                            leftSection={<IconArrowBackUp size={17} />}
                            disabled={history.filter((h) => h.action !== 'rejected').length < 2}
                            onClick={() => setQuestion({ kind: 'rollback' })}
                        >
                            {t('models.rollback')}
                        </Button>
                        <Button
                            leftSection={<IconRefresh size={17} />}
                            disabled={retrain.isRunning}
                            onClick={() => setQuestion({ kind: 'retrain' })}
                        >
                            {t('models.retrain')}
                        </Button>
                    </>
                )
            }
        >
            <div className="surface">
                <RetrainProgress
                    pending={stats.data?.feedback.pending ?? 0}
                    goal={stats.data?.feedback.retrain_at ?? 0}
                />
            </div>
            <div className="split wide-right">
                <section className="surface flush" aria-label={t('models.timeline')}>
                    <Text fw={650} px={16} py={12}>
                        {t('models.timeline')}
                    </Text>
                    {versions.map((v) => {
                        const last = lastOf(v.version);
                        return (
                            <button
                                key={v.version}
                                type="button"
                                className="row"
                                aria-pressed={v.version === version}
                                style={{ gridTemplateColumns: 'minmax(0, 1fr) auto' }}
                                onClick={() => setSelected(v.version)}
                            >
                                <span style={{ minWidth: 0 }}>
                                    <Text component="div" fw={650} fz="sm">
                                        {v.version}
                                    </Text>
                                    <Text component="div" fz="xs" c="dimmed">
                                        {triggerTitle(words, v.trigger)} · {ago(v.created_at)} ·{' '}
                                        {t('models.learnt', {
                                            n: v.corrections,
                                            tickets: number(v.tickets),
                                        })}
                                    </Text>
                                    {last && (
                                        <Text component="div" fz="xs" c="dimmed" className="clip2">
                                            {t('models.by', { who: last.who })}:{' '}
                                            {arrows(last.reason)}
                                        </Text>
                                    )}
                                </span>
                                <VersionTag isChampion={v.is_champion} action={last?.action} />
                            </button>
                        );
                    })}
                </section>
                {version === null ? (
                    <div className="surface">
                        <Empty title={t('models.none')} />
                    </div>
                ) : (
                    <Details
                        version={version}
                        onPromote={isAdmin ? () => setQuestion({ kind: 'promote', version }) : null}
                    />
                )}
            </div>
            <section className="surface flush" aria-label={t('retrains.title')}>
                <Text fw={650} px={16} py={12}>
                    {t('retrains.title')}
                </Text>
                <Retrains query={retrains} />
            </section>
            {question && (
                <Confirm
                    title={t(`models.${question.kind}.title`)}
                    text={t(`models.${question.kind}.text`, {
                        version: question.kind === 'promote' ? question.version : '',
                    })}
                    action={t(`models.${question.kind}`)}
                    withReason
                    onClose={() => setQuestion(null)}
                    onConfirm={carryOut}
                />
            )}
        </Page>
    );
}

export function triggerTitle({ t }: Words, trigger: string): string {
    const known: Record<string, MessageKey> = {
        start: 'trigger.start',
        feedback: 'trigger.feedback',
        request: 'trigger.request',
        schedule: 'trigger.schedule',
        import: 'trigger.import',
    };
    const key = known[trigger];
    return key ? t(key) : trigger;
}

function VersionTag({ isChampion, action }: { isChampion: boolean; action?: string }) {
    const { t } = useWords();
    if (isChampion) return <span className="tag auto">{t('models.live')}</span>;
    if (action === 'rejected') return <span className="tag bad">{t('models.rejected')}</span>;
    return <span className="tag">{t('models.earlier')}</span>;
}

function Details({ version, onPromote }: { version: string; onPromote: (() => void) | null }) {
    const { t, percent, dateTime } = useWords();
    const model = useModel(version);
    const [chosen, setChosen] = useState<string | null>(null);
    if (model.isPending) return <Loading rows={6} />;
    if (model.error) return <Failure error={model.error} again={() => void model.refetch()} />;
    const metrics = fieldMetrics(model.data.metadata);
    const names = Object.keys(metrics);
    const field = chosen !== null && names.includes(chosen) ? chosen : names[0];
    const m = field === undefined ? undefined : metrics[field];
    const comparison = model.data.comparison as unknown as Comparison | null;
    const compared = comparison?.fields.find((f) => f.field === field);
    return (
        <Stack gap="md">
            <Group justify="space-between">
                <div>
                    <Text fw={650} fz="lg">
                        {version}
                    </Text>
                    <Text fz="sm" c="dimmed">
                        {dateTime(model.data.created_at)}
                    </Text>
                </div>
                <Group>
                    <FieldSwitch names={names} value={field} onChange={setChosen} />
                    {onPromote && !model.data.is_champion && (
                        <Button
                            size="xs"
                            leftSection={<IconRocket size={15} />}
                            onClick={onPromote}
                        >
                            {t('models.promote')}
                        </Button>
                    )}
                </Group>
            </Group>
            <Why details={model.data} comparison={comparison} />
            {m && field !== undefined && (
                <>
                    <div className="tiles">
                        <Tile
                            title={t('metric.accuracy')}
                            value={percent(m.accuracy, 1)}
                            hint={t('metric.accuracy.hint')}
                        />
                        <Tile
                            title={t('metric.f1')}
                            value={percent(m.macro_f1, 1)}
                            hint={t('metric.f1.hint')}
                        />
                        <Tile
                            title={t('metric.coverage')}
                            value={percent(m.auto.coverage)}
                            hint={t('metric.coverage.hint', {
                                share: percent(m.auto.precision, 1),
                            })}
                        />
                    </div>
                    {compared?.labels && compared.labels.length > 0 && (
                        <section className="surface" aria-label={t('compare.title')}>
                            <Text fw={650}>{t('compare.title')}</Text>
                            <ComparisonTable
                                compared={compared}
                                parent={model.data.parent ?? ''}
                                version={version}
                            />
                        </section>
                    )}
                    <section className="surface" aria-label={t('confusion.title')}>
                        <Text fw={650}>{t('confusion.title')}</Text>
                        <Confusion field={field} metrics={m} />
                    </section>
                </>
            )}
        </Stack>
    );
}

/** The server writes for logs, too. */
const arrows = (reason: string | null | undefined) => reason?.replaceAll('->', '→');

function Why({ details, comparison }: { details: ModelDetails; comparison: Comparison | null }) {
    const { t, dateTime } = useWords();
    if (details.history.length === 0 && !comparison) return null;
    return (
        <section className="surface" aria-label={t('models.history')}>
            {comparison && (
                <Text fz="sm" mb={details.history.length > 0 ? 'xs' : 0}>
                    <span className={`tag ${comparison.is_promoted ? 'auto' : 'bad'}`}>
                        {t(comparison.is_promoted ? 'models.accepted' : 'models.rejected')}
                    </span>{' '}
                    {arrows(comparison.reason)}
                    <Text span c="dimmed" fz="xs" display="block">
                        {t('models.chance')}
                    </Text>
                </Text>
            )}
            {details.history.map((h) => (
                <Text key={`${h.at}${h.action}`} fz="xs" c="dimmed">
                    {dateTime(h.at)} · {t(`history.${h.action}`)} · {t('models.by', { who: h.who })}
                    {h.reason && h.reason !== comparison?.reason ? `: ${arrows(h.reason)}` : ''}
                </Text>
            ))}
        </section>
    );
}

interface ComparisonProps {
    compared: ComparedField;
    parent: string;
    version: string;
}

function ComparisonTable({ compared, parent, version }: ComparisonProps) {
    const { t, percent, number } = useWords();
    return (
        <>
            <Text fz="sm" c="dimmed" mb="xs">
                {t('compare.hint', {
                    n: compared.tickets ?? 0,
                    gained: compared.gained ?? 0,
                    lost: compared.lost ?? 0,
                })}
            </Text>
            <Table.ScrollContainer
                minWidth={460}
                scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
            >
                <Table verticalSpacing={6}>
                    <Table.Thead>
                        <Table.Tr>
                            <Table.Th>{t('label')}</Table.Th>
                            <Table.Th className="num">{t('compare.tickets')}</Table.Th>
                            <Table.Th className="num">{parent}</Table.Th>
                            <Table.Th className="num">{version}</Table.Th>
                            <Table.Th className="num">{t('compare.change')}</Table.Th>
                        </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                        {compared.labels?.map((l) => {
                            const change = (l.candidate?.f1 ?? 0) - (l.champion?.f1 ?? 0);
                            const tone =
                                Math.abs(change) < 0.0005 ? '' : change > 0 ? 'auto' : 'bad';
                            return (
                                <Table.Tr key={l.label}>
                                    <Table.Td>{l.label}</Table.Td>
                                    <Table.Td className="num">{number(l.support)}</Table.Td>
                                    <Table.Td className="num">
                                        {l.champion ? percent(l.champion.f1, 1) : '–'}
                                    </Table.Td>
                                    <Table.Td className="num">
                                        {l.candidate ? percent(l.candidate.f1, 1) : '–'}
                                    </Table.Td>
                                    <Table.Td className="num">
                                        <span className={`tag ${tone}`}>
                                            {change > 0.0005 ? '+' : ''}
                                            {number(change * 100, 1)}
                                        </span>
                                    </Table.Td>
                                </Table.Tr>
                            );
                        })}
                    </Table.Tbody>
                </Table>
            </Table.ScrollContainer>
        </>
    );
}

export function Retrains({ query }: { query: ReturnType<typeof useRetrains> }) {
    const words = useWords();
    const { t, dateTime } = words;
    if (query.isPending) return <Loading />;
    if (query.error) return <Failure error={query.error} again={() => void query.refetch()} />;
    const rows = query.data.retrains;
    if (rows.length === 0)
        return <Empty title={t('retrains.empty')} text={t('retrains.empty.text')} />;
    return (
        <Table.ScrollContainer minWidth={620} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
            <Table verticalSpacing={8} horizontalSpacing={16}>
                <Table.Thead>
                    <Table.Tr>
                        <Table.Th>{t('when')}</Table.Th>
                        <Table.Th>{t('retrains.trigger')}</Table.Th>
                        <Table.Th>{t('retrains.result')}</Table.Th>
                        <Table.Th>{t('retrains.model')}</Table.Th>
                        <Table.Th>{t('retrains.why')}</Table.Th>
                    </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                    {rows.map((r) => (
                        <Table.Tr key={r.retrain_id}>
                            <Table.Td style={{ whiteSpace: 'nowrap' }}>
                                {dateTime(r.requested_at)}
                            </Table.Td>
                            <Table.Td>{triggerTitle(words, r.trigger)}</Table.Td>
                            <Table.Td>
                                <span
                                    className={`tag ${r.result === 'promoted' ? 'auto' : r.result === null ? '' : 'bad'}`}
                                >
                                    {t(
                                        r.result === null
                                            ? `retrains.${r.state}`
                                            : `retrains.${r.result}`,
                                    )}
                                </span>
                            </Table.Td>
                            <Table.Td>{r.candidate ?? '–'}</Table.Td>
                            <Table.Td>{r.reason ?? ''}</Table.Td>
                        </Table.Tr>
                    ))}
                </Table.Tbody>
            </Table>
        </Table.ScrollContainer>
    );
}

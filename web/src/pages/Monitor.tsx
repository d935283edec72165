// SPDX-License-Identifier: MIT
import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState, type ReactNode } from 'react';

import { bodyOf, client, request } from '../api/client';
import { useRetrains, useStats, type Stats } from '../api/queries';
import { Chart, usePalette } from '../components/Chart';
import { Page } from '../components/Page';
import { Empty, Failure, Loading } from '../components/States';
import { Tile } from '../components/Tile';
import { useWords } from '../i18n';
import { seriesOf } from '../lib/history';
import { fieldTitle } from '../lib/names';
import { bucketsOf, parseMetrics, quantileBetween, type Sample } from '../lib/prometheus';
import { Retrains } from './Models';

const spans = { '24': 24, '168': 168, '720': 720 };
const HOUR = 3_600_000;
const READ_EVERY_MS = 5000;
const MAX_READINGS = 120;

interface Reading {
    at: number;
    samples: Sample[];
}

/** The metrics page, read again and again while the monitor is open. */
function useReadings(): Reading[] {
    const [readings, setReadings] = useState<Reading[]>([]);
    const metrics = useQuery({
        queryKey: ['metrics'],
        queryFn: async () => {
            const response = await request('/metrics', { headers: { Accept: 'text/plain' } });
            return { at: Date.now(), samples: parseMetrics(await response.text()) };
        },
        refetchInterval: READ_EVERY_MS,
        staleTime: 0,
        gcTime: 0,
    });
    useEffect(() => {
        const next = metrics.data;
        if (next) setReadings((all) => [...all.slice(1 - MAX_READINGS), next]);
    }, [metrics.data]);
    return readings;
}

const isPredict = (s: Sample) => (s.labels.route ?? '').includes('/predict');

export function Monitor() {
    const { t } = useWords();
    const [span, setSpan] = useState<keyof typeof spans>('24');
    const stats = useStats(spans[span]);
    const retrains = useRetrains();
    const readings = useReadings();
    return (
        <Page
            title={t('monitor.title')}
            hint={t('monitor.hint')}
            actions={
                <SegmentedControl
                    aria-label={t('monitor.span')}
                    value={span}
                    onChange={(s) => setSpan(s as keyof typeof spans)}
                    data={[
                        { value: '24', label: t('monitor.day') },
                        { value: '168', label: t('monitor.week') },
                        { value: '720', label: t('monitor.month') },
                    ]}
                />
            }
        >
            {stats.isPending ? (
                <Loading rows={6} />
            ) : !stats.data ? (
                <Failure error={stats.error} again={() => void stats.refetch()} />
            ) : (
                <>
                    <Figures stats={stats.data} />
                    <div className="split">
                        <Latency readings={readings} />
                        <Errors readings={readings} />
                        <LabelMix stats={stats.data} />
                        <Corrections stats={stats.data} />
                    </div>
                    <Panel title={t('retrains.title')} isFlush>
                        <Retrains query={retrains} />
                    </Panel>
                    <Drift stats={stats.data} />
                </>
            )}
        </Page>
    );
}

interface PanelProps {
    title: string;
    hint?: string;
    isFlush?: boolean;
    children: ReactNode;
}

function Panel({ title, hint, isFlush, children }: PanelProps) {
    return (
        <section className={`surface ${isFlush ? 'flush' : ''}`} aria-label={title}>
            <div style={isFlush ? { padding: '12px 16px' } : { marginBottom: 10 }}>
                <Text fw={650}>{title}</Text>
                {hint && (
                    <Text fz="sm" c="dimmed">
                        {hint}
                    </Text>
                )}
            </div>
            {children}
        </section>
    );
}

function Figures({ stats }: { stats: Stats }) {
    const { t, number, percent } = useWords();
    const ms = (s: number | null) => (s === null ? '–' : `${number(s * 1000, 1)} ms`);
    const { total, auto } = stats.predictions;
    const { p50, p95, p99 } = stats.latency_seconds;
    return (
        <div className="tiles">
            <Tile
                title={t('monitor.predictions')}
                value={number(total)}
                hint={t('monitor.predictions.hint')}
            />
            <Tile
                title={t('monitor.auto')}
                value={total > 0 ? percent(auto / total) : '–'}
                hint={t('monitor.auto.hint')}
                tone="var(--auto)"
            />
            <Tile
                title={t('monitor.latency.now')}
                value={ms(p95)}
                hint={t('monitor.latency.rest', { p50: ms(p50), p99: ms(p99) })}
            />
            <Tile
                title={t('monitor.waiting')}
                value={number(stats.review.tickets)}
                hint={t('monitor.groups', { n: stats.review.groups })}
                tone={stats.review.tickets > 0 ? 'var(--review)' : undefined}
            />
        </div>
    );
}

function Latency({ readings }: { readings: Reading[] }) {
    const { t, number } = useWords();
    const colors = usePalette();
    const data = useMemo(() => {
        const buckets = readings.map((r) => bucketsOf(r.samples, isPredict));
        const of = (q: number) =>
            buckets.slice(1).map((now, i) => {
                const before = buckets[i];
                return before ? quantileBetween(before, now, q) : null;
            });
        return {
            x: readings.slice(1).map((r) => r.at / 1000),
            lines: [0.5, 0.95, 0.99].map((q, i) => ({
                label: `p${q * 100}`,
                color: colors[i] ?? '',
                values: of(q),
                dashed: i === 2,
            })),
        };
    }, [readings, colors]);
    const hasAny = data.lines[0]?.values.some((v) => v !== null);
    return (
        <Panel title={t('monitor.latency')} hint={t('monitor.latency.hint')}>
            {hasAny ? (
                <Chart
                    title={t('monitor.latency')}
                    x={data.x}
                    lines={data.lines}
                    isTime
                    format={(v) => `${number(v * 1000, 2)} ms`}
                />
            ) : (
                <Empty title={t('monitor.latency.none')} text={t('monitor.latency.none.text')} />
            )}
        </Panel>
    );
}

/** Routes down, time across; each cell the share of answers that were errors. */
function Errors({ readings }: { readings: Reading[] }) {
    const { t, percent, time } = useWords();
    const columns = 12;
    const grid = useMemo(() => {
        const shown = readings.slice(-(columns + 1));
        const counts = shown.map((r) => {
            const by = new Map<string, { all: number; bad: number }>();
            for (const s of r.samples) {
                if (s.name !== 'triage_http_requests_total') continue;
                const name = s.labels.route || '–';
                const c = by.get(name) ?? { all: 0, bad: 0 };
                c.all += s.value;
                if (Number(s.labels.code) >= 400) c.bad += s.value;
                by.set(name, c);
            }
            return by;
        });
        const routes = [...(counts.at(-1) ?? new Map<string, { all: number; bad: number }>())]
            .filter(
                ([name]) =>
                    name.startsWith('/api/') ||
                    name.startsWith('/predict') ||
                    name.startsWith('/feedback') ||
                    name === '–',
            )
            .sort((a, b) => b[1].bad - a[1].bad || b[1].all - a[1].all)
            .slice(0, 8)
            .map(([name]) => name);
        const rows = routes.map((route) => ({
            route,
            cells: counts.slice(1).map((now, i) => {
                const after = now.get(route) ?? { all: 0, bad: 0 };
                const before = counts[i]?.get(route) ?? { all: 0, bad: 0 };
                return { all: after.all - before.all, bad: after.bad - before.bad };
            }),
        }));
        return { times: shown.slice(1).map((r) => r.at), rows };
    }, [readings]);
    return (
        <Panel title={t('monitor.errors')} hint={t('monitor.errors.hint')}>
            {grid.times.length === 0 || grid.rows.length === 0 ? (
                <Loading rows={3} />
            ) : (
                <div
                    style={{ overflowX: 'auto' }}
                    tabIndex={0}
                    role="region"
                    aria-label={t('monitor.errors.hint')}
                >
                    <table className="heat" style={{ width: '100%' }}>
                        <caption className="sr">{t('monitor.errors')}</caption>
                        <tbody>
                            {grid.rows.map((row) => (
                                <tr key={row.route}>
                                    <th scope="row" style={{ textAlign: 'left' }}>
                                        {row.route.replace('/api/v1', '')}
                                    </th>
                                    {row.cells.map((c, i) => {
                                        const share = c.all > 0 ? c.bad / c.all : 0;
                                        const text = `${time(grid.times[i] ?? 0)}: ${t('monitor.errors.cell', { bad: c.bad, n: c.all })}`;
                                        return (
                                            <td key={grid.times[i]} title={text}>
                                                <span
                                                    className={`cell ${c.bad > 0 ? 'tag bad' : ''}`}
                                                    style={{
                                                        minWidth: 22,
                                                        height: 26,
                                                        padding: 0,
                                                        borderRadius: 5,
                                                        opacity: c.all === 0 ? 0.45 : 1,
                                                        ...(c.bad === 0
                                                            ? {
                                                                  background:
                                                                      c.all === 0
                                                                          ? 'var(--plain-soft)'
                                                                          : 'var(--auto-soft)',
                                                              }
                                                            : {}),
                                                    }}
                                                >
                                                    {c.bad > 0 ? percent(share) : ''}
                                                    <span className="sr">{text}</span>
                                                </span>
                                            </td>
                                        );
                                    })}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                    <Text fz="xs" c="dimmed" mt={6}>
                        {t('monitor.errors.span', {
                            from: time(grid.times[0] ?? 0),
                            to: time(grid.times.at(-1) ?? 0),
                        })}
                    </Text>
                </div>
            )}
        </Panel>
    );
}

const stepFor = (since: number, until: number) => (until - since > 50 * HOUR ? 24 * HOUR : HOUR);

function LabelMix({ stats }: { stats: Stats }) {
    const { t, percent } = useWords();
    const colors = usePalette();
    const data = useMemo(() => {
        const since = Date.parse(stats.since);
        const until = Date.parse(stats.until);
        const series = seriesOf(
            stats.predictions.by_hour.map((h) => ({ at: h.hour, name: h.label, count: h.count })),
            since,
            until,
            stepFor(since, until),
        );
        const sum = (v: number[]) => v.reduce((a, b) => a + b, 0);
        const names = [...series.byName].sort((a, b) => sum(b[1]) - sum(a[1])).slice(0, 8);
        const totals = series.x.map((_, i) =>
            [...series.byName.values()].reduce((a, v) => a + (v[i] ?? 0), 0),
        );
        return {
            x: series.x,
            lines: names.map(([label, values], k) => ({
                label,
                color: colors[k % colors.length] ?? '',
                values: values.map((v, i) => ((totals[i] ?? 0) > 0 ? v / (totals[i] ?? 1) : null)),
            })),
        };
    }, [stats, colors]);
    return (
        <Panel title={t('monitor.labels')} hint={t('monitor.labels.hint')}>
            {data.lines.length === 0 ? (
                <Empty title={t('monitor.none')} />
            ) : (
                <Chart
                    title={t('monitor.labels')}
                    x={data.x}
                    lines={data.lines}
                    isTime
                    format={(v) => percent(v)}
                />
            )}
        </Panel>
    );
}

function Corrections({ stats }: { stats: Stats }) {
    const { t, number } = useWords();
    const colors = usePalette();
    const since = Math.floor(Date.parse(stats.since) / HOUR) * HOUR;
    const recent = useQuery({
        queryKey: ['feedback', 'since', since],
        queryFn: () =>
            bodyOf(client.GET('/api/v1/feedback', { params: { query: { since, limit: 1000 } } })),
    });
    const data = useMemo(() => {
        const until = Date.parse(stats.until);
        const names = { wrong: t('monitor.wrong'), right: t('monitor.right') };
        const series = seriesOf(
            (recent.data?.feedback ?? []).map((f) => ({
                at: f.created_at,
                name: f.predicted === f.label ? names.right : names.wrong,
                count: 1,
            })),
            since,
            until,
            stepFor(since, until),
        );
        return {
            x: series.x,
            lines: [names.wrong, names.right].flatMap((name, i) => {
                const values = series.byName.get(name);
                return values
                    ? [{ label: name, color: colors[i === 0 ? 2 : 1] ?? '', values, fill: true }]
                    : [];
            }),
        };
    }, [recent.data, since, stats.until, colors, t]);
    return (
        <Panel title={t('monitor.corrections')} hint={t('monitor.corrections.hint')}>
            {recent.isPending ? (
                <Loading rows={3} />
            ) : recent.error ? (
                <Failure error={recent.error} />
            ) : data.lines.length === 0 ? (
                <Empty title={t('feedback.empty')} />
            ) : (
                <Chart
                    title={t('monitor.corrections')}
                    x={data.x}
                    lines={data.lines}
                    isTime
                    format={(v) => number(v)}
                />
            )}
        </Panel>
    );
}

function Drift({ stats }: { stats: Stats }) {
    const { t, percent, number } = useWords();
    const share = (v: number | null) => (v === null ? '–' : percent(v, 1));
    return (
        <Panel title={t('drift.title')} hint={t('drift.hint')}>
            <div className="tiles">
                {stats.drift.map((d) => (
                    <Stack key={d.field} gap={2}>
                        <Text fz="sm" fw={600}>
                            {fieldTitle(d.field)}{' '}
                            <span className={`tag ${d.alarm ? 'bad' : 'auto'}`}>
                                {t(d.alarm ? 'drift.alarm' : 'drift.calm')}
                            </span>
                        </Text>
                        <div className="figure">{share(d.estimated_accuracy)}</div>
                        <Text fz="xs" c="dimmed">
                            {t('drift.estimated', {
                                reference: share(d.reference_accuracy),
                                n: d.predictions,
                            })}
                        </Text>
                        <Text fz="xs" c="dimmed">
                            {t('drift.words', { share: share(d.oov_rate) })}
                        </Text>
                        <Text fz="xs" c="dimmed">
                            {t('drift.mix', {
                                psi: d.label_psi === null ? '–' : number(d.label_psi, 2),
                            })}
                        </Text>
                    </Stack>
                ))}
            </div>
        </Panel>
    );
}

// SPDX-License-Identifier: MIT
import {
    Alert,
    Button,
    Group,
    NumberInput,
    Select,
    Slider,
    Stack,
    Table,
    Text,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';

import { bodyOf, client } from '../api/client';
import { useCurve, useCurvePoint, useFields } from '../api/queries';
import { useSession } from '../api/Session';
import { Chart, usePalette } from '../components/Chart';
import { Page } from '../components/Page';
import { Failure, Loading } from '../components/States';
import { Tile } from '../components/Tile';
import { useWords } from '../i18n';
import { fieldTitle } from '../lib/names';

const LOWEST = 0.5;
const HIGHEST = 0.995;

export function Thresholds() {
    const { t, percent, number } = useWords();
    const session = useSession();
    const queries = useQueryClient();
    const colors = usePalette();
    const fields = useFields();
    const [field, setField] = useState<string | null>(null);
    const [dragged, setDragged] = useState<number | null>(null);
    const [perDay, setPerDay] = useState<number | undefined>(undefined);
    const [debouncedPerDay] = useDebouncedValue(perDay, 300);
    const first = fields.data?.fields[0]?.name;
    const name = field ?? first;
    const curve = useCurve(name, debouncedPerDay);
    const inForce = curve.data?.target_precision ?? 0.95;
    const target = dragged ?? inForce;
    const [asked] = useDebouncedValue(target, 120);
    const point = useCurvePoint(name, debouncedPerDay, Math.round(asked * 1000) / 1000);
    const save = useMutation({
        mutationFn: (value: number | null) =>
            bodyOf(client.PUT('/api/v1/settings', { body: { target_precision: value } })),
        onSuccess: () => {
            setDragged(null);
            for (const key of ['settings', 'fields', 'curve', 'typed', 'review'])
                void queries.invalidateQueries({ queryKey: [key] });
        },
    });

    const points = curve.data?.points;
    const x = useMemo(() => points?.map((p) => p.target) ?? [], [points]);
    const coverageName = t('thresholds.coverage');
    const precisionName = t('thresholds.precision');
    const lines = useMemo(
        () => [
            {
                label: coverageName,
                color: colors[0] ?? '',
                values: points?.map((p) => p.coverage) ?? [],
                fill: true,
            },
            {
                label: precisionName,
                color: colors[1] ?? '',
                values: points?.map((p) => (p.coverage > 0 ? p.precision : null)) ?? [],
            },
        ],
        [points, colors, coverageName, precisionName],
    );

    if (curve.error && !curve.data)
        return (
            <Page title={t('thresholds.title')}>
                <Failure error={curve.error} again={() => void curve.refetch()} />
            </Page>
        );
    if (!curve.data || !fields.data)
        return (
            <Page title={t('thresholds.title')}>
                <Loading rows={6} />
            </Page>
        );
    const at = point.data?.points[0];
    const perDayNow = perDay ?? curve.data.tickets_a_day;
    const snap = (value: number) =>
        setDragged(Math.round(Math.min(HIGHEST, Math.max(LOWEST, value)) * 1000) / 1000);
    return (
        <Page
            title={t('thresholds.title')}
            hint={t('thresholds.hint')}
            actions={
                session.can('admin') && (
                    <>
                        {dragged !== null && (
                            <Button variant="default" onClick={() => setDragged(null)}>
                                {t('cancel')}
                            </Button>
                        )}
                        <Button
                            disabled={dragged === null || dragged === inForce}
                            loading={save.isPending}
                            onClick={() => save.mutate(target)}
                        >
                            {t('thresholds.save', { share: percent(target, 1) })}
                        </Button>
                    </>
                )
            }
        >
            {save.error && <Alert color="red">{save.error.message}</Alert>}
            {save.isSuccess && dragged === null && (
                <Alert
                    color="teal"
                    role="status"
                    styles={{ message: { color: 'var(--auto-text)' } }}
                >
                    {t('thresholds.saved', { share: percent(inForce, 1) })}
                </Alert>
            )}
            <div className="tiles">
                <Tile
                    title={t('thresholds.routed')}
                    value={at ? number(at.routed_a_day, 1) : '–'}
                    hint={at && t('thresholds.routed.hint', { share: percent(at.coverage) })}
                    tone="var(--auto)"
                />
                <Tile
                    title={t('thresholds.errors')}
                    value={at ? number(at.errors_a_day, at.errors_a_day < 10 ? 2 : 0) : '–'}
                    hint={at && t('thresholds.errors.hint', { share: percent(at.precision, 1) })}
                    tone="var(--review)"
                />
                <Tile
                    title={t('thresholds.people')}
                    value={at ? number(perDayNow - at.routed_a_day, 1) : '–'}
                    hint={at && t('thresholds.people.hint', { share: percent(1 - at.coverage) })}
                />
            </div>
            <section className="surface" aria-label={t('thresholds.curve')}>
                <Group justify="space-between" align="flex-end" mb="md">
                    <Select
                        label={t('field')}
                        data={fields.data.fields.map((f) => ({
                            value: f.name,
                            label: fieldTitle(f.name),
                        }))}
                        value={name ?? null}
                        allowDeselect={false}
                        onChange={setField}
                    />
                    <NumberInput
                        label={t('thresholds.perDay')}
                        min={0}
                        max={1e9}
                        decimalScale={1}
                        value={Math.round(perDayNow * 10) / 10}
                        onChange={(v) => setPerDay(typeof v === 'number' && v >= 0 ? v : undefined)}
                    />
                </Group>
                <Chart
                    title={t('thresholds.curve')}
                    x={x}
                    lines={lines}
                    format={(v) => percent(v)}
                    formatX={(v) => percent(v, v > 0.99 ? 1 : 0)}
                    xLabel={t('thresholds.axis')}
                    range={[0, 1.02]}
                    mark={target}
                    onPick={snap}
                    height={280}
                />
                <Stack gap={4} mt="md" px="xs">
                    <Text fz="sm" fw={600}>
                        {t('thresholds.target')}: {percent(target, 1)}
                        {dragged !== null && dragged !== inForce && (
                            <Text span c="dimmed" fz="sm" fw={400}>
                                {' '}
                                ({t('thresholds.inForce', { share: percent(inForce, 1) })})
                            </Text>
                        )}
                    </Text>
                    <Slider
                        min={LOWEST}
                        max={HIGHEST}
                        step={0.005}
                        value={target}
                        label={(v) => percent(v, 1)}
                        thumbLabel={t('thresholds.target')}
                        onChange={snap}
                    />
                    <Text fz="xs" c="dimmed">
                        {t('thresholds.evidence', { n: curve.data.evidence })}
                    </Text>
                </Stack>
            </section>
            <section className="surface flush" aria-label={t('thresholds.labels')}>
                <Text fw={650} px={16} py={12}>
                    {t('thresholds.labels')}
                </Text>
                <Table.ScrollContainer
                    minWidth={560}
                    scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
                >
                    <Table verticalSpacing={8} horizontalSpacing={16}>
                        <Table.Thead>
                            <Table.Tr>
                                <Table.Th>{t('label')}</Table.Th>
                                <Table.Th className="num">{t('thresholds.from')}</Table.Th>
                                <Table.Th className="num">{t('thresholds.coverage')}</Table.Th>
                                <Table.Th className="num">{t('thresholds.precision')}</Table.Th>
                                <Table.Th className="num">{t('thresholds.errors')}</Table.Th>
                            </Table.Tr>
                        </Table.Thead>
                        <Table.Tbody>
                            {point.data?.labels.map((l) => {
                                const p = l.points[0];
                                const isNever = p?.threshold === undefined;
                                return (
                                    <Table.Tr key={l.label}>
                                        <Table.Td>{l.label}</Table.Td>
                                        <Table.Td className="num">
                                            {isNever ? (
                                                <span className="tag review">
                                                    {t('thresholds.never')}
                                                </span>
                                            ) : (
                                                percent(p.threshold ?? 0, 1)
                                            )}
                                        </Table.Td>
                                        <Table.Td className="num">
                                            {isNever ? '–' : percent(p.coverage)}
                                        </Table.Td>
                                        <Table.Td className="num">
                                            {isNever ? '–' : percent(p.precision, 1)}
                                        </Table.Td>
                                        <Table.Td className="num">
                                            {isNever ? '–' : number(p.errors_a_day, 2)}
                                        </Table.Td>
                                    </Table.Tr>
                                );
                            })}
                        </Table.Tbody>
                    </Table>
                </Table.ScrollContainer>
            </section>
        </Page>
    );
}

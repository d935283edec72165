// SPDX-License-Identifier: MIT
/** What was predicted for one field, and the labels to correct it with. */
import { Group, Loader, Select, Stack, Text, Tooltip } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { memo } from 'react';

import type { FieldPrediction } from '../api/queries';
import { useWords } from '../i18n';
import { fieldTitle } from '../lib/names';
import { Decision } from './Decision';
import { Meter } from './Meter';

export const MAX_CHOICES = 9;

export interface Choice {
    label: string;
    confidence: number;
}

export function choicesOf(p: FieldPrediction): Choice[] {
    return [{ label: p.label, confidence: p.confidence }, ...p.alternatives].slice(0, MAX_CHOICES);
}

const noLabels: readonly string[] = [];

interface Props {
    name: string;
    prediction: FieldPrediction;
    labels: readonly string[] | undefined;
    isActive: boolean;
    /** The label that a person has given, once it is on its way. */
    chosen: string | null;
    isSaving: boolean;
    mayCorrect: boolean;
    shown?: number;
    onActivate?: (field: string) => void;
    onChoose: (field: string, label: string) => void;
}

/** Drawn anew only if its own values change, not at every key of the ticket. */
export const FieldCard = memo(function FieldCard(props: Props) {
    const {
        name,
        prediction: p,
        labels = noLabels,
        isActive,
        chosen,
        isSaving,
        mayCorrect,
    } = props;
    const { t, percent } = useWords();
    const title = fieldTitle(name);
    const choices = choicesOf(p).slice(0, props.shown ?? MAX_CHOICES);
    const other = chosen && !choices.some((c) => c.label === chosen) ? chosen : null;
    return (
        <section
            className="surface"
            data-active={isActive}
            aria-label={title}
            onPointerDown={() => props.onActivate?.(name)}
            onFocus={() => props.onActivate?.(name)}
        >
            <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
                <div style={{ minWidth: 0 }}>
                    <Text fz="xs" c="dimmed" fw={600} tt="uppercase" lts="0.04em">
                        {title}
                    </Text>
                    <Text fz={20} fw={650} lh={1.3} style={{ overflowWrap: 'anywhere' }}>
                        {p.label}
                    </Text>
                </div>
                <Decision decision={p.decision} />
            </Group>
            <Confidence prediction={p} />
            <Stack
                gap={1}
                mt="sm"
                role="group"
                aria-label={t('correct.group', { field: title })}
                aria-busy={isSaving}
            >
                {choices.map((c, i) => (
                    <button
                        key={c.label}
                        type="button"
                        className="choice"
                        disabled={!mayCorrect}
                        data-chosen={chosen === c.label}
                        onClick={() => props.onChoose(name, c.label)}
                    >
                        {chosen === c.label ? (
                            isSaving ? (
                                <Loader size={14} />
                            ) : (
                                <IconCheck size={18} />
                            )
                        ) : mayCorrect ? (
                            <span className="digit" aria-hidden>
                                {i + 1}
                            </span>
                        ) : (
                            <span />
                        )}
                        <span className="name">
                            <span className="sr">
                                {t(i === 0 ? 'correct.confirm' : 'correct.to')}{' '}
                            </span>
                            {c.label}
                        </span>
                        <Meter
                            value={c.confidence}
                            label={t('confidence.of', { label: c.label })}
                        />
                        <span className="share">
                            {percent(c.confidence, c.confidence < 0.1 ? 1 : 0)}
                        </span>
                    </button>
                ))}
            </Stack>
            {mayCorrect && (
                <OtherLabel name={name} labels={labels} chosen={other} onChoose={props.onChoose} />
            )}
        </section>
    );
});

const Confidence = memo(function Confidence({ prediction: p }: { prediction: FieldPrediction }) {
    const { t, percent } = useWords();
    return (
        <Group gap="sm" mt={8} wrap="nowrap">
            <div style={{ flex: 1 }}>
                <Tooltip
                    withArrow
                    label={
                        p.threshold === null
                            ? t('threshold.never')
                            : t('threshold.from', { share: percent(p.threshold, 1) })
                    }
                >
                    <div>
                        <Meter
                            value={p.confidence}
                            mark={p.threshold}
                            tone={p.decision}
                            label={t('confidence.of', { label: p.label })}
                        />
                    </div>
                </Tooltip>
            </div>
            <Text fz="sm" fw={600} className="num" w={56}>
                {percent(p.confidence, 1)}
            </Text>
        </Group>
    );
});

interface OtherProps {
    name: string;
    labels: readonly string[];
    chosen: string | null;
    onChoose: (field: string, label: string) => void;
}

/** Any label at all, found by typing its first letters. */
const OtherLabel = memo(function OtherLabel({ name, labels, chosen, onChoose }: OtherProps) {
    const { t } = useWords();
    const asked = t('correct.other', { field: fieldTitle(name) });
    return (
        <Select
            mt="xs"
            size="sm"
            searchable
            clearable={false}
            aria-label={asked}
            placeholder={asked}
            data={chosen && !labels.includes(chosen) ? [...labels, chosen] : [...labels]}
            value={chosen}
            nothingFoundMessage={t('correct.none')}
            onChange={(label) => label && onChoose(name, label)}
        />
    );
});

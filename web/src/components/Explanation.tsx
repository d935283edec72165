// SPDX-License-Identifier: MIT
/** Why a field got its label: the words in the text, and as a table. */
import { Group, Text } from '@mantine/core';
import { memo } from 'react';

import type { Prediction } from '../api/queries';
import { useWords } from '../i18n';
import { FieldSwitch } from './FieldSwitch';
import { Highlighted } from './Highlighted';
import { TermTable } from './TermTable';

interface Props {
    text: string;
    fields: Prediction['fields'];
    current: string;
    onActivate: (field: string) => void;
}

/** Drawn anew only for another ticket or field: it is too much for every key. */
export const Explanation = memo(function Explanation(props: Props) {
    const { text, fields, current, onActivate } = props;
    const { t } = useWords();
    const shown = fields[current];
    if (!shown?.explanation) return null;
    return (
        <section className="surface" aria-label={t('explain.title')}>
            <Group justify="space-between" mb="sm">
                <Text fw={650}>{t('explain.title')}</Text>
                <FieldSwitch names={Object.keys(fields)} value={current} onChange={onActivate} />
            </Group>
            <Highlighted text={text} terms={shown.explanation} />
            <Group gap="md" my="md" fz="xs">
                <span>
                    <span className="term for" style={{ ['--size' as string]: 1 }}>
                        {t('explain.for')}
                    </span>{' '}
                    {shown.label}
                </span>
                <span>
                    <span className="term against" style={{ ['--size' as string]: 1 }}>
                        {t('explain.against')}
                    </span>
                </span>
            </Group>
            <TermTable
                terms={shown.explanation}
                label={shown.label}
                runnerUp={shown.runner_up ?? ''}
            />
        </section>
    );
});

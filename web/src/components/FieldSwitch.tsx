// SPDX-License-Identifier: MIT
/** Which field is looked at, where there is more than one. */
import { SegmentedControl } from '@mantine/core';

import { useWords } from '../i18n';
import { fieldTitle } from '../lib/names';

interface Props {
    names: readonly string[];
    value: string | undefined;
    onChange: (name: string) => void;
}

export function FieldSwitch({ names, value, onChange }: Props) {
    const { t } = useWords();
    if (names.length < 2) return null;
    return (
        <SegmentedControl
            size="xs"
            aria-label={t('explain.field')}
            value={value}
            onChange={onChange}
            data={names.map((n) => ({ value: n, label: fieldTitle(n) }))}
        />
    );
}

// SPDX-License-Identifier: MIT
import { Tooltip } from '@mantine/core';
import { IconArrowRight, IconEye } from '@tabler/icons-react';

import { useWords } from '../i18n';

export function Decision({ decision }: { decision: 'auto' | 'review' }) {
    const { t } = useWords();
    return (
        <Tooltip label={t(`decision.${decision}.hint`)} multiline maw={280} withArrow>
            <span className={`tag ${decision}`}>
                {decision === 'auto' ? <IconArrowRight size={14} /> : <IconEye size={14} />}
                {t(`decision.${decision}`)}
            </span>
        </Tooltip>
    );
}

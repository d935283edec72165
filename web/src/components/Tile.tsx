// SPDX-License-Identifier: MIT
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
    title: string;
    value: string;
    hint?: ReactNode;
    tone?: string;
}

export function Tile({ title, value, hint, tone }: Props) {
    return (
        <div className="surface" style={{ padding: '14px 18px' }}>
            <Text fz="sm" c="dimmed">
                {title}
            </Text>
            <div className="figure" style={tone ? { color: tone } : {}}>
                {value}
            </div>
            {hint && (
                <Text component="div" fz="xs" c="dimmed" mt={2}>
                    {hint}
                </Text>
            )}
        </div>
    );
}

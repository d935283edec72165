// SPDX-License-Identifier: MIT
import { Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

interface Props {
    title: string;
    hint?: string;
    actions?: ReactNode;
    children: ReactNode;
}

export function Page({ title, hint, actions, children }: Props) {
    useEffect(() => {
        document.title = `${title} · Triage`;
    }, [title]);
    return (
        <Stack gap="md" maw={1480} mx="auto">
            <Group justify="space-between" align="flex-end" gap="sm">
                <div>
                    <Title order={1} fz={26}>
                        {title}
                    </Title>
                    {hint && (
                        <Text c="dimmed" fz="sm" mt={2} maw={720}>
                            {hint}
                        </Text>
                    )}
                </div>
                {actions && <Group gap="sm">{actions}</Group>}
            </Group>
            {children}
        </Stack>
    );
}

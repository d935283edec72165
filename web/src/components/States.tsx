// SPDX-License-Identifier: MIT
/** What a part of a page shows while it has nothing, or when it cannot have it. */
import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconInbox, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import { Problem } from '../api/problem';
import { useWords } from '../i18n';

export function Loading({ rows = 4 }: { rows?: number }) {
    const { t } = useWords();
    return (
        <Stack gap="sm" role="status" aria-label={t('loading')}>
            {Array.from({ length: rows }, (_, i) => (
                <Skeleton key={i} height={i === 0 ? 28 : 44} radius="md" />
            ))}
        </Stack>
    );
}

export function Failure({ error, again }: { error: Error; again?: () => void }) {
    const { t } = useWords();
    const isOffline = error instanceof Problem && error.status === 0;
    return (
        <Stack className="surface" align="center" gap="xs" py="xl" role="alert">
            {isOffline ? <IconPlugConnectedX size={32} /> : <IconAlertTriangle size={32} />}
            <Text fw={600}>{t(isOffline ? 'offline.title' : 'error.title')}</Text>
            <Text c="dimmed" fz="sm" ta="center" maw={520}>
                {isOffline ? t('offline.text') : error.message}
            </Text>
            {again && (
                <Button variant="default" onClick={again}>
                    {t('again')}
                </Button>
            )}
        </Stack>
    );
}

interface EmptyProps {
    title: string;
    text?: string;
    icon?: ReactNode;
    children?: ReactNode;
}

export function Empty({ title, text, icon, children }: EmptyProps) {
    return (
        <Stack align="center" gap={6} py="xl" px="md">
            <Text c="dimmed" component="span" lh={0}>
                {icon ?? <IconInbox size={36} stroke={1.4} />}
            </Text>
            <Text fw={600}>{title}</Text>
            {text && (
                <Text c="dimmed" fz="sm" ta="center" maw={460}>
                    {text}
                </Text>
            )}
            {children && <Group mt="xs">{children}</Group>}
        </Stack>
    );
}

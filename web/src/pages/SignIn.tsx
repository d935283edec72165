// SPDX-License-Identifier: MIT
import { Alert, Button, Center, Group, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';

import type { Problem } from '../api/problem';
import { Switches } from '../components/Shell';
import { useWords } from '../i18n';

interface Props {
    problem: Problem | null;
    enter: (key: string) => void;
}

export function SignIn({ problem, enter }: Props) {
    const { t } = useWords();
    const [key, setKey] = useState('');
    return (
        <Center mih="100vh" p="md" component="main">
            <form
                className="surface"
                style={{ width: 'min(420px, 100%)' }}
                onSubmit={(event) => {
                    event.preventDefault();
                    if (key.trim() !== '') enter(key.trim());
                }}
            >
                <Stack gap="md">
                    <Group justify="space-between">
                        <Group gap="sm">
                            <img src="/icon.svg" alt="" width={32} height={32} />
                            <Title order={1} fz={22}>
                                Triage
                            </Title>
                        </Group>
                        <Group gap={4}>
                            <Switches />
                        </Group>
                    </Group>
                    <Text fz="sm" c="dimmed">
                        {t('signin.text')}
                    </Text>
                    {problem && (
                        <Alert color="red" role="alert" title={t('signin.refused')}>
                            {t('signin.refused.text')}
                        </Alert>
                    )}
                    <PasswordInput
                        label={t('signin.key')}
                        placeholder="tri_…"
                        autoComplete="off"
                        value={key}
                        onChange={(e) => setKey(e.currentTarget.value)}
                        visibilityToggleButtonProps={{ 'aria-label': t('signin.show') }}
                    />
                    <Button type="submit" disabled={key.trim() === ''}>
                        {t('signin.enter')}
                    </Button>
                    <Text fz="xs" c="dimmed">
                        {t('signin.kept')}
                    </Text>
                </Stack>
            </form>
        </Center>
    );
}

// SPDX-License-Identifier: MIT
/** Corrections that wait for an admin's word. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { bodyOf, client } from '../api/client';
import { useFeedback } from '../api/queries';
import { useWords } from '../i18n';
import { fieldTitle } from '../lib/names';
import { Empty, Failure, Loading } from './States';

export function HeldCorrections() {
    const { t, ago } = useWords();
    const queries = useQueryClient();
    const held = useFeedback({ status: 'held' });
    const decide = useMutation({
        mutationFn: ({ id, verdict }: { id: string; verdict: 'accept' | 'reject' }) =>
            bodyOf(
                client.POST(`/api/v1/feedback/{id}/${verdict}`, {
                    params: { path: { id } },
                    body: {},
                }),
            ),
        onSettled: () => {
            for (const name of ['feedback', 'stats', 'review'])
                void queries.invalidateQueries({ queryKey: [name] });
        },
    });
    if (held.isPending) return <Loading />;
    if (held.error) return <Failure error={held.error} again={() => void held.refetch()} />;
    const rows = held.data.pages.flatMap((p) => p.feedback);
    if (rows.length === 0)
        return (
            <div className="surface">
                <Empty title={t('held.empty')} text={t('held.empty.text')} />
            </div>
        );
    return (
        <Stack gap="sm">
            {rows.map((f) => (
                <article key={f.feedback_id} className="surface">
                    <Group justify="space-between" align="flex-start">
                        <div style={{ flex: '1 1 320px', minWidth: 0 }}>
                            <Group gap="xs" mb={4}>
                                <span className="tag">{fieldTitle(f.field)}</span>
                                <Text fz="sm">
                                    {f.predicted ?? '–'} → <b>{f.label}</b>
                                </Text>
                                <Text fz="xs" c="dimmed">
                                    {ago(f.created_at)}
                                </Text>
                            </Group>
                            <div className="clip2">{f.text}</div>
                            {f.reason && (
                                <Text fz="sm" c="dimmed" mt={4}>
                                    {f.reason}
                                </Text>
                            )}
                        </div>
                        <Group gap="xs">
                            <Button
                                variant="default"
                                size="xs"
                                disabled={decide.isPending}
                                onClick={() =>
                                    decide.mutate({ id: f.feedback_id, verdict: 'reject' })
                                }
                            >
                                {t('held.reject')}
                            </Button>
                            <Button
                                size="xs"
                                disabled={decide.isPending}
                                onClick={() =>
                                    decide.mutate({ id: f.feedback_id, verdict: 'accept' })
                                }
                            >
                                {t('held.accept')}
                            </Button>
                        </Group>
                    </Group>
                </article>
            ))}
        </Stack>
    );
}

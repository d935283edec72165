// SPDX-License-Identifier: MIT
/** How far it is to the next model: missing corrections, then the training, then its outcome. */
import { Group, Progress, RingProgress, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router-dom';

import type { Stats } from '../api/queries';
import { useLive } from '../events/Live';
import { useWords } from '../i18n';

export function RetrainPill({ stats }: { stats: Stats | undefined }) {
    const { t, percent } = useWords();
    const { retrain } = useLive();
    const version = stats?.model_version;
    const { pending = 0, retrain_at: goal = 0 } = stats?.feedback ?? {};
    const label = retrain.isRunning
        ? t('retrain.running')
        : goal > 0
          ? t('retrain.missing', { n: Math.max(0, goal - pending), pending, goal })
          : t('retrain.off');
    return (
        <Tooltip label={label} withArrow multiline maw={280}>
            <Link
                to="/models"
                className="tag"
                style={{ textDecoration: 'none', padding: '3px 10px 3px 6px' }}
            >
                <RingProgress
                    size={22}
                    thickness={3}
                    aria-label={label}
                    rootColor="var(--bar-rest)"
                    sections={[
                        {
                            value:
                                100 *
                                (retrain.isRunning
                                    ? (retrain.share ?? 0)
                                    : goal > 0
                                      ? Math.min(1, pending / goal)
                                      : 0),
                            color: retrain.isRunning ? 'var(--auto)' : 'var(--bar)',
                        },
                    ]}
                />
                <span data-testid="live-version">{version ?? '–'}</span>
                {retrain.isRunning && (
                    <span>{retrain.share === null ? '…' : percent(retrain.share)}</span>
                )}
            </Link>
        </Tooltip>
    );
}

/** The same at length, for pages that are about it. */
export function RetrainProgress({ pending, goal }: { pending: number; goal: number }) {
    const { t, percent } = useWords();
    const { retrain } = useLive();
    if (retrain.isRunning)
        return (
            <div>
                <Group justify="space-between" mb={6}>
                    <Text fz="sm" fw={600}>
                        {t('retrain.running')}
                    </Text>
                    <Text fz="sm" c="dimmed">
                        {retrain.stage} {retrain.share === null ? '' : percent(retrain.share)}
                    </Text>
                </Group>
                <Progress
                    value={(retrain.share ?? 1) * 100}
                    animated
                    color="teal"
                    aria-label={t('retrain.running')}
                />
            </div>
        );
    if (goal === 0) return <Text fz="sm">{t('retrain.off')}</Text>;
    return (
        <div>
            <Text fz="sm" mb={6}>
                {t('retrain.missing', { n: Math.max(0, goal - pending), pending, goal })}
            </Text>
            <Progress
                value={Math.min(100, (100 * pending) / goal)}
                aria-label={t('retrain.label')}
                color="indigo"
            />
        </div>
    );
}

/** Says once what became of a retrain, on whatever page one is. */
export function RetrainNews() {
    const { t } = useWords();
    const { retrain, liveVersion } = useLive();
    const told = useRef<unknown>(null);
    useEffect(() => {
        if (!retrain.outcome || told.current === retrain.outcome) return;
        told.current = retrain.outcome;
        const { result, candidate, reason } = retrain.outcome;
        if (result !== 'promoted')
            notifications.show({
                title: t(result === 'rejected' ? 'retrain.rejected' : 'retrain.failed', {
                    version: candidate ?? '',
                }),
                message: reason,
                color: result === 'rejected' ? 'orange' : 'red',
                autoClose: 12_000,
            });
    }, [retrain.outcome, t]);
    useEffect(() => {
        if (liveVersion)
            notifications.show({
                title: t('retrain.live', { version: liveVersion }),
                message: t('retrain.live.text'),
                color: 'teal',
                autoClose: 12_000,
            });
        // Told when it changes, not when the language does.
        // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [liveVersion]);
    return null;
}

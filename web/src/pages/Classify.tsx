// SPDX-License-Identifier: MIT
import { Alert, Button, Group, Kbd, Stack, Text, TextInput, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCircleCheck, IconHandStop, IconSparkles } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { memo, useDeferredValue, useMemo, useRef, useState, type ClipboardEvent } from 'react';

import { bodyOf, client } from '../api/client';
import { useCorrection, type CorrectionResult } from '../api/corrections';
import { useLabels, useStats, type Prediction } from '../api/queries';
import { useSession } from '../api/Session';
import { Explanation } from '../components/Explanation';
import { choicesOf, FieldCard, MAX_CHOICES } from '../components/FieldCard';
import { Page } from '../components/Page';
import { RetrainProgress } from '../components/Retrain';
import { Empty, Failure, Loading } from '../components/States';
import { useWords } from '../i18n';
import { splitEmail } from '../lib/email';
import { useKeys } from '../lib/useKeys';
import { useStable } from '../lib/useStable';

interface Draft {
    subject: string;
    body: string;
}

const wholeText = ({ subject, body }: Draft) =>
    subject && body ? `${subject}\n${body}` : subject || body;

/** What a predicted ticket would get, without it being kept. */
async function tryOut(draft: Draft): Promise<Prediction> {
    const results = await bodyOf(
        client.POST('/api/v1/predict/batch', {
            params: { query: { dry_run: true } },
            body: [{ text: wholeText(draft), explain: true, top: MAX_CHOICES }] as never,
        }),
    );
    const first = (results as unknown as (Prediction | { error: { detail: string } })[])[0];
    if (!first) throw new Error('no result');
    if ('error' in first) throw new Error(first.error.detail);
    return first;
}

const keepTicket = (draft: Draft): Promise<Prediction> =>
    bodyOf(
        client.POST('/api/v1/predict', {
            body: {
                text: wholeText(draft),
                explain: true,
                top: MAX_CHOICES,
                source: 'console',
            } as never,
        }),
    );

const examples = ['classify.example1', 'classify.example2', 'classify.example3'] as const;

export function Classify() {
    const { t } = useWords();
    const session = useSession();
    const [draft, setDraft] = useState<Draft>({ subject: '', body: '' });
    const [typed] = useDebouncedValue(draft, 350);
    const [chosen, setChosen] = useState<Record<string, string>>({});
    const [active, setActive] = useState<string | null>(null);
    const results = useRef<HTMLDivElement>(null);
    const labels = useLabels();
    const stats = useStats(24, session.can('agent'));
    const correction = useCorrection();
    const kept = useMutation({ mutationFn: keepTicket });

    const text = wholeText(typed);
    const isEmpty = text.trim() === '';
    const trial = useQuery({
        queryKey: ['typed', text],
        queryFn: () => tryOut(typed),
        enabled: !isEmpty,
        placeholderData: keepPreviousData,
        staleTime: 60_000,
    });
    const isKept = kept.data !== undefined && wholeText(kept.variables) === wholeText(draft);
    const latest = isKept ? kept.data : isEmpty ? undefined : trial.data;
    const ofText = isKept ? wholeText(draft) : text;
    // Drawn when there is time: the next key comes first.
    const outcome = useDeferredValue(
        useMemo(() => latest && { prediction: latest, text: ofText }, [latest, ofText]),
    );
    const prediction = outcome?.prediction;
    const names = prediction ? Object.keys(prediction.fields) : [];
    const current = active !== null && names.includes(active) ? active : (names[0] ?? null);
    const shown = current === null ? undefined : prediction?.fields[current];
    const mayCorrect = session.can('agent');

    const change = useStable((next: Draft) => {
        setDraft(next);
        // Nothing is drawn anew for what is as it was.
        setChosen((c) => (Object.keys(c).length > 0 ? {} : c));
        if (!correction.isIdle) correction.reset();
    });
    const submit = useStable(() => {
        if (wholeText(draft).trim() === '') return;
        kept.mutate(draft, { onSuccess: () => results.current?.focus() });
    });
    const leave = useStable(() => results.current?.focus());
    const choose = useStable((field: string, label: string) => {
        if (!prediction || !mayCorrect || correction.isPending) return;
        setActive(field);
        setChosen((c) => ({ ...c, [field]: label }));
        correction.mutate(
            {
                text: wholeText(draft),
                predictionId: isKept ? (kept.data?.prediction_id ?? null) : null,
                field,
                label,
            },
            {
                onError: () =>
                    setChosen((c) =>
                        Object.fromEntries(Object.entries(c).filter(([k]) => k !== field)),
                    ),
                onSuccess: () => {
                    const next = names[names.indexOf(field) + 1];
                    if (next) setActive(next);
                },
            },
        );
    });
    useKeys((key) => {
        if (!prediction || current === null) return false;
        if (/^[1-9]$/.test(key) && shown) {
            const choice = choicesOf(shown)[Number(key) - 1];
            if (choice) choose(current, choice.label);
            return choice !== undefined;
        }
        if (key === 'ArrowRight' || key === 'ArrowLeft') {
            const step = key === 'ArrowRight' ? 1 : names.length - 1;
            setActive(names[(names.indexOf(current) + step) % names.length] ?? null);
            return true;
        }
        return false;
    });
    return (
        <Page title={t('classify.title')} hint={t('classify.hint')}>
            <div className="split">
                <Stack gap="md">
                    <TicketForm
                        draft={draft}
                        isPending={kept.isPending}
                        onChange={change}
                        onSubmit={submit}
                        onLeave={leave}
                    />
                    {kept.error && <Failure error={kept.error} again={submit} />}
                    {outcome && current !== null && (
                        <Explanation
                            text={outcome.text}
                            fields={outcome.prediction.fields}
                            current={current}
                            onActivate={setActive}
                        />
                    )}
                </Stack>
                <Stack
                    gap="md"
                    ref={results}
                    tabIndex={-1}
                    style={{ outline: 'none' }}
                    aria-live="polite"
                >
                    {isEmpty ? (
                        <Examples onChoose={change} />
                    ) : trial.error && !prediction ? (
                        <Failure error={trial.error} again={() => void trial.refetch()} />
                    ) : !prediction ? (
                        <div className="surface">
                            <Loading rows={6} />
                        </div>
                    ) : (
                        <>
                            {mayCorrect && (
                                <CorrectionNews
                                    result={correction.data}
                                    error={correction.error}
                                    pending={stats.data?.feedback.pending ?? 0}
                                    goal={stats.data?.feedback.retrain_at ?? 0}
                                />
                            )}
                            {names.map((name) => {
                                const p = prediction.fields[name];
                                return (
                                    p && (
                                        <FieldCard
                                            key={name}
                                            name={name}
                                            prediction={p}
                                            labels={labels[name]}
                                            isActive={name === current}
                                            chosen={chosen[name] ?? null}
                                            isSaving={
                                                correction.isPending &&
                                                correction.variables.field === name
                                            }
                                            mayCorrect={mayCorrect}
                                            shown={name === current ? MAX_CHOICES : 3}
                                            onActivate={setActive}
                                            onChoose={choose}
                                        />
                                    )
                                );
                            })}
                            <Text fz="xs" c="dimmed">
                                {t('classify.version', { version: prediction.model_version })}{' '}
                                {isKept ? t('classify.kept') : t('classify.notKept')}
                            </Text>
                        </>
                    )}
                </Stack>
            </div>
        </Page>
    );
}

interface FormProps {
    draft: Draft;
    isPending: boolean;
    onChange: (next: Draft) => void;
    onSubmit: () => void;
    onLeave: () => void;
}

const TicketForm = memo(function TicketForm(props: FormProps) {
    const { draft, isPending, onChange, onSubmit, onLeave } = props;
    const { t } = useWords();
    const paste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
        const mail = splitEmail(event.clipboardData.getData('text/plain'));
        if (!mail || draft.body !== '') return;
        event.preventDefault();
        onChange(mail);
    };
    return (
        <form
            className="surface"
            onSubmit={(event) => {
                event.preventDefault();
                onSubmit();
            }}
        >
            <Stack gap="sm">
                <TextInput
                    label={t('ticket.subject')}
                    value={draft.subject}
                    maxLength={1000}
                    onChange={(e) => onChange({ ...draft, subject: e.currentTarget.value })}
                />
                <Textarea
                    label={t('ticket.body')}
                    description={t('classify.paste')}
                    autosize
                    minRows={5}
                    maxRows={18}
                    value={draft.body}
                    onPaste={paste}
                    onKeyDown={(e) => {
                        if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) onSubmit();
                        if (e.key === 'Escape') onLeave();
                    }}
                    onChange={(e) => onChange({ ...draft, body: e.currentTarget.value })}
                />
                <Group justify="space-between">
                    <Text fz="xs" c="dimmed" visibleFrom="sm">
                        <Kbd>Ctrl</Kbd> + <Kbd>Enter</Kbd>
                    </Text>
                    <Group gap="sm">
                        {wholeText(draft) !== '' && (
                            <Button
                                variant="default"
                                onClick={() => onChange({ subject: '', body: '' })}
                            >
                                {t('clear')}
                            </Button>
                        )}
                        <Button
                            type="submit"
                            leftSection={<IconSparkles size={17} />}
                            loading={isPending}
                            disabled={wholeText(draft).trim() === ''}
                        >
                            {t('classify.submit')}
                        </Button>
                    </Group>
                </Group>
            </Stack>
        </form>
    );
});

const Examples = memo(function Examples({ onChoose }: { onChoose: (next: Draft) => void }) {
    const { t } = useWords();
    return (
        <div className="surface">
            <Empty
                title={t('classify.empty')}
                text={t('classify.empty.text')}
                icon={<IconSparkles size={36} stroke={1.4} />}
            >
                <Stack gap="xs">
                    {examples.map((key) => (
                        <Button
                            key={key}
                            variant="default"
                            size="xs"
                            h="auto"
                            py={6}
                            styles={{ label: { whiteSpace: 'normal' } }}
                            onClick={() => onChoose({ subject: '', body: t(key) })}
                        >
                            {t(key)}
                        </Button>
                    ))}
                </Stack>
            </Empty>
        </div>
    );
});

interface NewsProps {
    result: CorrectionResult | undefined;
    error: Error | null;
    pending: number;
    goal: number;
}

const CorrectionNews = memo(function CorrectionNews({ result, error, pending, goal }: NewsProps) {
    const { t } = useWords();
    return (
        <section className="surface" aria-label={t('retrain.label')}>
            {error && (
                <Alert color="red" title={t('correct.failed')} mb="sm">
                    {error.message}
                </Alert>
            )}
            {result && (
                <Group gap="xs" mb="xs" wrap="nowrap">
                    {result.status === 'accepted' ? (
                        <IconCircleCheck size={20} color="var(--auto)" style={{ flex: 'none' }} />
                    ) : (
                        <IconHandStop size={20} color="var(--review)" style={{ flex: 'none' }} />
                    )}
                    <Text fz="sm" fw={600} data-testid="correction-result">
                        {result.status === 'accepted'
                            ? result.answered > 1
                                ? t('correct.stored.many', { n: result.answered })
                                : t('correct.stored')
                            : t('correct.held', { reason: result.reason ?? '' })}
                    </Text>
                </Group>
            )}
            {!result && (
                <Text fz="sm" mb="xs">
                    {t('correct.how')}
                </Text>
            )}
            <RetrainProgress
                pending={Math.max(pending, result?.pending ?? 0)}
                goal={result?.retrain_at ?? goal}
            />
        </section>
    );
});

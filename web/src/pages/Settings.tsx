// SPDX-License-Identifier: MIT
import {
    ActionIcon,
    Alert,
    Anchor,
    Button,
    Code,
    CopyButton,
    Group,
    Modal,
    Select,
    Stack,
    Table,
    Text,
    TextInput,
    Tooltip,
} from '@mantine/core';
import { IconCheck, IconCopy, IconKey, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';

import { bodyOf, client, type Schemas } from '../api/client';
import { setKey } from '../api/key';
import { useFields, useKeys, useModels, useSettings, type Role } from '../api/queries';
import { useSession } from '../api/Session';
import { Confirm } from '../components/Confirm';
import { Page } from '../components/Page';
import { Empty, Failure, Loading } from '../components/States';
import { useWords } from '../i18n';
import { fieldTitle } from '../lib/names';

export function Settings() {
    const { t } = useWords();
    const session = useSession();
    return (
        <Page
            title={t('settings.title')}
            hint={t('settings.hint', {
                role: t(`role.${session.role}`),
                may: t(`role.${session.role}.hint`),
            })}
        >
            {session.can('admin') && <Keys />}
            <Labels />
            {session.can('agent') && <Retention />}
            <About />
        </Page>
    );
}

function Section({
    title,
    hint,
    action,
    children,
}: {
    title: string;
    hint?: string;
    action?: ReactNode;
    children: ReactNode;
}) {
    return (
        <section className="surface" aria-label={title}>
            <Group justify="space-between" align="flex-start" mb="sm">
                <div>
                    <Text fw={650} fz="lg">
                        {title}
                    </Text>
                    {hint && (
                        <Text fz="sm" c="dimmed" maw={680}>
                            {hint}
                        </Text>
                    )}
                </div>
                {action}
            </Group>
            {children}
        </section>
    );
}

function Keys() {
    const { t, dateTime } = useWords();
    const session = useSession();
    const queries = useQueryClient();
    const keys = useKeys(true);
    const [isNew, setNew] = useState(false);
    const [revoked, setRevoked] = useState<Schemas['Key'] | null>(null);
    return (
        <Section
            title={t('keys.title')}
            hint={t(session.keysExist ? 'keys.hint' : 'keys.none')}
            action={
                <Button leftSection={<IconKey size={17} />} onClick={() => setNew(true)}>
                    {t('keys.new')}
                </Button>
            }
        >
            {keys.isPending ? (
                <Loading rows={2} />
            ) : keys.error ? (
                <Failure error={keys.error} again={() => void keys.refetch()} />
            ) : keys.data.keys.length === 0 ? (
                <Empty title={t('keys.empty')} icon={<IconKey size={32} stroke={1.4} />} />
            ) : (
                <Table.ScrollContainer
                    minWidth={520}
                    scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
                >
                    <Table verticalSpacing={8}>
                        <Table.Thead>
                            <Table.Tr>
                                <Table.Th>{t('name')}</Table.Th>
                                <Table.Th>{t('role')}</Table.Th>
                                <Table.Th>{t('keys.created')}</Table.Th>
                                <Table.Th>{t('state')}</Table.Th>
                                <Table.Th>
                                    <span className="sr">{t('keys.revoke')}</span>
                                </Table.Th>
                            </Table.Tr>
                        </Table.Thead>
                        <Table.Tbody>
                            {keys.data.keys.map((k) => (
                                <Table.Tr key={k.key_id}>
                                    <Table.Td>
                                        {k.name ?? '–'}{' '}
                                        {k.key_id === session.keyId && (
                                            <span className="tag">{t('keys.yours')}</span>
                                        )}
                                    </Table.Td>
                                    <Table.Td>{t(`role.${k.role}`)}</Table.Td>
                                    <Table.Td>{dateTime(k.created_at)}</Table.Td>
                                    <Table.Td>
                                        <span className={`tag ${k.revoked_at ? 'bad' : 'auto'}`}>
                                            {t(k.revoked_at ? 'keys.revoked' : 'keys.valid')}
                                        </span>
                                    </Table.Td>
                                    <Table.Td className="num">
                                        {!k.revoked_at && (
                                            <Tooltip label={t('keys.revoke')}>
                                                <ActionIcon
                                                    variant="subtle"
                                                    color="red"
                                                    aria-label={`${t('keys.revoke')}: ${k.name ?? k.key_id}`}
                                                    onClick={() => setRevoked(k)}
                                                >
                                                    <IconTrash size={17} />
                                                </ActionIcon>
                                            </Tooltip>
                                        )}
                                    </Table.Td>
                                </Table.Tr>
                            ))}
                        </Table.Tbody>
                    </Table>
                </Table.ScrollContainer>
            )}
            {isNew && <NewKey onClose={() => setNew(false)} isFirst={!session.keysExist} />}
            {revoked && (
                <Confirm
                    title={t('keys.revoke.title', { name: revoked.name ?? '' })}
                    text={t('keys.revoke.text')}
                    action={t('keys.revoke')}
                    isDangerous
                    onClose={() => setRevoked(null)}
                    onConfirm={async () => {
                        await bodyOf(
                            client.DELETE('/api/v1/keys/{id}', {
                                params: { path: { id: revoked.key_id } },
                            }),
                        );
                        await queries.invalidateQueries({ queryKey: ['keys'] });
                    }}
                />
            )}
        </Section>
    );
}

function NewKey({ onClose, isFirst }: { onClose: () => void; isFirst: boolean }) {
    const { t } = useWords();
    const queries = useQueryClient();
    const [name, setName] = useState('');
    const [role, setRole] = useState<Role>(isFirst ? 'admin' : 'agent');
    const create = useMutation({
        mutationFn: () =>
            bodyOf(client.POST('/api/v1/keys', { body: { role, name: name.trim() || null } })),
        onSuccess: (made) => {
            // With its first key the server stops answering callers without one: go on as its owner.
            if (isFirst && made.role === 'admin') setKey(made.key);
            void queries.invalidateQueries({ queryKey: ['keys'] });
        },
    });
    const close = () => {
        onClose();
        if (isFirst && create.data) void queries.invalidateQueries();
    };
    return (
        <Modal
            opened
            onClose={close}
            title={t('keys.new')}
            centered
            closeButtonProps={{ 'aria-label': t('close') }}
        >
            {create.data ? (
                <Stack gap="md">
                    <Text fz="sm">{t('keys.once')}</Text>
                    <Group wrap="nowrap" gap="xs">
                        <Code
                            block
                            style={{ flex: 1, overflowWrap: 'anywhere', whiteSpace: 'normal' }}
                            data-testid="new-key"
                        >
                            {create.data.key}
                        </Code>
                        <CopyButton value={create.data.key}>
                            {({ copied, copy }) => (
                                <ActionIcon
                                    variant="default"
                                    size="lg"
                                    aria-label={t('copy')}
                                    onClick={copy}
                                >
                                    {copied ? <IconCheck size={17} /> : <IconCopy size={17} />}
                                </ActionIcon>
                            )}
                        </CopyButton>
                    </Group>
                    <Button onClick={close}>{t('close')}</Button>
                </Stack>
            ) : (
                <form
                    onSubmit={(event) => {
                        event.preventDefault();
                        create.mutate();
                    }}
                >
                    <Stack gap="md">
                        {isFirst && (
                            <Alert
                                color="orange"
                                styles={{ message: { color: 'var(--review-text)' } }}
                            >
                                {t('keys.first')}
                            </Alert>
                        )}
                        <TextInput
                            label={t('name')}
                            description={t('keys.name.hint')}
                            maxLength={60}
                            value={name}
                            onChange={(e) => setName(e.currentTarget.value)}
                            data-autofocus
                        />
                        <Select
                            label={t('role')}
                            description={t(`role.${role}.hint`)}
                            allowDeselect={false}
                            data={(['predict', 'agent', 'admin'] as const).map((r) => ({
                                value: r,
                                label: t(`role.${r}`),
                            }))}
                            value={role}
                            onChange={(r) => r && setRole(r as Role)}
                            disabled={isFirst}
                        />
                        {create.error && <Alert color="red">{create.error.message}</Alert>}
                        <Group justify="flex-end">
                            <Button variant="default" onClick={close}>
                                {t('cancel')}
                            </Button>
                            <Button type="submit" loading={create.isPending}>
                                {t('keys.create')}
                            </Button>
                        </Group>
                    </Stack>
                </form>
            )}
        </Modal>
    );
}

function Labels() {
    const { t, percent } = useWords();
    const session = useSession();
    const queries = useQueryClient();
    const fields = useFields();
    const [asked, setAsked] = useState<{ field: string; label: string } | null>(null);
    const change = async (kind: 'retire' | 'restore', body: Schemas['LabelName']) => {
        await bodyOf(client.POST(`/api/v1/labels/${kind}`, { body }));
        for (const name of ['fields', 'typed', 'review', 'curve'])
            void queries.invalidateQueries({ queryKey: [name] });
    };
    return (
        <Section
            title={t('labels.title')}
            hint={session.can('admin') ? t('labels.hint') : undefined}
        >
            {fields.isPending ? (
                <Loading rows={3} />
            ) : fields.error ? (
                <Failure error={fields.error} again={() => void fields.refetch()} />
            ) : (
                <Stack gap="lg">
                    {fields.data.fields.map((f) => (
                        <div key={f.name}>
                            <Text fz="sm" fw={600} mb={4}>
                                {fieldTitle(f.name)}
                            </Text>
                            <Group gap="xs">
                                {f.labels.map((l) => (
                                    <span
                                        key={l.label}
                                        className={`tag long ${l.retired ? 'bad' : ''}`}
                                        style={{ paddingRight: 4 }}
                                    >
                                        {l.label}
                                        <span style={{ fontWeight: 400 }}>
                                            {l.retired ? t('labels.retired') : percent(l.prior)}
                                        </span>
                                        {session.can('admin') && (
                                            <Button
                                                size="compact-xs"
                                                variant="subtle"
                                                color="gray"
                                                c="inherit"
                                                aria-label={t(
                                                    l.retired
                                                        ? 'labels.restore.of'
                                                        : 'labels.retire.of',
                                                    { label: l.label },
                                                )}
                                                onClick={() =>
                                                    l.retired
                                                        ? void change('restore', {
                                                              field: f.name,
                                                              label: l.label,
                                                          })
                                                        : setAsked({
                                                              field: f.name,
                                                              label: l.label,
                                                          })
                                                }
                                            >
                                                {t(l.retired ? 'labels.restore' : 'labels.retire')}
                                            </Button>
                                        )}
                                    </span>
                                ))}
                            </Group>
                        </div>
                    ))}
                    {session.can('admin') && (
                        <NewLabel fields={fields.data.fields.map((f) => f.name)} />
                    )}
                </Stack>
            )}
            {asked && (
                <Confirm
                    title={t('labels.retire.of', { label: asked.label })}
                    text={t('labels.retire.text')}
                    action={t('labels.retire')}
                    isDangerous
                    onClose={() => setAsked(null)}
                    onConfirm={() => change('retire', asked)}
                />
            )}
        </Section>
    );
}

/** A label begins to exist with a first ticket that has it. */
function NewLabel({ fields }: { fields: string[] }) {
    const { t } = useWords();
    const [field, setField] = useState(fields[0] ?? '');
    const [label, setLabel] = useState('');
    const [text, setText] = useState('');
    const add = useMutation({
        mutationFn: () =>
            bodyOf(
                client.POST('/api/v1/feedback', {
                    body: {
                        text,
                        field,
                        label: label.trim(),
                        source: 'console',
                    } as Schemas['Correction'],
                }),
            ),
        onSuccess: () => {
            setText('');
        },
    });
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                add.mutate();
            }}
        >
            <Text fz="sm" fw={600}>
                {t('labels.new')}
            </Text>
            <Text fz="sm" c="dimmed" mb="xs">
                {t('labels.new.hint')}
            </Text>
            <Group align="flex-end" gap="sm">
                <Select
                    label={t('field')}
                    allowDeselect={false}
                    data={fields.map((f) => ({ value: f, label: fieldTitle(f) }))}
                    value={field}
                    onChange={(f) => f && setField(f)}
                />
                <TextInput
                    label={t('label')}
                    maxLength={200}
                    value={label}
                    onChange={(e) => setLabel(e.currentTarget.value)}
                />
                <TextInput
                    label={t('labels.example')}
                    style={{ flex: '1 1 260px' }}
                    value={text}
                    onChange={(e) => setText(e.currentTarget.value)}
                />
                <Button
                    type="submit"
                    variant="default"
                    loading={add.isPending}
                    disabled={label.trim() === '' || text.trim() === ''}
                >
                    {t('labels.add')}
                </Button>
            </Group>
            {add.error && (
                <Alert color="red" mt="sm">
                    {add.error.message}
                </Alert>
            )}
            {add.data && (
                <Text fz="sm" mt="xs" role="status">
                    {t(add.data.status === 'accepted' ? 'labels.added' : 'labels.held', {
                        label: label.trim(),
                    })}
                </Text>
            )}
        </form>
    );
}

function Retention() {
    const { t } = useWords();
    const settings = useSettings();
    if (settings.isPending) return <Loading rows={1} />;
    if (settings.error) return <Failure error={settings.error} />;
    const { retention_days: days, prediction_log: isKept, retrain_after: after } = settings.data;
    return (
        <Section title={t('retention.title')} hint={t('retention.hint')}>
            <Stack gap={4} fz="sm">
                <div>
                    {!isKept
                        ? t('retention.off')
                        : days === 0
                          ? t('retention.ever')
                          : t('retention.days', { n: days })}
                </div>
                <div>{after === 0 ? t('retrain.off') : t('retention.after', { n: after })}</div>
            </Stack>
        </Section>
    );
}

function About() {
    const { t } = useWords();
    const session = useSession();
    const server = useQuery({ queryKey: ['server'], queryFn: () => bodyOf(client.GET('/v2')) });
    const models = useModels(session.can('agent'));
    return (
        <Section title={t('about.title')}>
            <Stack gap={4} fz="sm">
                <div>
                    Triage {server.data?.version ?? '–'}
                    {models.data?.champion
                        ? ` · ${t('about.model', { version: models.data.champion })}`
                        : ''}
                </div>
                <div>{t('about.role', { role: t(`role.${session.role}`) })}</div>
                <div>
                    <Anchor href="/licences.txt" fz="sm" underline="always">
                        {t('about.licences')}
                    </Anchor>{' '}
                    ·{' '}
                    <Anchor href="/openapi.json" fz="sm" underline="always">
                        {t('about.api')}
                    </Anchor>
                </div>
            </Stack>
        </Section>
    );
}

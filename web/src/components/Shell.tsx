// SPDX-License-Identifier: MIT
/** The frame of all pages: where one can go, who one is, and what happens meanwhile. */
import {
    ActionIcon,
    Alert,
    AppShell,
    Burger,
    Group,
    Menu,
    NavLink,
    Text,
    Tooltip,
    useComputedColorScheme,
    useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
    IconActivity,
    IconAdjustments,
    IconEye,
    IconLanguage,
    IconLogout,
    IconMessageCheck,
    IconMoon,
    IconPlugConnectedX,
    IconSettings,
    IconSparkles,
    IconStack2,
    IconSun,
    IconTable,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'react-router-dom';

import type { Role } from '../api/queries';
import { useSession } from '../api/Session';
import { useStats } from '../api/queries';
import { useLive } from '../events/Live';
import { languages, useWords, type Language, type MessageKey } from '../i18n';
import { RetrainPill } from './Retrain';

interface Place {
    to: string;
    title: MessageKey;
    icon: typeof IconEye;
    role: Role;
}

export const places: Place[] = [
    { to: '/', title: 'classify.title', icon: IconSparkles, role: 'predict' },
    { to: '/review', title: 'review.title', icon: IconEye, role: 'agent' },
    { to: '/feedback', title: 'feedback.title', icon: IconMessageCheck, role: 'agent' },
    { to: '/models', title: 'models.title', icon: IconStack2, role: 'agent' },
    { to: '/thresholds', title: 'thresholds.title', icon: IconAdjustments, role: 'agent' },
    { to: '/monitor', title: 'monitor.title', icon: IconActivity, role: 'agent' },
    { to: '/batch', title: 'batch.title', icon: IconTable, role: 'predict' },
    { to: '/settings', title: 'settings.title', icon: IconSettings, role: 'predict' },
];

export function Shell({ children }: { children: ReactNode }) {
    const [isOpen, { toggle, close }] = useDisclosure();
    const { t, number } = useWords();
    const session = useSession();
    const { connection } = useLive();
    const { pathname } = useLocation();
    const stats = useStats(24, session.can('agent'));
    const waiting = stats.data?.review.groups ?? 0;
    return (
        <AppShell
            header={{ height: 56 }}
            navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
            padding={{ base: 'sm', sm: 'lg' }}
        >
            <AppShell.Header px="md" style={{ background: 'var(--surface)' }}>
                <a className="skip" href="#main">
                    {t('skip')}
                </a>
                <Group h="100%" justify="space-between" wrap="nowrap">
                    <Group gap="xs" wrap="nowrap">
                        <Burger
                            opened={isOpen}
                            onClick={toggle}
                            hiddenFrom="sm"
                            size="sm"
                            aria-label={t('menu')}
                        />
                        <img src="/icon.svg" alt="" width={26} height={26} />
                        <Text fw={700} fz={18}>
                            Triage
                        </Text>
                    </Group>
                    <Group gap="xs" wrap="nowrap">
                        {session.can('agent') && <RetrainPill stats={stats.data} />}
                        <Switches />
                        <SignOut />
                    </Group>
                </Group>
            </AppShell.Header>
            <AppShell.Navbar p="sm" style={{ background: 'var(--surface)' }}>
                <nav aria-label={t('menu')}>
                    {places
                        .filter((place) => session.can(place.role))
                        .map((place) => (
                            <NavLink
                                key={place.to}
                                component={Link}
                                to={place.to}
                                onClick={close}
                                active={pathname === place.to}
                                aria-current={pathname === place.to ? 'page' : undefined}
                                label={t(place.title)}
                                leftSection={<place.icon size={19} stroke={1.7} />}
                                rightSection={
                                    place.to === '/review' && waiting > 0 ? (
                                        <span
                                            className="tag review"
                                            title={t('review.waiting', { n: waiting })}
                                        >
                                            {number(waiting)}
                                        </span>
                                    ) : null
                                }
                                style={{ borderRadius: 8, marginBottom: 2 }}
                            />
                        ))}
                </nav>
            </AppShell.Navbar>
            <AppShell.Main id="main" tabIndex={-1}>
                {connection === 'lost' && (
                    <Alert
                        role="alert"
                        color="orange"
                        mb="md"
                        icon={<IconPlugConnectedX size={18} />}
                        title={t('offline.title')}
                        styles={{ title: { color: 'var(--review-text)' } }}
                    >
                        {t('offline.text')}
                    </Alert>
                )}
                {children}
            </AppShell.Main>
        </AppShell>
    );
}

export function Switches() {
    const words = useWords();
    const { t } = words;
    const { setColorScheme } = useMantineColorScheme();
    const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
    return (
        <>
            <Tooltip label={t('theme.switch')}>
                <ActionIcon
                    variant="subtle"
                    color="gray"
                    size="lg"
                    aria-label={t('theme.switch')}
                    onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
                >
                    {scheme === 'dark' ? <IconSun size={19} /> : <IconMoon size={19} />}
                </ActionIcon>
            </Tooltip>
            <Menu position="bottom-end">
                <Menu.Target>
                    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('language')}>
                        <IconLanguage size={19} />
                    </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                    {(Object.keys(languages) as Language[]).map((language) => (
                        <Menu.Item
                            key={language}
                            lang={language}
                            fw={language === words.language ? 700 : 400}
                            onClick={() => words.setLanguage(language)}
                        >
                            {languages[language].name}
                        </Menu.Item>
                    ))}
                </Menu.Dropdown>
            </Menu>
        </>
    );
}

function SignOut() {
    const { t } = useWords();
    const session = useSession();
    if (session.keyId === null) return null;
    return (
        <Tooltip label={t('signout')}>
            <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={t('signout')}
                onClick={session.signOut}
            >
                <IconLogout size={19} />
            </ActionIcon>
        </Tooltip>
    );
}

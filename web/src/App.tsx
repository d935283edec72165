// SPDX-License-Identifier: MIT
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './app.css';

import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { BrowserRouter, Navigate, Route, Routes } from 'react-router-dom';

import { Problem } from './api/problem';
import type { Role } from './api/queries';
import { SessionProvider, useSession } from './api/Session';
import { RetrainNews } from './components/Retrain';
import { Shell } from './components/Shell';
import { Failure, Loading } from './components/States';
import { LiveProvider } from './events/Live';
import { WordsProvider } from './i18n';
import { Classify } from './pages/Classify';
import { SignIn } from './pages/SignIn';
import { theme, variables } from './theme';

const Review = lazy(() => import('./pages/Review').then((m) => ({ default: m.Review })));
const FeedbackLog = lazy(() =>
    import('./pages/FeedbackLog').then((m) => ({ default: m.FeedbackLog })),
);
const Models = lazy(() => import('./pages/Models').then((m) => ({ default: m.Models })));
const Thresholds = lazy(() =>
    import('./pages/Thresholds').then((m) => ({ default: m.Thresholds })),
);
const Monitor = lazy(() => import('./pages/Monitor').then((m) => ({ default: m.Monitor })));
const Batch = lazy(() => import('./pages/Batch').then((m) => ({ default: m.Batch })));
const Settings = lazy(() => import('./pages/Settings').then((m) => ({ default: m.Settings })));

const schemes = localStorageColorSchemeManager({ key: 'triage-color-scheme' });

export function makeQueryClient(): QueryClient {
    return new QueryClient({
        defaultOptions: {
            queries: {
                staleTime: 10_000,
                refetchOnWindowFocus: false,
                // What the caller did wrong stays wrong; what the server lacks may come back.
                retry: (count, error) =>
                    error instanceof Problem &&
                    error.status >= 500 &&
                    error.status !== 503 &&
                    count < 2,
            },
        },
    });
}

function For({ needs, children }: { needs: Role; children: ReactNode }) {
    return useSession().can(needs) ? children : <Navigate to="/" replace />;
}

function Live({ children }: { children: ReactNode }) {
    return <LiveProvider enabled={useSession().can('agent')}>{children}</LiveProvider>;
}

function Pages() {
    return (
        <Shell>
            <RetrainNews />
            <Suspense fallback={<Loading rows={6} />}>
                <Routes>
                    <Route path="/" element={<Classify />} />
                    <Route
                        path="/review"
                        element={
                            <For needs="agent">
                                <Review />
                            </For>
                        }
                    />
                    <Route
                        path="/feedback"
                        element={
                            <For needs="agent">
                                <FeedbackLog />
                            </For>
                        }
                    />
                    <Route
                        path="/models"
                        element={
                            <For needs="agent">
                                <Models />
                            </For>
                        }
                    />
                    <Route
                        path="/thresholds"
                        element={
                            <For needs="agent">
                                <Thresholds />
                            </For>
                        }
                    />
                    <Route
                        path="/monitor"
                        element={
                            <For needs="agent">
                                <Monitor />
                            </For>
                        }
                    />
                    <Route path="/batch" element={<Batch />} />
                    <Route path="/settings" element={<Settings />} />
                    <Route path="*" element={<Navigate to="/" replace />} />
                </Routes>
            </Suspense>
        </Shell>
    );
}

export function Providers({ children, queries }: { children: ReactNode; queries: QueryClient }) {
    return (
        <QueryClientProvider client={queries}>
            <MantineProvider
                theme={theme}
                cssVariablesResolver={variables}
                defaultColorScheme="auto"
                colorSchemeManager={schemes}
            >
                <WordsProvider>{children}</WordsProvider>
            </MantineProvider>
        </QueryClientProvider>
    );
}

export function App() {
    const [queries] = useState(makeQueryClient);
    return (
        <Providers queries={queries}>
            <Notifications position="bottom-right" />
            <SessionProvider
                loading={null}
                signIn={(problem, enter) => <SignIn problem={problem} enter={enter} />}
                offline={(problem, again) => (
                    <main style={{ maxWidth: 560, margin: '15vh auto', padding: 16 }}>
                        <Failure error={problem} again={again} />
                    </main>
                )}
            >
                <Live>
                    {/* The click is answered before the next page is drawn. */}
                    <BrowserRouter future={{ v7_startTransition: true }}>
                        <Pages />
                    </BrowserRouter>
                </Live>
            </SessionProvider>
        </Providers>
    );
}

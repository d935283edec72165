// SPDX-License-Identifier: MIT
/**
 * What happens on the server, as it happens: the connection, the retrain under way, and which of
 * the kept answers an event makes stale. With fetch instead of EventSource, which cannot send a key.
 */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';

import { request, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import { EventParser, type ServerEvent } from './sse';

export interface RetrainState {
    isRunning: boolean;
    stage: string;
    share: number | null;
    outcome: { result: string; candidate: string | null; reason: string } | null;
}

export interface LiveState {
    connection: 'connecting' | 'open' | 'lost';
    retrain: RetrainState;
    /** The version that went live last while this page was open. */
    liveVersion: string | null;
}

const still: RetrainState = { isRunning: false, stage: '', share: null, outcome: null };
const start: LiveState = { connection: 'connecting', retrain: still, liveVersion: null };
const Context = createContext<LiveState>(start);

export const useLive = () => useContext(Context);
export const LiveContext = Context;

export function after(state: LiveState, event: ServerEvent): LiveState {
    switch (event.type) {
        case 'retrain': {
            const e = JSON.parse(event.data) as Schemas['RetrainEvent'];
            if (e.state === 'running') return { ...state, retrain: { ...still, isRunning: true } };
            const outcome = {
                result: e.result ?? '',
                candidate: e.candidate ?? null,
                reason: e.reason ?? '',
            };
            return { ...state, retrain: { ...still, outcome } };
        }
        case 'retrain-progress': {
            const e = JSON.parse(event.data) as Schemas['RetrainProgressEvent'];
            const share = e.total > 0 ? e.done / e.total : null;
            return { ...state, retrain: { isRunning: true, stage: e.stage, share, outcome: null } };
        }
        case 'model-reload': {
            const e = JSON.parse(event.data) as Schemas['ModelReloadEvent'];
            return e.result === 'loaded' ? { ...state, liveVersion: e.version } : state;
        }
        default:
            return state;
    }
}

const staleBy: Record<string, string[]> = {
    prediction: ['stats', 'review'],
    feedback: ['feedback', 'review', 'stats'],
    retrain: ['retrains', 'models', 'model', 'stats'],
    'model-reload': ['models', 'model', 'fields', 'curve', 'stats', 'review', 'settings', 'typed'],
};

const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
        });
    });

async function follow(
    lastId: string,
    signal: AbortSignal,
    onOpen: () => void,
    onEvent: (event: ServerEvent) => void,
): Promise<void> {
    const response = await request('/api/v1/events', {
        signal,
        headers: lastId ? { 'Last-Event-ID': lastId } : {},
    });
    onOpen();
    if (!response.body) return;
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        parser.push(value).forEach(onEvent);
    }
}

export function LiveProvider({ enabled, children }: { enabled: boolean; children: ReactNode }) {
    const queries = useQueryClient();
    const [state, setState] = useState(start);

    useEffect(() => {
        if (!enabled) return;
        const abort = new AbortController();
        const stale = new Set<string>();
        let timer: ReturnType<typeof setTimeout> | undefined;
        // Events come in bursts; what they make stale is asked for once a while.
        const flush = () => {
            timer = undefined;
            for (const name of stale) void queries.invalidateQueries({ queryKey: [name] });
            stale.clear();
        };
        const run = async () => {
            let lastId = '';
            let waits = 500;
            let wasLost = false;
            while (!abort.signal.aborted) {
                try {
                    await follow(
                        lastId,
                        abort.signal,
                        () => {
                            waits = 500;
                            setState((s) => ({ ...s, connection: 'open' }));
                            if (wasLost) void queries.invalidateQueries();
                            wasLost = false;
                        },
                        (event) => {
                            if (event.id) lastId = event.id;
                            setState((s) => after(s, event));
                            for (const name of staleBy[event.type] ?? []) stale.add(name);
                            timer ??= setTimeout(flush, 400);
                        },
                    );
                } catch (fault) {
                    if (
                        fault instanceof Problem &&
                        (fault.status === 401 || fault.status === 403)
                    ) {
                        void queries.invalidateQueries({ queryKey: ['session'] });
                        return;
                    }
                }
                if (abort.signal.aborted) return;
                wasLost = true;
                setState((s) => ({ ...s, connection: 'lost', retrain: still }));
                await pause(waits, abort.signal);
                waits = Math.min(waits * 2, 8000);
            }
        };
        void run();
        return () => {
            abort.abort();
            clearTimeout(timer);
        };
    }, [enabled, queries]);

    return <Context.Provider value={state}>{children}</Context.Provider>;
}

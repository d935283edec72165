// SPDX-License-Identifier: MIT
/** Who the caller is, as the server says. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useMemo, type ReactNode } from 'react';

import { bodyOf, client } from './client';
import { currentKey, setKey } from './key';
import { Problem } from './problem';
import type { Role } from './queries';

const order: Role[] = ['predict', 'agent', 'admin'];

export interface Session {
    role: Role;
    keyId: string | null;
    keysExist: boolean;
    can: (role: Role) => boolean;
    signOut: () => void;
}

const Context = createContext<Session | null>(null);

export function useSession(): Session {
    const session = useContext(Context);
    if (!session) throw new Error('no session');
    return session;
}

interface Props {
    children: ReactNode;
    loading: ReactNode;
    signIn: (problem: Problem | null, enter: (key: string) => void) => ReactNode;
    offline: (problem: Error, again: () => void) => ReactNode;
}

export function SessionProvider({ children, loading, signIn, offline }: Props) {
    const queries = useQueryClient();
    const { data, error, isPending, refetch } = useQuery({
        queryKey: ['session'],
        queryFn: () => bodyOf(client.GET('/api/v1/session')),
        retry: false,
        staleTime: Infinity,
        refetchInterval: (query) =>
            query.state.error instanceof Problem && query.state.error.status !== 401 ? 3000 : false,
    });
    const session = useMemo<Session | null>(
        () =>
            data
                ? {
                      role: data.role,
                      keyId: data.key_id,
                      keysExist: data.keys_exist,
                      can: (role) => order.indexOf(data.role) >= order.indexOf(role),
                      signOut: () => {
                          setKey(null);
                          queries.clear();
                          void queries.resetQueries({ queryKey: ['session'] });
                          window.location.assign('/');
                      },
                  }
                : null,
        [data, queries],
    );
    const enter = (key: string) => {
        setKey(key);
        void queries.resetQueries();
    };
    if (error instanceof Problem && error.status === 401)
        return signIn(currentKey() === null ? null : error, enter);
    if (session) return <Context.Provider value={session}>{children}</Context.Provider>;
    if (isPending || !error) return loading;
    return offline(error, () => void refetch());
}

export const SessionContext = Context;

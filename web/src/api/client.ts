// SPDX-License-Identifier: MIT
/** The API's client, typed by its description. */
import createClient from 'openapi-fetch';

import { authorization } from './key';
import { Problem, problemOf } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

export const client = createClient<paths>({
    // Asked for at each call, so that tests can put their own in its place.
    fetch: (request) => globalThis.fetch(request),
});

client.use({
    onRequest({ request }) {
        for (const [name, value] of Object.entries(authorization()))
            request.headers.set(name, value);
        return request;
    },
});

interface Answer<T> {
    data?: T;
    error?: unknown;
    response: Response;
}

/** The JSON of an answer (lists also come as text); throws a Problem for anything but success. */
export async function bodyOf<T>(call: Promise<Answer<T>>): Promise<Exclude<T, string>> {
    let answer: Answer<T>;
    try {
        answer = await call;
    } catch (fault) {
        if (fault instanceof DOMException && fault.name === 'AbortError') throw fault;
        throw new Problem(0, fault instanceof Error ? fault.message : String(fault));
    }
    if (!answer.response.ok) throw problemOf(answer.response.status, answer.error);
    return answer.data as Exclude<T, string>;
}

/** A plain request, for what has no JSON: streams, files, text. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
        response = await fetch(path, { ...init, headers: { ...authorization(), ...init.headers } });
    } catch (fault) {
        if (fault instanceof DOMException && fault.name === 'AbortError') throw fault;
        throw new Problem(0, fault instanceof Error ? fault.message : String(fault));
    }
    if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
    return response;
}

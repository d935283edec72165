// SPDX-License-Identifier: MIT
import { afterEach, expect, it, vi } from 'vitest';

import { bodyOf, request } from './client';
import { setKey } from './key';

const json = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), {
        status,
        headers: { 'Content-Type': 'application/json' },
    });

function answering(...answers: Response[]) {
    const asked: Request[] = [];
    vi.stubGlobal('fetch', (input: Request | string, init?: RequestInit) => {
        asked.push(
            new Request(typeof input === 'string' ? new URL(input, location.href) : input, init),
        );
        const next = answers.shift();
        return next ? Promise.resolve(next) : Promise.reject(new TypeError('network'));
    });
    return asked;
}

afterEach(() => {
    setKey(null);
    vi.unstubAllGlobals();
});

it('the key goes into a header, and into nothing that outlives the tab', async () => {
    const asked = answering(json(200, {}), json(200, {}));
    setKey('tri_secret');
    await request('/api/v1/events');
    expect(asked[0]?.headers.get('Authorization')).toBe('Bearer tri_secret');
    expect(asked[0]?.url).not.toContain('tri_secret');
    expect(JSON.stringify({ ...localStorage })).not.toContain('tri_secret');
});

it('what went wrong keeps its status and its sentence', async () => {
    answering(json(403, { detail: 'the role is too low' }));
    await expect(request('/api/v1/keys')).rejects.toMatchObject({
        status: 403,
        message: 'the role is too low',
    });
    await expect(bodyOf(Promise.reject(new TypeError('network')))).rejects.toMatchObject({
        status: 0,
    });
});

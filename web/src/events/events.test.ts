// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';

import { after, type LiveState } from './Live';
import { EventParser } from './sse';

const stream =
    ': hello\n\nid: 7\nevent: feedback\ndata: {"a":\ndata: 1}\n\nid: 8\r\ndata: x\r\n\r\n';

it.each([1, 3, 7, 500])('events are the same in pieces of %i', (size) => {
    const parser = new EventParser();
    const events = [];
    for (let i = 0; i < stream.length; i += size)
        events.push(...parser.push(stream.slice(i, i + size)));
    expect(events).toEqual([
        { id: '7', type: 'feedback', data: '{"a":\n1}' },
        { id: '8', type: 'message', data: 'x' },
    ]);
});

it('a retrain goes from its begin to its outcome', () => {
    const event = (type: string, data: object) => ({ id: '1', type, data: JSON.stringify(data) });
    let state: LiveState = {
        connection: 'open',
        retrain: { isRunning: false, stage: '', share: null, outcome: null },
        liveVersion: null,
    };
    state = after(state, event('retrain', { trigger: 'feedback', state: 'running' }));
    expect(state.retrain.isRunning).toBe(true);
    state = after(
        state,
        event('retrain-progress', { state: 'running', stage: 'fit', done: 1, total: 4 }),
    );
    expect(state.retrain.share).toBe(0.25);
    state = after(
        state,
        event('retrain', {
            trigger: 'feedback',
            state: 'done',
            result: 'rejected',
            candidate: 'v000002',
            reason: 'worse',
        }),
    );
    expect(state.retrain).toMatchObject({
        isRunning: false,
        outcome: { result: 'rejected', reason: 'worse' },
    });
    expect(
        after(state, event('model-reload', { version: 'v000003', result: 'refused' })).liveVersion,
    ).toBeNull();
    expect(
        after(state, event('model-reload', { version: 'v000003', result: 'loaded' })).liveVersion,
    ).toBe('v000003');
});

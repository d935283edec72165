// SPDX-License-Identifier: MIT
/** Sending a correction; safe to repeat, since each has a name of its own. */
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { bodyOf, client, type Schemas } from './client';
import { Problem } from './problem';

export interface Correction {
    text: string;
    predictionId: string | null;
    field: string;
    label: string;
}

export type CorrectionResult = Schemas['FeedbackResult'];

const post = (body: Schemas['Correction'], name: string) =>
    bodyOf(
        client.POST('/api/v1/feedback', {
            params: { header: { 'Idempotency-Key': name } },
            body,
        }),
    );

export async function sendCorrection(c: Correction): Promise<CorrectionResult> {
    const common = { field: c.field, label: c.label, source: 'console' };
    const byText = () => post({ ...common, text: c.text } as Schemas['Correction'], randomName());
    if (c.predictionId === null) return byText();
    try {
        return await post(
            { ...common, prediction_id: c.predictionId } as Schemas['Correction'],
            randomName(),
        );
    } catch (fault) {
        // A busy server may not have kept the prediction; its text is as good.
        if (fault instanceof Problem && fault.status === 404) return byText();
        throw fault;
    }
}

function randomName(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

export function useCorrection() {
    const queries = useQueryClient();
    return useMutation({
        mutationFn: async (c: Correction) => {
            // What was chosen is shown before it is sent.
            await new Promise((go) => setTimeout(go));
            return sendCorrection(c);
        },
        onSuccess: () => {
            for (const name of ['stats', 'feedback', 'review'])
                void queries.invalidateQueries({ queryKey: [name] });
        },
    });
}

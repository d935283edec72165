// SPDX-License-Identifier: MIT
/** What the console reads of a model's own description and of its comparison. */
export interface LabelMetrics {
    label: string;
    precision: number;
    recall: number;
    f1: number;
    support: number;
}

export interface FieldMetrics {
    accuracy: number;
    macro_f1: number;
    auto: { target_precision: number; coverage: number; precision: number };
    labels: LabelMetrics[];
    /** Rows: what it was; columns: what was predicted. */
    confusion: number[][];
}

interface Side {
    precision: number;
    recall: number;
    f1: number;
}

export interface ComparedField {
    field: string;
    tickets?: number;
    gained?: number;
    lost?: number;
    p?: number;
    champion?: { accuracy: number; macro_f1: number };
    candidate?: { accuracy: number; macro_f1: number };
    labels?: {
        label: string;
        support: number;
        gained: number;
        lost: number;
        champion: Side | null;
        candidate: Side | null;
    }[];
}

export interface Comparison {
    training_tickets: number;
    holdout_tickets: number;
    corrections: number;
    is_promoted: boolean;
    reason: string;
    fields: ComparedField[];
}

export function fieldMetrics(metadata: Record<string, unknown>): Record<string, FieldMetrics> {
    const fields = metadata.fields;
    return typeof fields === 'object' && fields !== null
        ? (fields as Record<string, FieldMetrics>)
        : {};
}

// SPDX-License-Identifier: MIT
/** What is read, and under which names it is kept. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { bodyOf, client, type Schemas } from './client';

export type Role = Schemas['Role'];
export type Prediction = Schemas['Prediction'];
export type FieldPrediction = Schemas['FieldPrediction'];
export type Feedback = Schemas['Feedback'];
export type ReviewTicket = Schemas['ReviewTicket'];
export type ModelVersion = Schemas['ModelVersion'];
export type ModelDetails = Schemas['ModelDetails'];
export type Retrain = Schemas['Retrain'];
export type Stats = Schemas['Stats'];
export type Curve = Schemas['Curve'];

const fieldsQuery = {
    queryKey: ['fields'],
    queryFn: () => bodyOf(client.GET('/api/v1/fields')),
};
export const useFields = () => useQuery(fieldsQuery);

type LabelsOfFields = Record<string, readonly string[]>;
const none: LabelsOfFields = {};
const labelsIn = (all: Awaited<ReturnType<typeof fieldsQuery.queryFn>>): LabelsOfFields =>
    Object.fromEntries(
        all.fields.map((f) => [f.name, f.labels.filter((l) => !l.retired).map((l) => l.label)]),
    );
/** What a field can be corrected to; the same arrays until a label is added or retired. */
export const useLabels = () => useQuery({ ...fieldsQuery, select: labelsIn }).data ?? none;

export const useSettings = (enabled = true) =>
    useQuery({
        queryKey: ['settings'],
        queryFn: () => bodyOf(client.GET('/api/v1/settings')),
        enabled,
    });

export const useReview = () =>
    useInfiniteQuery({
        queryKey: ['review'],
        initialPageParam: undefined as string | undefined,
        queryFn: ({ pageParam }) =>
            bodyOf(
                client.GET('/api/v1/review', {
                    params: { query: { after: pageParam, limit: 200 } },
                }),
            ),
        getNextPageParam: (page) => page.next ?? undefined,
    });

export interface FeedbackFilter {
    status?: Schemas['FeedbackStatus'];
    field?: string;
    label?: string;
    source?: string;
}

export const useFeedback = (filter: FeedbackFilter) =>
    useInfiniteQuery({
        queryKey: ['feedback', filter],
        initialPageParam: undefined as string | undefined,
        queryFn: ({ pageParam }) =>
            bodyOf(
                client.GET('/api/v1/feedback', {
                    params: { query: { ...filter, before: pageParam, limit: 200 } },
                }),
            ),
        getNextPageParam: (page) => page.next ?? undefined,
    });

export const useModels = (enabled = true) =>
    useQuery({
        queryKey: ['models'],
        queryFn: () => bodyOf(client.GET('/api/v1/models')),
        enabled,
    });

export const useModel = (version: string) =>
    useQuery({
        queryKey: ['model', version],
        queryFn: () =>
            bodyOf(client.GET('/api/v1/models/{v}', { params: { path: { v: version } } })),
    });

export const useRetrains = () =>
    useQuery({
        queryKey: ['retrains'],
        queryFn: () => bodyOf(client.GET('/api/v1/retrains')),
    });

export const useCurve = (field: string | undefined, ticketsADay: number | undefined) =>
    useQuery({
        queryKey: ['curve', field, ticketsADay],
        queryFn: () =>
            bodyOf(
                client.GET('/api/v1/curve', {
                    params: { query: { field, tickets_a_day: ticketsADay } },
                }),
            ),
        placeholderData: keepPreviousData,
    });

export const useCurvePoint = (
    field: string | undefined,
    ticketsADay: number | undefined,
    target: number,
) =>
    useQuery({
        queryKey: ['curve', field, ticketsADay, target],
        queryFn: () =>
            bodyOf(
                client.GET('/api/v1/curve', {
                    params: { query: { field, tickets_a_day: ticketsADay, target } },
                }),
            ),
        placeholderData: keepPreviousData,
    });

export const useStats = (hours: number, enabled = true) =>
    useQuery({
        queryKey: ['stats', hours],
        queryFn: () =>
            bodyOf(
                client.GET('/api/v1/stats', {
                    params: { query: { since: Date.now() - hours * 3_600_000 } },
                }),
            ),
        enabled,
        refetchInterval: 15_000,
    });

export const useKeys = (enabled: boolean) =>
    useQuery({
        queryKey: ['keys'],
        queryFn: () => bodyOf(client.GET('/api/v1/keys')),
        enabled,
    });

// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';

import { de } from './de';
import { en } from './en';
import { makeWords, type Catalogue, type MessageKey } from '.';

const keys = Object.keys(en) as MessageKey[];
const places = (message: Catalogue[MessageKey]) =>
    [...JSON.stringify(message).matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

it('all catalogues have the same messages', () => {
    expect(Object.keys(de).sort()).toEqual([...keys].sort());
});

it.each(keys)('%s has the same values in all languages', (key) => {
    expect(new Set(places(de[key]))).toEqual(new Set(places(en[key])));
});

it('counts and values are put in', () => {
    const { t } = makeWords('en', en);
    expect(t('retrain.missing', { n: 1, pending: 9, goal: 10 })).toMatch(/^One more/);
    expect(t('retrain.missing', { n: 6, pending: 4, goal: 10 })).toMatch(/^6 more.*4 of 10/);
});

// SPDX-License-Identifier: MIT
/** Words by language. A catalogue is a module beside this one; English is the one that must be whole. */
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';

import { en } from './en';

export type Message = string | { one: string; other: string };
export type MessageKey = keyof typeof en;
export type Catalogue = Record<MessageKey, Message>;
export type Language = 'en' | 'de';

export const languages: Record<Language, { name: string; load: () => Promise<Catalogue> }> = {
    en: { name: 'English', load: () => Promise.resolve(en) },
    de: { name: 'Deutsch', load: () => import('./de').then((m) => m.de) },
};

type Values = Record<string, string | number>;

export interface Words {
    language: Language;
    t: (key: MessageKey, values?: Values) => string;
    number: (value: number, digits?: number) => string;
    percent: (value: number, digits?: number) => string;
    dateTime: (iso: string) => string;
    time: (iso: string | number) => string;
    tick: (at: number, step: number) => string;
    ago: (iso: string) => string;
    setLanguage: (language: Language) => void;
}

const NAME = 'triage-language';

function preferred(): Language {
    try {
        const kept = localStorage.getItem(NAME);
        if (kept === 'en' || kept === 'de') return kept;
    } catch {
        // Storage is off: what the browser prefers.
    }
    return navigator.language.startsWith('de') ? 'de' : 'en';
}

function ago(language: string, iso: string): string {
    const seconds = (Date.parse(iso) - Date.now()) / 1000;
    const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
    const steps = [
        [86400, 'day'],
        [3600, 'hour'],
        [60, 'minute'],
    ] as const;
    for (const [size, unit] of steps)
        if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
    return format.format(Math.min(0, Math.round(seconds)), 'second');
}

/** A moment on an axis whose marks are `step` seconds apart: no more than tells them apart. */
function tickStyle(step: number): Intl.DateTimeFormatOptions {
    if (step >= 86400) return { day: 'numeric', month: 'short' };
    if (step >= 60) return { hour: '2-digit', minute: '2-digit' };
    return { timeStyle: 'medium' };
}

export function makeWords(
    language: Language,
    catalogue: Catalogue,
    setLanguage: (language: Language) => void = () => undefined,
): Words {
    const plural = new Intl.PluralRules(language);
    // Dates and numbers as in the person's own country, if it speaks the language.
    const locale = navigator.languages.find((l) => l.startsWith(language)) ?? language;
    const number = (value: number, digits = 0) =>
        new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
    return {
        language,
        setLanguage,
        number,
        percent: (value, digits = 0) =>
            new Intl.NumberFormat(locale, {
                style: 'percent',
                minimumFractionDigits: digits,
                maximumFractionDigits: digits,
            }).format(value),
        dateTime: (iso) =>
            new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(
                new Date(iso),
            ),
        time: (at) => new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(new Date(at)),
        tick: (at, step) => new Intl.DateTimeFormat(locale, tickStyle(step)).format(new Date(at)),
        ago: (iso) => ago(language, iso),
        t: (key, values = {}) => {
            const message = catalogue[key];
            const text =
                typeof message === 'string'
                    ? message
                    : plural.select(Number(values.n)) === 'one'
                      ? message.one
                      : message.other;
            return text.replace(/\{(\w+)\}/g, (_, name: string) => {
                const value = values[name] ?? '';
                return typeof value === 'number' ? number(value, 2) : value;
            });
        },
    };
}

const Context = createContext<Words>(makeWords('en', en));

export const useWords = () => useContext(Context);

export function WordsProvider({ children }: { children: ReactNode }) {
    const [language, setLanguage] = useState(preferred);
    const [catalogue, setCatalogue] = useState<[Language, Catalogue]>(['en', en]);

    useEffect(() => {
        let isWanted = true;
        void languages[language].load().then((c) => {
            if (isWanted) setCatalogue([language, c]);
        });
        document.documentElement.lang = language;
        try {
            localStorage.setItem(NAME, language);
        } catch {
            // It holds for this page.
        }
        return () => {
            isWanted = false;
        };
    }, [language]);

    const words = useMemo(() => makeWords(catalogue[0], catalogue[1], setLanguage), [catalogue]);
    return <Context.Provider value={words}>{children}</Context.Provider>;
}

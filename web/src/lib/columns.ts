// SPDX-License-Identifier: MIT
/** Which column of a table is what, guessed from the names. */
export interface Mapping {
    text: string | null;
    subject: string | null;
    body: string | null;
    id: string | null;
}

const names: Record<keyof Mapping, RegExp> = {
    subject: /^(subject|title|summary|betreff|titel|short[ _]?description)$/i,
    body: /^(body|description|content|message|beschreibung|inhalt|nachricht)$/i,
    text: /^(text|document|ticket|ticket[ _]?text)$/i,
    id: /^(id|number|ticket[ _]?id|ticket[ _]?number|key|nummer)$/i,
};

export function guessMapping(columns: readonly string[]): Mapping {
    const find = (name: keyof Mapping) => columns.find((c) => names[name].test(c.trim())) ?? null;
    const mapping = {
        text: find('text'),
        subject: find('subject'),
        body: find('body'),
        id: find('id'),
    };
    if (mapping.text) return { ...mapping, subject: null, body: null };
    if (!mapping.subject && !mapping.body) mapping.text = columns[columns.length - 1] ?? null;
    return mapping;
}

export interface BatchTicket {
    text?: string;
    subject?: string;
    body?: string;
    id?: string;
}

export function ticketOf(row: Record<string, string>, m: Mapping): BatchTicket {
    const ticket: BatchTicket = {};
    if (m.text) ticket.text = row[m.text] ?? '';
    else {
        if (m.subject) ticket.subject = row[m.subject] ?? '';
        if (m.body) ticket.body = row[m.body] ?? '';
    }
    const id = m.id ? row[m.id] : undefined;
    if (id && id.length <= 60) ticket.id = id;
    return ticket;
}

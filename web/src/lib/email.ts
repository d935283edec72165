// SPDX-License-Identifier: MIT
/** Subject and body of a pasted e-mail; null if the text does not begin with headers. */
const header = /^(subject|betreff|from|von|to|an|cc|date|datum|sent|gesendet)\s*:\s*(.*)$/i;

export function splitEmail(text: string): { subject: string; body: string } | null {
    const lines = text.replace(/\r\n?/g, '\n').split('\n');
    let subject: string | null = null;
    let i = 0;
    for (; i < lines.length; i++) {
        const line = lines[i] ?? '';
        if (line.trim() === '') break;
        const match = header.exec(line);
        if (match) {
            if (/^(subject|betreff)$/i.test(match[1] ?? '')) subject = (match[2] ?? '').trim();
        } else if (i === 0 || !/^\s/.test(line)) return null;
        else if (subject !== null && /^(subject|betreff)/i.test(lines[i - 1] ?? ''))
            subject += ` ${line.trim()}`;
    }
    if (subject === null) return null;
    return {
        subject,
        body: lines
            .slice(i + 1)
            .join('\n')
            .trim(),
    };
}

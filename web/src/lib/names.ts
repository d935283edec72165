// SPDX-License-Identifier: MIT
/** "assignment_group" as people write it. */
export function fieldTitle(name: string): string {
    const words = name.replaceAll('_', ' ').trim();
    return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The first line of a ticket, for lists. */
export function firstLine(text: string): string {
    return text.trim().split('\n', 1)[0] ?? '';
}

/** `rest` of a ticket behind its first line. */
export function restOf(text: string): string {
    const trimmed = text.trim();
    const end = trimmed.indexOf('\n');
    return end < 0 ? '' : trimmed.slice(end + 1).trim();
}

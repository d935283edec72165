// SPDX-License-Identifier: MIT
/**
 * The caller's key: in memory, and in the session storage of this tab so that a reload does not
 * sign out. Never in an address, never in what outlives the tab.
 */
const NAME = 'triage-key';
let key: string | null = read();

function read(): string | null {
    try {
        return sessionStorage.getItem(NAME);
    } catch {
        return null;
    }
}

export function currentKey(): string | null {
    return key;
}

export function setKey(next: string | null): void {
    key = next;
    try {
        if (next === null) sessionStorage.removeItem(NAME);
        else sessionStorage.setItem(NAME, next);
    } catch {
        // Storage is off: the key lives as long as the page.
    }
}

export function authorization(): Record<string, string> {
    return key === null ? {} : { Authorization: `Bearer ${key}` };
}

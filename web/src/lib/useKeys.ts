// SPDX-License-Identifier: MIT
import { useEffect, useRef } from 'react';

/** Whether keys are being typed into something. */
export function isTyping(target: EventTarget | null): boolean {
    return (
        target instanceof HTMLElement &&
        (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
    );
}

/** Calls `onKey` for plain keys outside of inputs and dialogs; true: it was ours. */
export function useKeys(onKey: (key: string) => boolean): void {
    const latest = useRef(onKey);
    useEffect(() => {
        latest.current = onKey;
    });
    useEffect(() => {
        const listen = (event: KeyboardEvent) => {
            if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
            if (document.querySelector('[role="dialog"]')) return;
            if (latest.current(event.key)) event.preventDefault();
        };
        window.addEventListener('keydown', listen);
        return () => window.removeEventListener('keydown', listen);
    }, []);
}

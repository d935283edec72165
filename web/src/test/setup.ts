// SPDX-License-Identifier: MIT
import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

// What jsdom lacks and the component library asks for.
window.matchMedia ??= (query) =>
    ({
        matches: false,
        media: query,
        onchange: null,
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
        addListener: () => undefined,
        removeListener: () => undefined,
        dispatchEvent: () => false,
    }) as MediaQueryList;
window.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
};
Element.prototype.scrollIntoView ??= () => undefined;

afterEach(cleanup);

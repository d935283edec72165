// SPDX-License-Identifier: MIT
// A slow machine reads the console for a second; it first shows the splash of index.html.
const start = () => void import('./start');
// A page in the background paints nothing that could be waited for.
if (document.hidden) start();
else requestAnimationFrame(() => setTimeout(start));

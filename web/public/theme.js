// SPDX-License-Identifier: MIT
// Before the first paint, so that a dark page does not flash up light.
(function () {
    let scheme = null;
    try {
        scheme = localStorage.getItem('triage-color-scheme');
    } catch {
        // Storage is off: what the system prefers.
    }
    if (scheme !== 'light' && scheme !== 'dark')
        scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
})();

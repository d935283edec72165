// SPDX-License-Identifier: MIT
import { createTheme, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
    primaryColor: 'indigo',
    primaryShade: { light: 8, dark: 8 },
    defaultRadius: 'md',
    cursorType: 'pointer',
    fontFamily:
        'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
    // Mantine's dark greys, a little bluer, as the surfaces are.
    colors: {
        dark: [
            '#d4d9df',
            '#b6bdc6',
            '#949ca6',
            '#6c757f',
            '#3d444d',
            '#333941',
            '#22262c',
            '#181b20',
            '#101215',
            '#0b0d0f',
        ],
    },
    headings: { fontWeight: '650' },
});

/** Mantine's grey for secondary text has too little contrast for small type. */
export const variables: CSSVariablesResolver = () => ({
    variables: {},
    light: {
        '--mantine-color-dimmed': '#565e66',
        '--mantine-color-placeholder': '#6b7279',
        '--mantine-color-error': '#b42318',
        '--mantine-color-red-light-color': '#98180f',
        '--page': '#f6f7f9',
        '--surface': '#ffffff',
        '--line': '#e3e6ea',
        '--auto': '#0b7a43',
        '--auto-soft': '#daf5e5',
        '--auto-text': '#0a5a32',
        '--review': '#c2570c',
        '--review-soft': '#ffeedd',
        '--review-text': '#8a3a05',
        '--bad-soft': '#fde7e5',
        '--bad-text': '#98180f',
        '--plain-soft': '#eceff3',
        '--plain-text': '#3c444d',
        '--heat': '59 91 219',
        '--bar': '#3b5bdb',
        '--bar-rest': '#e6e9ef',
    },
    dark: {
        '--mantine-color-dimmed': '#a7aeb6',
        '--mantine-color-placeholder': '#959ca4',
        '--mantine-color-error': '#ff9d94',
        '--mantine-color-red-light-color': '#ffb3ab',
        '--mantine-color-body': '#16181c',
        '--page': '#101215',
        '--surface': '#181b20',
        '--line': '#2b3037',
        '--auto': '#40c980',
        '--auto-soft': '#12382499',
        '--auto-text': '#93e8b9',
        '--review': '#f59f45',
        '--review-soft': '#46280b99',
        '--review-text': '#ffcd9a',
        '--bad-soft': '#4b1a16',
        '--bad-text': '#ffb3ab',
        '--plain-soft': '#2a2f36',
        '--plain-text': '#ced4da',
        '--heat': '116 143 252',
        '--bar': '#748ffc',
        '--bar-rest': '#2b3037',
    },
});

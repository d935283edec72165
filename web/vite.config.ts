// SPDX-License-Identifier: MIT
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const server = process.env.TRIAGE_URL ?? 'http://127.0.0.1:8080';
const passedOn = ['/api', '/v2', '/metrics', '/readyz', '/openapi.json'];

/** Has the browser fetch what main.tsx starts while the splash is painted. */
function preloadStart(): Plugin {
    return {
        name: 'preload-start',
        transformIndexHtml: {
            order: 'post',
            handler(_html, { bundle }) {
                const start = Object.values(bundle ?? {}).find(
                    (file) => file.type === 'chunk' && file.name === 'start',
                );
                if (start?.type !== 'chunk') return [];
                const styles = [...(start.viteMetadata?.importedCss ?? [])];
                const link = (attrs: Record<string, string>) =>
                    ({ tag: 'link', attrs, injectTo: 'head' }) as const;
                return [
                    link({ rel: 'modulepreload', href: `/${start.fileName}` }),
                    ...styles.map((css) =>
                        link({ rel: 'preload', as: 'style', crossorigin: '', href: `/${css}` }),
                    ),
                ];
            },
        },
    };
}

export default defineConfig({
    plugins: [react(), preloadStart()],
    build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
    server: { proxy: Object.fromEntries(passedOn.map((path) => [path, server])) },
    test: {
        include: ['src/**/*.test.{ts,tsx}'],
        environment: 'jsdom',
        setupFiles: 'src/test/setup.ts',
        restoreMocks: true,
    },
});

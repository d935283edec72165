// SPDX-License-Identifier: MIT
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.TRIAGE_URL ?? 'http://127.0.0.1:8080';
const passedOn = ['/api', '/v2', '/metrics', '/readyz', '/openapi.json'];

export default defineConfig({
    plugins: [react()],
    build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
    server: { proxy: Object.fromEntries(passedOn.map((path) => [path, server])) },
    test: {
        include: ['src/**/*.test.{ts,tsx}'],
        environment: 'jsdom',
        setupFiles: 'src/test/setup.ts',
        restoreMocks: true,
    },
});

/**
 * Builds the console into dist/site, which the gateway serves. In development `/api` and its neighbours go to the
 * platform at CONSOLE_API (default http://127.0.0.1:8080), or, with `--mode fixture`, to canned data that ticks.
 */
import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';
import { fixtureServer } from './dev/fixture-server.mjs';

const platform = process.env.CONSOLE_API ?? 'http://127.0.0.1:8080';
const prefixes = ['/api', '/deployer-api', '/history', '/monitor', '/health'];

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === 'fixture' ? [fixtureServer()] : [])],
  server: {
    proxy: mode === 'fixture' ? {} : Object.fromEntries(prefixes.map((prefix) => [prefix, { target: platform }])),
  },
  preview: {
    proxy: mode === 'fixture' ? {} : Object.fromEntries(prefixes.map((prefix) => [prefix, { target: platform }])),
  },
  build: {
    outDir: 'dist/site',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the gateway allows scripts of its own origin only; data: URLs stay out of it.
    assetsInlineLimit: 0,
  },
}));

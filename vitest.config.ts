import { defineConfig } from 'vitest/config';

/** Tests run on the sources: the `source` export condition of every workspace points at its `src/`. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  // Without `module`: that names files for bundlers, which Node cannot import (@aws-sdk/core).
  ssr: { resolve: { conditions: ['source', 'node', 'development|production'] } },
  test: {
    include: ['*/src/**/*.test.ts', '*/src/**/*.test.tsx', 'frontend/server/*.test.ts'],
    exclude: ['e2e/**', '**/dist/**', '**/node_modules/**'],
    // Generous: they end what hangs. A machine with too much to do is no fault of what is tested.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
    server: { deps: { inline: [/@aws-deployer\//] } },
    coverage: {
      provider: 'v8',
      include: ['*/src/**/*.ts', '*/src/**/*.tsx'],
      exclude: ['**/*.test.ts', '**/*.test.tsx', 'e2e/**', '**/main.ts', '**/testing/**', 'scripts/src/bench/**'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});

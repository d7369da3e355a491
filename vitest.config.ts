import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'node_modules/**'],
    setupFiles: ['test/no-network.ts'],
    sequence: { shuffle: true },
    testTimeout: 20_000,
  },
});

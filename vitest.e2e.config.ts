import { defineConfig } from 'vitest/config';

/** Real parts: slow to start and few to a machine, so one file after the other, and with time to spare. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
  },
});

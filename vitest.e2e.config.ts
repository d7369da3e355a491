import { defineConfig } from 'vitest/config';

/** Real parts: slow to start and few to a machine, so one file after the other, and with time to spare. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/support/build.ts'],
    // The SDK would say in every suite that its support for Node 20 ends in January 2027.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
  },
});

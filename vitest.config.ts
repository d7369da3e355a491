import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/recovery/**', 'node_modules/**'],
    setupFiles: ['test/no-network.ts'],
    // The SDK's announcement about Node 20 is not what a test's output is for.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    sequence: { shuffle: true },
    testTimeout: 20_000,
  },
});
